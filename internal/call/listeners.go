package call

import (
	"slices"
	"strconv"
	"time"

	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// listeners is who transcribes a call, and for how long each did. Speech recognition is open as long as the call goes on,
// by whoever was last heard of; time before anybody was belongs to the first. Changes make a new list, never write to the
// old one: copies of the state share it. What every frame adds to stands beside the list, so that frames do not copy it.
type listeners struct {
	list   []listener
	active int           // index of who is open now, where the list is not empty
	early  time.Duration // before anybody was known
	spoken bool          // a listener has reported something itself, so the call's default no longer counts
	priced bool          // a platform charges for speech recognition by itself
	now    hearing       // what the active one has yet to get
}

// hearing is how long a listener was open and what it reported.
type hearing struct {
	open  time.Duration
	heard bool    // it reported what it transcribed: audio, or tokens
	audio float64 // seconds of audio that it reported
}

type listener struct {
	source frame.Source
	hearing
	reported float64 // seconds of open session that were made known as usage
}

// elapse lets time go by.
func (l *listeners) elapse(gone time.Duration) {
	if len(l.list) == 0 {
		l.early += gone
		return
	}
	l.now.open += gone
}

// precede adds time before what was the start.
func (l *listeners) precede(earlier time.Duration) {
	if len(l.list) == 0 {
		l.early += earlier
		return
	}
	l.list = slices.Clone(l.list)
	l.list[0].open += earlier
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
		l.credit()
		l.early, l.list = l.list[0].open, nil
	}
	l.spoken = true
	l.use(source)
}

// current is who was last heard of.
func (l *listeners) current() frame.Source {
	if len(l.list) == 0 {
		return frame.Source{}
	}
	listener := l.list[l.active].source
	return frame.Source{Stage: frame.STT, Provider: listener.Provider, Model: listener.Model}
}

func known(source frame.Source) bool { return source.Provider != "" || source.Model != "" }

// maxListeners bounds the list: a call has a few. The time of those beyond belongs to the last one.
const maxListeners = 64

func (l *listeners) use(source frame.Source) {
	same := func(other listener) bool {
		return other.source.Provider == source.Provider && other.source.Model == source.Model
	}
	i := slices.IndexFunc(l.list, same)
	if i == l.active && i >= 0 || i < 0 && len(l.list) >= maxListeners {
		return
	}
	l.credit()
	if i < 0 {
		i = len(l.list)
		l.list = append(slices.Clone(l.list), listener{source: source, hearing: hearing{open: l.early}})
		l.early = 0
	}
	l.active = i
}

// hear notes what the open listener reported: so many seconds of audio, or none where it counts tokens.
func (l *listeners) hear(seconds float64) {
	if len(l.list) > 0 {
		l.now.heard, l.now.audio = true, l.now.audio+seconds
	}
}

// credit gives the active listener what it has yet to get.
func (l *listeners) credit() {
	if l.now == (hearing{}) {
		return
	}
	l.list = slices.Clone(l.list)
	active := &l.list[l.active]
	active.open += l.now.open
	active.heard = active.heard || l.now.heard
	active.audio += l.now.audio
	l.now = hearing{}
}

// session is time that a listener was open, with an identity that the same time has again after a crash.
type session struct {
	usage Usage
	id    frame.ID
}

// settle returns the session time that has not been made known yet, as usage. A session is open at least as long as the
// audio that went through it, whatever the clock says (a bot without timestamps has none).
func (l *listeners) settle(start time.Time) []session {
	l.credit()
	var due []session
	l.list = slices.Clone(l.list)
	for i := range l.list {
		who := &l.list[i]
		seconds := max(who.open.Seconds(), who.audio) - who.reported
		if seconds <= 0 {
			continue
		}
		due = append(due, session{
			usage: Usage{Source: who.source, Quantity: STTSession, Amount: seconds, Paired: who.heard, Priced: l.priced},
			id:    who.nextID(start),
		})
		who.reported += seconds
	}
	return due
}

// nextID names the session time that follows what was reported, of the call that began at start: one that a collector without
// storage hears of anew after a restart begins later, and its time is another.
func (l *listener) nextID(start time.Time) frame.ID {
	reported := strconv.FormatFloat(l.reported, 'g', -1, 64)
	since := strconv.FormatInt(start.UnixNano(), 10)
	return frame.NameID("session", l.source.Provider+"\x00"+l.source.Model+"\x00"+since+"\x00"+reported)
}
