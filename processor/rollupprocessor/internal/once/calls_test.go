package once

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-voice/otelcol-voice/processor/rollupprocessor/internal/ident"
)

var (
	noon   = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	hasher = ident.NewHasher(ident.NewSeed())
)

func newCalls() *Calls { return NewCalls(Settings{Timeout: 15 * time.Minute, Limit: 1 << 20}) }

// request says how many of the points were counted. A point is "call/mark".
func (c *Calls) take(now time.Time, points ...string) (counted int) {
	c.Begin()
	for _, p := range points {
		call, mark := p[:2], p[3:]
		if !c.Known(hasher.Text(call), hasher.Text(mark)) {
			c.Keep(now)
			counted++
		}
	}
	return counted
}

func TestPointsThatComeAgain(t *testing.T) {
	for name, story := range map[string]struct {
		requests [][]string
		want     []int
	}{
		"once":               {[][]string{{"c1/a", "c1/b", "c2/a"}}, []int{3}},
		"again":              {[][]string{{"c1/a", "c1/b", "c2/a"}, {"c2/a", "c1/b", "c1/a"}}, []int{3, 0}},
		"again with more":    {[][]string{{"c1/a"}, {"c1/a", "c1/b"}}, []int{1, 1}},
		"in parts":           {[][]string{{"c1/a", "c1/b", "c1/c"}, {"c1/b"}, {"c1/a", "c1/c"}}, []int{3, 0, 0}},
		"after a part":       {[][]string{{"c1/b"}, {"c1/a", "c1/b", "c1/c"}}, []int{1, 2}},
		"two alike":          {[][]string{{"c1/a", "c1/a"}}, []int{2}},
		"two alike, again":   {[][]string{{"c1/a", "c1/a"}, {"c1/a", "c1/a"}}, []int{2, 0}},
		"two alike, apart":   {[][]string{{"c1/a", "c1/a"}, {"c1/a"}, {"c1/a"}}, []int{2, 0, 0}},
		"one, then two":      {[][]string{{"c1/a"}, {"c1/a", "c1/a"}}, []int{1, 1}},
		"three after two":    {[][]string{{"c1/a", "c1/a"}, {"c1/a", "c1/b", "c1/a", "c1/a"}}, []int{2, 2}},
		"four, others among": {[][]string{{"c1/a", "c2/a", "c1/a", "c1/b", "c1/a", "c2/a", "c1/a"}, {"c1/a", "c1/a", "c1/a", "c1/a", "c2/a", "c2/a"}}, []int{7, 0}},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCalls()
			for i, points := range story.requests {
				assert.Equal(t, story.want[i], c.take(noon, points...), "request %d", i)
			}
		})
	}
}

// What was not counted, because there was no room for it, is not known.
func TestPointsThatWereNotCountedAreNotKnown(t *testing.T) {
	c := newCalls()
	c.Begin()
	assert.False(t, c.Known(hasher.Text("c1"), hasher.Text("a")))
	assert.False(t, c.Known(hasher.Text("c1"), hasher.Text("a")))
	assert.Zero(t, c.Len())
	assert.Equal(t, 1, c.take(noon, "c1/a"))
}

// TestAnySplit sends requests with alike points, then sends them again in random parts in random order.
func TestAnySplit(t *testing.T) {
	for seed := range uint64(200) {
		random := rand.New(rand.NewPCG(seed, 3))
		c := newCalls()
		var points []string
		for range random.IntN(60) {
			points = append(points, fmt.Sprintf("c%d/%d", random.IntN(3), random.IntN(12)))
		}
		require.Equal(t, len(points), c.take(noon, points...))
		random.Shuffle(len(points), func(i, j int) { points[i], points[j] = points[j], points[i] })
		for len(points) > 0 {
			n := 1 + random.IntN(len(points))
			require.Zero(t, c.take(noon, points[:n]...))
			points = points[n:]
		}
	}
}

// TestMarksAreASet compares with a map, over several sizes of the index.
func TestMarksAreASet(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 9))
	var m marks
	known := map[uint64]int{}
	for range 5000 {
		mark := random.Uint64N(4000) << []int{0, 16, 32, 50}[random.IntN(4)] // many of whose low bits or tags are alike
		at, is := known[mark]
		if !is {
			at = -1
		}
		require.Equal(t, at, m.find(mark))
		if !is {
			known[mark] = len(m.list)
			require.Zero(t, m.add(mark))
		}
	}
}

