package costprocessor

import (
	"sync"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/otelcol-voice/otelcol-voice/internal/pricing"
	"github.com/otelcol-voice/otelcol-voice/internal/sum"
)

// Bounds of what is remembered of counters.
const (
	maxCounters = 100_000
	// counterTimeout is longer than rollup's default stream_timeout: as long as rollup compares an answer with the one
	// before, we must know what that one was.
	counterTimeout = 2 * time.Hour
	sweepInterval  = time.Minute
)

// counters remembers cumulative streams whose price can change while they run. What was billed of them stays billed; only
// what they count from then on has the new price.
//
// It is locked while a point is priced: of two requests at once, none may answer without what the other has billed, or the
// answers would fall.
type counters struct {
	limit int

	sync.Mutex
	byKey map[counterKey]*counter
	swept time.Time
}

// counterKey tells streams apart: who reports, what, and since when. What starts anew is another stream, billed from
// nothing.
type counterKey struct {
	source, stream uint64
	start          pcommon.Timestamp
}

// counter is what one stream has come to.
type counter struct {
	seen     time.Time // arrival of its last point
	at       time.Time // of the newest point
	used     time.Time // of the newest point that brought something
	quantity pricing.Quantity
	// billed is what its uses came to, by what became of them: US dollars where Priced, else units without a price.
	billed [pricing.Reasons]sum.Sum
}

func newCounters(limit int) *counters {
	return &counters{limit: limit, byKey: map[counterKey]*counter{}}
}

// find returns a stream, which has begun to be used at the given moment if it is new. It is nil when there is no room.
func (c *counters) find(key counterKey, at, now time.Time) *counter {
	c.sweep(now)
	known := c.byKey[key]
	if known == nil {
		if len(c.byKey) >= c.limit {
			return nil
		}
		known = &counter{used: at}
		c.byKey[key] = known
	}
	known.seen = now
	return known
}

// sweep forgets what has been silent for too long.
func (c *counters) sweep(now time.Time) {
	if now.Sub(c.swept) < sweepInterval {
		return
	}
	c.swept = now
	for key, counter := range c.byKey {
		if now.Sub(counter.seen) > counterTimeout {
			delete(c.byKey, key)
		}
	}
}

// running prices what a cumulative stream has more than before and answers with what all of it has come to. A zero is
// only taken note of: what follows it is more than nothing.
func (b *metricsBatch) running(key counterKey, what outcome) outcome {
	b.counters.Lock()
	defer b.counters.Unlock()
	u := &b.usage
	c := b.counters.find(key, u.At, b.now())
	if c != nil {
		c.take(u)
	}
	if what == ignoredZero {
		return what
	}
	what = b.price(u)
	if c == nil {
		b.tally.untracked++
		return what
	}
	c.bill(u)
	return what
}

// take makes of a usage, which is all that the stream has counted, what is new in it.
//
// A point that brings nothing (it is late, was sent again, or the counter stands still) is priced as of the last use: its
// answer is the last one again, whatever holds by now, so that an answer that got lost is made up for.
func (c *counter) take(u *usage) {
	more := pricing.Quantity{}
	if u.At.After(c.at) {
		more, c.at, c.quantity = c.more(u.Quantity), u.At, u.Quantity
	}
	if !more.IsZero() {
		c.used = u.At
	}
	u.At, u.Quantity, u.value = c.used, more, more.Float()
}

// more is how much a stream has counted since its last point. One that fell with the same start was reset, and all that it
// has now is new.
func (c *counter) more(quantity pricing.Quantity) pricing.Quantity {
	if more, ok := quantity.Since(c.quantity); ok {
		return more
	}
	return quantity
}

// bill adds what a use came to, and puts what all of them came to in its place.
func (c *counter) bill(u *usage) {
	amount := &u.value
	if u.result.Reason == pricing.Priced {
		amount = &u.result.USD
	}
	billed := &c.billed[u.result.Reason]
	billed.Add(*amount)
	*amount = billed.Value()
}
