package door

import (
	"sync/atomic"
	"time"
)

// Seldom keeps the log readable: what may happen with each request is said at most once in Quiet.
type Seldom struct{ next atomic.Int64 }

// Quiet is how long something is not said again.
const Quiet = time.Minute

// Due says whether it may be said now; then it has been.
func (s *Seldom) Due(now time.Time) bool {
	next := s.next.Load()
	return now.UnixNano() >= next && s.next.CompareAndSwap(next, now.Add(Quiet).UnixNano())
}
