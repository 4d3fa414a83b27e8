// Package lineage remembers something of spans for those that they are in, or that are in them and come later. It is pure: no clock
// (times are handed in), no lock.
package lineage

import (
	"hash/maphash"
	"time"
)

// ID stands for a span: a digest of its trace and itself, by a seed of this process, so that nobody can make two alike. Zero is none.
type ID uint64

var seed = maphash.MakeSeed()

// IDOf is that of a span; a span that is none has none.
func IDOf(trace [16]byte, span [8]byte) ID {
	if span == [8]byte{} {
		return 0
	}
	var id [24]byte
	copy(id[:16], trace[:])
	copy(id[16:], span[:])
	return ID(maphash.Bytes(seed, id[:]))
}

// Set is what is remembered of a span. Beside the id, its bits take no more room than one would.
type Set interface{ ~uint8 | ~uint32 }

// Timeout is for how long a span is remembered after something was last learnt of it, at least: spans end, and are sent, soon after
// what is in them.
const Timeout = 10 * time.Minute

// Memory is not safe for concurrent use. It has two generations: what is still needed is in the young one, and the old one goes as a
// whole.
type Memory[S Set] struct {
	limit      int
	young, old map[ID]S
	born       time.Time // of the young generation
}

// Lesson is what was not known of a span.
type Lesson[S Set] struct {
	span ID
	bits S
}

// New makes a memory of twice as many spans as the limit, and those of two requests.
func New[S Set](limit int) *Memory[S] { return &Memory[S]{limit: limit, young: map[ID]S{}} }

// Age makes the young generation the old one when its time has come, or it is full. It is for the beginning of a request.
func (m *Memory[S]) Age(now time.Time) {
	if len(m.young) < m.limit && now.Sub(m.born) < Timeout {
		return
	}
	m.old, m.young, m.born = m.young, map[ID]S{}, now
}

// Len is how many spans are known; those of which something was learnt in both generations count twice.
func (m *Memory[S]) Len() int { return len(m.young) + len(m.old) }

// Of is what is known of a span, and whether the young generation knows it. What is young holds what the old one knows.
func (m *Memory[S]) Of(id ID) (known S, young bool) {
	if id == 0 {
		return 0, false
	}
	if known, young = m.young[id]; young {
		return known, true
	}
	return m.old[id], false
}

// Learn adds to what is known of a span, as Of said it, and to lessons what of that is new. It says whether there was anything to add
// to the young generation.
func (m *Memory[S]) Learn(id ID, known S, young bool, more S, lessons *[]Lesson[S]) bool {
	if id == 0 || more == 0 || young && known|more == known {
		return false
	}
	m.young[id] = known | more
	if news := more &^ known; news != 0 {
		*lessons = append(*lessons, Lesson[S]{id, news})
	}
	return true
}

// Unlearn forgets what a request has taught that was refused. What another has taught as well meanwhile is forgotten with it.
func (m *Memory[S]) Unlearn(lessons []Lesson[S]) {
	for _, one := range lessons {
		unlearn(m.young, one)
		unlearn(m.old, one)
	}
}

func unlearn[S Set](generation map[ID]S, one Lesson[S]) {
	if left := generation[one.span] &^ one.bits; left != 0 {
		generation[one.span] = left
	} else {
		delete(generation, one.span)
	}
}
