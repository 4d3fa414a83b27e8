package e2e

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/otelcol-voice/otelcol-voice/test/e2e/backend"
	"github.com/otelcol-voice/otelcol-voice/test/e2e/collector"
	"github.com/otelcol-voice/otelcol-voice/test/e2e/ledger"
)

// The queries and alerts of the user's guide, word for word.
const (
	averageTTFB   = `rate(voice_ttfb_milliseconds_sum[5m]) / rate(voice_ttfb_milliseconds_count[5m])`
	totalCost     = `sum(voice_cost_usd)`
	tokensByCall  = `sum by (call_id, token_type) (voice_llm_tokens_total)`
	highTTFB      = `rate(voice_ttfb_milliseconds_sum[5m]) / rate(voice_ttfb_milliseconds_count[5m]) > 2000`
	costThreshold = `sum(rate(voice_cost_usd[1h])) > 10`
)

// Some thirty calls, posted in every way that a body can have, come to exactly what they should, and the guide's
// queries give it. Posting them once more changes nothing.
func TestGuideQueries(t *testing.T) {
	b := backend.Start(t)
	c := collector.Start(t, collector.Settings{Config: cloudConfig, Env: b.Env(), Overlay: quick})
	want := ledger.Load(t, totals)
	replay(t, c)
	awaitLedger(t, want, b)

	assertLedger(t, want, b, time.Now())
	assertGuideQueries(t, want, b)

	all := lines(t)
	status, answer := c.PostFrames(zip(t, ndjson(all)), "gzip")
	assert.Equal(t, 200, status)
	assert.Equal(t, len(all), answer.Duplicates)
	assert.Zero(t, answer.Accepted)
	c.Stop("usage without a price") // it says so of the fixture's unknown model, and of speech whose seconds are not known
	assertLedger(t, want, b, time.Now())
	assertNames(t, b)
}

// replay posts the fixture as single objects, an array, NDJSON, and the rest compressed.
func replay(t *testing.T, c *collector.Collector) {
	t.Helper()
	all := lines(t)
	single, rest := all[:20], all[20:]
	for _, line := range single {
		post(t, c, line, "", 1)
	}
	third := len(rest) / 3
	post(t, c, array(rest[:third]), "", third)
	post(t, c, ndjson(rest[third:2*third]), "", third)
	post(t, c, zip(t, ndjson(rest[2*third:])), "gzip", len(rest)-2*third)
}

func awaitLedger(t *testing.T, want ledger.Ledger, b *backend.Backend) {
	t.Helper()
	awaitSums(t, want, b, "voice_calls_total", "voice_ttfb_milliseconds_count", "voice_llm_tokens_total",
		"voice_cost_usd_total", "voice_session_duration_seconds", "voice_call_duration_seconds_count")
}

func assertGuideQueries(t *testing.T, want ledger.Ledger, b *backend.Backend) {
	t.Helper()
	at := time.Now()
	file := b.LoadRules(filepath.Join(collector.Repository(t), rules))
	file.Evaluate(at)

	averages := ratio(expected(want["voice_ttfb_milliseconds_sum"]), expected(want["voice_ttfb_milliseconds_count"]))
	assert.Len(t, b.Query(averageTTFB, at), len(averages), "one average for each source")
	assertVector(t, averages, b.Query("sum by (stage, processor, provider, model) ("+averageTTFB+")", at), averageTTFB)

	cost := backend.Vector{backend.Labels(): want.Sum("voice_cost_usd_total")}
	assertVector(t, cost, b.Query(totalCost, at), totalCost)

	tokens := backend.Vector{}
	for _, total := range want.By("voice_llm_tokens_total", "call_id", "token_type") {
		tokens[backend.Labels("call_id", total.Values[0], "token_type", total.Values[1])] = total.Value
	}
	assertVector(t, tokens, b.Query(tokensByCall, at), tokensByCall)

	assert.Empty(t, b.Query(highTTFB, at))
	assert.Empty(t, b.Query(costThreshold, at))
	for _, alert := range []string{"VoiceBotHighTTFB", "VoiceBotCostThreshold"} {
		assert.Empty(t, file.Firing()[alert], alert)
	}
}

// ratio divides numbers of equal labels.
func ratio(over, under backend.Vector) backend.Vector {
	quotients := backend.Vector{}
	for labels, value := range over {
		quotients[labels] = value / under[labels]
	}
	return quotients
}

// assertNames looks for what must never reach a backend: a unit that has become part of a name, transit attributes,
// a call_id where it makes a series for every call and histogram bucket.
func assertNames(t *testing.T, b *backend.Backend) {
	t.Helper()
	byCall := []string{
		"voice_llm_tokens_total", "voice_tts_characters_total", "voice_stt_audio_seconds_total",
		"voice_stt_session_seconds_total", "voice_session_duration_seconds",
	}
	leak := regexp.MustCompile(`_(USD|ratio|token|call|milliseconds_seconds|seconds_seconds)(_|$)`)
	for _, series := range b.Series() {
		name := series["__name__"]
		if !strings.HasPrefix(name, "voice_") {
			continue
		}
		_, ofCall := series["call_id"]
		assert.Equal(t, slices.Contains(byCall, name), ofCall, "call_id on %v", series)
		assert.NotRegexp(t, leak, strings.TrimPrefix(name, "voice_"))
		for label := range series {
			assert.NotContains(t, label, "voice_tx", name)
		}
	}
}
