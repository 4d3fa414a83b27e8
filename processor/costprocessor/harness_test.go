package costprocessor

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
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/otelcol-voice/otelcol-voice/internal/signal/semconv"
	"github.com/otelcol-voice/otelcol-voice/processor/costprocessor/internal/metadata"
)

// noon is the time of the processor's clock in tests; moment is that of the points.
var (
	noon   = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	moment = pcommon.NewTimestampFromTime(time.Date(2026, 11, 23, 11, 0, 0, 0, time.UTC))
)

// harness is a started processor, for all its signals, with what comes out of it.
type harness struct {
	t           testing.TB
	metrics     processor.Metrics
	logs        processor.Logs
	traces      processor.Traces
	metricsSink *consumertest.MetricsSink
	logsSink    *consumertest.LogsSink
	tracesSink  *consumertest.TracesSink
	messages    *observer.ObservedLogs
	own         *componenttest.Telemetry
}

func newHarness(t testing.TB, configure func(*Config)) *harness {
	t.Helper()
	cfg := createDefaultConfig().(*Config)
	if configure != nil {
		configure(cfg)
	}
	require.NoError(t, cfg.Validate())
	core, messages := observer.New(zap.WarnLevel)
	h := &harness{
		t: t, messages: messages, own: componenttest.NewTelemetry(),
		metricsSink: new(consumertest.MetricsSink), logsSink: new(consumertest.LogsSink),
		tracesSink: new(consumertest.TracesSink),
	}
	t.Cleanup(func() { require.NoError(t, h.own.Shutdown(context.WithoutCancel(t.Context()))) })
	set := processortest.NewNopSettings(metadata.Type)
	set.TelemetrySettings = h.own.NewTelemetrySettings()
	set.Logger = zap.New(core)
	h.create(set, cfg)
	return h
}

func (h *harness) create(set processor.Settings, cfg *Config) {
	h.t.Helper()
	ctx := context.Background()
	factory := newFactory(clockwork.NewFakeClockAt(noon))
	var err error
	h.metrics, err = factory.CreateMetrics(ctx, set, cfg, h.metricsSink)
	require.NoError(h.t, err)
	h.logs, err = factory.CreateLogs(ctx, set, cfg, h.logsSink)
	require.NoError(h.t, err)
	h.traces, err = factory.CreateTraces(ctx, set, cfg, h.tracesSink)
	require.NoError(h.t, err)
	require.NoError(h.t, h.metrics.Start(ctx, componenttest.NewNopHost()))
	require.NoError(h.t, h.logs.Start(ctx, componenttest.NewNopHost()))
	require.NoError(h.t, h.traces.Start(ctx, componenttest.NewNopHost()))
	h.t.Cleanup(func() {
		require.NoError(h.t, h.metrics.Shutdown(ctx))
		require.NoError(h.t, h.logs.Shutdown(ctx))
		require.NoError(h.t, h.traces.Shutdown(ctx))
	})
}

// newStartedEngine is an engine alone, until the test ends.
func newStartedEngine(t testing.TB, set processor.Settings, cfg *Config, clock clockwork.Clock) *engine {
	t.Helper()
	ctx := context.Background()
	e, err := newEngine(set, cfg, clock)
	require.NoError(t, err)
	require.NoError(t, e.start(ctx, componenttest.NewNopHost()))
	t.Cleanup(func() { require.NoError(t, e.shutdown(ctx)) })
	return e
}

// batch builds metrics of one scope.
type batch struct {
	pmetric.Metrics
	scope pmetric.ScopeMetrics
}

func newBatch() batch {
	md := pmetric.NewMetrics()
	return batch{Metrics: md, scope: md.ResourceMetrics().AppendEmpty().ScopeMetrics().AppendEmpty()}
}

const (
	delta      = pmetric.AggregationTemporalityDelta
	cumulative = pmetric.AggregationTemporalityCumulative
)

// sum adds a monotonic sum to the batch.
func (b batch) sum(name string, temporality pmetric.AggregationTemporality) pmetric.Sum {
	metric := b.scope.Metrics().AppendEmpty()
	metric.SetName(name)
	sum := metric.SetEmptySum()
	sum.SetIsMonotonic(true)
	sum.SetAggregationTemporality(temporality)
	return sum
}

// point adds a point to a sum; attributes are pairs of key and value.
func point(sum pmetric.Sum, value any, attributes ...any) pmetric.NumberDataPoint {
	p := sum.DataPoints().AppendEmpty()
	p.SetTimestamp(moment)
	switch value := value.(type) {
	case int:
		p.SetIntValue(int64(value))
	case float64:
		p.SetDoubleValue(value)
	}
	for i := 0; i < len(attributes); i += 2 {
		set(p.Attributes(), attributes[i].(string), attributes[i+1])
	}
	return p
}

func set(attributes pcommon.Map, key string, value any) {
	switch value := value.(type) {
	case string:
		attributes.PutStr(key, value)
	case bool:
		attributes.PutBool(key, value)
	case int:
		attributes.PutInt(key, int64(value))
	}
}

// lines are the points of a metric, one a line: "value key=value key=value", in order. The digest of a stream is left
// out; see streamsOf.
func lines(md pmetric.Metrics, name string) []string {
	var lines []string
	for _, metric := range metricsNamed(md, name) {
		numbers, ok := numbersOf(metric)
		if !ok {
			continue
		}
		for _, p := range numbers.All() {
			value := fmt.Sprintf("%.12g", p.DoubleValue())
			if p.ValueType() == pmetric.NumberDataPointValueTypeInt {
				value = fmt.Sprint(p.IntValue())
			}
			lines = append(lines, strings.TrimSpace(value+" "+describe(p.Attributes())))
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

func metricsNamed(md pmetric.Metrics, name string) []pmetric.Metric {
	var metrics []pmetric.Metric
	for _, rm := range md.ResourceMetrics().All() {
		for _, sm := range rm.ScopeMetrics().All() {
			for _, metric := range sm.Metrics().All() {
				if metric.Name() == name {
					metrics = append(metrics, metric)
				}
			}
		}
	}
	return metrics
}

func total(md pmetric.Metrics, name string) float64 {
	sum := 0.0
	for _, metric := range metricsNamed(md, name) {
		for _, p := range metric.Sum().DataPoints().All() {
			sum += p.DoubleValue()
		}
	}
	return sum
}

func streamsOf(md pmetric.Metrics, name string) []string {
	var streams []string
	for _, metric := range metricsNamed(md, name) {
		for _, p := range metric.Sum().DataPoints().All() {
			if stream, ok := p.Attributes().Get(semconv.TransitStream); ok {
				streams = append(streams, stream.Str())
			}
		}
	}
	return streams
}

func cost(md pmetric.Metrics) []string { return lines(md, semconv.MetricCost) }

func unpricedLines(md pmetric.Metrics) []string { return lines(md, semconv.MetricUnpricedUsage) }
