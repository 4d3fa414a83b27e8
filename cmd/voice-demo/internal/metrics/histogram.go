package metrics

import (
	"maps"
	"slices"

	dto "github.com/prometheus/client_model/go"
)

// Histogram is one or more histogram series of the page, added up.
type Histogram struct {
	Count   float64
	Sum     float64  // in the metric's unit
	Buckets []Bucket // by bound, upwards; the last one's bound is +Inf
}

// Bucket is how many observations lie between the bound before, which is not in it, and its own, which is.
type Bucket struct {
	Bound float64
	Count float64
}

// Histogram adds up the series of a histogram that carry all the labels. They are expected to have the same bounds, as those of
// one collector do.
func (p Page) Histogram(metric string, labels ...Label) Histogram {
	var h Histogram
	upTo := map[float64]float64{}
	for _, sample := range p.Samples(metric, labels...) {
		h.Count += float64(sample.GetHistogram().GetSampleCount())
		h.Sum += sample.GetHistogram().GetSampleSum()
		addCumulative(upTo, sample.GetHistogram())
	}
	h.Buckets = apart(upTo)
	return h
}

func addCumulative(upTo map[float64]float64, h *dto.Histogram) {
	for _, bucket := range h.GetBucket() {
		upTo[bucket.GetUpperBound()] += float64(bucket.GetCumulativeCount())
	}
}

// apart turns cumulative counts into those of each bucket alone.
func apart(upTo map[float64]float64) []Bucket {
	before := 0.0
	var buckets []Bucket
	for _, bound := range slices.Sorted(maps.Keys(upTo)) {
		buckets = append(buckets, Bucket{Bound: bound, Count: upTo[bound] - before})
		before = upTo[bound]
	}
	return buckets
}

// Mean is the mean of what was observed, and whether anything was.
func (h Histogram) Mean() (float64, bool) {
	if h.Count == 0 {
		return 0, false
	}
	return h.Sum / h.Count, true
}
