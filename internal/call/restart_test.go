package call

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// counter counts facts as rollup counts their points: by what they are and the identity they have, and of those that are alike
// in one request each.
type counter struct {
	known map[point]bool
	totals
}

// point is all of a fact that its point has, but for its value.
type point struct {
	kind          FactKind
	id            frame.ID
	source        frame.Source
	name, outcome string
	spent         spent
	alike         int // how many there were before in the request
}

func (c *counter) take(facts []Fact) {
	var fresh []Fact
	alike := map[point]int{}
	for _, f := range facts {
		p := point{kind: f.Kind, id: f.FrameID, source: f.Source, name: f.Name, outcome: f.Outcome}
		p.spent = spent{f.Usage.Source, f.Usage.Quantity, f.Usage.Leaf}
		n := alike[p]
		alike[p]++
		p.alike = n
		if !c.known[p] {
			c.known[p] = true
			fresh = append(fresh, f)
		}
	}
	c.add(fresh)
}

// lived has a collector without storage for each part of a call's frames, of which each is a request. One that is stopped settles;
// one that crashes does not.
func lived(t *testing.T, stopped bool, lives ...[]frame.Frame) *totals {
	c := counter{known: map[point]bool{}, totals: totals{usage: map[spent]float64{}}}
	for i, frames := range lives {
		table := NewTable(tracing)
		for k := range frames {
			facts, _ := send(t, table, frames[k:k+1], (*Tx).Commit)
			c.take(facts)
		}
		if stopped && i < len(lives)-1 {
			send(t, table, nil, func(tx *Tx) { c.take(tx.Settle()); tx.Commit() })
		}
	}
	return &c.totals
}

// cutUp cuts a call's frames at random into so many lives; the last frames before a cut may be sent again after it.
func cutUp(random *rand.Rand, frames []frame.Frame, lives int) [][]frame.Frame {
	var parts [][]frame.Frame
	from := 0
	for i := lives - 1; i >= 0; i-- {
		to := len(frames)
		if i > 0 {
			to = from + random.IntN(to-from)
		}
		parts = append(parts, frames[max(0, from-random.IntN(3)):to])
		from = to
	}
	return parts
}

// numbering makes up calls of a bot that numbers its turns: how the frames of a turn are.
var numbering = map[string]func(b *bot, turn int){
	"alone":               func(b *bot, turn int) { b.say(turnDone(turn, b.IntN(4) == 0)) },
	"with its answer":     func(b *bot, turn int) { b.say(frame.Event{Kind: frame.Answered, Value: 900}, turnDone(turn, false)) },
	"before its answer":   func(b *bot, turn int) { b.say(turnDone(turn, false), frame.Event{Kind: frame.Answered, Value: 900}) },
	"some are not heard":  func(b *bot, turn int) { b.sayIf(b.IntN(3) > 0, turnDone(turn, false)) },
	"told twice":          func(b *bot, turn int) { b.say(turnDone(turn, true)); b.say(turnDone(max(1, turn-b.IntN(3)), true)) },
	"told before speech":  func(b *bot, turn int) { b.speak(); b.say(turnDone(turn, false)) },
	"between other words": func(b *bot, turn int) { b.say(ttfb(gpt, 400)); b.say(turnDone(turn, false)); b.say(characters(3)) },
}

// speak is an exchange that is over when the user speaks again.
func (b *bot) speak() {
	for _, k := range []frame.Kind{frame.UserStartedTalking, frame.UserStoppedTalking, frame.BotStartedTalking, frame.BotStoppedTalking} {
		b.say(kind(k))
	}
}

func (b *bot) turns(count int, tell func(*bot, int)) []frame.Frame {
	for turn := range count {
		tell(b, turn+1)
	}
	return b.frames
}

