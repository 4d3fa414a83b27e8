package voicespanconnector

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-voice/otelcol-voice/connector/voicespanconnector/internal/join"
	"github.com/otelcol-voice/otelcol-voice/connector/voicespanconnector/internal/nest"
	"github.com/otelcol-voice/otelcol-voice/internal/dialect/spanframe"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
	"github.com/otelcol-voice/otelcol-voice/internal/signal/semconv"
)

// request is the spans of one request being read. It is used again: the room that spans take is large.
type request struct {
	reader *spanframe.Reader
	read   []read
	chain  []nest.Span
	spans  []join.Span
	events []frame.Event // room for those of the spans
	tally  tally

	sampled int // spans that say so
	nested  int // data that spans in or around others have told
}

// read is a span as it was read, with its place among the others.
type read struct {
	join.Span
	nest nest.Span
	end  pcommon.Timestamp
}

func newRequest() *request { return &request{reader: spanframe.NewReader()} }

// leave empties the room. What was in it must not be kept alive.
func (r *request) leave() {
	clear(r.read)
	clear(r.spans)
	clear(r.events[:cap(r.events)])
	r.read, r.chain, r.spans, r.events = r.read[:0], r.chain[:0], r.spans[:0], r.events[:0]
	r.tally, r.sampled, r.nested = r.tally[:0], 0, 0
	r.reader.Forget()
}

// take reads all spans.
func (r *request) take(td ptrace.Traces, service string, now time.Time) {
	for _, rs := range td.ResourceSpans().All() {
		owner := ownerOf(rs.Resource(), service)
		named := spanframe.NameOf(rs.Resource())
		for _, ss := range rs.ScopeSpans().All() {
			scope := ss.Scope().Name()
			if scope == semconv.ScopeName {
				r.tally.add(outcome{name: ours, framework: none}, ss.Spans().Len())
				continue
			}
			r.scope(ss.Spans(), scope, owner, named, now)
		}
	}
	r.order()
}

func (r *request) scope(spans ptrace.SpanSlice, scope, owner string, named spanframe.Name, now time.Time) {
	for _, span := range spans.All() {
		r.read = append(r.read, read{})
		one := &r.read[len(r.read)-1]
		one.Frame.Events = r.room()
		verdict := r.reader.Read(span, scope, &one.Span.Span)
		if one.Name.ID == "" {
			one.Name = named
		}
		one.place(span, owner)
		if !r.judge(one, verdict, now) {
			r.read = r.read[:len(r.read)-1]
		} else if isSampled(span.TraceState().AsRaw()) {
			r.sampled++
		}
	}
}

// place notes where a span stands.
func (one *read) place(span ptrace.Span, owner string) {
	one.Trace, one.Owner, one.Root = span.TraceID(), owner, span.ParentSpanID().IsEmpty()
	one.end = span.EndTimestamp()
	one.nest = nest.Span{Trace: span.TraceID(), ID: span.SpanID(), Parent: span.ParentSpanID()}
	if one.Request {
		for i := range one.Frame.Events {
			one.nest.Told |= nest.DataOf(one.Frame.Events[i].Kind)
		}
	}
}

// judge says whether a span has its place among the others; one that tells nothing has, for others are in it.
func (r *request) judge(one *read, verdict spanframe.Verdict, now time.Time) bool {
	switch verdict {
	case spanframe.Ours:
		r.tally.add(outcome{name: ours, framework: none}, 1)
		return false
	case spanframe.Nothing:
		r.tally.add(outcome{name: ignored, framework: none}, 1)
		one.Frame.Events = nil
		return true
	}
	if class := unfit(one, now); class != "" {
		r.tally.add(outcome{name: rejected, reason: class, framework: one.Framework}, 1)
		return false
	}
	one.Tells = true
	return true
}

// Bounds of what a span may say of itself.
const (
	// maxAhead is how far a bot's clock may run ahead; backends refuse points further in the future as well.
	maxAhead  = 10 * time.Minute
	maxCallID = 256
)

// year2000 is before any bot spoke: whose clock says less counts from when its machine was started.
var year2000 = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// unfit is why a span cannot be taken, or "".
func unfit(one *read, now time.Time) frame.Class {
	at := one.Frame.Time
	switch {
	case len(one.Name.ID) > maxCallID:
		return frame.CallIDTooLong
	case one.Trace == [16]byte{} && one.Name.ID == "":
		return frame.NoCallID
	case at.Sub(now) > maxAhead:
		return frame.FutureTime
	case !at.IsZero() && at.Before(year2000):
		return frame.BadValue
	}
	return ""
}

// isSampled says whether a trace state says that only some traces were kept: by a threshold that is not 0.
func isSampled(state string) bool {
	if state == "" {
		return false
	}
	_, threshold, found := strings.Cut(state, "th:")
	return found && strings.Trim(threshold[:min(1, len(threshold))], "0") != ""
}

// room is for the events of one span. There is a new one where the old is full.
func (r *request) room() []frame.Event {
	const usual, chunk = 5, 1024
	if cap(r.events)-len(r.events) < usual {
		r.events = make([]frame.Event, 0, chunk)
	}
	at := len(r.events)
	r.events = r.events[:at+usual]
	return r.events[at : at : at+usual]
}

// order brings the spans into the order of their ends: what is in a span ends before it, and what somebody did before they tell
// that the call is over. SDKs send them so.
func (r *request) order() {
	byEnd := func(a, b read) int { return cmp.Compare(a.end, b.end) }
	if !slices.IsSortedFunc(r.read, byEnd) {
		slices.SortStableFunc(r.read, byEnd)
	}
}

// unnest takes out what spans in or around others have told.
func (r *request) unnest(known *nest.Nest, now time.Time) {
	for i := range r.read {
		r.chain = append(r.chain, r.read[i].nest)
	}
	known.Take(r.chain, now)
	for i := range r.read {
		one := &r.read[i]
		if twice := one.nest.Told &^ r.chain[i].Told; twice != 0 {
			before := len(one.Frame.Events)
			one.Frame.Events = slices.DeleteFunc(one.Frame.Events, func(e frame.Event) bool { return nest.DataOf(e.Kind)&twice != 0 })
			r.nested += before - len(one.Frame.Events)
		}
		r.spans = append(r.spans, one.Span)
	}
}
