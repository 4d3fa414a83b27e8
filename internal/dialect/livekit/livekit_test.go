package livekit

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect/dialecttest"
	"github.com/otelcol-voice/otelcol-voice/internal/dialect/wire"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

var read = dialecttest.Typed(Decode)

var (
	at       = time.Date(2025, 8, 21, 13, 0, 0, 100_000_000, time.UTC)
	llm      = frame.Source{Stage: frame.LLM, Processor: "openai.LLM", Provider: "openai", Model: "gpt-4o"}
	tts      = frame.Source{Stage: frame.TTS, Processor: "cartesia.TTS", Provider: "cartesia", Model: "sonic-3"}
	stt      = frame.Source{Stage: frame.STT, Processor: "deepgram.STT", Provider: "deepgram", Model: "nova-3"}
	realtime = frame.Source{Stage: frame.Realtime, Processor: "openai.RealtimeModel", Provider: "openai", Model: "gpt-realtime"}
)

// Each metrics object as the Python SDK writes it and as the JavaScript SDK does, and what both mean.
var objects = map[string]struct {
	python, javascript string
	want               []frame.Event
	sentinels          int
}{
	"llm": {
		`{"type":"llm_metrics","label":"livekit.plugins.openai.llm.LLM","request_id":"chatcmpl-x","timestamp":1755781200.1,"duration":1.42,"ttft":0.52,"cancelled":false,"completion_tokens":24,"prompt_tokens":812,"prompt_cached_tokens":640,"cache_creation_tokens":0,"total_tokens":836,"tokens_per_second":16.9,"speech_id":"speech_a1","metadata":{"model_name":"gpt-4o","model_provider":"api.openai.com"}}`,
		`{"type":"llm_metrics","label":"openai.LLM","requestId":"chatcmpl-x","timestamp":1755781200100,"durationMs":1420,"ttftMs":520,"cancelled":false,"completionTokens":24,"promptTokens":812,"promptCachedTokens":640,"totalTokens":836,"tokensPerSecond":16.9,"speechId":"speech_a1","metadata":{"modelName":"gpt-4o","modelProvider":"api.openai.com"}}`,
		[]frame.Event{
			{Kind: frame.TTFB, Source: llm, Value: 520},
			{Kind: frame.Processing, Source: llm, Value: 1420},
			{Kind: frame.TokensUsed, Source: llm, Tokens: frame.Tokens{frame.PromptText: 172, frame.PromptCacheRead: 640, frame.CompletionText: 24}},
		},
		0,
	},
	"llm, cancelled: what it used counts, how long it took does not": {
		`{"type":"llm_metrics","label":"livekit.plugins.openai.llm.LLM","request_id":"r","timestamp":1755781200.1,"duration":0.31,"ttft":0.05,"cancelled":true,"completion_tokens":3,"prompt_tokens":812,"prompt_cached_tokens":0,"total_tokens":815,"tokens_per_second":9.7,"metadata":{"model_name":"gpt-4o","model_provider":"openai"}}`,
		`{"type":"llm_metrics","label":"openai.LLM","requestId":"r","timestamp":1755781200100,"durationMs":310,"ttftMs":50,"cancelled":true,"completionTokens":3,"promptTokens":812,"promptCachedTokens":0,"totalTokens":815,"tokensPerSecond":9.7,"metadata":{"modelName":"gpt-4o","modelProvider":"openai"}}`,
		[]frame.Event{{Kind: frame.TokensUsed, Source: llm, Tokens: frame.Tokens{frame.PromptText: 812, frame.CompletionText: 3}}},
		0,
	},
	"llm that generated nothing, with a cache write": {
		`{"type":"llm_metrics","label":"livekit.plugins.anthropic.llm.LLM","request_id":"r","timestamp":1755781200.1,"duration":0.4,"ttft":-1.0,"cancelled":false,"completion_tokens":0,"prompt_tokens":2050,"prompt_cached_tokens":1800,"cache_creation_tokens":200,"total_tokens":2050,"tokens_per_second":0.0}`,
		`{"type":"llm_metrics","label":"anthropic.LLM","requestId":"r","timestamp":1755781200100,"durationMs":400,"ttftMs":-1,"cancelled":false,"completionTokens":0,"promptTokens":2050,"promptCachedTokens":1800,"cacheCreationTokens":200,"totalTokens":2050,"tokensPerSecond":0}`,
		[]frame.Event{
			{Kind: frame.Processing, Source: frame.Source{Stage: frame.LLM, Processor: "anthropic.LLM", Provider: "anthropic"}, Value: 400},
			{
				Kind: frame.TokensUsed, Source: frame.Source{Stage: frame.LLM, Processor: "anthropic.LLM", Provider: "anthropic"},
				Tokens: frame.Tokens{frame.PromptText: 50, frame.PromptCacheRead: 1800, frame.PromptCacheWrite: 200},
			},
		},
		1,
	},
	"stt, streaming": {
		`{"type":"stt_metrics","label":"livekit.plugins.deepgram.stt.STT","request_id":"","timestamp":1755781200.1,"duration":0.0,"audio_duration":7.84,"input_tokens":0,"output_tokens":0,"streamed":true,"acquire_time":0.0,"connection_reused":false,"metadata":{"model_name":"nova-3","model_provider":"Deepgram"}}`,
		`{"type":"stt_metrics","label":"deepgram.STT","requestId":"","timestamp":1755781200100,"durationMs":0,"audioDurationMs":7840,"streamed":true,"metadata":{"modelName":"nova-3","modelProvider":"Deepgram"}}`,
		[]frame.Event{{Kind: frame.AudioTranscribed, Source: stt, Value: 7.84}},
		1,
	},
	"stt, one request": {
		`{"type":"stt_metrics","label":"livekit.plugins.deepgram.stt.STT","request_id":"r","timestamp":1755781200.1,"duration":0.61,"audio_duration":2.5,"streamed":false,"metadata":{"model_name":"nova-3","model_provider":"Deepgram"}}`,
		`{"type":"stt_metrics","label":"deepgram.STT","requestId":"r","timestamp":1755781200100,"durationMs":610,"audioDurationMs":2500,"streamed":false,"metadata":{"modelName":"nova-3","modelProvider":"Deepgram"}}`,
		[]frame.Event{{Kind: frame.Processing, Source: stt, Value: 610}, {Kind: frame.AudioTranscribed, Source: stt, Value: 2.5}},
		0,
	},
	"tts": {
		`{"type":"tts_metrics","label":"livekit.plugins.cartesia.tts.TTS","request_id":"r","timestamp":1755781200.1,"ttfb":0.19,"duration":1.1,"audio_duration":3.2,"cancelled":false,"characters_count":48,"input_tokens":0,"output_tokens":0,"streamed":true,"segment_id":"s","speech_id":"speech_a1","metadata":{"model_name":"sonic-3","model_provider":"Cartesia"}}`,
		`{"type":"tts_metrics","label":"cartesia.TTS","requestId":"r","timestamp":1755781200100,"ttfbMs":190,"durationMs":1100,"audioDurationMs":3200,"cancelled":false,"charactersCount":48,"streamed":true,"segmentId":"s","metadata":{"modelName":"sonic-3","modelProvider":"Cartesia"}}`,
		[]frame.Event{
			{Kind: frame.TTFB, Source: tts, Value: 190},
			{Kind: frame.Processing, Source: tts, Value: 1100},
			{Kind: frame.CharactersUsed, Source: tts, Value: 48},
		},
		0,
	},
	"tts that counts tokens": {
		`{"type":"tts_metrics","label":"livekit.plugins.openai.tts.TTS","request_id":"r","timestamp":1755781200.1,"ttfb":-1.0,"duration":0.9,"audio_duration":3.2,"cancelled":false,"characters_count":48,"input_tokens":12,"output_tokens":90,"streamed":false,"metadata":{"model_name":"gpt-4o-mini-tts","model_provider":"api.openai.com"}}`,
		`{"type":"tts_metrics","label":"openai.TTS","requestId":"r","timestamp":1755781200100,"ttfbMs":-1,"durationMs":900,"audioDurationMs":3200,"cancelled":false,"charactersCount":48,"inputTokens":12,"outputTokens":90,"streamed":false,"metadata":{"modelName":"gpt-4o-mini-tts","modelProvider":"api.openai.com"}}`,
		[]frame.Event{
			{Kind: frame.Processing, Source: mini, Value: 900},
			{Kind: frame.CharactersUsed, Source: mini, Value: 48, Paired: true},
			{Kind: frame.TokensUsed, Source: mini, Tokens: frame.Tokens{frame.PromptText: 12, frame.CompletionAudio: 90}, Paired: true},
		},
		1,
	},
	"tts that counts tokens alone": {
		`{"type":"tts_metrics","label":"livekit.plugins.openai.tts.TTS","request_id":"r","timestamp":1755781200.1,"ttfb":0.3,"duration":0.9,"audio_duration":3.2,"cancelled":true,"characters_count":0,"input_tokens":12,"output_tokens":90,"streamed":false,"metadata":{"model_name":"gpt-4o-mini-tts","model_provider":"api.openai.com"}}`,
		`{"type":"tts_metrics","label":"openai.TTS","requestId":"r","timestamp":1755781200100,"ttfbMs":300,"durationMs":900,"audioDurationMs":3200,"cancelled":true,"charactersCount":0,"inputTokens":12,"outputTokens":90,"streamed":false,"metadata":{"modelName":"gpt-4o-mini-tts","modelProvider":"api.openai.com"}}`,
		[]frame.Event{{Kind: frame.TokensUsed, Source: mini, Tokens: frame.Tokens{frame.PromptText: 12, frame.CompletionAudio: 90}}},
		1,
	},
	"end of utterance: the metadata is the turn detector's": {
		`{"type":"eou_metrics","timestamp":1755781200.1,"end_of_utterance_delay":0.62,"transcription_delay":0.25,"on_user_turn_completed_delay":0.0,"speech_id":"s","metadata":{"model_name":"turn-detector","model_provider":"livekit"}}`,
		`{"type":"eou_metrics","timestamp":1755781200100,"endOfUtteranceDelayMs":620,"transcriptionDelayMs":250,"onUserTurnCompletedDelayMs":0,"lastSpeakingTimeMs":1755781199000,"speechId":"s"}`,
		[]frame.Event{{Kind: frame.TTFB, Source: frame.Source{Stage: frame.STT}, Value: 250}},
		0,
	},
	"end of utterance that was not detected": {
		`{"type":"eou_metrics","timestamp":1755781200.1,"end_of_utterance_delay":0.0,"transcription_delay":0.0,"on_user_turn_completed_delay":0.0}`,
		`{"type":"eou_metrics","timestamp":1755781200100,"endOfUtteranceDelayMs":0,"transcriptionDelayMs":0,"onUserTurnCompletedDelayMs":0}`,
		nil, 1,
	},
	"realtime": {
		`{"type":"realtime_model_metrics","label":"livekit.plugins.openai.realtime.realtime_model.RealtimeModel","request_id":"resp_1","timestamp":1755781200.1,"duration":2.4,"session_duration":0.0,"ttft":0.7,"cancelled":false,"input_tokens":132,"output_tokens":121,"total_tokens":253,"tokens_per_second":50.4,"input_token_details":{"audio_tokens":13,"text_tokens":119,"image_tokens":0,"cached_tokens":64,"cached_tokens_details":{"audio_tokens":0,"text_tokens":64,"image_tokens":0}},"output_token_details":{"text_tokens":30,"audio_tokens":91,"image_tokens":0},"acquire_time":0.0,"metadata":{"model_name":"gpt-realtime","model_provider":"api.openai.com"}}`,
		`{"type":"realtime_model_metrics","label":"openai.RealtimeModel","requestId":"resp_1","timestamp":1755781200100,"durationMs":2400,"sessionDurationMs":0,"ttftMs":700,"cancelled":false,"inputTokens":132,"outputTokens":121,"totalTokens":253,"tokensPerSecond":50.4,"inputTokenDetails":{"audioTokens":13,"textTokens":119,"imageTokens":0,"cachedTokens":64,"cachedTokensDetails":{"audioTokens":0,"textTokens":64,"imageTokens":0}},"outputTokenDetails":{"textTokens":30,"audioTokens":91,"imageTokens":0},"metadata":{"modelName":"gpt-realtime","modelProvider":"api.openai.com"}}`,
		[]frame.Event{
			{Kind: frame.TTFB, Source: realtime, Value: 700},
			{Kind: frame.Processing, Source: realtime, Value: 2400},
			{Kind: frame.TokensUsed, Source: realtime, Tokens: frame.Tokens{
				frame.PromptText: 55, frame.PromptCacheRead: 64, frame.PromptAudio: 13, frame.CompletionText: 30, frame.CompletionAudio: 91,
			}},
		},
		1,
	},
	"realtime, billed by the time that the session is open": {
		`{"type":"realtime_model_metrics","label":"","request_id":"session_close","timestamp":1755781200.1,"duration":0.0,"session_duration":74.2,"ttft":-1,"cancelled":false,"input_tokens":0,"output_tokens":0,"input_token_details":{"cached_tokens_details":null},"output_token_details":{},"metadata":{"model_name":"grok-voice","model_provider":"xAI"}}`,
		`{"type":"realtime_model_metrics","label":"","requestId":"session_close","timestamp":1755781200100,"durationMs":0,"sessionDurationMs":74200,"ttftMs":-1,"cancelled":false,"inputTokens":0,"outputTokens":0,"inputTokenDetails":{},"outputTokenDetails":{},"metadata":{"modelName":"grok-voice","modelProvider":"xAI"}}`,
		[]frame.Event{{Kind: frame.RealtimeConnected, Source: frame.Source{Stage: frame.Realtime, Provider: "xai", Model: "grok-voice"}, Value: 74.2}},
		3,
	},
}

