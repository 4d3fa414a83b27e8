package costprocessor

import (
	"sync"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/otelcol-voice/otelcol-voice/internal/pricing"
	"github.com/otelcol-voice/otelcol-voice/internal/stream"
)

// Bounds of what is remembered of counters.
const (
	maxCounters = 100_000
	// counterTimeout is longer than rollup's default stream_timeout: as long as rollup compares an answer with the one
	// before, we must know what that one was.
	counterTimeout = 2 * time.Hour
	sweepInterval  = time.Minute
	// seenInterval is how exactly it is known when a counter was last reported; finer would be a write for each report.
	seenInterval = time.Minute
	// counterShards is how many parts the counters are stored in: one that changes is written as a whole.
	counterShards = 1024
)

// counters remembers cumulative streams whose price can change while they run. What was billed of them stays billed; only
// what they count from then on has the new price.
//
// It is locked while a point is priced: of two requests at once, none may answer without what the other has billed, or the
// answers would fall.
type counters struct {
	limit int
	// all: every stream is remembered, because prices can change in a way that the book at hand does not tell of.
	all bool

	sync.Mutex
	shards [counterShards]map[counterKey]*counter
	size   int
	dirty  map[int]struct{} // shards that are not stored as they are; nil where nothing is stored
	swept  time.Time
}

// counterKey tells streams apart: who reports, what, and since when. What starts anew is another stream, billed from
// nothing.
type counterKey struct {
	source, stream uint64
	start          pcommon.Timestamp
}

// shard keeps the counters of one who reports together: they come together, and are written together.
func (k counterKey) shard() int { return int(k.source % counterShards) }

// counter is what one stream has come to, or several whose points contain each other.
type counter struct {
	seen     int64 // arrival of its last point, or up to seenInterval before
	marks    []mark
	accounts []account // the one that was billed last is at the end
}

func newCounters(limit int) *counters { return &counters{limit: limit} }

// find returns a stream. It is nil when there is no room.
func (c *counters) find(key counterKey, now time.Time) *counter {
	c.sweep(now)
	known := c.get(key)
	if known == nil {
		if c.size >= c.limit {
			return nil
		}
		known = &counter{}
		c.put(key, known)
	}
	if now.UnixNano()-known.seen >= int64(seenInterval) {
		known.seen = now.UnixNano()
		c.changed(key)
	}
	return known
}

// get returns a stream that is known, or nil.
func (c *counters) get(key counterKey) *counter { return c.shards[key.shard()][key] }

func (c *counters) put(key counterKey, of *counter) {
	shard := &c.shards[key.shard()]
	if *shard == nil {
		*shard = map[counterKey]*counter{}
	}
	(*shard)[key] = of
	c.size++
}

func (c *counters) changed(key counterKey) { c.soil(key.shard()) }

func (c *counters) soil(shard int) {
	if c.dirty != nil {
		c.dirty[shard] = struct{}{}
	}
}

// held is how many streams are remembered.
func (c *counters) held() int {
	c.Lock()
	defer c.Unlock()
	return c.size
}

// sweep forgets what has been silent for too long.
func (c *counters) sweep(now time.Time) {
	if now.Sub(c.swept) < sweepInterval {
		return
	}
	c.swept = now
	for number, shard := range c.shards {
		for key, counter := range shard {
			if now.UnixNano()-counter.seen > int64(counterTimeout) {
				delete(shard, key)
				c.size--
				c.soil(number)
			}
		}
	}
}

// mark is where a stream stands.
type mark struct {
	slot     uint8 // which of the counter's streams
	start    pcommon.Timestamp
	at       int64 // of the newest point
	quantity pricing.Quantity
}

// mark returns the mark of a stream, which is zero where it has none.
func (c *counter) mark(slot uint8) mark {
	for _, m := range c.marks {
		if m.slot == slot {
			return m
		}
	}
	return mark{slot: slot}
}

// move puts a stream's mark where its newest point is.
func (c *counter) move(to mark) {
	for i, m := range c.marks {
		if m.slot == to.slot {
			c.marks[i] = to
			return
		}
	}
	c.marks = append(c.marks, to)
}

// more is how much a stream has counted since its mark. A point that is late or was sent again has nothing new. One that
// started anew, or that fell with the same start and so was reset, is new as a whole.
func (m mark) more(point mark) pricing.Quantity {
	switch {
	case point.at <= m.at || point.start < m.start:
		return pricing.Quantity{}
	case point.start != m.start:
		return point.quantity
	}
	if more, ok := point.quantity.Since(m.quantity); ok {
		return more
	}
	return point.quantity
}

// newer says whether a point is to be the mark from now on.
func (m mark) newer(point mark) bool { return point.at > m.at && point.start >= m.start }

// running prices what a cumulative stream has more than before and answers with what all of it has come to. A zero is
// only taken note of: what follows it is more than nothing.
func (b *metricsBatch) running(key counterKey, what outcome) outcome {
	b.counters.Lock()
	defer b.counters.Unlock()
	u := &b.usage
	c := b.counters.find(key, b.now())
	if c == nil {
		if what != ignoredZero {
			b.tally.untracked++
			what = b.price(u)
		}
		return what
	}
	b.tracked = true
	u.stream = stream.Text(key.stream)
	more := b.advance(c, key, mark{start: key.start, at: u.At.UnixNano(), quantity: u.Quantity})
	if what == ignoredZero {
		return what
	}
	what = b.charge(c, more)
	b.others = c.others(b.now())
	return what
}

// advance moves a mark to a point, and returns how much that is more.
func (b *metricsBatch) advance(c *counter, key counterKey, point mark) pricing.Quantity {
	was := c.mark(point.slot)
	more := was.more(point)
	if was.newer(point) {
		if point.quantity != was.quantity || point.start != was.start {
			b.counters.changed(key)
		}
		c.move(point)
	}
	return more
}

// charge bills what a counter has more of the usage's kind, and puts what all of it came to in its place.
//
// Where there is no more (the point is late, was sent again, or the counter stands still) the last answer is given once
// more, whatever holds by now, so that an answer that got lost is made up for.
func (b *metricsBatch) charge(c *counter, more pricing.Quantity) outcome {
	u := &b.usage
	if last := c.last(u.Kind); more.IsZero() && last != nil {
		return last.repeat(u)
	}
	u.Quantity, u.value = more, more.Float()
	what := b.price(u)
	c.bill(labelOf(u), u, b.now())
	return what
}
