package costprocessor

import (
	"sync"
	"time"

	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect/spanusage"
	"github.com/otelcol-voice/otelcol-voice/internal/lineage"
)

// maxContainers is how many spans that contain others are remembered, in each of two generations. A turn ends soon after what was done
// in it; what ends much later is a session or a call, and these tell no usage.
const maxContainers = 100_000

// link is a span and the one that it is in.
type link struct {
	span, parent lineage.ID
	used         spanusage.Family // of what it did itself; 0: nothing
	tool         bool             // it is a call of a tool: what is in it is in nothing else
	contains     bool             // what is of the same family is in it
}

func linkOf(span ptrace.Span) link {
	trace := span.TraceID()
	return link{span: lineage.IDOf(trace, span.SpanID()), parent: lineage.IDOf(trace, span.ParentSpanID())}
}

// containers remembers spans that contain operations, by their families: usage of one family that they tell is that of what is in
// them, and has been counted. Spans end, and so arrive, after what they contain, as a rule; one that arrives before it cannot be known.
type containers struct {
	mu    sync.Mutex
	known *lineage.Memory[spanusage.Family]
	news  []lesson // what the batch at hand has added
}

// lesson is what was not known of a span.
type lesson = lineage.Lesson[spanusage.Family]

func newContainers(limit int) *containers {
	return &containers{known: lineage.New[spanusage.Family](limit)}
}

// add says whether that a span contains these was not known to the young generation.
func (c *containers) add(id lineage.ID, families spanusage.Family) bool {
	known, young := c.known.Of(id)
	return c.known.Learn(id, known, young, families, &c.news)
}

// learn takes note of a batch of spans, of which some are operations: all that these are in, up to the call of a tool, contains
// them, whichever of the spans stands first. It says of each operation whether it contains another of its family. News is what was
// not known before, see unlearn.
func (c *containers) learn(spans []link, now time.Time) (news []lesson) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.known.Age(now)
	c.news = nil
	for i := range spans {
		if s := &spans[i]; s.used != 0 && !s.tool && s.parent != 0 {
			c.add(s.parent, s.used)
		}
	}
	if c.known.Len() == 0 {
		return nil
	}
	if !c.climb(spans) {
		return c.news
	}
	nested := false
	for i := range spans {
		if s := &spans[i]; s.used != 0 && !s.tool {
			families, _ := c.known.Of(s.span)
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
	c.known.Unlearn(news)
}

// freeLoops says of spans that are their own ancestors that they contain nothing. No trace can have such, and each would be
// taken for a part of the others until none was left to be priced.
func freeLoops(spans []link) {
	places := placesOf(spans)
	walks := make([]int, len(spans)) // by which walk upwards each was come by; 0: none
	looped := map[lineage.ID]struct{}{}
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
func upwards(spans []link, places map[lineage.ID]int, at int) (int, bool) {
	place, inside := places[spans[at].parent]
	return place, inside
}

// climb adds what the containers among the spans are in themselves; it says whether there are any.
func (c *containers) climb(spans []link) bool {
	var places map[lineage.ID]int
	for i := range spans {
		families, _ := c.known.Of(spans[i].span)
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
func (c *containers) climbFrom(id lineage.ID, families spanusage.Family, spans []link, places map[lineage.ID]int) {
	for id != 0 && c.add(id, families) {
		place, known := places[id]
		if !known || spans[place].tool {
			return
		}
		id = spans[place].parent
	}
}

func placesOf(spans []link) map[lineage.ID]int {
	places := make(map[lineage.ID]int, len(spans))
	for i := range spans {
		places[spans[i].span] = i
	}
	return places
}
