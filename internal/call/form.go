package call

import (
	"slices"

	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// forms is which of a framework's formats tells what, in calls whose bot sends more than one of them: a Pipecat bot that posts
// its frames and relays its RTVI messages tells most things twice. The list is made anew when written: copies of the state
// share it.
type forms []formed

type formed struct {
	kind  frame.Kind
	stage frame.Stage
	form  string
}

// another says whether an event is told by another form already. The first that tells of a kind and stage is the one that
// counts.
func (l *forms) another(form string, e *frame.Event) bool {
	if form == "" || !countsTwice(e.Kind) {
		return false
	}
	stage := family(e.Source.Stage)
	for _, f := range *l {
		if f.kind == e.Kind && f.stage == stage {
			return f.form != form
		}
	}
	*l = append(slices.Clip(*l), formed{e.Kind, stage, form})
	return false
}

// countsTwice says whether an event that is told twice would count twice. Who is speaking is the same however often it is said.
func countsTwice(kind frame.Kind) bool {
	switch kind {
	case frame.TTFB, frame.Processing, frame.Answered, frame.ToolCalled, frame.Failed:
		return true
	}
	return quantityOf(kind) != 0
}
