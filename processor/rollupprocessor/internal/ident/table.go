package ident

// Table finds things by digests. It is a map that does not hash: a digest is one already, with a secret seed. The zero value is
// empty.
type Table[T comparable] struct {
	slots []slot[T] // a power of two of them, or none
	n     int
}

// slot is empty where its thing is the zero value.
type slot[T comparable] struct {
	key   Digest
	thing T
}

const (
	smallestTable = 8
	// largeTable is from where on a table is worth being made smaller, when one in emptyShare of its slots is in use.
	largeTable = 1 << 12
	emptyShare = 16
)

// Get finds the thing of a digest; the zero value: there is none.
func (t *Table[T]) Get(key Digest) (thing T) {
	if t.n == 0 {
		return thing
	}
	return t.slots[t.find(key)].thing
}

// Put enters a thing that is not the zero value, in place of what was there.
func (t *Table[T]) Put(key Digest, thing T) {
	if 4*t.n >= 3*len(t.slots) {
		t.grow()
	}
	var none T
	s := &t.slots[t.find(key)]
	if s.thing == none {
		t.n++
	}
	s.key, s.thing = key, thing
}

// Delete takes out the thing of a digest. What follows it moves up, so that no search ends before it.
func (t *Table[T]) Delete(key Digest) {
	if t.n == 0 {
		return
	}
	var none T
	gap := t.find(key)
	if t.slots[gap].thing == none {
		return
	}
	t.n--
	for at := t.after(gap); t.slots[at].thing != none; at = t.after(at) {
		if home := t.home(t.slots[at].key); (at-home)&t.mask() >= (at-gap)&t.mask() {
			t.slots[gap], gap = t.slots[at], at
		}
	}
	t.slots[gap] = slot[T]{}
}

// Len is how many things there are.
func (t *Table[T]) Len() int { return t.n }

// find is where a digest is, or would be.
func (t *Table[T]) find(key Digest) int {
	var none T
	at := t.home(key)
	for t.slots[at].thing != none && t.slots[at].key != key {
		at = t.after(at)
	}
	return at
}

func (t *Table[T]) mask() int { return len(t.slots) - 1 }

func (t *Table[T]) home(key Digest) int { return int(key.Lo) & t.mask() }

func (t *Table[T]) after(at int) int { return (at + 1) & t.mask() }

func (t *Table[T]) grow() { t.resize(max(smallestTable, 2*len(t.slots))) }

// Fit gives back the room of what is no more. It costs nothing to speak of while nothing is given back.
func (t *Table[T]) Fit() {
	if size := len(t.slots); size >= largeTable && t.n < size/emptyShare {
		for size > largeTable/2 && t.n < size/4 {
			size /= 2
		}
		t.resize(size)
	}
}

func (t *Table[T]) resize(size int) {
	before := t.slots
	t.slots = make([]slot[T], size)
	var none T
	for _, s := range before {
		if s.thing != none {
			t.slots[t.find(s.key)] = s
		}
	}
}
