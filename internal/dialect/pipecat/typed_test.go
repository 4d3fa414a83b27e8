package pipecat

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect/dialecttest"
	"github.com/otelcol-voice/otelcol-voice/internal/dialect/wire"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

var (
	readFrame = dialecttest.Typed(DecodeFrame)
	at        = time.Date(2025, 11, 24, 16, 0, 3, 100_000_000, time.UTC)
)

func TestFrames(t *testing.T) {
	tool := func(name, outcome string) []frame.Event {
		return []frame.Event{{Kind: frame.ToolCalled, Name: name, Outcome: outcome}}
	}
	only := func(kind frame.Kind) []frame.Event { return []frame.Event{{Kind: kind}} }
	for message, want := range map[string][]frame.Event{
		`{"type":"StartFrame","audio_in_sample_rate":16000,"enable_metrics":true}`: only(frame.CallStarted),
		`{"type":"ClientConnectedFrame"}`:                                          only(frame.CallStarted),
		`{"type":"BotConnectedFrame"}`:                                             only(frame.CallStarted),
		`{"type":"StopFrame"}`:                                                     {{Kind: frame.CallEnded, Name: "end"}},
		`{"type":"CancelFrame","reason":"idle_timeout"}`:                           {{Kind: frame.CallEnded, Name: "idle_timeout"}},
		`{"type":"StartInterruptionFrame"}`:                                        only(frame.Interrupted),
		`{"type":"FatalErrorFrame","error":"secret","fatal":true}`:                 {{Kind: frame.Failed, Name: "unknown"}},
		`{"type":"ErrorFrame","error":"","exception":null,"processor":"DeepgramSTTService#1","category":"auth"}`: {{
			Kind: frame.Failed, Name: "auth", Source: frame.Source{Stage: frame.STT, Processor: "DeepgramSTTService", Provider: "deepgram"},
		}},
		`{"type":"UserStartedSpeakingFrame","emulated":true}`: {{Kind: frame.UserStartedTalking, Echo: true}},
		`{"type":"UserStoppedSpeakingFrame"}`:                 {{Kind: frame.UserStoppedTalking, Echo: true}},
		`{"type":"VADUserStartedSpeakingFrame"}`:              only(frame.UserStartedTalking),
		`{"type":"VADUserStoppedSpeakingFrame"}`:              only(frame.UserStoppedTalking),
		`{"type":"FunctionCallResultFrame","function_name":"book","tool_call_id":"t","arguments":{"a":"secret"},"result":"secret","run_llm":null,"properties":null,"error":null}`: tool("book", "completed"),
		`{"type":"FunctionCallResultFrame","function_name":"book","properties":{"is_final":true},"error":""}`:                                                                     tool("book", "completed"),
		`{"type":"FunctionCallResultFrame","function_name":"book","properties":"FunctionCallResultProperties(is_final=True)"}`:                                                    tool("book", "completed"),
		`{"type":"FunctionCallResultFrame","function_name":"book","result":{"error":"secret"},"error":"KeyError('secret')"}`:                                                      tool("book", "failed"),
		`{"type":"FunctionCallCancelFrame","function_name":"book","tool_call_id":"t"}`:                                                                                            tool("book", "cancelled"),
		`{"type":"FunctionCallCancelFrame","function_name":"book","run_llm":false}`:                                                                                               tool("book", "cancelled"),
		`{"type":"FunctionCallCancelFrame","function_name":"I am Mr Smith","run_llm":true}`:                                                                                       tool("other", "timed_out"),
		`{"type":"FunctionCallCancelFrame"}`: tool("unknown", "cancelled"),
	} {
		got, err := readFrame([]byte(message))
		require.NoError(t, err, message)
		assert.Equal(t, frame.Frame{Form: "frames", Events: want}, got, message)
	}
}

func TestFramesThatCarryNothing(t *testing.T) {
	for _, class := range []string{
		"FunctionCallInProgressFrame", "FunctionCallsStartedFrame", "ExternalFunctionCallResultFrame", "StopInterruptionFrame",
		"BotInterruptionFrame", "CancelTaskFrame", "EndTaskFrame", "EndWorkerFrame", "TranscriptionFrame", "BotSpeakingFrame",
		"ProposedUserStoppedSpeakingFrame", "UserMuteStartedFrame", "AFrameOfTomorrowFrame",
	} {
		_, err := DecodeFrame(class, []byte(`{"type":"`+class+`","function_name":5,"data":"secret","timestamp":"never read"}`))
		assert.ErrorIs(t, err, wire.ErrIgnored, class)
	}
	_, err := readFrame([]byte(`{"type":"FunctionCallResultFrame","function_name":"book","properties":{"run_llm":false,"is_final":false}}`))
	assert.ErrorIs(t, err, wire.ErrIgnored, "goes on")
	_, err = DecodeFrame("TTFBMetricsData", []byte(`{}`))
	assert.ErrorIs(t, err, ErrUnknown)
}

