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
	after              time.Duration // the timestamp
}{
	"llm": {
		`{"type":"llm_metrics","label":"livekit.plugins.openai.llm.LLM","request_id":"chatcmpl-x","timestamp":1755781200.1,"duration":1.42,"ttft":0.52,"cancelled":false,"completion_tokens":24,"prompt_tokens":812,"prompt_cached_tokens":640,"cache_creation_tokens":0,"total_tokens":836,"tokens_per_second":16.9,"speech_id":"speech_a1","metadata":{"model_name":"gpt-4o","model_provider":"api.openai.com"}}`,
		`{"type":"llm_metrics","label":"openai.LLM","requestId":"chatcmpl-x","timestamp":1755781200100,"durationMs":1420,"ttftMs":520,"cancelled":false,"completionTokens":24,"promptTokens":812,"promptCachedTokens":640,"totalTokens":836,"tokensPerSecond":16.9,"speechId":"speech_a1","metadata":{"modelName":"gpt-4o","modelProvider":"api.openai.com"}}`,
		[]frame.Event{
			{Kind: frame.TTFB, Source: llm, Value: 520},
			{Kind: frame.Processing, Source: llm, Value: 1420},
			{Kind: frame.TokensUsed, Source: llm, Tokens: frame.Tokens{frame.PromptText: 172, frame.PromptCacheRead: 640, frame.CompletionText: 24}},
		},
		0, 0,
	},
	"llm, cancelled: what it used counts, how long it took is marked": {
		`{"type":"llm_metrics","label":"livekit.plugins.openai.llm.LLM","request_id":"r","timestamp":1755781200.1,"duration":0.31,"ttft":0.05,"cancelled":true,"completion_tokens":3,"prompt_tokens":812,"prompt_cached_tokens":0,"total_tokens":815,"tokens_per_second":9.7,"metadata":{"model_name":"gpt-4o","model_provider":"openai"}}`,
		`{"type":"llm_metrics","label":"openai.LLM","requestId":"r","timestamp":1755781200100,"durationMs":310,"ttftMs":50,"cancelled":true,"completionTokens":3,"promptTokens":812,"promptCachedTokens":0,"totalTokens":815,"tokensPerSecond":9.7,"metadata":{"modelName":"gpt-4o","modelProvider":"openai"}}`,
		[]frame.Event{
			{Kind: frame.TTFB, Source: llm, Value: 50, Cut: true},
			{Kind: frame.Processing, Source: llm, Value: 310, Cut: true},
			{Kind: frame.TokensUsed, Source: llm, Tokens: frame.Tokens{frame.PromptText: 812, frame.CompletionText: 3}},
		},
		0, 0,
	},
	"llm that reasons": {
		`{"type":"llm_metrics","label":"livekit.plugins.openai.llm.LLM","request_id":"r","timestamp":1755781200.1,"duration":1.0,"ttft":0.5,"cancelled":false,"completion_tokens":300,"prompt_tokens":10,"prompt_cached_tokens":0,"cache_creation_tokens":0,"reasoning_tokens":256,"total_tokens":310,"tokens_per_second":300.0,"metadata":{"model_name":"gpt-4o","model_provider":"openai"}}`,
		`{"type":"llm_metrics","label":"openai.LLM","requestId":"r","timestamp":1755781200100,"durationMs":1000,"ttftMs":500,"cancelled":false,"completionTokens":300,"promptTokens":10,"promptCachedTokens":0,"reasoningTokens":256,"totalTokens":310,"tokensPerSecond":300,"metadata":{"modelName":"gpt-4o","modelProvider":"openai"}}`,
		[]frame.Event{
			{Kind: frame.TTFB, Source: llm, Value: 500},
			{Kind: frame.Processing, Source: llm, Value: 1000},
			{Kind: frame.TokensUsed, Source: llm, Tokens: frame.Tokens{
				frame.PromptText: 10, frame.CompletionText: 44, frame.CompletionReasoning: 256,
			}},
		},
		0, 0,
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
		1, 0,
	},
	"stt, streaming": {
		`{"type":"stt_metrics","label":"livekit.plugins.deepgram.stt.STT","request_id":"","timestamp":1755781200.1,"duration":0.0,"audio_duration":7.84,"input_tokens":0,"output_tokens":0,"streamed":true,"acquire_time":0.0,"connection_reused":false,"metadata":{"model_name":"nova-3","model_provider":"Deepgram"}}`,
		`{"type":"stt_metrics","label":"deepgram.STT","requestId":"","timestamp":1755781200100,"durationMs":0,"audioDurationMs":7840,"streamed":true,"metadata":{"modelName":"nova-3","modelProvider":"Deepgram"}}`,
		[]frame.Event{{Kind: frame.AudioTranscribed, Source: stt, Value: 7.84}},
		1, 0,
	},
	"stt, one request": {
		`{"type":"stt_metrics","label":"livekit.plugins.deepgram.stt.STT","request_id":"r","timestamp":1755781200.1,"duration":0.61,"audio_duration":2.5,"streamed":false,"metadata":{"model_name":"nova-3","model_provider":"Deepgram"}}`,
		`{"type":"stt_metrics","label":"deepgram.STT","requestId":"r","timestamp":1755781200100,"durationMs":610,"audioDurationMs":2500,"streamed":false,"metadata":{"modelName":"nova-3","modelProvider":"Deepgram"}}`,
		[]frame.Event{{Kind: frame.Processing, Source: stt, Value: 610}, {Kind: frame.AudioTranscribed, Source: stt, Value: 2.5}},
		0, 0,
	},
	"tts": {
		`{"type":"tts_metrics","label":"livekit.plugins.cartesia.tts.TTS","request_id":"r","timestamp":1755781200.1,"ttfb":0.19,"duration":1.1,"audio_duration":3.2,"cancelled":false,"characters_count":48,"input_tokens":0,"output_tokens":0,"streamed":true,"segment_id":"s","speech_id":"speech_a1","metadata":{"model_name":"sonic-3","model_provider":"Cartesia"}}`,
		`{"type":"tts_metrics","label":"cartesia.TTS","requestId":"r","timestamp":1755781200100,"ttfbMs":190,"durationMs":1100,"audioDurationMs":3200,"cancelled":false,"charactersCount":48,"streamed":true,"segmentId":"s","metadata":{"modelName":"sonic-3","modelProvider":"Cartesia"}}`,
		[]frame.Event{
			{Kind: frame.TTFB, Source: tts, Value: 190},
			{Kind: frame.Processing, Source: tts, Value: 1100},
			{Kind: frame.CharactersUsed, Source: tts, Value: 48},
		},
		0, 0,
	},
	"tts that counts tokens": {
		`{"type":"tts_metrics","label":"livekit.plugins.openai.tts.TTS","request_id":"r","timestamp":1755781200.1,"ttfb":-1.0,"duration":0.9,"audio_duration":3.2,"cancelled":false,"characters_count":48,"input_tokens":12,"output_tokens":90,"streamed":false,"metadata":{"model_name":"gpt-4o-mini-tts","model_provider":"api.openai.com"}}`,
		`{"type":"tts_metrics","label":"openai.TTS","requestId":"r","timestamp":1755781200100,"ttfbMs":-1,"durationMs":900,"audioDurationMs":3200,"cancelled":false,"charactersCount":48,"inputTokens":12,"outputTokens":90,"streamed":false,"metadata":{"modelName":"gpt-4o-mini-tts","modelProvider":"api.openai.com"}}`,
		[]frame.Event{
			{Kind: frame.Processing, Source: mini, Value: 900},
			{Kind: frame.CharactersUsed, Source: mini, Value: 48, Paired: true},
			{Kind: frame.TokensUsed, Source: mini, Tokens: frame.Tokens{frame.PromptText: 12, frame.CompletionAudio: 90}, Paired: true},
		},
		1, 0,
	},
	"tts that counts tokens alone": {
		`{"type":"tts_metrics","label":"livekit.plugins.openai.tts.TTS","request_id":"r","timestamp":1755781200.1,"ttfb":0.3,"duration":0.9,"audio_duration":3.2,"cancelled":true,"characters_count":0,"input_tokens":12,"output_tokens":90,"streamed":false,"metadata":{"model_name":"gpt-4o-mini-tts","model_provider":"api.openai.com"}}`,
		`{"type":"tts_metrics","label":"openai.TTS","requestId":"r","timestamp":1755781200100,"ttfbMs":300,"durationMs":900,"audioDurationMs":3200,"cancelled":true,"charactersCount":0,"inputTokens":12,"outputTokens":90,"streamed":false,"metadata":{"modelName":"gpt-4o-mini-tts","modelProvider":"api.openai.com"}}`,
		[]frame.Event{
			{Kind: frame.TTFB, Source: mini, Value: 300, Cut: true},
			{Kind: frame.Processing, Source: mini, Value: 900, Cut: true},
			{Kind: frame.TokensUsed, Source: mini, Tokens: frame.Tokens{frame.PromptText: 12, frame.CompletionAudio: 90}},
		},
		1, 0,
	},
	"end of utterance: the metadata is the turn detector's": {
		`{"type":"eou_metrics","timestamp":1755781200.1,"end_of_utterance_delay":0.62,"transcription_delay":0.25,"on_user_turn_completed_delay":0.0,"speech_id":"s","metadata":{"model_name":"turn-detector","model_provider":"livekit"}}`,
		`{"type":"eou_metrics","timestamp":1755781200100,"endOfUtteranceDelayMs":620,"transcriptionDelayMs":250,"onUserTurnCompletedDelayMs":0,"lastSpeakingTimeMs":1755781199000,"speechId":"s"}`,
		[]frame.Event{{Kind: frame.TTFB, Source: frame.Source{Stage: frame.STT}, Value: 250}},
		0, 0,
	},
	"end of utterance that was not detected": {
		`{"type":"eou_metrics","timestamp":1755781200.1,"end_of_utterance_delay":0.0,"transcription_delay":0.0,"on_user_turn_completed_delay":0.0}`,
		`{"type":"eou_metrics","timestamp":1755781200100,"endOfUtteranceDelayMs":0,"transcriptionDelayMs":0,"onUserTurnCompletedDelayMs":0}`,
		nil, 1, 0,
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
		1, 2400 * time.Millisecond,
	},
	"realtime, billed by the time that the session is open": {
		`{"type":"realtime_model_metrics","label":"","request_id":"session_close","timestamp":1755781200.1,"duration":0.0,"session_duration":74.2,"ttft":-1,"cancelled":false,"input_tokens":0,"output_tokens":0,"input_token_details":{"cached_tokens_details":null},"output_token_details":{},"metadata":{"model_name":"grok-voice","model_provider":"xAI"}}`,
		`{"type":"realtime_model_metrics","label":"","requestId":"session_close","timestamp":1755781200100,"durationMs":0,"sessionDurationMs":74200,"ttftMs":-1,"cancelled":false,"inputTokens":0,"outputTokens":0,"inputTokenDetails":{},"outputTokenDetails":{},"metadata":{"modelName":"grok-voice","modelProvider":"xAI"}}`,
		[]frame.Event{{Kind: frame.RealtimeConnected, Source: frame.Source{Stage: frame.Realtime, Provider: "xai", Model: "grok-voice"}, Value: 74.2}},
		3, 0,
	},
	"realtime, tokens and session": {
		`{"type":"realtime_model_metrics","label":"","timestamp":1755781200.1,"duration":0.0,"session_duration":74.2,"ttft":-1,"cancelled":false,"input_tokens":9,"output_tokens":4,"input_token_details":{"text_tokens":9},"output_token_details":{"text_tokens":4},"metadata":{"model_name":"grok-voice","model_provider":"xAI"}}`,
		`{"type":"realtime_model_metrics","label":"","timestamp":1755781200100,"durationMs":0,"sessionDurationMs":74200,"ttftMs":-1,"cancelled":false,"inputTokens":9,"outputTokens":4,"inputTokenDetails":{"textTokens":9},"outputTokenDetails":{"textTokens":4},"metadata":{"modelName":"grok-voice","modelProvider":"xAI"}}`,
		[]frame.Event{
			{Kind: frame.TokensUsed, Source: grokVoice, Tokens: frame.Tokens{frame.PromptText: 9, frame.CompletionText: 4}, Paired: true},
			{Kind: frame.RealtimeConnected, Source: grokVoice, Value: 74.2, Paired: true},
		},
		2, 0,
	},
}

