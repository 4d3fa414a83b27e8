package wire

import "github.com/cespare/xxhash/v2"

// Texts makes a text that many messages of a body repeat (its call, a model, a processor) once: it remembers the last one at
// each of a few places. Nil remembers nothing. It is not safe for concurrent use.
type Texts struct {
	last [64]string
}

// of is a copy of text, which may be shared by equal ones.
func (t *Texts) of(text []byte) string {
	if t == nil || len(text) == 0 || len(text) > MaxText {
		return string(text)
	}
	last := &t.last[xxhash.Sum64(text)%uint64(len(t.last))]
	if *last != string(text) {
		*last = string(text)
	}
	return *last
}
