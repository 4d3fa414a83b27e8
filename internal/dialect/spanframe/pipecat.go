package spanframe

import (
	"cmp"

	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect/wire"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// conversation reads the span of a whole call. It ends, and so is sent, last.
func (r *Reader) conversation(_ ptrace.Span, out *Span) Verdict {
	out.Ends = true
	return Told
}

// turn reads a turn as Pipecat and OpenInference count them. The number comes first: the answer counts no turn of its own then.
//
// The one that the end of the call ends is called interrupted as well. Pipecat marks it only where its tracing ends before its
// tracker of turns has heard of the end, which is rare, so that an interruption is certain only once there is a turn after it.
func (r *Reader) turn(_ ptrace.Span, out *Span) Verdict {
	s := &r.said
	out.Turn = int(s.turn)
	out.Frame.Form = form(out.Framework)
	cut := s.interrupted && !s.ended
	say(out, frame.Event{Kind: frame.TurnDone, Number: out.Turn, Cut: cut, Echo: cut})
	s.answer.take(&out.Frame, frame.Event{Kind: frame.Answered})
	return Told
}

// form tells apart the two instrumentations that a Pipecat bot may have, which tell the same.
func form(of Framework) string {
	switch of {
	case Pipecat:
		return "spans.pipecat"
	case OpenInference:
		return "spans.openinference"
	}
	return ""
}

// tool reads a call of a function. Pipecat's realtime models tell of the result alone, which took no time.
func (r *Reader) tool(span ptrace.Span, out *Span) Verdict {
	s := &r.said
	event := frame.Event{Kind: frame.ToolCalled, Name: wire.Word(s.tool, "unknown"), Outcome: frame.ToolCompleted, Value: r.took}
	if s.toolFailed || failed(span) {
		event.Outcome = frame.ToolFailed
	}
	out.Tool = true
	out.Frame.Form = form(out.Framework)
	say(out, event)
	return Told
}

func failed(span ptrace.Span) bool { return span.Status().Code() == ptrace.StatusCodeError }

// failure is that of an operation, by the class of its error. What went wrong in words is not read.
func (r *Reader) failure(by frame.Source) frame.Event {
	return frame.Event{Kind: frame.Failed, Source: by, Name: wire.Word(cmp.Or(r.said.failure, "error"), "error")}
}