var grokVoice = frame.Source{Stage: frame.Realtime, Provider: "xai", Model: "grok-voice"}

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
					CallID: "c1", ID: frame.DigestID([]byte(object)), Time: at.Add(test.after), Events: test.want, Sentinels: test.sentinels,
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
	answered := frame.Frame{ID: frame.NameID("message", "item_1"), Time: at, Events: []frame.Event{
		{Kind: frame.TTFB, Source: frame.Source{Stage: frame.LLM}, Value: 520, Echo: true},
		{Kind: frame.TTFB, Source: frame.Source{Stage: frame.TTS}, Value: 190, Echo: true},
		{Kind: frame.Answered, Value: 904},
	}}
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
		closePython:     event(closePython, frame.Event{Kind: frame.CallEnded, Running: true, Name: "participant_disconnected"}),
		closeJavascript: event(closeJavascript, frame.Event{Kind: frame.CallEnded, Running: true, Name: "error"}),
		closeBare:       event(closeBare, frame.Event{Kind: frame.CallEnded, Running: true, Name: "close"}),
		state:           event(state),
		user:            event(user, frame.Event{Kind: frame.UserStartedTalking}),
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
		`{"type":"interruption_usage","provider":"livekit","total_requests":5}`,
		`{"type":"eot_usage","provider":"livekit","total_requests":5}`,
		`{"type":"decision_metrics","input_tokens":5}`,
		`{"type":"tool_execution_updated","update":{"type":"tool_call_ended","status":"done","message":"secret"}}`,
		`{"type":"user_input_transcribed","transcript":"secret"}`,
		`{"type":"conversation_item_added","item":{"id":"i","type":"message","role":"user","content":["secret"],"metrics":{"end_of_turn_delay":0.2}}}`,
		`{"type":"conversation_item_added","item":{"id":"i","type":"agent_handoff"}}`,
		`{"type":"message","role":"assistant","metrics":{}}`,
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
		`{"type":"metrics_collected"}`:                                                                           "metrics: missing",
		`{"type":"metrics_collected","metrics":[]}`:                                                              "metrics: must be an object",
		`{"type":"metrics_collected","metrics":{"label":"x"}}`:                                                   "metrics.type: missing: dump the metrics whole",
		`{"type":"metrics_collected","metrics":{"type":"llm_metrics","timestamp":8123.4}}`:                       "metrics.timestamp: must be Unix seconds",
		`{"type":"llm_metrics","timestamp":"x"}`:                                                                 "timestamp: must be Unix seconds",
		`{"type":"llm_metrics","createdAt":"x"}`:                                                                 "createdAt: must be Unix seconds",
		`{"type":"llm_metrics","prompt_tokens":1,"promptTokens":2,"room":5}`:                                     "room: must be a string",
		`{"type":"llm_metrics","cancelled":"no"}`:                                                                "cancelled: must be true or false",
		`{"type":"llm_metrics","metadata":"gpt"}`:                                                                "metadata: must be an object",
		`{"type":"conversation_item_added"}`:                                                                     "item: missing",
		`{"type":"conversation_item_added","item":7}`:                                                            "item: must be an object",
		`{"type":"session_usage_updated"}`:                                                                       "usage: missing",
		`{"type":"session_usage_updated","usage":{}}`:                                                            "usage.model_usage: missing",
		`{"type":"session_usage_updated","usage":{"model_usage":{}}}`:                                            "usage.model_usage: must be an array",
		`{"type":"session_usage_updated","usage":{"model_usage":[1` + strings.Repeat(",1", wire.MaxData) + `]}}`: "more than 1000 data",
		`{"type":"function_tools_executed"}`:                                                                     "function_calls: missing",
		`{"type":"function_tools_executed","function_calls":[{"name":5}]}`:                                       "function_calls[0].name: must be a string",
		`{"type":"function_tools_executed","function_calls":[],"functionCallOutputs":5}`:                         "function_call_outputs: must be an array",
		`{"type":"error","error":{"type":5}}`:                                                                    "error.type: must be a string",
		`{"type":"agent_state_changed","new_state":5}`:                                                           "new_state: must be a string",
		`{"sdk_version":"1.7.0","timestamp":"soon"}`:                                                             "timestamp: must be Unix seconds",
		`{"job_id":"j"}`:               "not a message of LiveKit Agents",
		`{"type":"hello"}`:             "not a message of LiveKit Agents",
		`{"type":"close","reason":5}`:  "reason: must be a string",
		`{"type":"close","call_id":5}`: "call_id: must be a string",
	} {
		_, err := read([]byte(message))
		assert.ErrorContains(t, err, want, message)
	}
}

