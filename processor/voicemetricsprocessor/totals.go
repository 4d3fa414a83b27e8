package voicemetricsprocessor

import (
	"sync"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/otelcol-voice/otelcol-voice/internal/frame"
	"github.com/otelcol-voice/otelcol-voice/internal/pricing"
	"github.com/otelcol-voice/otelcol-voice/internal/stream"
)

// limitOf is what one point of a counter can have more than the one before: what one report of ours can mean. More is a counter in
// another unit, or a pointer.
func limitOf(kind pricing.Kind) float64 {
	switch kind {
	case pricing.Characters:
		return frame.MaxCharacters
	case pricing.STTAudio, pricing.RealtimeSession:
		return frame.MaxSeconds
	}
	return frame.MaxTokens
}

// totals remembers what cumulative counters have come to, to know what a point has more.
type totals struct {
	mu     sync.Mutex
	memory *memory[total]
}

// total is a counter at its last point that could be.
type total struct {
	amount float64
	at     pcommon.Timestamp
}

func newTotals(now time.Time) *totals { return &totals{memory: newMemory[total](now, maxStreams)} }

func (t *totals) len() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.memory.entries)
}

// reading is a point of a counter.
type reading struct {
	stream    uint64
	start, at pcommon.Timestamp
	delta     bool
	amount    float64
	limit     float64 // of what it may have more than the one before
}

// possible says whether a point can be meant. Of a counter that ran before our time nobody knows what its first point has more, and one
// that is late has nothing new.
func (t *totals) possible(r *reading, now time.Time) bool {
	if r.delta {
		return r.amount <= r.limit
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	was, sight := t.memory.find(stream.Mix(r.stream, uint64(r.start)), r.start, now)
	if sight == noRoom || sight == known && r.at <= was.at {
		return true
	}
	if sight != midway && r.more(was) > r.limit {
		return false
	}
	*was = total{r.amount, r.at}
	return true
}

// more is the difference; where it fell the counter began anew, and all is new.
func (r *reading) more(was *total) float64 {
	if r.amount < was.amount {
		return r.amount
	}
	return r.amount - was.amount
}