// A call whose turns have numbers has the same turns over any number of restarts without storage.
func TestNumberedTurnsOverARestart(t *testing.T) {
	for name, tell := range numbering {
		t.Run(name, func(t *testing.T) {
			for seed := range uint64(seeds) {
				b := newBot(seed)
				frames := b.turns(1+b.IntN(80), tell)
				want := lived(t, false, frames)
				parts := cutUp(b.Rand, frames, 2+b.IntN(2))
				require.Equal(t, want.turns, lived(t, seed%2 == 0, parts...).turns, "seed %d", seed)
			}
		})
	}
}

// The same for calls that are so long that the turns before a restart are no longer taken for missed.
func TestManyNumberedTurnsOverARestart(t *testing.T) {
	for _, turns := range []int{60, 150, 1000} {
		for _, cut := range []int{0, 1, 30, missable, missable + 1, missable + 20, turns - 1} {
			if cut >= turns {
				continue
			}
			frames := newBot(1).turns(turns, numbering["alone"])
			got := lived(t, false, frames[:cut], frames[max(0, cut-2):])
			assert.Equal(t, turns, got.turns, "%d turns, a restart at %d", turns, cut)
		}
	}
}

// What was told before: turn 3 is the first that a collector hears after its restart.
func TestTurnsBeforeARestartAreTheSame(t *testing.T) {
	frames := newBot(1).turns(3, numbering["alone"])
	before, _ := apply(t, NewTable(config), frames[:2]...)
	after, _ := apply(t, NewTable(config), frames[2:]...)
	one, three := only(before, TurnEnded), only(after, TurnEnded)
	require.Len(t, one, 2)
	require.Len(t, three, 3)
	assert.Equal(t, []frame.ID{turnID(1), turnID(2)}, []frame.ID{one[0].FrameID, one[1].FrameID})
	assert.Equal(t, []frame.ID{turnID(1), turnID(2), turnID(3)}, []frame.ID{three[0].FrameID, three[1].FrameID, three[2].FrameID})
	assert.NotEqual(t, cutID(1), turnID(1))
}

// The number of a turn that speech has counted makes it known; those after it have their own.
func TestIdentitiesAfterSpeechHasCounted(t *testing.T) {
	b := newBot(1)
	for turn := range 3 {
		b.speak()
		b.say(kind(frame.UserStartedTalking))
		b.say(turnDone(turn+1, false))
	}
	facts, _ := apply(t, NewTable(config), b.frames...)
	turns := only(facts, TurnEnded)
	require.Len(t, turns, 3)
	assert.Equal(t, []frame.ID{b.frames[4].ID, turnID(2), turnID(3)}, []frame.ID{turns[0].FrameID, turns[1].FrameID, turns[2].FrameID})
}

// Turns without numbers begin at 1 again, and are other turns: none is taken for one before. One that the restart cuts in two may
// be lost, where speech tells of it.
func TestTurnsWithoutNumbersOverARestart(t *testing.T) {
	for seed := range uint64(seeds) {
		b := newBot(seed)
		told := b.turns(1+b.IntN(40), func(b *bot, _ int) { b.say(turnDone(0, false)) })
		require.Equal(t, len(told), lived(t, false, cutUp(b.Rand, told, 3)...).turns, "seed %d", seed)

		b = newBot(seed)
		spoken := b.turns(1+b.IntN(40), func(b *bot, _ int) { b.speak() })
		want := lived(t, false, spoken).turns
		cut := b.IntN(len(spoken))
		got := lived(t, false, spoken[:cut], spoken[cut:]).turns
		require.LessOrEqual(t, got, want, "seed %d", seed)
		require.GreaterOrEqual(t, got, want-1, "seed %d", seed)
	}
}

