package voiceframereceiver

import (
	"time"

	"github.com/otelcol-voice/otelcol-voice/internal/call"
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

// sentinel is, beside those of package call, why a datum is dropped: it is what the vendor sends where it has none.
const sentinel = "sentinel"

// findings is what facts and frames say that is no signal but telemetry of ours.
type findings struct {
	dropped      map[string]int // data, by reason
	withoutUsage int            // calls that ended so
	oldest       time.Time      // of the timestamps of frames that were accepted
}

// facts looks through what follows from a frame.
func (f *findings) facts(facts []call.Fact) {
	for i := range facts {
		switch facts[i].Kind {
		case call.Disregarded:
			f.drop(facts[i].Name, 1)
		case call.UsageMissing:
			f.withoutUsage++
		}
	}
}

// frame looks at a frame that was accepted.
func (f *findings) frame(accepted *frame.Frame) {
	f.drop(sentinel, accepted.Sentinels)
	if at := accepted.Time; !at.IsZero() && (f.oldest.IsZero() || at.Before(f.oldest)) {
		f.oldest = at
	}
}

func (f *findings) drop(reason string, n int) {
	if n == 0 {
		return
	}
	if f.dropped == nil {
		f.dropped = map[string]int{}
	}
	f.dropped[reason] += n
}
