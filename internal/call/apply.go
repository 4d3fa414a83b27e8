package call

import (
	"cmp"
	"time"

	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// Identities of facts that no single frame decides: whichever frame opened or ended a call, a repetition after a crash has
// the same.
var (
	openedID = frame.NameID("call", "opened")
	endedID  = frame.NameID("call", "ended")
)

// step applies one frame to a call's state and collects the facts that follow.
type step struct {
	*state
	key    Key
	id     frame.ID
	at     time.Time
	timed  bool // the frame said so itself
	traced bool
	form   string // of the frame
	turn   int    // that the frame is about, by its number; 0: it says none
	// closing is the number of a turn that has ended with its answer, while the parts of that may still follow in the same
	// frame. It is 0 where there is none.
	closing int
	parted  bool // the parts of that answer came before it
	facts   []Fact
}

func (s *step) say(fact Fact) {
	if fact.FrameID == 0 {
		fact.FrameID = s.id
	}
	fact.Call, fact.Time = s.key, s.at
	if fact.Kind.latency() && !s.ended {
		fact.Parent, fact.Traced = s.context.Parent, s.traced
	}
	s.facts = append(s.facts, fact)
}

// live applies a frame to a call that has not ended.
func (s *step) live(f *frame.Frame, arrival time.Time) {
	s.arrived = arrival
	if !s.open {
		s.begin(s.at, arrival)
		s.clocked = !f.Time.IsZero()
		s.context.Parent = f.Trace
		s.say(Fact{Kind: Opened, FrameID: openedID})
	}
	s.link(f.Trace)
	if gone := s.advance(s.at); gone > 0 {
		s.say(Fact{Kind: Lasted, Value: gone.Seconds()})
	}
	s.turn = turnOf(f)
	for i := range f.Events {
		s.event(&f.Events[i])
	}
	s.closeAnswered()
}

// late applies a frame to a call that has ended: what was used, measured, counted and went wrong counts, nothing else
// changes.
func (s *step) late(f *frame.Frame) {
	for i := range f.Events {
		e := &f.Events[i]
		if s.repeated(e) {
			continue
		}
		if !s.measured(e) && !s.happened(e) && e.Kind == frame.TurnDone && e.Number > 0 {
			// Pipecat's turn tracker says that the last turn is done when the call is.
			s.countTo(e.Number)
		}
	}
}

func (s *step) event(e *frame.Event) {
	if s.repeated(e) {
		return
	}
	if e.Kind != frame.AnswerPart || s.parted {
		s.closeAnswered()
	}
	s.goOn(e.Kind)
	if s.measured(e) || s.happened(e) || s.ended || s.conversed(e) {
		return
	}
	switch e.Kind {
	case frame.CallStarted:
		s.precede(e.Began)
		s.setModels(e.Models)
	case frame.StartedUp:
		s.startup = appendStep(s.startup, e)
	case frame.AnswerPart:
		s.part(e)
	case frame.TurnDone:
		s.turnDone(e)
	case frame.CallHungUp:
		s.hangUp(e)
	case frame.CallEnded:
		s.close(e)
	}
}

// hangUp notes that the call is over while what it used, or cost, is still to be told.
func (s *step) hangUp(e *frame.Event) { s.hungUp = cmp.Or(s.hungUp, e.Name, noReason) }

// close ends the call, unless totals may follow that are all that it will tell of its usage.
func (s *step) close(e *frame.Event) {
	if e.Running && !s.told {
		s.hangUp(e)
		return
	}
	s.end(cmp.Or(e.Name, s.hungUp, noReason), false)
}

// repeated takes out what the bot tells twice.
func (s *step) repeated(e *frame.Event) bool {
	again := s.forms.another(s.form, e) || s.echoes.repeats(e)
	if again {
		s.disregard(e.Source, ReasonRepeated)
	}
	return again
}

// Reasons of an end that nobody gave a reason for.
const (
	noReason = "end"
	// IdleTimeout is the reason of an end of which nobody told.
	IdleTimeout = "idle_timeout"
)

// precede moves the start back to when the bot says the call began.
func (s *step) precede(began time.Time) {
	earlier := s.start.Sub(began)
	if began.IsZero() || earlier <= 0 || s.last.Sub(began) > longest {
		return
	}
	s.start = began
	s.listeners.precede(earlier)
	s.say(Fact{Kind: Lasted, Value: earlier.Seconds()})
}

// maxSteps bounds a list of steps: a pipeline has a dozen.
const maxSteps = 32

func appendStep(steps []Step, e *frame.Event) []Step {
	if len(steps) >= maxSteps {
		return steps
	}
	return append(steps, Step{Name: e.Name, Value: e.Value})
}

// happened takes events that are counted and change nothing.
func (s *step) happened(e *frame.Event) bool {
	switch e.Kind {
	case frame.ToolCalled:
		s.operateTool(e)
		s.say(Fact{Kind: ToolCalled, Name: e.Name, Outcome: e.Outcome})
	case frame.Failed:
		s.say(Fact{Kind: Failed, Source: e.Source, Name: e.Name})
	default:
		return false
	}
	return true
}

// measured takes events that are numbers: latencies and usage.
func (s *step) measured(e *frame.Event) bool {
	switch e.Kind {
	case frame.TTFB:
		s.latency(Waited, e)
	case frame.Processing:
		s.latency(Worked, e)
	case frame.Answered:
		s.answered(e.Value)
	default:
		return s.used(e)
	}
	return true
}

// latency takes a time to the first byte or of processing. That of an answer which was cut off tells when the user
// interrupted, not how fast the service is.
func (s *step) latency(kind FactKind, e *frame.Event) {
	source := s.complete(e.Source)
	answering := answers(source.Stage)
	s.latent = s.latent || answering
	cut := e.Cut || answering && s.talk.cutOff(s.at, s.timed, e.Value)
	s.operateLatency(kind, source, e.Value, cut)
	if cut {
		s.disregard(source, ReasonInterrupted)
		return
	}
	if kind == Waited && !s.ended {
		s.ttfbs = append(s.ttfbs, e.Value)
	}
	s.say(Fact{Kind: kind, Source: source, Value: e.Value})
}

// answers says whether a stage works on the answer, and not on what the user says.
func answers(stage frame.Stage) bool {
	return stage == frame.LLM || stage == frame.TTS || stage == frame.Realtime
}

func (s *step) disregard(source frame.Source, reason string) {
	s.say(Fact{Kind: Disregarded, Source: source, Name: reason})
}

// settle makes known for how long speech recognition was open. That is held back until the call ends, or the collector
// does, because only then it is known whether the same use is reported as audio as well.
func (s *step) settle() {
	for _, due := range s.listeners.settle(s.start) {
		s.use(due.usage, due.id)
	}
}

// end closes the call, whose money may be pending. Its facts have the identity of the end, not of the frame: the idle time-out may end the same call.
func (s *step) end(reason string, pending bool) {
	defer func(id frame.ID) { s.id = id }(s.id)
	s.id = endedID
	s.endTurn()
	s.settle()
	s.closeRest()
	missing := s.latent && !s.told
	if missing {
		s.say(Fact{Kind: UsageMissing})
	}
	summary := s.summary(reason)
	summary.UsageMissing, summary.CostPending = missing, pending
	s.say(Fact{Kind: Ended, Value: s.duration().Seconds(), Name: reason, Summary: summary})
	s.ended = true
	s.release()
}

func (s *state) summary(reason string) *Summary {
	return &Summary{
		Start: s.start, Duration: s.duration(), Reason: reason,
		Turns: s.turns, Interruptions: s.interruptions,
		TurnLatencies: s.turnLatencies, TTFBs: s.ttfbs, Usage: s.usage.list(),
		Startup: s.startup, Trace: s.context,
	}
}
