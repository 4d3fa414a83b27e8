package voicespanconnector

import (
	"github.com/otelcol-voice/otelcol-voice/internal/dialect/spanframe"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// What can become of a span. A datum is rejected alone, inside a span that was taken.
const (
	accepted  = "accepted"
	duplicate = "duplicate"
	late      = "late"
	ignored   = "ignored"
	ours      = "ours"
	rejected  = "rejected"
	lostSpan  = "lost"
	datum     = "datum"
)

// none is the framework of a span that is nobody's.
const none spanframe.Framework = "none"

// outcome is what became of a span.
type outcome struct {
	name      string
	reason    frame.Class // of a rejected one
	framework spanframe.Framework
}

// tally counts spans by what became of them. A request has few different outcomes, so a list finds them faster than a map.
type tally []counted

type counted struct {
	outcome
	n int
}

func (t *tally) add(o outcome, n int) {
	for i := range *t {
		if (*t)[i].outcome == o {
			(*t)[i].n += n
			return
		}
	}
	*t = append(*t, counted{o, n})
}

// faults counts the data of a span that could not be taken.
func (t *tally) faults(faults []frame.Fault) {
	for i := range faults {
		t.add(outcome{name: datum, reason: faults[i].Class}, 1)
	}
}