// The models and providers that a bot adds to what starts its call.
func TestDefaults(t *testing.T) {
	for fields, want := range map[string][]frame.Source{
		`"llm_model":"gpt-4o","stt_model":"gladia","tts_model":"cartesia"`: {
			{Stage: frame.LLM, Model: "gpt-4o"}, {Stage: frame.STT, Provider: "gladia"}, {Stage: frame.TTS, Provider: "cartesia"},
		},
		`"llm_model":"gpt-4o","llm_provider":"Azure","stt_provider":"DeepgramSTTService","tts_model":"sonic-3","tts_provider":"cartesia"`: {
			{Stage: frame.LLM, Provider: "azure", Model: "gpt-4o"},
			{Stage: frame.STT, Provider: "deepgram"},
			{Stage: frame.TTS, Provider: "cartesia", Model: "sonic-3"},
		},
		`"realtime_model":"gpt-realtime","realtime_provider":"openai"`: {{Stage: frame.Realtime, Provider: "openai", Model: "gpt-realtime"}},
		`"tts_model":"v1","tts_provider":"Acme Voices"`:                {{Stage: frame.TTS, Provider: "acme voices", Model: "v1"}},
		`"tts_model":"cartesia","tts_provider":"playht"`:               {{Stage: frame.TTS, Provider: "playht"}},
		`"llm_model":"","stt_model":""`:                                nil,
	} {
		got, err := readFrame([]byte(`{"type":"StartFrame",` + fields + `}`))
		require.NoError(t, err, fields)
		assert.Equal(t, []frame.Event{{Kind: frame.CallStarted, Models: want}}, got.Events, fields)
	}
}

// A voice activity detector is sure of what it heard only a while later.
func TestVADIsBackdated(t *testing.T) {
	for message, want := range map[string]time.Time{
		`{"type":"VADUserStoppedSpeakingFrame","timestamp":1764000003.1,"stop_secs":0.2}`:      at.Add(-200 * time.Millisecond),
		`{"type":"VADUserStartedSpeakingFrame","timestamp":1764000003.1,"start_secs":0.25}`:    at.Add(-250 * time.Millisecond),
		`{"type":"VADUserStartedSpeakingFrame","timestamp":1764000003.1,"stop_secs":0.25}`:     at,
		`{"type":"VADUserStoppedSpeakingFrame","timestamp":1764000003.1,"stop_secs":null}`:     at,
		`{"type":"VADUserStoppedSpeakingFrame","stop_secs":0.2}`:                               {},
		`{"type":"UserStoppedSpeakingFrame","timestamp":1764000003.1,"stop_secs":"no matter"}`: at,
	} {
		got, err := readFrame([]byte(message))
		require.NoError(t, err, message)
		assert.Equal(t, want, got.Time, message)
		if !want.IsZero() {
			assert.Equal(t, frame.DigestID([]byte(message)), got.ID)
		}
	}
	for message, want := range map[string]string{
		`{"type":"VADUserStoppedSpeakingFrame","stop_secs":"long"}`: "stop_secs: must be a finite number",
		`{"type":"VADUserStoppedSpeakingFrame","stop_secs":-1}`:     "stop_secs: must be between 0 and 60",
		`{"type":"VADUserStartedSpeakingFrame","start_secs":200}`:   "start_secs: must be between 0 and 60",
	} {
		_, err := readFrame([]byte(message))
		assert.ErrorContains(t, err, want, message)
	}
}

// What Pipecat broadcasts arrives as two frames, each naming the other: they are one.
func TestBroadcastSiblings(t *testing.T) {
	id := func(fields string) frame.ID {
		got, err := readFrame([]byte(`{"type":"InterruptionFrame","timestamp":1764000003.1` + fields + `}`))
		require.NoError(t, err)
		return got.ID
	}
	want := frame.NameID("InterruptionFrame", "99")
	assert.Equal(t, want, id(`,"id":99,"broadcast_sibling_id":100`))
	assert.Equal(t, want, id(`,"id":100,"broadcast_sibling_id":99`))
	assert.Equal(t, want, id(`,"id":99,"broadcast_sibling_id":null`))
	assert.Equal(t, want, id(`,"id":99`))
	assert.Equal(t, frame.NameID("InterruptionFrame", "101"), id(`,"id":"102","broadcast_sibling_id":"101"`))
	assert.NotEqual(t, want, id(`,"broadcast_sibling_id":99`), "without an id of its own it is its bytes")
}

