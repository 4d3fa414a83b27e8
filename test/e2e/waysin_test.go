package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-voice/otelcol-voice/test/e2e/collector"
)

const webhooksPort = 4321

// The call of docs/frames.md gives the numbers that the page promises.
func TestOwnFormat(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(collector.Repository(t), "docs/frames.md"))
	require.NoError(t, err)
	_, example, found := strings.Cut(string(text), "## A call from beginning to end")
	require.True(t, found)
	messages := between(t, example, "```ndjson\n", "```")

	c := collector.Start(t, collector.Settings{Config: localConfig, Overlay: quick})
	post(t, c, []byte(messages), "", strings.Count(messages, "\n"))
	eventually(t, "the call has ended", func() bool { return readPage(t, c).sum("voice_call_duration_seconds_count") == 1 })
	got := readPage(t, c)
	for _, want := range []struct {
		value  float64
		name   string
		labels []string
	}{
		{1, "voice_calls_total", nil},
		{20, "voice_session_duration_seconds", nil},
		{222, "voice_llm_tokens_total", []string{"token_type", "prompt", "token_kind", "text"}},
		{1920, "voice_llm_tokens_total", []string{"token_type", "prompt", "token_kind", "cache_read"}},
		{101, "voice_llm_tokens_total", []string{"token_type", "completion", "token_kind", "text"}},
		{133, "voice_tts_characters_total", nil},
		{4.5, "voice_stt_audio_seconds_total", nil},
		{20, "voice_stt_session_seconds_total", nil},
		{19.9, "voice_transport_seconds_total", nil},
		{2, "voice_ttfb_milliseconds_count", []string{"stage", "stt"}},
		{490, "voice_ttfb_milliseconds_sum", []string{"stage", "stt"}},
		{1, "voice_ttfb_milliseconds_count", []string{"stage", "llm"}},
		{412, "voice_ttfb_milliseconds_sum", []string{"stage", "llm"}},
		{2, "voice_ttfb_milliseconds_count", []string{"stage", "tts"}},
		{400, "voice_ttfb_milliseconds_sum", []string{"stage", "tts"}},
		{1310, "voice_processing_milliseconds_sum", []string{"stage", "llm"}},
		{2, "voice_turn_latency_milliseconds_count", nil},
		{2350, "voice_turn_latency_milliseconds_sum", nil},
		{2, "voice_turns_total", nil},
		{1, "voice_interruptions_total", nil},
		{1, "voice_tool_calls_total", []string{"function_name", "book_table", "outcome", "completed"}},
		{1, "voice_errors_total", []string{"processor", "Speaker", "category", "timeout"}},
		{(222*2.5 + 1920*1.25 + 101*10) / 1e6, "voice_cost_usd_total", []string{"cost_type", "llm"}},
	} {
		sum := got.sum(want.name, want.labels...)
		assert.True(t, near(want.value, sum), "%s%v is %v, want %v", want.name, want.labels, sum, want.value)
	}
	c.Stop()
}

// A bot that streams gets the same numbers, and acknowledgements by which it knows what to send again.
func TestWebSocket(t *testing.T) {
	c := collector.Start(t, collector.Settings{Config: localConfig, Overlay: quick})
	frames := strings.Split(strings.TrimSpace(fiveLines), "\n")
	assert.Equal(t, collector.Answer{Accepted: 5}, stream(t, c, frames))
	assert.Equal(t, collector.Answer{Duplicates: 5}, stream(t, c, frames), "on another connection")
	eventually(t, "the call is on the metrics page", func() bool { return readPage(t, c).sum("voice_calls_total") == 1 })
	assertFiveLines(t, readPage(t, c))
	c.Stop()
}

// stream sends frames on a connection of their own until all are acknowledged, and adds the answers up.
func stream(t *testing.T, c *collector.Collector, frames []string) (sum collector.Answer) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	conn, _, err := websocket.Dial(ctx, c.URL(4319, "/v1/frames/ws"), nil)
	require.NoError(t, err)
	for _, frame := range frames {
		require.NoError(t, conn.Write(ctx, websocket.MessageText, []byte(frame)))
	}
	for received := 0; received < len(frames); {
		_, text, err := conn.Read(ctx)
		require.NoError(t, err)
		var answer struct {
			collector.Answer
			Received int `json:"received"`
		}
		require.NoError(t, json.Unmarshal(text, &answer))
		received = answer.Received
		sum.Accepted += answer.Accepted
		sum.Duplicates += answer.Duplicates
		sum.Rejected = append(sum.Rejected, answer.Rejected...)
	}
	require.NoError(t, conn.Close(websocket.StatusNormalClosure, ""))
	return sum
}

// What a platform charges is in the cost, once, however often it reports it; its usage has no second price.
func TestWebhook(t *testing.T) {
	reports, err := os.ReadFile(filepath.Join(collector.Repository(t), "internal/dialect/vapi/testdata/reports.ndjson"))
	require.NoError(t, err)
	c := collector.Start(t, collector.Settings{Config: localConfig, Overlay: quick})
	for range 2 {
		for _, report := range bytes.Split(bytes.TrimSpace(reports), []byte("\n")) {
			status, answer := c.Post(webhooksPort, "/v1/webhooks/vapi", report, "")
			assert.Equal(t, 200, status, "%s", answer)
		}
	}
	eventually(t, "the call has ended", func() bool { return readPage(t, c).sum("voice_call_duration_seconds_count") == 1 })
	got := readPage(t, c)
	assert.Equal(t, 1.0, got.sum("voice_calls_total"))
	assert.True(t, near(0.129, got.sum("voice_cost_usd_total", "cost_source", "provider")), "%v", got.sum("voice_cost_usd_total"))
	assert.Zero(t, got.sum("voice_cost_usd_total", "cost_source", "computed"))
	assert.Zero(t, got.sum("voice_cost_unpriced_usage_total"))
	assert.Equal(t, 2100.0, got.sum("voice_llm_tokens_total", "token_type", "prompt"))
	c.Stop()
}

// Without an account, summaries and spans are in files.
func TestLocalFiles(t *testing.T) {
	c := collector.Start(t, collector.Settings{Config: localConfig, Overlay: quick})
	post(t, c, []byte(fiveLines), "", 5)
	for _, file := range []string{"data/calls.jsonl", "data/spans.jsonl"} {
		eventually(t, file, func() bool {
			text, err := os.ReadFile(c.File(file))
			return err == nil && strings.Contains(string(text), fiveLinesCall)
		})
	}
	c.Stop()
}
