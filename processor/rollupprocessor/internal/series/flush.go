package series

import (
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/otelcol-voice/otelcol-voice/internal/signal/semconv"
	"github.com/otelcol-voice/otelcol-voice/processor/rollupprocessor/internal/ident"
)

// Flush is what is to be sent. Points is 0 when there is nothing.
type Flush struct {
	Metrics pmetric.Metrics
	Points  int
}

// round is one flush.
type round struct {
	*Store
	at             pcommon.Timestamp
	linger, resend pcommon.Timestamp
	remember       pcommon.Timestamp
	silent         bool // nobody sees it
	points         int
	due, ending    []*Series // of the family at hand
}

// Flush writes the points that are due now, and moves on to the next epoch: what comes from here on belongs to the next
// flush, whether or not this one is accepted. It is false, and changes nothing, while now is not after all that was sent
// and nothing in it may be later than now: when the clock was set back, until it has caught up. The last flush cannot wait
// for the clock, and is ahead of it when it must.
func (st *Store) Flush(now time.Time, last bool) (Flush, bool) { return st.flush(now, last, false) }

// PassFlush does all that a Flush does, and writes nothing.
func (st *Store) PassFlush(now time.Time, last bool) { st.flush(now, last, true) }

// Accepted says that the next component took the last flush.
func (st *Store) Accepted() {
	st.accepted = st.epoch - 1
	st.acceptedAt = st.flushedAt
}

func (st *Store) flush(now time.Time, last, silent bool) (Flush, bool) {
	at := milliseconds(now)
	switch {
	case last:
		at = max(at, st.flushedAt+tick, st.earliest)
	case at <= st.flushedAt || at < st.earliest:
		return Flush{}, false
	}
	r := &round{
		Store:  st,
		at:     at,
		linger: pcommon.Timestamp(st.set.Linger),
		resend: pcommon.Timestamp(st.set.Resend),
		silent: silent,

		remember: pcommon.Timestamp(st.set.Remember),
	}
	metrics := pmetric.NewMetrics()
	for _, owner := range st.order {
		owner.write(metrics.ResourceMetrics(), r)
	}
	st.prune()
	st.flushedAt = at
	st.epoch++
	return Flush{Metrics: metrics, Points: r.points}, true
}

// write appends the service's resource if any of its series has something to say.
func (sv *service) write(dest pmetric.ResourceMetricsSlice, r *round) {
	var metrics pmetric.MetricSlice
	opened := false
	for _, family := range sv.families {
		family.sweep(r)
		if len(r.due)+len(r.ending) == 0 {
			continue
		}
		if !opened && !r.silent {
			metrics, opened = sv.open(dest.AppendEmpty(), r.instance), true
		}
		if !r.silent {
			family.write(metrics, r)
		}
		r.offer()
	}
}

// offer notes that all that is due was sent.
func (r *round) offer() {
	for _, s := range r.due {
		s.offered = r.at
	}
}

// open makes the one resource and the one scope that a service has at the backend.
func (sv *service) open(rm pmetric.ResourceMetrics, instance string) pmetric.MetricSlice {
	attributes := rm.Resource().Attributes()
	if sv.Name != "" {
		attributes.PutStr(ident.ServiceName, sv.Name)
	}
	if sv.Namespace != "" {
		attributes.PutStr(ident.ServiceNamespace, sv.Namespace)
	}
	attributes.PutStr(ident.ServiceInstanceID, instance)
	scope := rm.ScopeMetrics().AppendEmpty()
	scope.Scope().SetName(semconv.ScopeName)
	return scope.Metrics()
}

// fill appends the points of the series that are due.
func (r *round) fill(dest points) {
	n := len(r.due) + r.zeros()
	dest.EnsureCapacity(n)
	for _, s := range r.due {
		if s.zeroPending(r) {
			dest.zero(s)
		}
		dest.value(s, r)
	}
	r.points += n
}

// zeros is how many of the series that are due have a zero point.
func (r *round) zeros() int {
	n := 0
	for _, s := range r.due {
		if s.zeroPending(r) {
			n++
		}
	}
	return n
}
