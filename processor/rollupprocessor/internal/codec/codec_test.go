package codec

import (
	"errors"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 1, time.UTC)

// sample writes one of each.
func sample(e *Encoder) {
	e.Uint(math.MaxUint64)
	e.Int(math.MinInt64)
	e.Len(3)
	e.Fixed(7)
	e.Float(math.Copysign(0, -1))
	e.Bool(true)
	e.Time(noon)
	e.Time(time.Time{})
	e.Text("bot")
	e.Bytes([]byte{1, 2})
	for range 2 {
		e.Word("gpt-4o")
	}
}

func (d *Decoder) sample() []any {
	return []any{
		d.Uint(), d.Int(), d.Len(), d.Fixed(), math.Float64bits(d.Float()), d.Bool(), d.Time(), d.Time(),
		d.Text(), d.Bytes(), d.Word(), d.Word(),
	}
}

func one(write func(*Encoder)) []byte {
	e := NewEncoder(0, 1<<10)
	write(e)
	return e.Shards()[0]
}

func TestRoundTrip(t *testing.T) {
	d := Of(one(sample))
	assert.Equal(t, []any{
		uint64(math.MaxUint64), int64(math.MinInt64), 3, uint64(7), uint64(1 << 63), true, noon,
		time.Time{},
		"bot",
		[]byte{1, 2},
		"gpt-4o", "gpt-4o",
	}, d.sample())
	assert.NoError(t, d.Close())
}

// shardsOf hands out shards one after another, without the room before them.
func shardsOf(shards [][]byte, room int) func() ([]byte, error) {
	return func() ([]byte, error) {
		if len(shards) == 0 {
			return nil, nil
		}
		next := shards[0][room:]
		shards = shards[1:]
		return next, nil
	}
}

func TestShards(t *testing.T) {
	for _, n := range []int{0, 1, 5, 100} {
		e := NewEncoder(4, 16)
		e.Len(n)
		for i := range n {
			e.Cut()
			e.Word(fmt.Sprint("word", i%7))
		}
		shards := e.Shards()
		d := NewDecoder(shardsOf(shards, 4))
		require.Equal(t, n, d.Many())
		for i := range n {
			d.Cut()
			require.Equal(t, fmt.Sprint("word", i%7), d.Word())
		}
		require.NoError(t, d.Close())
	}
}

func TestWordsBeyondThoseThatAreRemembered(t *testing.T) {
	e := NewEncoder(0, 1<<20)
	for i := range maxWords + 10 {
		e.Word(fmt.Sprint(i))
	}
	e.Word("3")
	e.Word(fmt.Sprint(maxWords + 3))
	d := NewDecoder(shardsOf(e.Shards(), 0))
	for i := range maxWords + 10 {
		require.Equal(t, fmt.Sprint(i), d.Word())
	}
	assert.Equal(t, "3", d.Word())
	assert.Equal(t, fmt.Sprint(maxWords+3), d.Word())
	assert.NoError(t, d.Close())
}

func TestWhatIsCutOffIsAnError(t *testing.T) {
	whole := one(sample)
	for n := range whole {
		d := Of(whole[:n])
		d.sample()
		assert.Error(t, d.Close(), "%d bytes", n)
	}
}

func TestWhatCannotBe(t *testing.T) {
	for name, tc := range map[string]struct {
		bytes []byte
		read  func(*Decoder)
	}{
		"a bool of 2":              {[]byte{2}, func(d *Decoder) { d.Bool() }},
		"a word that was not said": {[]byte{1}, func(d *Decoder) { d.Word() }},
		"more than there is":       {[]byte{200, 1, 0}, func(d *Decoder) { d.Len() }},
		"many beyond reason":       {[]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0x0f}, func(d *Decoder) { d.Many() }},
		"something after the end":  {[]byte{1, 1}, func(d *Decoder) { d.Bool() }},
	} {
		t.Run(name, func(t *testing.T) {
			d := Of(tc.bytes)
			tc.read(d)
			assert.Error(t, d.Close())
			assert.False(t, d.OK())
			assert.Zero(t, d.Uint())
			assert.Zero(t, d.Time())
		})
	}
}

func TestShardThatCannotBeHad(t *testing.T) {
	broken := errors.New("broken")
	d := NewDecoder(func() ([]byte, error) { return nil, broken })
	assert.Zero(t, d.Uint())
	assert.ErrorIs(t, d.Close(), broken)
}