var mini = frame.Source{Stage: frame.TTS, Processor: "openai.TTS", Provider: "openai", Model: "gpt-4o-mini-tts"}

func wrapped(object string) string {
	return `{"type":"metrics_collected","call_id":"c1","metrics":` + object + `,"created_at":1755781205.5}`
}

// Both SDKs, each object in its event and alone, mean the same.
func TestMetrics(t *testing.T) {
	for name, test := range objects {
		for sdk, object := range map[string]string{"python": test.python, "javascript": test.javascript} {
			t.Run(name+", "+sdk, func(t *testing.T) {
				want := frame.Frame{
					CallID: "c1", ID: frame.DigestID([]byte(object)), Time: at, Events: test.want, Sentinels: test.sentinels,
				}
				got, err := read([]byte(wrapped(object)))
				require.NoError(t, err)
				assert.Equal(t, want, got)

				want.CallID = ""
				got, err = read([]byte(object))
				require.NoError(t, err)
				assert.Equal(t, want, got)
			})
		}
	}
}

// LiveKit emits some objects twice: they are one, whatever the event around them says.
func TestIdentityIsOfTheObject(t *testing.T) {
	first, err := read([]byte(wrapped(objects["tts"].python)))
	require.NoError(t, err)
	again, err := read([]byte(strings.Replace(wrapped(objects["tts"].python), "1755781205.5", "1755781205.6", 1)))
	require.NoError(t, err)
	assert.Equal(t, first.ID, again.ID)
	other, err := read([]byte(wrapped(objects["llm"].python)))
	require.NoError(t, err)
	assert.NotEqual(t, first.ID, other.ID)
}

