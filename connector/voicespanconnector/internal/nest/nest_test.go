package nest

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

var now = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func in(id, parent byte, told Data) *Span {
	return &Span{Trace: [16]byte{1}, ID: [8]byte{id}, Parent: [8]byte{parent}, Told: told}
}

// request takes spans in the order of their ends, and says what is left to each.
func (n *Nest) request(at time.Time, spans ...*Span) (left []Data) {
	defer n.Hold(at)()
	for i := range spans {
		n.Enter(spans[len(spans)-1-i])
	}
	for _, span := range spans {
		n.Take(span)
		left = append(left, span.Told)
	}
	return left
}

func TestTake(t *testing.T) {
	all := Use | First | Work
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
		"again":                        {[][]*Span{{in(2, 1, Use), in(1, 9, all)}, {in(2, 1, Use), in(1, 9, all)}}, []Data{Use, First | Work}},
		"another trace":                {[][]*Span{{in(2, 1, Use)}, {{Trace: [16]byte{2}, ID: [8]byte{1}, Told: Use}}}, []Data{Use}},
		"spans without an id":          {[][]*Span{{{Told: Use}, {Told: Use}}}, []Data{Use, Use}},
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

// A span is remembered for a while after it was last heard of, and no more than so many are.
func TestForgetting(t *testing.T) {
	n := New(1000)
	n.request(now, in(2, 1, Use))
	n.request(now.Add(timeout), in(8, 9, Use))
	assert.Equal(t, []Data{First}, n.request(now.Add(timeout+1), in(1, 9, Use|First)), "in the old generation")
	n = New(1000)
	n.request(now, in(2, 1, Use))
	n.request(now.Add(timeout), in(8, 9, Use))
	n.request(now.Add(2*timeout), in(8, 9, Use))
	assert.Equal(t, []Data{Use}, n.request(now.Add(2*timeout), in(1, 9, Use)))
	for range 10_000 {
		n.request(now.Add(2*timeout), &Span{Trace: [16]byte{1}, ID: [8]byte{byte(rand.Uint32()), byte(rand.Uint32()), 1}, Told: Use})
	}
	assert.LessOrEqual(t, len(n.young)+len(n.old), 2*1000+2)
}

func TestDataOf(t *testing.T) {
	assert.Equal(t, Use, DataOf(frame.CharactersUsed))
	assert.Equal(t, First, DataOf(frame.TTFB))
	assert.Equal(t, Work, DataOf(frame.Processing))
	assert.Zero(t, DataOf(frame.ToolCalled))
}
