package call

import (
	"strconv"
	"time"

	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// talk is who is speaking: what turns, their latency and interruptions follow from.
type talk struct {
	userLatest  time.Time // of what was said about the user's speech
	botLatest   time.Time // of what was said about the bot's speech
	userStarted time.Time // zero: the user is silent
	userStopped time.Time // zero: no answer is due
	botStarted  time.Time // the last time
	botStopped  time.Time // the last time
	cutAt       time.Time // an answer was cut off then, and its latencies may still come; zero: none
	botTalks    bool
	botSpoke    bool // since the user last began
	heardBot    bool // this bot reports its speech at all
	heardUser   bool // this bot reports the user's speech
	stopless    bool // this bot does not report when the user stops
	measures    bool // this bot reports how long its answers took
	timed       int  // answers that were timed by speech, and whose own measurements may still come
	heardCut    bool // this bot reports interruptions
	cutPending  bool // a turn was cut: by the user, if the call goes on
	cutNumber   int  // of that turn; 0: it has none
	cutCounted  bool // the last turn's interruption was counted by the turn, before the bot reported any
	cutOnce     bool // the bot was interrupted since it last began
}

// disorder is by how much what is said about speech can be out of order. What is older yet is of a clock that was set back.
const disorder = time.Minute

// newest notes when somebody was last said to speak or to be silent. It is false for what is older: that says who spoke, not
// who speaks.
func newest(latest *time.Time, at time.Time) bool {
	if behind := latest.Sub(at); behind > 0 && behind <= disorder {
		return false
	}
	*latest = at
	return true
}

// conversed takes events of who is speaking.
func (s *step) conversed(e *frame.Event) bool {
	switch e.Kind {
	case frame.UserStartedTalking, frame.UserStoppedTalking:
		if newest(&s.talk.userLatest, s.at) {
			s.userSpeech(e.Kind)
		}
	case frame.BotStartedTalking, frame.BotStoppedTalking:
		s.botSpeech(e.Kind)
	case frame.Interrupted:
		s.interrupt(e.Cut)
	default:
		return false
	}
	return true
}

func (s *step) userSpeech(kind frame.Kind) {
	s.talk.heardUser = true
	if kind == frame.UserStartedTalking {
		s.userStarts()
	} else {
		s.talk.userStops(s.at)
	}
}

// botSpeech takes that the bot began to speak even where its end was heard of first: it has spoken. Nobody interrupted a bot
// whose end is heard of only after the user began.
func (s *step) botSpeech(kind frame.Kind) {
	t := &s.talk
	started := kind == frame.BotStartedTalking
	if newest(&t.botLatest, s.at) {
		t.botTalks = started
	}
	if !started {
		t.botStopped = latest(t.botStopped, s.at)
	}
	switch {
	case started:
		s.answer()
	case s.at.Before(t.userStarted) && !t.botTalks:
		t.cutAt = time.Time{}
		s.endTurn()
	}
}

// userStarts ends the turn before, unless the bot still speaks: then an interruption does, or the bot goes on. An answer
// that is not there yet is given up.
func (s *step) userStarts() {
	t := &s.talk
	if t.botTalks && !s.at.Before(t.botStarted) || !t.userStopped.IsZero() {
		t.cutAt = s.at
	}
	t.userStopped = time.Time{}
	if t.userStarted.IsZero() {
		t.userStarted = s.at
	}
	if !t.botTalks {
		s.endTurn()
	}
	s.spans.userStarts(s.at)
}

// userStops makes an answer due, unless it was heard of first.
func (t *talk) userStops(at time.Time) {
	t.userStarted, t.cutAt, t.stopless = time.Time{}, time.Time{}, false
	if !t.botStarted.After(at) {
		t.userStopped = at
	}
}

// cutOff says whether a latency of so many ms that is told at a moment is that of the answer that was cut off. Bots tell
// the time up to the interruption as if it were the service's (pipecat#1682). While the user speaks no other answer is
// worked on. Where it is not said when the user speaks, or stops, one goes by when the work began: before the
// interruption, or after; the arrival of a message without a timestamp does not tell. So the next answer's latencies are
// never taken for the old one's.
func (t *talk) cutOff(at time.Time, timed bool, ms float64) bool {
	if t.cutAt.IsZero() || at.Before(t.cutAt) {
		return false
	}
	if !t.userStarted.IsZero() && !t.stopless {
		return true
	}
	return timed && at.Add(-milliseconds(ms)).Before(t.cutAt)
}

func milliseconds(ms float64) time.Duration { return time.Duration(ms * float64(time.Millisecond)) }

// talked says whether the bot was heard at a moment, also where its end was told of first.
func (t *talk) talked(at time.Time) bool {
	return !at.Before(t.botStarted) && (t.botTalks || at.Before(t.botStopped))
}

// answer notes that the bot begins to speak. The first time after the user stopped is the turn's latency; a bot that
// pauses between sentences begins more than once.
func (s *step) answer() {
	t := &s.talk
	if !t.cutAt.IsZero() && !s.at.Before(t.cutAt) {
		// Either the bot was not cut off after all, or this is the next answer and nobody said that the user stopped.
		t.stopless, t.cutAt = !t.userStarted.IsZero(), time.Time{}
	}
	waited := s.at.Sub(t.userStopped)
	if !t.userStopped.IsZero() && waited > unanswered {
		t.userStopped = time.Time{}
		s.disregard(frame.Source{}, ReasonClock)
	}
	due := !t.userStopped.IsZero() && waited >= 0
	if due {
		s.endTurn() // where nobody said that the user interrupted the answer before
	}
	t.botSpoke, t.heardBot, t.cutCounted, t.cutOnce = true, true, false, false
	t.botStarted = latest(t.botStarted, s.at)
	s.spans.touch(s.at)
	if !due {
		return
	}
	t.userStopped = time.Time{}
	if !t.measures {
		t.timed++
		s.waited(frame.Milliseconds(waited.Seconds()))
	}
}

// unanswered is how long a user can wait for what is still an answer. What is timed longer is of a clock that was wrong.
const unanswered = 10 * time.Minute

// waited notes how long the user waited for an answer.
func (s *step) waited(ms float64) {
	s.say(Fact{Kind: Answered, Value: ms})
	if !s.ended {
		s.turnLatencies = append(s.turnLatencies, ms)
		s.spans.latency = ms
	}
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// answered takes a turn latency that the bot has measured. That goes before what speech says: some frameworks tell that the
// user has stopped only when they have waited for more. An answer that was timed by speech before the bot's measurement of it
// came stays as it is. Of a bot that does not report its speech, the measurement is all there is to know of the turn, unless the
// frame says the turn's number as well.
func (s *step) answered(ms float64) {
	t := &s.talk
	t.measures = true
	if t.timed > 0 {
		t.timed--
		return
	}
	s.waited(ms)
	if s.ended || t.heardBot {
		return
	}
	s.spans.touch(s.at)
	if !s.counting && s.turn == 0 {
		s.countTurn(0)
		s.closing, s.parted = s.turns, len(s.spans.parts) > 0
	}
}

// interrupt counts the bot being cut off. Pipecat sends an interruption for every turn of the user: it is one only while
// the bot speaks. Where it is certain that an answer was cut, or nobody's speech is reported, every one counts, but once for
// each time that the bot was heard to begin.
func (s *step) interrupt(certain bool) {
	t := &s.talk
	t.heardCut = true
	switch {
	case certain && t.heardBot && t.cutOnce:
		return
	case !certain && !t.talked(s.at) && (t.heardBot || t.heardUser):
		return
	}
	t.botTalks, t.cutAt, t.cutOnce = false, s.at, true
	s.spans.interrupted = true
	if t.cutCounted {
		t.cutCounted = false
	} else {
		s.countInterruption(0)
	}
	s.endTurn()
}

// countInterruption counts one. Without an id it has the frame's.
func (s *step) countInterruption(id frame.ID) {
	s.interruptions++
	s.say(Fact{Kind: Interrupted, FrameID: id})
}

// endTurn closes a turn in which the bot has spoken, unless the bot counts turns itself.
func (s *step) endTurn() {
	if !s.talk.botSpoke {
		return
	}
	s.talk.botSpoke = false
	if !s.counting {
		s.countTurn(0)
		s.closeTurn(s.turns)
	}
}

// countTurn counts one. Without an id it has the frame's.
func (s *step) countTurn(id frame.ID) {
	s.turns++
	s.say(Fact{Kind: TurnEnded, FrameID: id})
}

// countTo counts the turn that the bot gave a number, and those before it that went by unheard. A number so far ahead that it may
// be none counts its own turn alone.
func (s *step) countTo(number int) {
	first := !s.numbered
	s.numbered = s.numbered || number < maxNumber
	missed := number - s.near() - 1
	switch {
	case missed < 0: // known
	case number >= maxNumber:
		s.countAlone(0)
	case missed > missable || missed > maxMissed-s.missed:
		if s.far.add(number) {
			s.countAlone(turnID(number))
		}
	default:
		s.missed += missed
		s.countAll(number, first)
	}
}

// near is the number up to which all turns are counted.
func (s *step) near() int { return s.turns - s.alone }

func (s *step) countAlone(id frame.ID) {
	s.alone++
	s.countTurn(id)
}

// countAll counts the turns up to a number. Those that were counted before the bot told its first number are taken for the latest:
// after a restart they are, and the others are those that were counted before it.
func (s *step) countAll(number int, first bool) {
	unnumbered := 0
	if first {
		unnumbered = s.near()
	}
	for next := s.near() + 1; next <= number; next++ {
		if s.far.has(next) {
			s.alone-- // it is among the others now
		} else {
			s.countTurn(turnID(next - unnumbered))
		}
	}
}

// Bounds of the turns that can have gone by unheard: between two that were heard, and in a whole call. A restart without storage
// makes those before it unheard; of a call that had more, what is heard after it counts.
const (
	missable  = 100
	maxMissed = 1000
)

// turnID is the identity of a turn that the bot gave a number, whichever frame makes it known: a collector that has forgotten the
// call tells of the turns before a number again, under the same. What was counted without a number has its frame's: it begins at
// 1 again after a restart, and is another turn then.
//
// So where a call counts in both ways, a restart counts twice what was counted without a number before it and is told by number
// after: of a bot that reports its speech beside its numbers, its first turn. It hides nothing, as long as the bot's numbers are
// true: one that begins at 1 again in the same call tells of turns that were counted.
func turnID(turn int) frame.ID { return frame.NameID("turn", strconv.Itoa(turn)) }

// turnDone takes a turn that the bot has counted. From now on speech counts no more turns.
func (s *step) turnDone(e *frame.Event) {
	s.cutTurn(e)
	before := s.turns
	switch {
	case e.Number > 0:
		s.countTo(e.Number)
	case !s.heardOut():
		s.countTurn(0)
	}
	s.counting, s.talk.botSpoke = true, false
	if s.turns > before {
		s.closeTurn(s.numberOf(e))
	}
}

// heardOut says whether a turn without a number, the first that the bot has counted, was counted by its speech just now.
func (s *step) heardOut() bool { return !s.counting && s.turns > 0 && !s.talk.botSpoke }

// numberOf is the number of the turn that was counted last. That of the bot is higher where it knows of more turns.
func (s *step) numberOf(e *frame.Event) int {
	if e.Number < maxNumber {
		return max(s.turns, e.Number)
	}
	return s.turns
}

// isTalk says whether an event is of the talk between user and bot.
func isTalk(kind frame.Kind) bool {
	switch kind {
	case frame.UserStartedTalking, frame.UserStoppedTalking, frame.BotStartedTalking, frame.Answered, frame.Interrupted, frame.TurnDone:
		return true
	}
	return false
}

// cutTurn counts the interruption of a turn, once, where the bot reports no interruptions themselves.
func (s *step) cutTurn(e *frame.Event) {
	if !e.Cut || !s.cutTurns.add(e.Number) {
		return
	}
	s.spans.interrupted = true
	switch {
	case s.talk.heardCut:
	case e.Echo && !s.surpassed(e.Number):
		s.talk.cutPending, s.talk.cutNumber = true, e.Number
	case e.Echo:
		s.countInterruption(cutID(e.Number))
	default:
		s.talk.cutNumber = e.Number
		s.countCut()
	}
}

// surpassed says whether a later turn than the number is known of: turns can be told in any order.
func (s *step) surpassed(number int) bool { return number > 0 && number < s.turns }

func (s *step) countCut() {
	s.talk.cutPending, s.talk.cutCounted = false, true
	s.countInterruption(cutID(s.talk.cutNumber))
}

// cutID is the identity of an interruption that a turn tells of, whichever frame makes it certain: turns that are told again, after
// a crash and in another order, tell of it under the same. A turn without a number has none.
func cutID(turn int) frame.ID {
	if turn <= 0 {
		return 0
	}
	return frame.NameID("turn cut", strconv.Itoa(turn))
}

// goOn counts the interruption of the turn before, now that the talk goes on after it: Pipecat says of the turn in which the
// call ends that it was interrupted as well, and what services still have to tell comes behind that.
//
// A frame of that turn or of one before it, which says so by a number, is no sign of that.
func (s *step) goOn(kind frame.Kind) {
	behind := s.turn > 0 && s.turn <= s.talk.cutNumber
	if s.talk.cutPending && isTalk(kind) && !behind {
		s.countCut()
	}
}

// turnOf is the number of the turn that a frame is about, or 0 where it says none.
func turnOf(f *frame.Frame) int {
	for i := range f.Events {
		if f.Events[i].Kind == frame.TurnDone {
			return f.Events[i].Number
		}
	}
	return 0
}
