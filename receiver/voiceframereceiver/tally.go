package voiceframereceiver

import (
	"github.com/otelcol-voice/otelcol-voice/internal/dialect"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// What can become of a frame.
const (
	accepted  = "accepted"
	late      = "late"
	duplicate = "duplicate"
	ignored   = "ignored"
	rejected  = "rejected"
)

// outcome is what became of a frame.
type outcome struct {
	name    string
	reason  frame.Class // of a rejected one
	dialect dialect.Name
}

// tally counts frames by what became of them. A request has few different outcomes, so a list finds them faster than a map.
type tally []counted

type counted struct {
	outcome
	n int
}

func (t *tally) add(o outcome) { t.addN(o, 1) }

func (t *tally) addN(o outcome, n int) {
	for i := range *t {
		if (*t)[i].outcome == o {
			(*t)[i].n += n
			return
		}
	}
	*t = append(*t, counted{o, n})
}

func (t *tally) join(other tally) {
	for _, c := range other {
		t.addN(c.outcome, c.n)
	}
}

// sum is how many frames had outcomes of a name.
func (t tally) sum(name string) int {
	var sum int
	for _, c := range t {
		if c.name == name {
			sum += c.n
		}
	}
	return sum
}
