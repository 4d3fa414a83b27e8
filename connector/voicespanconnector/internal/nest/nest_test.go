package nest

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect/spanusage"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
	"github.com/otelcol-voice/otelcol-voice/internal/lineage"
)

var now = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// What a chat tells, what else it may be in, and a call of a tool.
const (
	Use, First, Work = Data(spanusage.Answering) << use, Data(spanusage.Answering) << first, Data(spanusage.Answering) << work

	heard, spoken, aside = Data(spanusage.Hearing), Data(spanusage.Speaking), Data(spanusage.Aside)

	tool Data = 1 << 15 // in tests alone
)

func in(id, parent byte, told Data) *Span {
	span := SpanOf([16]byte{1}, [8]byte{id}, [8]byte{parent})
	span.Told, span.Tool = told&^tool, told&tool != 0
	return &span
}

// request takes spans in the order of their ends, and says what is left to each.
func (n *Nest) request(at time.Time, spans ...*Span) (left []Data) {
	left, _ = n.learn(at, spans...)
	return left
}

// learn says what a request teaches as well.
func (n *Nest) learn(at time.Time, spans ...*Span) (left []Data, lessons []Lesson) {
	defer n.Hold(at, &lessons)()
	n.enter(spans)
	for _, span := range spans {
		n.Take(span)
		left = append(left, span.Told)
	}
	n.enter(spans)
	return left, lessons
}

func (n *Nest) enter(spans []*Span) {
	for _, span := range slices.Backward(spans) {
		n.Enter(span)
	}
}

func TestTake(t *testing.T) {
	all := Use | First | Work
	other := SpanOf([16]byte{2}, [8]byte{1}, [8]byte{})
	other.Told = Use
	for name, test := range map[string]struct {
		requests [][]*Span
		want     []Data // of the last
	}{
		"alone":                        {[][]*Span{{in(1, 9, all)}}, []Data{all}},
		"beside each other":            {[][]*Span{{in(1, 9, all), in(2, 9, all), in(9, 0, 0)}}, []Data{all, all, 0}},
		"the inner one has not told":   {[][]*Span{{in(2, 1, Use), in(1, 9, all)}}, []Data{Use, First | Work}},
		"over a span between":          {[][]*Span{{in(3, 2, Use), in(2, 1, 0), in(1, 9, all)}}, []Data{Use, 0, First | Work}},
		"request by request":           {[][]*Span{{in(3, 2, Use)}, {in(2, 1, 0)}, {in(1, 9, all)}}, []Data{First | Work}},
		"the outer one first":          {[][]*Span{{in(1, 9, Use|Work)}, {in(2, 1, 0)}, {in(3, 2, all)}}, []Data{First}},
		"the outer one first, at once": {[][]*Span{{in(1, 9, Use)}, {in(3, 2, all), in(2, 1, 0)}}, []Data{First | Work, 0}},
		"with the span between":        {[][]*Span{{in(2, 1, 0), in(1, 9, Use)}, {in(3, 2, all)}}, []Data{First | Work}},
		"with two spans between":       {[][]*Span{{in(3, 2, 0), in(2, 1, 0), in(1, 9, Use)}, {in(4, 3, all)}}, []Data{First | Work}},
		"again":                        {[][]*Span{{in(2, 1, Use), in(1, 9, all)}, {in(2, 1, Use), in(1, 9, all)}}, []Data{Use, First | Work}},
		"another trace":                {[][]*Span{{in(2, 1, Use)}, {&other}}, []Data{Use}},
		"spans without an id":          {[][]*Span{{in(0, 0, Use), in(0, 0, Use)}}, []Data{Use, Use}},
		"a span in itself":             {[][]*Span{{in(1, 1, Use)}, {in(1, 1, Use)}}, []Data{Use}},

		"speech in an answer":              {[][]*Span{{in(2, 1, spoken), in(1, 9, all)}}, []Data{spoken, all}},
		"an answer in speech":              {[][]*Span{{in(2, 1, all), in(1, 9, spoken)}}, []Data{all, spoken}},
		"both, the outer one first":        {[][]*Span{{in(1, 9, all)}, {in(2, 1, spoken)}, {in(3, 2, all|heard)}}, []Data{heard}},
		"both, the outer ones at once":     {[][]*Span{{in(2, 1, spoken), in(1, 9, all)}, {in(3, 2, all|heard)}}, []Data{heard}},
		"both, the inner ones at once":     {[][]*Span{{in(1, 9, all)}, {in(3, 2, all|heard), in(2, 1, spoken)}}, []Data{heard, spoken}},
		"something looked up in an answer": {[][]*Span{{in(2, 1, aside), in(1, 9, all)}}, []Data{aside, all}},
		"over speech":                      {[][]*Span{{in(3, 2, Use), in(2, 1, spoken), in(1, 9, all)}}, []Data{Use, spoken, First | Work}},
		"over a tool":                      {[][]*Span{{in(3, 2, Use), in(2, 1, tool), in(1, 9, all)}}, []Data{Use, 0, all}},
		"over a tool, request by request":  {[][]*Span{{in(3, 2, Use)}, {in(2, 1, tool)}, {in(1, 9, all)}}, []Data{all}},
		"over a tool, the outer one first": {[][]*Span{{in(1, 9, all)}, {in(2, 1, tool)}, {in(3, 2, all)}}, []Data{all}},
		"over a tool, the tool last":       {[][]*Span{{in(1, 9, all)}, {in(3, 2, all)}, {in(2, 1, tool), in(4, 2, all)}}, []Data{0, all}},
		"twice in a tool":                  {[][]*Span{{in(1, 9, all)}, {in(3, 2, all)}, {in(4, 3, Use), in(2, 1, tool)}}, []Data{0, 0}},
	} {
		t.Run(name, func(t *testing.T) {
			n := New(100)
			var got []Data
			for _, spans := range test.requests {
				got = n.request(now, spans...)
			}
			assert.Equal(t, test.want, got)
		})
	}
}

