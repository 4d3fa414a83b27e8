package e2e

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/otelcol-voice/otelcol-voice/test/e2e/collector"
)

// fiveLines is the call of the README, as a bot sends it.
const fiveLines = `
{"type":"StartFrame","call_id":"550e8400-e29b-41d4-a716-446655440000","timestamp":1764000000.0,"llm_model":"gpt-4o","stt_model":"gladia","tts_model":"cartesia"}
{"type":"MetricsFrame","call_id":"550e8400-e29b-41d4-a716-446655440000","timestamp":1764000003.1,"data":[{"type":"TTFBMetricsData","processor":"OpenAILLMService#0","model":"gpt-4o","value":0.412},{"type":"ProcessingMetricsData","processor":"OpenAILLMService#0","value":1.31}]}
{"type":"MetricsFrame","call_id":"550e8400-e29b-41d4-a716-446655440000","timestamp":1764000003.2,"data":[{"type":"LLMUsageMetricsData","processor":"OpenAILLMService#0","model":"gpt-4o","value":{"prompt_tokens":1042,"completion_tokens":37,"total_tokens":1079,"cache_read_input_tokens":896}}]}
{"type":"MetricsFrame","call_id":"550e8400-e29b-41d4-a716-446655440000","timestamp":1764000003.4,"data":[{"type":"TTSUsageMetricsData","processor":"CartesiaTTSService#0","value":48},{"type":"TTFBMetricsData","processor":"CartesiaTTSService#0","value":0.19}]}
{"type":"EndFrame","call_id":"550e8400-e29b-41d4-a716-446655440000","timestamp":1764000074.2,"reason":"hangup"}
`

const fiveLinesCall = "550e8400-e29b-41d4-a716-446655440000"

// The five lines give these numbers on the local metrics page, and sending them again gives no others.
func TestFiveLines(t *testing.T) {
	c := collector.Start(t, collector.Settings{Config: localConfig, Overlay: quick})
	status, answer := c.PostFrames([]byte(fiveLines), "")
	assert.Equal(t, 200, status)
	assert.Equal(t, collector.Answer{Accepted: 5, Rejected: []collector.Rejection{}}, answer)
	eventually(t, "the call is on the metrics page", func() bool {
		return readPage(t, c).sum("voice_calls_total") == 1
	})
	before := readPage(t, c)
	assertFiveLines(t, before)

	status, answer = c.PostFrames([]byte(fiveLines), "")
	assert.Equal(t, 200, status)
	assert.Equal(t, collector.Answer{Duplicates: 5, Rejected: []collector.Rejection{}}, answer)
	awaitExports(t, c)
	assert.Equal(t, before.voice(), readPage(t, c).voice())
	c.Stop()
}

func assertFiveLines(t *testing.T, p page) {
	t.Helper()
	for _, want := range []struct {
		value  float64
		name   string
		labels []string
	}{
		{1, "voice_calls_total", nil},
		{2, "voice_ttfb_milliseconds_count", nil},
		{602, "voice_ttfb_milliseconds_sum", nil},
		{412, "voice_ttfb_milliseconds_sum", []string{"stage", "llm", "processor", "OpenAILLMService", "provider", "openai", "model", "gpt-4o"}},
		{190, "voice_ttfb_milliseconds_sum", []string{"stage", "tts", "processor", "CartesiaTTSService", "provider", "cartesia"}},
		{1310, "voice_processing_milliseconds_sum", []string{"model", "gpt-4o"}},
		{1310, "voice_processing_milliseconds_sum", nil},
		{146, "voice_llm_tokens_total", []string{"token_type", "prompt", "token_kind", "text"}},
		{896, "voice_llm_tokens_total", []string{"token_type", "prompt", "token_kind", "cache_read"}},
		{1042, "voice_llm_tokens_total", []string{"token_type", "prompt", "call_id", fiveLinesCall}},
		{37, "voice_llm_tokens_total", []string{"token_type", "completion"}},
		{48, "voice_tts_characters_total", []string{"call_id", fiveLinesCall}},
		{0.001855, "voice_cost_usd_total", []string{"cost_type", "llm", "call_id", fiveLinesCall}},
		{0.0024, "voice_cost_usd_total", []string{"cost_type", "tts", "call_id", fiveLinesCall}},
		{74.2 * 0.75 / 3600, "voice_cost_usd_total", []string{"cost_type", "stt", "call_id", fiveLinesCall}},
		{74.2, "voice_stt_session_seconds_total", nil},
		{74.2, "voice_session_duration_seconds", []string{"call_id", fiveLinesCall}},
		{0, "voice_cost_unpriced_usage_total", nil},
	} {
		got := p.sum(want.name, want.labels...)
		assert.True(t, near(want.value, got), "%s%v is %v, want %v", want.name, want.labels, got, want.value)
	}
}

// awaitExports waits until everything that has been posted so far has been exported: the debug exporter writes a line
// for each export, and the second from now began after the posts.
func awaitExports(t *testing.T, c *collector.Collector) {
	t.Helper()
	exports := func() int { return strings.Count(c.Logs(), `"msg":"Metrics"`) }
	so := exports()
	eventually(t, "two more exports", func() bool { return exports() >= so+2 })
}
