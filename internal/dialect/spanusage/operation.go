package spanusage

import (
	"strings"

	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// isOperation says whether a span did something itself. Containers are known by what they call themselves; what has a name
// that nobody knows is an operation if it is a client's, and what has none if it names who did it.
func (s *said) isOperation(span ptrace.Span) bool {
	switch {
	case s.liveKit:
		return true
	case s.kind != "" && !isModelKind(s.kind), isContainerSpan(span.Name()):
		return false
	}
	switch s.operation {
	case "chat", "text_completion", "completion", "generate_content", "embeddings",
		"llm_request", "llm_response", "llm_setup": // Pipecat's realtime models
		return true
	case "invoke_agent", "create_agent", "invoke_workflow", "execute_tool", "handoff", "plan", "judge", "retrieval":
		return false
	case "":
		return s.kind != "" || s.namesWho()
	}
	return s.stage() != frame.LLM || s.kind != "" || span.Kind() == ptrace.SpanKindClient
}

// isModelKind says whether a kind of span, as OpenInference and those like it have them, is a request to a model.
func isModelKind(kind string) bool {
	return strings.EqualFold(kind, "llm") || strings.EqualFold(kind, "embedding")
}

// isContainerSpan knows the spans of LiveKit and Pipecat in which requests are made. Adapters wrap the requests that they pass
// on.
func isContainerSpan(name string) bool {
	switch name {
	case "job_entrypoint", "agent_session", "agent_turn", "user_turn", "llm_node", "tts_node", "judge_evaluation",
		"llm_fallback_adapter", "tts_fallback_adapter", "tts_stream_adapter",
		"conversation", "turn":
		return true
	}
	return false
}

func (s *said) namesWho() bool {
	return first(s.providers[:]) != "" || first(s.answered[:]) != "" || first(s.requested[:]) != ""
}

// Family is what the use of a request is of. Two spans of which one is in the other tell of one use, if at all, in one family: what
// speaks an answer has not made it.
type Family uint8

// The families; a set of them has the bits of each.
const (
	Answering Family = 1 << iota // by a language model, be it a realtime one
	Hearing
	Speaking
	Aside // what a language model, or one like it, does that is no answer: a chat may look something up
)

// Families is how many bits they take.
const Families = 4

// FamilyOf is that of a request that was made in a stage. Reader.Aside knows of some that they are no answers.
func FamilyOf(stage frame.Stage, aside bool) Family {
	switch {
	case stage == frame.STT:
		return Hearing
	case stage == frame.TTS:
		return Speaking
	case aside:
		return Aside
	}
	return Answering
}

// isAside says whether an operation is none that answers. What has a name that nobody knows may be any.
func (s *said) isAside() bool {
	switch s.operation {
	case "embeddings", "embedding", "rerank", "reranking", "moderation", "moderations", "image_generation", "generate_image":
		return true
	case "":
		return s.request == "embedding" || s.request == "rerank" || strings.EqualFold(s.kind, "embedding") || strings.EqualFold(s.kind, "reranker")
	}
	return false
}

// isTool says whether a span is a call of a tool: by the conventions, in LiveKit's and Pipecat's names, by OpenInference and those
// like it.
func (s *said) isTool(name string) bool {
	switch s.operation {
	case "execute_tool", "llm_tool_call", "llm_tool_result":
		return true
	}
	return strings.EqualFold(s.kind, "tool") || name == "function_tool" || name == "llm_tool_result"
}

// liveKitStage goes by which metrics there are.
func (s *said) liveKitStage() frame.Stage {
	for rank := range s.metrics {
		if s.metrics[rank] != "" {
			return liveKitStages[rank]
		}
	}
	if s.alone {
		return frame.Realtime
	}
	return frame.LLM
}

// stage goes by what the operation is called, then by what it used.
func (s *said) stage() frame.Stage {
	switch s.operation {
	case "stt", "speech_to_text", "transcription", "transcribe":
		return frame.STT
	case "tts", "text_to_speech", "speech", "speech_synthesis":
		return frame.TTS
	case "llm_response", "realtime", "generate_live_content":
		return frame.Realtime
	}
	switch {
	case s.liveKit:
		return s.liveKitStage()
	case s.characters > 0:
		return frame.TTS
	case s.heard > 0:
		return frame.STT
	}
	return frame.LLM
}