// node is a span of a tree that is made by chance; its parent stands before it.
type node struct {
	parent int
	told   Data
}

// tree makes one of requests, tools and spans that tell nothing. Span 0 is none.
func tree(random *rand.Rand) []node {
	kinds := []Data{0, 0, tool, Use, Use | First | Work, spoken, heard, aside}
	nodes := make([]node, 2+random.IntN(30))
	for i := 1; i < len(nodes); i++ {
		nodes[i] = node{parent: random.IntN(i), told: kinds[random.IntN(len(kinds))]}
	}
	return nodes
}

// inside says, of each node, what is told in it that may be told by it.
func inside(nodes []node) []Data {
	told := make([]Data, len(nodes))
	for i := len(nodes) - 1; i > 0; i-- {
		if nodes[i].told != tool {
			told[nodes[i].parent] |= told[i] | nodes[i].told
		}
	}
	return told
}

// Spans that end before what they are in leave to it what they have not told, however they are cut into requests.
func TestTreesAsTheyEnd(t *testing.T) {
	for seed := range uint64(500) {
		random := rand.New(rand.NewPCG(seed, 1))
		nodes := tree(random)
		within := inside(nodes)
		n := New(100)
		for last := len(nodes) - 1; last > 0; {
			some := 1 + random.IntN(last)
			var spans []*Span
			for i := last; i > last-some; i-- {
				spans = append(spans, in(byte(i), byte(nodes[i].parent), nodes[i].told))
			}
			for i, left := range n.request(now, spans...) {
				at := last - i
				want := nodes[at].told &^ (tool | within[at])
				assert.Equal(t, want, left, "seed %d, span %d of %v", seed, at, nodes)
			}
			last -= some
		}
	}
}

