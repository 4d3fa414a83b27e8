package e2e

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"

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

// The same of a call whose bot sends spans: one call under one name, of its whole length, though its last span tells when it began.
func TestCallOfSpansGoesOnAfterACrash(t *testing.T) {
	b := backend.Start(t)
	c := collector.Start(t, collector.Settings{Config: cloudConfig, Env: b.Env(), Overlay: quick})
	call := botCall(t)
	send := func(from, to int) {
		status, _ := c.Post(otlpHTTP, "/v1/traces", someSpans(t, call, from, to), "")
		require.Equal(t, http.StatusOK, status)
	}
	send(0, 4)
	require.True(t, b.Await(func() bool {
		tokens, _ := b.Value("sum(voice_llm_tokens_total)", time.Now())
		return tokens == 1079
	}), "what was told before the crash has been flushed")
	c.Kill()

	c.Start()
	send(1, 5)
	require.True(t, b.Await(func() bool { return len(summaries(b)) == 1 }), "the summary")
	for query, want := range map[string]float64{
		"sum(voice_calls_total)":                             1,
		"sum(voice_turns_total)":                             1,
		"sum(voice_llm_tokens_total)":                        1079,
		"sum(voice_session_duration_seconds)":                7,
		"sum(voice_stt_session_seconds_total)":               7,
		"sum(voice_call_duration_seconds_sum)":               7,
		"sum(voice_ttfb_milliseconds_count)":                 3,
		`sum(voice_cost_usd_total{cost_type="llm"})`:         0.001855,
		`count(count by (call_id) (voice_llm_tokens_total))`: 1,
	} {
		got := 0.0
		b.Await(func() bool {
			got, _ = b.Value(query, time.Now())
			return near(want, got)
		})
		assert.True(t, near(want, got), "%s is %v, want %v", query, got, want)
	}
	require.Len(t, summaries(b)["spans-1"], 1)
	summary := summaries(b)["spans-1"][0]
	assert.Equal(t, int64(1), summary["turns"])
	assert.InDelta(t, 7, summary["duration_seconds"], 1e-6)
	c.Stop()
}

// someSpans is a request with some of the spans of another.
func someSpans(t *testing.T, body []byte, from, to int) []byte {
	request := ptraceotlp.NewExportRequest()
	require.NoError(t, request.UnmarshalJSON(body))
	at := 0
	request.Traces().ResourceSpans().At(0).ScopeSpans().At(0).Spans().RemoveIf(func(ptrace.Span) bool {
		at++
		return at <= from || at > to
	})
	some, err := request.MarshalJSON()
	require.NoError(t, err)
	return some
}
