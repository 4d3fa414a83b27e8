package call

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// Verdict is what became of a frame.
type Verdict uint8

// The verdicts.
const (
	Accepted  Verdict = iota + 1
	Duplicate         // known already; nothing follows from it
	Late              // its call has ended; its measurements count
	TooLong           // its call has had MaxEvents already; nothing follows from it
)

// MaxEvents is how many events a call may have, and so how much of it is remembered: several days of talk.
const MaxEvents = 100_000

// Tx is what the frames of one request would change in their calls. The calls are locked until Commit or Rollback,
// so that a request that is refused downstream has changed nothing, and one beside it has not built on the change.
type Tx struct {
	table *Table
	calls []staged // in the order of their keys
	facts []Fact   // of the last frame; the next one's take their place
	room  *room    // that both lists are in; nil: the calls are released
}

// room is what transactions work in, one after another: a call's state is large, and most requests have few frames.
type room struct {
	calls []staged
	facts []Fact
}

var rooms = sync.Pool{New: func() any { return new(room) }}

// largest is how many calls, and facts, a room may be for that is kept.
const largest = 1000

func (t *Table) newTx() *Tx {
	r := rooms.Get().(*room)
	return &Tx{table: t, calls: r.calls, facts: r.facts, room: r}
}

// leave gives the room back, once. What was in it must not be kept alive.
func (tx *Tx) leave() {
	r := tx.room
	if r == nil {
		return
	}
	clear(tx.calls)
	clear(tx.facts[:cap(tx.facts)])
	if r.calls, r.facts = tx.calls[:0], tx.facts[:0]; cap(r.calls) <= largest && cap(r.facts) <= largest {
		rooms.Put(r)
	}
	tx.calls, tx.facts, tx.room = nil, nil, nil
}

// staged is a call with the state it will have.
type staged struct {
	*call
	key  Key
	next state
	ids  []frame.ID // seen for the first time in this transaction
	// changed says that a frame was applied, so that a summary delivered before is out of date.
	changed bool
}

// Apply applies a frame that arrived at a moment, to its call, and returns the facts that follow, which are good until the
// next frame or the end of the transaction. A frame of a call that was not named to Begin is none of the transaction's: it has no verdict.
func (tx *Tx) Apply(f *frame.Frame, arrival time.Time) ([]Fact, Verdict) {
	c := tx.staged(KeyOf(f))
	if c == nil {
		return nil, 0
	}
	switch {
	case c.knows(f.ID):
		return nil, Duplicate
	case c.next.events >= MaxEvents && !ends(f):
		return nil, TooLong
	}
	c.remember(f.ID)
	c.next.events += max(len(f.Events), 1)
	c.changed = true
	c.next.anchor(f, arrival)
	// Without the monotonic clock's reading, which a replay would not have.
	s := tx.step(c, c.next.moment(f, arrival.Round(0)))
	s.id, s.form, s.timed = f.ID, f.Form, !f.Time.IsZero()
	s.facts = slices.Grow(tx.facts[:0], len(f.Events)+2)
	verdict := Accepted
	if c.next.ended {
		s.late(f)
		verdict = Late
	} else {
		s.live(f, arrival)
	}
	tx.facts = s.facts
	return s.facts, verdict
}

// staged is the call of a key. (The standard search would copy each state that it looks at.)
func (tx *Tx) staged(key Key) *staged {
	for low, high := 0, len(tx.calls); low < high; {
		middle := (low + high) / 2
		c := &tx.calls[middle]
		switch order := compare(c.key, key); {
		case order == 0:
			return c
		case order < 0:
			low = middle + 1
		default:
			high = middle
		}
	}
	return nil
}

func (tx *Tx) step(c *staged, at time.Time) step {
	return step{state: &c.next, key: c.key, at: at, traced: tx.table.config.Trace}
}

// ends says whether a frame ends its call, which every call can.
func ends(f *frame.Frame) bool {
	return slices.ContainsFunc(f.Events, func(e frame.Event) bool {
		return e.Kind == frame.CallEnded || e.Kind == frame.CallHungUp
	})
}

// knows says whether a frame of that identity was applied. One without an identity never was.
func (c *staged) knows(id frame.ID) bool { return id != 0 && c.seen.has(id) }

// remember notes an identity at once, so that a duplicate in the same request is found; Rollback takes it back.
func (c *staged) remember(id frame.ID) {
	if id != 0 {
		c.seen.add(id)
		c.ids = append(c.ids, id)
	}
}

// EndIdle ends the calls of the transaction that are still idle. A summary that Summarised has noted does not follow
// again, nor do the spans of the end.
func (tx *Tx) EndIdle(now time.Time) []Fact {
	return tx.endWhere(now, func(s *state) bool { return s.idle(now, tx.table.config.IdleTimeout) })
}

// Expire ends the calls of the transaction that are open, as EndIdle did before a restart. The time-out may be another now.
func (tx *Tx) Expire(now time.Time) []Fact {
	return tx.endWhere(now, func(s *state) bool { return s.open && !s.ended })
}

func (tx *Tx) endWhere(now time.Time, due func(*state) bool) []Fact {
	var facts []Fact
	for i := range tx.calls {
		c := &tx.calls[i]
		if !due(&c.next) {
			continue
		}
		s := tx.step(c, c.next.last)
		s.end(cmp.Or(s.hungUp, IdleTimeout), s.hungUp != "")
		c.next.arrived = now
		if c.summarised {
			withoutRecords(s.facts)
		}
		facts = append(facts, s.facts...)
	}
	return facts
}

// withoutRecords leaves of the facts of an end what numbers are made of.
func withoutRecords(facts []Fact) {
	for i := range facts {
		facts[i].Turn, facts[i].Summary = nil, nil
	}
}

// Summarised notes that the summaries of the transaction's calls were delivered, and their spans, whatever becomes of the rest.
func (tx *Tx) Summarised() {
	for i := range tx.calls {
		tx.calls[i].summarised = true
	}
}

// Settle makes known what is held back until the end of the calls, because the collector ends before them.
func (tx *Tx) Settle() []Fact {
	var facts []Fact
	for i := range tx.calls {
		s := tx.step(&tx.calls[i], tx.calls[i].next.last)
		s.settle()
		facts = append(facts, s.facts...)
	}
	return facts
}

// Commit makes the changes true and releases the calls.
func (tx *Tx) Commit() {
	for i := range tx.calls {
		c := &tx.calls[i]
		tx.table.commit(c.key, c.next.open && !c.open, c.next.ended && !c.ended)
		c.state = c.next
		c.summarised = c.summarised && !c.changed
		tx.release(c)
	}
	tx.leave()
}

// Rollback releases the calls as they were. After Commit it does nothing, so that it can be deferred.
func (tx *Tx) Rollback() {
	for i := range tx.calls {
		c := &tx.calls[i]
		c.seen.remove(c.ids)
		tx.release(c)
	}
	tx.leave()
}

// release also drops a call that never came to be.
func (tx *Tx) release(c *staged) {
	if !c.state.open {
		tx.table.remove(c.key, c.call)
	}
	c.mu.Unlock()
}
