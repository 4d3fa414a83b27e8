package value

import (
	"math"
	"slices"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/otelcol-voice/otelcol-voice/internal/stream"
)

// Fault is why a histogram point cannot be counted.
type Fault uint8

// The faults. Malformed is a point that contradicts itself (bucket counts that do not fit the bounds or the count, a
// sum of nothing).
const (
	Sound Fault = iota
	Malformed
	NotFinite
	NoSum
)

// Distribution is what one histogram point says, in bounds of our choice. Counts is reused between reads.
type Distribution struct {
	Counts   []uint64
	Count    uint64
	Sum      float64
	Min, Max float64
	Extremes bool // Min and Max are known
}

// Read takes p in the given bounds. A bucket goes to the first of our buckets whose upper edge is not below its own
// (the overflow bucket to overflow), so no observation is ever counted as faster than it was; sum and count stay exact.
// converted says that p came with other bounds. On a fault d is worth nothing.
func (d *Distribution) Read(p pmetric.HistogramDataPoint, bounds []float64) (converted bool, fault Fault) {
	if fault = check(p); fault != Sound {
		return false, fault
	}
	d.Count, d.Sum = p.Count(), p.Sum()
	d.Extremes = p.HasMin() && p.HasMax() && finite(p.Min()) && finite(p.Max())
	d.Min, d.Max = p.Min(), p.Max()
	d.clear(len(bounds) + 1)
	if p.BucketCounts().Len() == 0 {
		d.Counts[len(bounds)] = d.Count
		return len(bounds) > 0, Sound
	}
	if sameBounds(p, bounds) {
		return false, d.copyBuckets(p)
	}
	return true, d.convertBuckets(p, bounds)
}

// Single puts a delta of one observation where its sum says, if that agrees with its bucket: then nothing is lost by other
// bounds. It is false for all else. (A cumulative one would be in another place when a second observation comes.)
func (d *Distribution) Single(p pmetric.HistogramDataPoint, bounds []float64) bool {
	if d.Count != 1 || !agrees(p) {
		return false
	}
	d.single(bounds)
	return true
}

func (d *Distribution) single(bounds []float64) {
	d.clear(len(bounds) + 1)
	d.place(bounds, d.Sum, 1)
}

// agrees says whether the sum of p is in the bucket that has something.
func agrees(p pmetric.HistogramDataPoint) bool {
	bucket := 0
	for bucket < p.ExplicitBounds().Len() && p.ExplicitBounds().At(bucket) < p.Sum() {
		bucket++
	}
	return p.BucketCounts().Len() == 0 || p.BucketCounts().At(bucket) == 1
}

// place counts n observations that are no larger than edge.
func (d *Distribution) place(bounds []float64, edge float64, n uint64) {
	bucket, _ := slices.BinarySearch(bounds, edge)
	d.Counts[bucket] += n
}

func check(p pmetric.HistogramDataPoint) Fault {
	counts, bounds := p.BucketCounts().Len(), p.ExplicitBounds().Len()
	switch {
	case !p.HasSum():
		return NoSum
	case !finite(p.Sum()):
		return NotFinite
	case p.Count() > stream.MaxCount, counts > stream.MaxBuckets, p.Count() == 0 && p.Sum() != 0:
		return Malformed
	case counts != bounds+1 && counts+bounds != 0:
		return Malformed
	default:
		return Sound
	}
}

func (d *Distribution) clear(n int) {
	if cap(d.Counts) < n {
		d.Counts = make([]uint64, n)
		return
	}
	d.Counts = d.Counts[:n]
	clear(d.Counts)
}

func sameBounds(p pmetric.HistogramDataPoint, bounds []float64) bool {
	theirs := p.ExplicitBounds()
	if theirs.Len() != len(bounds) {
		return false
	}
	for i, bound := range bounds {
		if theirs.At(i) != bound {
			return false
		}
	}
	return true
}

func (d *Distribution) copyBuckets(p pmetric.HistogramDataPoint) Fault {
	var sum uint64
	counts := p.BucketCounts()
	for i := range d.Counts {
		n := counts.At(i)
		if n > stream.MaxCount {
			return Malformed
		}
		d.Counts[i] = n
		sum += n
	}
	return d.agrees(sum)
}

func (d *Distribution) convertBuckets(p pmetric.HistogramDataPoint, bounds []float64) Fault {
	var sum uint64
	counts, edges := p.BucketCounts(), p.ExplicitBounds()
	bucket, below := 0, math.Inf(-1)
	for i := range counts.Len() {
		edge := upperEdge(edges, i)
		if !(edge > below) || counts.At(i) > stream.MaxCount {
			return Malformed
		}
		for bucket < len(bounds) && bounds[bucket] < edge {
			bucket++
		}
		d.Counts[bucket] += counts.At(i)
		sum += counts.At(i)
		below = edge
	}
	return d.agrees(sum)
}

func upperEdge(edges pcommon.Float64Slice, bucket int) float64 {
	if bucket < edges.Len() {
		return edges.At(bucket)
	}
	return math.Inf(1)
}

func (d *Distribution) agrees(sum uint64) Fault {
	if sum != d.Count {
		return Malformed
	}
	return Sound
}

// Follows says whether a cumulative distribution can be a later state of was, read in the same bounds. If not, its stream
// began anew.
func (d *Distribution) Follows(was *Distribution) bool {
	if d.Count < was.Count || len(d.Counts) != len(was.Counts) {
		return false
	}
	for i, n := range was.Counts {
		if d.Counts[i] < n {
			return false
		}
	}
	return true
}

// CopyFrom makes d equal to o and independent of it.
func (d *Distribution) CopyFrom(o *Distribution) {
	counts := append(d.Counts[:0], o.Counts...)
	*d = *o
	d.Counts = counts
}

// Bounds are the explicit bounds of p. It is false when they are not finite and increasing, or too many.
func Bounds(p pmetric.HistogramDataPoint) ([]float64, bool) {
	bounds := append([]float64{}, p.ExplicitBounds().AsRaw()...)
	return bounds, sound(bounds)
}

func sound(bounds []float64) bool {
	below := math.Inf(-1)
	for _, bound := range bounds {
		if !(bound > below) || math.IsInf(bound, 1) {
			return false
		}
		below = bound
	}
	return len(bounds) < stream.MaxBuckets
}
