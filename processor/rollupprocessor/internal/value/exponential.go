package value

import (
	"math"
	"slices"

	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/otelcol-voice/otelcol-voice/internal/stream"
)

// Exponential is what one exponential histogram point says, at the scale that it came in.
type Exponential struct {
	scale     int32
	threshold float64 // up to which, either side, an observation is in the zero bucket
	zero      uint64
	positive  buckets
	negative  buckets

	Count    uint64
	Sum      float64
	Min, Max float64
	Extremes bool // Min and Max are known
}

// buckets are those of one sign: counts[i] is the bucket of index offset+i.
type buckets struct {
	offset int32
	counts []uint64
}

// Read takes p. On a fault x is worth nothing.
func (x *Exponential) Read(p pmetric.ExponentialHistogramDataPoint) Fault {
	switch {
	case !p.HasSum():
		return NoSum
	case !finite(p.Sum()):
		return NotFinite
	case p.Count() > stream.MaxCount, p.ZeroCount() > stream.MaxCount, p.Count() == 0 && p.Sum() != 0, p.Scale() < stream.MinScale, p.Scale() > stream.MaxScale:
		return Malformed
	case !finite(p.ZeroThreshold()), p.ZeroThreshold() < 0:
		return Malformed
	}
	x.scale, x.threshold, x.zero = p.Scale(), p.ZeroThreshold(), p.ZeroCount()
	x.Count, x.Sum = p.Count(), p.Sum()
	x.Extremes = p.HasMin() && p.HasMax() && finite(p.Min()) && finite(p.Max())
	x.Min, x.Max = p.Min(), p.Max()
	positive, sound := x.positive.read(p.Positive())
	negative, soundToo := x.negative.read(p.Negative())
	if !sound || !soundToo || x.zero+positive+negative != x.Count {
		return Malformed
	}
	return Sound
}

// read is false for buckets that no histogram has.
func (b *buckets) read(p pmetric.ExponentialHistogramDataPointBuckets) (sum uint64, sound bool) {
	b.offset, b.counts = p.Offset(), b.counts[:0]
	if p.BucketCounts().Len() > stream.MaxBuckets {
		return 0, false
	}
	for _, n := range p.BucketCounts().All() {
		if n > stream.MaxCount {
			return 0, false
		}
		b.counts = append(b.counts, n)
		sum += n
	}
	return sum, true
}

// Delta is the distribution of x in the given bounds. A single observation is where its sum says, which loses nothing; else
// it is converted, by upper edge as in Distribution.Read.
func (x *Exponential) Delta(bounds []float64, d *Distribution) (converted bool) {
	x.In(bounds, d)
	if x.Count == 1 {
		d.single(bounds)
	}
	return x.Count > 1
}

// In is the distribution of x in the given bounds by upper edge.
func (x *Exponential) In(bounds []float64, d *Distribution) {
	d.Count, d.Sum, d.Min, d.Max, d.Extremes = x.Count, x.Sum, x.Min, x.Max, x.Extremes
	d.clear(len(bounds) + 1)
	for i, n := range x.negative.counts {
		if n > 0 {
			d.place(bounds, -x.edge(x.negative.index(i)-1), n)
		}
	}
	if x.zero > 0 {
		d.place(bounds, x.threshold, x.zero)
	}
	for i, n := range x.positive.counts {
		if n > 0 {
			d.place(bounds, x.edge(x.positive.index(i)), n)
		}
	}
}

func (b *buckets) index(i int) int64 { return int64(b.offset) + int64(i) }

// edge is the upper edge of the positive bucket of that index.
func (x *Exponential) edge(index int64) float64 {
	return math.Exp2(math.Ldexp(float64(index+1), int(-x.scale)))
}

// Since is what x, a later state of a cumulative histogram, has more than was, in its buckets alone. It is false when x
// cannot be a later state: its stream began anew.
func (x *Exponential) Since(was *Exponential) (*Exponential, bool) {
	if x.Count < was.Count {
		return nil, false
	}
	more, less := x.Clone(), was.Clone()
	scale := min(x.scale, was.scale)
	more.coarsen(scale)
	less.coarsen(scale)
	threshold := more.reach(less.reach(max(x.threshold, was.threshold)))
	more.widen(threshold)
	less.widen(threshold)
	if more.zero < less.zero || !more.positive.subtract(&less.positive) || !more.negative.subtract(&less.negative) {
		return nil, false
	}
	more.zero -= less.zero
	more.Count -= less.Count
	return more, true
}

