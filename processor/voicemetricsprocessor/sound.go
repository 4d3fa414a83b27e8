package voicemetricsprocessor

import (
	"math"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/otelcol-voice/otelcol-voice/internal/frame"
	"github.com/otelcol-voice/otelcol-voice/internal/stream"
)

// Bounds of the offset of exponential buckets: each has an index that is a number.
const minOffset, maxOffset = math.MinInt32, math.MaxInt32 - stream.MaxBuckets

// isSound says whether the buckets of a point are those of its count. Its bounds are looked at when they are scaled.
func isSound(p pmetric.HistogramDataPoint) bool {
	counts, bounds := p.BucketCounts(), p.ExplicitBounds()
	switch {
	case !isSoundSum(p.Count(), p.Sum()), counts.Len() > stream.MaxBuckets:
		return false
	case counts.Len() == 0 && bounds.Len() == 0:
		return true
	case counts.Len() != bounds.Len()+1:
		return false
	}
	all, sound := addUpTo(p.Count(), counts)
	return sound && all == p.Count()
}

func isSoundSum(count uint64, sum float64) bool {
	return count <= stream.MaxCount && (count > 0 || sum == 0)
}

// addUpTo adds counts to no more than they may be.
func addUpTo(most uint64, counts pcommon.UInt64Slice) (sum uint64, sound bool) {
	for _, n := range counts.All() {
		if n > most-sum {
			return 0, false
		}
		sum += n
	}
	return sum, true
}

func isSoundExponential(p pmetric.ExponentialHistogramDataPoint) bool {
	positive, negative := p.Positive().BucketCounts(), p.Negative().BucketCounts()
	switch {
	case !isSoundSum(p.Count(), p.Sum()), p.Scale() < stream.MinScale, p.Scale() > stream.MaxScale, p.ZeroCount() > p.Count():
		return false
	case positive.Len() > stream.MaxBuckets, negative.Len() > stream.MaxBuckets:
		return false
	case !(p.ZeroThreshold() >= 0 && p.ZeroThreshold() <= stream.MaxValue):
		return false
	}
	left := p.Count() - p.ZeroCount()
	above, sound := addUpTo(left, positive)
	below, soundToo := addUpTo(left-above, negative)
	offset := int64(p.Positive().Offset()) + int64(shiftOf(p.Scale(), milliseconds))
	return sound && soundToo && above+below == left && offset >= minOffset && offset <= maxOffset
}

// arePossible says whether so many times, of milliseconds, can add up to a sum.
func arePossible(count uint64, sum float64) bool {
	return sum >= 0 && sum <= min(float64(count)*frame.MaxSeconds*milliseconds, stream.MaxValue)
}

// ascend says whether bounds do, and are numbers.
func ascend(bounds pcommon.Float64Slice) bool {
	below := math.Inf(-1)
	for _, bound := range bounds.All() {
		if !(bound > below) || math.IsInf(bound, 1) {
			return false
		}
		below = bound
	}
	return true
}
