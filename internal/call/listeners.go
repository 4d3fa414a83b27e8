package call

import (
	"slices"
	"time"

	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// listeners is who transcribes a call, and for how long each did. Speech recognition is open as long as the call goes on,
// by whoever was last heard of; time before anybody was belongs to the first. Changes make a new list, never write to the
// old one: copies of the state share it.
type listeners struct {
	list   []listener
	active int           // index of who is open now, where the list is not empty
	early  time.Duration // before anybody was known
	spoken bool          // a listener has reported something itself, so the call's default no longer counts
}

type listener struct {
	source   frame.Source
	open     time.Duration
	heard    bool    // it reported what it transcribed: audio, or tokens
	audio    float64 // seconds of audio that it reported
	reported float64 // seconds of open session that were made known as usage
}

// elapse lets time go by.
func (l *listeners) elapse(gone time.Duration) {
	if len(l.list) == 0 {
		l.early += gone
		return
	}
	l.change(func(active *listener) { active.open += gone })
}

// start takes the call's default, until a listener reports something itself.
func (l *listeners) start(source frame.Source) {
	if known(source) && !l.spoken {
		l.use(source)
	}
}

// speak notes that a listener reported something: it is the one that is open now.
func (l *listeners) speak(source frame.Source) {
	if !known(source) {
		return
	}
	if !l.spoken && len(l.list) == 1 {
		// The default named the same listener with less detail, or was wrong: its time goes over.
		l.early, l.list = l.list[0].open, nil
	}
	l.spoken = true
	l.use(source)
}

func known(source frame.Source) bool { return source.Provider != "" || source.Model != "" }

func (l *listeners) use(source frame.Source) {
	same := func(other listener) bool {
		return other.source.Provider == source.Provider && other.source.Model == source.Model
	}
	l.active = slices.IndexFunc(l.list, same)
	if l.active < 0 {
		l.active = len(l.list)
		l.list = append(slices.Clone(l.list), listener{source: source, open: l.early})
		l.early = 0
	}
}

// hear notes what the open listener reported: so many seconds of audio, or none where it counts tokens.
func (l *listeners) hear(seconds float64) {
	if len(l.list) > 0 {
		l.change(func(active *listener) { active.heard, active.audio = true, active.audio+seconds })
	}
}

func (l *listeners) change(apply func(*listener)) {
	l.list = slices.Clone(l.list)
	apply(&l.list[l.active])
}

// settle returns the session time that has not been made known yet, as usage. A session is open at least as long as the
// audio that went through it, whatever the clock says (a bot without timestamps has none).
func (l *listeners) settle() []Usage {
	var due []Usage
	l.list = slices.Clone(l.list)
	for i := range l.list {
		who := &l.list[i]
		seconds := max(who.open.Seconds(), who.audio) - who.reported
		if seconds <= 0 {
			continue
		}
		who.reported += seconds
		due = append(due, Usage{Source: who.source, Quantity: STTSession, Amount: seconds, Paired: who.heard})
	}
	return due
}
