package voicemetricsprocessor

import (
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
)

// Bounds of what is remembered.
const (
	maxStreams = 100_000
	// streamTimeout is longer than a process is silent that still lives: SDKs report all that ever happened each time.
	streamTimeout = time.Hour
	sweepInterval = time.Minute
)

// memory is what is remembered of cumulative streams, by their digest. It is bounded, and forgets who is silent.
type memory[V any] struct {
	limit   int
	entries map[uint64]*remembered[V]
	// watched: who started until then may have reported before, for all that we know.
	watched pcommon.Timestamp
	swept   time.Time
}

type remembered[V any] struct {
	value V
	start pcommon.Timestamp
	seen  time.Time
}

// sight is what a stream is to us.
type sight uint8

const (
	known  sight = iota
	fresh        // new, and began under our eyes
	midway       // new to us, but it may have reported before
	noRoom       // it cannot be remembered
)

func newMemory[V any](now time.Time, limit int) *memory[V] {
	return &memory[V]{limit: limit, entries: map[uint64]*remembered[V]{}, watched: pcommon.NewTimestampFromTime(now) - 1}
}

// find is what is remembered of a stream; one that is new is remembered from now on.
func (m *memory[V]) find(key uint64, start pcommon.Timestamp, now time.Time) (*V, sight) {
	m.sweep(now)
	if e, ok := m.entries[key]; ok {
		e.seen = now
		return &e.value, known
	}
	if len(m.entries) >= m.limit {
		return nil, noRoom
	}
	e := &remembered[V]{start: start, seen: now}
	m.entries[key] = e
	if start > m.watched {
		return &e.value, fresh
	}
	return &e.value, midway
}

// get is what is remembered of a stream, or nil.
func (m *memory[V]) get(key uint64) *V {
	if e, ok := m.entries[key]; ok {
		return &e.value
	}
	return nil
}

// sweep forgets who has been silent for too long. One that comes back is not taken for a new one.
func (m *memory[V]) sweep(now time.Time) {
	if now.Sub(m.swept) < sweepInterval {
		return
	}
	m.swept = now
	for key, e := range m.entries {
		if now.Sub(e.seen) > streamTimeout {
			delete(m.entries, key)
			m.watched = max(m.watched, e.start)
		}
	}
}
