package call

import (
	"cmp"
	"slices"
	"time"

	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// state is all that is known of a call. It is a value: a request works on a copy and the copy replaces the original
// when the request is accepted. Slices are append-only or made anew when written, so that copies may share their arrays.
// It follows from frames and their arrivals alone.
type state struct {
	open     bool
	ended    bool
	clocked  bool          // a timestamp has shown the bot's clock
	counting bool          // the bot counts turns itself
	numbered bool          // it has told a number
	latent   bool          // latencies of answers were told
	told     bool          // usage was told, of whatever kind
	start    time.Time     // by the bot's clock
	last     time.Time     // latest moment heard of, by the bot's clock
	skew     time.Duration // arrival less the bot's clock
	arrived  time.Time     // last arrival; idle time-out and lateness go by it
	hungUp   string        // why the call is over, where only what it used is still to be told

	models    []frame.Source // the first that was named of each stage
	listeners listeners
	talk      talk
	echoes    echoes
	forms     forms
	reports   reports
	spans     spans
	context   TraceContext

	turns         int
	missed        int     // turns that went by unheard
	far           numbers // of turns that were counted alone, far ahead of the others
	alone         int     // turns that are, and those whose number cannot be one
	interruptions int
	cutTurns      numbers // of turns that were interrupted
	turnLatencies []float64
	ttfbs         []float64
	startup       []Step
	usage         ledger
	events        int // applied so far
}

// release lets go of what only a call that goes on needs.
func (s *state) release() {
	s.turnLatencies, s.ttfbs, s.startup, s.usage = nil, nil, nil, ledger{}
	s.talk.cutAt, s.spans, s.context = time.Time{}, spans{}, TraceContext{}
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

// advance moves the call's clock and returns by how much. A frame out of order moves nothing, nor does what is told of a
// call that was hung up.
func (s *state) advance(at time.Time) time.Duration {
	gone := at.Sub(s.last)
	if gone <= 0 || s.hungUp != "" {
		return 0
	}
	s.last = at
	s.listeners.elapse(gone)
	return gone
}

func (s *state) duration() time.Duration { return s.last.Sub(s.start) }

// maxLinks bounds the traces that a call is linked to.
const maxLinks = 16

// link notes a trace that a frame names, other than the call's own.
func (s *state) link(trace frame.Trace) {
	if trace.IsZero() || trace.TraceID == s.context.Parent.TraceID || len(s.context.Links) >= maxLinks {
		return
	}
	for _, known := range s.context.Links {
		if known.TraceID == trace.TraceID {
			return
		}
	}
	s.context.Links = append(s.context.Links, trace)
}

// setModels takes the call's defaults; what is known of a stage stays.
func (s *state) setModels(models []frame.Source) {
	s.models = slices.Clip(s.models) // so that appending makes a new list: copies of the state share this one
	for _, model := range models {
		if _, known := s.modelOf(model.Stage); !known {
			s.models = append(s.models, model)
		}
	}
	if listener, known := s.modelOf(frame.STT); known {
		s.listeners.start(listener)
	}
}

func (s *state) modelOf(stage frame.Stage) (frame.Source, bool) {
	for _, model := range s.models {
		if model.Stage == stage {
			return model, true
		}
	}
	return frame.Source{}, false
}

// complete fills in what an event leaves unsaid from the call's defaults, and learns who transcribes.
func (s *state) complete(source frame.Source) frame.Source {
	source = s.fill(source)
	if source.Stage == frame.STT {
		s.listeners.speak(source)
	}
	return source
}

// fill takes what is unsaid from the call's default, unless that is of another provider.
func (s *state) fill(source frame.Source) frame.Source {
	known := s.defaultOf(source.Stage)
	if source.Provider != "" && known.Provider != "" && source.Provider != known.Provider {
		return source
	}
	if source.Provider == "" && source.Model == "" {
		source.Provider = known.Provider
		source.Stage = cmp.Or(known.Stage, source.Stage)
	}
	if source.Model == "" {
		source.Model = known.Model
	}
	return source
}

// defaultOf is the call's default for a stage. A realtime model is an LLM as well: bots name it as either, and what tells of an
// LLM where none is named is the realtime model's. Who transcribes is also learned from what the listener tells.
func (s *state) defaultOf(stage frame.Stage) frame.Source {
	model, named := s.modelOf(stage)
	switch {
	case named:
	case stage == frame.Realtime:
		model, _ = s.modelOf(frame.LLM)
		model.Stage = stage
	case stage == frame.LLM:
		model, _ = s.modelOf(frame.Realtime)
	case stage == frame.STT:
		model = s.listeners.current()
	}
	return model
}
