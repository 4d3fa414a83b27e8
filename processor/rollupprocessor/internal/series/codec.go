package series

import (
	"slices"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/otelcol-voice/otelcol-voice/processor/rollupprocessor/internal/codec"
	"github.com/otelcol-voice/otelcol-voice/processor/rollupprocessor/internal/ident"
	"github.com/otelcol-voice/otelcol-voice/processor/rollupprocessor/internal/value"
)

// Index numbers series, so that what is written beside a store can say which of them it means. Whoever wants a number puts the
// series in before the store is written.
type Index map[*Series]uint64

// How a series is named that is none of the store's.
const (
	noSeries = iota
	goneSeries
	firstSeries
)

// Want is for a series that will be named.
func (x Index) Want(s *Series) {
	if s.Alive() {
		x[s] = 0
	}
}

// Encode names a series.
func (x Index) Encode(e *codec.Encoder, s *Series) {
	switch {
	case s == nil:
		e.Uint(noSeries)
	case s.gone:
		e.Uint(goneSeries)
	default:
		e.Uint(x[s])
	}
}

// List is the series of a store that was read, in the order of their numbers.
type List []*Series

// Decode finds the series that was named.
func (l List) Decode(d *codec.Decoder) *Series {
	n := d.Uint()
	switch {
	case n == noSeries:
		return nil
	case n == goneSeries:
		return &Series{gone: true}
	case n-firstSeries >= uint64(len(l)):
		d.Fail(codec.ErrShape)
		return nil
	default:
		return l[n-firstSeries]
	}
}

// writing is a store being written down.
type writing struct {
	*codec.Encoder
	store *Store
	index Index
	next  uint64 // number of the next series
	calls map[*Call]uint64
}

// Encode writes the store down, but for its name and settings, and gives the series in the index their numbers.
func (st *Store) Encode(e *codec.Encoder, index Index) {
	w := &writing{Encoder: e, store: st, index: index, next: firstSeries, calls: make(map[*Call]uint64)}
	for _, moment := range []pcommon.Timestamp{st.now, st.earliest, st.flushedAt, st.acceptedAt} {
		e.Uint(uint64(moment))
	}
	e.Uint(st.epoch)
	e.Uint(st.accepted)
	w.bounds()
	e.Len(len(st.order))
	for _, owner := range st.order {
		w.service(owner)
	}
}

func (w *writing) bounds() {
	names := make([]string, 0, len(w.store.bounds))
	for name := range w.store.bounds {
		names = append(names, name)
	}
	slices.Sort(names)
	w.Len(len(names))
	for _, name := range names {
		w.Cut()
		w.Text(name)
		value.EncodeBounds(w.Encoder, w.store.bounds[name])
	}
}

func (w *writing) service(owner *service) {
	w.Cut()
	w.Text(owner.Name)
	w.Text(owner.Namespace)
	w.Len(len(owner.families))
	for _, family := range owner.families {
		w.family(family)
	}
}

func (w *writing) family(f *Family) {
	w.Cut()
	w.Word(f.key.Name)
	w.Uint(uint64(f.key.Kind))
	w.Word(f.unit)
	w.Word(f.description)
	if f.key.Kind.isHistogram() {
		value.EncodeBounds(w.Encoder, f.bounds)
	}
	w.Len(len(f.order))
	for _, s := range f.order {
		w.Cut()
		w.series(s)
		if len(w.index) > 0 {
			w.number(s)
		}
		w.next++
	}
}

func (w *writing) number(s *Series) {
	if _, wanted := w.index[s]; wanted {
		w.index[s] = w.next
	}
}

const (
	isOverflow = 1 << iota
	isAccumulating
	seriesFlags // one more than all of them
)

func (w *writing) series(s *Series) {
	var flags uint64
	if s.overflow {
		flags |= isOverflow
	}
	if s.accumulates {
		flags |= isAccumulating
	}
	w.Uint(flags)
	w.call(s.call)
	w.labels(s)
	if s.histogram != nil {
		s.histogram.Encode(w.Encoder)
	} else {
		s.total.Encode(w.Encoder)
	}
	w.moment(s.start)
	w.moment(s.offered)
	w.epoch(s.zero)
	w.epoch(s.changed)
	w.epoch(s.ended)
	w.Uint(uint64(s.observers))
}

// call writes 0 for none, 1 for one that comes for the first time and is described, else its number from 2.
func (w *writing) call(c *Call) {
	if c == nil {
		w.Uint(0)
		return
	}
	if n, known := w.calls[c]; known {
		w.Uint(n)
		return
	}
	w.calls[c] = uint64(len(w.calls)) + 2
	w.Uint(1)
	w.Text(c.key.id)
	w.moment(c.at)
	w.epoch(c.changed)
}

// labels writes the number of labels and each. The id of a call, which is a word that does not come again, is its call's.
func (w *writing) labels(s *Series) {
	w.Len(len(s.labels))
	for _, l := range s.labels {
		w.Word(l.Key)
		isCall := s.call != nil && l.Text == s.call.key.id
		w.Bool(isCall)
		if !isCall {
			w.Word(l.Text)
		}
	}
}

// moment writes whole milliseconds, before or after the last flush. 0 is a moment of its own.
func (w *writing) moment(at pcommon.Timestamp) {
	if at == 0 {
		w.Int(0)
		return
	}
	since := int64(at/tick) - int64(w.store.flushedAt/tick)
	if since >= 0 {
		since++
	}
	w.Int(since)
}