// An interrupted message is of when it was cut off, though the SDKs date it from when it began.
func TestInterruptedAt(t *testing.T) {
	const began, cut = `"created_at":1755781195.5`, `"created_at":1755781200.1`
	const stopped = `"metrics":{"stopped_speaking_at":1755781200.1}`
	const item = `"id":"i","type":"message","role":"assistant","interrupted":true`
	for message, want := range map[string]time.Time{
		`{"type":"conversation_item_added","item":{` + item + `,` + began + `,"metrics":{}},` + cut + `}`:               at,
		`{"type":"conversation_item_added","item":{` + item + `,` + began + `,"metrics":{}}}`:                           at.Add(-4600 * time.Millisecond),
		`{"type":"conversation_item_added","item":{` + item + `,` + began + `,` + stopped + `}}`:                        at,
		`{"type":"conversation_item_added","item":{` + item + `,"metrics":{"stoppedSpeakingAt":1755781200.1}}}`:         at,
		`{` + item + `,` + began + `,` + stopped + `}`:                                                                  at,
		`{` + item + `,` + cut + `,"metrics":{"stopped_speaking_at":"late"}}`:                                           at,
		`{` + item + `,` + cut + `,"metrics":{"stopped_speaking_at":null}}`:                                             at,
		`{"type":"conversation_item_added","item":{` + item + `,` + began + `,"metrics":{}},"createdAt":1755781200100}`: at,
	} {
		got, err := read([]byte(message))
		require.NoError(t, err, message)
		assert.Equal(t, want, got.Time, message)
		assert.Equal(t, []frame.Event{{Kind: frame.Interrupted, Cut: true}}, got.Events, message)
	}
}

