package spanframe

import (
	"encoding/binary"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect/spanusage"
	"github.com/otelcol-voice/otelcol-voice/internal/dialect/wire"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// vocabulary is names that fuzzing puts together, and secret is what none of them may be read from.
var (
	vocabulary = []string{
		"gen_ai.operation.name", "gen_ai.provider.name", "gen_ai.request.model", "gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens",
		"gen_ai.usage.cache_read.input_tokens", "gen_ai.usage.cost.amount", "gen_ai.response.time_to_first_chunk", "gen_ai.conversation.id",
		"gen_ai.tool.name", "metrics.ttfb", "metrics.character_count", "metrics.audio_seconds", "metrics.processor", "conversation.id",
		"turn.number", "turn.was_interrupted", "turn.ended_by_conversation_end", "turn.user_bot_latency_seconds", "tts.interrupted",
		"stt.incomplete", "tool.function_name", "tool.result_status", "lk.llm_metrics", "lk.realtime_model_metrics", "lk.e2e_latency",
		"lk.interrupted", "lk.parent_generation_id", "lk.transcription_delay", "lk.function_tool.name", "lk.job_id", "lk.close_reason",
		"openinference.span.kind", "service.type", "service.ttfb_seconds", "service.processing_time_seconds", "conversation.turn_number",
		"llm.token_count.prompt", "llm.model_name", "error.type", "session.id", "call_id", "voice.tx.id",
	}
	spanNames = []string{
		"conversation", "turn", "stt", "llm", "tts", "llm_response", "llm_tool_result", "agent_session", "user_turn", "agent_turn",
		"function_tool", "llm_request", "realtime_metrics", "pipecat.conversation.turn", "pipecat.stt", "chat gpt-4o",
	}
	words = []string{
		"chat", "stt", "tts", "llm_response", "execute_tool", "openai", "gpt-4o", "LLM", "TOOL", "error", "true", "0.4", "3", lkLLM, lkTalk,
		lkLLM[:80], broken(lkLLM), broken(lkTalk), strings.Replace(lkLLM, "llm_metrics", "llm2_metrics", 1),
		`{"type":"tts_metrics","characters_count":1.5,"ttfb":0.2}`, `{"type":"llm_metrics","prompt_tokens":0,"ttft":"soon"}`,
	}
	scopes = []string{"pipecat", "pipecat.turn", "livekit-agents", "openai", ""}
)

// broken is LiveKit's metrics of which no use can be taken, for a count is none.
func broken(metrics string) string {
	return strings.NewReplacer(`_tokens":1042`, `_tokens":"1042"`, `"input_tokens":132`, `"input_tokens":-5`).Replace(metrics)
}

func put(into pcommon.Map, a [10]byte) {
	key, bits := vocabulary[int(a[0])%len(vocabulary)], binary.LittleEndian.Uint64(a[2:])
	switch a[1] % 7 {
	case 0:
		into.PutEmpty(key)
	case 1:
		into.PutDouble(key, math.Float64frombits(bits))
	case 2:
		into.PutBool(key, bits%2 == 0)
	case 3:
		into.PutInt(key, int64(bits))
	case 4:
		into.PutStr(key, words[bits%uint64(len(words))])
	case 5:
		into.PutStr(key, string(a[2:]))
	default:
		into.PutInt(key, int64(bits%4096))
	}
}

// Whatever a span says, its frame holds nothing that cannot be, and reading it again, after others, gives the same.
func FuzzRead(f *testing.F) {
	f.Add(byte(1), byte(1), false, int64(1), int64(2), []byte("\x0f\x06\x03\x00\x00\x00\x00\x00\x00\x00\x12\x01\x00\x00\x00\x00\x00\x00\xf0\x3f"))
	f.Add(byte(2), byte(9), false, int64(1), int64(2), []byte("\x18\x04\x0e\x00\x00\x00\x00\x00\x00\x00"))
	for name, metrics := range map[byte]string{3: "\x16\x04\x0f", 9: "\x17\x04\x11", 11: "\x16\x04\x10", 12: "\x16\x04\x12"} { // with use beside them
		f.Add(byte(2), name, false, int64(1), int64(2), []byte(metrics+"\x00\x00\x00\x00\x00\x00\x00"+"\x03\x06\x12\x04\x00\x00\x00\x00\x00\x00"))
	}
	f.Fuzz(func(t *testing.T, scope, name byte, failed bool, began, ended int64, data []byte) {
		span := ptrace.NewSpan()
		span.SetName(spanNames[int(name)%len(spanNames)])
		span.SetStartTimestamp(pcommon.Timestamp(began))
		span.SetEndTimestamp(pcommon.Timestamp(ended))
		if failed {
			span.Status().SetCode(ptrace.StatusCodeError)
		}
		for chunk := range slices.Chunk(data, 10) {
			var a [10]byte
			copy(a[:], chunk)
			put(span.Attributes(), a)
		}
		r, in := NewReader(), scopes[int(scope)%len(scopes)]
		var got, again Span
		verdict := r.Read(span, in, &got)
		other := spanOf(t, "llm", plain)
		require.Equal(t, Told, r.Read(other, "pipecat", &again))
		require.Equal(t, verdict, r.Read(span, in, &again))
		if len(got.Frame.Events) == 0 {
			got.Frame.Events, again.Frame.Events = nil, nil
		}
		require.Equal(t, got, again)
		for i := range got.Frame.Events {
			requireSane(t, &got.Frame.Events[i])
		}
		requireAlike(t, r, span, in, &got)
	})
}

// requireAlike compares what a span is said to have used here with what the reader of usage, by which it is priced, says. Tools,
// turns and whole calls are none that use anything here, but for the turn in which a realtime model's metrics stand.
func requireAlike(t *testing.T, r *Reader, span ptrace.Span, scope string, got *Span) {
	if special := r.special(span.Name()); special != nil && !(span.Name() == "agent_turn" && r.said.measured && r.said.operation != "execute_tool") {
		return
	}
	usage := spanusage.Reader{TakePaid: true}
	var want spanusage.Usage
	switch usage.Read(span, scope) {
	case spanusage.Marked:
		return
	case spanusage.Used:
		want = usage.Usage
	}
	var used spanusage.Usage
	for i := range got.Frame.Events {
		switch e := &got.Frame.Events[i]; e.Kind {
		case frame.TokensUsed:
			used.Tokens = e.Tokens
		case frame.CharactersUsed:
			used.Characters = e.Value
		case frame.AudioTranscribed:
			used.Heard = e.Value
		case frame.RealtimeConnected:
			used.Open = e.Value
		}
	}
	require.Equal(t, want.Tokens, used.Tokens)
	require.Equal(t, [3]float64{want.Characters, want.Heard, want.Open}, [3]float64{used.Characters, used.Heard, used.Open})
}

func requireSane(t *testing.T, e *frame.Event) {
	require.NotZero(t, e.Kind)
	require.GreaterOrEqual(t, e.Value, 0.0)
	require.LessOrEqual(t, e.Value, 1000.0*frame.MaxSeconds)
	for _, n := range e.Tokens {
		require.GreaterOrEqual(t, n, int64(0))
	}
	for _, source := range append(e.Models, e.Source) {
		for _, text := range []string{e.Name, source.Processor, source.Provider, source.Model} {
			require.LessOrEqual(t, len(text), wire.MaxText)
		}
	}
}
