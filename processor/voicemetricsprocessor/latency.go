package voicemetricsprocessor

import (
	"cmp"
	"math"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/otelcol-voice/otelcol-voice/internal/signal/semconv"
	"github.com/otelcol-voice/otelcol-voice/internal/stream"
)

// translateLatencies makes histograms of ours of those in a scope.
func (b *batch) translateLatencies(metrics pmetric.MetricSlice) {
	if len(b.latencies) == 0 {
		return
	}
	for _, m := range metrics.All() {
		if l := b.latencies[m.Name()]; l != nil {
			within := l.within != "" && l.within == b.from.scope.Name()
			b.translateLatency(l, m, within || l.newer != "" && has(metrics, l.newer))
		}
	}
	b.removeEmpty(metrics, func(name string) bool { return b.latencies[name] != nil })
}

func has(metrics pmetric.MetricSlice, name string) bool {
	for _, m := range metrics.All() {
		if m.Name() == name && stream.Points(m) > 0 {
			return true
		}
	}
	return false
}

func (b *batch) translateLatency(l *latency, m pmetric.Metric, repeated bool) {
	if repeated {
		removeIf(m, func() bool { return b.settle(droppedRepeated) })
		return
	}
	by := factorOf(m.Unit())
	switch m.Type() {
	case pmetric.MetricTypeHistogram:
		temporality := m.Histogram().AggregationTemporality()
		m.Histogram().DataPoints().RemoveIf(func(p pmetric.HistogramDataPoint) bool {
			return b.settle(b.latencyPoint(l, p, temporality, by))
		})
	case pmetric.MetricTypeExponentialHistogram:
		temporality := m.ExponentialHistogram().AggregationTemporality()
		m.ExponentialHistogram().DataPoints().RemoveIf(func(p pmetric.ExponentialHistogramDataPoint) bool {
			return b.settle(b.exponentialPoint(l, p, temporality, by))
		})
	default:
		removeIf(m, func() bool { return b.settle(leftMalformed) })
	}
}

// factorOf is how many milliseconds a unit of time has. Who names none means seconds, as the conventions do.
func factorOf(unit string) float64 {
	if unit == semconv.UnitMilliseconds {
		return 1
	}
	return milliseconds
}

func (b *batch) latencyPoint(l *latency, p pmetric.HistogramDataPoint, temporality pmetric.AggregationTemporality, by float64) outcome {
	at, what := b.readLatency(l, p, temporality)
	if what != unsettled {
		return what
	}
	to := pmetric.NewHistogramDataPoint()
	p.CopyTo(to)
	if what := inMilliseconds(to, by); what != unsettled {
		return what
	}
	at.describe(to.Attributes())
	to.MoveTo(b.out.histogram(l.metric, temporality).AppendEmpty())
	return translated
}

func (b *batch) exponentialPoint(l *latency, p pmetric.ExponentialHistogramDataPoint, temporality pmetric.AggregationTemporality, by float64) outcome {
	at, what := b.readLatency(l, p, temporality)
	if what != unsettled {
		return what
	}
	to := pmetric.NewExponentialHistogramDataPoint()
	p.CopyTo(to)
	if what := exponentialInMilliseconds(to, by); what != unsettled {
		return what
	}
	at.describe(to.Attributes())
	to.MoveTo(b.out.exponential(l.metric, temporality).AppendEmpty())
	return translated
}

// inMilliseconds makes a point that of times in milliseconds, without those that are none, or says why it is none.
func inMilliseconds(p pmetric.HistogramDataPoint, by float64) outcome {
	if !isSound(p) {
		return leftMalformed
	}
	withoutZeros(p)
	if p.Count() == 0 {
		return droppedEmpty
	}
	scale(p, by)
	if !ascend(p.ExplicitBounds()) || !arePossible(p.Count(), p.Sum()) {
		return leftMalformed
	}
	return unsettled
}

func exponentialInMilliseconds(p pmetric.ExponentialHistogramDataPoint, by float64) outcome {
	if !isSoundExponential(p) {
		return leftMalformed
	}
	withoutExponentialZeros(p)
	if p.Count() == 0 {
		return droppedEmpty
	}
	scaleExponential(p, by)
	if !arePossible(p.Count(), p.Sum()) {
		return leftMalformed
	}
	return unsettled
}

// observed is a histogram's point, of whatever buckets.
type observed interface {
	dataPoint
	HasSum() bool
	Sum() float64
}

// timing is what a point of ours says of its observations.
type timing struct {
	labels
	processor string
	stream    string
}

// readLatency takes what a point's attributes say, or why it is not translated.
func (b *batch) readLatency(l *latency, p observed, temporality pmetric.AggregationTemporality) (timing, outcome) {
	attributes := p.Attributes()
	if what := readable(p, temporality); what != unsettled {
		return timing{}, what
	}
	stage, what := l.stageOf(attributes, b.from.scope.Name())
	if what != unsettled {
		return timing{}, what
	}
	at := timing{labels: labelsOf(l.family, attributes, b.from.resource.Attributes())}
	at.stage = stage
	if l.metric == semconv.MetricTurnLatency {
		at.provider, at.model = "", "" // a turn is nobody's alone
	}
	if temporality == pmetric.AggregationTemporalityCumulative {
		at.stream = stream.Text(stream.Digest("", attributes))
	}
	return at, unsettled
}

func readable(p observed, temporality pmetric.AggregationTemporality) outcome {
	switch {
	case temporality == pmetric.AggregationTemporalityUnspecified:
		return leftNotCounter
	case p.Flags().NoRecordedValue():
		return leftNoValue
	case !p.HasSum():
		return leftNoSum
	case math.IsNaN(p.Sum()) || math.IsInf(p.Sum(), 0):
		return leftMalformed
	}
	return unsettled
}

// stageOf is the stage of a point, unless its operation is none that a call's stage does.
func (l *latency) stageOf(attributes pcommon.Map, scope string) (string, outcome) {
	if l.stage == "" {
		return "", unsettled
	}
	operation := text(attributes, l.family.OperationKey)
	stage, contains := stageOf(operation, scope)
	switch {
	case contains:
		return "", leftContainer
	case isLookup(operation):
		return "", leftUnknown
	case l.failed != "" && text(attributes, l.failed) != "":
		return "", leftFailed
	}
	return cmp.Or(stage, l.stage), unsettled
}

// isLookup says whether an operation prepares an answer and gives none: its time is no model's that answers.
func isLookup(operation string) bool {
	switch operation {
	case "embeddings", "retrieval", "rerank":
		return true
	}
	return false
}

func (t *timing) describe(attributes pcommon.Map) {
	attributes.Clear()
	t.labels.put(attributes)
	put(attributes, semconv.AttrStage, t.stage)
	put(attributes, semconv.AttrProcessor, t.processor)
	put(attributes, semconv.TransitStream, t.stream)
}