// A message is an echo of the metrics of its turn, the answer's latency and the interruption apart.
func TestMessage(t *testing.T) {
	gpt := frame.Source{Stage: frame.LLM, Provider: "openai", Model: "gpt-4o"}
	sonic := frame.Source{Stage: frame.TTS, Provider: "cartesia", Model: "sonic-3"}
	nova := frame.Source{Stage: frame.STT, Provider: "deepgram", Model: "nova-3"}
	for name, test := range map[string]struct {
		message string
		want    frame.Frame
	}{
		"agent, interrupted": {
			`{"id":"i","type":"message","role":"assistant","content":["secret"],"interrupted":true,"created_at":1755781200.1,"metrics":{"llm_node_ttft":0.52,"llm_node_tps":16.9,"llm_node_ttfs":0.6,"tts_node_ttfb":0.19,"playback_latency":0.01,"e2e_latency":0.904,"llm_metadata":{"model_name":"gpt-4o","model_provider":"openai"},"tts_metadata":{"model_name":"sonic-3","model_provider":"Cartesia"}}}`,
			frame.Frame{ID: frame.NameID("message", "i"), Time: at, Events: []frame.Event{
				{Kind: frame.TTFB, Source: gpt, Value: 520, Echo: true},
				{Kind: frame.TTFB, Source: sonic, Value: 190, Echo: true},
				{Kind: frame.Answered, Value: 904},
				{Kind: frame.Interrupted, Cut: true},
			}},
		},
		"user": {
			`{"id":"u","type":"message","role":"user","content":["secret"],"createdAt":1755781200100,"metrics":{"transcriptionDelay":0.25,"endOfTurnDelay":0.62,"onUserTurnCompletedDelay":0.1,"sttMetadata":{"modelName":"nova-3","modelProvider":"Deepgram"}}}`,
			frame.Frame{ID: frame.NameID("message", "u"), Time: at, Events: []frame.Event{{Kind: frame.TTFB, Source: nova, Value: 250, Echo: true}}},
		},
		"zeros": {
			`{"id":"u","type":"message","metrics":{"transcription_delay":0.0,"llm_node_ttft":-1}}`,
			frame.Frame{ID: frame.NameID("message", "u"), Sentinels: 2},
		},
		"one that is wrong costs itself": {
			`{"id":"u","type":"message","metrics":{"llm_node_ttft":"fast","e2eLatency":0.5}}`,
			frame.Frame{
				ID:     frame.NameID("message", "u"),
				Events: []frame.Event{{Kind: frame.Answered, Value: 500}},
				Faults: []frame.Fault{{Class: frame.WrongType, Path: "metrics.llm_node_ttft", Reason: "must be a finite number"}},
			},
		},
		"out of bounds": {
			`{"id":"u","type":"message","metrics":{"e2e_latency":1e9}}`,
			frame.Frame{
				ID:     frame.NameID("message", "u"),
				Faults: []frame.Fault{{Class: frame.BadValue, Path: "metrics.e2e_latency", Reason: "must be between -604800 and 604800"}},
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := read([]byte(test.message))
			require.NoError(t, err)
			assert.Equal(t, test.want, got)
		})
	}
}