func TestOlderHalfOfACallThatIsTooLongIsForgotten(t *testing.T) {
	c := newCalls()
	mark := func(i int) string { return fmt.Sprintf("c1/%d", i) }
	for i := range maxMarks {
		c.take(noon, mark(i))
	}
	assert.Equal(t, maxMarks, c.Marks())
	assert.Zero(t, c.Lost())
	assert.Equal(t, 3, c.take(noon, mark(-1), mark(-1), mark(-2)), "in the middle of a request")
	assert.Equal(t, maxMarks/2+3, c.Marks())
	assert.Equal(t, maxMarks/2, c.Lost())
	assert.Zero(t, c.Lost())
	assert.Zero(t, c.take(noon, mark(-1), mark(-1), mark(-2), mark(maxMarks-1), mark(maxMarks/2)))
	assert.Equal(t, 1, c.take(noon, mark(maxMarks/2-1)))
}

func TestCallsAreForgottenAfterTheirLastPoint(t *testing.T) {
	c := newCalls()
	c.take(noon, "c1/a", "c2/a")
	c.take(noon.Add(10*time.Minute), "c1/b")
	assert.Zero(t, c.take(noon.Add(14*time.Minute), "c2/a"), "what comes again changes nothing")
	c.Forget(noon.Add(15 * time.Minute))
	assert.Equal(t, 2, c.Len())
	c.Forget(noon.Add(15*time.Minute + 30*time.Second))
	assert.Equal(t, 2, c.Len(), "they are looked through once a minute")
	c.Forget(noon.Add(16 * time.Minute))
	assert.Equal(t, []int{1, 2}, []int{c.Len(), c.Marks()})
	assert.Zero(t, c.take(noon.Add(16*time.Minute), "c1/a"))
	assert.Equal(t, 1, c.take(noon.Add(16*time.Minute), "c2/a"))
	c.Forget(noon.Add(time.Hour))
	assert.Equal(t, []int{0, 0}, []int{c.Len(), c.Marks()})
	assert.Zero(t, c.Lost(), "not for want of room")
}

func TestClockThatIsSetBackForgetsNothing(t *testing.T) {
	c := newCalls()
	c.Forget(noon)
	c.take(noon, "c1/a")
	c.Forget(noon.Add(-time.Hour))
	assert.Equal(t, 1, c.Len())
	c.Forget(noon.Add(-time.Hour + 30*time.Second))
	assert.Equal(t, 1, c.Len())
}

func TestSilentCallsAreForgottenBeyondTheLimit(t *testing.T) {
	c := NewCalls(Settings{Timeout: time.Hour, Limit: 8})
	c.take(noon, "c1/a", "c2/a", "c2/b")
	c.take(noon.Add(1), "c3/a", "c3/b", "c3/c")
	c.take(noon.Add(2), "c1/b", "c4/a")
	assert.Equal(t, []int{4, 8, 0}, []int{c.Len(), c.Marks(), c.Lost()})
	c.take(noon.Add(3), "c4/b") // c2 and c3 are silent for longest
	assert.Equal(t, []int{2, 4, 5}, []int{c.Len(), c.Marks(), c.Lost()})
	assert.Zero(t, c.take(noon.Add(3), "c1/a", "c1/b", "c4/a", "c4/b"))

	for i := range 20 { // one call alone keeps what it has
		c.take(noon.Add(4), fmt.Sprint("c5/", i))
	}
	assert.Equal(t, []int{1, 20}, []int{c.Len(), c.Marks()})
}

func BenchmarkKnown(b *testing.B) {
	for _, known := range []int{4, 100, 10_000} {
		b.Run(fmt.Sprint("marks=", known), func(b *testing.B) {
			c := newCalls()
			for i := range known {
				c.take(noon, fmt.Sprint("c1/", i))
			}
			call, mark := hasher.Text("c1"), ident.Digest{}
			b.ReportAllocs()
			for b.Loop() {
				mark.Hi++
				c.Known(call, mark)
			}
		})
	}
}
