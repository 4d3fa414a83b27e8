package e2e

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-voice/otelcol-voice/test/e2e/backend"
	"github.com/otelcol-voice/otelcol-voice/test/e2e/collector"
)

// migrated is the session of the guide's bot (scripts/interop/guide_bot.py has it too), as frames: seconds since its beginning,
// and the datum.
var migrated = []struct {
	after float64
	datum string
}{
	{0.1, `"type":"TTFBMetricsData","processor":"GladiaSTTService#0","value":0`},
	{0.1, `"type":"TTFBMetricsData","processor":"OpenAILLMService#0","value":0`},
	{0.1, `"type":"ProcessingMetricsData","processor":"OpenAILLMService#0","value":0`},
	{0.1, `"type":"TTFBMetricsData","processor":"CartesiaTTSService#0","value":0`},
	{4.0, `"type":"TTFBMetricsData","processor":"GladiaSTTService#0","value":0.25`},
	{4.5, `"type":"TTFBMetricsData","processor":"OpenAILLMService#0","value":0.412`},
	{5.4, `"type":"ProcessingMetricsData","processor":"OpenAILLMService#0","value":1.31`},
	{5.4, `"type":"LLMUsageMetricsData","processor":"OpenAILLMService#0","value":{"prompt_tokens":1042,"completion_tokens":37}`},
	{5.5, `"type":"TTSUsageMetricsData","processor":"CartesiaTTSService#0","value":48`},
	{5.7, `"type":"TTFBMetricsData","processor":"CartesiaTTSService#0","value":0.19`},
	{14.0, `"type":"TTFBMetricsData","processor":"OpenAILLMService#0","value":0.588`},
	{15.2, `"type":"ProcessingMetricsData","processor":"OpenAILLMService#0","value":1.69`},
	{15.2, `"type":"LLMUsageMetricsData","processor":"OpenAILLMService#0","value":{"prompt_tokens":1100,"completion_tokens":63}`},
	{15.3, `"type":"TTSUsageMetricsData","processor":"CartesiaTTSService#0","value":152`},
	{15.5, `"type":"TTFBMetricsData","processor":"CartesiaTTSService#0","value":0.21`},
}

// What docs/migrate.md says that the collector makes of a session is what it makes of it.
func TestMigration(t *testing.T) {
	page, err := os.ReadFile(filepath.Join(collector.Repository(t), "docs/migrate.md"))
	require.NoError(t, err)
	b := backend.Start(t)
	p := startPipeline(t, b)
	p.post(migratedSession(p))
	p.flush()

	for _, row := range []struct {
		query, format, before string
	}{
		{"sum(voice_ttfb_milliseconds_sum) / sum(voice_ttfb_milliseconds_count)", "%.0f ms", `| mean time to first byte | 0.206 "ms" | `},
		{`sum(voice_cost_usd_total{cost_type="llm"})`, "$%.4f", "| cost of the language model | $0.0703 | "},
		{`sum(voice_cost_usd_total{cost_type="tts"})`, "$%.4f", "| cost of speech | $0.0030 | "},
		{`sum(voice_cost_usd_total{cost_type="stt"})`, "$%.4f", "| cost of speech recognition | – | "},
		{`sum(voice_cost_usd_total)`, "**$%.4f**", "| **cost of the session** | **$0.0733** | "},
		{"sum(voice_calls_total)", "%.0f", "| calls | 0 | "},
		{"sum(voice_session_duration_seconds)", "%.1f s", "| duration of the session | 102 s | "},
		{`sum(voice_llm_tokens_total{token_type="prompt"})`, "%.0f + ", "| tokens | "},
		{`sum(voice_llm_tokens_total{token_type="completion"})`, "%.0f | the same | ", "| tokens | 2142 + "},
		{"sum(voice_tts_characters_total)", "%.0f | the same | ", "| characters | "},
	} {
		value, found := b.Value(row.query, p.clock.Now())
		assert.True(t, found, row.query)
		assert.Contains(t, string(page), row.before+fmt.Sprintf(row.format, value), row.query)
	}
}

// migratedSession is one body: a frame for each datum, as Pipecat makes them.
func migratedSession(p *pipeline) []byte {
	start := float64(p.clock.Now().UnixMilli())/1000 - 20
	var body bytes.Buffer
	line := func(after float64, format string, values ...any) {
		fmt.Fprintf(&body, `{"call_id":"session","timestamp":%.3f,`+format+"}\n", append([]any{start + after}, values...)...)
	}
	line(0, `"type":"StartFrame","llm_model":"gpt-4o","stt_model":"gladia","tts_model":"cartesia"`)
	for i, told := range migrated {
		line(told.after, `"type":"MetricsFrame","id":%d,"data":[{%s}]`, i+1, told.datum)
	}
	line(15.5, `"type":"EndFrame"`)
	return body.Bytes()
}
