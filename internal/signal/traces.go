package signal

import (
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-voice/otelcol-voice/internal/call"
	"github.com/otelcol-voice/otelcol-voice/internal/signal/semconv"
)

// Spans is how many spans Traces holds.
func (b *Batch) Spans() int { return b.spans }

// Traces is the spans of the turns and calls that ended in the batch: a call, in it its turns, in these what was done for
// them. The caller owns them.
func (b *Batch) Traces() ptrace.Traces {
	traces := ptrace.NewTraces()
	if b.spans == 0 {
		return traces
	}
	resource := traces.ResourceSpans().AppendEmpty()
	resource.Resource().Attributes().PutStr(attrServiceName, b.from.settings.Service)
	scope := resource.ScopeSpans().AppendEmpty()
	scope.Scope().SetName(semconv.ScopeName)
	spans := scope.Spans()
	spans.EnsureCapacity(b.spans)
	for i := range b.turns {
		b.turn(spans, &b.turns[i])
	}
	for i := range b.calls {
		b.call(spans.AppendEmpty(), &b.calls[i])
	}
	return traces
}

func spansOf(turn *call.Turn) int {
	if turn.Number == 0 {
		return len(turn.Operations)
	}
	return 1 + len(turn.Operations)
}

// call is the root. A call is what the bot serves, so it is a server's span: what counts requests, errors and durations
// of a service from spans counts calls.
func (b *Batch) call(span ptrace.Span, f *call.Fact) {
	s := f.Summary
	trace := b.from.trace(f.Call, s.Trace)
	span.SetName(semconv.SpanCall)
	span.SetKind(ptrace.SpanKindServer)
	place(span, &trace, trace.root(), trace.parent)
	during(span, s.Start, s.Start.Add(s.Duration))
	link(span, s.Trace)
	if s.Reason == semconv.EndReasonError {
		span.Status().SetCode(ptrace.StatusCodeError)
	}
	attrs := span.Attributes()
	b.from.putCall(attrs, f.Call)
	putCourse(attrs, s)
	putSteps(span, semconv.EventStartupStep, s.Startup)
	attrs.PutBool(semconv.TransitWhole, true)
	b.putReports(attrs, s.Usage)
}

// turn is a turn with its operations. What was done outside of any turn is directly in the call.
func (b *Batch) turn(spans ptrace.SpanSlice, f *call.Fact) {
	trace := b.from.trace(f.Call, f.Turn.Trace)
	parent := trace.root()
	if f.Turn.Number != 0 {
		parent = trace.turn(f.Turn.Number)
		b.exchange(spans.AppendEmpty(), f, &trace)
	}
	for i := range f.Turn.Operations {
		span := spans.AppendEmpty()
		o := &f.Turn.Operations[i]
		place(span, &trace, trace.operation(o.FrameID, o.Sequence), parent)
		b.operation(span, f.Call, o)
	}
}

func (b *Batch) exchange(span ptrace.Span, f *call.Fact, trace *trace) {
	turn := f.Turn
	span.SetName(semconv.SpanTurn)
	span.SetKind(ptrace.SpanKindInternal)
	place(span, trace, trace.turn(turn.Number), trace.root())
	during(span, turn.Start, turn.End)
	attrs := span.Attributes()
	b.from.putCall(attrs, f.Call)
	attrs.PutInt(semconv.SpanTurnNumber, int64(turn.Number))
	putDouble(attrs, semconv.SpanTurnLatency, turn.Latency)
	attrs.PutBool(semconv.SpanInterrupted, turn.Interrupted)
	putSteps(span, semconv.EventAnswerPart, turn.Parts)
}

// putCall writes what every span carries.
func (p *Producer) putCall(attrs pcommon.Map, key call.Key) {
	attrs.PutStr(semconv.AttrCallID, key.ID)
	attrs.PutStr(semconv.GenAIConversation, key.ID)
	p.putTenant(attrs, key)
}

func place(span ptrace.Span, in *trace, id, parent pcommon.SpanID) {
	span.SetTraceID(in.id)
	span.SetSpanID(id)
	span.SetParentSpanID(parent)
}

// during sets a span's times. An end before the start, or a time that nobody told, makes it a moment.
func during(span ptrace.Span, start, end time.Time) {
	if start.IsZero() {
		start = end
	}
	if end.Before(start) {
		end = start
	}
	span.SetStartTimestamp(pcommon.NewTimestampFromTime(start))
	span.SetEndTimestamp(pcommon.NewTimestampFromTime(end))
}

func link(span ptrace.Span, to call.TraceContext) {
	for _, other := range to.Links {
		l := span.Links().AppendEmpty()
		l.SetTraceID(other.TraceID)
		l.SetSpanID(other.SpanID)
	}
}

// putSteps notes what took a time of its own. Nobody tells when each began, so all stand at the span's start.
func putSteps(span ptrace.Span, name string, steps []call.Step) {
	for _, step := range steps {
		event := span.Events().AppendEmpty()
		event.SetName(name)
		event.SetTimestamp(span.StartTimestamp())
		event.Attributes().PutStr(semconv.EventStepName, step.Name)
		event.Attributes().PutDouble(semconv.EventStepMS, step.Value)
	}
}