func TestMetricsWithoutTimestamp(t *testing.T) {
	message := []byte(`{"type":"metrics_collected","metrics":{"type":"tts_metrics","characters_count":5},"created_at":1755781200.1}`)
	got, err := read(message)
	require.NoError(t, err)
	assert.Equal(t, at, got.Time)
	assert.Equal(t, frame.DigestID(message), got.ID)

	got, err = read([]byte(`{"type":"tts_metrics","charactersCount":5}`))
	require.NoError(t, err)
	assert.Equal(t, frame.Frame{Events: []frame.Event{{Kind: frame.CharactersUsed, Source: frame.Source{Stage: frame.TTS}, Value: 5}}}, got)
}

func TestSession(t *testing.T) {
	const python = `{"id":"item_1","type":"message","role":"assistant","content":["secret"],"interrupted":false,"metrics":{"started_speaking_at":1755781200.0,"llm_node_ttft":0.52,"tts_node_ttfb":0.19,"e2e_latency":0.904},"created_at":1755781200.1}`
	const javascript = `{"id":"item_1","type":"message","role":"assistant","content":["secret"],"metrics":{"startedSpeakingAt":1755781200,"llmNodeTtft":0.52,"ttsNodeTtfb":0.19,"e2eLatency":0.904},"createdAt":1755781200100}`
	answered := frame.Frame{ID: frame.NameID("message", "item_1"), Time: at, Events: []frame.Event{{Kind: frame.Answered, Value: 904}}}
	event := func(message string, events ...frame.Event) frame.Frame {
		return frame.Frame{ID: frame.DigestID([]byte(message)), Time: at, Events: events}
	}
	const closePython = `{"type":"close","error":null,"reason":"participant_disconnected","created_at":1755781200.1}`
	const closeJavascript = `{"type":"close","error":{"type":"llm_error","message":"secret"},"reason":"error","createdAt":1755781200100}`
	const closeBare = `{"type":"close","created_at":1755781200.1}`
	const state = `{"type":"agent_state_changed","old_state":"initializing","new_state":"listening","created_at":1755781200.1}`
	const user = `{"type":"user_state_changed","oldState":"listening","newState":"speaking","createdAt":1755781200100}`
	for message, want := range map[string]frame.Frame{
		python:     answered,
		javascript: answered,
		`{"type":"conversation_item_added","item":` + python + `,"created_at":1755781209.1}`:     answered,
		`{"type":"conversation_item_added","item":` + javascript + `,"createdAt":1755781209100}`: answered,
		closePython:     event(closePython, frame.Event{Kind: frame.CallEnded, Name: "participant_disconnected"}),
		closeJavascript: event(closeJavascript, frame.Event{Kind: frame.CallEnded, Name: "error"}),
		closeBare:       event(closeBare, frame.Event{Kind: frame.CallEnded, Name: "close"}),
		state:           event(state),
		user:            event(user),
		`{"type":"message","metrics":{"e2e_latency":-0.1}}`: {Sentinels: 1},
	} {
		got, err := read([]byte(message))
		require.NoError(t, err, message)
		assert.Equal(t, want, got, message)
	}
}

