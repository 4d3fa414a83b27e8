package rollupprocessor

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/otelcol-voice/otelcol-voice/internal/signal/semconv"
)

// wide is an exponential histogram of some values, none of which is zero.
func wide(metric string, scale int32, start, time string, values ...float64) pmetric.Metrics {
	md := in{metric: metric, value: 0, attributes: []string{"call_id", "c1"}}.metrics()
	m := md.ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics().At(0)
	m.SetEmptyExponentialHistogram().SetAggregationTemporality(pmetric.AggregationTemporalityDelta)
	p := m.ExponentialHistogram().DataPoints().AppendEmpty()
	put(p.Attributes(), "call_id", "c1")
	if time != "" {
		m.ExponentialHistogram().SetAggregationTemporality(pmetric.AggregationTemporalityCumulative)
		p.SetStartTimestamp(after(start))
		p.SetTimestamp(after(time))
	}
	p.SetScale(scale)
	p.SetCount(uint64(len(values)))
	p.SetSum(0)
	p.Positive().SetOffset(-100)
	counts := make([]uint64, 300)
	for _, v := range values {
		p.SetSum(p.Sum() + v)
		counts[100+int(math.Ceil(math.Ldexp(math.Log2(v), int(scale))))-1]++
	}
	p.Positive().BucketCounts().FromRaw(counts)
	return md
}

func (s *stage) consume(mds ...pmetric.Metrics) {
	s.Helper()
	for _, md := range mds {
		md.MarkReadOnly()
		require.NoError(s, s.rollup.ConsumeMetrics(s.T.Context(), md))
	}
}

func TestDeltaExponentialHistogram(t *testing.T) {
	s := newStage(t)
	s.at("1s").consume(
		wide(semconv.MetricTTFB, 3, "", "", 90, 130, 412),
		wide(semconv.MetricTTFB, 0, "", "", 290),
		wide("voice.custom", 3, "", "", 0.3, 5, 6),
	)
	s.at("10s").flush(
		"bot voice.ttfb.milliseconds{} histogram count=0 sum=0.0 [999ms 999ms]",
		"bot voice.ttfb.milliseconds{} histogram count=4 sum=922.0 le100:1 le200:1 le300:1 le500:1 [999ms 10s]",
		"bot voice.custom{} histogram count=0 sum=0.0 [999ms 999ms]",
		"bot voice.custom{} histogram count=3 sum=11.3 le0.5:1 le8:2 [999ms 10s]",
	)
	s.received("added=3")
	assert.Equal(t, []string{"=2"}, s.counts("otelcol_processor_rollup_converted_histograms"), "a single observation is exact")
}

// Cumulative ones of our metrics are differenced at their own scale, which SDKs make coarser when values are far apart.
func TestCumulativeExponentialHistogram(t *testing.T) {
	s := newStage(t)
	s.at("1s").consume(
		wide(semconv.MetricTTFB, 3, "0s", "1s", 90, 130),
		wide(semconv.MetricTTFB, 3, "0s", "2s", 90, 130, 412),
		wide(semconv.MetricTTFB, 3, "0s", "2s", 90, 130, 412),       // late
		wide(semconv.MetricTTFB, 0, "0s", "3s", 90, 130, 412, 9000), // coarser
		wide(semconv.MetricTTFB, 0, "0s", "4s", 90, 130, 412, 9000), // stands still
		wide(semconv.MetricTTFB, 0, "0s", "5s", 290),                // began anew
		wide(semconv.MetricTTFB, 3, "-1h", "5s", 1, 2, 3),           // counted before we watched
		wide(semconv.MetricTTFB, 3, "-1h", "6s", 1, 2, 3, 4),
	)
	s.at("10s").flush(
		"bot voice.ttfb.milliseconds{} histogram count=0 sum=0.0 [999ms 999ms]",
		"bot voice.ttfb.milliseconds{} histogram count=6 sum=9926.0 le50:1 le100:1 le200:1 le500:1 le650:1 le+Inf:1 [999ms 10s]",
	)
	s.received("added=6 skipped/baseline=1 skipped/late=1")
	assert.Equal(t, []string{"=1"}, s.counts("otelcol_processor_rollup_resets"))
}

func TestExponentialStreamsGoOnAfterACrash(t *testing.T) {
	s := newStored(t)
	s.at("1s").consume(wide(semconv.MetricTTFB, 3, "0s", "1s", 90, 130))
	s.crash()
	s.at("2s").consume(wide(semconv.MetricTTFB, 2, "0s", "2s", 90, 130, 412))
	s.sameState()
	s.restart()
	s.at("3s").consume(wide(semconv.MetricTTFB, 2, "0s", "3s", 90, 130, 412, 412))
	s.at("10s").flush("bot voice.ttfb.milliseconds{} histogram count=4 sum=1044.0 le100:1 le200:1 le500:2 [999ms 10s]")
}

