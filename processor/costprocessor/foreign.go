package costprocessor

import (
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/otelcol-voice/otelcol-voice/internal/signal/semconv"
	"github.com/otelcol-voice/otelcol-voice/internal/stream"
)

// foreignCost deals with money in a scope that does not say where it comes from: a bot's own guess. As configured it is
// dropped, or kept as the provider's; true says that it was kept, so that what came with it must not be priced.
func (b *metricsBatch) foreignCost(metrics pmetric.MetricSlice) bool {
	before := b.tally.foreignKept
	metrics.RemoveIf(func(metric pmetric.Metric) bool {
		return metric.Name() == semconv.MetricCost && b.emptied(metric)
	})
	return b.tally.foreignKept > before
}

// emptied deals with the foreign points of a cost metric and says whether none are left in it.
func (b *metricsBatch) emptied(metric pmetric.Metric) bool {
	numbers, ok := numbersOf(metric)
	if !ok {
		// Money in a histogram or summary is nobody's that we know of; its points are dropped or kept as they are.
		b.tallyForeign(int64(stream.Points(metric)))
		return !b.config.KeepForeignCost
	}
	numbers.RemoveIf(b.foreignPoint)
	return numbers.Len() == 0
}

func numbersOf(metric pmetric.Metric) (pmetric.NumberDataPointSlice, bool) {
	switch metric.Type() {
	case pmetric.MetricTypeSum:
		return metric.Sum().DataPoints(), true
	case pmetric.MetricTypeGauge:
		return metric.Gauge().DataPoints(), true
	}
	return pmetric.NumberDataPointSlice{}, false
}

// foreignPoint says whether a point of cost is to be removed, and marks it where it is kept.
func (b *metricsBatch) foreignPoint(p pmetric.NumberDataPoint) bool {
	switch text(p.Attributes(), semconv.AttrCostSource) {
	case semconv.CostComputed, semconv.CostProvider:
		return false
	}
	b.tallyForeign(1)
	if b.config.KeepForeignCost {
		p.Attributes().PutStr(semconv.AttrCostSource, semconv.CostProvider)
		return false
	}
	return true
}

func (b *metricsBatch) tallyForeign(n int64) {
	if b.config.KeepForeignCost {
		b.tally.foreignKept += n
	} else {
		b.tally.foreignDropped += n
	}
}