func TestIgnored(t *testing.T) {
	for _, message := range []string{
		wrapped(`{"type":"vad_metrics","label":"silero","timestamp":1755781200.1,"idle_time":1,"inference_duration_total":0.1,"inference_count":31}`),
		`{"type":"vad_metrics","label":"silero","timestamp":1755781200100,"idleTimeMs":1}`,
		`{"type":"eot_inference_metrics","totalDuration":5}`,
		`{"type":"interruption_metrics","num_interruptions":1}`,
		`{"type":"avatar_metrics","playback_latency":0.1}`,
		`{"type":"session_usage_updated","usage":{"model_usage":[{"type":"llm_usage","provider":"openai","model":"gpt-4o","input_tokens":812,"output_tokens":24}]}}`,
		`{"type":"llm_usage","provider":"openai","input_tokens":812}`,
		`{"type":"user_input_transcribed","transcript":"secret"}`,
		`{"type":"conversation_item_added","item":{"id":"i","type":"message","role":"user","content":["secret"],"metrics":{"transcription_delay":0.2}}}`,
		`{"type":"conversation_item_added","item":{"id":"i","type":"agent_handoff"}}`,
		`{"type":"message","role":"assistant","metrics":{}}`,
		`{"type":"error","error":{"type":"llm_error"}}`,
		`{"type":"speech_created","room":5,"reason":[],"created_at":"soon"}`,
	} {
		_, err := read([]byte(message))
		assert.ErrorIs(t, err, wire.ErrIgnored, message)
	}
	for kind, want := range map[string]bool{
		"metrics_collected": true, "stt_metrics": true, "stt_usage": true, "close": true, "": false, "metrics": false, "EndFrame": false, "session.created": false,
	} {
		assert.Equal(t, want, IsEvent(kind), kind)
	}
}

