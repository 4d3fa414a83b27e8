package call

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// seeds are the calls that each property is tried with. A failure names its seed.
const seeds = 100

// bot makes up a call.
type bot struct {
	*rand.Rand
	at     time.Time
	frames []frame.Frame
	total  float64 // characters so far
	speech bool    // it reports speech
	grows  bool    // it repeats usage while a request goes on
}

func newBot(seed uint64) *bot {
	return &bot{Rand: rand.New(rand.NewPCG(seed, 7)), at: began}
}

func (b *bot) wait(most time.Duration) { b.at = b.at.Add(1 + time.Duration(b.Int64N(int64(most)))) }

func (b *bot) say(events ...frame.Event) {
	b.wait(time.Second)
	id := frame.ID(len(b.frames) + 1)
	b.frames = append(b.frames, frame.Frame{CallID: "c1", ID: id, Time: b.at, Events: events})
}

func (b *bot) sayIf(some bool, event frame.Event) {
	if some {
		b.say(event)
	}
}

// call is a call with all that can be said in one, its first frame with the models and its last with the end.
func (b *bot) call() []frame.Frame {
	b.say(frame.Event{Kind: frame.CallStarted, Models: []frame.Source{gpt, sonic, nova}})
	for range 1 + b.IntN(8) {
		b.turn()
	}
	b.say(frame.Event{Kind: frame.CallEnded, Name: "hangup"})
	return b.frames
}

func (b *bot) turn() {
	b.sayIf(b.speech, kind(frame.UserStartedTalking))
	b.say(frame.Event{Kind: frame.AudioTranscribed, Source: nova, Value: float64(b.IntN(100)) / 10})
	b.sayIf(b.speech, kind(frame.UserStoppedTalking))
	b.say(ttfb(nova, 300))
	b.say(ttfb(frame.Source{Stage: frame.LLM}, 400), processing(gpt, 900))
	b.request()
	b.sayIf(b.IntN(3) == 0, frame.Event{Kind: frame.ToolCalled, Name: "f", Outcome: "completed", Value: 20})
	b.sayIf(b.IntN(5) == 0, frame.Event{Kind: frame.Failed, Source: sonic, Name: "connection"})
	b.say(ttfb(sonic, 190))
	b.sayIf(b.speech, kind(frame.BotStartedTalking))
	b.characters()
	b.sayIf(b.speech && b.IntN(4) == 0, kind(frame.Interrupted))
	b.sayIf(b.speech, kind(frame.BotStoppedTalking))
	b.sayIf(b.IntN(3) == 0, frame.Event{Kind: frame.Charged, Source: twilio, Value: 0.01})
}

// request uses tokens; a bot that repeats itself says so up to four times within 2 s.
func (b *bot) request() {
	b.wait(10 * time.Second)
	all := prompt(int64(1+len(b.frames)), int64(10+b.IntN(90)))
	for repeat := int64(3); repeat > 0 && b.grows; repeat-- {
		part := all
		part[frame.CompletionText] /= repeat + 1
		b.frames = append(b.frames, frame.Frame{
			CallID: "c1", ID: frame.ID(len(b.frames) + 1), Time: b.at.Add(-time.Duration(repeat) * 300 * time.Millisecond),
			Events: []frame.Event{grows(gpt, part)},
		})
	}
	e := tokens(gpt, all)
	e.Growing = b.grows
	b.say(e)
}

// characters are told alone and as totals, in either order.
func (b *bot) characters() {
	n := float64(b.IntN(50))
	b.total += n
	both := []frame.Event{characters(n), running(characters(b.total))}
	b.Shuffle(len(both), func(i, j int) { both[i], both[j] = both[j], both[i] })
	b.say(both[0])
	b.say(both[1])
}

// spent is what a usage is counted by.
type spent struct {
	source   frame.Source
	quantity Quantity
	leaf     frame.Leaf
}

// totals are what a call's facts add up to. Turns and their latencies are not among them: they follow from the order in which
// speech arrives.
type totals struct {
	usage                                              map[spent]float64
	waited, worked, cut, calls, ends, tools, failures  int
	lasted, duration                                   float64
	turns, interruptions, duplicates, late, registered int
}

func (t *totals) add(facts []Fact) {
	for _, f := range facts {
		switch f.Kind {
		case Used:
			key := spent{f.Usage.Source, f.Usage.Quantity, f.Usage.Leaf}
			t.usage[key] = onPaper(t.usage[key] + f.Usage.Amount)
		case Lasted:
			t.lasted = onPaper(t.lasted + f.Value)
		case Ended:
			t.ends++
			t.duration = onPaper(f.Value)
			t.registered = len(f.Summary.Usage)
		default:
			t.count(f)
		}
	}
}

func (t *totals) count(f Fact) {
	counts := map[FactKind]*int{
		Waited: &t.waited, Worked: &t.worked, Opened: &t.calls, ToolCalled: &t.tools, Failed: &t.failures,
		TurnEnded: &t.turns, Interrupted: &t.interruptions,
	}
	if n := counts[f.Kind]; n != nil {
		*n++
	}
	if f.Kind == Disregarded && f.Name == ReasonInterrupted {
		t.cut++
	}
}

