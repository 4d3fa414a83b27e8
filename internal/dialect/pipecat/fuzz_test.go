package pipecat

import (
	"testing"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect/dialecttest"
)

// frameSeeds and recordSeeds are the payloads of Pipecat's own models, one of each class.
var frameSeeds = []string{
	`{"type":"StartFrame","call_id":"c","timestamp":1764000000.0,"llm_model":"gpt-4o","stt_model":"gladia","tts_model":"cartesia"}`,
	`{"type":"MetricsFrame","id":991,"call_id":"c","timestamp":1764000003.1,"data":[{"type":"TTFBMetricsData","processor":"OpenAILLMService#0","model":"gpt-4o","value":0.4123},{"type":"ProcessingMetricsData","processor":"OpenAILLMService#0","value":1.31}]}`,
	`{"type":"MetricsFrame","call_id":"c","timestamp":1764000003.2,"data":[{"type":"LLMUsageMetricsData","processor":"AnthropicLLMService#0","model":"claude","value":{"prompt_tokens":50,"completion_tokens":100,"total_tokens":2150,"cache_read_input_tokens":1800,"cache_creation_input_tokens":200,"reasoning_tokens":null}}]}`,
	`{"type":"MetricsFrame","data":[{"type":"TTSUsageMetricsData","processor":"CartesiaTTSService#0","value":48},{"type":"STTUsageMetricsData","value":{"audio_seconds":7.84}},{"type":"TTFAMetricsData","ttfa":0.31},{"type":"TurnMetricsData","is_complete":true}]}`,
	`{"type":"EndFrame","timestamp":"2025-11-24T16:00:00Z","reason":"hangup"}`,
	`{"type":"VADUserStoppedSpeakingFrame","id":12,"broadcast_sibling_id":11,"timestamp":1764000003.1,"stop_secs":0.2}`,
	`{"type":"FunctionCallResultFrame","function_name":"book","properties":{"is_final":true},"error":"x"}`,
	`{"type":"FunctionCallCancelFrame","function_name":"book","run_llm":true}`,
	`{"type":"ErrorFrame","processor":"X#1","category":"timeout","fatal":true}`,
}

var recordSeeds = []string{
	`{"kind":"llm","processor":"OpenAILLMService#0","model":"gpt-4o","timestamp":1758268801.22,"audio_seconds":null,"characters":null,"prompt_tokens":1042,"completion_tokens":37,"total_tokens":1079,"cache_read_input_tokens":896}`,
	`{"kind":"ttfb","processor":"CartesiaTTSService#0","model":"sonic-3","timestamp":1758268801.6,"seconds":0.19}`,
	`{"kind":"stt","audio_seconds":7.84}`,
	`{"kind":"bot_speech_stopped","timestamp":1758268801.6,"started_at":1758268799.0}`,
	`{"kind":"user_bot_latency","seconds":0.904}`,
	`{"kind":"turn_ended","turn_number":3,"duration_secs":8.2,"was_interrupted":true}`,
	`{"kind":"function_call_failed","function_name":"book","timestamp":1764000003.6,"in_progress_at":1764000003.1}`,
	`{"kind":"function_call_completed","function_name":"book","tool_call_id":"t","arguments":{}}`,
}

func FuzzDecodeFrame(f *testing.F) {
	dialecttest.Fuzz(f, frameSeeds, readFrame)
}

func FuzzDecodeRecord(f *testing.F) { dialecttest.Fuzz(f, recordSeeds, readRecord) }

func FuzzDecodeErrorRecord(f *testing.F) {
	dialecttest.Fuzz(f, []string{`{"message":"x","category":"auth","processor":"A#0","processor_usable":false,"timestamp":1764000003.1}`}, DecodeErrorRecord)
}

func FuzzDecodeReport(f *testing.F) {
	dialecttest.Fuzz(f, []string{
		breakdown,
		`{"start_time":1764000001.9,"total_duration_secs":1.2,"processor_timings":[]}`,
		`{"start_time":1764000001.9,"bot_connected_secs":0.7,"client_connected_secs":1.2}`,
		`{"data":[{"type":"TTFBMetricsData","value":0.19}]}`,
	}, DecodeReport)
}
