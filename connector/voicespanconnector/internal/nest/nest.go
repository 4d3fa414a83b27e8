// Package nest knows what spans that are in each other tell twice: a framework's span of a request, and in it that of the client
// that the framework makes it with.
package nest

import (
	"hash/maphash"
	"sync"
	"time"

	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// Data is the kinds of data that a span tells of a request.
type Data uint8

// The kinds of data that can be told twice.
const (
	Use Data = 1 << iota
	First
	Work
)

// DataOf is what an event tells.
func DataOf(kind frame.Kind) Data {
	switch kind {
	case frame.TTFB:
		return First
	case frame.Processing:
		return Work
	case frame.TokensUsed, frame.CharactersUsed, frame.AudioTranscribed, frame.RealtimeConnected:
		return Use
	}
	return 0
}

// Span is a span with what it tells. Its Told is what is left to it.
type Span struct {
	Trace      [16]byte
	ID, Parent [8]byte
	Told       Data
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
	seed  maphash.Seed

	mu         sync.Mutex
	young, old map[uint64]told
	born       time.Time // of the young generation
}

// told is what was told in a span (low bits), and by itself or around it (high bits).
type told uint8

const aroundShift = 4

func (t told) inside() Data { return Data(t & (1<<aroundShift - 1)) }

func (t told) around() Data { return Data(t >> aroundShift) }

// New makes one that remembers twice as many spans as the limit, and those of two requests.
func New(limit int) *Nest {
	return &Nest{limit: limit, seed: maphash.MakeSeed(), young: map[uint64]told{}}
}

// Hold is for the spans of a request; what it returns releases it.
func (n *Nest) Hold(now time.Time) (release func()) {
	n.mu.Lock()
	n.age(now)
	return n.mu.Unlock
}

// Enter notes what was told around a span that tells nothing itself, for the spans in it. Spans come in the opposite order, before
// they are taken.
func (n *Nest) Enter(span *Span) {
	if span.Told != 0 || len(n.young)+len(n.old) == 0 {
		return
	}
	if above := n.of(n.key(span.Trace, span.Parent)).around(); above != 0 {
		n.note(n.key(span.Trace, span.ID), told(above)<<aroundShift)
	}
}

// Take leaves to a span what no span in it or around it has told before. Spans come in the order of their ends, and somebody holds
// the nest for them.
func (n *Nest) Take(span *Span) {
	if span.Told == 0 && len(n.young)+len(n.old) == 0 {
		return
	}
	id, parent := n.key(span.Trace, span.ID), n.key(span.Trace, span.Parent)
	own := n.of(id)
	above := n.of(parent).around()
	span.Told &^= own.inside() | above
	if in := own.inside() | span.Told; in != 0 {
		n.note(parent, told(in))
	}
	if around := above | span.Told; around != 0 {
		n.note(id, told(around)<<aroundShift)
	}
}

// key stands for a span: a digest, by a seed of this process, so that nobody can make two alike. Zero is none.
func (n *Nest) key(trace [16]byte, span [8]byte) uint64 {
	if span == [8]byte{} {
		return 0
	}
	var id [24]byte
	copy(id[:16], trace[:])
	copy(id[16:], span[:])
	return maphash.Bytes(n.seed, id[:])
}

func (n *Nest) of(id uint64) told {
	if known, young := n.young[id]; young {
		return known
	}
	return n.old[id]
}

func (n *Nest) note(id uint64, more told) {
	if id == 0 {
		return
	}
	if known, young := n.young[id]; !young || known|more != known {
		n.young[id] = known | n.old[id] | more
	}
}

// age makes the young generation the old one when its time has come, or it is full.
func (n *Nest) age(now time.Time) {
	if len(n.young) < n.limit && now.Sub(n.born) < timeout {
		return
	}
	n.old, n.young, n.born = n.young, map[uint64]told{}, now
}
