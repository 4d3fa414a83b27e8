package stream

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"
)

func attributes(pairs ...string) pcommon.Map {
	m := pcommon.NewMap()
	for i := 0; i < len(pairs); i += 2 {
		m.PutStr(pairs[i], pairs[i+1])
	}
	return m
}

// What is stored by digests has to be found again by the next release.
func TestDigestIsTheSameForEver(t *testing.T) {
	assert.Equal(t, Digest("m", attributes("a", "1", "b", "2")), Digest("m", attributes("b", "2", "a", "1")), "order does not matter")
	assert.NotEqual(t, Digest("m", attributes("a", "1", "b", "2")), Digest("m", attributes("a", "2", "b", "1")))
	assert.NotEqual(t, Digest("m", attributes("a", "1")), Digest("n", attributes("a", "1")))
	assert.NotEqual(t, Digest("m", attributes("a", "1")), Digest("m", attributes()))
	assert.Equal(t, "425d73772c799afa", Text(Digest("m", attributes("a", "1", "b", "2"))))
}

func TestProducer(t *testing.T) {
	producer := func(service, library, version string) uint64 {
		resource, scope := pcommon.NewResource(), pcommon.NewInstrumentationScope()
		resource.Attributes().PutStr("service.name", service)
		scope.SetName(library)
		scope.SetVersion(version)
		return Producer(resource, scope)
	}
	one := producer("bot", "sdk", "1")
	assert.Equal(t, one, producer("bot", "sdk", "1"))
	for _, other := range []uint64{producer("bot", "sdk", "2"), producer("bot", "1", "sdk"), producer("sdk", "bot", "1")} {
		assert.NotEqual(t, one, other)
	}
}

func TestPointsAndCounting(t *testing.T) {
	const none, delta, cumulative = pmetric.AggregationTemporalityUnspecified, pmetric.AggregationTemporalityDelta,
		pmetric.AggregationTemporalityCumulative
	for name, test := range map[string]struct {
		make     func(pmetric.Metric)
		points   int
		counting pmetric.AggregationTemporality
	}{
		"nothing": {func(pmetric.Metric) {}, 0, none},
		"gauge": {func(m pmetric.Metric) {
			m.SetEmptyGauge().DataPoints().AppendEmpty()
		}, 1, none},
		"counter": {func(m pmetric.Metric) {
			m.SetEmptySum().SetIsMonotonic(true)
			m.Sum().SetAggregationTemporality(delta)
			m.Sum().DataPoints().AppendEmpty()
			m.Sum().DataPoints().AppendEmpty()
		}, 2, delta},
		"up and down": {func(m pmetric.Metric) {
			m.SetEmptySum().SetAggregationTemporality(cumulative)
			m.Sum().DataPoints().AppendEmpty()
		}, 1, none},
		"histogram": {func(m pmetric.Metric) {
			m.SetEmptyHistogram().SetAggregationTemporality(cumulative)
			m.Histogram().DataPoints().AppendEmpty()
		}, 1, cumulative},
		"exponential histogram": {func(m pmetric.Metric) {
			m.SetEmptyExponentialHistogram().SetAggregationTemporality(delta)
			m.ExponentialHistogram().DataPoints().AppendEmpty()
		}, 1, delta},
		"summary": {func(m pmetric.Metric) {
			m.SetEmptySummary().DataPoints().AppendEmpty()
		}, 1, none},
	} {
		t.Run(name, func(t *testing.T) {
			m := pmetric.NewMetric()
			test.make(m)
			assert.Equal(t, test.points, Points(m))
			assert.Equal(t, test.counting, Counting(m))
		})
	}
}
