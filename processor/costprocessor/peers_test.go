package costprocessor

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/otelcol-voice/otelcol-voice/internal/signal/semconv"
)

// Defects of others that are about signals, not about prices (those are in package pricing).
func TestPeersDefectsOnSignals(t *testing.T) {
	for _, test := range []struct {
		peer, defect string
		test         func(t *testing.T, h *harness)
	}{
		{"SigNoz", "an existing cost is overwritten", func(t *testing.T, h *harness) {
			assert.Equal(t, map[string]any{"gen_ai.usage.cost.amount": 0.5}, h.costsOn(enriched(conventionsChat, "gen_ai.usage.cost.amount", 0.5)))
		}},
		{"OneUptime, Langfuse", "a provider's cost of nothing is no reason to compute one", func(t *testing.T, h *harness) {
			assert.Equal(t, map[string]any{"gen_ai.usage.cost.amount": 0.0}, h.costsOn(enriched(conventionsChat, "gen_ai.usage.cost.amount", 0.0)))
		}},
		{"SigNoz#12738", "the cost stands where no dashboard looks", func(t *testing.T, h *harness) {
			costs := h.costsOn(conventionsChat)
			assert.Equal(t, 0.001855, costs["gen_ai.usage.cost.amount"])
			assert.Equal(t, 0.001855, costs["voice.cost.usd"])
		}},
		{"agentgateway", "the model that was asked for may not be the one that answered", func(t *testing.T, h *harness) {
			costs := h.costsOn(enriched(conventionsChat, "gen_ai.request.model", "gpt-4.1", "gen_ai.response.model", "gpt-4o-2024-08-06"))
			assert.Equal(t, 0.001855, costs["voice.cost.usd"])
		}},
		{"SigNoz", "an unknown model leaves no trace at all", func(t *testing.T, h *harness) {
			assert.Equal(t, map[string]any{"cost_complete": false},
				h.costsOn(enriched(conventionsChat, "gen_ai.request.model", "x", "gen_ai.response.model", "x")))
			assert.Equal(t, 1, h.messages.FilterMessage("usage without a price").Len())
		}},
		{"genai-prices", "more is read from the cache than was put in", func(t *testing.T, h *harness) {
			assert.Equal(t, map[string]any{"cost_complete": false},
				h.costsOn(enriched(conventionsChat, "gen_ai.usage.input_tokens", 10, "gen_ai.usage.cache_read.input_tokens", 20)))
		}},
		{"SigNoz, OpenLIT", "only sampled traces are priced: metrics and summaries are too", func(t *testing.T, h *harness) {
			b := newBatch()
			point(b.sum(semconv.MetricTTSCharacters, delta), 48, "provider", "cartesia")
			assert.InDelta(t, 0.0024, total(h.consumeMetrics(b.Metrics), semconv.MetricCost), 1e-15)
			logs, list := summaryLogs()
			speech(list)
			assert.Equal(t, 0.0024, h.summarise(logs)[semconv.SummaryCost])
		}},
		{"metricsgeneration", "a derived sum has no temporality, and only the first point is read", func(t *testing.T, h *harness) {
			b := newBatch()
			sum := b.sum(semconv.MetricTTSCharacters, cumulative)
			point(sum, 48, "provider", "cartesia")
			point(sum, 96, "provider", "deepgram")
			answers := metricsNamed(h.consumeMetrics(b.Metrics), semconv.MetricCost)
			assert.Len(t, answers, 1)
			assert.Equal(t, pmetric.AggregationTemporalityCumulative, answers[0].Sum().AggregationTemporality())
			assert.True(t, answers[0].Sum().IsMonotonic())
			assert.Equal(t, 2, answers[0].Sum().DataPoints().Len())
		}},
		{"Langfuse#10592, LiveKit#5121", "cached sound inside sound inside input is billed twice", func(t *testing.T, h *harness) {
			costs := h.costsOn(map[string]any{
				"gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai", "gen_ai.request.model": "gpt-realtime",
				"gen_ai.usage.input_tokens": 1000, "gen_ai.usage.audio.input_tokens": 600, "gen_ai.usage.cache_read.input_tokens": 500,
				"gen_ai.usage.audio.cache_read.input_tokens": 400, "gen_ai.usage.output_tokens": 0,
			})
			// 300 x 4 + 100 x 0.4 of text, 200 x 32 + 400 x 0.4 of sound, a million
			assert.Equal(t, 0.0078, costs["voice.cost.usd"])
		}},
	} {
		t.Run(test.peer+": "+test.defect, func(t *testing.T) { test.test(t, newHarness(t, nil)) })
	}
}

// costsOn is what a bot's span with these attributes says of its cost, but for currency and source.
func (h *harness) costsOn(attributes map[string]any) map[string]any {
	h.t.Helper()
	td := newBotTraces("x")
	td.span(h.t, "chat gpt-4o", 1, 0, attributes)
	costs := map[string]any{}
	for key, value := range firstSpan(h.consumeTraces(td.Traces)).AsRaw() {
		switch key {
		case semconv.GenAICostAmount, semconv.SpanCost, semconv.SummaryCostComplete:
			costs[key] = value
		}
	}
	return costs
}
