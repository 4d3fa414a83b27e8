package call

import (
	"maps"
	"time"

	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// state is all that is known of a call. It is a value: a request works on a copy and the copy replaces the original
// when the request is accepted. Slices are append-only, so that copies may share their arrays.
type state struct {
	open    bool
	ended   bool
	start   time.Time     // by the bot's clock
	last    time.Time     // latest moment heard of, by the bot's clock
	skew    time.Duration // arrival less the bot's clock
	clocked bool          // a timestamp has shown the bot's clock
	arrived time.Time     // last arrival; idle time-out and lateness go by it

	models    map[frame.Stage]frame.Source // the first that was named of each stage
	listeners listeners
	talk      talk

	turns         int
	interruptions int
	turnLatencies []float64
	ttfbs         []float64
	usage         ledger
	events        int // applied so far
}

// moment is when a frame happened by the bot's clock. A frame without a timestamp is placed on that clock by its arrival,
// so that mixing both kinds does not stretch the call by the difference of the clocks. A timestamp that would make the call
// longer than any call moves nothing: one wrong digit would otherwise be years of session time, and their price.
func (s *state) moment(f *frame.Frame, arrival time.Time) time.Time {
	switch {
	case f.Time.IsZero() && s.open:
		return arrival.Add(-s.skew)
	case f.Time.IsZero():
		return arrival
	case s.open && f.Time.Sub(s.start) > longest:
		return s.last
	}
	return f.Time
}

// longest is how long a call can last by the timestamps of its frames.
const longest = 24 * time.Hour

// begin opens the call.
func (s *state) begin(at, arrival time.Time) {
	s.open, s.start, s.last, s.skew = true, at, at, arrival.Sub(at)
}

// anchor puts what is known of the call's time onto the bot's clock, once a timestamp shows it: the first frame may have had
// none, or a wrong one.
func (s *state) anchor(f *frame.Frame, arrival time.Time) {
	if !s.open || f.Time.IsZero() {
		return
	}
	if !s.clocked || s.duration() == 0 && f.Time.Sub(s.start) > longest {
		skew := arrival.Sub(f.Time)
		s.start, s.last, s.skew = s.start.Add(s.skew-skew), s.last.Add(s.skew-skew), skew
	}
	s.clocked = true
}

// advance moves the call's clock and returns by how much. A frame out of order moves nothing.
func (s *state) advance(at time.Time) time.Duration {
	gone := at.Sub(s.last)
	if gone <= 0 {
		return 0
	}
	s.last = at
	s.listeners.elapse(gone)
	return gone
}

func (s *state) duration() time.Duration { return s.last.Sub(s.start) }

// setModels takes the call's defaults; what is known of a stage stays. The map is made anew, never written again: copies
// of the state share it.
func (s *state) setModels(models []frame.Source) {
	if len(models) == 0 {
		return
	}
	all := make(map[frame.Stage]frame.Source, len(s.models)+len(models))
	for _, model := range models {
		all[model.Stage] = model
	}
	maps.Copy(all, s.models)
	s.models = all
	s.listeners.start(s.models[frame.STT])
}

// complete fills in what an event leaves unsaid from the call's defaults, and learns who transcribes.
func (s *state) complete(source frame.Source) frame.Source {
	known := s.defaultOf(source.Stage)
	if source.Provider == "" && source.Model == "" {
		source.Provider = known.Provider
	}
	if source.Model == "" {
		source.Model = known.Model
	}
	if source.Stage == frame.STT {
		s.listeners.speak(source)
	}
	return source
}

// defaultOf is the call's default for a stage. A realtime model is an LLM as well: bots name it as either.
func (s *state) defaultOf(stage frame.Stage) frame.Source {
	model, named := s.models[stage]
	if !named && stage == frame.Realtime {
		return s.models[frame.LLM]
	}
	return model
}

// talk is who is speaking: what turns, their latency and interruptions follow from.
type talk struct {
	userStopped time.Time // zero: no answer is due
	botTalks    bool
	botSpoke    bool // since the user last began
	heardBot    bool // this bot reports its speech at all
}
