//go:build interop

package e2e

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

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

// guideTotals is what comes of all of it.
var guideTotals = backend.Vector{
	`sum(voice_llm_tokens_total)`:     2 * (1042 + 1100 + 37 + 63),
	`sum(voice_tts_characters_total)`: 2 * (48 + 152),
	`sum(voice_cost_usd_total)`:       2 * (guideLLMCost + guideTTSCost),
}

const (
	guideLLMCost = ((1042+1100)*2.5 + (37+63)*10) / 1e6
	guideTTSCost = (48 + 152) * 50 / 1e6
)

// guideSession is what one session of the bot reports: the seconds that it has told of in all, and those that it has lasted.
type guideSession struct{ Told, Lasted float64 }

// The guide's bot: what it costs is derived once, and right for what it says. What it says of time is wrong, and stays so without
// the profile that repairs it: seconds under the name of milliseconds with the zeros of a start among them, no calls, and a
// duration that grows by all that has passed with every frame.
func TestInteropGuideBot(t *testing.T) {
	for _, profile := range []struct {
		name, overlay string
		repaired      bool
		numbers       backend.Vector // by query, of both sessions
	}{
		{"as it is", quick, false, backend.Vector{
			`sum(voice_ttfb_milliseconds_count)`:       2 * 8,
			`sum(voice_ttfb_milliseconds_sum)`:         2 * (0.25 + 0.412 + 0.19 + 0.588 + 0.21),
			`sum(voice_processing_milliseconds_count)`: 2 * 3,
			`sum(voice_processing_milliseconds_sum)`:   2 * (1.31 + 1.69),
			`sum(voice_calls_total)`:                   0,
		}},
		{"repaired", laidOver(t, "config/overlays/voice_metrics.yaml"), true, backend.Vector{
			`sum(voice_ttfb_milliseconds_count{stage="stt",provider="gladia"})`:                2,
			`sum(voice_ttfb_milliseconds_sum{stage="stt",provider="gladia"})`:                  2 * 250,
			`sum(voice_ttfb_milliseconds_count{stage="llm",provider="openai",model="gpt-4o"})`: 2 * 2,
			`sum(voice_ttfb_milliseconds_sum{stage="llm",provider="openai",model="gpt-4o"})`:   2 * (412 + 588),
			`sum(voice_ttfb_milliseconds_count{stage="tts",provider="cartesia"})`:              2 * 2,
			`sum(voice_ttfb_milliseconds_sum{stage="tts",provider="cartesia"})`:                2 * (190 + 210),
			`sum(voice_ttfb_milliseconds_count)`:                                               2 * 5,
			`sum(voice_processing_milliseconds_count)`:                                         2 * 2,
			`sum(voice_processing_milliseconds_sum)`:                                           2 * (1310 + 1690),
			`sum(voice_calls_total)`:                                                           2,
		}},
	} {
		t.Run(profile.name, func(t *testing.T) {
			b := backend.Start(t)
			c := collector.Start(t, collector.Settings{Config: cloudConfig, Env: b.Env(), Overlay: profile.overlay})
			report := filepath.Join(t.TempDir(), "report.json")
			python(t, map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": c.URL(otlpPort, "")}, "guide_bot.py",
				append([]string{report}, guideCalls...)...)
			b.Await(func() bool { return answers(b, profile.numbers) && answers(b, guideTotals) })
			c.Stop(clockSetBack)
			assertGuideUse(t, b)
			for _, query := range slices.Sorted(maps.Keys(profile.numbers)) {
				got, _ := b.Value(query, time.Now())
				assert.True(t, near(profile.numbers[query], got), "%s is %v, want %v", query, got, profile.numbers[query])
			}
			assertGuideDuration(t, b, report, profile.repaired)
		})
	}
}

// answers says whether queries give what is wanted of them.
func answers(b *backend.Backend, wanted backend.Vector) bool {
	for query, want := range wanted {
		if got, _ := b.Value(query, time.Now()); !near(want, got) {
			return false
		}
	}
	return true
}

// laidOver is a file of the repository as an overlay, with the quick interval of tests.
func laidOver(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(collector.Repository(t), file))
	require.NoError(t, err)
	before, after, found := strings.Cut(string(text), "\nprocessors:\n")
	require.True(t, found, "%s has no processors", file)
	return before + "\nprocessors:\n  rollup: {interval: 200ms}\n" + after
}

// assertGuideDuration: what was told, to the second that the bot has; repaired, what it has lasted, but for the last export's
// way.
func assertGuideDuration(t *testing.T, b *backend.Backend, report string, repaired bool) {
	t.Helper()
	var sessions []guideSession
	text, err := os.ReadFile(report)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &sessions))
	var told, lasted float64
	for _, session := range sessions {
		told, lasted = told+session.Told, lasted+session.Lasted
	}
	got, _ := b.Value("sum(voice_session_duration_seconds)", time.Now())
	if repaired {
		assert.InDelta(t, lasted, got, 1, "seconds that the sessions have lasted")
		assert.Greater(t, told, lasted+5, "what the bot says is far from it")
		return
	}
	assert.Equal(t, told, got, "seconds that the bot has told of")
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