// Classes and fields of every version: those that repeat others, or are no stage, are read into nothing.
func TestMetricsOfEveryVersion(t *testing.T) {
	got, err := readFrame([]byte(`{"type":"MetricsFrame","data":[
		{"type":"TTFAMetricsData","processor":"CartesiaTTSService#0","value":0.31},
		{"type":"TTFAMetricsData","processor":"CartesiaTTSService#0","model":"sonic-3","ttfa":0.31,"ttfb":0.19,"leading_silence":0.12},
		{"type":"TTFATMetricsData","processor":"OpenAILLMService#0","ttfat":1.9,"ttfb":0.4,"thinking_time":1.5},
		{"type":"TextAggregationMetricsData","processor":"CartesiaTTSService#0","value":0.05},
		{"type":"TurnMetricsData","processor":"X#0","is_complete":true,"probability":0.97,"e2e_processing_time_ms":41.2},
		{"type":"SmartTurnMetricsData","processor":"X#0","is_complete":true,"probability":0.97,"e2e_processing_time_ms":41.2,"inference_time_ms":30.1,"server_total_time_ms":35.0},
		{"type":"TTFBMetricsData","processor":"OpenAILLMService#0","model":null,"value":0.4123}]}`))
	require.NoError(t, err)
	assert.Equal(t, frame.Frame{Form: "frames", Events: []frame.Event{{
		Kind: frame.TTFB, Value: 412.3, Source: frame.Source{Stage: frame.LLM, Processor: "OpenAILLMService", Provider: "openai"},
	}}}, got)
}

func TestWhoRepeatsUsage(t *testing.T) {
	for processor, growing := range map[string]bool{
		"NovitaLLMService#0": true, "BasetenLLMService#0": true, "GrokLLMService#0": true, "PerplexityLLMService#0": true,
		"NvidiaLLMService#0": true, "OpenAILLMService#0": false, "AzureLLMService#0": false, "AnthropicLLMService#0": false,
		"GoogleLLMService#0": false, "GrokRealtimeLLMService#0": false, "MyLLMService#0": false, "": false,
	} {
		got, err := readFrame([]byte(`{"type":"MetricsFrame","data":[{"type":"LLMUsageMetricsData","processor":"` + processor +
			`","value":{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15}}]}`))
		require.NoError(t, err)
		require.Len(t, got.Events, 1)
		assert.Equal(t, growing, got.Events[0].Growing, processor)

		got, err = readRecord([]byte(`{"kind":"llm","processor":"` + processor + `","prompt_tokens":10,"completion_tokens":5,"total_tokens":15}`))
		require.NoError(t, err)
		assert.False(t, got.Events[0].Growing, "records came after the mending")
	}
}

// Bots say that a call starts and ends in messages of their own.
func TestSign(t *testing.T) {
	began := []frame.Event{{Kind: frame.CallStarted}}
	ended := func(reason string) []frame.Event { return []frame.Event{{Kind: frame.CallEnded, Name: reason}} }
	for message, want := range map[string]frame.Frame{
		`{"type":"call_started","call_id":"c"}`:                                                   {CallID: "c", Events: began},
		`{"type":"call-started","pipecatCallId":"p"}`:                                             {CallID: "p", Events: began},
		`{"event":"call_started","pipecatCallId":"p"}`:                                            {CallID: "p", Events: began},
		`{"event":"call-started","pipecatCallId":"p","eventTimestamp":1764000003100,"agentId":7}`: {CallID: "p", Time: at, Events: began},
		`{"event":"call-started","eventTimestamp":"2025-11-24T16:00:03.1Z"}`:                      {Time: at, Events: began},
		`{"type":"call_started","timestamp":1764000003.1,"eventTimestamp":1764000009}`:            {Time: at, Events: began},
		`{"type":"call_started","id":7}`:                                                          {ID: frame.NameID("call_started", "7"), Events: began},
		`{"event":"call-started","id":7}`:                                                         {ID: frame.NameID("call_started", "7"), Events: began},
		`{"type":"call_started","llm_model":"gpt-4o","llm_provider":"openai"}`: {Events: []frame.Event{
			{Kind: frame.CallStarted, Models: []frame.Source{{Stage: frame.LLM, Provider: "openai", Model: "gpt-4o"}}},
		}},
		`{"type":"call_ended","reason":"hangup"}`:                                        {Events: ended("hangup")},
		`{"event":"call-ended","callEndedReason":"user_hangup","transcript":["secret"]}`: {Events: ended("user_hangup")},
		`{"event":"call-ended","callEndedReason":"He said goodbye"}`:                     {Events: ended("other")},
		`{"event":"call_ended","call":null}`:                                             {Events: ended("end")},
	} {
		if !want.Time.IsZero() {
			want.ID = frame.DigestID([]byte(message))
		}
		got, err := readSign([]byte(message))
		require.NoError(t, err, message)
		assert.Equal(t, want, got, message)
	}
	_, err := readSign([]byte(`{"event":"call_ended","call":{"call_id":"c"}}`))
	assert.ErrorIs(t, err, ErrUnknown, "a platform's")
	_, err = readSign([]byte(`{"type":"call_started","eventTimestamp":"soon"}`))
	assert.ErrorContains(t, err, "eventTimestamp: must be Unix seconds")
}

// readSign goes the two ways that signs come.
func readSign(message []byte) (frame.Frame, error) {
	var head struct {
		Type string `json:"type"`
	}
	if err := wire.Unmarshal(message, &head); err != nil {
		return frame.Frame{}, err
	}
	if IsSign(head.Type) {
		return DecodeSign(head.Type, message)
	}
	return DecodeReport(message)
}
