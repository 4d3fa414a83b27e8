//go:build interop

package e2e

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/otelcol-voice/otelcol-voice/test/e2e/backend"
	"github.com/otelcol-voice/otelcol-voice/test/e2e/collector"
)

// guideCalls are sessions of the guide's bot (scripts/interop/guide_bot.py), all alike.
var guideCalls = []string{"11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"}

// What one session says of itself, whichever profile reads it: its tokens and characters are right, and what they cost follows
// from them. Its own idea of the cost never counts.
var guideUse = map[string]float64{
	`sum by (call_id) (voice_llm_tokens_total{token_type="prompt"})`:     1042 + 1100,
	`sum by (call_id) (voice_llm_tokens_total{token_type="completion"})`: 37 + 63,
	`sum by (call_id) (voice_tts_characters_total)`:                      48 + 152,
}

const (
	guideLLMCost = ((1042+1100)*2.5 + (37+63)*10) / 1e6
	guideTTSCost = (48 + 152) * 50 / 1e6
)

// The guide's bot as it is: what it costs is derived once, and right for what it says. What it says of time is wrong, and stays
// so without a profile that repairs it: seconds under the name of milliseconds with the zeros of a start among them, no calls,
// and a duration that grows by all that has passed with every frame.
func TestInteropGuideBot(t *testing.T) {
	for _, profile := range []struct {
		name, overlay string
		latencies     backend.Vector // by query, in all calls
	}{
		{"as it is", quick, backend.Vector{
			`sum(voice_ttfb_milliseconds_count)`:       2 * 8,
			`sum(voice_ttfb_milliseconds_sum)`:         2 * (0.25 + 0.412 + 0.19 + 0.588 + 0.21),
			`sum(voice_processing_milliseconds_count)`: 2 * 3,
			`sum(voice_processing_milliseconds_sum)`:   2 * (1.31 + 1.69),
			`sum(voice_calls_total)`:                   0,
			`sum(voice_session_duration_seconds)`:      2 * (4 + 4 + 5*4 + 14 + 4*15),
		}},
		// The profile that repairs it goes here: its overlay, counts of 2*5 (the zeros left out) and 2*2, sums a thousandfold, 2
		// calls, and 2*15.5 s.
	} {
		t.Run(profile.name, func(t *testing.T) {
			b := backend.Start(t)
			c := collector.Start(t, collector.Settings{Config: cloudConfig, Env: b.Env(), Overlay: profile.overlay})
			python(t, map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": c.URL(otlpPort, "")}, "guide_bot.py", guideCalls...)
			c.Stop()
			assertGuideUse(t, b)
			for _, query := range slices.Sorted(maps.Keys(profile.latencies)) {
				got, _ := b.Value(query, time.Now())
				assert.True(t, near(profile.latencies[query], got), "%s is %v, want %v", query, got, profile.latencies[query])
			}
		})
	}
}

func assertGuideUse(t *testing.T, b *backend.Backend) {
	t.Helper()
	for query, one := range guideUse {
		want := backend.Vector{}
		for _, call := range guideCalls {
			want[backend.Labels("call_id", call)] = one
		}
		assertVector(t, want, b.Query(query, time.Now()), query)
	}
	const query = "sum by (cost_type, cost_source, provider, model) (voice_cost_usd_total)"
	assertVector(t, backend.Vector{
		backend.Labels("cost_type", "llm", "cost_source", "computed", "provider", "openai", "model", "gpt-4o"): 2 * guideLLMCost,
		backend.Labels("cost_type", "tts", "cost_source", "computed", "provider", "cartesia"):                  2 * guideTTSCost,
	}, b.Query(query, time.Now()), query)
	for _, series := range b.Series() {
		assert.NotContains(t, series["__name__"], "_USD", "the bot's own cost")
	}
}