// LiveKit's own ids name the call only where nothing else does; a room may see several calls.
func TestCallID(t *testing.T) {
	for ids, want := range map[string]frame.Frame{
		`"call_id":"c","room":"r"`:                     {CallID: "c", Conversation: "r"},
		`"callId":"c"`:                                 {CallID: "c"},
		`"room":"r","room_id":"RM_1","job_id":"AJ_1"`:  {Conversation: "AJ_1"},
		`"room":"r","roomId":"RM_1"`:                   {Conversation: "RM_1"},
		`"room":"r","metrics":{"type":"vad","room":5}`: {Conversation: "r"},
	} {
		got, err := read([]byte(`{"type":"agent_state_changed",` + ids + `}`))
		require.NoError(t, err)
		assert.Equal(t, want, got, ids)
	}
}

func TestSource(t *testing.T) {
	for label, want := range map[string]frame.Source{
		"livekit.plugins.openai.llm.LLM":                            {Processor: "openai.LLM", Provider: "openai"},
		"livekit.plugins.aws.experimental.realtime.m.RealtimeModel": {Processor: "aws.RealtimeModel", Provider: "aws"},
		"livekit.agents.inference.llm.LLM":                          {Processor: "inference.LLM", Provider: "livekit"},
		"inference.TTS":                                             {Processor: "inference.TTS", Provider: "livekit"},
		"livekit.agents.llm.fallback_adapter.FallbackAdapter":       {Processor: "llm.FallbackAdapter"},
		"my_bot.speech.MyTTS":                                       {Processor: "my_bot.MyTTS"},
		"MyTTS":                                                     {Processor: "MyTTS"},
		"":                                                          {},
		"livekit.plugins." + strings.Repeat("x", 300) + ".tts.TTS": {Processor: strings.Repeat("x", 256)},
		"livekit.plugins.fishaudio.tts.TTS":                        {Processor: "fishaudio.TTS", Provider: "fish"},
	} {
		assert.Equal(t, want, (&metrics{Label: label}).source(""), label)
	}
	for said, want := range map[metadata]frame.Source{
		{"gpt-4o", "api.openai.com"}:      {Provider: "openai", Model: "gpt-4o"},
		{"nova-3", "Deepgram"}:            {Provider: "deepgram", Model: "nova-3"},
		{"openai/gpt-4o", "livekit"}:      {Provider: "livekit", Model: "openai/gpt-4o"},
		{"x", "Spitch"}:                   {Provider: "spitch", Model: "x"},
		{"unknown", "unknown"}:            {Provider: "groq"},
		{"", ""}:                          {Provider: "groq"},
		{"gpt-4o", "us.openai.azure.com"}: {Provider: "azure", Model: "gpt-4o"},
	} {
		want.Processor = "groq.LLM"
		assert.Equal(t, want, (&metrics{Label: "groq.LLM", Metadata: said}).source(""), said)
	}
}

