// Package nest knows what spans that are in each other tell twice: a framework's span of a request, and in it that of the client
// that the framework makes it with.
package nest

import (
	"hash/maphash"
	"sync"
	"time"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect/spanusage"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
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
	id, parent spanID
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
	return Span{id: idOf(trace, id), parent: idOf(trace, parent)}
}

// spanID stands for a span: a digest, by a seed of this process, so that nobody can make two alike. Zero is none.
type spanID uint64

var seed = maphash.MakeSeed()

func idOf(trace [16]byte, span [8]byte) spanID {
	if span == [8]byte{} {
		return 0
	}
	var id [24]byte
	copy(id[:16], trace[:])
	copy(id[16:], span[:])
	return spanID(maphash.Bytes(seed, id[:]))
}

// timeout is for how long a span is remembered after it was last heard of, at least: spans end, and are sent, soon after what is in
// them.
const timeout = 10 * time.Minute

// Nest remembers what was told in and around spans. Whichever of two spans comes first is believed, so that nothing counts twice
// in any order, as long as the spans between them, if there are any, do not come in a request after both.
//
// It has two generations: what is still needed is in the young one, and the old one goes as a whole.
type Nest struct {
	limit int

	mu         sync.Mutex
	lessons    *[]Lesson // of the request at hand
	young, old map[spanID]told
	born       time.Time // of the young generation
}

// Lesson is what was not known of a span.
type Lesson struct {
	span spanID
	told told
}

// told is what was told in a span (low bits), and by itself or around it (high bits). Beside the id it takes no more room than a
// bit would.
type told uint32

const aroundShift = 16

func (t told) inside() Data { return Data(t) }

func (t told) around() Data { return Data(t >> aroundShift) }

// New makes one that remembers twice as many spans as the limit, and those of two requests.
func New(limit int) *Nest { return &Nest{limit: limit, young: map[spanID]told{}} }

// Hold is for the spans of a request; what it returns releases it. To lessons is added what they teach, see Unlearn.
func (n *Nest) Hold(now time.Time, lessons *[]Lesson) (release func()) {
	n.mu.Lock()
	n.age(now)
	n.lessons = lessons
	return n.mu.Unlock
}

// Unlearn forgets what a request has taught that was refused, while somebody holds the nest. What another has taught as well meanwhile is
// forgotten with it.
func (n *Nest) Unlearn(lessons []Lesson) {
	for _, one := range lessons {
		unlearn(n.young, one)
		unlearn(n.old, one)
	}
}

func unlearn(generation map[spanID]told, one Lesson) {
	if left := generation[one.span] &^ one.told; left != 0 {
		generation[one.span] = left
	} else {
		delete(generation, one.span)
	}
}

// Enter notes what was told around a span, for the spans in it: those of its request before they are taken, and those that come later
// after that. Spans come in the opposite order.
func (n *Nest) Enter(span *Span) {
	if span.Tool || n.knowsNothing() {
		return
	}
	if above, _ := n.of(span.parent); above.around() != 0 {
		own, isYoung := n.of(span.id)
		n.note(span.id, own, isYoung, told(above.around())<<aroundShift)
	}
}

// Take leaves to a span what no span in it or around it has told before. Spans come in the order of their ends, and somebody holds
// the nest for them.
func (n *Nest) Take(span *Span) {
	if span.Tool || span.Told == 0 && n.knowsNothing() {
		return
	}
	own, ownYoung := n.of(span.id)
	above, aboveYoung := n.of(span.parent)
	span.Told &^= own.inside() | above.around()
	n.note(span.parent, above, aboveYoung, told(own.inside()|span.Told))
	n.note(span.id, own, ownYoung, told(above.around()|span.Told)<<aroundShift)
}

func (n *Nest) knowsNothing() bool { return len(n.young)+len(n.old) == 0 }

// of is what is known of a span. What is young holds what the old generation knows.
func (n *Nest) of(id spanID) (known told, isYoung bool) {
	if id == 0 {
		return 0, false
	}
	if known, isYoung = n.young[id]; isYoung {
		return known, true
	}
	return n.old[id], false
}

// note adds to what is known of a span.
func (n *Nest) note(id spanID, known told, isYoung bool, more told) {
	if id == 0 || more == 0 || isYoung && known|more == known {
		return
	}
	n.young[id] = known | more
	if news := more &^ known; news != 0 {
		*n.lessons = append(*n.lessons, Lesson{id, news})
	}
}

// age makes the young generation the old one when its time has come, or it is full.
func (n *Nest) age(now time.Time) {
	if len(n.young) < n.limit && now.Sub(n.born) < timeout {
		return
	}
	n.old, n.young, n.born = n.young, map[spanID]told{}, now
}
