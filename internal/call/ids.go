package call

import (
	"math/bits"
	"math/rand/v2"
	"slices"

	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// ids is a set of identities in 10 to 15 bytes each, a third of what a map takes: there are thousands of calls with hundreds
// each. It is a table with open addressing whose zero is an empty slot. The zero value is an empty set.
type ids struct {
	slots []frame.ID
	count int
}

// scatter keeps senders from choosing identities that fall on one slot.
var scatter = rand.Uint64() | 1

// add puts in an identity, which is not 0, and says whether it is new.
func (s *ids) add(id frame.ID) bool {
	if s.count*5 >= len(s.slots)*4 {
		s.rebuild(max(8, len(s.slots)*3/2), nil)
	}
	at := s.find(id)
	if s.slots[at] == id {
		return false
	}
	s.slots[at] = id
	s.count++
	return true
}

// has says whether an identity is in.
func (s *ids) has(id frame.ID) bool { return s.count > 0 && s.slots[s.find(id)] == id }

// find is the slot that an identity is in or belongs into.
func (s *ids) find(id frame.ID) int {
	home, _ := bits.Mul64(uint64(id)*scatter, uint64(len(s.slots)))
	at := int(home)
	for s.slots[at] != 0 && s.slots[at] != id {
		if at++; at == len(s.slots) {
			at = 0
		}
	}
	return at
}

// remove takes out some identities.
func (s *ids) remove(some []frame.ID) {
	if len(some) == 0 {
		return
	}
	some = slices.Clone(some)
	slices.Sort(some)
	s.rebuild(len(s.slots), some)
}

// rebuild makes the table anew with so many slots, without those that are sorted in less.
func (s *ids) rebuild(slots int, less []frame.ID) {
	old := s.slots
	s.slots, s.count = make([]frame.ID, slots), 0
	for _, id := range old {
		if _, out := slices.BinarySearch(less, id); id != 0 && !out {
			s.slots[s.find(id)] = id
			s.count++
		}
	}
}