// Of a bot that reports speech before the number of the turn, speech counts the first turn of each life. No turn is lost, and
// each restart adds one at most; within one life none counts twice.
func TestSpeechBeforeNumbersOverARestart(t *testing.T) {
	for seed := range uint64(seeds) {
		b := newBot(seed)
		turns := 2 + b.IntN(60)
		frames := b.turns(turns, func(b *bot, turn int) {
			b.say(kind(frame.UserStartedTalking))
			b.sayIf(turn > 1, turnDone(turn-1, false))
			b.say(kind(frame.UserStoppedTalking))
			b.say(kind(frame.BotStartedTalking))
			b.say(kind(frame.BotStoppedTalking))
		})
		require.Equal(t, turns-1, lived(t, false, frames).turns, "seed %d", seed)
		restarts := 1 + b.IntN(2)
		got := lived(t, false, cutUp(b.Rand, frames, restarts+1)...).turns
		require.GreaterOrEqual(t, got, turns-1, "seed %d", seed)
		require.LessOrEqual(t, got, turns-1+restarts, "seed %d", seed)
	}
}

// What speech counts in a life before the first number of that is taken for the latest turns, which it is.
func TestSpeechAfterARestartIsOfTheLatestTurns(t *testing.T) {
	for spoken := range 4 {
		b := newBot(1)
		before := len(b.turns(5, numbering["alone"]))
		for range spoken {
			b.speak()
		}
		b.say(kind(frame.UserStartedTalking))
		b.say(turnDone(5+spoken, false))
		assert.Equal(t, 5+spoken, lived(t, false, b.frames[:before], b.frames[before:]).turns)
		b.say(turnDone(8+spoken, false))
		assert.Equal(t, 8+spoken, lived(t, false, b.frames[:before], b.frames[before:]).turns, "two were not heard")
	}
}

// However a call mixes turns with numbers, without, and speech: each that counts is one point, and the summary says as many.
func TestNoTurnHasTheIdentityOfAnother(t *testing.T) {
	for seed := range uint64(5 * seeds) {
		random := rand.New(rand.NewPCG(seed, 11))
		b := newBot(seed)
		number := 0
		for range 1 + b.IntN(60) {
			switch random.IntN(8) {
			case 0:
				b.speak()
			case 1:
				b.say(turnDone(0, false))
			case 2:
				b.say(frame.Event{Kind: frame.Answered, Value: 900})
			case 3:
				b.say(turnDone(1+random.IntN(number+3), false))
			case 4:
				b.say(turnDone(1+random.IntN(2*maxNumber), false))
			case 5:
				number += random.IntN(missable)
				b.say(turnDone(max(1, number), false))
			default:
				number++
				b.say(turnDone(number, false))
			}
		}
		b.say(kind(frame.CallEnded))
		facts, _ := apply(t, NewTable(tracing), b.frames...)
		summary := facts[len(facts)-1].Summary
		require.Len(t, only(facts, TurnEnded), summary.Turns, "seed %d", seed)
		require.Equal(t, summary.Turns, lived(t, false, b.frames).turns, "seed %d", seed)
	}
}

// A call cannot say with a few frames that it has had any number of turns.
func TestTurnsThatABotClaims(t *testing.T) {
	claim := func(frames, step int) int {
		var claimed []frame.Frame
		for i := range frames {
			claimed = append(claimed, say(float64(i), turnDone((i+1)*step, false)))
		}
		facts, _ := apply(t, NewTable(config), append(claimed, say(float64(frames), kind(frame.CallEnded)))...)
		require.Len(t, only(facts, TurnEnded), facts[len(facts)-1].Summary.Turns)
		return facts[len(facts)-1].Summary.Turns
	}
	for _, test := range []struct{ frames, step, turns int }{
		{1, missable + 1, missable + 1},
		{1, missable + 2, 1},
		{5, 99, 5 * 99},
		{10, 99, 10 * 99},            // 980 missed
		{11, 99, 10*99 + 1},          // more than maxMissed
		{15_000, 99, 10*99 + 14_990}, // up to 1,485,000
		{15_000, 1, 15_000},
		{20_000, 1, 20_000}, // beyond maxNumber
		{3, maxNumber, 3},
		{3, 1_000_000, 3},
	} {
		assert.Equal(t, test.turns, claim(test.frames, test.step), fmt.Sprint(test))
	}
}

