package spanframe

import (
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect/spanusage"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

type attrs = map[string]any

var (
	start = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	end   = start.Add(1500 * time.Millisecond)
)

// spanOf makes a span of 1.5 seconds.
func spanOf(t testing.TB, name string, attributes attrs) ptrace.Span {
	t.Helper()
	span := ptrace.NewSpan()
	span.SetName(name)
	span.SetTraceID(pcommon.TraceID{1})
	span.SetSpanID(pcommon.SpanID{2})
	span.SetStartTimestamp(pcommon.NewTimestampFromTime(start))
	span.SetEndTimestamp(pcommon.NewTimestampFromTime(end))
	require.NoError(t, span.Attributes().FromRaw(attributes))
	return span
}

func with(base attrs, more ...any) attrs {
	all := maps.Clone(base)
	for i := 0; i < len(more); i += 2 {
		all[more[i].(string)] = more[i+1]
	}
	return all
}

var (
	gpt    = frame.Source{Stage: frame.LLM, Processor: "openai", Provider: "openai", Model: "gpt-4o"}
	sonic  = frame.Source{Stage: frame.TTS, Processor: "cartesia", Provider: "cartesia", Model: "sonic-3"}
	nova   = frame.Source{Stage: frame.STT, Processor: "deepgram", Provider: "deepgram", Model: "nova-3"}
	usual  = frame.Tokens{frame.PromptText: 146, frame.PromptCacheRead: 896, frame.CompletionText: 37}
	lkGPT  = frame.Source{Stage: frame.LLM, Processor: "openai.LLM", Provider: "openai", Model: "gpt-4o"}
	plain  = attrs{"gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai", "gen_ai.request.model": "gpt-4o", "gen_ai.usage.input_tokens": 1042, "gen_ai.usage.output_tokens": 37, "gen_ai.usage.cache_read.input_tokens": 896}
	lkLLM  = `{"type":"llm_metrics","label":"livekit.plugins.openai.llm.LLM","request_id":"r","timestamp":1795435205.1,"duration":1.42,"ttft":0.52,"cancelled":false,"completion_tokens":37,"prompt_tokens":1042,"prompt_cached_tokens":896,"cache_creation_tokens":0,"total_tokens":1079,"tokens_per_second":26.05,"metadata":{"model_name":"gpt-4o","model_provider":"api.openai.com"}}`
	lkTalk = `{"type":"realtime_model_metrics","label":"livekit.plugins.openai.realtime.RealtimeModel","request_id":"resp_1","timestamp":1795435205.1,"duration":1.2,"session_duration":0.0,"ttft":0.4,"cancelled":false,"input_tokens":132,"output_tokens":121,"total_tokens":253,"tokens_per_second":100.8,"input_token_details":{"audio_tokens":13,"text_tokens":119,"image_tokens":0,"cached_tokens":64,"cached_tokens_details":{"audio_tokens":0,"text_tokens":64,"image_tokens":0}},"output_token_details":{"text_tokens":30,"audio_tokens":91,"image_tokens":0},"metadata":{"model_name":"gpt-realtime","model_provider":"api.openai.com"}}`
)

const (
	pipecat   = "pipecat"
	turns     = "pipecat.turn"
	liveKit   = "livekit-agents"
	inference = "openinference.instrumentation.pipecat"
)

func TestRead(t *testing.T) {
	stt := attrs{
		"gen_ai.provider.name": "deepgram", "gen_ai.request.model": "nova-3", "gen_ai.operation.name": "stt", "vad_enabled": false,
		"transcript": "secret", "metrics.ttfb": 0.2, "metrics.audio_seconds": 7.84,
	}
	tts := attrs{
		"gen_ai.provider.name": "cartesia", "gen_ai.request.model": "sonic-3", "gen_ai.operation.name": "tts", "text": "secret",
		"metrics.character_count": 48, "metrics.ttfb": 0.19,
	}
	llm := with(plain, "input", "secret", "output", "secret", "metrics.ttfb", 0.412)
	event := func(kind frame.Kind, by frame.Source, value float64) frame.Event {
		return frame.Event{Kind: kind, Source: by, Value: value}
	}
	tokens := func(by frame.Source, n frame.Tokens) frame.Event {
		return frame.Event{Kind: frame.TokensUsed, Source: by, Tokens: n}
	}
	first, work := event(frame.TTFB, gpt, 412), event(frame.Processing, gpt, 1500)
	realtime := frame.Source{Stage: frame.Realtime, Processor: "openai", Provider: "openai", Model: "gpt-realtime"}
	talk := frame.Source{Stage: frame.Realtime, Processor: "openai.RealtimeModel", Provider: "openai", Model: "gpt-realtime"}
	for name, test := range map[string]struct {
		scope, span string
		attributes  attrs
		want        []frame.Event
		check       func(*testing.T, *Span)
	}{
		"Pipecat: stt": {pipecat, "stt", stt, []frame.Event{event(frame.TTFB, nova, 200), event(frame.AudioTranscribed, nova, 7.84)}, nil},
		"Pipecat: stt that was cut off": {pipecat, "stt", with(stt, "stt.incomplete", true), []frame.Event{
			{Kind: frame.TTFB, Source: nova, Value: 200, Cut: true}, event(frame.AudioTranscribed, nova, 7.84),
		}, nil},
		"Pipecat: stt before 1.7, without a latency": {pipecat, "stt", attrs{
			"gen_ai.system": "deepgram", "gen_ai.request.model": "nova-3", "gen_ai.operation.name": "stt",
		}, []frame.Event{{Kind: frame.CallStarted, Models: []frame.Source{{Stage: frame.STT, Processor: "deepgram", Provider: "deepgram", Model: "nova-3"}}}}, nil},
		"Pipecat: llm": {pipecat, "llm", llm, []frame.Event{first, work, tokens(gpt, usual)}, func(t *testing.T, s *Span) {
			assert.Equal(t, spanusage.Answering, s.Family)
			assert.Equal(t, Pipecat, s.Framework)
		}},
		"Pipecat: llm before 0.0.108": {pipecat, "llm", attrs{
			"gen_ai.system": "openai", "gen_ai.request.model": "gpt-4o", "gen_ai.operation.name": "chat", "metrics.ttfb": 0.412,
			"gen_ai.usage.input_tokens": 1042, "gen_ai.usage.output_tokens": 37, "gen_ai.usage.cache_read_input_tokens": 896,
		}, []frame.Event{first, work, tokens(gpt, usual)}, nil},
		"Pipecat: llm without usage": {pipecat, "llm", attrs{
			"gen_ai.provider.name": "openai", "gen_ai.request.model": "gpt-4o", "gen_ai.operation.name": "chat", "metrics.ttfb": 0.412,
		}, []frame.Event{first, work}, nil},
		"Pipecat: the latency that is none": {pipecat, "llm", with(llm, "metrics.ttfb", 0.0), []frame.Event{work, tokens(gpt, usual)}, func(t *testing.T, s *Span) {
			assert.Equal(t, 1, s.Frame.Sentinels)
		}},
		"Pipecat: tts": {pipecat, "tts", tts, []frame.Event{event(frame.TTFB, sonic, 190), event(frame.CharactersUsed, sonic, 48)}, nil},
		"Pipecat: tts that was interrupted": {pipecat, "tts", with(tts, "tts.interrupted", true), []frame.Event{
			{Kind: frame.TTFB, Source: sonic, Value: 190, Cut: true}, event(frame.CharactersUsed, sonic, 48),
		}, nil},
		"Pipecat: turn": {turns, "turn", attrs{
			"turn.number": 3, "turn.type": "conversation", "conversation.id": "c1", "turn.duration_seconds": 9.0, "turn.was_interrupted": false,
			"turn.user_bot_latency_seconds": 0.904,
		}, []frame.Event{{Kind: frame.TurnDone, Number: 3}, {Kind: frame.Answered, Value: 904}}, func(t *testing.T, s *Span) {
			assert.Equal(t, Name{"c1", ByConversation}, s.Name)
			assert.Equal(t, 3, s.Turn)
			assert.Zero(t, s.Family)
		}},
		"Pipecat: turn that was interrupted": {turns, "turn", attrs{"turn.number": 3, "turn.was_interrupted": true}, []frame.Event{{Kind: frame.TurnDone, Number: 3, Cut: true, Echo: true}}, nil},
		"Pipecat: turn that the end of the call ended": {turns, "turn", attrs{
			"turn.number": 3, "turn.was_interrupted": true, "turn.ended_by_conversation_end": true,
		}, []frame.Event{{Kind: frame.TurnDone, Number: 3}}, nil},
		"Pipecat: conversation": {turns, "conversation", attrs{"conversation.id": "c1", "conversation.type": "voice", "session.id": "s"}, nil, func(t *testing.T, s *Span) {
			assert.True(t, s.Ends)
			assert.Equal(t, Name{"c1", ByConversation}, s.Name)
		}},
		"Pipecat: realtime response": {pipecat, "llm_response", attrs{
			"gen_ai.provider.name": "openai", "gen_ai.request.model": "gpt-realtime", "gen_ai.operation.name": "llm_response",
			"gen_ai.usage.input_tokens": 132, "gen_ai.usage.output_tokens": 121, "gen_ai.usage.audio.input_tokens": 13, "gen_ai.usage.audio.output_tokens": 91,
			"gen_ai.usage.cache_read.input_tokens": 64, "metrics.ttfb": 0.4, "output": "secret",
		}, []frame.Event{event(frame.TTFB, realtime, 400), tokens(realtime, frame.Tokens{
			frame.PromptText: 55, frame.PromptCacheRead: 64, frame.PromptAudio: 13, frame.CompletionText: 30, frame.CompletionAudio: 91,
		})}, nil},
		"Pipecat: realtime set-up repeats a latency": {pipecat, "llm_setup", attrs{
			"gen_ai.provider.name": "gcp.gemini", "gen_ai.request.model": "gemini-live", "gen_ai.operation.name": "llm_setup", "metrics.ttfb": 0.4,
		}, nil, nil},
		"Pipecat: realtime tool": {pipecat, "llm_tool_result", attrs{
			"gen_ai.operation.name": "llm_tool_result", "tool.function_name": "book", "tool.result": "secret", "tool.result_status": "error",
		}, []frame.Event{{Kind: frame.ToolCalled, Name: "book", Outcome: frame.ToolFailed, Value: 1500}}, nil},
		"LiveKit: llm_request": {liveKit, "llm_request", with(plain, "lk.llm_metrics", lkLLM), []frame.Event{
			event(frame.TTFB, lkGPT, 520), event(frame.Processing, lkGPT, 1420), tokens(lkGPT, usual),
		}, func(t *testing.T, s *Span) { assert.Equal(t, LiveKit, s.Framework) }},
		"LiveKit: llm_request of an SDK that names nobody": {liveKit, "llm_request", with(plain, "lk.llm_metrics",
			strings.Replace(strings.Replace(lkLLM, `"label":"livekit.plugins.openai.llm.LLM",`, "", 1), `,"metadata":{"model_name":"gpt-4o","model_provider":"api.openai.com"}`, "", 1),
		), []frame.Event{
			event(frame.TTFB, frame.Source{Stage: frame.LLM, Provider: "openai", Model: "gpt-4o"}, 520),
			event(frame.Processing, frame.Source{Stage: frame.LLM, Provider: "openai", Model: "gpt-4o"}, 1420),
			tokens(frame.Source{Stage: frame.LLM, Provider: "openai", Model: "gpt-4o"}, usual),
		}, nil},
		"LiveKit: llm_request whose metrics are cut off": {liveKit, "llm_request", with(plain, "lk.llm_metrics", lkLLM[:100]), []frame.Event{tokens(gpt, usual)}, nil},
		"LiveKit: llm_request whose count is none: what stands beside it counts": {liveKit, "llm_request", with(plain, "lk.llm_metrics", broken(lkLLM)), []frame.Event{
			event(frame.TTFB, lkGPT, 520), event(frame.Processing, lkGPT, 1420), tokens(lkGPT, usual),
		}, func(t *testing.T, s *Span) {
			require.Len(t, s.Frame.Faults, 1)
			assert.Equal(t, spanusage.Answering, s.Family)
		}},
		"LiveKit: llm_request of a kind that is not known": {liveKit, "llm_request", with(plain, "lk.llm_metrics", strings.Replace(lkLLM, "llm_metrics", "llm2_metrics", 1)), []frame.Event{
			tokens(gpt, usual),
		}, func(t *testing.T, s *Span) { assert.Empty(t, s.Frame.Faults) }},
		"LiveKit: user_turn": {liveKit, "user_turn", attrs{"lk.transcription_delay": 0.25, "lk.end_of_turn_delay": 0.6, "lk.pii.user_transcript": "secret"}, []frame.Event{
			event(frame.TTFB, frame.Source{Stage: frame.STT}, 250),
		}, nil},
		"LiveKit: agent_turn": {liveKit, "agent_turn", attrs{"lk.generation_id": "g", "lk.e2e_latency": 1.2, "lk.interrupted": false}, []frame.Event{
			{Kind: frame.TurnDone}, {Kind: frame.Answered, Value: 1200},
		}, nil},
		"LiveKit: agent_turn after a tool": {liveKit, "agent_turn", attrs{"lk.parent_generation_id": "g", "lk.e2e_latency": 1.2, "lk.interrupted": true}, []frame.Event{
			{Kind: frame.Answered, Value: 1200}, {Kind: frame.Interrupted, Cut: true},
		}, nil},
		"LiveKit: agent_turn of a realtime model": {liveKit, "agent_turn", attrs{
			"lk.generation_id": "g", "lk.realtime_model_metrics": lkTalk, "gen_ai.usage.input_tokens": 132, "gen_ai.usage.output_tokens": 121,
		}, []frame.Event{{Kind: frame.TurnDone}, event(frame.TTFB, talk, 400), event(frame.Processing, talk, 1200), tokens(talk, frame.Tokens{
			frame.PromptText: 55, frame.PromptCacheRead: 64, frame.PromptAudio: 13, frame.CompletionText: 30, frame.CompletionAudio: 91,
		})}, func(t *testing.T, s *Span) { assert.Zero(t, s.Family, "whatever is in the turn is another request") }},
		"LiveKit: agent_turn of a realtime model whose count is none": {liveKit, "agent_turn", attrs{
			"lk.generation_id": "g", "lk.realtime_model_metrics": broken(lkTalk), "gen_ai.usage.input_tokens": 132, "gen_ai.usage.output_tokens": 121,
			"gen_ai.provider.name": "openai", "gen_ai.request.model": "gpt-realtime",
		}, []frame.Event{{Kind: frame.TurnDone}, event(frame.TTFB, talk, 400), event(frame.Processing, talk, 1200), tokens(talk, frame.Tokens{
			frame.PromptText: 132, frame.CompletionText: 121,
		})}, nil},
		"LiveKit: agent_turn of a realtime model, cut off": {liveKit, "agent_turn", attrs{
			"lk.generation_id": "g", "lk.realtime_model_metrics": lkTalk[:80], "gen_ai.usage.input_tokens": 132, "gen_ai.usage.output_tokens": 121,
			"gen_ai.provider.name": "openai", "gen_ai.request.model": "gpt-realtime",
		}, []frame.Event{{Kind: frame.TurnDone}, tokens(frame.Source{Stage: frame.Realtime, Processor: "openai", Provider: "openai", Model: "gpt-realtime"}, frame.Tokens{
			frame.PromptText: 132, frame.CompletionText: 121,
		})}, func(t *testing.T, s *Span) { require.Len(t, s.Frame.Faults, 1) }},
		"LiveKit: agent_session": {liveKit, "agent_session", attrs{"lk.job_id": "AJ_1", "lk.close_reason": "user_initiated", "lk.pii.room_name": "r"}, nil, func(t *testing.T, s *Span) {
			assert.True(t, s.Ends)
			assert.Equal(t, "user_initiated", s.Reason)
			assert.Equal(t, Name{"AJ_1", ByJob}, s.Name)
		}},
		"LiveKit: function_tool": {liveKit, "function_tool", attrs{"lk.function_tool.name": "book", "lk.function_tool.is_error": true, "lk.pii.function_tool.output": "secret"}, []frame.Event{
			{Kind: frame.ToolCalled, Name: "book", Outcome: frame.ToolFailed, Value: 1500},
		}, nil},
		"OpenInference: turn": {inference, "pipecat.conversation.turn", attrs{
			"openinference.span.kind": "CHAIN", "conversation.turn_number": 2, "conversation.user_to_bot_latency": 0.9, "session.id": "s1",
			"conversation.was_interrupted": true, "input.value": "secret", "output.value": "secret",
		}, []frame.Event{{Kind: frame.TurnDone, Number: 2, Cut: true, Echo: true}, {Kind: frame.Answered, Value: 900}}, func(t *testing.T, s *Span) {
			assert.Equal(t, Name{"s1", BySession}, s.Name)
			assert.Equal(t, OpenInference, s.Framework)
		}},
		"OpenInference: llm": {inference, "pipecat.llm", attrs{
			"openinference.span.kind": "LLM", "llm.model_name": "gpt-4o", "llm.provider": "openai", "gen_ai.system": "openai",
			"gen_ai.request.model": "gpt-4o", "gen_ai.operation.name": "chat", "service.ttfb_seconds": 0.412, "service.processing_time_seconds": 1.3,
			"llm.token_count.prompt": 1042, "llm.token_count.completion": 37, "llm.token_count.total": 1079, "llm.token_count.prompt_details.cache_read": 896,
			"metrics.processor": "OpenAILLMService#0", "llm.output_messages.0.message.content": "secret",
		}, []frame.Event{
			event(frame.TTFB, frame.Source{Stage: frame.LLM, Processor: "OpenAILLMService", Provider: "openai", Model: "gpt-4o"}, 412),
			event(frame.Processing, frame.Source{Stage: frame.LLM, Processor: "OpenAILLMService", Provider: "openai", Model: "gpt-4o"}, 1300),
			tokens(frame.Source{Stage: frame.LLM, Processor: "OpenAILLMService", Provider: "openai", Model: "gpt-4o"}, usual),
		}, nil},
		"OpenInference: stt, which it calls an LLM": {inference, "pipecat.stt", attrs{
			"openinference.span.kind": "LLM", "service.type": "stt", "llm.model_name": "nova-3", "llm.provider": "deepgram", "service.ttfb_seconds": 0.2,
		}, []frame.Event{event(frame.TTFB, nova, 200)}, nil},
		"OpenInference: tts": {inference, "pipecat.tts", attrs{
			"openinference.span.kind": "LLM", "service.type": "tts", "llm.model_name": "sonic-3", "llm.provider": "cartesia",
			"service.ttfb_seconds": 0.19, "tts.character_count": 48,
		}, []frame.Event{event(frame.TTFB, sonic, 190), event(frame.CharactersUsed, sonic, 48)}, nil},
		"OpenInference: tool": {inference, "pipecat.tool.book", attrs{"openinference.span.kind": "TOOL", "tool.name": "book", "output.value": "secret"}, []frame.Event{
			{Kind: frame.ToolCalled, Name: "book", Outcome: frame.ToolCompleted, Value: 1500},
		}, nil},
		"conventions: client": {"openai", "chat gpt-4o", with(plain, "gen_ai.response.time_to_first_chunk", 0.412, "gen_ai.conversation.id", "conv"), []frame.Event{
			first, work, tokens(gpt, usual),
		}, func(t *testing.T, s *Span) {
			assert.Equal(t, Name{"conv", ByGenAI}, s.Name)
			assert.Equal(t, GenAI, s.Framework)
		}},
		"conventions: tool": {"agent", "execute_tool book", attrs{"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "book", "gen_ai.tool.call.arguments": "secret"}, []frame.Event{
			{Kind: frame.ToolCalled, Name: "book", Outcome: frame.ToolCompleted, Value: 1500},
		}, nil},
		"conventions: embeddings take no time of the answer": {"openai", "embeddings", attrs{
			"gen_ai.operation.name": "embeddings", "gen_ai.provider.name": "openai", "gen_ai.request.model": "text-embedding-3-small", "gen_ai.usage.input_tokens": 10,
		}, []frame.Event{tokens(frame.Source{Stage: frame.LLM, Processor: "openai", Provider: "openai", Model: "text-embedding-3-small"}, frame.Tokens{frame.PromptText: 10})}, nil},
		"what a cost processor has priced": {"openai", "chat", with(plain, "voice.cost.usd", 0.1, "gen_ai.usage.cost.amount", 0.1), []frame.Event{work, tokens(gpt, usual)}, nil},
		"usage that cannot be": {"openai", "chat", with(plain, "gen_ai.usage.input_tokens", -1), []frame.Event{work}, func(t *testing.T, s *Span) {
			assert.Equal(t, []frame.Fault{impossible}, s.Frame.Faults)
		}},
		"a latency that is none": {"openai", "chat", with(plain, "metrics.ttfb", "soon"), []frame.Event{work, tokens(gpt, usual)}, func(t *testing.T, s *Span) {
			require.Len(t, s.Frame.Faults, 1)
			assert.Equal(t, "metrics.ttfb: must be a number of seconds, of a week at most", s.Frame.Faults[0].Error())
		}},
		"a latency in hexadecimal": {"openai", "chat", with(plain, "metrics.ttfb", "0x1p3"), []frame.Event{work, tokens(gpt, usual)}, func(t *testing.T, s *Span) {
			require.Len(t, s.Frame.Faults, 1)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			span := spanOf(t, test.span, test.attributes)
			var got Span
			require.Equal(t, Told, NewReader().Read(span, test.scope, &got))
			assert.Equal(t, append(test.want, frame.Event{Kind: frame.CallStarted, Began: start}), got.Frame.Events)
			assert.Equal(t, end, got.Frame.Time)
			assert.NotZero(t, got.Frame.ID)
			assert.Equal(t, frame.Trace{TraceID: [16]byte{1}, SpanID: [8]byte{2}}, got.Frame.Trace)
			if test.check != nil {
				test.check(t, &got)
			}
		})
	}
}

// What tells nothing of its own.
func TestReadNothing(t *testing.T) {
	for name, test := range map[string]struct {
		scope, span string
		attributes  attrs
		want        Verdict
	}{
		"HTTP":                    {"http", "GET /", attrs{"http.request.method": "GET", "server.address": "api.openai.com"}, Nothing},
		"container":               {"agent", "invoke_agent", with(plain, "gen_ai.operation.name", "invoke_agent"), Nothing},
		"LiveKit: voice activity": {liveKit, "x", attrs{"lk.stt_metrics": `{"type":"vad_metrics","idle_time":0.4}`}, Nothing},
		"LiveKit's nodes":         {liveKit, "llm_node", attrs{"lk.response.ttft": 0.52}, Nothing},
		"a span called turn":      {"game", "turn", attrs{"player": 1}, Nothing},
		"a span called a call":    {"chat", "conversation", attrs{"id": "c"}, Nothing},
		"of ours, by other hands": {"renamed", "llm", with(plain, "voice.tx.stage", "llm"), Ours},
	} {
		t.Run(name, func(t *testing.T) {
			var got Span
			assert.Equal(t, test.want, NewReader().Read(spanOf(t, test.span, test.attributes), test.scope, &got))
			assert.Empty(t, got.Frame.Events)
		})
	}
}

// Whose use a span tells: that of one family may be told by spans in each other, and not by way of a tool.
func TestFamily(t *testing.T) {
	speech := attrs{"gen_ai.operation.name": "tts", "metrics.character_count": 48}
	for name, test := range map[string]struct {
		scope, span string
		attributes  attrs
		want        spanusage.Family
		tool        bool
	}{
		"Pipecat: llm":               {pipecat, "llm", plain, spanusage.Answering, false},
		"Pipecat: tts":               {pipecat, "tts", speech, spanusage.Speaking, false},
		"Pipecat: tool":              {pipecat, "llm_tool_result", attrs{"gen_ai.operation.name": "llm_tool_result"}, 0, true},
		"Pipecat: tool, called":      {pipecat, "llm_tool_call", attrs{"gen_ai.operation.name": "llm_tool_call"}, 0, true},
		"LiveKit: llm_request":       {liveKit, "llm_request", with(plain, "lk.llm_metrics", lkLLM), spanusage.Answering, false},
		"LiveKit: its JSON cut off":  {liveKit, "llm_request", with(plain, "lk.llm_metrics", lkLLM[:100]), spanusage.Answering, false},
		"LiveKit: function_tool":     {liveKit, "function_tool", attrs{"lk.function_tool.name": "book"}, 0, true},
		"OpenInference: stt":         {inference, "pipecat.stt", attrs{"openinference.span.kind": "LLM", "service.type": "stt", "service.ttfb_seconds": 0.2}, spanusage.Hearing, false},
		"OpenInference: tool":        {inference, "pipecat.tool.book", attrs{"openinference.span.kind": "TOOL"}, 0, true},
		"conventions: embeddings":    {"openai", "embeddings", with(plain, "gen_ai.operation.name", "embeddings"), spanusage.Aside, false},
		"conventions: tool":          {"agent", "execute_tool book", attrs{"gen_ai.operation.name": "execute_tool"}, 0, true},
		"conventions: invoke_agent":  {"agent", "invoke_agent", with(plain, "gen_ai.operation.name", "invoke_agent"), 0, false},
		"a tool in others' own word": {"agent", "book.tool", attrs{"traceloop.span.kind": "tool"}, 0, true},
	} {
		t.Run(name, func(t *testing.T) {
			var got Span
			NewReader().Read(spanOf(t, test.span, test.attributes), test.scope, &got)
			assert.Equal(t, test.want, got.Family)
			assert.Equal(t, test.tool, got.Tool)
		})
	}
}

// A request that failed is an error of its service, by the class of its error, and took no time of work.
func TestReadFailure(t *testing.T) {
	span := spanOf(t, "llm", with(plain, "error.type", "RateLimitError", "exception.message", "secret"))
	span.Status().SetCode(ptrace.StatusCodeError)
	var got Span
	require.Equal(t, Told, NewReader().Read(span, pipecat, &got))
	assert.Equal(t, []frame.Event{
		{Kind: frame.TokensUsed, Source: gpt, Tokens: usual},
		{Kind: frame.Failed, Source: gpt, Name: "RateLimitError"},
		{Kind: frame.CallStarted, Began: start},
	}, got.Frame.Events)
}

// A beginning that cannot be is told of, and makes neither work nor a call of a week.
func TestReadBeginning(t *testing.T) {
	week := end.Add(-frame.MaxSeconds * time.Second)
	for name, test := range map[string]struct {
		start  pcommon.Timestamp
		took   float64
		faults int
	}{
		"as it should be":        {pcommon.NewTimestampFromTime(start), 1500, 0},
		"a week":                 {pcommon.NewTimestampFromTime(week), 1000 * frame.MaxSeconds, 0},
		"more than a week":       {pcommon.NewTimestampFromTime(week) - 1, 0, 1},
		"in 1970":                {1, 0, 1},
		"before 2000":            {pcommon.NewTimestampFromTime(Year2000) - 1, 0, 1},
		"beyond all time":        {1<<64 - 1, 0, 1},
		"after the end":          {pcommon.NewTimestampFromTime(end) + 1, 0, 0},
		"not said":               {0, 0, 0},
		"at the end, by a clock": {pcommon.NewTimestampFromTime(end), 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			for _, attributes := range []attrs{plain, {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "book"}} {
				span := spanOf(t, "x", attributes)
				span.SetStartTimestamp(test.start)
				var got Span
				require.Equal(t, Told, NewReader().Read(span, "", &got))
				assert.Len(t, got.Frame.Faults, test.faults)
				var took float64
				for _, e := range got.Frame.Events {
					switch e.Kind {
					case frame.Processing, frame.ToolCalled:
						took = e.Value
					case frame.CallStarted:
						assert.Equal(t, test.faults > 0 || test.start == 0, e.Began.IsZero())
					}
				}
				assert.InDelta(t, test.took, took, 0)
			}
		})
	}
}

