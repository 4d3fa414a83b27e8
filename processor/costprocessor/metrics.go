package costprocessor

import (
	"context"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/processor/processorhelper"

	"github.com/otelcol-voice/otelcol-voice/internal/signal/semconv"
	"github.com/otelcol-voice/otelcol-voice/internal/stream"
)

func (e *engine) processMetrics(ctx context.Context, md pmetric.Metrics) (pmetric.Metrics, error) {
	p := e.pricer()
	if err := p.refuseMetrics(ctx, md); err != nil {
		return md, err
	}
	b := metricsBatch{pricer: p}
	for _, rm := range md.ResourceMetrics().All() {
		for _, sm := range rm.ScopeMetrics().All() {
			b.scope(source{rm.Resource(), sm.Scope()}, sm.Metrics())
		}
	}
	if b.tracked {
		e.shelf.save(ctx)
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
	tally   tally
	usage   usage     // of the point at hand
	tracked bool      // counters that are remembered were in it
	dry     bool      // only the prices are asked for; nothing is changed
	others  []account // of the counter at hand, to be answered as well
}

func (b *metricsBatch) scope(from source, metrics pmetric.MetricSlice) {
	foreign := b.foreignCost(metrics)
	answers := newAnswers(metrics)
	// Answers are added behind what the scope has now.
	all := metrics.Len()
	for i := range all {
		metric := metrics.At(i)
		m, isUsage := meters[metric.Name()]
		switch {
		case !isUsage:
			b.passOver(metric)
		case !isCounter(metric):
			b.tally.outcomes[ignoredNotCounter] += int64(stream.Points(metric))
		case foreign:
			b.leave(metric.Sum().DataPoints())
		default:
			b.metric(m, metric, from, &answers)
		}
	}
	b.sourced(from, metrics, all, foreign, &answers)
}

// isCounter says whether a metric has a form in which each point, or the difference of two, is something used.
func isCounter(metric pmetric.Metric) bool {
	return metric.Type() == pmetric.MetricTypeSum && metric.Sum().IsMonotonic() &&
		metric.Sum().AggregationTemporality() != pmetric.AggregationTemporalityUnspecified
}

func (b *metricsBatch) metric(m meter, metric pmetric.Metric, from source, answers *answers) {
	of := originOf(metric, from)
	for _, p := range metric.Sum().DataPoints().All() {
		b.usage.read(m, p.Attributes())
		what := b.point(p, &of)
		b.tally.add(what, &b.usage)
		b.answer(what, p, &of, answers)
		b.answerOthers(p, &of, answers)
	}
}

// answerOthers answers once more what the counter came to under other names.
func (b *metricsBatch) answerOthers(p pmetric.NumberDataPoint, of *origin, answers *answers) {
	for i := range b.others {
		b.answer(b.others[i].repeat(&b.usage), p, of, answers)
	}
	b.others = nil
}

// point prices a point's usage.
func (b *metricsBatch) point(p pmetric.NumberDataPoint, of *origin) outcome {
	u := &b.usage
	what := b.quantify(p, of)
	switch {
	case what != unsettled && what != ignoredZero:
		return what
	case of.cumulative() && b.follows(u, p.StartTimestamp()):
		return b.running(of.counter(p), what)
	case what == ignoredZero:
		return what
	}
	return b.price(u)
}

// quantify takes what a point says beside its attributes.
func (b *metricsBatch) quantify(p pmetric.NumberDataPoint, of *origin) outcome {
	u := &b.usage
	if u.priced {
		return ignoredPriced
	}
	u.At = b.momentOf(int64(p.Timestamp()))
	u.Single = u.frameID != "" && !of.cumulative()
	return u.quantify(p)
}

// follows says whether a cumulative stream is to be remembered.
func (b *metricsBatch) follows(u *usage, start pcommon.Timestamp) bool {
	return b.counters.all || b.book.ChangesAfter(&u.Usage, start.AsTime())
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
		markPriced(p.Attributes())
	}
}

// leave passes usage on whose money a bot has reported itself.
func (b *metricsBatch) leave(usages pmetric.NumberDataPointSlice) {
	for _, p := range usages.All() {
		b.tally.outcomes[ignoredForeign]++
		markPriced(p.Attributes())
	}
}

// markPriced says on a usage that its money is known. Our receiver leaves room for it; where there is none it is made for the
// mark alone, because to append would double the list.
func markPriced(usage pcommon.Map) {
	usage.EnsureCapacity(usage.Len() + 1)
	usage.PutBool(semconv.TransitPriced, true)
}
