package once

// maxMarks is how many marks of one call are held: days of talk. Beyond it the older half is forgotten, for what comes again
// comes again soon.
const maxMarks = 1 << (placeBits - 1)

// few is how many marks are looked through one by one.
const few = 8

// marks is a set of marks that knows in which order they came. A mark is 64 bits of a digest: within a call of 100,000 marks
// two meet once in four billion calls.
type marks struct {
	list []uint64
	// index has the places of marks in the list, from 1, each below the tag of its mark, so that the list is looked at for hardly
	// any other. 0 is empty. Its length is a power of two; it is nil while the list is short.
	index []uint32
}

// placeBits are enough for a place, and the tag has the rest.
const (
	placeBits = 18
	placeMask = 1<<placeBits - 1
)

func tagOf(mark uint64) uint32 { return uint32(mark>>32) &^ placeMask }

// find is the place of a mark, or -1.
func (m *marks) find(mark uint64) int {
	if m.index == nil {
		for i, known := range m.list {
			if known == mark {
				return i
			}
		}
		return -1
	}
	tag := tagOf(mark)
	for slot := m.slot(mark); ; slot = m.after(slot) {
		entry := m.index[slot]
		switch {
		case entry == 0:
			return -1
		case entry&^placeMask != tag:
		case m.list[entry&placeMask-1] == mark:
			return int(entry&placeMask) - 1
		}
	}
}

func (m *marks) slot(mark uint64) int { return int(mark) & (len(m.index) - 1) }

func (m *marks) after(slot int) int { return (slot + 1) & (len(m.index) - 1) }

// add adds a mark that is not there. It returns how many had to be forgotten for it.
func (m *marks) add(mark uint64) (forgotten int) {
	if len(m.list) == maxMarks {
		forgotten = maxMarks / 2
		m.list = append(m.list[:0], m.list[forgotten:]...)
		m.reindex(len(m.index))
	}
	m.list = append(m.list, mark)
	switch n := len(m.list); {
	case n <= few:
	case 4*n > 3*len(m.index):
		m.reindex(sizeFor(n))
	default:
		m.enter(mark, n)
	}
	return forgotten
}

// sizeFor is the size of an index for n marks, which will be more.
func sizeFor(n int) int {
	size := 4 * few
	for 4*n > 3*size {
		size *= 2
	}
	return size
}

func (m *marks) reindex(size int) {
	if size == len(m.index) {
		clear(m.index)
	} else {
		m.index = make([]uint32, size)
	}
	for i, mark := range m.list {
		m.enter(mark, i+1)
	}
}

func (m *marks) enter(mark uint64, place int) {
	slot := m.slot(mark)
	for m.index[slot] != 0 {
		slot = m.after(slot)
	}
	m.index[slot] = tagOf(mark) | uint32(place)
}
