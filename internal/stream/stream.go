// Package stream has what the streams of any metric have in common, whoever reads them: how many points a metric has, whether they
// count something, and what tells one stream from another.
package stream

import (
	"math/bits"
	"strconv"

	"github.com/cespare/xxhash/v2"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"
)

// Points is how many data points a metric has.
func Points(m pmetric.Metric) int {
	switch m.Type() {
	case pmetric.MetricTypeGauge:
		return m.Gauge().DataPoints().Len()
	case pmetric.MetricTypeSum:
		return m.Sum().DataPoints().Len()
	case pmetric.MetricTypeHistogram:
		return m.Histogram().DataPoints().Len()
	case pmetric.MetricTypeExponentialHistogram:
		return m.ExponentialHistogram().DataPoints().Len()
	case pmetric.MetricTypeSummary:
		return m.Summary().DataPoints().Len()
	default:
		return 0
	}
}

// Counting is the temporality of a metric whose points, or the differences between them, are something used; a histogram's are
// its sums. It is unspecified for all others.
func Counting(m pmetric.Metric) pmetric.AggregationTemporality {
	switch m.Type() {
	case pmetric.MetricTypeSum:
		if m.Sum().IsMonotonic() {
			return m.Sum().AggregationTemporality()
		}
	case pmetric.MetricTypeHistogram:
		return m.Histogram().AggregationTemporality()
	case pmetric.MetricTypeExponentialHistogram:
		return m.ExponentialHistogram().AggregationTemporality()
	}
	return pmetric.AggregationTemporalityUnspecified
}

// Digest stands for a name and attributes. It is the same in every process, whatever the order of the attributes.
func Digest(name string, attributes pcommon.Map) uint64 {
	sum := xxhash.Sum64String(name)
	for key, value := range attributes.All() {
		sum += Attribute(key, value.AsString())
	}
	return sum
}

// Producer stands for who reports the points of a scope.
func Producer(resource pcommon.Resource, scope pcommon.InstrumentationScope) uint64 {
	library := Mix(Digest(scope.Name(), scope.Attributes()), xxhash.Sum64String(scope.Version()))
	return Mix(Digest("", resource.Attributes()), library)
}

// Attribute stands for a key and its value. The sum of those of a set stands for the set.
func Attribute(key, value string) uint64 {
	return Mix(xxhash.Sum64String(key), xxhash.Sum64String(value))
}

// Mix makes one number of two, so that exchanging values between keys makes another sum.
func Mix(key, value uint64) uint64 {
	const odd = 0x9E3779B97F4A7C15
	hi, lo := bits.Mul64(key^odd, value^bits.RotateLeft64(odd, 32))
	return hi ^ lo
}

// Text is a digest as an attribute has it.
func Text(digest uint64) string { return strconv.FormatUint(digest, 16) }
