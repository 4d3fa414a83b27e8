package spanframe

import (
	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect/spanusage"
	"github.com/otelcol-voice/otelcol-voice/internal/dialect/wire"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// said is what the attributes of a span say, other than what it used.
type said struct {
	names names

	ttfb        seconds // to the first byte, token or word
	took        seconds // of work, where the span's own length does not tell
	answer      seconds // from the user's last word to the bot's first
	transcribed seconds // from the user's last word to the transcript

	turn        int64
	hasTurn     bool
	interrupted bool // a turn
	ended       bool // a turn, by the end of the call
	cut         bool // an operation
	follows     bool // a turn of LiveKit's goes on after a tool was called

	operation   string
	kind        string // OpenInference's
	service     string // OpenInference's: llm, stt, tts
	processor   string
	tool        string
	toolFailed  bool
	failure     string
	closeReason string
	metrics     [spanusage.MetricsRanks]string // JSON of LiveKit's, the first of which is read
	measured    bool                           // any of them is there
	liveKit     bool
}

// seconds is a length of time.
type seconds struct {
	value pcommon.Value
	field string // empty: not said
}

func (s *said) attribute(key string, value pcommon.Value) {
	if s.names.take(key, value) || s.timed(key, value) || s.lk(key, value) {
		return
	}
	switch key {
	case "turn.number", "conversation.turn_number":
		s.number(value)
	case "turn.was_interrupted", "conversation.was_interrupted":
		s.interrupted = truth(value)
	case "turn.ended_by_conversation_end":
		s.ended = truth(value)
	case "tts.interrupted", "stt.incomplete":
		s.cut = truth(value)
	case "gen_ai.operation.name":
		s.operation = spanusage.Text(value)
	case "openinference.span.kind":
		s.kind = spanusage.Text(value)
	case "service.type":
		s.service = spanusage.Text(value)
	case "metrics.processor":
		s.processor = spanusage.Text(value)
	case "tool.function_name", "gen_ai.tool.name", "tool.name":
		s.tool = spanusage.Text(value)
	case "tool.result_status":
		s.toolFailed = spanusage.Text(value) == "error"
	case "error.type", "exception.type":
		s.failure = spanusage.Text(value)
	}
}

// timed takes what is a length of time.
func (s *said) timed(key string, value pcommon.Value) bool {
	var into *seconds
	switch key {
	case "metrics.ttfb", "service.ttfb_seconds", "gen_ai.response.time_to_first_chunk":
		into = &s.ttfb
	case "service.processing_time_seconds":
		into = &s.took
	case "turn.user_bot_latency_seconds", "conversation.user_to_bot_latency", "lk.e2e_latency":
		into = &s.answer
	case "lk.transcription_delay":
		into = &s.transcribed
	default:
		return false
	}
	*into = seconds{value, key}
	return true
}

// lk takes an attribute of LiveKit's.
func (s *said) lk(key string, value pcommon.Value) bool {
	if len(key) < 3 || key[:3] != "lk." {
		return false
	}
	s.liveKit = true
	if rank := spanusage.MetricsRank(key[3:]); rank >= 0 {
		s.metrics[rank] = spanusage.Text(value)
		s.measured = s.measured || value.Type() != pcommon.ValueTypeEmpty
		return true
	}
	switch key {
	case "lk.interrupted":
		s.interrupted = truth(value)
	case "lk.parent_generation_id":
		s.follows = spanusage.Text(value) != ""
	case "lk.function_tool.name":
		s.tool = spanusage.Text(value)
	case "lk.function_tool.is_error":
		s.toolFailed = truth(value)
	case "lk.close_reason":
		s.closeReason = spanusage.Text(value)
	}
	return true
}

func (s *said) number(value pcommon.Value) {
	const most = 1_000_000
	n, ok := spanusage.Number(value)
	if s.hasTurn = ok && n >= 1 && n <= most; s.hasTurn {
		s.turn = int64(n)
	}
}

func truth(value pcommon.Value) bool {
	switch value.Type() {
	case pcommon.ValueTypeBool:
		return value.Bool()
	case pcommon.ValueTypeStr:
		return value.Str() == "true" || value.Str() == "True"
	}
	return false
}

// take adds an event whose value is a length of time, unless it is not said. One that is none is a fault.
func (s seconds) take(out *frame.Frame, event frame.Event) {
	if s.field == "" || s.value.Type() == pcommon.ValueTypeEmpty {
		return
	}
	n, ok := spanusage.Number(s.value)
	if !ok || !(n >= -frame.MaxSeconds && n <= frame.MaxSeconds) {
		out.Faults = append(out.Faults, frame.Faultf(frame.BadValue, s.field, "must be a number of seconds, of a week at most"))
		return
	}
	event.Value = frame.Milliseconds(n)
	wire.Take(out, event)
}
