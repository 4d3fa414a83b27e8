package spanframe

import (
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect/livekit"
	"github.com/otelcol-voice/otelcol-voice/internal/dialect/wire"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// liveKitSpans are those that are no requests. What the nodes of the pipeline tell (llm_node, tts_node), the requests in them tell
// as well.
var liveKitSpans = map[string]func(*Reader, ptrace.Span, *Span) Verdict{
	"agent_session": (*Reader).session,
	"user_turn":     (*Reader).userTurn,
	"agent_turn":    (*Reader).agentTurn,
	"function_tool": (*Reader).tool,
}

// session reads the span of a whole call. That of the job ends as soon as the job has set it up.
func (r *Reader) session(_ ptrace.Span, out *Span) Verdict {
	out.Ends, out.Reason = true, wire.Word(r.said.closeReason, "")
	return Told
}

// userTurn reads how long the transcript took after the user's last word.
func (r *Reader) userTurn(_ ptrace.Span, out *Span) Verdict {
	r.said.transcribed.take(&out.Frame, frame.Event{Kind: frame.TTFB, Source: frame.Source{Stage: frame.STT}})
	return Told
}

// agentTurn reads a turn, which the answer after a tool was called is the rest of. A realtime model's metrics
// stand on it too, and are of the one response, whatever else was done in the turn.
func (r *Reader) agentTurn(_ ptrace.Span, out *Span) Verdict {
	s := &r.said
	if !s.follows {
		say(out, frame.Event{Kind: frame.TurnDone})
	}
	s.answer.take(&out.Frame, frame.Event{Kind: frame.Answered})
	if s.interrupted {
		say(out, frame.Event{Kind: frame.Interrupted, Cut: true})
	}
	if s.metrics != "" {
		if err := r.measured(out); err != nil {
			out.Frame.Faults = append(out.Frame.Faults, wire.Fault(err).In("lk.realtime_model_metrics"))
		}
	}
	return Told
}

// maxMetrics is more than thirty times what LiveKit's metrics have, in bytes. What is longer is something else, and not read.
const maxMetrics = 1 << 14

// measured reads LiveKit's own metrics, which tell all of an operation.
func (r *Reader) measured(out *Span) error {
	if len(r.said.metrics) > maxMetrics {
		return frame.Faultf(frame.BadValue, "", "longer than LiveKit's metrics are")
	}
	r.json = append(r.json[:0], r.said.metrics...)
	return livekit.ReadMetrics(&out.Frame, r.json, &r.texts)
}
