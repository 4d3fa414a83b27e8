package call

import (
	"math/rand/v2"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// Ten thousand calls of 50 turns are to fit into 200 MB. A fifth of the calls, in a fifth of the memory, is as good a measure:
// all there is besides the calls is their table.
const (
	manyCalls    = 2000
	turnsOfACall = 50
	heapOfACall  = 200_000_000 / 10_000
)

// heap is what is in use, after all that can be freed was.
func heap() int64 {
	runtime.GC()
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}

// busyTurn are the frames of one turn as Pipecat sends them, each with an identity.
func busyTurn(id string, random *rand.Rand, at time.Time) []frame.Frame {
	said := []frame.Event{
		kind(frame.UserStartedTalking),
		kind(frame.UserStoppedTalking),
		{Kind: frame.AudioTranscribed, Source: nova, Value: 2.1},
		ttfb(gpt, 400),
		processing(gpt, 1310),
		tokens(gpt, frame.Tokens{frame.PromptText: 146, frame.PromptCacheRead: 896, frame.CompletionText: 37}),
		characters(48),
		ttfb(sonic, 190),
		kind(frame.BotStartedTalking),
		kind(frame.BotStoppedTalking),
	}
	frames := make([]frame.Frame, len(said))
	for i := range said {
		frames[i] = frame.Frame{
			CallID: id, ID: frame.ID(random.Uint64() | 1), Time: at.Add(time.Duration(i) * 317 * time.Millisecond), Events: said[i : i+1],
		}
	}
	return frames
}

// converse has a call talk for some turns, one a request.
func converse(tb testing.TB, table *Table, id string, random *rand.Rand, turns int) {
	for turn := range turns {
		tx, err := table.Begin(keys(id))
		require.NoError(tb, err)
		frames := busyTurn(id, random, after(float64(8*turn)))
		for i := range frames {
			tx.Apply(&frames[i], frames[i].Time)
		}
		tx.Commit()
	}
}

func testMemory(t *testing.T, calls int, trace bool) {
	random := rand.New(rand.NewPCG(1, 2))
	table := NewTable(Config{IdleTimeout: time.Minute, Remember: time.Minute, MaxCalls: calls, Trace: trace})
	before := heap()
	for i := range calls {
		converse(t, table, "550e8400-e29b-41d4-a716-44665544"+strconv.Itoa(1000+i), random, turnsOfACall)
	}
	used := (heap() - before) / int64(calls)
	t.Logf("%d bytes a call", used)
	assert.Less(t, used, int64(heapOfACall))
	runtime.KeepAlive(table)
}

func TestMemoryOfOpenCalls(t *testing.T)           { testMemory(t, manyCalls, false) }
func TestMemoryOfOpenCallsWithTraces(t *testing.T) { testMemory(t, manyCalls/4, true) }

// Calls that are over and forgotten leave nothing behind, neither do their identities, tenants and places in the table.
func TestMemoryOfForgottenCalls(t *testing.T) {
	const calls = 100_000
	table := NewTable(Config{IdleTimeout: time.Minute, Remember: time.Minute, MaxCalls: calls})
	before := heap()
	for i := range calls {
		key := Key{Tenant: strconv.Itoa(i % 1000), ID: strconv.Itoa(i)}
		tx, err := table.Begin([]Key{key})
		require.NoError(t, err)
		for k, event := range []frame.Event{kind(frame.CallStarted), ttfb(gpt, 3), characters(3), kind(frame.CallEnded)} {
			tx.Apply(&frame.Frame{Tenant: key.Tenant, CallID: key.ID, ID: frame.ID(k + 1), Time: after(float64(k)), Events: []frame.Event{event}}, began)
		}
		tx.Commit()
	}
	full := heap() - before
	assert.Len(t, table.Forget(began.Add(time.Hour)), calls)
	left := heap() - before
	t.Logf("%d bytes an ended call, %d bytes left in all", full/calls, left)
	assert.Less(t, left, int64(500_000))
	assert.Empty(t, table.calls)
	assert.Empty(t, table.tenants)
	runtime.KeepAlive(table)
}

// An ended call is remembered by its frames' identities, and by what late frames need.
func TestMemoryOfEndedCalls(t *testing.T) {
	table := NewTable(Config{IdleTimeout: time.Minute, Remember: time.Minute, MaxCalls: 1, Trace: true})
	random := rand.New(rand.NewPCG(1, 2))
	converse(t, table, "c1", random, 20)
	apply(t, table, say(1000, kind(frame.CallEnded)))
	c := table.calls[Key{ID: "c1"}]
	assert.Equal(t, ledger{}, c.usage)
	assert.Empty(t, c.ttfbs)
	assert.Empty(t, c.turnLatencies)
	assert.Equal(t, spans{}, c.spans)
	assert.Equal(t, 201, c.seen.count)
}

// BenchmarkApply applies the frames of a busy call, one a request, as a bot sends them that does not batch.
func BenchmarkApply(b *testing.B) {
	for name, trace := range map[string]bool{"plain": false, "traced": true} {
		b.Run(name, func(b *testing.B) { benchmarkApply(b, trace) })
	}
}

func benchmarkApply(b *testing.B, trace bool) {
	random := rand.New(rand.NewPCG(1, 2))
	table := NewTable(Config{IdleTimeout: time.Minute, Remember: time.Minute, MaxCalls: 1, Trace: trace})
	all := keys("c1")
	var frames []frame.Frame
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if i%5000 == 0 { // a call has an end of events
			b.StopTimer()
			table = NewTable(table.config)
			frames = frames[:0]
			for turn := range 500 {
				frames = append(frames, busyTurn("c1", random, after(float64(8*turn)))...)
			}
			b.StartTimer()
		}
		f := &frames[i%5000]
		tx, err := table.Begin(all)
		require.NoError(b, err)
		tx.Apply(f, f.Time)
		tx.Commit()
	}
}
