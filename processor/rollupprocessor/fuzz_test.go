package rollupprocessor

import (
	"context"
	"math"
	"regexp"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/processor/processortest"

	"github.com/otelcol-voice/otelcol-voice/processor/rollupprocessor/internal/metadata"
)

// FuzzConsume takes whatever a sender can send, twice, and checks that what leaves is cumulative, finite and as it says.
func FuzzConsume(f *testing.F) {
	for _, md := range []pmetric.Metrics{
		mixed(),
		usage(2),
		latencies(2, pmetric.AggregationTemporalityDelta, []float64{1, 2, 3}),
		latencies(2, pmetric.AggregationTemporalityCumulative, []float64{1, 2, 3}),
		characters(3, "0s", "1s").metrics(),
		active(3, "1s").metrics(),
		cost(1.0, "", "x", "语言", "x", "lang\xff", "x", "model", "\xff").metrics(),
	} {
		wire, err := (&pmetric.ProtoMarshaler{}).MarshalMetrics(md)
		require.NoError(f, err)
		f.Add(wire)
	}
	f.Fuzz(func(t *testing.T, wire []byte) {
		md, err := (&pmetric.ProtoUnmarshaler{}).UnmarshalMetrics(wire)
		if err != nil {
			return
		}
		md.MarkReadOnly()
		next, now := &sink{}, noon
		cfg := createDefaultConfig().(*Config)
		cfg.MaxSeries = 3
		p, err := newRollup(processortest.NewNopSettings(metadata.Type), cfg, next, surroundings{now: func() time.Time { return now }, instance: func() string { return "collector-1" }})
		require.NoError(t, err)
		for range 2 {
			require.NoError(t, p.ConsumeMetrics(context.Background(), md))
			next.take()
			now = now.Add(cfg.Interval)
			require.NoError(t, p.flush(context.Background()))
			for _, flushed := range next.take() {
				checkFlush(t, flushed)
			}
		}
	})
}

func checkFlush(t *testing.T, md pmetric.Metrics) {
	t.Helper()
	checkTexts(t, md)
	for _, rm := range md.ResourceMetrics().All() {
		for _, m := range rm.ScopeMetrics().At(0).Metrics().All() {
			metricLines(t, m) // requires cumulative points
			if m.Type() == pmetric.MetricTypeHistogram {
				checkHistograms(t, m.Histogram().DataPoints())
				continue
			}
			for _, p := range m.Sum().DataPoints().All() {
				require.False(t, math.IsNaN(p.DoubleValue()) || math.IsInf(p.DoubleValue(), 0))
			}
		}
	}
}

// checkTexts requires what Protobuf receivers and Prometheus-type backends refuse a request for.
func checkTexts(t *testing.T, md pmetric.Metrics) {
	t.Helper()
	wire, err := (&pmetric.JSONMarshaler{}).MarshalMetrics(md)
	require.NoError(t, err)
	require.True(t, utf8.Valid(wire))
	for _, key := range regexp.MustCompile(`"(?:key|name)":"((?:[^"\\]|\\.)*)"`).FindAllSubmatch(wire, -1) {
		require.Regexp(t, "[A-Za-z0-9]", string(key[1]))
	}
}

func checkHistograms(t *testing.T, points pmetric.HistogramDataPointSlice) {
	t.Helper()
	for _, p := range points.All() {
		var count uint64
		for _, n := range p.BucketCounts().All() {
			count += n
		}
		require.Equal(t, p.Count(), count)
		require.False(t, math.IsNaN(p.Sum()) || math.IsInf(p.Sum(), 0))
	}
}