func TestStates(t *testing.T) {
	for states, want := range map[string][]frame.Event{
		`"type":"agent_state_changed","old_state":"thinking","new_state":"speaking"`:  {{Kind: frame.BotStartedTalking}},
		`"type":"agent_state_changed","old_state":"speaking","new_state":"listening"`: {{Kind: frame.BotStoppedTalking}},
		`"type":"agent_state_changed","oldState":"speaking","newState":"thinking"`:    {{Kind: frame.BotStoppedTalking}},
		`"type":"agent_state_changed","old_state":"listening","new_state":"thinking"`: nil,
		`"type":"agent_state_changed","old_state":"initializing","new_state":"idle"`:  nil,
		`"type":"agent_state_changed","old_state":"speaking","new_state":"speaking"`:  nil,
		`"type":"agent_state_changed"`: nil,
		`"type":"user_state_changed","old_state":"listening","new_state":"speaking"`:    {{Kind: frame.UserStartedTalking}},
		`"type":"user_state_changed","old_state":"away","new_state":"speaking"`:         {{Kind: frame.UserStartedTalking}},
		`"type":"user_state_changed","oldState":"speaking","newState":"listening"`:      {{Kind: frame.UserStoppedTalking}},
		`"type":"user_state_changed","old_state":"listening","new_state":"away"`:        nil,
		`"type":"user_state_changed","old_state":"speaking","new_state":"interrupting"`: {{Kind: frame.UserStoppedTalking}},
	} {
		got, err := read([]byte("{" + states + "}"))
		require.NoError(t, err, states)
		assert.Equal(t, want, got.Events, states)
	}
}

func TestErrors(t *testing.T) {
	for problem, want := range map[string]frame.Event{
		`"error":{"type":"llm_error","timestamp":1755781200.1,"label":"livekit.plugins.openai.llm.LLM","error":"secret","recoverable":true},"source":{"model":"gpt-4o","provider":"api.openai.com"}`: {Source: llm, Name: "llm_error"},
		`"error":{"type":"tts_error","label":"cartesia.TTS","recoverable":false},"source":{"label":"cartesia.TTS","model":5}`: {
			Source: frame.Source{Stage: frame.TTS, Processor: "cartesia.TTS", Provider: "cartesia"}, Name: "tts_error",
		},
		`"error":{"type":"stt_error","label":"deepgram.STT"}`: {
			Source: frame.Source{Stage: frame.STT, Processor: "deepgram.STT", Provider: "deepgram"}, Name: "stt_error",
		},
		`"error":{"type":"realtime_model_error","label":"openai.RealtimeModel"}`: {
			Source: frame.Source{Stage: frame.Realtime, Processor: "openai.RealtimeModel", Provider: "openai"}, Name: "realtime_model_error",
		},
		`"error":{"type":"interruption_detection_error"}`:     {Name: "interruption_detection_error"},
		`"error":"APIError('secret')","source":"<repr of x>"`: {Name: "unknown"},
		`"error":null`: {Name: "unknown"},
	} {
		got, err := read([]byte(`{"type":"error","created_at":1755781200.1,` + problem + "}"))
		require.NoError(t, err, problem)
		want.Kind = frame.Failed
		assert.Equal(t, []frame.Event{want}, got.Events, problem)
	}
}

