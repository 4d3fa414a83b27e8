package voicemetricsprocessor

import (
	"math"

	"go.opentelemetry.io/collector/pdata/pmetric"
)

// milliseconds is how many there are in a second.
const milliseconds = 1000

// withoutZeros takes off the observations that are none: what is not above zero, which is how "nothing yet" and "not known"
// are told. They are those of the first bucket where it ends at zero, as that of SDKs does; else, where the smallest
// observation is not above zero, it is one.
func withoutZeros(p pmetric.HistogramDataPoint) {
	zeros := zerosOf(p)
	if zeros == 0 {
		return
	}
	p.BucketCounts().SetAt(0, p.BucketCounts().At(0)-zeros)
	p.SetCount(p.Count() - zeros)
	if p.HasMin() {
		p.SetSum(p.Sum() - math.Min(p.Min(), 0))
	}
	p.RemoveMin()
	p.Exemplars().RemoveIf(isZero)
}

func zerosOf(p pmetric.HistogramDataPoint) uint64 {
	if p.BucketCounts().Len() == 0 || p.BucketCounts().Len() != p.ExplicitBounds().Len()+1 || p.ExplicitBounds().Len() == 0 {
		return 0
	}
	first := min(p.BucketCounts().At(0), p.Count())
	switch {
	case p.ExplicitBounds().At(0) <= 0:
		return first
	case p.HasMin() && p.Min() <= 0:
		return min(first, 1)
	}
	return 0
}

func isZero(e pmetric.Exemplar) bool {
	if e.ValueType() == pmetric.ExemplarValueTypeInt {
		return e.IntValue() <= 0
	}
	return e.DoubleValue() <= 0
}

// scale multiplies all observations of a point.
func scale(p pmetric.HistogramDataPoint, by float64) {
	p.SetSum(p.Sum() * by)
	if p.HasMin() {
		p.SetMin(p.Min() * by)
	}
	if p.HasMax() {
		p.SetMax(p.Max() * by)
	}
	for i, bound := range p.ExplicitBounds().AsRaw() {
		p.ExplicitBounds().SetAt(i, bound*by)
	}
	scaleExemplars(p.Exemplars(), by)
}

func scaleExemplars(exemplars pmetric.ExemplarSlice, by float64) {
	for _, e := range exemplars.All() {
		if e.ValueType() == pmetric.ExemplarValueTypeInt {
			e.SetDoubleValue(float64(e.IntValue()) * by)
		} else {
			e.SetDoubleValue(e.DoubleValue() * by)
		}
	}
}

// withoutExponentialZeros is withoutZeros for buckets that grow: they have one for zeros, and one for what is below.
func withoutExponentialZeros(p pmetric.ExponentialHistogramDataPoint) {
	zeros := p.ZeroCount()
	for _, n := range p.Negative().BucketCounts().All() {
		zeros += n
	}
	if zeros == 0 {
		return
	}
	p.SetCount(p.Count() - min(zeros, p.Count()))
	p.SetZeroCount(0)
	pmetric.NewExponentialHistogramDataPointBuckets().CopyTo(p.Negative())
	if p.HasMin() {
		p.SetSum(p.Sum() - math.Min(p.Min(), 0))
	}
	p.RemoveMin()
	p.Exemplars().RemoveIf(isZero)
}

// scaleExponential multiplies all observations of a point: sum, min and max exactly, buckets to the nearest bound.
func scaleExponential(p pmetric.ExponentialHistogramDataPoint, by float64) {
	p.SetSum(p.Sum() * by)
	if p.HasMin() {
		p.SetMin(p.Min() * by)
	}
	if p.HasMax() {
		p.SetMax(p.Max() * by)
	}
	p.SetZeroThreshold(p.ZeroThreshold() * by)
	p.Positive().SetOffset(p.Positive().Offset() + shiftOf(p.Scale(), by))
	scaleExemplars(p.Exemplars(), by)
}

// shiftOf is by how many buckets of a scale a factor moves what is in them.
func shiftOf(scale int32, by float64) int32 {
	return int32(math.Round(math.Log2(by) * math.Ldexp(1, int(scale))))
}