// epoch writes how long ago an epoch is, from 1; 0 is none.
func (w *writing) epoch(n uint64) {
	if n == 0 {
		w.Uint(0)
		return
	}
	w.Uint(w.store.epoch - n + 1)
}

// reading is a store being read.
type reading struct {
	*codec.Decoder
	store  *Store
	hasher *ident.Hasher
	bounds func(name string) []float64
	calls  []*Call
	list   List
}

// Decode reads into an empty store what Encode wrote, and returns its series in the order of their numbers. Histograms whose
// bounds are known beforehand get those.
func (st *Store) Decode(d *codec.Decoder, hasher *ident.Hasher, bounds func(name string) []float64) List {
	r := &reading{Decoder: d, store: st, hasher: hasher, bounds: bounds}
	for _, moment := range []*pcommon.Timestamp{&st.now, &st.earliest, &st.flushedAt, &st.acceptedAt} {
		*moment = pcommon.Timestamp(d.Uint())
	}
	st.epoch, st.accepted = d.Uint(), d.Uint()
	if st.accepted >= st.epoch {
		d.Fail(codec.ErrShape)
	}
	r.readBounds()
	for n := d.Many(); n > 0 && d.OK(); n-- {
		r.service()
	}
	return r.list
}

func (r *reading) readBounds() {
	for n := r.Many(); n > 0 && r.OK(); n-- {
		r.Cut()
		name := r.Text()
		r.store.bounds[name] = value.DecodeBounds(r.Decoder)
	}
}

func (r *reading) service() {
	r.Cut()
	owner := ident.Service{Name: r.Text(), Namespace: r.Text()}
	for n := r.Many(); n > 0 && r.OK(); n-- {
		r.family(owner)
	}
}

func (r *reading) family(owner ident.Service) {
	r.Cut()
	about := About{Key: Key{Service: owner, Name: r.Word(), Kind: Kind(r.Uint())}, Unit: r.Word(), Description: r.Word()}
	if about.Kind < Counter || about.Kind > Exponential || r.store.families[about.Key] != nil {
		r.Fail(codec.ErrShape)
	}
	var were []float64
	if about.Kind.isHistogram() {
		were = value.DecodeBounds(r.Decoder)
		about.Bounds = r.boundsOf(&about, were)
	}
	n := r.Many()
	if !r.OK() {
		return
	}
	for f := r.store.addFamily(&about); n > 0 && r.OK(); n-- {
		r.Cut()
		r.insert(f, r.series(f, were))
	}
}

func (r *reading) boundsOf(about *About, were []float64) []float64 {
	if about.Kind == Exponential {
		return value.Grid
	}
	if ours := r.bounds(about.Name); ours != nil {
		return ours
	}
	return were
}

func (r *reading) insert(f *Family, s *Series) {
	s.key = r.hasher.Labels(s.labels)
	if s.overflow && f.overflow != nil || !s.overflow && f.byDigest.Get(s.key) != nil {
		r.Fail(codec.ErrShape)
	}
	f.insert(s)
	r.store.series++
	r.list = append(r.list, s)
}

func (r *reading) series(f *Family, were []float64) *Series {
	flags := r.Uint()
	if flags >= seriesFlags {
		r.Fail(codec.ErrShape)
	}
	s := &Series{family: f, overflow: flags&isOverflow != 0, accumulates: flags&isAccumulating != 0}
	s.call = r.call(f.key.Service)
	s.labels = r.labels(s.call)
	if f.key.Kind.isHistogram() {
		s.histogram = newHistogram(were)
		s.histogram.Decode(r.Decoder)
		s.histogram.Histogram = *s.histogram.In(f.bounds)
	} else {
		s.total.Decode(r.Decoder)
	}
	s.start, s.offered = r.moment(), r.moment()
	s.zero, s.changed, s.ended = r.epoch(), r.epoch(), r.epoch()
	s.observers = int32(r.Uint())
	return s
}

func (r *reading) call(owner ident.Service) *Call {
	n := r.Uint()
	switch {
	case n == 0:
		return nil
	case n == 1:
		return r.newCall(owner)
	case n-2 >= uint64(len(r.calls)) || r.calls[n-2].key.service != owner:
		r.Fail(codec.ErrShape)
		return nil
	}
	c := r.calls[n-2]
	c.series++
	return c
}

func (r *reading) newCall(owner ident.Service) *Call {
	c := &Call{key: callKey{owner, r.Text()}, at: r.moment(), changed: r.epoch(), series: 1}
	if _, known := r.store.calls[c.key]; known {
		r.Fail(codec.ErrShape)
	}
	r.store.calls[c.key] = c
	r.calls = append(r.calls, c)
	return c
}

func (r *reading) labels(c *Call) []ident.Label {
	n := r.Len()
	if n == 0 {
		return nil
	}
	labels := make([]ident.Label, n)
	for i := range labels {
		labels[i].Key = r.Word()
		switch isCall := r.Bool(); {
		case !isCall:
			labels[i].Text = r.Word()
		case c == nil:
			r.Fail(codec.ErrShape)
		default:
			labels[i].Text = c.key.id
		}
	}
	return labels
}

func (r *reading) moment() pcommon.Timestamp {
	since := r.Int()
	if since == 0 {
		return 0
	}
	if since > 0 {
		since--
	}
	return (r.store.flushedAt/tick + pcommon.Timestamp(since)) * tick
}

func (r *reading) epoch() uint64 {
	ago := r.Uint()
	if ago > r.store.epoch {
		r.Fail(codec.ErrShape)
		return 0
	}
	if ago == 0 {
		return 0
	}
	return r.store.epoch - ago + 1
}
