package value

import (
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/otelcol-voice/otelcol-voice/internal/sum"
)

// Histogram is a sum of distributions in one set of bounds.
type Histogram struct {
	bounds []float64
	counts []uint64
	count  uint64
	sum    sum.Sum
	// min and max are known while all that was added knew them.
	min, max float64
	unsure   bool
}

// NewHistogram is an empty histogram. It shares bounds, which nobody may change.
func NewHistogram(bounds []float64) *Histogram {
	return &Histogram{bounds: bounds, counts: make([]uint64, len(bounds)+1)}
}

// Add adds a distribution that was read in the histogram's bounds.
func (h *Histogram) Add(d *Distribution) {
	h.stretch(d)
	for i, n := range d.Counts {
		h.counts[i] += n
	}
	h.count += d.Count
	h.sum.Add(d.Sum)
}

// AddSince adds what a cumulative distribution has more than its earlier state was.
func (h *Histogram) AddSince(d, was *Distribution) {
	h.stretch(d)
	for i, n := range d.Counts {
		h.counts[i] += n - was.Counts[i]
	}
	h.count += d.Count - was.Count
	h.sum.Add(d.Sum)
	h.sum.Add(-was.Sum)
}

// AddBuckets adds the buckets of d, which are what a cumulative histogram has more than before, and the difference of its sums.
func (h *Histogram) AddBuckets(d *Distribution, sum, was float64) {
	h.stretch(d)
	for i, n := range d.Counts {
		h.counts[i] += n
	}
	h.count += d.Count
	h.sum.Add(sum)
	h.sum.Add(-was)
}

func (h *Histogram) stretch(d *Distribution) {
	switch {
	case d.Count == 0:
	case !d.Extremes:
		h.unsure = true
	case h.count == 0:
		h.min, h.max = d.Min, d.Max
	default:
		h.min, h.max = min(h.min, d.Min), max(h.max, d.Max)
	}
}

// Write sets the buckets, count, sum and, if known, min and max of p.
func (h *Histogram) Write(p pmetric.HistogramDataPoint) {
	p.ExplicitBounds().FromRaw(h.bounds)
	p.BucketCounts().FromRaw(h.counts)
	p.SetCount(h.count)
	p.SetSum(h.sum.Value())
	if h.count > 0 && !h.unsure {
		p.SetMin(h.min)
		p.SetMax(h.max)
	}
}

// WriteZero makes p an empty histogram of the same bounds.
func (h *Histogram) WriteZero(p pmetric.HistogramDataPoint) {
	p.ExplicitBounds().FromRaw(h.bounds)
	p.BucketCounts().FromRaw(make([]uint64, len(h.counts)))
	p.SetCount(0)
	p.SetSum(0)
}