// The best name of a span is its call's; the weakest is its resource's.
func TestNames(t *testing.T) {
	all := attrs{
		"call_id": "call", "conversation.id": "conversation", "gen_ai.conversation.id": "genai", "session.id": "session", "lk.job_id": "job",
		"lk.room_sid": "room",
	}
	for _, want := range []struct {
		key  string
		name Name
	}{
		{"call_id", Name{"call", ByCall}},
		{"conversation.id", Name{"conversation", ByConversation}},
		{"gen_ai.conversation.id", Name{"genai", ByGenAI}},
		{"session.id", Name{"session", BySession}},
		{"lk.job_id", Name{"job", ByJob}},
		{"lk.room_sid", Name{"room", ByRoom}},
		{"", Name{"", Unnamed}},
	} {
		var got Span
		NewReader().Read(spanOf(t, "x", all), "", &got)
		assert.Equal(t, want.name, got.Name)
		delete(all, want.key)
	}
	resource := pcommon.NewResource()
	require.NoError(t, resource.Attributes().FromRaw(attrs{"service.instance.id": "i", "session.id": "s"}))
	assert.Equal(t, Name{Rank: Unnamed}, NameOf(resource), "a process may serve many calls")
	resource.Attributes().PutStr("call.id", "c1")
	assert.Equal(t, Name{"c1", ByResource}, NameOf(resource))
}

