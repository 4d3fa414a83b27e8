package call

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// What is put in comes out: every quantity, flag, moment and amount.
func TestLedger(t *testing.T) {
	random := rand.New(rand.NewPCG(8, 9))
	var l ledger
	var want []TimedUsage
	at, id := began, frame.ID(1)
	for range 2000 {
		if random.IntN(2) == 0 {
			at, id = began.Add(time.Duration(random.Int64N(int64(time.Hour))-int64(time.Minute))), frame.ID(random.Uint64())
		}
		u := Usage{
			Source:   frame.Source{Stage: frame.LLM, Model: string(rune('a' + random.IntN(40)))},
			Quantity: Quantity(1 + random.IntN(int(Quantities)-1)),
			Amount:   random.Float64() * 1e6,
			Request:  random.Int64N(1e9),
			Terms:    frame.Terms{Channels: random.Int64N(2)},
			Paired:   random.IntN(2) == 0,
			Priced:   random.IntN(2) == 0,
		}
		if u.Quantity == Tokens {
			u.Leaf, u.Amount = frame.Leaf(random.IntN(int(frame.Leaves))), float64(random.Int64N(frame.MaxTokens))
		}
		l.add(&u, at, id)
		want = append(want, TimedUsage{Usage: u, Time: at, FrameID: id})
	}
	require.Len(t, l.list(), len(want))
	for i, got := range l.list() {
		require.Equal(t, want[i], got, i)
	}
	assert.Empty(t, (&ledger{}).list())
}

// The leaves of a report share what they have in common.
func TestLedgerIsSmall(t *testing.T) {
	var l ledger
	for turn := range 50 {
		at := after(float64(8 * turn))
		for leaf, count := range []float64{146, 896, 37} {
			l.add(&Usage{Source: gpt, Quantity: Tokens, Leaf: frame.Leaf(leaf), Amount: count, Request: 1042}, at, frame.ID(turn+1))
		}
		l.add(&Usage{Source: sonic, Quantity: Characters, Amount: 48}, at.Add(time.Second), frame.ID(turn+100))
		l.add(&Usage{Source: nova, Quantity: AudioSeconds, Amount: 2.1}, at.Add(2*time.Second), frame.ID(turn+200))
	}
	assert.Less(t, len(l.log), 50*85)
}

// A call that reports more than any call does has sums on its summary, which add up to the same.
func TestSumsOfTooMany(t *testing.T) {
	var l ledger
	sum := map[frame.Leaf]float64{}
	for i := range 3 * listed {
		u := Usage{Source: gpt, Quantity: Tokens, Leaf: frame.Leaf(i % 3), Amount: float64(i % 7), Request: int64(1000 + i%5)}
		l.add(&u, after(float64(i)), frame.ID(i+1))
		sum[u.Leaf] += u.Amount
	}
	list := l.list()
	assert.Less(t, len(list), 20)
	got := map[frame.Leaf]float64{}
	for _, u := range list {
		got[u.Leaf] += u.Amount
	}
	assert.Equal(t, sum, got)
}
