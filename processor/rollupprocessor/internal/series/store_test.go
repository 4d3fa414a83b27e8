package series

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/otelcol-voice/otelcol-voice/internal/signal/semconv"
	"github.com/otelcol-voice/otelcol-voice/processor/rollupprocessor/internal/ident"
	"github.com/otelcol-voice/otelcol-voice/processor/rollupprocessor/internal/value"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// book is a store, and what a test needs to open series in it.
type book struct {
	*testing.T
	*Store
	hasher *ident.Hasher
}

func newBook(t *testing.T) *book {
	return &book{t, NewStore("collector-1", Settings{Linger: 5 * time.Minute, Resend: time.Minute, MaxSeries: 100}), ident.NewHasher(ident.NewSeed())}
}

// open opens a counter of that service, of a call unless it is empty.
func (b *book) open(service, metric, call string) *Series {
	attributes := pcommon.NewMap()
	if call != "" {
		attributes.PutStr(semconv.AttrCallID, call)
	}
	view := ident.View{Attributes: attributes, KeepCallID: true}
	about := About{Key: Key{Service: ident.Service{Name: service}, Name: metric, Kind: Counter}}
	return b.Open(&about, b.hasher.Point(view).Series, view)
}

// flush flushes at that time, and the flush is accepted.
func (b *book) flush(at time.Duration) {
	b.Helper()
	_, ok := b.Flush(noon.Add(at), false)
	assert.True(b, ok)
	b.Accepted()
}

func TestNothingIsLeftOfAServiceWithoutSeries(t *testing.T) {
	b := newBook(t)
	b.Arrive(noon)
	for i := range 10 {
		service := strconv.Itoa(i)
		b.Add(b.open(service, "voice.a", "c1"), value.Int(1))
		b.Add(b.open(service, "voice.b", "c1"), value.Int(1))
	}
	b.Add(b.open("3", "voice.b", ""), value.Int(1))
	b.Add(b.open("7", "voice.c", "c2"), value.Int(1))
	b.flush(10 * time.Second)
	assert.Equal(t, []int{10, 10, 21, 22}, []int{len(b.services), len(b.order), len(b.families), b.Series()})

	b.Arrive(noon.Add(time.Minute))
	b.Add(b.open("7", "voice.c", "c3"), value.Int(1))
	b.flush(5 * time.Minute)   // all but c3 end
	b.flush(310 * time.Second) // and are forgotten
	assert.Equal(t, []int{2, 2, 2, 2}, []int{len(b.services), len(b.order), len(b.families), b.Series()})
	assert.Nil(t, b.Family(Key{Service: ident.Service{Name: "3"}, Name: "voice.a", Kind: Counter}))
	assert.Len(t, b.order[0].families, 1)

	b.flush(6 * time.Minute)
	b.flush(7 * time.Minute)
	assert.Equal(t, []int{1, 1, 1, 1}, []int{len(b.services), len(b.order), len(b.families), b.Series()}, "what has no call never ends")
}

func TestServiceThatComesBackIsANewOne(t *testing.T) {
	b := newBook(t)
	b.Arrive(noon)
	b.Add(b.open("bot", "voice.a", "c1"), value.Int(1))
	b.flush(10 * time.Second)
	b.flush(5 * time.Minute)
	b.flush(310 * time.Second)
	assert.Empty(t, b.order)
	b.Arrive(noon.Add(310 * time.Second))
	s := b.open("bot", "voice.a", "c1")
	b.Add(s, value.Int(1))
	assert.Equal(t, noon.Add(310*time.Second+time.Millisecond), s.start.AsTime(), "after all that was sent")
	flush, ok := b.Flush(noon.Add(320*time.Second), false)
	assert.True(t, ok)
	assert.Equal(t, 2, flush.Points, "its zero and its value")
}

// An input stream that is repeated for ever holds its series for ever.
func TestForgottenSeriesHoldsNothing(t *testing.T) {
	b := newBook(t)
	b.Arrive(noon)
	s := b.open("bot", "voice.a", "c1")
	b.Add(s, value.Int(1))
	b.flush(10 * time.Second)
	b.flush(5 * time.Minute)
	assert.True(t, s.Alive(), "until its end was accepted")
	b.flush(310 * time.Second)
	assert.Equal(t, Series{gone: true}, *s)
	assert.False(t, s.Alive())
}
