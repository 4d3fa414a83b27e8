package costprocessor

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/otel/sdk/metric/metricdata/metricdatatest"

	"github.com/otelcol-voice/otelcol-voice/internal/signal/semconv"
	"github.com/otelcol-voice/otelcol-voice/processor/costprocessor/internal/metadatatest"
)

// spanTraces is one span; list is what was used in it.
func spanTraces(whole bool) (td ptrace.Traces, list pcommon.Slice) {
	td = ptrace.NewTraces()
	attributes := td.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans().AppendEmpty().Attributes()
	attributes.PutStr(semconv.AttrCallID, "c")
	if whole {
		attributes.PutBool(semconv.TransitWhole, true)
	}
	return td, attributes.PutEmptySlice(semconv.TransitUsage)
}

func firstSpan(td ptrace.Traces) pcommon.Map {
	return td.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0).Attributes()
}

func (h *harness) trace(td ptrace.Traces) map[string]any {
	h.t.Helper()
	return firstSpan(h.consumeTraces(td)).AsRaw()
}

func speech(list pcommon.Slice) { entry(list, semconv.MetricTTSCharacters, 48, "provider", "cartesia") }

func nobodys(list pcommon.Slice) { entry(list, semconv.MetricTTSCharacters, 48, "provider", "acme") }

func included(list pcommon.Slice) {
	entry(list, semconv.MetricTTSCharacters, 48, semconv.TransitPriced, true)
}

func charged(usd any, attributes ...any) func(pcommon.Slice) {
	return func(list pcommon.Slice) {
		entry(list, semconv.MetricCost, usd, append([]any{semconv.AttrCostSource, semconv.CostProvider}, attributes...)...)
	}
}

func TestOperation(t *testing.T) {
	local := map[string]any{
		"call_id": "c", "gen_ai.usage.cost.amount": 0.0024, "gen_ai.usage.cost.currency": "USD",
		"gen_ai.usage.cost.source": "local", "voice.cost.usd": 0.0024,
	}
	with := func(base map[string]any, key string, value any) map[string]any {
		more := map[string]any{key: value}
		for k, v := range base {
			if k != key {
				more[k] = v
			}
		}
		return more
	}
	free := map[string]any{
		"call_id": "c", "gen_ai.usage.cost.amount": 0.0, "gen_ai.usage.cost.currency": "USD",
		"gen_ai.usage.cost.source": "provider", "voice.cost.usd": 0.0,
	}
	mixed := with(with(local, "gen_ai.usage.cost.amount", 0.0824), "voice.cost.usd", 0.0824)
	money := with(with(free, "gen_ai.usage.cost.amount", 0.08), "voice.cost.usd", 0.08)
	for name, test := range map[string]struct {
		used []func(pcommon.Slice)
		want map[string]any
	}{
		"priced":                     {[]func(pcommon.Slice){speech}, local},
		"money of a provider":        {[]func(pcommon.Slice){charged(0.08)}, money},
		"both":                       {[]func(pcommon.Slice){charged(0.08), speech}, mixed},
		"free, as the provider says": {[]func(pcommon.Slice){charged(0)}, free},
		"a part is unknown":          {[]func(pcommon.Slice){speech, nobodys}, with(local, "cost_complete", false)},
		"all is unknown":             {[]func(pcommon.Slice){nobodys}, map[string]any{"call_id": "c", "cost_complete": false}},
		"in the platform's price":    {[]func(pcommon.Slice){included}, map[string]any{"call_id": "c"}},
		"nothing":                    {nil, map[string]any{"call_id": "c"}},
	} {
		t.Run(name, func(t *testing.T) {
			td, list := spanTraces(false)
			for _, add := range test.used {
				add(list)
			}
			assert.Equal(t, test.want, newHarness(t, nil).trace(td))
		})
	}
}

func TestWholeCall(t *testing.T) {
	td, list := spanTraces(true)
	speech(list)
	charged(0.08)(list)
	included(list)
	assert.Equal(t, map[string]any{"call_id": "c", "voice.call.cost.usd": 0.0824, "cost_complete": true}, newHarness(t, nil).trace(td))

	td, list = spanTraces(true)
	nobodys(list)
	assert.Equal(t, map[string]any{"call_id": "c", "voice.call.cost.usd": 0.0, "cost_complete": false}, newHarness(t, nil).trace(td))

	for _, unknown := range []string{semconv.SummaryUsageMissing, semconv.SummaryCostPending} {
		td, _ = spanTraces(true)
		firstSpan(td).PutBool(unknown, true)
		assert.Equal(t, map[string]any{
			"call_id": "c", unknown: true, "voice.call.cost.usd": 0.0, "cost_complete": false,
		}, newHarness(t, nil).trace(td))
	}
}

// Spans of others pass as they are, but for what no backend should see.
func TestOtherSpansPassOn(t *testing.T) {
	td, _ := spanTraces(false)
	attributes := firstSpan(td)
	attributes.PutStr(semconv.TransitUsage, "not a list")
	attributes.PutInt(semconv.GenAIInputTokens, 1042)
	attributes.PutDouble(semconv.GenAICostAmount, 0.5)
	want := map[string]any{"call_id": "c", "gen_ai.usage.input_tokens": int64(1042), "gen_ai.usage.cost.amount": 0.5}
	h := newHarness(t, nil)
	out := h.consumeTraces(td)
	assert.Equal(t, want, firstSpan(out).AsRaw())
	assert.Equal(t, want, firstSpan(h.consumeTraces(out)).AsRaw(), "a second cost processor changes nothing")
}

// A call's own span holds the usage of all its operations, so it is counted alone.
func TestUsageOfSpansIsCountedOnce(t *testing.T) {
	h := newHarness(t, nil)
	for _, whole := range []bool{false, true} {
		td, list := spanTraces(whole)
		speech(list)
		nobodys(list)
		charged(0.08)(list)
		h.consumeTraces(td)
	}
	metadatatest.AssertEqualProcessorCostPricedPoints(t, h.own, dataPoints(map[string]int64{"": 1}, "", "traces"),
		metricdatatest.IgnoreTimestamp())
	metadatatest.AssertEqualProcessorCostUnpricedPoints(t, h.own, dataPoints(map[string]int64{"no_provider": 1}, "reason", "traces"),
		metricdatatest.IgnoreTimestamp())
	assert.Equal(t, 1, h.messages.Len(), "one line a model, whatever the signal")
}
