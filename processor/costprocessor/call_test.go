package costprocessor

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-voice/otelcol-voice/internal/call"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
	signals "github.com/otelcol-voice/otelcol-voice/internal/signal"
	"github.com/otelcol-voice/otelcol-voice/internal/signal/semconv"
)

// used is what a call used as package signal hears of it: priced, paid for in a platform's price, unknown and money.
func used() []call.TimedUsage {
	gpt := frame.Source{Stage: frame.LLM, Provider: "openai", Model: "gpt-4o"}
	vapi := frame.Source{Stage: frame.Platform, Provider: "vapi"}
	var all []call.TimedUsage
	for i, u := range []call.Usage{
		{Source: gpt, Quantity: call.Tokens, Leaf: frame.PromptText, Amount: 146, Request: 1042},
		{Source: gpt, Quantity: call.Tokens, Leaf: frame.PromptCacheRead, Amount: 896, Request: 1042},
		{Source: gpt, Quantity: call.Tokens, Leaf: frame.CompletionText, Amount: 37, Request: 1042},
		{Source: frame.Source{Stage: frame.TTS, Provider: "cartesia"}, Quantity: call.Characters, Amount: 48},
		{Source: frame.Source{Stage: frame.TTS, Provider: "acme"}, Quantity: call.Characters, Amount: 48},
		{Source: frame.Source{Stage: frame.STT, Provider: "gladia"}, Quantity: call.STTSession, Amount: 74.2, Paired: true},
		{Source: vapi, Quantity: call.PlatformSeconds, Amount: 74.2, Priced: true},
		{Source: vapi, Quantity: call.Money, Amount: 0.06},
	} {
		all = append(all, call.TimedUsage{Usage: u, Time: noon.Add(time.Duration(i) * time.Second), FrameID: frame.ID(i + 1)})
	}
	return all
}

// One call from its facts to its bill, the three signals through one processor: 0.001855 for the model, 0.0024 for speech,
// 74.2 s of 0.75 an hour for hearing, 0.06 that the platform charges.
func TestCallFromFactsToCost(t *testing.T) {
	const want = 0.001855 + 0.0024 + 74.2*0.75/3600 + 0.06
	key, all := call.Key{Tenant: "acme", ID: "c1"}, used()
	batch := signals.NewProducer(signals.Settings{Service: "bot", TenantAttribute: "customer"}).NewBatch()
	turn := &call.Turn{Number: 1, Start: noon, End: noon.Add(time.Minute)}
	for i, u := range all {
		batch.Add([]call.Fact{{Kind: call.Used, Call: key, FrameID: u.FrameID, Time: u.Time, Usage: u.Usage}})
		turn.Operations = append(turn.Operations, call.Operation{
			Source: u.Source, FrameID: u.FrameID, Sequence: i + 1, Start: u.Time, End: u.Time, Usage: all[i : i+1],
		})
	}
	batch.Add([]call.Fact{
		{Kind: call.Traced, Call: key, Turn: turn},
		{Kind: call.Ended, Call: key, Time: noon, Summary: &call.Summary{Start: noon, Usage: all}},
	})

	h := newHarness(t, nil)
	metrics := h.consumeMetrics(batch.Metrics())
	summary := h.summarise(batch.Logs())
	operations, root := costsOf(h.consumeTraces(batch.Traces()))

	assert.InEpsilon(t, want, total(metrics, semconv.MetricCost), 1e-12)
	assert.InEpsilon(t, want, summary[semconv.SummaryCost], 1e-12)
	assert.InEpsilon(t, want, operations, 1e-12)
	assert.InEpsilon(t, want, root, 1e-12)
	assert.Equal(t, 0.06, summary[semconv.SummaryCostBySource].(map[string]any)["provider"])
	assert.Equal(t, false, summary[semconv.SummaryCostComplete])
	assert.Equal(t, []string{
		"48 call_id=c1 cost_type=tts customer=acme provider=acme reason=no_provider usage_kind=characters voice.tx.id=0000000000000005",
	}, unpricedLines(metrics))
}

// costsOf is what operations cost, and what the call's own span says.
func costsOf(td ptrace.Traces) (operations, root float64) {
	for _, span := range td.ResourceSpans().At(0).ScopeSpans().At(0).Spans().All() {
		if cost, known := span.Attributes().Get(semconv.SpanCost); known {
			operations += cost.Double()
		}
		if cost, known := span.Attributes().Get(semconv.SpanCallCost); known {
			root += cost.Double()
		}
	}
	return operations, root
}
