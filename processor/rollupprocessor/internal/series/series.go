// Package series holds what leaves: cumulative series, the calls that some of them belong to, and when each is due.
//
// A Store counts flushes in epochs. Every series remembers the epoch of its last change, and the store the last epoch
// that the next component accepted; so "not yet accepted" is one comparison, a refused flush needs no undoing, and an
// accepted one no list of what was in it.
//
// Times are pcommon.Timestamps cut to whole milliseconds, because that is what a backend tells apart.
package series

import (
	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/otelcol-voice/otelcol-voice/processor/rollupprocessor/internal/ident"
	"github.com/otelcol-voice/otelcol-voice/processor/rollupprocessor/internal/value"
)

// Series is one output series. Its fields are the store's; others hold it to add to it through the store.
type Series struct {
	key    ident.Digest
	labels []ident.Label
	family *Family
	call   *Call // nil for a series without call_id

	total     value.Total
	histogram *histogram // instead of total, of a histogram

	start   pcommon.Timestamp
	offered pcommon.Timestamp // time of the last flush that it was in, accepted or not

	zero    uint64 // epoch of the first flush with its zero point; 0: none, since it only observes
	changed uint64 // epoch of the flush that has its last change
	ended   uint64 // epoch of the flush that said that it ended; 0: it lives

	observers   int32 // input streams whose last value is part of total
	accumulates bool  // something was added for good, so that it never ends without its call
	overflow    bool
	gone        bool // forgotten by the store; a holder has to open it again
}

// Alive says whether s is a series that its store still knows.
func (s *Series) Alive() bool { return s != nil && !s.gone }

// Lingers says whether s lives until its call has lingered, whoever still reports to it.
func (s *Series) Lingers() bool { return s.Alive() && s.call != nil }

// Overflow says whether s takes what found no room.
func (s *Series) Overflow() bool { return s.overflow }

// Call is one call of one service, as far as it has series of its own.
type Call struct {
	key     callKey
	at      pcommon.Timestamp // arrival of its last change
	changed uint64            // epoch of the flush that has it
	series  int
}

type callKey struct {
	service ident.Service
	id      string
}

// phase is what a flush does with a series.
type phase uint8

const (
	resting   phase = iota // nothing to say
	due                    // has a point
	ending                 // has its last point, of no value
	forgotten              // its last point was accepted, and its call is not expected to go on
)

// next decides about s in the round r and notes the decision.
func (s *Series) next(r *round) phase {
	switch {
	case !s.over(r):
		if s.due(r) {
			return due
		}
		return resting
	case s.ended != 0 && s.ended <= r.accepted:
		if s.pauses(r) {
			return resting
		}
		return forgotten
	default:
		s.ended = r.epoch
		return ending
	}
}

// over says whether nothing more is expected: the whole call has lingered and all of it was accepted, or nobody
// observes the value any more, or there is no more of its family.
func (s *Series) over(r *round) bool {
	if s.family.retired {
		return s.changed <= r.accepted
	}
	if s.call == nil {
		return s.observers == 0 && !s.accumulates
	}
	return s.call.changed <= r.accepted && r.at >= s.call.at+r.linger
}

// pauses says whether s, which has ended, goes on from where it was when its call does: after a pause longer than linger,
// a series that began anew would hide what was before it. What is only remembered leaves room for what lives.
func (s *Series) pauses(r *round) bool {
	return s.call != nil && r.at < s.call.at+r.remember && 4*r.series < 3*r.set.MaxSeries
}

// due says whether s has a point in this round: always without a call, else when there is news, when a flush with it was
// refused, when it was about to end, and now and then.
func (s *Series) due(r *round) bool {
	revived := s.ended != 0
	s.ended = 0
	return s.call == nil || revived || s.changed > r.accepted ||
		s.offered > r.acceptedAt || r.at >= s.offered+r.resend
}

// zeroPending says whether the flush has to repeat the zero point, without which increase() misses the first value.
func (s *Series) zeroPending(r *round) bool { return s.zero > r.accepted }