// sum applies frames in requests of random size, of which some are refused before they are accepted, and adds up.
func sum(t *testing.T, table *Table, random *rand.Rand, frames []frame.Frame) *totals {
	all := &totals{usage: map[spent]float64{}}
	for len(frames) > 0 {
		n := 1 + random.IntN(min(len(frames), 20))
		for refused := random.IntN(3); refused > 0; refused-- {
			send(t, table, frames[:n], (*Tx).Rollback)
		}
		facts, verdicts := send(t, table, frames[:n], (*Tx).Commit)
		all.add(facts)
		for _, v := range verdicts {
			all.duplicates += equal(v, Duplicate)
			all.late += equal(v, Late)
		}
		frames = frames[n:]
	}
	return all
}

func equal(a, b Verdict) int {
	if a == b {
		return 1
	}
	return 0
}

func send(t *testing.T, table *Table, frames []frame.Frame, finish func(*Tx)) (facts []Fact, verdicts []Verdict) {
	tx, err := table.Begin(keys("c1"))
	require.NoError(t, err)
	for i := range frames {
		got, verdict := tx.Apply(&frames[i], frames[i].Time)
		facts, verdicts = append(facts, got...), append(verdicts, verdict)
	}
	finish(tx)
	return facts, verdicts
}

// one is a source of randomness that neither splits nor refuses.
func one() *rand.Rand { return rand.New(rand.NewPCG(0, 0)) }

// Any repetition of a call's frames, and any way to spread them over requests, gives the same.
func TestRepetitionsAndSplits(t *testing.T) {
	for seed := range uint64(seeds) {
		b := newBot(seed)
		b.speech, b.grows = seed%2 == 0, seed%3 == 0
		frames := b.call()
		want := sum(t, NewTable(tracing), one(), frames)

		repeated := slices.Clone(frames)
		for range b.IntN(30) {
			from := b.IntN(len(frames))
			again := frames[from]
			// Not before the original: the first to arrive is the original.
			to := b.IntN(len(repeated)-slices.IndexFunc(repeated, func(f frame.Frame) bool { return f.ID == again.ID })) + 1
			repeated = slices.Insert(repeated, len(repeated)-to+1, again)
			want.duplicates++
		}
		assert.Equal(t, want, sum(t, NewTable(tracing), b.Rand, repeated), "seed %d", seed)
	}
}

// Any permutation of what stands between a call's first and last frame gives the same usage, latencies, duration, tools and
// errors. Not the same turns and interruptions: who speaks follows from the order in which it is said. So a latency may
// count as that of an interrupted answer; none is lost or counted twice.
func TestPermutations(t *testing.T) {
	for seed := range uint64(seeds) {
		b := newBot(seed)
		b.speech = seed%2 == 0
		frames := b.call()
		want := sum(t, NewTable(tracing), one(), frames)
		middle := frames[1 : len(frames)-1]
		b.Shuffle(len(middle), func(i, j int) { middle[i], middle[j] = middle[j], middle[i] })
		got := sum(t, NewTable(tracing), b.Rand, frames)

		if b.speech {
			assert.Equal(t, want.waited+want.worked+want.cut, got.waited+got.worked+got.cut, "seed %d", seed)
			for _, all := range []*totals{want, got} {
				all.waited, all.worked, all.cut, all.turns, all.interruptions = 0, 0, 0, 0, 0
			}
		}
		want.registered, got.registered = 0, 0
		assert.Equal(t, want, got, "seed %d", seed)
		assert.Equal(t, got.duration, got.lasted, "seed %d", seed)
	}
}

// Reports that a bot repeats while a request goes on count once if they arrive up to a second late. Over a longer time their
// request is forgotten.
func TestDelays(t *testing.T) {
	for seed := range uint64(seeds) {
		b := newBot(seed)
		b.grows = true
		frames := b.call()
		want := sum(t, NewTable(tracing), one(), frames)
		delay := map[frame.ID]time.Duration{frames[0].ID: 0, frames[len(frames)-1].ID: 2 * time.Second}
		for _, f := range frames[1 : len(frames)-1] {
			delay[f.ID] = time.Duration(b.IntN(int(time.Second)))
		}
		delayed := slices.Clone(frames)
		slices.SortStableFunc(delayed[1:], func(x, y frame.Frame) int {
			return x.Time.Add(delay[x.ID]).Compare(y.Time.Add(delay[y.ID]))
		})
		got := sum(t, NewTable(tracing), b.Rand, delayed)
		want.registered, got.registered = 0, 0
		assert.Equal(t, want, got, "seed %d", seed)
	}
}