// What is told twice, by a span and one right in it, is told once whichever of the two comes first, and all else is told, in any
// order and any requests.
func TestTreesInAnyOrder(t *testing.T) {
	for seed := range uint64(500) {
		random := rand.New(rand.NewPCG(seed, 2))
		nodes, want := twice(tree(random))
		order := random.Perm(len(nodes))
		n, got := New(100), map[Data]int{}
		for len(order) > 0 {
			some := order[:1+random.IntN(len(order))]
			order = order[len(some):]
			var spans []*Span
			for _, i := range some {
				if i > 0 {
					spans = append(spans, in(byte(i), byte(nodes[i].parent), nodes[i].told))
				}
			}
			for _, left := range n.request(now, spans...) {
				if left != 0 {
					got[left]++
				}
			}
		}
		assert.Equal(t, want, got, "seed %d: %v", seed, nodes)
	}
}

// twice leaves to a tree the requests that no other can be told with, puts into each the same again, and counts them.
func twice(nodes []node) ([]node, map[Data]int) {
	around, count := make([]Data, len(nodes)), map[Data]int{}
	for i := 1; i < len(around); i++ {
		one := &nodes[i]
		around[i] = around[one.parent]
		switch {
		case one.told == tool:
			around[i] = 0
		case one.told&around[i] != 0:
			one.told = 0
		case one.told != 0:
			around[i] |= one.told
			count[one.told]++
			nodes = append(nodes, node{parent: i, told: one.told})
		}
	}
	return nodes, count
}

// A span is remembered for a while after it was last heard of, and no more than so many are.
func TestForgetting(t *testing.T) {
	n := New(1000)
	n.request(now, in(2, 1, Use))
	n.request(now.Add(lineage.Timeout), in(8, 9, Use))
	assert.Equal(t, []Data{First}, n.request(now.Add(lineage.Timeout+1), in(1, 9, Use|First)), "in the old generation")
	n = New(1000)
	n.request(now, in(2, 1, Use))
	n.request(now.Add(lineage.Timeout), in(8, 9, Use))
	n.request(now.Add(2*lineage.Timeout), in(8, 9, Use))
	assert.Equal(t, []Data{Use}, n.request(now.Add(2*lineage.Timeout), in(1, 9, Use)))
	for range 10_000 {
		span := SpanOf([16]byte{1}, [8]byte{byte(rand.Uint32()), byte(rand.Uint32()), 1}, [8]byte{})
		span.Told = Use
		n.request(now.Add(2*lineage.Timeout), &span)
	}
	assert.LessOrEqual(t, n.known.Len(), 2*1000+2)
}

// What a refused request has taught is forgotten, in either generation, and nothing that was known before.
func TestUnlearn(t *testing.T) {
	for name, later := range map[string]time.Duration{"young": 0, "old": lineage.Timeout} {
		t.Run(name, func(t *testing.T) {
			n := New(100)
			n.request(now, in(2, 1, Use))
			known := n.known.Len()
			_, lessons := n.learn(now, in(2, 1, Use), in(3, 1, First), in(1, 9, Use))
			n.request(now.Add(later))
			n.unlearn(lessons)
			assert.Equal(t, known, n.known.Len())
			assert.Equal(t, []Data{First | Work}, n.request(now.Add(later), in(1, 9, Use|First|Work)))
		})
	}
}

func (n *Nest) unlearn(lessons []Lesson) {
	defer n.Hold(now, nil)()
	n.Unlearn(lessons)
}

func TestDataOf(t *testing.T) {
	assert.Equal(t, spoken, DataOf(frame.CharactersUsed, spanusage.Speaking))
	assert.Equal(t, First, DataOf(frame.TTFB, spanusage.Answering))
	assert.Equal(t, Work, DataOf(frame.Processing, spanusage.Answering))
	assert.Zero(t, DataOf(frame.ToolCalled, spanusage.Answering))
	var all Data
	for _, kind := range []frame.Kind{frame.TokensUsed, frame.TTFB, frame.Processing} {
		for of := range spanusage.Families {
			one := DataOf(kind, 1<<of)
			assert.Zero(t, all&one, "each has a bit of its own")
			all |= one
		}
	}
	assert.NotZero(t, all&(1<<11))
}
