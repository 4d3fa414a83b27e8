package e2e

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-voice/otelcol-voice/test/e2e/collector"
)

// The example in shell is taken message by message, and comes to what its page says.
func TestCurlExample(t *testing.T) {
	c := collector.Start(t, collector.Settings{Config: localConfig, Overlay: quick})
	script := filepath.Join(collector.Repository(t), "examples/curl/call.sh")
	output, err := exec.CommandContext(t.Context(), script, "curl-1", c.URL(4319, "/v1/frames")).CombinedOutput()
	require.NoError(t, err, "%s", output)
	taken := `{"accepted":1,"duplicates":0,"ignored":0,"rejected":[]}` + "\n"
	assert.Equal(t, strings.Repeat(taken, 9), string(output))

	eventually(t, "the call has ended", func() bool { return readPage(t, c).sum("voice_call_duration_seconds_count") == 1 })
	got := readPage(t, c)
	for name, want := range map[string]float64{
		"voice_llm_tokens_total":                146 + 896 + 37,
		"voice_tts_characters_total":            48,
		"voice_stt_audio_seconds_total":         2.5,
		"voice_turns_total":                     1,
		"voice_turn_latency_milliseconds_count": 1,
		"voice_turn_latency_milliseconds_sum":   1000,
		"voice_session_duration_seconds":        12,
		"voice_cost_usd_total":                  0.001855 + 0.0024 + 0.0002,
	} {
		assert.True(t, near(want, got.sum(name)), "%s is %v, want %v", name, got.sum(name), want)
	}
	c.Stop()
}
