package e2e

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-voice/otelcol-voice/test/e2e/backend"
	"github.com/otelcol-voice/otelcol-voice/test/e2e/collector"
)

// A call arrives as one trace, priced, and its summary belongs to it.
func TestOneTraceACall(t *testing.T) {
	b := backend.Start(t)
	c := collector.Start(t, collector.Settings{Config: cloudConfig, Env: b.Env(), Overlay: quick})
	post(t, c, []byte(fiveLines), "", 5)
	require.True(t, b.Await(func() bool { return len(b.Logs()) == 1 && len(spans(b)) == 3 }), "a summary and three spans")
	c.Stop()

	root := spans(b)["call"]
	assert.Equal(t, 74200*time.Millisecond, root.EndTimestamp().AsTime().Sub(root.StartTimestamp().AsTime()))
	assert.Equal(t, time.Date(2025, 11, 24, 16, 0, 0, 0, time.UTC), root.StartTimestamp().AsTime())
	assert.True(t, near(0.001855+0.0024+74.2*0.75/3600, number(root, "voice.call.cost.usd")))
	for name, cost := range map[string]float64{"llm": 0.001855, "tts": 0.0024} {
		span, known := spans(b)[name]
		require.True(t, known, "%s is not among the spans", name)
		assert.Equal(t, root.TraceID(), span.TraceID())
		assert.Equal(t, root.SpanID(), span.ParentSpanID())
		assert.True(t, near(cost, number(span, "gen_ai.usage.cost.amount")), name)
	}
	summary := b.Logs()[0].ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(0)
	assert.Equal(t, root.TraceID(), summary.TraceID())
	assert.Equal(t, root.SpanID(), summary.SpanID())
}

// spans is everything that the backend has, by name.
func spans(b *backend.Backend) map[string]ptrace.Span {
	all := map[string]ptrace.Span{}
	for _, traces := range b.Traces() {
		for _, resource := range traces.ResourceSpans().All() {
			for _, scope := range resource.ScopeSpans().All() {
				for _, span := range scope.Spans().All() {
					all[span.Name()] = span
				}
			}
		}
	}
	return all
}

func number(span ptrace.Span, key string) float64 {
	value, _ := span.Attributes().Get(key)
	return value.Double()
}
