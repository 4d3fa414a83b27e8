package costprocessor

import (
	"hash/maphash"
	"sync"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect/spanusage"
)

// Bounds of what is remembered of spans that contain others.
const (
	maxContainers = 100_000
	// containerTimeout is for how long a span is remembered after the last thing in it, at least. A turn ends soon after
	// what was done in it; what ends much later is a session or a call, and these tell no usage.
	containerTimeout = 10 * time.Minute
)

// spanID stands for a span: a digest of its trace and itself, by a seed of this process, so that nobody can make two alike.
// Zero is none.
type spanID uint64

var spanSeed = maphash.MakeSeed()

func spanIDOf(trace pcommon.TraceID, span pcommon.SpanID) spanID {
	if span.IsEmpty() {
		return 0
	}
	var id [24]byte
	copy(id[:16], trace[:])
	copy(id[16:], span[:])
	return spanID(maphash.Bytes(spanSeed, id[:]))
}

// link is a span and the one that it is in.
type link struct {
	span, parent spanID
	used         spanusage.Family // of what it did itself; 0: nothing
	tool         bool             // it is a call of a tool: what is in it is in nothing else
	contains     bool             // what is of the same family is in it
}

func linkOf(span ptrace.Span) link {
	trace := span.TraceID()
	return link{span: spanIDOf(trace, span.SpanID()), parent: spanIDOf(trace, span.ParentSpanID())}
}

// containers remembers spans that contain operations, by their families: usage of one family that they tell is that of what is in
// them, and has been counted. Spans end, and so arrive, after what they contain, as a rule; one that arrives before it cannot be known.
//
// It has two generations: what is still needed is always in the young one, and the old one goes as a whole.
type containers struct {
	limit int

	mu         sync.Mutex
	news       []lesson // what the batch at hand has added to the young
	young, old map[spanID]spanusage.Family
	born       time.Time // of the young generation
}

// lesson is what was not known of a span.
type lesson struct {
	span     spanID
	families spanusage.Family
}

func newContainers(limit int) *containers {
	return &containers{limit: limit, young: map[spanID]spanusage.Family{}}
}

// age makes the young generation the old one when its time has come, or it is full.
func (c *containers) age(now time.Time) {
	if len(c.young) < c.limit && now.Sub(c.born) < containerTimeout {
		return
	}
	c.old, c.young, c.born = c.young, map[spanID]spanusage.Family{}, now
}

// in is the families of what a span contains. What is young holds what the old generation knows.
func (c *containers) in(id spanID) (families spanusage.Family, young bool) {
	if families, young = c.young[id]; young {
		return families, true
	}
	return c.old[id], false
}

// add says whether that a span contains these was not known to the young generation.
func (c *containers) add(id spanID, families spanusage.Family) bool {
	known, young := c.in(id)
	if young && known|families == known {
		return false
	}
	c.young[id] = known | families
	c.news = append(c.news, lesson{id, families &^ known})
	return true
}

// learn takes note of a batch of spans, of which some are operations: all that these are in, up to the call of a tool, contains
// them, whichever of the spans stands first. It says of each operation whether it contains another of its family. News is what was
// not known before, see unlearn.
func (c *containers) learn(spans []link, now time.Time) (news []lesson) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.age(now)
	c.news = nil
	for i := range spans {
		if s := &spans[i]; s.used != 0 && !s.tool && s.parent != 0 {
			c.add(s.parent, s.used)
		}
	}
	if len(c.young)+len(c.old) == 0 {
		return nil
	}
	if !c.climb(spans) {
		return c.news
	}
	nested := false
	for i := range spans {
		if s := &spans[i]; s.used != 0 && !s.tool {
			families, _ := c.in(s.span)
			s.contains = families&s.used != 0
			nested = nested || s.contains
		}
	}
	if nested {
		freeLoops(spans)
	}
	return c.news
}

// unlearn forgets what a request has taught that was refused: nothing of it has happened.
func (c *containers) unlearn(news []lesson) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, one := range news {
		if left := c.young[one.span] &^ one.families; left != 0 {
			c.young[one.span] = left
		} else {
			delete(c.young, one.span)
		}
	}
}

// freeLoops says of spans that are their own ancestors that they contain nothing. No trace can have such, and each would be
// taken for a part of the others until none was left to be priced.
func freeLoops(spans []link) {
	places := placesOf(spans)
	walks := make([]int, len(spans)) // by which walk upwards each was come by; 0: none
	looped := map[spanID]struct{}{}
	for i := range spans {
		at, inside := i, true
		for inside && walks[at] == 0 {
			walks[at] = i + 1
			at, inside = upwards(spans, places, at)
		}
		if !inside || walks[at] != i+1 {
			continue
		}
		for id := spans[at].span; ; id = spans[at].span {
			if _, again := looped[id]; again {
				break
			}
			looped[id] = struct{}{}
			at, _ = upwards(spans, places, at)
		}
	}
	for i := range spans {
		if _, loop := looped[spans[i].span]; loop {
			spans[i].contains = false
		}
	}
}

// upwards is the place of what a span is in; it is false if that is not in the batch.
func upwards(spans []link, places map[spanID]int, at int) (int, bool) {
	place, inside := places[spans[at].parent]
	return place, inside
}

// climb adds what the containers among the spans are in themselves; it says whether there are any.
func (c *containers) climb(spans []link) bool {
	var places map[spanID]int
	for i := range spans {
		families, _ := c.in(spans[i].span)
		if families == 0 || spans[i].tool {
			continue
		}
		if places == nil {
			places = placesOf(spans)
		}
		c.climbFrom(spans[i].parent, families, spans, places)
	}
	return places != nil
}

// climbFrom adds to a container and all that it is in, which may stand before it, what is in it. One of which that is known already
// ends the climb: it has its own turn, or had it.
func (c *containers) climbFrom(id spanID, families spanusage.Family, spans []link, places map[spanID]int) {
	for id != 0 && c.add(id, families) {
		place, known := places[id]
		if !known || spans[place].tool {
			return
		}
		id = spans[place].parent
	}
}

func placesOf(spans []link) map[spanID]int {
	places := make(map[spanID]int, len(spans))
	for i := range spans {
		places[spans[i].span] = i
	}
	return places
}
