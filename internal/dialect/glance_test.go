package dialect

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect/pipecat"
	"github.com/otelcol-voice/otelcol-voice/internal/dialect/wire"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// Whatever a message is, at a glance it is what the strict reading makes of it.
func TestGlanceAgrees(t *testing.T) {
	for _, message := range seeds(t) {
		agree(t, []byte(message))
	}
}

// What bots send most is clear, or the glance would be of no use.
func TestGlanceIsClear(t *testing.T) {
	for _, message := range []string{
		`{"type":"MetricsFrame","id":991,"call_id":"c","timestamp":1764000003.1,"data":[{"type":"TTFBMetricsData","processor":"OpenAILLMService#0","model":"gpt-4o","value":0.4123}]}`,
		`{"data":[{"value":{"prompt_tokens":5,"completion_tokens":1,"total_tokens":6,"reasoning_tokens":null,"x":{"a":[]}},"type":"LLMUsageMetricsData"}],"type":"MetricsFrame"}`,
	} {
		_, clear := pipecat.Glance([]byte(message), nil)
		assert.True(t, clear, message)
	}
	_, clear := new(Decoder).glance([]byte(`{"type":"EndFrame", "reason": null, "metadata": {"a": [true, false, -1e5, "é\n"]}}`))
	assert.True(t, clear)
}

func FuzzGlanceAgrees(f *testing.F) {
	for _, message := range seeds(f) {
		f.Add([]byte(message))
	}
	f.Fuzz(agree)
}

func agree(t *testing.T, message []byte) {
	t.Helper()
	before := bytes.Clone(message)
	wantFrame, wantName, wantErr := readStrictly(message)
	var decoder Decoder
	firstFrame, _, _ := decoder.Decode(message, "")
	gotFrame, gotName, gotErr := decoder.Decode(message, "")
	assert.Equal(t, wantFrame, firstFrame, "%s", message)
	assert.Equal(t, wantFrame, gotFrame, "%s", message)
	assert.Equal(t, wantName, gotName, "%s", message)
	assert.Equal(t, wantErr, gotErr, "%s", message)
	assert.Equal(t, before, message, "decoding writes to nothing")

	clear(message)
	again, _, _ := Decode(before, "")
	assert.Equal(t, again, gotFrame, "the frame holds no reference to %s", before)
}

func readStrictly(message []byte) (frame.Frame, Name, error) {
	var h head
	if err := wire.Unmarshal(message, &h); err != nil {
		return frame.Frame{}, Unknown, err
	}
	return h.read(message, "")
}

// seeds are what the corpus holds, and what is unusual or wrong.
func seeds(t testing.TB) []string {
	files, err := filepath.Glob("*/testdata/*.ndjson")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	messages := append(oddHeads, oddMetrics()...)
	for _, file := range files {
		body, err := os.ReadFile(file)
		require.NoError(t, err)
		messages = append(messages, strings.Split(strings.TrimSpace(string(body)), "\n")...)
	}
	return messages
}