func TestAbsurdExponentialHistograms(t *testing.T) {
	s := newStage(t)
	sum := func(v float64) pmetric.Metrics {
		md := wide(semconv.MetricTTFB, 0, "", "", 5)
		md.ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics().At(0).ExponentialHistogram().DataPoints().At(0).SetSum(v)
		return md
	}
	s.at("1s").consume(sum(-1), sum(1e16), sum(math.Inf(1)), wide(semconv.MetricCost, 0, "", "", 5))
	s.received("dropped/malformed=2 dropped/not_finite=1 dropped/unsupported=1")
}

func exponentially(c *Config) { c.Histograms = HistogramsExponential }

func TestHistogramsLeaveAsExponential(t *testing.T) {
	s := newStage(t, exponentially)
	s.at("1s").take(seen(412, "c1"), seen(412, "c2"), seen(90, "c1"))
	s.consume(wide(semconv.MetricTTFB, 3, "", "", 412, 1000))
	s.at("10s")
	require.NoError(t, s.rollup.flush(t.Context()))
	assert.Equal(t, []string{
		"bot voice.ttfb.milliseconds{} exponential scale=3 count=0 sum=0.0 [999ms 999ms]",
		"bot voice.ttfb.milliseconds{} exponential scale=3 count=5 sum=2326.0 51:1 69:3 79:1 [999ms 10s]",
	}, s.lines())
	s.received("added=4")
	s.at("11s").take(seen(5, "c7"))
	s.at("20s").flush("bot voice.ttfb.milliseconds{} exponential scale=3 count=6 sum=2331.0 18:1 51:1 69:3 79:1 [999ms 20s]")
	assert.Equal(t, []string{"=1"}, s.counts("otelcol_processor_rollup_converted_histograms"), "of two observations, by their edges")
}

func TestExemplarsOfExponentialHistograms(t *testing.T) {
	s := newStage(t, exponentially)
	s.at("1s").take(seen(412, "c1"))
	s.at("10s")
	require.NoError(t, s.rollup.flush(t.Context()))
	points := s.sink.take()[0].ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics().At(0).ExponentialHistogram().DataPoints()
	require.Equal(t, 1, points.At(1).Exemplars().Len())
	assert.Equal(t, 412.0, points.At(1).Exemplars().At(0).DoubleValue())
}

// Who changes the kind has series of the other kind; those of the one before end when all of them has arrived.
func TestKindOfHistogramsChangesOverARestart(t *testing.T) {
	for name, again := range map[string]func(*stage){"restart": (*stage).restart, "crash": (*stage).crash} {
		t.Run(name, func(t *testing.T) {
			s := newStored(t)
			s.at("1s").take(of("f1", seen(412, "c1")))
			s.at("10s").skip()
			s.at("11s").take(of("f2", seen(90, "c1")))
			other := *s.cfg
			other.Histograms = HistogramsExponential
			s.cfg = &other
			again(s)
			s.at("20s").take(of("f1", seen(412, "c1")), of("f3", seen(5, "c1")))
			s.received("added=3 skipped/duplicate=1")
			s.at("30s")
			require.NoError(t, s.rollup.flush(t.Context()))
			s.at("40s")
			require.NoError(t, s.rollup.flush(t.Context()))
			lines := s.lines()
			assert.Contains(t, lines, "bot voice.ttfb.milliseconds{} exponential scale=3 count=1 sum=5.0 18:1 [19.999s 30s]")
			if name == "crash" {
				assert.Contains(t, lines, "bot voice.ttfb.milliseconds{} histogram count=2 sum=502.0 le100:1 le500:1 [999ms 30s]")
			}
			s.at("50s").flush("bot voice.ttfb.milliseconds{} exponential scale=3 count=1 sum=5.0 18:1 [19.999s 50s]")
			s.sameStateAfter(cost(1.0))
		})
	}
}

func TestKindOfHistogramsChangesBack(t *testing.T) {
	s := newStored(t, exponentially)
	s.at("1s").take(seen(412, "c1"))
	s.at("10s").skip()
	other := *s.cfg
	other.Histograms = HistogramsExplicit
	s.cfg = &other
	s.restart()
	s.at("20s").take(seen(90, "c1"))
	s.at("30s").flush(
		"bot voice.ttfb.milliseconds{} exponential ended [999ms 30s]",
		"bot voice.ttfb.milliseconds{} histogram count=0 sum=0.0 [19.999s 19.999s]",
		"bot voice.ttfb.milliseconds{} histogram count=1 sum=90.0 le100:1 [19.999s 30s]",
	)
	s.at("40s").flush("bot voice.ttfb.milliseconds{} histogram count=1 sum=90.0 le100:1 [19.999s 40s]")
	assert.Equal(t, 1, s.intake().store.Series())
}
