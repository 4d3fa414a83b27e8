package dialect

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

var testLimits = Limits{Messages: 10, Depth: 32}

// shown writes messages as the table below does: raw text, or !class for a fault.
func shown(messages []Message) []string {
	out := make([]string, len(messages))
	for i, m := range messages {
		if m.Fault != nil {
			out[i] = "!" + string(m.Fault.Class)
			continue
		}
		out[i] = string(m.Raw)
	}
	return out
}

func TestSplit(t *testing.T) {
	for name, test := range map[string]struct {
		body string
		want []string
	}{
		"nothing":                      {"", []string{}},
		"white space":                  {" \r\n\t", []string{}},
		"one object":                   {`{"a":1}`, []string{`{"a":1}`}},
		"byte order mark":              {"\xef\xbb\xbf{\"a\":1}", []string{`{"a":1}`}},
		"pretty-printed":               {"{\n  \"a\": 1\n}\n", []string{"{\n  \"a\": 1\n}"}},
		"NDJSON":                       {"{\"a\":1}\n{\"b\":2}\n", []string{`{"a":1}`, `{"b":2}`}},
		"NDJSON, CRLF and blank lines": {"{\"a\":1}\r\n\r\n{\"b\":2}", []string{`{"a":1}`, `{"b":2}`}},
		"objects without a break":      {`{"a":1}{"b":2}`, []string{`{"a":1}`, `{"b":2}`}},
		"array":                        {`[{"a":1}, {"b":[2]}]`, []string{`{"a":1}`, `{"b":[2]}`}},
		"empty array":                  {`[ ]`, []string{}},
		"brackets in strings":          {`{"a":"}]{["}`, []string{`{"a":"}]{["}`}},
		"escaped quote":                {`{"a":"\"}"}`, []string{`{"a":"\"}"}`}},

		"a broken line costs itself":          {"{\"a\":1}\n{\"b\":\n{\"c\":3}\n", []string{`{"a":1}`, "!not_json", `{"c":3}`}},
		"an open string costs its line":       {"{\"a\":\"x\n{\"c\":3}\n", []string{"!not_json", `{"c":3}`}},
		"words between objects":               {"hello\n{\"c\":3}\n", []string{"!wrong_type", `{"c":3}`}},
		"a number is not a message":           {"12", []string{"!wrong_type"}},
		"cut off":                             {`{"a":1}` + "\n" + `{"b":`, []string{`{"a":1}`, "!not_json"}},
		"cut-off array":                       {`[{"a":1},{"b"`, []string{`{"a":1}`, "!not_json"}},
		"array without its end":               {`[{"a":1}`, []string{`{"a":1}`, "!not_json"}},
		"array with a trailing comma":         {`[{"a":1},]`, []string{`{"a":1}`, "!not_json"}},
		"array of other things":               {`[1,"x",null,{"a":1},[2]]`, []string{"!wrong_type", "!wrong_type", "!wrong_type", `{"a":1}`, "!wrong_type"}},
		"something after the array":           {`[{"a":1}] {"b":2}`, []string{`{"a":1}`, "!not_json"}},
		"something after the empty array":     {`[] x`, []string{"!not_json"}},
		"not a number becomes a fault inside": {`{"a":NaN,"b":-Infinity,"c":Infinity}`, []string{`{"a":"" ,"b":""       ,"c":""      }`}},
		"NaN inside a string stays":           {`{"a":"NaN"}`, []string{`{"a":"NaN"}`}},
	} {
		t.Run(name, func(t *testing.T) {
			messages, err := Split([]byte(test.body), testLimits)
			require.NoError(t, err)
			assert.Equal(t, test.want, shown(messages))
		})
	}
}

