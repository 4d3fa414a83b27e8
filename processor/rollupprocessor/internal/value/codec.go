package value

import (
	"slices"

	"github.com/otelcol-voice/otelcol-voice/internal/stream"
	"github.com/otelcol-voice/otelcol-voice/internal/sum"
	"github.com/otelcol-voice/otelcol-voice/processor/rollupprocessor/internal/codec"
)

// Encode writes n down.
func (n Number) Encode(e *codec.Encoder) {
	e.Bool(n.isDouble)
	if n.isDouble {
		e.Fixed(n.bits)
	} else {
		e.Int(n.integer())
	}
}

// DecodeNumber reads a number.
func DecodeNumber(d *codec.Decoder) Number {
	if d.Bool() {
		return finiteOr(d, Number{bits: d.Fixed(), isDouble: true})
	}
	return Int(d.Int())
}

func finiteOr(d *codec.Decoder, n Number) Number {
	if !n.Finite() {
		d.Fail(codec.ErrShape)
		return Number{}
	}
	return n
}

// Encode writes t down, to the last bit.
func (t *Total) Encode(e *codec.Encoder) {
	e.Bool(t.isDouble)
	e.Int(t.ints)
	if t.isDouble {
		encodeSum(e, t.doubles)
	}
}

// Decode reads what Encode wrote.
func (t *Total) Decode(d *codec.Decoder) {
	t.isDouble = d.Bool()
	t.ints = d.Int()
	if t.isDouble {
		t.doubles = decodeSum(d)
	}
}

func encodeSum(e *codec.Encoder, s sum.Sum) {
	whole, lost := s.Parts()
	e.Float(whole)
	e.Float(lost)
}

func decodeSum(d *codec.Decoder) sum.Sum {
	whole, lost := d.Float(), d.Float()
	if !finite(whole) || !finite(lost) {
		d.Fail(codec.ErrShape)
		return sum.Sum{}
	}
	return sum.Of(whole, lost)
}

// Encode writes all of h down but its bounds.
func (h *Histogram) Encode(e *codec.Encoder) {
	for _, n := range h.counts {
		e.Uint(n)
	}
	e.Uint(h.count)
	encodeSum(e, h.sum)
	e.Bool(h.unsure)
	e.Float(h.min)
	e.Float(h.max)
}

// Decode reads a histogram with the bounds that h has.
func (h *Histogram) Decode(d *codec.Decoder) {
	for i := range h.counts {
		h.counts[i] = d.Uint()
	}
	h.count = d.Uint()
	h.sum = decodeSum(d)
	h.unsure = d.Bool()
	h.min, h.max = d.Float(), d.Float()
}

// In is the histogram in other bounds, by upper edge: those of our metrics may be others in another version.
func (h *Histogram) In(bounds []float64) *Histogram {
	if slices.Equal(h.bounds, bounds) {
		return h
	}
	other := *h
	other.bounds, other.counts = bounds, make([]uint64, len(bounds)+1)
	for i, n := range h.counts {
		bucket := len(bounds)
		if i < len(h.bounds) {
			bucket, _ = slices.BinarySearch(bounds, h.bounds[i])
		}
		other.counts[bucket] += n
	}
	return &other
}

// Encode writes d down.
func (d *Distribution) Encode(e *codec.Encoder) {
	e.Len(len(d.Counts))
	for _, n := range d.Counts {
		e.Uint(n)
	}
	e.Uint(d.Count)
	e.Float(d.Sum)
	e.Bool(d.Extremes)
	e.Float(d.Min)
	e.Float(d.Max)
}

// DecodeDistribution reads a distribution.
func DecodeDistribution(d *codec.Decoder) *Distribution {
	read := &Distribution{Counts: make([]uint64, d.Len())}
	for i := range read.Counts {
		read.Counts[i] = d.Uint()
	}
	read.Count = d.Uint()
	read.Sum = d.Float()
	read.Extremes = d.Bool()
	read.Min, read.Max = d.Float(), d.Float()
	return read
}

// Encode writes x down.
func (x *Exponential) Encode(e *codec.Encoder) {
	e.Int(int64(x.scale))
	e.Float(x.threshold)
	e.Uint(x.zero)
	x.positive.encode(e)
	x.negative.encode(e)
	e.Uint(x.Count)
	e.Float(x.Sum)
	e.Bool(x.Extremes)
	e.Float(x.Min)
	e.Float(x.Max)
}

func (b *buckets) encode(e *codec.Encoder) {
	e.Int(int64(b.offset))
	e.Len(len(b.counts))
	for _, n := range b.counts {
		e.Uint(n)
	}
}

// DecodeExponential reads an exponential histogram.
func DecodeExponential(d *codec.Decoder) *Exponential {
	x := &Exponential{scale: int32(d.Int()), threshold: d.Float(), zero: d.Uint(), positive: decodeBuckets(d), negative: decodeBuckets(d)}
	x.Count, x.Sum, x.Extremes = d.Uint(), d.Float(), d.Bool()
	x.Min, x.Max = d.Float(), d.Float()
	if x.scale < stream.MinScale || x.scale > stream.MaxScale || !finite(x.threshold) {
		d.Fail(codec.ErrShape)
	}
	return x
}

func decodeBuckets(d *codec.Decoder) buckets {
	b := buckets{offset: int32(d.Int()), counts: make([]uint64, d.Len())}
	for i := range b.counts {
		b.counts[i] = d.Uint()
	}
	return b
}

// EncodeBounds writes the bounds of a histogram down.
func EncodeBounds(e *codec.Encoder, bounds []float64) {
	e.Len(len(bounds))
	for _, bound := range bounds {
		e.Float(bound)
	}
}

// DecodeBounds reads bounds, which are none that Bounds refuses.
func DecodeBounds(d *codec.Decoder) []float64 {
	bounds := make([]float64, d.Len())
	for i := range bounds {
		bounds[i] = d.Float()
	}
	if !sound(bounds) {
		d.Fail(codec.ErrShape)
	}
	return bounds
}
