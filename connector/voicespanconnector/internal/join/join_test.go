package join

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-voice/otelcol-voice/internal/call"
	"github.com/otelcol-voice/otelcol-voice/internal/dialect/spanframe"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

var (
	now    = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	config = Config{Window: time.Minute, Keep: time.Hour, MaxTraces: 3, MaxHeld: 4}
)

// told is a span of a trace that tells something, with a value that says which it is.
func told(trace byte, value float64, name spanframe.Name) *Span {
	return &Span{
		Trace: [16]byte{trace}, Owner: "bot", Tells: true,
		Span: spanframe.Span{Name: name, Frame: frame.Frame{Events: []frame.Event{{Kind: frame.TTFB, Value: value}}}},
	}
}

func nameless(trace byte, value float64) *Span {
	return told(trace, value, spanframe.Name{Rank: spanframe.Unnamed})
}

func named(trace byte, value float64, id string) *Span {
	return told(trace, value, spanframe.Name{ID: id, Rank: spanframe.ByConversation})
}

// at is where spans went: their values, by call.
func at(spans []*Span) []string {
	var all []string
	for _, span := range spans {
		all = append(all, fmt.Sprintf("%s %v", span.Frame.CallID, span.Frame.Events[0].Value))
	}
	return all
}

// take is a request that is accepted.
func take(t *testing.T, j *Joiner, spans ...*Span) []string {
	t.Helper()
	ready, rest := j.Assign(spans, now)
	late, err := j.Hold(rest, now)
	require.NoError(t, err)
	return at(append(ready, late...))
}

const one = "01000000000000000000000000000000"

// The calls of two bots are two, whatever they are called and in whatever trace their spans are. One that names none is of the
// trace's, and so is one whose name is weaker: that of a session, of a service that the bot uses.
func TestTwoBotsInOneTrace(t *testing.T) {
	j := New(config)
	other := func(id string, rank spanframe.Rank) *Span {
		span := told(1, 2, spanframe.Name{ID: id, Rank: rank})
		span.Owner = "other"
		return span
	}
	ready, rest := j.Assign([]*Span{
		named(1, 1, "c1"), other("c1", spanframe.ByConversation), other("c2", spanframe.ByConversation), other("c3", spanframe.ByCall),
		other("s1", spanframe.BySession), other("", spanframe.Unnamed),
	}, now)
	assert.Empty(t, rest)
	var calls []string
	for _, span := range ready {
		calls = append(calls, span.Frame.Tenant+" "+span.Frame.CallID)
	}
	assert.Equal(t, []string{"bot c1", "other c1", "other c2", "other c3", "bot c1", "bot c1"}, calls)
}

// What waited goes out first, in its order, and what comes after the name does not wait.
func TestSpansWaitForTheName(t *testing.T) {
	j := New(config)
	assert.Empty(t, take(t, j, nameless(1, 1), nameless(1, 2)))
	assert.Equal(t, 2, j.Held())
	assert.Equal(t, []string{"c1 1", "c1 2", "c1 3"}, take(t, j, named(1, 3, "c1")))
	assert.Equal(t, []string{"c1 4"}, take(t, j, nameless(1, 4)))
	assert.Zero(t, j.Held())
	assert.Equal(t, map[Outcome]int{Named: 1}, j.Found())
	assert.Empty(t, j.Found(), "asked once")
}

// The room of a request is used again: what waits is a copy.
func TestWhatWaitsIsACopy(t *testing.T) {
	j := New(config)
	span := nameless(1, 1)
	take(t, j, span)
	span.Frame.Events[0].Value = 42
	assert.Equal(t, []string{"c1 1", "c1 3"}, take(t, j, named(1, 3, "c1")))
}

// A request that was refused has left nothing waiting, but what it said of its trace holds.
func TestRefusedRequest(t *testing.T) {
	j := New(config)
	take(t, j, nameless(1, 1))
	ready, rest := j.Assign([]*Span{named(1, 2, "c1")}, now)
	assert.Equal(t, []string{"c1 1", "c1 2"}, at(ready))
	assert.Empty(t, rest)
	j.Return(ready)
	assert.Equal(t, []string{"c1 1"}, at(j.Overdue(now)), "the sender sends the other again")
	assert.Equal(t, []string{"c1 2"}, take(t, j, named(1, 2, "c1")))
}

