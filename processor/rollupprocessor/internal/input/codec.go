package input

import (
	"cmp"
	"maps"
	"slices"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/otelcol-voice/otelcol-voice/processor/rollupprocessor/internal/codec"
	"github.com/otelcol-voice/otelcol-voice/processor/rollupprocessor/internal/ident"
	"github.com/otelcol-voice/otelcol-voice/processor/rollupprocessor/internal/series"
	"github.com/otelcol-voice/otelcol-voice/processor/rollupprocessor/internal/value"
)

func (p Producer) compare(q Producer) int {
	return cmp.Or(p.Resource.Compare(q.Resource), cmp.Compare(p.Start, q.Start))
}

func (p Producer) encode(e *codec.Encoder) {
	p.Resource.Encode(e)
	e.Uint(uint64(p.Start))
}

func decodeProducer(d *codec.Decoder) Producer {
	return Producer{Resource: ident.DecodeDigest(d), Start: pcommon.Timestamp(d.Uint())}
}

// Want puts the series that streams are added to in the index.
func (s *Streams) Want(index series.Index) {
	for _, r := range s.runs {
		for _, stream := range r.streams {
			index.Want(stream.Series)
		}
	}
}

// Encode writes down what is known of all streams, but for the limits.
func (s *Streams) Encode(e *codec.Encoder, index series.Index) {
	e.Uint(uint64(s.watched))
	e.Len(len(s.forgotten))
	for _, p := range slices.SortedFunc(maps.Keys(s.forgotten), Producer.compare) {
		e.Cut()
		p.encode(e)
	}
	e.Len(len(s.runs))
	for _, p := range slices.SortedFunc(maps.Keys(s.runs), Producer.compare) {
		e.Cut()
		p.encode(e)
		s.runs[p].encode(e, index)
	}
}

func (r *run) encode(e *codec.Encoder, index series.Index) {
	e.Bool(r.fresh)
	e.Uint(uint64(r.since))
	e.Time(r.seen)
	e.Len(len(r.streams))
	for _, id := range slices.SortedFunc(maps.Keys(r.streams), ident.Digest.Compare) {
		e.Cut()
		id.Encode(e)
		r.streams[id].encode(e, index)
	}
}

func (st *Stream) encode(e *codec.Encoder, index series.Index) {
	e.Uint(uint64(st.at))
	index.Encode(e, st.Series)
	e.Bool(st.FromZero)
	switch {
	case st.Distribution != nil:
		e.Uint(isDistribution)
		st.Distribution.Encode(e)
	case st.Exponential != nil:
		e.Uint(isExponential)
		st.Exponential.Encode(e)
	default:
		e.Uint(isNumber)
		st.Number.Encode(e)
	}
}

// What the last state of a stream is.
const (
	isNumber = iota
	isDistribution
	isExponential
)

// Decode reads what Encode wrote.
func (s *Streams) Decode(d *codec.Decoder, list series.List) {
	s.watched = pcommon.Timestamp(d.Uint())
	for n := d.Many(); n > 0 && d.OK(); n-- {
		d.Cut()
		s.forgotten[decodeProducer(d)] = struct{}{}
	}
	for n := d.Many(); n > 0 && d.OK(); n-- {
		d.Cut()
		p := decodeProducer(d)
		r := decodeRun(d, list)
		s.runs[p] = r
		s.size += len(r.streams)
	}
}

func decodeRun(d *codec.Decoder, list series.List) *run {
	r := &run{fresh: d.Bool(), since: pcommon.Timestamp(d.Uint()), seen: d.Time(), streams: make(map[ident.Digest]*Stream)}
	for n := d.Many(); n > 0 && d.OK(); n-- {
		d.Cut()
		id := ident.DecodeDigest(d)
		r.streams[id] = decodeStream(d, list)
	}
	return r
}

func decodeStream(d *codec.Decoder, list series.List) *Stream {
	st := &Stream{at: pcommon.Timestamp(d.Uint()), Series: list.Decode(d), FromZero: d.Bool()}
	switch d.Uint() {
	case isNumber:
		st.Number = value.DecodeNumber(d)
	case isDistribution:
		st.Distribution = value.DecodeDistribution(d)
	case isExponential:
		st.Exponential = value.DecodeExponential(d)
	default:
		d.Fail(codec.ErrShape)
	}
	return st
}

// Want puts the series that streams are part of in the index.
func (o *Observations) Want(index series.Index) {
	for _, known := range o.streams {
		index.Want(known.Series)
	}
}

// Encode writes down what is known of all streams, but for the limits.
func (o *Observations) Encode(e *codec.Encoder, index series.Index) {
	e.Len(len(o.streams))
	for _, id := range slices.SortedFunc(maps.Keys(o.streams), ident.Digest.Compare) {
		e.Cut()
		known := o.streams[id]
		id.Encode(e)
		e.Uint(uint64(known.at))
		e.Time(known.seen)
		index.Encode(e, known.Series)
		known.Number.Encode(e)
	}
}

// Decode reads what Encode wrote.
func (o *Observations) Decode(d *codec.Decoder, list series.List) {
	for n := d.Many(); n > 0 && d.OK(); n-- {
		d.Cut()
		id := ident.DecodeDigest(d)
		o.streams[id] = &Observation{at: pcommon.Timestamp(d.Uint()), seen: d.Time(), Series: list.Decode(d), Number: value.DecodeNumber(d)}
	}
}
