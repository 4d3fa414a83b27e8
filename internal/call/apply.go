package call

import (
	"time"

	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// step applies one frame to a call's state and collects the facts that follow.
type step struct {
	*state
	callID string
	id     frame.ID
	at     time.Time
	facts  []Fact
}

func (s *step) say(fact Fact) {
	fact.CallID, fact.FrameID, fact.Time = s.callID, s.id, s.at
	s.facts = append(s.facts, fact)
}

// live applies a frame to a call that has not ended.
func (s *step) live(f *frame.Frame, arrival time.Time) {
	s.arrived = arrival
	if !s.open {
		s.begin(s.at, arrival)
		s.say(Fact{Kind: Opened})
	}
	if gone := s.advance(s.at); gone > 0 {
		s.say(Fact{Kind: Lasted, Value: gone.Seconds()})
	}
	for i := range f.Events {
		s.event(&f.Events[i])
	}
}

// late applies a frame to a call that has ended: what was used and measured counts, nothing else changes.
func (s *step) late(f *frame.Frame) {
	for i := range f.Events {
		s.measured(&f.Events[i])
	}
}

func (s *step) event(e *frame.Event) {
	if s.ended || s.measured(e) || s.conversed(e) {
		return
	}
	switch e.Kind {
	case frame.CallStarted:
		s.setModels(e.Models)
	case frame.CallEnded:
		s.end(e.Name)
	case frame.ToolCalled:
		s.say(Fact{Kind: ToolCalled, Name: e.Name, Outcome: e.Outcome})
	case frame.Failed:
		s.say(Fact{Kind: Failed, Source: e.Source, Name: e.Name})
	}
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
		s.heardAudio = true
		s.use(Usage{Source: s.complete(e.Source), Quantity: AudioSeconds, Amount: e.Value, Paired: true})
	case frame.RealtimeConnected:
		s.use(Usage{Source: s.complete(e.Source), Quantity: RealtimeSession, Amount: e.Value})
	case frame.Answered:
		s.answered(e.Value)
	default:
		return false
	}
	return true
}

func (s *step) tokens(e *frame.Event) {
	source, request := s.complete(e.Source), e.Tokens.Request()
	s.heardAudio = s.heardAudio || source.Stage == frame.STT
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

// end closes the call. Speech recognition was open as long as the call, whoever billed what; who transcribed is known
// from its own reports or from the call's defaults.
func (s *step) end(reason string) {
	s.endTurn()
	length := s.duration()
	if length > 0 && (s.stt.Provider != "" || s.stt.Model != "") {
		s.use(Usage{Source: s.stt, Quantity: STTSession, Amount: length.Seconds(), Paired: s.heardAudio})
	}
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