// If frames name their models, usage is the same in any order at all, and what arrives after the end is late. Time that
// speech recognition was open follows from the call's duration, which frames after the end no longer change.
func TestFullPermutations(t *testing.T) {
	for seed := range uint64(seeds) {
		b := newBot(seed)
		b.speech = seed%2 == 0
		frames := b.call()
		want := sum(t, NewTable(config), one(), frames)
		b.Shuffle(len(frames), func(i, j int) { frames[i], frames[j] = frames[j], frames[i] })
		got := sum(t, NewTable(config), b.Rand, frames)
		for _, all := range []*totals{want, got} {
			for key := range all.usage {
				if key.quantity == STTSession {
					delete(all.usage, key)
				}
			}
		}
		assert.Equal(t, want.usage, got.usage, "seed %d", seed)
		end := slices.IndexFunc(frames, func(f frame.Frame) bool { return f.Events[0].Kind == frame.CallEnded })
		assert.Equal(t, len(frames)-end-1, got.late, "seed %d", seed)
		assert.Equal(t, []int{1, 1, want.tools, want.failures}, []int{got.calls, got.ends, got.tools, got.failures}, "seed %d", seed)
		assert.Equal(t, want.waited+want.worked+want.cut, got.waited+got.worked+got.cut, "seed %d", seed)
	}
}

// What was refused has changed nothing, wherever it came between; and frames applied again with their arrivals, each alone,
// make the same call. So do ends by idle time-out.
func TestReplay(t *testing.T) {
	for seed := range uint64(seeds) {
		b := newBot(seed)
		b.speech, b.grows = seed%2 == 0, seed%3 == 0
		frames := b.call()
		if seed%5 == 0 {
			frames = frames[:len(frames)-1] // never ends by itself
		}
		for i := range frames {
			if b.IntN(10) == 0 {
				frames[i].Time = time.Time{}
			}
		}
		lived, replayed := NewTable(tracing), NewTable(tracing)
		arrival := b.at
		for i := range frames {
			arrival = arrival.Add(time.Duration(b.IntN(int(time.Second))))
			if b.IntN(2) == 0 {
				refuse(t, b, lived, frames, arrival)
			}
			for _, table := range []*Table{lived, replayed} {
				tx, err := table.Begin(keys("c1"))
				require.NoError(t, err)
				tx.Apply(&frames[i], arrival)
				tx.Commit()
			}
		}
		for _, table := range []*Table{lived, replayed} {
			tx, err := table.Begin(keys("c1"))
			require.NoError(t, err)
			tx.EndIdle(arrival.Add(time.Hour))
			tx.Commit()
		}
		a, c := lived.calls[Key{ID: "c1"}], replayed.calls[Key{ID: "c1"}]
		assert.Equal(t, a.state, c.state, "seed %d", seed)
		assert.Equal(t, sorted(a.seen), sorted(c.seen), "seed %d", seed)
		assert.Equal(t, lived.Active(), replayed.Active(), "seed %d", seed)
	}
}

// refuse makes a request of random frames that is not accepted.
func refuse(t *testing.T, b *bot, table *Table, frames []frame.Frame, arrival time.Time) {
	tx, err := table.Begin(keys("c1"))
	require.NoError(t, err)
	defer tx.Rollback()
	for range b.IntN(6) {
		tx.Apply(&frames[b.IntN(len(frames))], arrival)
	}
	if b.IntN(2) == 0 {
		tx.EndIdle(arrival.Add(time.Hour))
	}
}

func sorted(s ids) []frame.ID {
	var all []frame.ID
	for _, id := range s.slots {
		if id != 0 {
			all = append(all, id)
		}
	}
	slices.Sort(all)
	return all
}

// A refused request leaves the pending state of an open call as it was, to the last byte.
func TestRollbackAnywhere(t *testing.T) {
	for seed := range uint64(seeds) {
		b := newBot(seed)
		b.speech, b.grows = true, seed%3 == 0
		frames := b.call()
		quiet, disturbed := NewTable(tracing), NewTable(tracing)
		for i := range frames {
			refuse(t, b, disturbed, frames, frames[i].Time)
			want, _ := send(t, quiet, frames[i:i+1], (*Tx).Commit)
			got, _ := send(t, disturbed, frames[i:i+1], (*Tx).Commit)
			require.Equal(t, want, got, "seed %d, frame %d", seed, i)
			require.Equal(t, quiet.calls[Key{ID: "c1"}].state, disturbed.calls[Key{ID: "c1"}].state, "seed %d, frame %d", seed, i)
		}
	}
}

// A replay reads arrivals from a disk, without the monotonic clock.
func TestReplayWithoutTheMonotonicClock(t *testing.T) {
	now := time.Now() // only its monotonic reading matters
	frames := []frame.Frame{{CallID: "c1", Events: []frame.Event{kind(frame.UserStartedTalking)}}, {CallID: "c1", Events: []frame.Event{ttfb(gpt, 3)}}}
	states := make([]state, 0, 2)
	for _, at := range []time.Time{now, now.Round(0)} {
		table := NewTable(tracing)
		for i := range frames {
			tx, err := table.Begin(keys("c1"))
			require.NoError(t, err)
			tx.Apply(&frames[i], at.Add(time.Duration(i)*time.Second))
			tx.Commit()
		}
		states = append(states, table.calls[Key{ID: "c1"}].state)
	}
	states[0].arrived = states[0].arrived.Round(0) // idle time goes by the monotonic clock where there is one
	assert.Equal(t, states[1], states[0])
}