// One bad datum costs itself: the fault names its path, the others are taken.
func TestBadData(t *testing.T) {
	for object, want := range map[string]string{
		`"type":"llm_metrics","ttft":"fast","prompt_tokens":5`:                                                           "ttft: must be a finite number",
		`"type":"llm_metrics","ttftMs":"fast","promptTokens":5`:                                                          "ttftMs: must be a finite number",
		`"type":"llm_metrics","duration":1e9,"prompt_tokens":5`:                                                          "duration: must be between -604800 and 604800",
		`"type":"llm_metrics","durationMs":1e9,"prompt_tokens":5`:                                                        "durationMs: must be between",
		`"type":"llm_metrics","ttft":0.5,"prompt_tokens":-1`:                                                             "prompt_tokens: must be between 0 and 1000000000 tokens",
		`"type":"llm_metrics","ttft":0.5,"promptTokens":"many"`:                                                          "promptTokens: must be a whole number",
		`"type":"llm_metrics","ttft":0.5,"prompt_tokens":5,"prompt_cached_tokens":6`:                                     "the parts (cached, audio, reasoning) are more than",
		`"type":"tts_metrics","ttfb":0.5,"characters_count":-3`:                                                          "characters_count: must be between 0 and 1e+08",
		`"type":"tts_metrics","characters_count":3,"input_tokens":-3`:                                                    "input_tokens: must be between 0 and 1000000000 tokens",
		`"type":"stt_metrics","duration":0.5,"audio_duration":-1`:                                                        "audio_duration: must be between 0 and 604800",
		`"type":"stt_metrics","duration":0.5,"audioDurationMs":"x"`:                                                      "audioDurationMs: must be a finite number",
		`"type":"realtime_model_metrics","ttft":0.5,"input_tokens":0,"output_tokens":1,"session_duration":true`:          "session_duration: must be a finite number",
		`"type":"realtime_model_metrics","ttft":0.5,"input_token_details":{"cached_tokens_details":{"text_tokens":"x"}}`: "input_token_details.cached_tokens_details.text_tokens: must be a whole number",
	} {
		for path, message := range map[string]string{"": "{" + object + "}", "metrics.": wrapped("{" + object + "}")} {
			got, err := read([]byte(message))
			require.NoError(t, err, message)
			assert.NotEmpty(t, got.Events, message)
			if assert.Len(t, got.Faults, 1, message) {
				if !strings.HasPrefix(want, "the parts") {
					assert.True(t, strings.HasPrefix(got.Faults[0].Error(), path), got.Faults[0].Error())
				}
				assert.Contains(t, got.Faults[0].Error(), want, message)
			}
		}
	}
}

