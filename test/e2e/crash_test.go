package e2e

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-voice/otelcol-voice/test/e2e/backend"
	"github.com/otelcol-voice/otelcol-voice/test/e2e/collector"
)

// A call that was open when the collector was killed goes on: it is one call, of its whole length, and what the bot sends
// again is known.
func TestCallGoesOnAfterACrash(t *testing.T) {
	b := backend.Start(t)
	c := collector.Start(t, collector.Settings{Config: cloudConfig, Env: b.Env(), Overlay: quick})
	lines := strings.SplitAfter(strings.TrimSpace(fiveLines)+"\n", "\n")
	post(t, c, []byte(strings.Join(lines[:3], "")), "", 3)
	require.True(t, b.Await(func() bool {
		tokens, _ := b.Value("sum(voice_llm_tokens_total)", time.Now())
		return tokens == 146+896+37
	}), "what was said before the crash has been flushed")
	c.Kill()

	c.Start()
	status, answer := c.PostFrames([]byte(strings.Join(lines[1:], "")), "")
	assert.Equal(t, 200, status)
	assert.Equal(t, collector.Answer{Accepted: 2, Duplicates: 2, Rejected: []collector.Rejection{}}, answer)
	require.True(t, b.Await(func() bool { return len(b.Logs()) == 1 }), "the summary")
	require.True(t, b.Await(func() bool {
		characters, _ := b.Value("sum(voice_tts_characters_total)", time.Now())
		return characters == 48
	}), "what was said after the crash")
	for query, want := range map[string]float64{
		"sum(voice_calls_total)":                 1,
		"sum(voice_llm_tokens_total)":            146 + 896 + 37,
		"sum(voice_session_duration_seconds)":    74.2,
		"sum(voice_call_duration_seconds_sum)":   74.2,
		"sum(voice_cost_usd_total)":              0.001855 + 0.0024 + 74.2*0.75/3600,
		"sum(voice_stt_session_seconds_total)":   74.2,
		"sum(voice_ttfb_milliseconds_count)":     2,
		"sum(voice_call_duration_seconds_count)": 1,
	} {
		got, _ := b.Value(query, time.Now())
		assert.True(t, near(want, got), "%s is %v, want %v", query, got, want)
	}
	attributes := b.Logs()[0].ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(0).Attributes().AsRaw()
	assert.Equal(t, 74.2, attributes["duration_seconds"])
	assert.Equal(t, map[string]any{"prompt.text": int64(146), "prompt.cache_read": int64(896), "completion.text": int64(37)}, attributes["tokens"])
	c.Stop()
}
