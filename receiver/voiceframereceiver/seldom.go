package voiceframereceiver

import (
	"sync/atomic"
	"time"
)

// seldom keeps the log readable: what may happen with each request is said at most once a minute.
type seldom struct{ next atomic.Int64 }

const quiet = time.Minute

// due says whether it may be said now; then it has been.
func (s *seldom) due(now time.Time) bool {
	next := s.next.Load()
	return now.UnixNano() >= next && s.next.CompareAndSwap(next, now.Add(quiet).UnixNano())
}
