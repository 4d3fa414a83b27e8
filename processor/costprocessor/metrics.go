package costprocessor

import (
	"context"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/processor/processorhelper"

	"github.com/otelcol-voice/otelcol-voice/internal/signal/semconv"
)

func (e *engine) processMetrics(ctx context.Context, md pmetric.Metrics) (pmetric.Metrics, error) {
	b := metricsBatch{pricer: e.pricer()}
	for _, rm := range md.ResourceMetrics().All() {
		for _, sm := range rm.ScopeMetrics().All() {
			b.scope(source{rm.Resource(), sm.Scope()}, sm.Metrics())
		}
	}
	e.telemetry.report(ctx, &e.telemetry.metrics, &b.tally)
	if b.tally.foreignDropped > 0 && md.MetricCount() == 0 {
		return md, processorhelper.ErrSkipProcessingData
	}
	return md, nil
}

// metricsBatch is one request of metrics being priced.
type metricsBatch struct {
	pricer
	tally tally
	usage usage // of the point at hand
}

func (b *metricsBatch) scope(from source, metrics pmetric.MetricSlice) {
	foreign := b.foreignCost(metrics)
	answers := newAnswers(metrics)
	// Answers are added behind what the scope has now.
	for i := range metrics.Len() {
		metric := metrics.At(i)
		m, isUsage := meters[metric.Name()]
		switch {
		case !isUsage:
		case !isCounter(metric):
			b.tally.outcomes[ignoredNotCounter] += int64(points(metric))
		case foreign:
			b.leave(metric.Sum().DataPoints())
		default:
			b.metric(m, metric, from, &answers)
		}
	}
}

// isCounter says whether a metric has a form in which each point, or the difference of two, is something used.
func isCounter(metric pmetric.Metric) bool {
	return metric.Type() == pmetric.MetricTypeSum && metric.Sum().IsMonotonic() &&
		metric.Sum().AggregationTemporality() != pmetric.AggregationTemporalityUnspecified
}

func (b *metricsBatch) metric(m meter, metric pmetric.Metric, from source, answers *answers) {
	of := origin{
		name:        metric.Name(),
		temporality: metric.Sum().AggregationTemporality(),
		points:      metric.Sum().DataPoints().Len(),
	}
	if of.cumulative() {
		of.source = from.digest()
	}
	for _, p := range metric.Sum().DataPoints().All() {
		b.usage.read(m, p.Attributes())
		what := b.point(p, &of)
		b.tally.add(what, &b.usage)
		b.answer(what, p, &of, answers)
	}
}

// point prices a point's usage.
func (b *metricsBatch) point(p pmetric.NumberDataPoint, of *origin) outcome {
	u := &b.usage
	if u.priced {
		return ignoredPriced
	}
	what := u.quantify(p)
	u.At = b.momentOf(int64(p.Timestamp()))
	switch {
	case what != unsettled && what != ignoredZero:
		return what
	case of.cumulative() && b.book.ChangesAfter(&u.Usage, p.StartTimestamp().AsTime()):
		return b.running(of.counter(p), what)
	case what == ignoredZero:
		return what
	}
	return b.price(u)
}

func (u *usage) quantify(p pmetric.NumberDataPoint) outcome {
	switch {
	case p.Flags().NoRecordedValue() || p.ValueType() == pmetric.NumberDataPointValueTypeEmpty:
		return ignoredNoValue
	case p.ValueType() == pmetric.NumberDataPointValueTypeInt:
		return u.count(p.IntValue())
	}
	return u.measure(p.DoubleValue())
}

// answer adds what follows from a point's outcome. A point whose price was asked for is marked, whatever the answer: a
// second cost processor down the line must neither price it again nor what this one has counted as unpriced.
func (b *metricsBatch) answer(what outcome, p pmetric.NumberDataPoint, of *origin, answers *answers) {
	switch {
	case what == priced:
		answers.price(&b.usage, p, of)
	case what == unpriced && b.config.OnUnknown == onUnknownCount:
		answers.count(&b.usage, p, of)
	}
	if what == priced || what == covered || what == unpriced {
		mark(p.Attributes())
	}
}

// leave passes usage on whose money a bot has reported itself.
func (b *metricsBatch) leave(usages pmetric.NumberDataPointSlice) {
	for _, p := range usages.All() {
		b.tally.outcomes[ignoredForeign]++
		mark(p.Attributes())
	}
}

// mark says on a usage that its money is known. Our receiver leaves room for it; where there is none it is made for the
// mark alone, because to append would double the list.
func mark(usage pcommon.Map) {
	usage.EnsureCapacity(usage.Len() + 1)
	usage.PutBool(semconv.TransitPriced, true)
}

// points is how many data points a metric has.
func points(metric pmetric.Metric) int {
	switch metric.Type() {
	case pmetric.MetricTypeGauge:
		return metric.Gauge().DataPoints().Len()
	case pmetric.MetricTypeSum:
		return metric.Sum().DataPoints().Len()
	case pmetric.MetricTypeHistogram:
		return metric.Histogram().DataPoints().Len()
	case pmetric.MetricTypeExponentialHistogram:
		return metric.ExponentialHistogram().DataPoints().Len()
	case pmetric.MetricTypeSummary:
		return metric.Summary().DataPoints().Len()
	}
	return 0
}
