package openairealtime

import (
	"testing"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect/dialecttest"
)

func FuzzDecode(f *testing.F) {
	dialecttest.Fuzz(f, []string{
		done,
		`{"type":"response.done","event_id":"e","response":{"id":"r","status":"cancelled","usage":{"input_tokens":10,"input_token_details":{"text_tokens":4,"audio_tokens":6,"cached_tokens":7}}}}`,
		`{"type":"conversation.item.input_audio_transcription.completed","item_id":"i","usage":{"type":"tokens","input_tokens":48,"output_tokens":9,"input_token_details":{"audio_tokens":46,"text_tokens":2}}}`,
		`{"type":"conversation.item.input_audio_transcription.completed","item_id":"i","usage":{"type":"duration","seconds":3.1}}`,
		`{"type":"session.created","event_id":"e","session":{"model":"gpt-realtime","audio":{"input":{"transcription":{"model":"whisper-1"}}}}}`,
		`{"type":"output_audio_buffer.cleared","event_id":"e"}`,
		`{"type":"response.done","response":{"status":"failed","service_tier":"default","status_details":{"error":{"type":"server_error"}}}}`,
		`{"type":"error","event_id":"e","error":{"type":"server_error"}}`,
	}, dialecttest.Typed(Decode))
}
