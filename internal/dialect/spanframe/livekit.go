package spanframe

import (
	"cmp"
	"errors"

	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect/livekit"
	"github.com/otelcol-voice/otelcol-voice/internal/dialect/spanusage"
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
func (r *Reader) agentTurn(span ptrace.Span, out *Span) Verdict {
	s := &r.said
	if !s.follows {
		say(out, frame.Event{Kind: frame.TurnDone})
	}
	s.answer.take(&out.Frame, frame.Event{Kind: frame.Answered})
	if s.interrupted {
		say(out, frame.Event{Kind: frame.Interrupted, Cut: true})
	}
	if s.measured {
		r.response(span, out)
	}
	return Told
}

// response reads a realtime model's, of which the turn tells.
func (r *Reader) response(span ptrace.Span, out *Span) {
	broken, err := r.measured(out)
	if err != nil && !errors.Is(err, wire.ErrIgnored) {
		out.Frame.Faults = append(out.Frame.Faults, wire.Fault(err).In("lk.realtime_model_metrics"))
	}
	if broken || err != nil {
		r.usedBeside(span, out)
	}
}

// measured reads LiveKit's own metrics, which tell all of an operation. Broken says that what they tell of its use is none.
func (r *Reader) measured(out *Span) (broken bool, err error) {
	metrics := cmp.Or(r.said.metrics[:]...)
	if len(metrics) > spanusage.MaxMetrics {
		return false, frame.Faultf(frame.BadValue, "", "longer than LiveKit's metrics are")
	}
	r.json = append(r.json[:0], metrics...)
	return livekit.ReadMetrics(&out.Frame, r.json, &r.texts)
}

// usedBeside reads what the conventions' attributes beside LiveKit's metrics say was used, where those say no use that can be.
func (r *Reader) usedBeside(span ptrace.Span, out *Span) {
	if r.usage.Read(span, r.scope) != spanusage.Used {
		return
	}
	used := &r.usage.Usage
	r.describe(span.Name(), out.Framework, &used.Source)
	used.Source.Processor = cmp.Or(processorOf(out.Frame.Events), used.Source.Processor)
	takeUsage(used, &out.Frame)
}

// processorOf is who did it, as LiveKit's metrics have told.
func processorOf(events []frame.Event) string {
	for i := range events {
		if named := events[i].Source.Processor; named != "" {
			return named
		}
	}
	return ""
}