func TestTools(t *testing.T) {
	done := func(name, outcome string, ms float64) frame.Event {
		return frame.Event{Kind: frame.ToolCalled, Name: name, Outcome: outcome, Value: ms}
	}
	for tools, want := range map[string][]frame.Event{
		`"function_calls":[{"id":"a","type":"function_call","call_id":"call_1","name":"book","arguments":"{\"secret\":1}","created_at":1755781200.1},{"name":"look_up","call_id":"call_2","created_at":1755781200.1}],"function_call_outputs":[{"name":"book","call_id":"call_1","output":"secret","is_error":false,"created_at":1755781200.6},{"name":"look_up","call_id":"call_2","output":"secret","is_error":true,"created_at":1755781201.1}]`: {
			done("book", "completed", 500), done("look_up", "failed", 1000),
		},
		`"functionCalls":[{"callId":"call_1","name":"book","args":"{}","createdAt":1755781200100}],"functionCallOutputs":[{"callId":"call_1","isError":true,"createdAt":1755781200350}]`: {done("book", "failed", 250)},
		`"function_calls":[{"name":"quiet"},{"name":"I am Mr Smith"},null],"function_call_outputs":[null]`: {
			done("quiet", "completed", 0), done("other", "completed", 0),
		},
		`"function_calls":[{"name":"book","created_at":1755781200.1}],"function_call_outputs":[{"created_at":1755781100.1}]`: {done("book", "completed", 0)},
		`"function_calls":[]`: nil,
	} {
		got, err := read([]byte(`{"type":"function_tools_executed",` + tools + "}"))
		require.NoError(t, err, tools)
		assert.Equal(t, want, got.Events, tools)
	}
}

