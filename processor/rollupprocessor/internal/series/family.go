package series

import (
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/otelcol-voice/otelcol-voice/processor/rollupprocessor/internal/ident"
)

// Kind is the instrument of a family.
type Kind uint8

// The kinds. An UpDown is a non-monotonic sum.
const (
	Counter Kind = iota + 1
	UpDown
	Histogram
	Exponential // a histogram in the bounds of value.Grid, which leaves as an exponential one
)

// isHistogram says whether series of the kind hold histograms.
func (k Kind) isHistogram() bool { return k == Histogram || k == Exponential }

func (k Kind) String() string {
	switch k {
	case Counter:
		return "counter"
	case UpDown:
		return "updown"
	case Histogram, Exponential: // a point is the same, whatever it leaves as
		return "histogram"
	default:
		return "unknown"
	}
}

// Key names a family: the metric of one service.
type Key struct {
	Service ident.Service
	Name    string
	Kind    Kind
}

// Family is the series of one metric of one service, in order of first sight.
type Family struct {
	key         Key
	unit        string
	description string
	bounds      []float64 // of histograms
	byDigest    ident.Table[*Series]
	order       []*Series
	overflow    *Series
	retired     bool // its series end
}

// Find is the series with that digest, or nil.
func (f *Family) Find(d ident.Digest) *Series {
	if f == nil {
		return nil
	}
	return f.byDigest.Get(d)
}

func (f *Family) insert(s *Series) {
	f.order = append(f.order, s)
	if s.overflow {
		f.overflow = s
		return
	}
	f.byDigest.Put(s.key, s)
}

// remove takes s out of everything but the order, which sweep rebuilds.
func (f *Family) remove(s *Series) {
	if s.overflow {
		f.overflow = nil
		return
	}
	f.byDigest.Delete(s.key)
}

// sweep sorts the series into those due and those that end in this round, and takes out what is forgotten.
func (f *Family) sweep(r *round) {
	r.due, r.ending = r.due[:0], r.ending[:0]
	keep := f.order[:0]
	for _, s := range f.order {
		switch s.next(r) {
		case forgotten:
			r.forget(s)
			continue
		case due:
			r.due = append(r.due, s)
		case ending:
			r.ending = append(r.ending, s)
		}
		keep = append(keep, s)
	}
	clear(f.order[len(keep):])
	f.order = keep
}

// write appends the family's metric: each series' value, with its zero point just before it where that is pending. Ends
// come after, each in a metric of its own, because a stock exporter (prometheus) reads a metric no further than to the
// first point without a value.
func (f *Family) write(dest pmetric.MetricSlice, r *round) {
	if len(r.due) > 0 {
		r.fill(f.open(dest))
	}
	for _, s := range r.ending {
		f.open(dest).end(s, r.at)
		r.points++
	}
}

// open appends a metric of the family without points.
func (f *Family) open(dest pmetric.MetricSlice) points {
	m := dest.AppendEmpty()
	m.SetName(f.key.Name)
	m.SetUnit(f.unit)
	m.SetDescription(f.description)
	switch f.key.Kind {
	case Histogram:
		h := m.SetEmptyHistogram()
		h.SetAggregationTemporality(pmetric.AggregationTemporalityCumulative)
		return histogramPoints{h.DataPoints()}
	case Exponential:
		h := m.SetEmptyExponentialHistogram()
		h.SetAggregationTemporality(pmetric.AggregationTemporalityCumulative)
		return exponentialPoints{h.DataPoints()}
	}
	sum := m.SetEmptySum()
	sum.SetAggregationTemporality(pmetric.AggregationTemporalityCumulative)
	sum.SetIsMonotonic(f.key.Kind == Counter)
	return numberPoints{sum.DataPoints()}
}

// points are the points of one metric, to be appended to.
type points interface {
	EnsureCapacity(n int)
	zero(s *Series)
	value(s *Series, r *round)
	end(s *Series, at pcommon.Timestamp)
}

type numberPoints struct{ pmetric.NumberDataPointSlice }

func (ps numberPoints) zero(s *Series) {
	s.total.WriteZero(stamp(ps.AppendEmpty(), s, s.start))
}

func (ps numberPoints) value(s *Series, r *round) {
	s.total.Write(stamp(ps.AppendEmpty(), s, r.at))
}

func (ps numberPoints) end(s *Series, at pcommon.Timestamp) {
	stamp(ps.AppendEmpty(), s, at).SetFlags(noValue)
}

type histogramPoints struct {
	pmetric.HistogramDataPointSlice
}

func (ps histogramPoints) zero(s *Series) {
	s.histogram.WriteZero(stamp(ps.AppendEmpty(), s, s.start))
}

func (ps histogramPoints) value(s *Series, r *round) {
	p := stamp(ps.AppendEmpty(), s, r.at)
	s.histogram.Write(p)
	s.histogram.showSlowest(p.Exemplars(), r)
}

// end keeps the bounds: a backend marks one series per bucket as ended.
func (ps histogramPoints) end(s *Series, at pcommon.Timestamp) {
	p := stamp(ps.AppendEmpty(), s, at)
	s.histogram.WriteZero(p)
	p.SetFlags(noValue)
}

type exponentialPoints struct {
	pmetric.ExponentialHistogramDataPointSlice
}

func (ps exponentialPoints) zero(s *Series) {
	s.histogram.WriteExponentialZero(stamp(ps.AppendEmpty(), s, s.start))
}

func (ps exponentialPoints) value(s *Series, r *round) {
	p := stamp(ps.AppendEmpty(), s, r.at)
	s.histogram.WriteExponential(p)
	s.histogram.showSlowest(p.Exemplars(), r)
}

func (ps exponentialPoints) end(s *Series, at pcommon.Timestamp) {
	p := stamp(ps.AppendEmpty(), s, at)
	s.histogram.WriteExponentialZero(p)
	p.SetFlags(noValue)
}

var noValue = pmetric.DefaultDataPointFlags.WithNoRecordedValue(true)

// point is what number and histogram points have in common.
type point interface {
	SetStartTimestamp(pcommon.Timestamp)
	SetTimestamp(pcommon.Timestamp)
	Attributes() pcommon.Map
}

// overflowLabel marks the series that takes the points of all that found no room (OpenTelemetry metrics SDK).
const overflowLabel = "otel.metric.overflow"

func stamp[P point](p P, s *Series, at pcommon.Timestamp) P {
	p.SetStartTimestamp(s.start)
	p.SetTimestamp(at)
	attributes := p.Attributes()
	attributes.EnsureCapacity(len(s.labels))
	for _, label := range s.labels {
		attributes.PutStr(label.Key, label.Text)
	}
	if s.overflow {
		attributes.PutBool(overflowLabel, true)
	}
	return p
}
