package call

import (
	"time"

	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// step applies one frame to a call's state and collects the facts that follow.
type step struct {
	*state
	key   Key
	id    frame.ID
	at    time.Time
	facts []Fact
}

func (s *step) say(fact Fact) {
	fact.Call, fact.FrameID, fact.Time = s.key, s.id, s.at
	s.facts = append(s.facts, fact)
}

// live applies a frame to a call that has not ended.
func (s *step) live(f *frame.Frame, arrival time.Time) {
	s.arrived = arrival
	if !s.open {
		s.begin(s.at, arrival)
		s.clocked = !f.Time.IsZero()
		s.say(Fact{Kind: Opened})
	}
	if gone := s.advance(s.at); gone > 0 {
		s.say(Fact{Kind: Lasted, Value: gone.Seconds()})
	}
	for i := range f.Events {
		s.event(&f.Events[i])
	}
}

// late applies a frame to a call that has ended: what was used, measured and went wrong counts, nothing else changes.
func (s *step) late(f *frame.Frame) {
	for i := range f.Events {
		_ = s.measured(&f.Events[i]) || s.happened(&f.Events[i])
	}
}

func (s *step) event(e *frame.Event) {
	if s.measured(e) || s.happened(e) || s.ended || s.conversed(e) {
		return
	}
	switch e.Kind {
	case frame.CallStarted:
		s.setModels(e.Models)
	case frame.CallEnded:
		s.end(e.Name)
	}
}

// happened takes events that are counted and change nothing.
func (s *step) happened(e *frame.Event) bool {
	switch e.Kind {
	case frame.ToolCalled:
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
		if !s.ended {
			s.ttfbs = append(s.ttfbs, e.Value)
		}
		s.say(Fact{Kind: Waited, Source: s.complete(e.Source), Value: e.Value})
	case frame.Processing:
		s.say(Fact{Kind: Worked, Source: s.complete(e.Source), Value: e.Value})
	case frame.TokensUsed:
		s.tokens(e)
	case frame.CharactersUsed:
		s.use(Usage{Source: s.complete(e.Source), Quantity: Characters, Amount: e.Value, Paired: e.Paired})
	case frame.AudioTranscribed:
		s.audio(e)
	case frame.RealtimeConnected:
		s.use(Usage{Source: s.complete(e.Source), Quantity: RealtimeSession, Amount: e.Value})
	case frame.Answered:
		s.answered(e.Value)
	default:
		return false
	}
	return true
}

// audio is paired with the session time that settle will report for the same listener. After the call's end there is
// none to come, and a listener that bills sessions leaves late audio without a price, visibly.
func (s *step) audio(e *frame.Event) {
	source := s.complete(e.Source)
	s.listeners.hear(e.Value)
	s.use(Usage{Source: source, Quantity: AudioSeconds, Amount: e.Value, Paired: !s.ended && known(source)})
}

func (s *step) tokens(e *frame.Event) {
	source, request := s.complete(e.Source), e.Tokens.Request()
	if source.Stage == frame.STT {
		s.listeners.hear(0)
	}
	for leaf, count := range e.Tokens {
		if count > 0 {
			s.use(Usage{
				Source: source, Quantity: Tokens, Leaf: frame.Leaf(leaf), Amount: float64(count), Request: request,
				Paired: e.Paired,
			})
		}
	}
}

func (s *step) use(u Usage) {
	if !s.ended {
		s.usage.add(u, s.at, s.id)
	}
	s.say(Fact{Kind: Used, Usage: u})
}

// conversed takes events of who is speaking.
func (s *step) conversed(e *frame.Event) bool {
	switch e.Kind {
	case frame.UserStartedTalking:
		s.talk.userStopped = time.Time{}
		if !s.talk.botTalks {
			s.endTurn()
		}
	case frame.UserStoppedTalking:
		s.talk.userStopped = s.at
	case frame.BotStartedTalking:
		s.answer()
	case frame.BotStoppedTalking:
		s.talk.botTalks = false
	case frame.Interrupted:
		s.interrupt()
	default:
		return false
	}
	return true
}

// answer notes that the bot begins to speak. The first time after the user stopped is the turn's latency; a bot that
// pauses between sentences begins more than once.
func (s *step) answer() {
	s.talk.botTalks, s.talk.botSpoke, s.talk.heardBot = true, true, true
	waited := s.at.Sub(s.talk.userStopped)
	if s.talk.userStopped.IsZero() || waited < 0 {
		return
	}
	s.talk.userStopped = time.Time{}
	ms := frame.Milliseconds(waited.Seconds())
	s.turnLatencies = append(s.turnLatencies, ms)
	s.say(Fact{Kind: Answered, Value: ms})
}

// answered takes a turn latency that the bot has measured. Of a bot that does not report its speech, that is all there is
// to know of the turn; of one that does, the same answer is timed and its turn counted by the speech.
func (s *step) answered(ms float64) {
	if s.talk.heardBot {
		return
	}
	s.say(Fact{Kind: Answered, Value: ms})
	if s.ended {
		return
	}
	s.turnLatencies = append(s.turnLatencies, ms)
	s.turns++
	s.say(Fact{Kind: TurnEnded})
}

// interrupt counts the bot being cut off. Pipecat sends an interruption for every turn of the user: it is one only while
// the bot speaks. Of a bot that never reports its speech every one counts, for there is no telling.
func (s *step) interrupt() {
	if s.talk.heardBot && !s.talk.botTalks {
		return
	}
	s.talk.botTalks = false
	s.interruptions++
	s.say(Fact{Kind: Interrupted})
	s.endTurn()
}

// endTurn closes a turn in which the bot has spoken.
func (s *step) endTurn() {
	if !s.talk.botSpoke {
		return
	}
	s.talk.botSpoke = false
	s.turns++
	s.say(Fact{Kind: TurnEnded})
}

// settle makes known for how long speech recognition was open. That is held back until the call ends, or the collector
// does, because only then it is known whether the same use is reported as audio as well.
func (s *step) settle() {
	for _, usage := range s.listeners.settle() {
		s.use(usage)
	}
}

// end closes the call.
func (s *step) end(reason string) {
	s.endTurn()
	s.settle()
	length := s.duration()
	s.say(Fact{Kind: Ended, Value: length.Seconds(), Name: reason, Summary: s.summary(reason)})
	s.ended = true
	s.turnLatencies, s.ttfbs, s.usage = nil, nil, ledger{}
}

func (s *state) summary(reason string) *Summary {
	return &Summary{
		Start: s.start, Duration: s.duration(), Reason: reason,
		Turns: s.turns, Interruptions: s.interruptions,
		TurnLatencies: s.turnLatencies, TTFBs: s.ttfbs, Usage: s.usage.list(),
	}
}
