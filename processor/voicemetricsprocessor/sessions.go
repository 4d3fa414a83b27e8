package voicemetricsprocessor

import (
	"sync"
	"time"

	"github.com/otelcol-voice/otelcol-voice/internal/stream"
	"go.opentelemetry.io/collector/pdata/pcommon"
)

// sessions knows how long calls have lasted, of a bot whose own number does not say it. Its stream began with the call, and its
// number changes with everything that happens, and so tells when that was.
type sessions struct {
	mu     sync.Mutex
	memory *memory[session]
}

// session is a call: its number at the last collection, and when that last changed (0: before our time).
type session struct {
	at, changed pcommon.Timestamp
	value       float64
}

func newSessions(now time.Time) *sessions {
	return &sessions{memory: newMemory[session](now, maxStreams)}
}

func (s *sessions) len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.memory.entries)
}

// report is one point of a session.
type report struct {
	stream    uint64
	start, at pcommon.Timestamp
	value     float64
}

// lasted is how long a session had lasted, in seconds, at the collection that first had the last of it.
func (s *sessions) lasted(r *report, now time.Time) (float64, outcome) {
	s.mu.Lock()
	defer s.mu.Unlock()
	call, sight := s.memory.find(stream.Mix(r.stream, uint64(r.start)), r.start, now)
	switch sight {
	case noRoom:
		return 0, droppedLimit
	case fresh:
		*call = session{at: r.at, changed: r.at, value: r.value}
	case midway:
		*call = session{at: r.at, value: r.value}
	default:
		call.report(r)
	}
	if r.start == 0 || call.changed < r.start {
		return 0, droppedUnwatched
	}
	return time.Duration(call.changed - r.start).Seconds(), repaired
}

func (c *session) report(r *report) {
	if r.at <= c.at {
		return
	}
	if r.value != c.value {
		c.changed = r.at
	}
	c.at, c.value = r.at, r.value
}
