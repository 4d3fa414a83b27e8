package signal

import (
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/otelcol-voice/otelcol-voice/internal/call"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
	"github.com/otelcol-voice/otelcol-voice/internal/signal/semconv"
)

// maxExemplarCallID is how long a call's id may be beside a trace and a span id: a backend takes 128 characters of names and
// values in all, and else drops what is not the trace.
const maxExemplarCallID = 128 - len("trace_id") - 32 - len("span_id") - 16 - len(semconv.AttrCallID)

// spot is the trace and span that an exemplar leads to. Most latencies are of the call of the one before.
type spot struct {
	call   call.Key
	parent frame.Trace
	traced bool
	trace  pcommon.TraceID
	span   pcommon.SpanID
}

// of is the call's root span where it makes one, else the bot's span that it belongs to.
func (s *spot) of(p *Producer, f *call.Fact) *spot {
	if s.call == f.Call && s.parent == f.Parent && s.traced == f.Traced && !s.trace.IsEmpty() {
		return s
	}
	*s = spot{call: f.Call, parent: f.Parent, traced: f.Traced}
	if !f.Traced {
		s.trace, s.span = f.Parent.TraceID, f.Parent.SpanID
		return s
	}
	at := p.trace(f.Call, call.TraceContext{Parent: f.Parent})
	s.trace, s.span = at.id, at.root()
	return s
}

// show puts an exemplar on a latency: what leads from a bar to the call. Where there is no trace, the point's call_id does.
func (b *Batch) show(point pmetric.HistogramDataPoint, f *call.Fact) {
	if !f.Traced && f.Parent.IsZero() {
		return
	}
	at := b.spot.of(b.from, f)
	x := point.Exemplars().AppendEmpty()
	x.SetDoubleValue(f.Value)
	x.SetTimestamp(point.Timestamp())
	x.SetTraceID(at.trace)
	x.SetSpanID(at.span)
	if len(f.Call.ID) <= maxExemplarCallID {
		x.FilteredAttributes().PutStr(semconv.AttrCallID, f.Call.ID)
	}
}
