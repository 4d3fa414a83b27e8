package voicemetricsprocessor

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/processor"
	"go.opentelemetry.io/collector/processor/processortest"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/otelcol-voice/otelcol-voice/internal/signal/semconv"
	"github.com/otelcol-voice/otelcol-voice/processor/voicemetricsprocessor/internal/metadata"
)

// harness is a processor, and what it says of itself.
type harness struct {
	*testing.T
	clock     *clockwork.FakeClock
	processor processor.Metrics
	sink      *consumertest.MetricsSink
	own       *componenttest.Telemetry
}

func newHarness(t *testing.T, cfg *Config) *harness {
	t.Helper()
	h := &harness{
		T: t, clock: clockwork.NewFakeClockAt(noon), sink: new(consumertest.MetricsSink), own: componenttest.NewTelemetry(),
	}
	set := processortest.NewNopSettings(metadata.Type)
	set.TelemetrySettings = h.own.NewTelemetrySettings()
	ctx := context.Background()
	var err error
	require.NoError(t, cfg.Validate())
	h.processor, err = NewFactory(WithClock(h.clock)).CreateMetrics(ctx, set, cfg, h.sink)
	require.NoError(t, err)
	require.NoError(t, h.processor.Start(ctx, componenttest.NewNopHost()))
	t.Cleanup(func() {
		require.NoError(t, h.processor.Shutdown(ctx))
		require.NoError(t, h.own.Shutdown(ctx))
	})
	return h
}

// take lets metrics pass through the processor, and returns what came out.
func (h *harness) take(md pmetric.Metrics) pmetric.Metrics {
	h.Helper()
	h.sink.Reset()
	require.NoError(h, h.processor.ConsumeMetrics(context.Background(), md))
	if all := h.sink.AllMetrics(); len(all) > 0 {
		return all[0]
	}
	return pmetric.NewMetrics()
}

// at lets the time pass until d after noon.
func (h *harness) at(d time.Duration) *harness {
	h.clock.Advance(noon.Add(d).Sub(h.clock.Now()))
	return h
}

// points is what the processor says of what it got, as "outcome/reason=n".
func (h *harness) points() string {
	h.Helper()
	m, err := h.own.GetMetric("otelcol_processor_voice_metrics_input_points")
	require.NoError(h, err)
	var texts []string
	for _, p := range m.Data.(metricdata.Sum[int64]).DataPoints {
		outcome, _ := p.Attributes.Value("outcome")
		text := outcome.AsString()
		if reason, ok := p.Attributes.Value("reason"); ok {
			text += "/" + reason.AsString()
		}
		texts = append(texts, fmt.Sprintf("%s=%d", text, p.Value))
	}
	slices.Sort(texts)
	return strings.Join(texts, " ")
}

// lines are all points, one a line: "name value key=value key=value", in order; of a histogram the value is count and sum.
// What tells streams apart is left out.
func lines(md pmetric.Metrics) []string {
	var lines []string
	for _, rm := range md.ResourceMetrics().All() {
		for _, sm := range rm.ScopeMetrics().All() {
			for _, m := range sm.Metrics().All() {
				lines = append(lines, linesOf(m)...)
			}
		}
	}
	slices.Sort(lines)
	return lines
}

func linesOf(m pmetric.Metric) (lines []string) {
	line := func(attributes pcommon.Map, format string, values ...any) {
		text := m.Name() + " " + fmt.Sprintf(format, values...) + " " + describe(attributes)
		lines = append(lines, strings.TrimSpace(text))
	}
	switch m.Type() {
	case pmetric.MetricTypeSum:
		for _, p := range m.Sum().DataPoints().All() {
			if p.ValueType() == pmetric.NumberDataPointValueTypeInt {
				line(p.Attributes(), "%d", p.IntValue())
			} else {
				line(p.Attributes(), "%.12g", p.DoubleValue())
			}
		}
	case pmetric.MetricTypeHistogram:
		for _, p := range m.Histogram().DataPoints().All() {
			line(p.Attributes(), "%dx%.12g", p.Count(), p.Sum())
		}
	case pmetric.MetricTypeExponentialHistogram:
		for _, p := range m.ExponentialHistogram().DataPoints().All() {
			line(p.Attributes(), "%dx%.12g", p.Count(), p.Sum())
		}
	}
	return lines
}

func describe(attributes pcommon.Map) string {
	var pairs []string
	for key, value := range attributes.All() {
		if key != semconv.TransitStream {
			pairs = append(pairs, key+"="+value.AsString())
		}
	}
	slices.Sort(pairs)
	return strings.Join(pairs, " ")
}

// value is what a metric of the processor without attributes says.
func (h *harness) value(name string) int64 {
	h.Helper()
	m, err := h.own.GetMetric("otelcol_processor_voice_metrics_" + name)
	require.NoError(h, err)
	switch data := m.Data.(type) {
	case metricdata.Sum[int64]:
		return data.DataPoints[0].Value
	case metricdata.Gauge[int64]:
		return data.DataPoints[0].Value
	}
	h.Fatalf("%s is %T", name, m.Data)
	return 0
}
