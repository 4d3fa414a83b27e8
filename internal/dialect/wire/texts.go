package wire

import "github.com/cespare/xxhash/v2"

// Texts makes a text that many messages of a body repeat (its call, a model, a processor) once. It remembers a few. Nil
// remembers nothing. It is not safe for concurrent use.
type Texts struct {
	known [64]string
}

// places is in how many places a text may be remembered.
const places = 4

// of is a copy of text, which may be shared by equal ones.
func (t *Texts) of(text []byte) string {
	if t == nil || len(text) == 0 || len(text) > MaxText {
		return string(text)
	}
	home := xxhash.Sum64(text)
	var place *string
	for i := range uint64(places) {
		place = &t.known[(home+i)%uint64(len(t.known))]
		if *place == string(text) {
			return *place
		}
		if *place == "" {
			break
		}
	}
	*place = string(text)
	return *place
}
