package rollupprocessor

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/confmap/confmaptest"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/metric/metricdata/metricdatatest"

	"github.com/otelcol-voice/otelcol-voice/processor/rollupprocessor/internal/metadatatest"
)

func TestSelfMetricsOfAFlush(t *testing.T) {
	s := newStage(t)
	s.at("1s").take(tokens(5, "c1"), tokens(6, "c2"), cost(1.0), characters(3, "0s", "1s"))
	s.sink.meet = func(context.Context) { s.clock = s.clock.Add(2 * time.Second) }
	s.at("10s").skip()
	s.sink.meet = nil

	gauge := func(n int64) []metricdata.DataPoint[int64] { return []metricdata.DataPoint[int64]{{Value: n}} }
	ignore := metricdatatest.IgnoreTimestamp()
	metadatatest.AssertEqualProcessorRollupSeries(t, s.telemetry, gauge(4), ignore)
	metadatatest.AssertEqualProcessorRollupCalls(t, s.telemetry, gauge(2), ignore)
	metadatatest.AssertEqualProcessorRollupInputStreams(t, s.telemetry, gauge(1), ignore)
	metadatatest.AssertEqualProcessorRollupOutputPoints(t, s.telemetry, gauge(8), ignore)
	metadatatest.AssertEqualProcessorRollupFlushes(t, s.telemetry, []metricdata.DataPoint[int64]{
		{Attributes: attribute.NewSet(attribute.String("result", "accepted")), Value: 1},
	}, ignore)
	took, err := s.telemetry.GetMetric("otelcol_processor_rollup_flush_duration")
	require.NoError(t, err)
	assert.Equal(t, 2.0, took.Data.(metricdata.Histogram[float64]).DataPoints[0].Sum)
}

// What an operator may meet is in the README: every self-metric, every outcome and reason, every option.
func TestReadmeIsComplete(t *testing.T) {
	text, err := os.ReadFile("README.md")
	require.NoError(t, err)
	readme := string(text)
	about, err := confmaptest.LoadConf("metadata.yaml")
	require.NoError(t, err)
	metrics, err := about.Sub("telemetry::metrics")
	require.NoError(t, err)
	for name := range metrics.ToStringMap() {
		assert.Contains(t, readme, "`otelcol_"+name+"`")
	}
	for _, names := range outcomeNames {
		assert.Contains(t, readme, "`"+names[0]+"`")
		assert.Contains(t, readme, strings.ReplaceAll("`"+names[1]+"`", "``", ""))
	}
	options := confmap.New()
	require.NoError(t, options.Marshal(createDefaultConfig()))
	for _, key := range options.AllKeys() {
		assert.Contains(t, readme, "| `"+key+"` |")
	}
}
