package call

import (
	"slices"

	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// echoes is what a call has told of the things that a bot may tell by two messages, of which one is the echo of the other.
// Changes make a new list: copies of the state share it.
type echoes []telling

// telling is such a thing: a kind of event, of a stage.
type telling struct {
	kind      frame.Kind
	stage     frame.Stage
	firsthand bool // it was told by another message than an echo
	ahead     int  // measurements that counted by their echo and may still be told firsthand
}

// repeats says whether an event tells what the call tells by another message as well, and has counted. Whichever comes first
// counts, so that each thing counts once in any order.
func (l *echoes) repeats(e *frame.Event) bool {
	switch e.Kind {
	case frame.TTFB, frame.Answered, frame.UserStartedTalking, frame.UserStoppedTalking:
	default:
		return false
	}
	known := l.find(e)
	told := known
	again := told.hear(e.Echo)
	if told != known {
		l.store(told)
	}
	return again
}

func (t *telling) hear(echo bool) (again bool) {
	switch {
	case echo && t.firsthand:
		return true
	case echo && t.isMeasurement():
		t.ahead++
	case !echo:
		t.firsthand = true
		if t.ahead > 0 {
			t.ahead--
			return true
		}
	}
	return false
}

// isMeasurement says whether two events of the kind are two. Who is speaking stays so, however often it is said.
func (t *telling) isMeasurement() bool { return t.kind == frame.TTFB || t.kind == frame.Answered }

func (l *echoes) find(e *frame.Event) telling {
	for _, t := range *l {
		if t.kind == e.Kind && t.stage == e.Source.Stage {
			return t
		}
	}
	return telling{kind: e.Kind, stage: e.Source.Stage}
}

func (l *echoes) store(told telling) {
	list := slices.DeleteFunc(slices.Clone(*l), func(t telling) bool { return t.kind == told.kind && t.stage == told.stage })
	*l = append(list, told)
}
