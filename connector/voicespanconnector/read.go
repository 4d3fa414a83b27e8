package voicespanconnector

import (
	"cmp"
	"slices"
	"strings"
	"time"

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
	spans  []join.Span
	chain  []nest.Span   // of each, what it tells of a request
	order  []*join.Span  // all, in the order of their ends
	events []frame.Event // room for those of the spans
	tally  tally
	taught []nest.Lesson

	sampled int // spans that say so
	nested  int // data that spans in or around others have told
}

func newRequest() *request { return &request{reader: spanframe.NewReader()} }

// usual is how many events a span has, at most, as a rule.
const usual = 4

// reserve makes room for so many spans.
func (r *request) reserve(spans int) {
	if cap(r.spans) < spans {
		r.spans, r.chain = make([]join.Span, 0, spans), make([]nest.Span, 0, spans)
		r.order, r.events = make([]*join.Span, 0, spans), make([]frame.Event, 0, usual*spans)
	}
}

// leave empties the room. What was in it must not be kept alive.
func (r *request) leave() {
	clear(r.spans)
	clear(r.order)
	clear(r.events)
	*r = request{
		reader: r.reader, spans: r.spans[:0], chain: r.chain[:0], order: r.order[:0], events: r.events[:0], tally: r.tally[:0],
		taught: r.taught[:0],
	}
	r.reader.Forget()
}

// largest is how many spans a room may be for that is kept.
const largest = 10_000

// take reads all spans.
func (r *request) take(td ptrace.Traces, service string, of *witnesses, now time.Time) {
	r.reserve(td.SpanCount())
	for _, rs := range td.ResourceSpans().All() {
		owner := ownerOf(rs.Resource(), service)
		named := spanframe.NameOf(rs.Resource())
		for _, ss := range rs.ScopeSpans().All() {
			scope := ss.Scope().Name()
			if scope == semconv.ScopeName {
				r.tally.add(outcome{name: ours, framework: none}, ss.Spans().Len())
				of.note(ss.Spans())
				continue
			}
			for _, span := range ss.Spans().All() {
				r.span(span, scope, owner, named, now)
			}
		}
	}
	r.sort()
}

func (r *request) span(span ptrace.Span, scope, owner string, named spanframe.Name, now time.Time) {
	at := len(r.spans)
	r.spans = r.spans[:at+1] // there is room, and nothing of another in it
	one := &r.spans[at]
	room := len(r.events)
	one.Frame.Events = r.events[room : room : room+usual]
	verdict := r.reader.Read(span, scope, &one.Span)
	if one.Name.ID == "" {
		one.Name = named
	}
	one.Trace, one.Owner, one.Root = span.TraceID(), owner, span.ParentSpanID().IsEmpty()
	if !r.judge(one, verdict, now) {
		*one = join.Span{}
		r.spans = r.spans[:at]
		return
	}
	r.events = r.events[:room+min(usual, len(one.Frame.Events))]
	one.End = span.EndTimestamp()
	r.chain = append(r.chain, linkOf(span, one))
	if isSampled(span.TraceState().AsRaw()) {
		r.sampled++
	}
}

// linkOf is where a span stands among others, and what it tells of a request.
func linkOf(span ptrace.Span, one *join.Span) nest.Span {
	link := nest.SpanOf(span.TraceID(), span.SpanID(), span.ParentSpanID())
	link.Tool = one.Tool
	if one.Family != 0 {
		for i := range one.Frame.Events {
			link.Told |= nest.DataOf(one.Frame.Events[i].Kind, one.Family)
		}
	}
	return link
}

// judge says whether a span has its place among the others; one that tells nothing has, for others are in it.
func (r *request) judge(one *join.Span, verdict spanframe.Verdict, now time.Time) bool {
	switch verdict {
	case spanframe.Ours:
		r.tally.add(outcome{name: ours, framework: none}, 1)
		return false
	case spanframe.Nothing:
		r.tally.add(outcome{name: ignored, framework: none}, 1)
		one.Frame.Events = nil
		if len(one.Name.ID) > maxCallID {
			one.Name = spanframe.Name{Rank: spanframe.Unnamed}
		}
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

// unfit is why a span cannot be taken, or "".
func unfit(one *join.Span, now time.Time) frame.Class {
	at := one.Frame.Time
	switch {
	case len(one.Name.ID) > maxCallID:
		return frame.CallIDTooLong
	case one.Trace == [16]byte{} && one.Name.ID == "":
		return frame.NoCallID
	case at.Sub(now) > maxAhead:
		return frame.FutureTime
	case !at.IsZero() && at.Before(spanframe.Year2000):
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

// sort brings the spans into the order of their ends: what is in a span ends before it, and what somebody did before they tell
// that the call is over. SDKs send them so.
func (r *request) sort() {
	for i := range r.spans {
		r.spans[i].Place = i
		r.order = append(r.order, &r.spans[i])
	}
	byEnd := func(a, b *join.Span) int { return cmp.Or(cmp.Compare(a.End, b.End), cmp.Compare(a.Place, b.Place)) }
	if !slices.IsSortedFunc(r.order, byEnd) {
		slices.SortFunc(r.order, byEnd)
	}
}

// unnest takes out what spans in or around others have told.
func (r *request) unnest(known *nest.Nest, now time.Time) {
	defer known.Hold(now, &r.taught)()
	r.compare(known)
}

func (r *request) compare(known *nest.Nest) {
	r.enter(known)
	for _, one := range r.order {
		link := &r.chain[one.Place]
		told := link.Told
		known.Take(link)
		if twice := told &^ link.Told; twice != 0 {
			r.without(one, twice)
		}
	}
	r.enter(known)
}

func (r *request) enter(known *nest.Nest) {
	for _, one := range slices.Backward(r.order) {
		known.Enter(&r.chain[one.Place])
	}
}

// untell takes back what spans have told that were refused. What is in what holds all the same: others, which were accepted, may have
// told in and around them.
func (r *request) untell(known *nest.Nest, refused []*join.Span, now time.Time) {
	for _, one := range refused {
		r.chain[one.Place].Told = 0
	}
	taught := r.taught
	r.taught = nil
	defer known.Hold(now, &r.taught)()
	known.Unlearn(taught)
	r.compare(known)
}

func (r *request) without(one *join.Span, twice nest.Data) {
	before := len(one.Frame.Events)
	one.Frame.Events = slices.DeleteFunc(one.Frame.Events, func(e frame.Event) bool { return nest.DataOf(e.Kind, one.Family)&twice != 0 })
	r.nested += before - len(one.Frame.Events)
}
