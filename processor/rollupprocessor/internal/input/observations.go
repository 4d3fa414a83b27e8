package input

import (
	"slices"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/otelcol-voice/otelcol-voice/processor/rollupprocessor/internal/ident"
	"github.com/otelcol-voice/otelcol-voice/processor/rollupprocessor/internal/series"
	"github.com/otelcol-voice/otelcol-voice/processor/rollupprocessor/internal/value"
)

// Observation is the last value of one non-monotonic cumulative stream, and the output series that it is part of.
type Observation struct {
	at     pcommon.Timestamp
	seen   time.Time
	Series *series.Series
	Number value.Number
}

// Observations is the non-monotonic sums that are reported cumulatively, such as active calls: what each stream said
// last is added up over the streams. What a stream said of a call stays true when its process is gone, as it is when a
// bot is one process per call; so it is remembered until the call's series have ended. It is not safe for concurrent use.
type Observations struct {
	streams map[ident.Digest]*Observation
	timeout time.Duration
	limit   int
}

// NewObservations forgets streams that are silent for longer than timeout, and remembers no more than limit.
func NewObservations(timeout time.Duration, limit int) *Observations {
	return &Observations{streams: make(map[ident.Digest]*Observation), timeout: timeout, limit: limit}
}

// Configure changes the limits.
func (o *Observations) Configure(timeout time.Duration, limit int) {
	o.timeout, o.limit = timeout, limit
}

// Len is the number of streams that are remembered.
func (o *Observations) Len() int { return len(o.streams) }

// See finds the stream that has a point of time at, arriving now. Its sight is Late, NoRoom (nil both), Whole or Again.
func (o *Observations) See(id ident.Digest, at pcommon.Timestamp, now time.Time) (*Observation, Sight) {
	known, ok := o.streams[id]
	switch {
	case !ok && len(o.streams) >= o.limit:
		return nil, NoRoom
	case !ok:
		known = &Observation{at: at, seen: now}
		o.streams[id] = known
		return known, Whole
	case at <= known.at:
		return nil, Late
	}
	known.at, known.seen = at, now
	return known, Again
}

// Forget drops the streams that have been silent for too long, and hands each that is part of a series to leave. Those
// whose series lingers stay, so that one that comes back replaces its value and adds no second one.
func (o *Observations) Forget(now time.Time, leave func(*series.Series, value.Number)) {
	for _, id := range o.silent(now) {
		known := o.streams[id]
		if known.Series.Alive() {
			leave(known.Series, known.Number)
		}
		delete(o.streams, id)
	}
}

// silent is in order, for sums depend on it in their last bits, and a replay must come to the same.
func (o *Observations) silent(now time.Time) []ident.Digest {
	var silent []ident.Digest
	for id, known := range o.streams {
		if now.Sub(known.seen) > o.timeout && !known.Series.Lingers() {
			silent = append(silent, id)
		}
	}
	slices.SortFunc(silent, ident.Digest.Compare)
	return silent
}