// Clone is a copy that is independent of x.
func (x *Exponential) Clone() *Exponential {
	other := *x
	other.positive.counts = slices.Clone(x.positive.counts)
	other.negative.counts = slices.Clone(x.negative.counts)
	return &other
}

// coarsen brings x to a scale that is no finer. Each step makes one bucket of two; SDKs do so when values are too far apart for
// as many buckets as they have.
func (x *Exponential) coarsen(scale int32) {
	shift := x.scale - scale
	x.scale = scale
	x.positive.coarsen(shift)
	x.negative.coarsen(shift)
}

// reach is the threshold, or the upper edge of a bucket that has something on both sides of it.
func (x *Exponential) reach(threshold float64) float64 {
	if threshold <= x.threshold {
		return threshold
	}
	for _, b := range []*buckets{&x.positive, &x.negative} {
		for i, n := range b.counts {
			if n > 0 && x.edge(b.index(i)-1) < threshold {
				threshold = max(threshold, x.edge(b.index(i)))
			}
		}
	}
	return threshold
}

// widen makes the zero bucket one that reaches to a threshold.
func (x *Exponential) widen(threshold float64) {
	if threshold > x.threshold {
		x.threshold = threshold
		x.zero += x.swallow(&x.positive) + x.swallow(&x.negative)
	}
}

func (b *buckets) coarsen(shift int32) {
	if shift == 0 || len(b.counts) == 0 {
		return
	}
	first := b.index(0) >> shift
	merged := make([]uint64, b.index(len(b.counts)-1)>>shift-first+1)
	for i, n := range b.counts {
		merged[b.index(i)>>shift-first] += n
	}
	b.offset, b.counts = int32(first), merged
}

// swallow empties the buckets that are within the zero bucket.
func (x *Exponential) swallow(b *buckets) (n uint64) {
	for i := range b.counts {
		if x.edge(b.index(i)) <= x.threshold {
			n += b.counts[i]
			b.counts[i] = 0
		}
	}
	return n
}

// subtract is false when there would be less than nothing in a bucket.
func (b *buckets) subtract(o *buckets) bool {
	for i, n := range o.counts {
		if n == 0 {
			continue
		}
		at := o.index(i) - b.index(0)
		if at < 0 || at >= int64(len(b.counts)) || b.counts[at] < n {
			return false
		}
		b.counts[at] -= n
	}
	return true
}

// What our own exponential histograms are: 8 buckets for each doubling, from a thousandth to a hundred thousand. What is
// smaller is in the zero bucket, and what is larger in the last one.
const (
	gridScale = 3
	gridFrom  = -10 << gridScale // index of the edge 2^-10
	gridTo    = 17 << gridScale
)

// Grid is the bounds in which exponential histograms are held.
var Grid = grid()

func grid() []float64 {
	var bounds []float64
	for i := gridFrom; i <= gridTo; i++ {
		bounds = append(bounds, math.Exp2(math.Ldexp(float64(i), -gridScale)))
	}
	return bounds
}

// Powers are the bounds of an exponential histogram that nobody knows beforehand: powers of two, which are edges at any scale
// of an SDK.
var Powers = powers()

func powers() []float64 {
	var bounds []float64
	for i := gridFrom; i <= gridTo; i += 1 << gridScale {
		bounds = append(bounds, Grid[i-gridFrom])
	}
	return bounds
}

// WriteExponential writes a histogram that is held in the bounds of Grid.
func (h *Histogram) WriteExponential(p pmetric.ExponentialHistogramDataPoint) {
	h.WriteExponentialZero(p)
	p.SetCount(h.count)
	p.SetSum(h.sum.Value())
	p.SetZeroCount(h.counts[0])
	writeBuckets(p.Positive(), h.counts[1:])
	if h.count > 0 && !h.unsure {
		p.SetMin(h.min)
		p.SetMax(h.max)
	}
}

// WriteExponentialZero makes p an empty histogram of the same scale.
func (h *Histogram) WriteExponentialZero(p pmetric.ExponentialHistogramDataPoint) {
	p.SetScale(gridScale)
	p.SetZeroThreshold(Grid[0])
	p.SetSum(0)
}

// writeBuckets leaves out what is empty before and after.
func writeBuckets(p pmetric.ExponentialHistogramDataPointBuckets, counts []uint64) {
	first := slices.IndexFunc(counts, func(n uint64) bool { return n > 0 })
	if first < 0 {
		return
	}
	last := len(counts)
	for counts[last-1] == 0 {
		last--
	}
	p.SetOffset(int32(gridFrom + first))
	p.BucketCounts().FromRaw(counts[first:last])
}