// The name may come while a request is under way.
func TestNameInBetween(t *testing.T) {
	j := New(config)
	_, rest := j.Assign([]*Span{nameless(1, 1)}, now)
	assert.Equal(t, []string{"c1 2"}, take(t, j, named(1, 2, "c1")))
	late, err := j.Hold(rest, now)
	require.NoError(t, err)
	assert.Equal(t, []string{"c1 1"}, at(late))
	j.Return(late)
	assert.Equal(t, []string{"c1 1"}, at(j.Overdue(now)), "it was accepted, and nobody sends it again")
}

// After the window the trace id is the name, and stays it.
func TestWindow(t *testing.T) {
	j := New(config)
	take(t, j, nameless(1, 1))
	assert.Empty(t, j.Overdue(now.Add(config.Window-1)))
	assert.Equal(t, []string{one + " 1"}, at(j.Overdue(now.Add(config.Window))))
	assert.Equal(t, []string{one + " 2"}, take(t, j, named(1, 2, "too late")))
	assert.Equal(t, map[Outcome]int{Waited: 1}, j.Found())
}

func TestTooMuchHeld(t *testing.T) {
	j := New(config)
	for value := range 4 {
		take(t, j, nameless(byte(1+value%2), float64(value)))
	}
	take(t, j, nameless(3, 4))
	assert.Equal(t, []string{one + " 0", one + " 2"}, at(j.Overdue(now)), "those that waited longest")
	assert.Equal(t, 3, j.Held())

	for trace := range 20 {
		span := nameless(byte(10+trace), 0)
		_, rest := j.Assign([]*Span{span}, now)
		if _, err := j.Hold(rest, now); err != nil {
			require.ErrorIs(t, err, ErrTooMuchHeld)
			assert.LessOrEqual(t, j.Held(), 2*config.MaxHeld)
			return
		}
	}
	t.Fatal("what cannot be delivered has no bound")
}

// The trace that was quiet for longest makes room; what waits of it is not lost.
func TestTooManyTraces(t *testing.T) {
	j := New(config)
	take(t, j, nameless(1, 1))
	take(t, j, named(2, 2, "c2"))
	take(t, j, named(3, 3, "c3"))
	take(t, j, named(2, 4, "c2"))
	take(t, j, named(4, 5, "c4"))
	assert.Equal(t, 3, j.Known())
	assert.Equal(t, []string{one + " 1"}, at(j.Overdue(now)))
	assert.Equal(t, []string{"c2 6"}, take(t, j, nameless(2, 6)))
	assert.Equal(t, map[Outcome]int{Named: 3, Evicted: 1}, j.Found())
}

func TestTracesAreForgottenInTheirTime(t *testing.T) {
	j := New(config)
	take(t, j, named(1, 1, "c1"))
	j.Overdue(now.Add(config.Keep - 1))
	assert.Equal(t, 1, j.Known())
	j.Overdue(now.Add(config.Keep))
	assert.Zero(t, j.Known())
}

func TestRest(t *testing.T) {
	j := New(config)
	take(t, j, nameless(1, 1), nameless(2, 2))
	assert.Len(t, j.Rest(), 2)
	assert.Zero(t, j.Held())
}

// What is known of traces outlives a restart, and is forgotten in its turn.
func TestRecall(t *testing.T) {
	first := New(config)
	key := call.Key{Tenant: "bot", ID: "c"}
	var memories []Memory
	for _, trace := range []byte{2, 3, 1} {
		span, at := named(trace, 1, "c"), now.Add(time.Duration(trace)*time.Second)
		first.Assign([]*Span{span}, at)
		require.True(t, span.Joined)
		memories = append(memories, Memory{Trace: span.Trace, Call: key, Rank: span.Rank, Seen: at})
	}
	second := New(config)
	second.Recall(memories)
	assert.Equal(t, 3, second.Known())
	assert.Nil(t, second.Found())
	ready, rest := second.Assign([]*Span{nameless(3, 1), named(3, 2, "d"), named(4, 3, "e")}, now.Add(4*time.Second))
	assert.Equal(t, []string{"c 1", "d 2", "e 3"}, at(ready))
	assert.Empty(t, rest)
	assert.Equal(t, []bool{true, false, true}, []bool{ready[0].Joined, ready[1].Joined, ready[2].Joined}, "d is another call's")
	assert.Equal(t, spanframe.ByConversation, ready[0].Rank)
	assert.NotContains(t, second.traces, [16]byte{1}, "of which nothing was heard for longest")
	second.Overdue(now.Add(2*time.Second + config.Keep))
	assert.Equal(t, 2, second.Known())
}