// In whatever order the numbers of three hundred turns come, backwards or shuffled, they are three hundred.
func TestNumbersInAnyOrder(t *testing.T) {
	for seed := range uint64(50) {
		order := rand.New(rand.NewPCG(seed, 1)).Perm(300)
		if seed == 0 {
			slices.Sort(order)
			slices.Reverse(order)
		}
		var events []frame.Event
		for _, n := range order {
			events = append(events, turnDone(n+1, false))
		}
		facts, _ := apply(t, NewTable(config), eachSecond(events)...)
		assert.Len(t, only(facts, TurnEnded), 300, seed)
	}
}

// Numbers far ahead count once each, in any order, and nothing twice when the others catch up.
func TestNumbersFarAhead(t *testing.T) {
	for name, test := range map[string]struct {
		numbers []int
		turns   int
	}{
		"once":              {[]int{500}, 1},
		"twice":             {[]int{500, 500}, 1},
		"one after another": {[]int{500, 501, 503, 502}, 4},
		"among others":      {[]int{1, 2, 500, 3, 4, 5}, 6},
		"before the others": {[]int{200, 201, 202, 1, 2, 3}, 6},
		"far ahead of ten":  {[]int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 200, 11, 12}, 13},
		"which catch up":    {[]int{150, 1, 90, 170}, 170},
	} {
		var events []frame.Event
		for _, n := range test.numbers {
			events = append(events, turnDone(n, false))
		}
		facts, _ := apply(t, NewTable(config), eachSecond(append(events, kind(frame.CallEnded)))...)
		assert.Len(t, only(facts, TurnEnded), test.turns, name)
	}
	all := []frame.Event{turnDone(150, false)}
	for i := range 150 {
		all = append(all, turnDone(i+1, false))
	}
	frames := eachSecond(all)
	assert.Equal(t, 150, lived(t, false, frames).turns, "the others catch up")
	assert.Equal(t, 150, lived(t, false, slices.Concat(frames, frames)).turns, "each frame again")
}

// What else a restart in the middle of a call changes where nothing is stored, for better knowledge: none of it has an identity that
// is right in every case, because what is told after the restart holds what was told before, or does not, and nobody says which.
func TestWhatARestartWithoutStorageChanges(t *testing.T) {
	const cut = 6 // after 50 s of 100
	models := frame.Event{Kind: frame.CallStarted, Models: []frame.Source{gpt, sonic, nova}}
	var frames []frame.Frame
	for i := range 11 {
		frames = append(frames, say(float64(10*i), models))
		frames[i].Events = append(frames[i].Events, ttfb(gpt, 400), running(characters(float64(100*(i+1)))))
	}
	frames[10].Events = append(frames[10].Events, kind(frame.CallEnded))
	began := func(at float64) []frame.Frame {
		told := slices.Clone(frames)
		told[10].Events = append([]frame.Event{{Kind: frame.CallStarted, Began: after(at)}}, told[10].Events...)
		return told
	}
	type seconds struct{ lasted, duration, session float64 }
	for name, test := range map[string]struct {
		frames  []frame.Frame
		stopped bool
		want    seconds
	}{
		"crash":                           {frames, false, seconds{lasted: 90, duration: 40, session: 40}},
		"stop":                            {frames, true, seconds{lasted: 90, duration: 40, session: 90}},
		"the end says when it began":      {began(0), false, seconds{lasted: 150, duration: 100, session: 100}},
		"and the time before was settled": {began(0), true, seconds{lasted: 150, duration: 100, session: 50}},
		"and began before the first":      {began(-1), true, seconds{lasted: 151, duration: 101, session: 151}},
	} {
		got := lived(t, test.stopped, test.frames[:cut], test.frames[cut:])
		heard := seconds{got.lasted, got.duration, got.usage[spent{nova, STTSession, 0}]}
		assert.Equal(t, test.want, heard, name)
		assert.Equal(t, []int{1, 1, 11}, []int{got.calls, got.ends, got.waited}, name)
		assert.InDelta(t, 600+1100, got.usage[spent{sonic, Characters, 0}], 0, "a running sum counts again as a whole")
	}
}
