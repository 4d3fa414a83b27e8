package voicemetricsprocessor

import (
	"slices"
	"sync"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/otelcol-voice/otelcol-voice/internal/foreign"
	"github.com/otelcol-voice/otelcol-voice/internal/stream"
)

// division is a use in parts that have nothing in common, or why there are none.
type division struct {
	leaves   []foreign.Leaf
	start    pcommon.Timestamp
	outcome  outcome
	partless bool // the parts that are told are more than the whole, and left out
}

// divide divides a use. Where all parts say of what modality they are, or there is one only, parts of totals are totals of
// parts. Else the differences of cumulative totals are divided and added up: parts of totals could fall. It is not known
// beforehand which will be, so all are remembered.
func (b *batch) divide(whole *sighting, counts *foreign.Counts) division {
	if !whole.delta && whole.Side != foreign.Alone {
		key := stream.Mix(stream.Mix(b.from.digest(), whole.together+uint64(whole.Side)), uint64(whole.start))
		return b.divisions.divide(key, whole, counts, b.now)
	}
	return divided(whole, counts)
}

// divided divides a use by itself.
func divided(whole *sighting, counts *foreign.Counts) division {
	leaves, doubt := whole.Use.Split(counts)
	all := divisionOf(merged(leaves), whole.start)
	all.partless = doubt == foreign.Impossible
	return all
}

func divisionOf(leaves []foreign.Leaf, start pcommon.Timestamp) division {
	if len(leaves) == 0 {
		return division{outcome: droppedZero}
	}
	return division{leaves: leaves, start: start, outcome: translated}
}

// merged adds up leaves of the same kind.
func merged(leaves []foreign.Leaf) []foreign.Leaf {
	var all []foreign.Leaf
	for _, leaf := range leaves {
		at := slices.IndexFunc(all, func(l foreign.Leaf) bool { return l.Kind == leaf.Kind })
		if at < 0 {
			all = append(all, leaf)
		} else {
			all[at].Amount += leaf.Amount
		}
	}
	return all
}

// divisions remembers cumulative uses.
type divisions struct {
	mu     sync.Mutex
	memory *memory[account]
}

// account is what a use has come to.
type account struct {
	counts   foreign.Counts // at its last point
	at       pcommon.Timestamp
	start    pcommon.Timestamp // of what is added up
	totals   []foreign.Leaf
	partless bool // its parts were more than the whole when it was first seen, and are left out for good
}

func newDivisions(now time.Time) *divisions {
	return &divisions{memory: newMemory[account](now, maxStreams)}
}

func (d *divisions) len() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.memory.entries)
}

func (d *divisions) divide(key uint64, whole *sighting, counts *foreign.Counts, now time.Time) division {
	d.mu.Lock()
	defer d.mu.Unlock()
	a, sight := d.memory.find(key, whole.start, now)
	switch {
	case sight == noRoom && ambiguous(counts):
		return division{outcome: droppedLimit}
	case sight == noRoom:
		return divided(whole, counts)
	case a.partless:
		return a.withoutParts(whole, counts)
	case !ambiguous(counts) || sight == fresh:
		return a.replace(whole, counts)
	case sight == midway:
		*a = account{counts: *counts, at: whole.at, start: whole.at}
		return division{outcome: droppedUnwatched}
	}
	a.add(whole, counts)
	return divisionOf(slices.Clone(a.totals), a.start)
}

// withoutParts divides what was told without its parts.
func (a *account) withoutParts(whole *sighting, counts *foreign.Counts) division {
	a.partless = true
	all := divided(whole, counts.Wholes())
	all.partless = true
	return all
}

// replace makes the parts of a total what the account has come to. Parts that are more than their whole were read before it was,
// and come with the next; of one that was never sound nobody knows what they are.
func (a *account) replace(whole *sighting, counts *foreign.Counts) division {
	all := divided(whole, counts)
	switch {
	case all.partless && len(a.totals) > 0:
		return divisionOf(slices.Clone(a.totals), a.start)
	case all.partless:
		return a.withoutParts(whole, counts)
	case whole.at > a.at:
		*a = account{counts: *counts, at: whole.at, start: whole.start, totals: all.leaves}
	}
	return all
}

// ambiguous says whether parts of no modality stand beside several modalities.
func ambiguous(c *foreign.Counts) bool {
	modalities, open := 0, false
	for slot, n := range c {
		s := foreign.Slot(slot)
		switch {
		case n == 0:
		case s == foreign.SlotOf(s.Part(), foreign.Unknown):
			open = open || s.Part() != foreign.Whole
		case s.Part() == foreign.Whole || s.Part() == foreign.Inside:
			modalities++
		}
	}
	inside := c[foreign.SlotOf(foreign.Whole, foreign.Unknown)] > 0
	return open && (modalities > 1 || modalities == 1 && inside)
}

// add adds what the counts have more than at the last point. A point that is late has nothing new; parts that are more than
// their whole were read before it was, and are added with it.
func (a *account) add(whole *sighting, counts *foreign.Counts) {
	if whole.at <= a.at {
		return
	}
	more := a.more(counts)
	if leaves, doubt := whole.Use.Split(&more); doubt != foreign.Impossible {
		a.counts, a.at = *counts, whole.at
		a.totals = merged(append(slices.Clone(a.totals), leaves...))
	}
}

// more is the difference; where anything fell the counters began anew, and all is new.
func (a *account) more(counts *foreign.Counts) foreign.Counts {
	more := *counts
	for slot, was := range a.counts {
		if more[slot] -= was; more[slot] < 0 {
			return *counts
		}
	}
	return more
}
