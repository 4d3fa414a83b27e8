// Package input remembers the input streams that report cumulative values: what each said last, so that the difference
// can be counted, and what each says now, where that is what counts.
package input

import (
	"maps"
	"slices"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/otelcol-voice/otelcol-voice/processor/rollupprocessor/internal/ident"
	"github.com/otelcol-voice/otelcol-voice/processor/rollupprocessor/internal/series"
	"github.com/otelcol-voice/otelcol-voice/processor/rollupprocessor/internal/value"
)

// oneCollection is more than what the timestamps of one collection of a producer are apart, and less than any export
// interval in use.
const oneCollection = pcommon.Timestamp(time.Second)

// Sight is what a point of a stream is to us.
type Sight uint8

// Sights. Only Again has something to be compared with.
const (
	Late     Sight = iota // not newer than what we know of the stream
	Baseline              // the first of a stream that counted before we watched
	Whole                 // the first of a stream that began under our eyes: all of it is news
	Again                 // of a known stream
	NoRoom                // of an unknown stream, beyond the limit
)

// Producer is a run of one process: a resource, and the moment since when it counts. Two processes that have the same
// resource are told apart by it, and a restart is another producer.
type Producer struct {
	Resource ident.Digest
	Start    pcommon.Timestamp
}

// Stream is the last state of one cumulative stream, and the output series that it is added to.
type Stream struct {
	at           pcommon.Timestamp
	Series       *series.Series
	Number       value.Number
	Distribution *value.Distribution // of a histogram
	Exponential  *value.Exponential  // of an exponential one
	FromZero     bool                // all of it was counted, from its start
}

type run struct {
	fresh   bool              // it began under our eyes
	since   pcommon.Timestamp // point time of its first collection that we saw
	seen    time.Time         // arrival of its last point
	streams map[ident.Digest]*Stream
}

// Streams is the monotonic sums and histograms that are reported cumulatively. It is not safe for concurrent use.
//
// A stream that is new to us has either just begun, and then all of it is news, or it counted before we watched, and
// then its first value is only a baseline. It has begun under our eyes if its producer started after we did and is none
// that we forgot, or if its producer was seen without it before: a producer reports all its streams in each collection.
// The start says nothing of when the first value comes: for SDKs it is that of the process, of the instrument or of the
// stream, and a bot that is kept warm may be silent for hours.
type Streams struct {
	runs      map[Producer]*run
	forgotten map[Producer]struct{} // those that started after watched
	watched   pcommon.Timestamp     // who started until then counts as known
	timeout   time.Duration
	limit     int
	size      int
}

// NewStreams watches from now on. Producers silent for longer than timeout are forgotten; no more than limit streams, and
// as many forgotten producers, are remembered.
func NewStreams(now time.Time, timeout time.Duration, limit int) *Streams {
	return &Streams{
		runs:      make(map[Producer]*run),
		forgotten: make(map[Producer]struct{}),
		watched:   pcommon.NewTimestampFromTime(now) - 1,
		timeout:   timeout,
		limit:     limit,
	}
}

// Configure changes the limits.
func (s *Streams) Configure(timeout time.Duration, limit int) { s.timeout, s.limit = timeout, limit }

// Len is the number of streams that are remembered.
func (s *Streams) Len() int { return s.size }

// See finds the stream that has a point of time at, arriving now. The stream is nil when it is Late or there is NoRoom.
func (s *Streams) See(p Producer, id ident.Digest, at pcommon.Timestamp, now time.Time) (*Stream, Sight) {
	r, known := s.runs[p]
	if known {
		if stream, ok := r.streams[id]; ok {
			r.seen = now
			return stream.again(at)
		}
	}
	if s.size >= s.limit {
		return nil, NoRoom
	}
	if !known {
		r = s.begin(p, at)
	}
	r.seen = now
	return s.first(r, id, at)
}

func (st *Stream) again(at pcommon.Timestamp) (*Stream, Sight) {
	if at <= st.at {
		return nil, Late
	}
	st.at = at
	return st, Again
}

func (s *Streams) begin(p Producer, at pcommon.Timestamp) *run {
	_, back := s.forgotten[p]
	delete(s.forgotten, p)
	r := &run{fresh: p.Start > s.watched && !back, since: at, streams: make(map[ident.Digest]*Stream)}
	s.runs[p] = r
	return r
}

func (s *Streams) first(r *run, id ident.Digest, at pcommon.Timestamp) (*Stream, Sight) {
	stream := &Stream{at: at, FromZero: r.fresh || at > r.since+oneCollection}
	r.streams[id] = stream
	s.size++
	if stream.FromZero {
		return stream, Whole
	}
	return stream, Baseline
}

// Forget drops the producers that have been silent for too long. One that comes back is never mistaken for a new one.
func (s *Streams) Forget(now time.Time) {
	for p, r := range s.runs {
		if now.Sub(r.seen) <= s.timeout {
			continue
		}
		s.size -= len(r.streams)
		delete(s.runs, p)
		if p.Start > s.watched {
			s.forgotten[p] = struct{}{}
		}
	}
	if len(s.forgotten) > s.limit {
		s.giveUp(pcommon.NewTimestampFromTime(now))
	}
}

// giveUp makes room for half the limit. Those that started first are no longer told apart from producers that are new:
// whoever started until the last of them counts as known from then on. That is never later than now, or some nonsense of a start
// would take their first values from all to come.
func (s *Streams) giveUp(now pcommon.Timestamp) {
	starts := make([]pcommon.Timestamp, 0, len(s.forgotten))
	for p := range s.forgotten {
		starts = append(starts, p.Start)
	}
	slices.Sort(starts)
	last := starts[len(starts)-1-s.limit/2]
	s.watched = max(s.watched, min(last, now))
	maps.DeleteFunc(s.forgotten, func(p Producer, _ struct{}) bool { return p.Start <= last })
}
