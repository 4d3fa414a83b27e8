package dialect

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect/wire"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

var at = time.Date(2025, 11, 24, 16, 0, 3, 100_000_000, time.UTC)

func llm(model string) frame.Source {
	return frame.Source{Stage: frame.LLM, Processor: "OpenAILLMService", Provider: "openai", Model: model}
}

var cartesia = frame.Source{Stage: frame.TTS, Processor: "CartesiaTTSService", Provider: "cartesia"}

// The typed frames that bots.md 9.0 publishes, and the other classes that mean something.
func TestDecodePipecatFrames(t *testing.T) {
	for name, test := range map[string]struct {
		message string
		want    []frame.Event
	}{
		"start": {
			`{"type":"StartFrame","call_id":"c1","timestamp":1764000003.1,"llm_model":"gpt-4o","stt_model":"gladia","tts_model":"cartesia"}`,
			[]frame.Event{{Kind: frame.CallStarted, Models: []frame.Source{
				{Stage: frame.LLM, Model: "gpt-4o"},
				{Stage: frame.STT, Provider: "gladia"},
				{Stage: frame.TTS, Provider: "cartesia"},
			}}},
		},
		"latency": {
			`{"type":"MetricsFrame","call_id":"c1","timestamp":1764000003.1,"data":[{"type":"TTFBMetricsData","processor":"OpenAILLMService#57","model":"gpt-4o","value":0.412},{"type":"ProcessingMetricsData","processor":"OpenAILLMService#57","value":1.31}]}`,
			[]frame.Event{
				{Kind: frame.TTFB, Source: llm("gpt-4o"), Value: 412},
				{Kind: frame.Processing, Source: llm(""), Value: 1310},
			},
		},
		"tokens": {
			`{"type":"MetricsFrame","call_id":"c1","timestamp":1764000003.1,"data":[{"type":"LLMUsageMetricsData","processor":"OpenAILLMService#0","model":"gpt-4o","value":{"prompt_tokens":1042,"completion_tokens":37,"total_tokens":1079,"cache_read_input_tokens":896,"reasoning_tokens":null}}]}`,
			[]frame.Event{{Kind: frame.TokensUsed, Source: llm("gpt-4o"), Tokens: frame.Tokens{
				frame.PromptText: 146, frame.PromptCacheRead: 896, frame.CompletionText: 37,
			}}},
		},
		"characters": {
			`{"type":"MetricsFrame","call_id":"c1","timestamp":1764000003.1,"data":[{"type":"TTSUsageMetricsData","processor":"CartesiaTTSService#0","value":48},{"type":"TTFBMetricsData","processor":"CartesiaTTSService#0","value":0.19}]}`,
			[]frame.Event{
				{Kind: frame.CharactersUsed, Source: cartesia, Value: 48},
				{Kind: frame.TTFB, Source: cartesia, Value: 190},
			},
		},
		"audio": {
			`{"type":"MetricsFrame","call_id":"c1","timestamp":1764000003.1,"data":[{"type":"STTUsageMetricsData","processor":"DeepgramSTTService#0","model":"nova-3","value":{"audio_seconds":7.84}}]}`,
			[]frame.Event{{Kind: frame.AudioTranscribed, Value: 7.84, Source: frame.Source{
				Stage: frame.STT, Processor: "DeepgramSTTService", Provider: "deepgram", Model: "nova-3",
			}}},
		},
		"metrics without a frame type": {
			`{"type":"MetricsFrame","call_id":"c1","timestamp":"2025-11-24T16:00:03.1Z","data":[{"type":"TTFBMetricsData","processor":"MyLLMService#0","value":0.1}]}`,
			[]frame.Event{{Kind: frame.TTFB, Value: 100, Source: frame.Source{Stage: frame.LLM, Processor: "MyLLMService"}}},
		},
		"end":            {`{"type":"EndFrame","call_id":"c1","timestamp":1764000003.1,"reason":"hangup"}`, []frame.Event{{Kind: frame.CallEnded, Name: "hangup"}}},
		"end, no reason": {`{"type":"EndFrame","call_id":"c1","timestamp":1764000003.1,"reason":null}`, []frame.Event{{Kind: frame.CallEnded, Name: "end"}}},
		"cancel":         {`{"type":"CancelFrame","call_id":"c1","timestamp":1764000003.1,"reason":{"x":1}}`, []frame.Event{{Kind: frame.CallEnded, Name: "cancel"}}},
		"error": {
			`{"type":"ErrorFrame","call_id":"c1","timestamp":1764000003.1,"error":"secret words","fatal":true,"processor":"OpenAILLMService#3","category":"timeout"}`,
			[]frame.Event{{Kind: frame.Failed, Source: llm(""), Name: "timeout"}},
		},
		"user starts":   {`{"type":"UserStartedSpeakingFrame","call_id":"c1","timestamp":1764000003.1}`, []frame.Event{{Kind: frame.UserStartedTalking, Echo: true}}},
		"user stops":    {`{"type":"UserStoppedSpeakingFrame","call_id":"c1","timestamp":1764000003100}`, []frame.Event{{Kind: frame.UserStoppedTalking, Echo: true}}},
		"bot starts":    {`{"type":"BotStartedSpeakingFrame","call_id":"c1","timestamp":1764000003.1}`, []frame.Event{{Kind: frame.BotStartedTalking}}},
		"bot stops":     {`{"type":"BotStoppedSpeakingFrame","call_id":"c1","timestamp":1764000003.1}`, []frame.Event{{Kind: frame.BotStoppedTalking}}},
		"interruption":  {`{"type":"InterruptionFrame","call_id":"c1","timestamp":1764000003.1}`, []frame.Event{{Kind: frame.Interrupted}}},
		"empty metrics": {`{"type":"MetricsFrame","call_id":"c1","timestamp":1764000003.1,"data":[]}`, nil},
		"record: tokens": {
			`{"kind":"llm","call_id":"c1","processor":"OpenAILLMService#0","model":"gpt-4o","timestamp":1764000003.1,"audio_seconds":null,"characters":null,"prompt_tokens":1042,"completion_tokens":37,"total_tokens":1079,"cache_read_input_tokens":896,"cache_creation_input_tokens":null}`,
			[]frame.Event{{Kind: frame.TokensUsed, Source: llm("gpt-4o"), Tokens: frame.Tokens{
				frame.PromptText: 146, frame.PromptCacheRead: 896, frame.CompletionText: 37,
			}}},
		},
		"record: characters": {
			`{"kind":"tts","call_id":"c1","processor":"CartesiaTTSService#0","timestamp":1764000003.1,"characters":48}`,
			[]frame.Event{{Kind: frame.CharactersUsed, Source: cartesia, Value: 48}},
		},
		"record: audio": {
			`{"kind":"stt","call_id":"c1","processor":"ElevenLabsRealtimeSTTService#0","timestamp":1764000003.1,"audio_seconds":2.5}`,
			[]frame.Event{{Kind: frame.AudioTranscribed, Value: 2.5, Source: frame.Source{
				Stage: frame.STT, Processor: "ElevenLabsRealtimeSTTService", Provider: "elevenlabs",
			}}},
		},
		"record: latency": {
			`{"kind":"ttfb","call_id":"c1","processor":"CartesiaTTSService#0","timestamp":1764000003.1,"seconds":0.19}`,
			[]frame.Event{{Kind: frame.TTFB, Source: cartesia, Value: 190}},
		},
		"record: speech": {`{"kind":"bot_speech_started","call_id":"c1","timestamp":1764000003.1,"started_at":null}`, []frame.Event{{Kind: frame.BotStartedTalking}}},
		"a total alone": {
			`{"kind":"llm","call_id":"c1","processor":"OpenAILLMService#0","timestamp":1764000003.1,"prompt_tokens":0,"completion_tokens":0,"total_tokens":500}`,
			[]frame.Event{{Kind: frame.TokensUsed, Source: llm(""), Tokens: frame.Tokens{frame.Unsplit: 500}}},
		},
		"a reason in words": {
			`{"type":"EndFrame","call_id":"c1","timestamp":1764000003.1,"reason":"Goodbye Mr Smith, your card ends in 1234"}`,
			[]frame.Event{{Kind: frame.CallEnded, Name: "other"}},
		},
		"record: tool": {
			`{"kind":"function_call_timed_out","call_id":"c1","function_name":"book","tool_call_id":"t","timestamp":1764000003.1,"arguments":{"name":"secret"}}`,
			[]frame.Event{{Kind: frame.ToolCalled, Name: "book", Outcome: "timed_out"}},
		},
		"record: error": {
			`{"message":"secret","category":"auth","exception_type":"X","processor":"OpenAILLMService#0","processor_usable":false,"timestamp":1764000003.1,"call_id":"c1"}`,
			[]frame.Event{{Kind: frame.Failed, Source: llm(""), Name: "auth"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, _, err := Decode([]byte(test.message), "")
			require.NoError(t, err)
			assert.Empty(t, got.Faults)
			assert.Zero(t, got.Sentinels)
			assert.Equal(t, test.want, got.Events)
			assert.Equal(t, "c1", got.CallID)
			assert.Equal(t, at, got.Time)
			assert.Equal(t, frame.DigestID([]byte(test.message)), got.ID)
		})
	}
}

// Every dialect is found by what its own test shows in full.
func TestWhichDialect(t *testing.T) {
	for message, want := range map[string]frame.Kind{
		`{"label":"rtvi-ai","type":"bot-interrupted"}`:                                          frame.Interrupted,
		`{"data":"{\"label\":\"rtvi-ai\",\"type\":\"bot-interrupted\"}"}`:                       frame.Interrupted,
		`{"message":{"data":"{\"label\":\"rtvi-ai\",\"type\":\"bot-interrupted\"}"}}`:           frame.Interrupted,
		`{"type":"MessageFrame","data":"{\"label\":\"rtvi-ai\",\"type\":\"bot-interrupted\"}"}`: frame.Interrupted,
		`{"data":[{"type":"TTFBMetricsData","value":0.1}]}`:                                     frame.TTFB,
		`{"sdk_version":"1.7.0","usage":null}`:                                                  frame.CallEnded,
		`{"jobId":"j","modelUsage":[]}`:                                                         frame.CallEnded,
		`{"client_connected_secs":1.5}`:                                                         frame.StartedUp,
		`{"total_duration_secs":1.5,"processor_timings":[]}`:                                    frame.StartedUp,
		`{"type":"error","error":{"type":"llm_error"},"created_at":1764000003.1}`:               frame.Failed,
		`{"kind":"interruption"}`:                                                               frame.Interrupted,
		`{"message":"secret","processor_usable":true}`:                                          frame.Failed,
		`{"type":"EndFrame"}`:                                                                   frame.CallEnded,
		`{"type":"session.created","session":{}}`:                                               frame.CallStarted,
		`{"type":"error","event_id":"e","error":{}}`:                                            frame.Failed,
		`{"type":"metrics_collected","metrics":{"type":"tts_metrics","characters_count":5}}`:    frame.CharactersUsed,
		`{"type":"llm_metrics","label":"openai.LLM","promptTokens":5}`:                          frame.TokensUsed,
		`{"type":"close","reason":"error"}`:                                                     frame.CallEnded,
	} {
		got, _, err := Decode([]byte(message), "")
		require.NoError(t, err, message)
		require.Len(t, got.Events, 1, message)
		assert.Equal(t, want, got.Events[0].Kind, message)
	}
}

func TestNameOfTheDialect(t *testing.T) {
	for message, want := range map[string]Name{
		`{"label":"rtvi-ai","type":"metrics"}`:                        RTVI,
		`{"data":"{\"label\":\"rtvi-ai\"}"}`:                          RTVI,
		`{"type":"voice.call"}`:                                       Voice,
		`{"type":"error","event_id":"e"}`:                             OpenAIRealtime,
		`{"type":"error"}`:                                            LiveKit,
		`{"type":"session_usage_updated"}`:                            LiveKit,
		`{"type":"llm_usage"}`:                                        LiveKit,
		`{"sdk_version":"1"}`:                                         LiveKit,
		`{"type":"call_started"}`:                                     Pipecat,
		`{"event":"call-ended"}`:                                      Pipecat,
		`{"event":"call_ended","call":null}`:                          Pipecat,
		`{"event":{"name":"call_ended"}}`:                             Unknown,
		`{"event":"call_transferred"}`:                                Unknown,
		`{"type":"response.created"}`:                                 OpenAIRealtime,
		`{"kind":"turn_ended"}`:                                       Pipecat,
		`{"type":"LatencyBreakdown"}`:                                 Pipecat,
		`{"contributions":[]}`:                                        Pipecat,
		`{"ttfb":[],"function_calls":[]}`:                             Pipecat,
		`{"user_turn_secs":0.6}`:                                      Pipecat,
		`{"bot_connected_secs":0.6}`:                                  Pipecat,
		`{"data":[{"type":"Horoscope"}]}`:                             Unknown,
		`{"data":[]}`:                                                 Unknown,
		`{"type":"hello","contributions":[]}`:                         Unknown,
		`{"message":{"type":"end-of-call-report","endedReason":"x"}}`: Unknown,
		`{"event":"call_ended","call":{"call_id":"c"}}`:               Unknown,
		`{"type":"post_call_transcription","data":{}}`:                Unknown,
		`{}`: Unknown,
		`{`:  Unknown,
	} {
		_, got, _ := Decode([]byte(message), "")
		assert.Equal(t, want, got, message)
	}
}

// Who names the dialect learns what that dialect expects.
func TestForcedDialect(t *testing.T) {
	for as, expectation := range map[Name]string{
		Pipecat:        "not a message of Pipecat: expected a frame",
		RTVI:           "not an RTVI message: expected",
		LiveKit:        "not a message of LiveKit Agents: expected an event",
		OpenAIRealtime: "not a server event of OpenAI's Realtime API: expected",
	} {
		for _, message := range []string{`{"type":"hello"}`, `{"x":1}`} {
			_, got, err := Decode([]byte(message), as)
			var fault frame.Fault
			require.ErrorAs(t, err, &fault, "%s: %s", as, message)
			assert.Equal(t, frame.UnknownMessage, fault.Class)
			assert.Contains(t, fault.Error(), expectation)
			assert.Equal(t, as, got)
		}
	}
	got, as, err := Decode([]byte(`{"data":"{\"label\":\"rtvi-ai\",\"type\":\"bot-interrupted\"}"}`), RTVI)
	require.NoError(t, err)
	assert.Equal(t, RTVI, as)
	assert.Equal(t, []frame.Event{{Kind: frame.Interrupted}}, got.Events)
	got, _, err = Decode([]byte(`{"type":"error","error":{}}`), OpenAIRealtime)
	require.NoError(t, err)
	assert.Equal(t, frame.Failed, got.Events[0].Kind)
}

func TestDecodeIgnores(t *testing.T) {
	for _, message := range []string{
		`{"type":"TranscriptionFrame","call_id":"c1","text":"secret"}`,
		`{"type":"HeartbeatFrame"}`,
		`{"type":"RTVIServerMessageFrame","data":{"a":1},"processor":{"x":2},"category":[3]}`,
		`{"kind":"ttfa","seconds":0.3}`,
		`{"kind":"ttfat","seconds":0.3,"thinking_time_secs":0.1}`,
		`{"kind":"turn_started","turn_number":3}`,
		`{"kind":"function_call_started","function_name":"book"}`,
		`{"type":"FunctionCallInProgressFrame","function_name":"book","tool_call_id":"t","arguments":{"name":"secret"}}`,
		`{"type":"FunctionCallResultFrame","function_name":"book","properties":{"is_final":false},"result":"secret"}`,
		`{"type":"FunctionCallsStartedFrame","function_calls":[{"function_name":"book"}]}`,
		`{"type":"MessageFrame","data":"an application's own"}`,
	} {
		_, _, err := Decode([]byte(message), "")
		assert.ErrorIs(t, err, wire.ErrIgnored, message)
	}
}

// What cannot be a traceparent costs itself.
func TestDecodeTraceparent(t *testing.T) {
	const parent = `"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"`
	for _, message := range []string{`"type":"EndFrame"`, `"type":"MetricsFrame","data":[{"type":"TTFBMetricsData","value":1}]`, `"type":"voice.call_ended"`, `"type":"close"`} {
		for value, faults := range map[string]int{parent: 0, `null`: 0, `""`: 0, `7`: 1, `{"a":[1]}`: 1, `[]`: 1, `true`: 1} {
			got, _, err := Decode([]byte(`{`+message+`,"traceparent":`+value+`}`), "")
			require.NoError(t, err, value)
			assert.Len(t, got.Events, 1, value)
			assert.Equal(t, value != parent, got.Trace.IsZero(), value)
			if assert.Len(t, got.Faults, faults, "%s %s", message, value) && faults > 0 {
				assert.Equal(t, "traceparent: must be a string", got.Faults[0].Error())
			}
		}
	}
}

// What a vendor sends for "no value" is dropped and counted, and is no fault.
func TestDecodeSentinels(t *testing.T) {
	got, _, err := Decode([]byte(`{"type":"MetricsFrame","call_id":"c1","data":[
		{"type":"TTFBMetricsData","processor":"OpenAILLMService#0","value":0.0},
		{"type":"ProcessingMetricsData","processor":"OpenAILLMService#0","value":0},
		{"type":"TTFBMetricsData","processor":"DeepgramSTTService#0","value":-0.3},
		{"type":"LLMUsageMetricsData","processor":"OpenAILLMService#0","value":{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0}},
		{"type":"TTSUsageMetricsData","processor":"CartesiaTTSService#0","value":0},
		{"type":"TTFAMetricsData","processor":"CartesiaTTSService#0","ttfa":0.31,"ttfb":0.19,"leading_silence":0.12},
		{"type":"TTFBMetricsData","processor":"CartesiaTTSService#0","value":0.19}]}`), "")
	require.NoError(t, err)
	assert.Empty(t, got.Faults)
	assert.Equal(t, 5, got.Sentinels)
	assert.Equal(t, []frame.Event{{Kind: frame.TTFB, Source: cartesia, Value: 190}}, got.Events)
	assert.Zero(t, got.ID, "without id and timestamp two equal frames are two")
}

func TestDecodeRejects(t *testing.T) {
	for message, want := range map[string]string{
		`{`:                               "not JSON",
		`{"type":5}`:                      "type: must be a string",
		`{"x":1}`:                         `no known dialect: expected a Pipecat frame ("type":"…Frame"), `,
		`{"kind":"whatever"}`:             `no known dialect: expected a Pipecat frame ("type":"…Frame"), `,
		`{"type":"EndFrame","call_id":7}`: "call_id: must be a string",
		`{"type":"EndFrame","id":[1]}`:    "id: must be a string or a number",
		`{"type":"EndFrame","timestamp":"yesterday"}`:            "timestamp: must be Unix seconds or milliseconds, or an RFC 3339 string",
		`{"type":"EndFrame","timestamp":-5}`:                     "timestamp: must be Unix seconds (or milliseconds) of this century",
		`{"type":"EndFrame","timestamp":1e300}`:                  "timestamp: must be Unix seconds (or milliseconds) of this century",
		`{"type":"EndFrame","timestamp":8123.4}`:                 "is it a monotonic clock",
		`{"type":"EndFrame","timestamp":""}`:                     "timestamp: must be Unix seconds or milliseconds, or an RFC 3339 string",
		`{"type":"MetricsFrame","data":{}}`:                      "data: must be an array",
		`{"kind":"tts","characters":-1}`:                         "characters: must be between 0 and 1e+08",
		`{"type":"EndFrame","type":"EndFrame"}`:                  "the same name stands twice in one object",
		`{"kind":"tts"}`:                                         "characters: missing",
		`{"kind":"tts","characters":0.9}`:                        "characters: must be a whole number",
		`{"type":"EndFrame","timestamp":"1970-01-01T00:00:05Z"}`: "timestamp: must be Unix seconds (or milliseconds) of this century",
		`{"type":"EndFrame","timestamp":"9999-01-01T00:00:05Z"}`: "timestamp: must be Unix seconds (or milliseconds) of this century",
		`{"kind":"ttfb","seconds":""}`:                           "seconds: must be a finite number",
		`{"kind":"llm","prompt_tokens":1000000000000000}`:        "prompt_tokens: must be between 0 and 1000000000 tokens",
		`{"kind":"llm","prompt_tokens":1.5}`:                     "prompt_tokens: must be a whole number, without a fraction or exponent",
	} {
		_, _, err := Decode([]byte(message), "")
		var fault frame.Fault
		if assert.ErrorAs(t, err, &fault, message) {
			assert.Contains(t, fault.Error(), want, message)
		}
	}
}

// One bad datum costs itself: the fault names its path, the others are taken.
func TestDecodeBadDatum(t *testing.T) {
	for datum, want := range map[string]string{
		`{"type":"TTFBMetricsData","value":"fast"}`:                                                "data[1].value: must be a finite number",
		`{"type":"TTFBMetricsData"}`:                                                               "data[1].value: missing",
		`{"type":"TTFBMetricsData","value":1e9}`:                                                   "data[1].value: must be between -604800 and 604800",
		`{"processor":"OpenAILLMService#0","value":0.4}`:                                           "data[1].type: missing: send the class name",
		`{"type":"HoroscopeMetricsData"}`:                                                          "data[1].type: not a class of Pipecat's metrics",
		`{"type":"TTSUsageMetricsData","value":-3}`:                                                "data[1].value: must be between 0 and 1e+08",
		`{"type":"LLMUsageMetricsData","value":null}`:                                              "data[1].value: missing",
		`{"type":"LLMUsageMetricsData","value":7}`:                                                 "data[1].value: must be an object",
		`{"type":"LLMUsageMetricsData","value":{"prompt_tokens":-1}}`:                              "data[1].value.prompt_tokens: must be between 0 and 1000000000 tokens",
		`{"type":"LLMUsageMetricsData","value":{"prompt_tokens":"x"}}`:                             "data[1].value.prompt_tokens: must be a whole number, without a fraction or exponent",
		`{"type":"LLMUsageMetricsData","value":{"prompt_tokens":10,"cache_read_input_tokens":20}}`: "data[1].value: the parts",
		`{"type":"LLMUsageMetricsData","value":{"input_tokens":500,"output_tokens":100}}`:          "data[1].value.prompt_tokens: missing",
		`{"type":"STTUsageMetricsData","value":{}}`:                                                "data[1].value.audio_seconds: missing",
		`5`: "data[1]: must be an object",
	} {
		got, _, err := Decode([]byte(`{"type":"MetricsFrame","call_id":"c1","data":[`+
			`{"type":"TTFBMetricsData","processor":"CartesiaTTSService#0","value":0.19},`+datum+`]}`), "")
		require.NoError(t, err, datum)
		assert.Equal(t, []frame.Event{{Kind: frame.TTFB, Source: cartesia, Value: 190}}, got.Events, datum)
		if assert.Len(t, got.Faults, 1, datum) {
			assert.Contains(t, got.Faults[0].Error(), want, datum)
		}
	}
}

func TestDecodeTooManyData(t *testing.T) {
	got, _, err := Decode([]byte(`{"type":"MetricsFrame","data":[{}`+strings.Repeat(",{}", 1000)+`]}`), "")
	require.NoError(t, err)
	assert.Empty(t, got.Events)
	require.Len(t, got.Faults, 1)
	assert.Equal(t, "data: more than 1000 data in one frame", got.Faults[0].Error())
}

// The same frame sent again, also with another timestamp as at another hop, is the same frame.
func TestIdentity(t *testing.T) {
	id := func(message string) frame.ID {
		f, _, err := Decode([]byte(message), "")
		require.NoError(t, err)
		return f.ID
	}
	first := id(`{"type":"EndFrame","id":12,"timestamp":1764000003.1}`)
	assert.Equal(t, first, id(`{"type":"EndFrame","id":12,"timestamp":1764000003.9}`))
	assert.NotEqual(t, first, id(`{"type":"EndFrame","id":13,"timestamp":1764000003.1}`))
	assert.NotEqual(t, first, id(`{"type":"StartFrame","id":12,"timestamp":1764000003.1}`))
	assert.Len(t, first.String(), 16)
	assert.Empty(t, frame.ID(0).String())
	assert.Equal(t, "000000000000002a", frame.ID(42).String())
}