// A name may be a number. What is neither that nor a text is none.
func TestNumbersAreNames(t *testing.T) {
	for _, key := range []string{"call_id", "conversation.id", "gen_ai.conversation.id", "session.id", "lk.job_id", "room_id"} {
		for want, value := range map[string]any{"12345": 12345, "-1": -1, "0": 0, "": 1.5, " ": true} {
			var got Span
			NewReader().Read(spanOf(t, "x", attrs{key: value}), "", &got)
			assert.Equal(t, strings.TrimSpace(want), got.Name.ID, key)
		}
	}
	resource := pcommon.NewResource()
	resource.Attributes().PutInt("call.id", 12345)
	assert.Equal(t, Name{"12345", ByResource}, NameOf(resource))
}

func TestIdentity(t *testing.T) {
	one, other := spanOf(t, "x", nil), spanOf(t, "x", nil)
	assert.Equal(t, identity(one), identity(other), "sent again")
	other.SetSpanID(pcommon.SpanID{3})
	assert.NotEqual(t, identity(one), identity(other))
	other.SetSpanID(one.SpanID())
	other.SetTraceID(pcommon.TraceID{2})
	assert.NotEqual(t, identity(one), identity(other))
	assert.NotEqual(t, identity(one), EndID(identity(one)))
	one.SetSpanID(pcommon.SpanID{})
	other.SetSpanID(pcommon.SpanID{})
	other.SetTraceID(one.TraceID())
	assert.Equal(t, identity(one), identity(other), "by its time")
	other.SetEndTimestamp(one.EndTimestamp() + 1)
	assert.NotEqual(t, identity(one), identity(other))
	other.SetStartTimestamp(0)
	other.SetEndTimestamp(0)
	assert.Zero(t, identity(other))
	assert.Zero(t, EndID(0))
}