func TestRejected(t *testing.T) {
	for message, want := range map[string]string{
		`{"type":"metrics_collected"}`:                                                     "metrics: missing",
		`{"type":"metrics_collected","metrics":[]}`:                                        "metrics: must be an object",
		`{"type":"metrics_collected","metrics":{"label":"x"}}`:                             "metrics.type: missing: dump the metrics whole",
		`{"type":"metrics_collected","metrics":{"type":"llm_metrics","timestamp":8123.4}}`: "metrics.timestamp: must be Unix seconds",
		`{"type":"llm_metrics","timestamp":"x"}`:                                           "timestamp: must be Unix seconds",
		`{"type":"llm_metrics","createdAt":"x"}`:                                           "createdAt: must be Unix seconds",
		`{"type":"llm_metrics","prompt_tokens":1,"promptTokens":2,"room":5}`:               "room: must be a string",
		`{"type":"llm_metrics","cancelled":"no"}`:                                          "cancelled: must be true or false",
		`{"type":"llm_metrics","metadata":"gpt"}`:                                          "metadata: must be an object",
		`{"type":"conversation_item_added"}`:                                               "item: missing",
		`{"type":"conversation_item_added","item":7}`:                                      "item: must be an object",
		`{"type":"conversation_item_added","item":{"metrics":{"e2eLatency":"x"}}}`:         "item.metrics.e2e_latency: must be a finite number",
		`{"type":"message","metrics":{"e2e_latency":1e9}}`:                                 "metrics.e2e_latency: must be between -604800 and 604800",
		`{"type":"close","reason":5}`:                                                      "reason: must be a string",
		`{"type":"close","call_id":5}`:                                                     "call_id: must be a string",
	} {
		_, err := read([]byte(message))
		assert.ErrorContains(t, err, want, message)
	}
}
