package voicemetricsprocessor

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/otelcol-voice/otelcol-voice/internal/signal/semconv"
)

// Whatever requests an agent makes, and however it counts them, the parts that come out never overlap and never fall, and add
// up to what it said.
func TestPartsAreTheWhole(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	for range 300 {
		for _, temporality := range []pmetric.AggregationTemporality{cumulative, delta} {
			playAgent(t, random, temporality)
		}
	}
}

func playAgent(t *testing.T, random *rand.Rand, temporality pmetric.AggregationTemporality) {
	t.Helper()
	h := newHarness(t, &Config{From: []string{"lk.agents"}})
	bot := sdk{scope: "livekit-agents", temporality: temporality}
	speaks := random.IntN(12) // from which collection on
	got, want := map[string]float64{}, map[string]float64{}
	for i := range 8 {
		at := time.Duration(10*i+10) * time.Second
		for range 1 + random.IntN(3) {
			request(&bot, at, random, i >= speaks, want)
		}
		addUp(t, h.at(at).take(bot.export(at)), temporality, got)
	}
	assert.InDelta(t, want["prompt"], got["prompt"], 1e-6)
	assert.InDelta(t, want["completion"], got["completion"], 1e-6)
}

// request is one of a model that may speak, with a part of it from a cache.
func request(bot *sdk, at time.Duration, random *rand.Rand, speaks bool, want map[string]float64) {
	words, sound, answer := random.IntN(100), 0, random.IntN(50)
	if speaks {
		sound = 1 + random.IntN(100)
	}
	count := func(name string, n int) {
		bot.record(at, counter, "lk.agents.usage.llm_"+name, "", n, "model_name", "m")
	}
	count("input_tokens", words+sound)
	count("input_cached_tokens", random.IntN(words+sound+1))
	count("output_tokens", answer)
	if speaks {
		count("input_audio_tokens", sound)
		count("output_audio_tokens", random.IntN(answer+1))
	}
	want["prompt"] += float64(words + sound)
	want["completion"] += float64(answer)
}

// addUp adds deltas, and puts totals, of which none may fall, in the place of those before.
func addUp(t *testing.T, md pmetric.Metrics, temporality pmetric.AggregationTemporality, got map[string]float64) {
	t.Helper()
	if md.ResourceMetrics().Len() == 0 {
		return
	}
	for _, m := range md.ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics().All() {
		for _, p := range m.Sum().DataPoints().All() {
			kind, side := describe(p.Attributes()), text(p.Attributes(), semconv.AttrTokenType)
			amount, fault := numberOf(p)
			assert.Equal(t, unsettled, fault)
			if temporality == cumulative {
				assert.GreaterOrEqual(t, amount, got[kind], kind)
				got[side] -= got[kind]
				got[kind] = amount
			}
			got[side] += amount
		}
	}
}