// Messages that break off at the end of the body are given up after a few: each costs a scan of all that follows.
func TestSplitGivesUp(t *testing.T) {
	for _, line := range []string{"{\n", "{\"\\\n", "{\"a\":[\n"} {
		messages, err := Split([]byte(strings.Repeat(line, 9)+strings.Repeat("x", 9)), testLimits)
		require.NoError(t, err)
		assert.LessOrEqual(t, len(messages), 10, line)
	}
	messages, err := Split([]byte("{\n{\n{\n{\n"+`{"a":1}`), testLimits)
	require.NoError(t, err)
	assert.Equal(t, []string{"!not_json", "!not_json", "!not_json"}, shown(messages))
}

func TestSplitDepth(t *testing.T) {
	nested := func(n int) string { return strings.Repeat(`{"a":`, n) + "1" + strings.Repeat("}", n) }
	messages, err := Split([]byte(nested(32)+"\n"+nested(33)+"\n"+nested(1)), testLimits)
	require.NoError(t, err)
	assert.Equal(t, []string{nested(32), "!" + string(frame.TooDeep), nested(1)}, shown(messages))
}

func TestSplitTooMany(t *testing.T) {
	messages, err := Split([]byte(strings.Repeat("{}\n", 10)), testLimits)
	require.NoError(t, err)
	assert.Len(t, messages, 10)

	_, err = Split([]byte(strings.Repeat("{}\n", 11)), testLimits)
	require.ErrorIs(t, err, ErrTooManyMessages)
	_, err = Split([]byte("["+strings.Repeat("{},", 10)+"{}]"), testLimits)
	require.ErrorIs(t, err, ErrTooManyMessages)
	_, err = Split([]byte(strings.Repeat("x\n", 11)), testLimits)
	require.ErrorIs(t, err, ErrTooManyMessages, "faults count too")
}

// BenchmarkSplitHostile is bodies made to be slow, in which lines that are never closed send the scanner to the body's end.
func BenchmarkSplitHostile(b *testing.B) {
	rest := strings.Repeat("x", 4<<20)
	for name, body := range map[string]string{
		"brackets": strings.Repeat("{\n", 9000) + rest,
		"strings":  strings.Repeat("{\"\\\n", 9000) + rest,
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Split([]byte(body), Limits{Messages: 10_000, Depth: 32}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func FuzzDecodeBody(f *testing.F) {
	for _, seed := range []string{
		`{"type":"StartFrame","call_id":"c","timestamp":1764000000.0,"llm_model":"gpt-4o"}`,
		`[{"kind":"tts","characters":48,"processor":"CartesiaTTSService#0","timestamp":1758268801.22}]`,
		`{"type":"MetricsFrame","data":[{"type":"TTFBMetricsData","processor":"OpenAILLMService#0","value":NaN}]}` + "\n{}",
		`{"type":"MetricsFrame","data":[{"type":"LLMUsageMetricsData","value":{"prompt_tokens":1042,"completion_tokens":37,"total_tokens":1079,"cache_read_input_tokens":896}}]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		messages, err := Split(body, testLimits)
		if err != nil {
			return
		}
		for _, m := range messages {
			if m.Fault != nil {
				continue
			}
			decoded, _, err := Decode(m.Raw, "")
			if err != nil {
				continue
			}
			requireSane(t, &decoded)
		}
	})
}

// requireSane states what every frame promises, whatever the bytes were.
func requireSane(t *testing.T, f *frame.Frame) {
	for _, e := range f.Events {
		switch e.Kind {
		case frame.TTFB, frame.Processing:
			require.Greater(t, e.Value, 0.0)
			require.LessOrEqual(t, e.Value, 1000.0*frame.MaxSeconds)
		case frame.CharactersUsed, frame.AudioTranscribed:
			require.Greater(t, e.Value, 0.0)
		case frame.TokensUsed:
			require.False(t, e.Tokens.Zero())
			for leaf, n := range e.Tokens {
				require.GreaterOrEqual(t, n, int64(0), fmt.Sprint(leaf))
			}
		}
		require.LessOrEqual(t, len(e.Source.Processor), 256)
		require.LessOrEqual(t, len(e.Source.Model), 256)
		require.LessOrEqual(t, len(e.Name), 256)
	}
}