var used = map[string]struct {
	python, javascript string
	want               []frame.Event
}{
	"llm": {
		`{"type":"llm_usage","provider":"api.openai.com","model":"gpt-4o","input_tokens":1812,"input_cached_tokens":640,"input_cache_creation_tokens":100,"input_audio_tokens":0,"output_tokens":124,"output_reasoning_tokens":64,"session_duration":0.0}`,
		`{"type":"llm_usage","provider":"api.openai.com","model":"gpt-4o","inputTokens":1812,"inputCachedTokens":640,"inputCacheCreationTokens":100,"inputAudioTokens":0,"outputTokens":124,"outputReasoningTokens":64,"sessionDurationMs":0}`,
		[]frame.Event{{
			Kind: frame.TokensUsed, Running: true, Source: frame.Source{Stage: frame.LLM, Provider: "openai", Model: "gpt-4o"},
			Tokens: frame.Tokens{
				frame.PromptText: 1072, frame.PromptCacheRead: 640, frame.PromptCacheWrite: 100,
				frame.CompletionText: 60, frame.CompletionReasoning: 64,
			},
		}},
	},
	"realtime": {
		`{"type":"llm_usage","provider":"api.openai.com","model":"gpt-realtime","input_tokens":132,"input_cached_tokens":64,"input_text_tokens":119,"input_cached_text_tokens":64,"input_audio_tokens":13,"output_tokens":121,"output_text_tokens":30,"output_audio_tokens":91}`,
		`{"type":"llm_usage","provider":"api.openai.com","model":"gpt-realtime","inputTokens":132,"inputCachedTokens":64,"inputTextTokens":119,"inputCachedTextTokens":64,"inputAudioTokens":13,"outputTokens":121,"outputTextTokens":30,"outputAudioTokens":91}`,
		[]frame.Event{{
			Kind: frame.TokensUsed, Running: true, Source: frame.Source{Stage: frame.Realtime, Provider: "openai", Model: "gpt-realtime"},
			Tokens: frame.Tokens{
				frame.PromptText: 55, frame.PromptCacheRead: 64, frame.PromptAudio: 13, frame.CompletionText: 30, frame.CompletionAudio: 91,
			},
		}},
	},
	"realtime by the time of its session": {
		`{"type":"llm_usage","provider":"xAI","model":"grok-voice","session_duration":74.2}`,
		`{"type":"llm_usage","provider":"xAI","model":"grok-voice","inputTokens":0,"outputTokens":0,"sessionDurationMs":74200}`,
		[]frame.Event{{
			Kind: frame.RealtimeConnected, Running: true, Value: 74.2,
			Source: frame.Source{Stage: frame.Realtime, Provider: "xai", Model: "grok-voice"},
		}},
	},
	"realtime by tokens and session": {
		`{"type":"llm_usage","provider":"xAI","model":"grok-voice","input_tokens":9,"input_text_tokens":9,"output_tokens":4,"output_text_tokens":4,"session_duration":74.2}`,
		`{"type":"llm_usage","provider":"xAI","model":"grok-voice","inputTokens":9,"inputTextTokens":9,"outputTokens":4,"outputTextTokens":4,"sessionDurationMs":74200}`,
		[]frame.Event{
			{
				Kind: frame.TokensUsed, Running: true, Paired: true, Source: grokVoice,
				Tokens: frame.Tokens{frame.PromptText: 9, frame.CompletionText: 4},
			},
			{Kind: frame.RealtimeConnected, Running: true, Paired: true, Source: grokVoice, Value: 74.2},
		},
	},
	"tts": {
		`{"type":"tts_usage","provider":"Cartesia","model":"sonic-3","characters_count":480,"audio_duration":31.5}`,
		`{"type":"tts_usage","provider":"Cartesia","model":"sonic-3","inputTokens":0,"outputTokens":0,"charactersCount":480,"audioDurationMs":31500}`,
		[]frame.Event{{
			Kind: frame.CharactersUsed, Running: true, Value: 480,
			Source: frame.Source{Stage: frame.TTS, Provider: "cartesia", Model: "sonic-3"},
		}},
	},
	"tts that counts tokens": {
		`{"type":"tts_usage","provider":"openai","model":"gpt-4o-mini-tts","characters_count":48,"input_tokens":12,"output_tokens":90}`,
		`{"type":"tts_usage","provider":"openai","model":"gpt-4o-mini-tts","charactersCount":48,"inputTokens":12,"outputTokens":90,"audioDurationMs":3200}`,
		[]frame.Event{
			{
				Kind: frame.CharactersUsed, Running: true, Paired: true, Value: 48,
				Source: frame.Source{Stage: frame.TTS, Provider: "openai", Model: "gpt-4o-mini-tts"},
			},
			{
				Kind: frame.TokensUsed, Running: true, Paired: true, Tokens: frame.Tokens{frame.PromptText: 12, frame.CompletionAudio: 90},
				Source: frame.Source{Stage: frame.TTS, Provider: "openai", Model: "gpt-4o-mini-tts"},
			},
		},
	},
	"stt": {
		`{"type":"stt_usage","provider":"Deepgram","model":"nova-3","input_tokens":5,"audio_duration":62.25}`,
		`{"type":"stt_usage","provider":"Deepgram","model":"nova-3","inputTokens":5,"outputTokens":0,"audioDurationMs":62250}`,
		[]frame.Event{{
			Kind: frame.AudioTranscribed, Running: true, Value: 62.25,
			Source: frame.Source{Stage: frame.STT, Provider: "deepgram", Model: "nova-3"},
		}},
	},
	"of nothing": {
		`{"type":"tts_usage","provider":"Cartesia","model":"sonic-3"}`,
		`{"type":"tts_usage","provider":"Cartesia","model":"sonic-3","charactersCount":0}`,
		nil,
	},
	"requests to a detector": {
		`{"type":"eot_usage","provider":"livekit","model":"turn-detector-v1","total_requests":7}`,
		`{"type":"interruption_usage","provider":"livekit","model":"adaptive","totalRequests":7}`,
		nil,
	},
}

// What a session has used so far: in its event, in its report and alone.
func TestRunningTotals(t *testing.T) {
	for name, test := range used {
		for message, ends := range map[string]bool{
			`{"type":"session_usage_updated","created_at":1755781200.1,"usage":{"model_usage":[` + test.python + `]}}`:               false,
			`{"type":"session_usage_updated","createdAt":1755781200100,"usage":{"modelUsage":[` + test.javascript + `]}}`:            false,
			`{"job_id":"AJ_1","room_id":"RM_1","room":"r","timestamp":1755781200.1,"usage":[` + test.python + `],"sdk_version":"1"}`: true,
			`{"jobId":"AJ_1","roomId":"RM_1","room":"r","timestamp":1755781200100,"modelUsage":[` + test.javascript + `]}`:           true,
		} {
			want := frame.Frame{ID: frame.DigestID([]byte(message)), Time: at, Events: test.want}
			if ends {
				want.Conversation = "AJ_1"
				want.Events = append(append([]frame.Event(nil), test.want...), frame.Event{Kind: frame.CallEnded})
			}
			got, err := read([]byte(message))
			require.NoError(t, err, message)
			assert.Equal(t, want, got, name)
		}
		for _, alone := range []string{test.python, test.javascript} {
			if strings.Contains(alone, "total") { // a detector's
				continue
			}
			got, err := read([]byte(alone))
			require.NoError(t, err, alone)
			assert.Equal(t, frame.Frame{Events: test.want}, got, name)
		}
	}
}

