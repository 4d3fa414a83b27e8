package livekit

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect/wire"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// What was used is the same whether it is read at a glance, in an object of either SDK or as Decode reads it.
func TestReadUsed(t *testing.T) {
	var texts wire.Texts
	for name, object := range objects {
		t.Run(name, func(t *testing.T) {
			var want Used
			for i := range object.want {
				want.add(&object.want[i])
			}
			for _, sdk := range []string{object.python, object.javascript} {
				if sdk == "" {
					continue
				}
				got, err := ReadUsed([]byte(sdk), &texts)
				if err == wire.ErrIgnored {
					err = nil
				}
				require.NoError(t, err)
				assert.Equal(t, want, got)
			}
		})
	}
}

// Nearly all that spans have is read at a glance.
func TestGlanceIsClear(t *testing.T) {
	for _, name := range []string{"llm", "llm, cancelled: what it used counts, how long it took is marked", "tts", "realtime"} {
		require.Contains(t, objects, name)
		_, clear := glanceUsed([]byte(objects[name].python), nil)
		assert.True(t, clear, name)
	}
}

func TestReadUsedRefuses(t *testing.T) {
	for name, object := range map[string]string{
		"nothing":                     ``,
		"null":                        `null`,
		"cut off":                     `{"type":"llm_metrics","prompt_tokens":812,"compl`,
		"no type":                     `{"prompt_tokens":812,"completion_tokens":24}`,
		"cached more than the prompt": `{"type":"llm_metrics","prompt_tokens":10,"completion_tokens":1,"prompt_cached_tokens":20}`,
		"negative":                    `{"type":"llm_metrics","prompt_tokens":-10,"completion_tokens":1}`,
		"huge":                        `{"type":"llm_metrics","prompt_tokens":1000000001,"completion_tokens":1}`,
		"half a character":            `{"type":"tts_metrics","characters_count":1.5}`,
		"a text for a number":         `{"type":"llm_metrics","prompt_tokens":"812","completion_tokens":24}`,
		"uses nothing":                `{"type":"vad_metrics","idle_time":0.4}`,
	} {
		_, err := ReadUsed([]byte(object), nil)
		assert.Error(t, err, name)
	}
}

// A session that is billed by its time tells so in its metrics.
func TestReadUsedOfSession(t *testing.T) {
	got, err := ReadUsed([]byte(`{"type":"realtime_model_metrics","label":"livekit.plugins.xai.realtime.RealtimeModel","request_id":"r",
		"timestamp":1755781200.1,"session_duration":12.5,"input_tokens":0,"output_tokens":0,"input_token_details":{},"output_token_details":{},
		"metadata":{"model_name":"grok-voice-latest","model_provider":"xai"}}`), nil)
	require.NoError(t, err)
	assert.Equal(t, Used{Source: frame.Source{Stage: frame.Realtime, Provider: "xai", Model: "grok-voice-latest"}, Open: 12.5}, got)
}

// What a glance sees is what decoding finds, where decoding finds no fault in what a glance passes over.
func FuzzReadUsed(f *testing.F) {
	for _, object := range objects {
		f.Add([]byte(object.python))
		f.Add([]byte(object.javascript))
	}
	f.Fuzz(func(t *testing.T, object []byte) {
		seen, clear := glanceUsed(object, nil)
		decoded, err := decodeUsed(object)
		if clear && err == nil {
			require.Equal(t, decoded, seen)
		}
		for _, n := range seen.Tokens {
			require.GreaterOrEqual(t, n, int64(0))
		}
	})
}

func BenchmarkReadUsed(b *testing.B) {
	object := []byte(objects["llm"].python)
	var texts wire.Texts
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ReadUsed(object, &texts); err != nil {
			b.Fatal(err)
		}
	}
}
