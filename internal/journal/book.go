package journal

import (
	"container/heap"

	"go.opentelemetry.io/collector/extension/xextension/storage"

	"github.com/otelcol-voice/otelcol-voice/internal/call"
)

// place is where a call's records are.
type place struct {
	slot       uint32
	generation uint64
	since      uint64 // the generation that the call had first: one that could not be written gets others
	records    uint32 // that are written, and so the number of the next; 0 while the call is not on disk at all
}

// book knows which call is where.
type book struct {
	calls map[call.Key]*place
	free  freeSlots
	head
	// stale is what the next write deletes: of each slot, how many records may be there. It outlasts a write that fails.
	stale map[uint32]uint32
	debts
}

func newBook(h head) book {
	return book{calls: map[call.Key]*place{}, head: h, stale: map[uint32]uint32{}, debts: newDebts()}
}

// layOut counts the slots anew: those that no call is in are free, and those beyond the last call were never used.
func (b *book) layOut() {
	used := make(map[uint32]bool, len(b.calls))
	b.slots = 0
	for _, p := range b.calls {
		used[p.slot] = true
		b.slots = max(b.slots, p.slot+1)
	}
	for slot := range b.slots {
		if !used[slot] {
			b.free = append(b.free, slot) // in ascending order it is a heap
		}
	}
}

// release gives up a slot that may hold so many records. Where the last write of the slot failed, it may hold one more than
// its call was told.
func (b *book) release(slot, records uint32) {
	b.stale[slot] = max(b.stale[slot], records+1)
	heap.Push(&b.free, slot)
}

func (b *book) forget(calls []call.Gone) {
	for _, gone := range calls {
		if p := b.calls[gone.Key]; p != nil && p.since <= gone.Mark {
			b.drop(gone.Key, p)
		}
		b.debts.forget(gone)
	}
}

// makeRoom drops the calls whose names begin anew. It comes before the sweep, like all that makes something stale.
func (b *book) makeRoom(pages []page) {
	for _, page := range pages {
		if !page.opens {
			continue
		}
		if p := b.calls[page.call]; p != nil {
			b.drop(page.call, p)
		}
		b.cancel(page.call)
	}
}

func (b *book) drop(key call.Key, p *place) {
	delete(b.calls, key)
	b.release(p.slot, p.records)
}

// sweep deletes what is stale.
func (b *book) sweep() []*storage.Operation {
	var ops []*storage.Operation
	for slot, records := range b.stale {
		ops = append(ops, storage.DeleteOperation(headerKey(slot)))
		for n := range records {
			ops = append(ops, storage.DeleteOperation(recordKey(slot, n)))
		}
	}
	return ops
}

// allot gives a call that has no slot the lowest that is free.
func (b *book) allot(key call.Key) *place {
	b.generation++
	at := &place{generation: b.generation, since: b.generation}
	if owed, is := b.owed[key]; is {
		at.since = owed.since
	}
	if len(b.free) > 0 {
		at.slot = heap.Pop(&b.free).(uint32)
		return at
	}
	at.slot = b.slots
	b.slots++
	return at
}

// draft is a write that is not true yet. It has one record of each call, however many requests add to it: a write that
// fails half-way leaves at most that one, which the next write to the call replaces, and never a hole.
type draft struct {
	lines map[call.Key]*line
	head  *head // where calls are new
}

// line is what a draft adds to one call.
type line struct {
	*place
	value []byte
}

// draft has what is owed to a call before what is new of it. What is owed to others is not among it: a storage that has no room
// for that may have room for this.
func (b *book) draft(group []*request) draft {
	d := draft{lines: map[call.Key]*line{}}
	for _, r := range group {
		for _, p := range r.pages {
			if owed, is := b.owed[p.call]; is && d.lines[p.call] == nil {
				b.enter(&d, page{call: p.call, value: owed.value})
			}
			b.enter(&d, p)
		}
	}
	return d
}

// repayment has all that is owed.
func (b *book) repayment() draft {
	d := draft{lines: map[call.Key]*line{}}
	for key, owed := range b.owed {
		b.enter(&d, page{call: key, value: owed.value})
	}
	return d
}

func (b *book) enter(d *draft, p page) {
	switch known := d.lines[p.call]; {
	case b.isLost(p.call):
		return
	case known != nil && p.opens:
		known.value = p.value // what was to be written before it is of a call that is over
		return
	case known != nil:
		known.value = append(known.value, p.value[sealSize:]...)
		return
	}
	at := b.calls[p.call]
	if at == nil {
		at = b.allot(p.call)
		d.head = &b.head
	}
	d.lines[p.call] = &line{place: at, value: p.value}
}

func (d *draft) operations() []*storage.Operation {
	ops := make([]*storage.Operation, 0, len(d.lines)+1)
	if d.head != nil {
		ops = append(ops, storage.SetOperation(headKey, encodeHead(*d.head)))
	}
	for key, l := range d.lines {
		if l.records == 0 {
			ops = append(ops, storage.SetOperation(headerKey(l.slot), encodeHeader(header{call: key, generation: l.generation})))
		}
		ops = append(ops, storage.SetOperation(recordKey(l.slot, l.records), seal(l.value, l.generation)))
	}
	return ops
}

// keep makes a draft true.
func (b *book) keep(d draft) {
	clear(b.stale)
	for key, l := range d.lines {
		b.calls[key] = l.place
		delete(b.owed, key)
		l.records++
	}
}

// discard takes a draft back. It may be on disk in part or, if only the answer was lost, as a whole. Its lines are owed; it
// returns how many calls are lost because that was too much.
func (b *book) discard(d draft) (lost int) {
	for key, l := range d.lines {
		if l.records == 0 {
			b.release(l.slot, 0)
		}
		b.owed[key] = debt{since: l.since, value: l.value}
	}
	for _, key := range b.shed() {
		if p := b.calls[key]; p != nil {
			b.drop(key, p)
		}
		lost++
	}
	return lost
}

// freeSlots is a heap: the lowest goes first, so that the slots in use stay together.
type freeSlots []uint32

func (s freeSlots) Len() int           { return len(s) }
func (s freeSlots) Less(i, j int) bool { return s[i] < s[j] }
func (s freeSlots) Swap(i, j int)      { s[i], s[j] = s[j], s[i] }

// Push is heap.Interface's.
func (s *freeSlots) Push(slot any) { *s = append(*s, slot.(uint32)) }

// Pop is heap.Interface's.
func (s *freeSlots) Pop() any {
	last := len(*s) - 1
	slot := (*s)[last]
	*s = (*s)[:last]
	return slot
}
