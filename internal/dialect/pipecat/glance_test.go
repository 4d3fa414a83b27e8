package pipecat

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect/wire"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

func decodeFrame(class string, message []byte) (frame.Frame, error) {
	return DecodeFrame(class, message, new(wire.Texts))
}

// What is clear at a glance is what the strict reading gives, and what is not right is never clear.
func TestGlanceAgrees(t *testing.T) {
	for _, message := range append(frameSeeds, oddMetrics()...) {
		agree(t, []byte(message))
	}
}

// Messages as bots send them are clear, or the glance would be of no use.
func TestGlanceIsClear(t *testing.T) {
	for _, message := range frameSeeds[1:4] {
		_, clear := glanceMetrics([]byte(message), nil)
		assert.True(t, clear, message)
	}
	_, clear := glanceTokens([]byte(`{"prompt_tokens":5,"completion_tokens":1,"total_tokens":6,"reasoning_tokens":null,"details":{"a":[]}}`))
	assert.True(t, clear)
}

func FuzzGlanceAgrees(f *testing.F) {
	for _, message := range append(frameSeeds, oddMetrics()...) {
		f.Add([]byte(message))
	}
	f.Fuzz(agree)
}

func agree(t *testing.T, message []byte) {
	seen, clear := glanceMetrics(message, new(wire.Texts))
	if !clear {
		return
	}
	want, err := decodeEach(message)
	assert.NoError(t, err, "%s", message)
	assert.Equal(t, want, seen, "%s", message)
}

// oddMetrics are metrics frames of which something is unusual or wrong.
func oddMetrics() []string {
	odd := []string{
		``, ` `, `{}`, ` { } `, `{} x`, `[]`, `null`, `{"data":null}`, `{"data":[]}`, `{"data":[null]}`, `{"data":{}}`, `{"data":[[]]}`,
		`{"id":null,"timestamp":null,"call_id":null}`, `{"id":"a\u0062"}`, `{"id":01}`, `{"id":-1.5e3}`, `{"id":+1}`, `{"id":1.}`, `{"id":.5}`,
		`{"id":true}`, `{"timestamp":1e400}`, `{"timestamp":1764000003100}`, `{"timestamp":12}`, `{"timestamp":"2025-11-24T16:00:00Z"}`,
		`{"timestamp":"noon"}`, `{"timestamp":[]}`, `{"call_id":5}`, `{"call_id":"c","call_id":"c"}`, `{"a":{"b":1,"b":2}}`, `{"a":1,"\u0061":2}`,
		`{"a":[1,{"b":[{}]}],"c":"d","e":tru}`, `{"a":1,}`, `{,"a":1}`, `{"a" 1}`, `{"a":1 "b":2}`, `{"a":[1,]}`, `{"a":[,1]}`, `{"a":[1 2]}`,
		"{\"call_id\":\"caf\u00e9\"}", "{\"call_id\":\"a\xff\"}", "{\"call_id\":\"a\tb\"}", `{"a":"` + strings.Repeat("b", 300) + `"}`,
		`{"data":[{"type":"TTFBMetricsData","value":"1"}]}`, `{"data":[{"type":"TTFBMetricsData","value":null}]}`,
		`{"data":[{"type":"TTFBMetricsData","value":{"value":1}}]}`, `{"data":[{"type":"TTFBMetricsData","value":0}]}`,
		`{"data":[{"type":"TTFBMetricsData","value":-0.2}]}`, `{"data":[{"type":"TTFBMetricsData","value": 0.5 }]}`, `{"data":[{"value":1}]}`,
		`{"data":[{"type":"NoSuchMetricsData","value":1}]}`, `{"data":[{"type":"TTSUsageMetricsData","value":1.5}]}`,
		`{"data":[{"value":{"audio_seconds":2,"x":1},"type":"STTUsageMetricsData"}]}`,
		`{"data":[{"type":"STTUsageMetricsData","value":{"audio_seconds":"2"}}]}`,
	}
	for _, usage := range []string{
		`{}`, `[]`, `null`, `{"prompt_tokens":null}`, `{"prompt_tokens":1.0}`, `{"prompt_tokens":1e2}`, `{"prompt_tokens":-1}`, `{"prompt_tokens":"1"}`,
		`{"prompt_tokens":99999999999999999999}`, `{"prompt_tokens":5,"prompt_tokens":5}`, `{"prompt_tokens":5,"details":{"a":1,"a":1}}`,
		`{"prompt_tokens":5,"completion_tokens":6,"total_tokens":11,"cache_read_input_tokens":9}`,
		`{"prompt_tokens":0,"completion_tokens":0}`, `{"prompt_tokens":-0}`,
	} {
		odd = append(odd, `{"data":[{"type":"LLMUsageMetricsData","processor":"OpenAILLMService#0","value":`+usage+`}]}`)
	}
	return append(odd,
		`{"data":[`+strings.Repeat(`{"type":"TTFBMetricsData","value":1},`, wire.MaxData)+`{"type":"TTFBMetricsData","value":1}]}`,
		`{"a":`+strings.Repeat(`[`, 100)+strings.Repeat(`]`, 100)+`}`,
		`{"a":`+strings.Repeat(`[`, 15)+strings.Repeat(`]`, 15)+`}`,
	)
}