var oddHeads = []string{
	``, ` `, `{`, `{}`, `[]`, `null`, `{"type"`, `{"type":`, `{"type":}`, `{"type":"StartFrame"`, `{"type":"StartFrame",}`, `{,"type":"StartFrame"}`,
	`{"type":"StartFrame","type":"EndFrame"}`, `{"type":"StartFrame"} x`, `{"type":"StartFrame"}}`, `{"type":"StartFrame","a":[}`,
	`{"t\u0079pe":"StartFrame"}`, `{"type":"Start\u0046rame"}`, `{"type":null}`, `{"type":1}`, `{"label":1,"type":"StartFrame"}`,
	`{"type":"StartFrame","traceparent":1}`, `{"type":"StartFrame","traceparent":"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}`,
	`{"type":"StartFrame","event_id":{}}`, `{"processor_usable":null}`, `{"processor_usable":false,"category":"x"}`,
	"{\"type\":\"Start\xffFrame\"}", `{"type":"TextFrame","a":tru}`, `{"type":"StartFrame","a":NaN}`, `{"type":"StartFrame" "a":1}`,
	`{"type":"StartFrame";"a":1}`, `{"type":"StartFrame","a":1 2}`, `{"type":"StartFrame",5:1}`, `{{"type":"StartFrame"}`, `,"type":"StartFrame"}`,
	`{"type":"MetricsFrame","label":"rtvi-ai","data":[]}`, `{"type":"MetricsFrame","kind":"llm","prompt_tokens":1}`, `{"kind":"MetricsFrame"}`,
	`{"type":"MetricsFrame","processor_usable":true}`, `{"type":"MetricsFrame","event_id":"a"}`, `{"type":"OtherFrame","x":"MetricsFrame"}`,
	`{"type":"MetricsFrame","traceparent":"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}`, `{"type":"MetricsFrame","traceparent":"x"}`,
	`{"data":[{"type":"TTFBMetricsData","value":0.19}],"x":"MetricsFrame"}`,
	`{"type":"TextFrame","text":"caf\u00e9 \"au\" \\\/\b\f\n\r\t"}`, `{"type":"StartFrame","text":"\ud83d\ude00 \ud83d \uDE00x"}`,
	`{"type":"StartFrame","text":"café 😀"}`, "{\"type\":\"StartFrame\",\"text\":\"a\xff\xc3\"}", `{"type":"StartFrame","text":"\x"}`, `{"type":"StartFrame","text":"\u12"}`,
	`{"type":"StartFrame","text":"\u12g4"}`, `{"type":"StartFrame","text":"\u+123"}`, `{"type":"StartFrame","text":"\`, `{"type":"StartFrame","text":"\u123`,
	"{\"type\":\"StartFrame\",\"text\":\"a\nb\"}", "{\"type\":\"StartFrame\",\"text\":\"\\\x00\"}",
}

// oddMetrics are metrics frames of which something is unusual or wrong.
func oddMetrics() []string {
	odd := []string{
		``, ` `, `{} x`, `{"b":1}`, ` { "b" : [ ] , "c" : 1 } `, `{"type":"MetricsFrame"}`, `[]`, `null`, `{"data":null}`, `{"data":[]}`, `{"data":[null]}`, `{"data":{}}`, `{"data":[[]]}`,
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
	for i, message := range odd {
		odd[i] = strings.Replace(message, `{`, `{"type":"MetricsFrame",`, 1)
	}
	for _, usage := range []string{
		`{}`, `[]`, `null`, `{"prompt_tokens":null}`, `{"prompt_tokens":1.0}`, `{"prompt_tokens":1e2}`, `{"prompt_tokens":-1}`, `{"prompt_tokens":"1"}`,
		`{"prompt_tokens":99999999999999999999}`, `{"prompt_tokens":5,"prompt_tokens":5}`, `{"prompt_tokens":5,"details":{"a":1,"a":1}}`,
		`{"prompt_tokens":5,"completion_tokens":6,"total_tokens":11,"cache_read_input_tokens":9}`,
		`{"prompt_tokens":0,"completion_tokens":0}`, `{"prompt_tokens":-0}`,
	} {
		odd = append(odd, `{"type":"MetricsFrame","data":[{"type":"LLMUsageMetricsData","processor":"OpenAILLMService#0","value":`+usage+`}]}`)
	}
	return append(odd,
		`{"type":"MetricsFrame","data":[`+strings.Repeat(`{"type":"TTFBMetricsData","value":1},`, wire.MaxData)+`{"type":"TTFBMetricsData","value":1}]}`,
		`{"type":"MetricsFrame","a":`+strings.Repeat(`[`, 100)+strings.Repeat(`]`, 100)+`}`,
		`{"type":"MetricsFrame","a":`+strings.Repeat(`[`, 15)+strings.Repeat(`]`, 15)+`}`,
	)
}
