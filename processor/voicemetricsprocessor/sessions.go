package voicemetricsprocessor

import (
	"sync"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
)

// sessions knows how long calls have lasted, of bots whose own number does not say it: it changes with everything that
// happens, and so tells when that was.
type sessions struct {
	mu        sync.Mutex
	calls     *memory[session]
	producers *memory[collections]
}

// session is a call: when it began (0: nobody knows) and when its number last changed (0: before our time).
type session struct {
	began, changed, at pcommon.Timestamp
	value              float64
}

// collections are the times of the last two collections of a producer.
type collections struct{ last, before pcommon.Timestamp }

// report is one point of a session.
type report struct {
	producer, stream uint64
	first            bool // the session is the first one of its producer, and so began when the producer did
	start, at        pcommon.Timestamp
	value            float64
}

func newSessions(now time.Time) *sessions {
	return &sessions{calls: newMemory[session](now, maxStreams), producers: newMemory[collections](now, maxStreams)}
}

func (s *sessions) len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.calls.entries) + len(s.producers.entries)
}

// lasted is how long a session has lasted, in seconds, when its number last changed: up to a collection more than it was.
func (s *sessions) lasted(r *report, now time.Time) (float64, outcome) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before, watched, room := s.collection(r, now)
	if !room {
		return 0, droppedLimit
	}
	call, sight := s.calls.find(mix(r.producer, r.stream)+uint64(r.start), r.start, now)
	switch sight {
	case noRoom:
		return 0, droppedLimit
	case known:
		call.report(r)
	default:
		call.begin(r, before, watched)
	}
	return call.lasted()
}

// collection takes note of a collection of a producer, and returns when the one before was (0: there was none). watched says
// that there was one, or that it could not have been before our time.
func (s *sessions) collection(r *report, now time.Time) (before pcommon.Timestamp, watched, room bool) {
	c, sight := s.producers.find(r.producer+uint64(r.start), r.start, now)
	if sight == noRoom {
		return 0, false, false
	}
	if r.at > c.last+oneCollection {
		c.last, c.before = r.at, c.last
	}
	return c.before, sight == fresh || c.before != 0 || r.start > s.producers.watched, true
}

// begin is the first report of a session. It began after the collection before, which did not have it; the first one of a
// producer began with it.
func (c *session) begin(r *report, before pcommon.Timestamp, watched bool) {
	c.at, c.value = r.at, r.value
	switch {
	case r.first || before == 0 && watched:
		c.began = r.start
	default:
		c.began = before
	}
	if watched {
		c.changed = r.at
	}
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

func (c *session) lasted() (float64, outcome) {
	if c.began == 0 || c.changed < c.began {
		return 0, droppedUnwatched
	}
	return time.Duration(c.changed - c.began).Seconds(), repaired
}
