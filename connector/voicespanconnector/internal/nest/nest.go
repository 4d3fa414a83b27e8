// Package nest knows what spans that are in each other tell twice: a framework's span of a request, and in it that of the client
// that the framework makes it with.
package nest

import (
	"sync"
	"time"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect/spanusage"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
	"github.com/otelcol-voice/otelcol-voice/internal/lineage"
)

// Data is what a span tells of a request, as a set: three kinds of data that can be told twice, each of four families. What an
// answer used is not told by how it was spoken.
type Data uint16

// The kinds of data. Each has the bits of a family from here.
const (
	use = spanusage.Families * iota
	first
	work
)

// DataOf is what an event of a span tells.
func DataOf(kind frame.Kind, of spanusage.Family) Data {
	switch kind {
	case frame.TTFB:
		return Data(of) << first
	case frame.Processing:
		return Data(of) << work
	case frame.TokensUsed, frame.CharactersUsed, frame.AudioTranscribed, frame.RealtimeConnected:
		return Data(of) << use
	}
	return 0
}

// Span is a span with what it tells.
type Span struct {
	id, parent lineage.ID
	// Told is what it tells, then what is left to it.
	Told Data
	// Tool says that it is a call of a tool: what is in it is told of another request than what is around it.
	Tool bool
}

// SpanOf is a span that tells nothing.
func SpanOf(trace [16]byte, id, parent [8]byte) Span {
	if parent == id {
		parent = [8]byte{} // it is in no other
	}
	return Span{id: lineage.IDOf(trace, id), parent: lineage.IDOf(trace, parent)}
}

// Nest remembers what was told in and around spans. Whichever of two spans comes first is believed, so that nothing counts twice
// in any order, as long as the spans between them, if there are any, do not come in a request after both.
//
// It is safe for concurrent use by those who hold it.
type Nest struct {
	mu      sync.Mutex
	known   *lineage.Memory[told]
	lessons *[]Lesson // of the request at hand
}

// Lesson is what was not known of a span.
type Lesson = lineage.Lesson[told]

// told is what was told in a span (low bits), and by itself or around it (high bits).
type told uint32

const aroundShift = 16

func (t told) inside() Data { return Data(t) }

func (t told) around() Data { return Data(t >> aroundShift) }

// New makes one that remembers so many spans, see lineage.New.
func New(limit int) *Nest { return &Nest{known: lineage.New[told](limit)} }

// Hold is for the spans of a request; what it returns releases it. To lessons is added what they teach, see Unlearn.
func (n *Nest) Hold(now time.Time, lessons *[]Lesson) (release func()) {
	n.mu.Lock()
	n.known.Age(now)
	n.lessons = lessons
	return n.mu.Unlock
}

// Unlearn forgets what a request has taught that was refused, while somebody holds the nest.
func (n *Nest) Unlearn(lessons []Lesson) { n.known.Unlearn(lessons) }

// Enter notes what was told around a span, for the spans in it: those of its request before they are taken, and those that come later
// after that. Spans come in the opposite order.
func (n *Nest) Enter(span *Span) {
	if span.Tool || n.knowsNothing() {
		return
	}
	if above, _ := n.known.Of(span.parent); above.around() != 0 {
		own, isYoung := n.known.Of(span.id)
		n.note(span.id, own, isYoung, told(above.around())<<aroundShift)
	}
}

// Take leaves to a span what no span in it or around it has told before. Spans come in the order of their ends, and somebody holds
// the nest for them.
func (n *Nest) Take(span *Span) {
	if span.Tool || span.Told == 0 && n.knowsNothing() {
		return
	}
	own, ownYoung := n.known.Of(span.id)
	above, aboveYoung := n.known.Of(span.parent)
	span.Told &^= own.inside() | above.around()
	n.note(span.parent, above, aboveYoung, told(own.inside()|span.Told))
	n.note(span.id, own, ownYoung, told(above.around()|span.Told)<<aroundShift)
}

func (n *Nest) knowsNothing() bool { return n.known.Len() == 0 }

// note adds to what is known of a span.
func (n *Nest) note(id lineage.ID, known told, isYoung bool, more told) {
	n.known.Learn(id, known, isYoung, more, n.lessons)
}
