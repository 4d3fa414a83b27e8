// Package once knows which points were counted before, so that a point that comes again is not counted again.
//
// A point has a mark, which is its own among those of its call unless two points of one frame are alike. Then they come in one
// request, and the second of them in a request is another point than the first. So what was sent again is known as a whole or
// in parts, however it is split.
package once

import (
	"slices"
	"time"

	"github.com/otelcol-voice/otelcol-voice/processor/rollupprocessor/internal/ident"
)

// Settings bound what is remembered. The marks of a call are forgotten when no point of it was counted for Timeout; beyond
// Limit marks in all, those of the calls that were silent for longest are, down to three quarters.
type Settings struct {
	Timeout time.Duration
	Limit   int
}

// Calls is the marks of all calls. It is not safe for concurrent use.
type Calls struct {
	set    Settings
	byKey  ident.Table[*call]
	order  []*call // of first sight
	held   int     // marks
	lost   int     // marks that were forgotten for want of room since somebody asked
	newest *call   // the one of the last look: most points are of the call of the one before
	swept  time.Time

	request uint64
	alike   map[likeness]uint64 // how often a mark came in the request at hand, of those that came more than once

	look look
}

// call is what is known of one call.
type call struct {
	marks
	key ident.Digest
	at  time.Time // arrival of its last point that was counted

	request uint64 // the last one that asked about it
	before  int    // how many marks there were when that began
}

type likeness struct {
	call ident.Digest
	mark uint64
}

// look is what Known was asked last, and what Keep would keep.
type look struct {
	call *call // nil: not known yet
	key  ident.Digest
	mark uint64
}

// NewCalls knows nothing yet.
func NewCalls(set Settings) *Calls {
	return &Calls{set: set, alike: make(map[likeness]uint64)}
}

// Configure changes the settings.
func (c *Calls) Configure(set Settings) { c.set = set }

// Len is how many calls are known.
func (c *Calls) Len() int { return len(c.order) }

// Marks is how many marks are held.
func (c *Calls) Marks() int { return c.held }

// Lost is how many marks were forgotten for want of room since the last time.
func (c *Calls) Lost() int {
	lost := c.lost
	c.lost = 0
	return lost
}

// Begin begins the next request.
func (c *Calls) Begin() {
	c.request++
	if len(c.alike) > 0 {
		clear(c.alike)
	}
}

// Known says whether the next point of the request, which has this mark in this call, was counted before. Keep is for those
// that were not.
func (c *Calls) Known(key ident.Digest, mark ident.Digest) bool {
	known := c.find(key)
	c.look = look{call: known, key: key, mark: mark.Hi ^ mark.Lo}
	if known == nil {
		return false
	}
	if known.request != c.request {
		known.request, known.before = c.request, len(known.list)
	}
	at := known.find(c.look.mark)
	if at < 0 {
		return false
	}
	n := c.count(known, at)
	if n == 0 {
		return true
	}
	c.look.mark = (c.look.mark + n) * 0x9e3779b97f4a7c15
	return known.find(c.look.mark) >= 0
}

func (c *Calls) find(key ident.Digest) *call {
	if c.newest == nil || c.newest.key != key {
		known := c.byKey.Get(key)
		if known == nil {
			return nil
		}
		c.newest = known
	}
	return c.newest
}

// count is how many points of the request had this mark before, which is at that place: one that the request brought itself
// came once unless it is known that it came more often.
func (c *Calls) count(known *call, at int) uint64 {
	mark := likeness{known.key, known.list[at]}
	n := c.alike[mark]
	if n == 0 && at >= known.before {
		n = 1
	}
	c.alike[mark] = n + 1
	return n
}

// Keep remembers the point that Known was asked about last: it is counted.
func (c *Calls) Keep(now time.Time) {
	known := c.look.call
	if known == nil {
		known = c.open(c.look.key)
	}
	known.at = now
	lost := known.add(c.look.mark)
	known.before = max(0, known.before-lost)
	c.lost += lost
	c.held += 1 - lost
	if c.held > c.set.Limit {
		c.giveUp()
	}
}

func (c *Calls) open(key ident.Digest) *call {
	known := &call{key: key, request: c.request}
	c.byKey.Put(key, known)
	c.order = append(c.order, known)
	c.newest = known
	return known
}

// sweepEvery is how often calls are looked through.
const sweepEvery = time.Minute

// Forget drops the calls of which no point was counted for too long.
func (c *Calls) Forget(now time.Time) {
	if now.Sub(c.swept) < sweepEvery && !now.Before(c.swept) {
		return
	}
	c.swept = now
	c.drop(func(known *call) bool { return now.Sub(known.at) > c.set.Timeout })
}

// giveUp forgets the calls that were silent for longest, but not the one at hand.
func (c *Calls) giveUp() {
	before := c.held
	oldest := slices.Clone(c.order)
	slices.SortStableFunc(oldest, func(a, b *call) int { return a.at.Compare(b.at) })
	gone := make(map[*call]bool)
	room := c.held - c.set.Limit/4*3
	for _, known := range oldest {
		if room <= 0 {
			break
		}
		if known != c.newest {
			room -= len(known.list)
			gone[known] = true
		}
	}
	c.drop(func(known *call) bool { return gone[known] })
	c.lost += before - c.held
}

func (c *Calls) drop(over func(*call) bool) {
	c.order = slices.DeleteFunc(c.order, func(known *call) bool {
		if !over(known) {
			return false
		}
		c.held -= len(known.list)
		c.byKey.Delete(known.key)
		return true
	})
	c.byKey.Fit()
	c.newest, c.look = nil, look{}
}