func TestSessionReport(t *testing.T) {
	ended := func(reason string) frame.Event { return frame.Event{Kind: frame.CallEnded, Name: reason} }
	began := func(seconds float64) frame.Event {
		return frame.Event{Kind: frame.CallStarted, Began: at.Add(-time.Duration(seconds * float64(time.Second)))}
	}
	for message, want := range map[string][]frame.Event{
		`{"timestamp":1755781200.1,"sdk_version":"1.8.9","usage":null,"events":[{"type":"close","reason":"error"}],"chat_history":{"items":["secret"]},"duration_ms":74200,"close_reason":"CR_PARTICIPANT_DISCONNECTED"}`: {
			began(74.2), ended("participant_disconnected"),
		},
		`{"timestamp":1755781200.1,"sdk_version":"1.8.9","duration_ms":null,"close_reason":"CR_COMPLETED"}`: {ended("task_completed")},
		`{"timestamp":1755781200.1,"sdk_version":"1.8.9","close_reason":"CR_UNKNOWN"}`:                      {ended("")},
		`{"timestamp":1755781200.1,"sdk_version":"1.8.9","close_reason":null}`:                              {ended("")},
		`{"timestamp":1755781200100,"startedAt":1755781190100,"duration":5,"modelUsage":[]}`:                {began(10), ended("")},
		`{"type":"SessionReport","timestamp":1755781200.1,"sdk_version":"1.8.9"}`:                           {ended("")},
		`{"timestamp":1755781200100,"sdk_version":"1.9.0","usage":[],"events":[{"type":"agent_state_changed","created_at":1755781190100},{"type":"user_input_transcribed","transcript":"secret","reason":7},{"type":"close","reason":"participant_disconnected","created_at":1755781200000}]}`: {
			began(10), ended("participant_disconnected"),
		},
		`{"timestamp":1755781200.1,"sdk_version":"1.9.0","usage":[],"events":[{"type":"close","reason":{}},7]}`: {ended("")},
	} {
		got, err := read([]byte(message))
		require.NoError(t, err, message)
		assert.Equal(t, frame.Frame{ID: frame.DigestID([]byte(message)), Time: at, Events: want}, got, message)
	}
}

// One bad entry costs itself: the fault names its path, the others are taken, and the call is over.
func TestBadTotals(t *testing.T) {
	const good = `{"type":"tts_usage","provider":"Cartesia","model":"sonic-3","characters_count":480}`
	for entry, want := range map[string]string{
		`7`:                                      "usage[1]: must be an object",
		`{"type":"llm_usage","input_tokens":-1}`: "usage[1].input_tokens: must be between 0 and 1000000000 tokens",
		`{"type":"llm_usage","input_tokens":1,"input_cached_tokens":2}`:         "usage[1]: the parts (cached, audio, reasoning) are more than",
		`{"type":"llm_usage","input_tokens":1,"input_cache_creation_tokens":2}`: "usage[1]: the parts (cached, audio, reasoning) are more than",
		`{"type":"llm_usage","output_tokens":1,"output_reasoning_tokens":2}`:    "usage[1]: the parts (cached, audio, reasoning) are more than",
		`{"type":"llm_usage","session_duration":"long"}`:                        "usage[1].session_duration: must be a finite number",
		`{"type":"stt_usage","audio_duration":-1}`:                              "usage[1].audio_duration: must be between 0 and 604800",
		`{"type":"tts_usage","characters_count":1.5}`:                           "usage[1].characters_count: must be a whole number",
		`{"type":"tts_usage","output_tokens":"many"}`:                           "usage[1].output_tokens: must be a whole number",
	} {
		got, err := read([]byte(`{"sdk_version":"1.8.9","usage":[` + good + "," + entry + `]}`))
		require.NoError(t, err, entry)
		require.Len(t, got.Events, 2, entry)
		assert.Equal(t, 480.0, got.Events[0].Value)
		assert.Equal(t, frame.CallEnded, got.Events[1].Kind)
		if assert.Len(t, got.Faults, 1, entry) {
			assert.Contains(t, got.Faults[0].Error(), want)
		}
	}
	got, err := read([]byte(`{"sdk_version":"1.8.9","usage":7}`))
	require.NoError(t, err)
	assert.Equal(t, []frame.Event{{Kind: frame.CallEnded}}, got.Events)
	assert.Equal(t, "usage: must be an array", got.Faults[0].Error())
}

// The close is the last of a session's events, however many there were.
func TestReportOfALongSession(t *testing.T) {
	events := `{"type":"agent_state_changed","created_at":1755781190}` + strings.Repeat(`,{"type":"x"}`, 5*wire.MaxData)
	got, err := decodeReport([]byte(`{"sdk_version":"1.9.0","usage":[],"events":[` + events + `,{"type":"close","reason":"error"}]}`))
	require.NoError(t, err)
	require.Len(t, got.Events, 2)
	assert.Equal(t, time.Unix(1755781190, 0).UTC(), got.Events[0].Began)
	assert.Equal(t, frame.Event{Kind: frame.CallEnded, Name: "error"}, got.Events[1])
}
