package signal

import (
	"slices"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/otelcol-voice/otelcol-voice/internal/call"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
	"github.com/otelcol-voice/otelcol-voice/internal/signal/semconv"
)

// Batch collects what one request says. It is not safe for concurrent use.
type Batch struct {
	metrics pmetric.Metrics
	scope   pmetric.ScopeMetrics
	byName  map[string]pmetric.Metric
	points  int
	calls   []call.Fact // that have ended, for the logs
	from    *Producer
}

// NewBatch makes an empty batch.
func (p *Producer) NewBatch() *Batch {
	b := &Batch{metrics: pmetric.NewMetrics(), byName: map[string]pmetric.Metric{}, from: p}
	resource := b.metrics.ResourceMetrics().AppendEmpty()
	resource.Resource().Attributes().PutStr(attrServiceName, p.settings.Service)
	b.scope = resource.ScopeMetrics().AppendEmpty()
	b.scope.Scope().SetName(semconv.ScopeName)
	return b
}

const attrServiceName = "service.name"

// Metrics is the batch's metrics; the caller owns them and must not add to the batch after.
func (b *Batch) Metrics() pmetric.Metrics { return b.metrics }

// Points is how many data points Metrics holds.
func (b *Batch) Points() int { return b.points }

// Add adds facts, in the order in which they became true.
func (b *Batch) Add(facts []call.Fact) {
	for i := range facts {
		b.add(&facts[i])
	}
}

func (b *Batch) add(f *call.Fact) {
	switch f.Kind {
	case call.Opened:
		b.count(f, semconv.MetricCalls, semconv.UnitCall)
	case call.Lasted:
		b.double(f, semconv.MetricSessionDuration, semconv.UnitSeconds, false, f.Value)
	case call.Waited:
		putSource(b.latency(f, semconv.MetricTTFB), f.Source)
	case call.Worked:
		putSource(b.latency(f, semconv.MetricProcessing), f.Source)
	case call.Used:
		b.used(f)
	case call.Answered:
		b.latency(f, semconv.MetricTurnLatency)
	case call.TurnEnded:
		b.count(f, semconv.MetricTurns, semconv.UnitTurn)
	case call.Interrupted:
		b.count(f, semconv.MetricInterruptions, semconv.UnitInterruption)
	case call.ToolCalled:
		attrs := b.count(f, semconv.MetricToolCalls, semconv.UnitCall)
		put(attrs, semconv.AttrFunctionName, f.Name)
		put(attrs, semconv.AttrOutcome, f.Outcome)
	case call.Failed:
		attrs := b.count(f, semconv.MetricErrors, semconv.UnitError)
		put(attrs, semconv.AttrProcessor, f.Source.Processor)
		put(attrs, semconv.AttrCategory, f.Name)
	case call.Ended:
		attrs := b.histogram(f, semconv.MetricCallDuration, semconv.UnitSeconds, semconv.DurationBounds)
		put(attrs, semconv.AttrEndReason, endReason(f.Name))
		if f.Summary != nil {
			b.calls = append(b.calls, *f)
		}
	}
}

// endReason is the bot's word where the contract has it: a histogram has twenty series for each. The word itself is on the
// summary.
func endReason(word string) string {
	if slices.Contains(semconv.EndReasons, word) {
		return word
	}
	return semconv.EndReasonOther
}

// used is a usage point: what the cost processor prices.
func (b *Batch) used(f *call.Fact) {
	u := &f.Usage
	name := usageMetric(u.Quantity)
	var attrs pcommon.Map
	if wholeNumbers(u.Quantity) {
		attrs = b.integer(f, name, usageUnit(u.Quantity), int64(u.Amount))
	} else {
		attrs = b.double(f, name, usageUnit(u.Quantity), true, u.Amount)
	}
	putUsage(attrs, u)
}

// count adds one to a counter.
func (b *Batch) count(f *call.Fact, name, unit string) pcommon.Map {
	return b.integer(f, name, unit, 1)
}

func (b *Batch) integer(f *call.Fact, name, unit string, value int64) pcommon.Map {
	point := b.sum(name, unit, true).DataPoints().AppendEmpty()
	point.SetIntValue(value)
	point.SetTimestamp(b.stamp(f.Time))
	return identify(point.Attributes(), f)
}

func (b *Batch) double(f *call.Fact, name, unit string, monotonic bool, value float64) pcommon.Map {
	point := b.sum(name, unit, monotonic).DataPoints().AppendEmpty()
	point.SetDoubleValue(value)
	point.SetTimestamp(b.stamp(f.Time))
	return identify(point.Attributes(), f)
}

func (b *Batch) latency(f *call.Fact, name string) pcommon.Map {
	return b.histogram(f, name, semconv.UnitMilliseconds, semconv.LatencyBounds)
}

// histogram adds one observation, the fact's value.
func (b *Batch) histogram(f *call.Fact, name, unit string, bounds []float64) pcommon.Map {
	metric, known := b.metric(name, unit)
	if !known {
		metric.SetEmptyHistogram().SetAggregationTemporality(pmetric.AggregationTemporalityDelta)
	}
	point := metric.Histogram().DataPoints().AppendEmpty()
	point.SetCount(1)
	point.SetSum(f.Value)
	point.SetMin(f.Value)
	point.SetMax(f.Value)
	point.ExplicitBounds().FromRaw(bounds)
	counts := point.BucketCounts()
	counts.EnsureCapacity(len(bounds) + 1)
	at := bucket(bounds, f.Value)
	for i := 0; i <= len(bounds); i++ {
		var n uint64
		if i == at {
			n = 1
		}
		counts.Append(n)
	}
	point.SetTimestamp(b.stamp(f.Time))
	return identify(point.Attributes(), f)
}

// bucket is the index of the bucket that holds value: the first whose upper bound is not below it.
func bucket(bounds []float64, value float64) int {
	for i, bound := range bounds {
		if value <= bound {
			return i
		}
	}
	return len(bounds)
}

func (b *Batch) sum(name, unit string, monotonic bool) pmetric.Sum {
	metric, known := b.metric(name, unit)
	if !known {
		sum := metric.SetEmptySum()
		sum.SetIsMonotonic(monotonic)
		sum.SetAggregationTemporality(pmetric.AggregationTemporalityDelta)
	}
	return metric.Sum()
}

func (b *Batch) metric(name, unit string) (pmetric.Metric, bool) {
	if metric, known := b.byName[name]; known {
		return metric, true
	}
	metric := b.scope.Metrics().AppendEmpty()
	metric.SetName(name)
	metric.SetUnit(unit)
	metric.SetDescription(semconv.Description(name))
	b.byName[name] = metric
	return metric, false
}

// stamp is the moment of the next point. Facts are exact to the microsecond; the nanoseconds below number the points, so
// that two of one stream do not share a timestamp (stock processors drop the second as out of order) unless they are of
// the same microsecond and a thousand points apart.
func (b *Batch) stamp(at time.Time) pcommon.Timestamp {
	b.points++
	return pcommon.NewTimestampFromTime(at.Truncate(time.Microsecond)) + pcommon.Timestamp(b.from.sequence.Add(1)%1000)
}

// identify writes what every point carries.
func identify(attrs pcommon.Map, f *call.Fact) pcommon.Map {
	attrs.EnsureCapacity(10) // what the cost processor will add has room
	attrs.PutStr(semconv.AttrCallID, f.Call.ID)
	putID(attrs, f.FrameID)
	return attrs
}

func putID(attrs pcommon.Map, id frame.ID) {
	if id != 0 {
		attrs.PutStr(semconv.TransitID, id.String())
	}
}

func putSource(attrs pcommon.Map, source frame.Source) {
	put(attrs, semconv.AttrStage, string(source.Stage))
	put(attrs, semconv.AttrProcessor, source.Processor)
	put(attrs, semconv.AttrProvider, source.Provider)
	put(attrs, semconv.AttrModel, source.Model)
}

// put leaves out what is unknown: an empty label and none are the same to Prometheus.
func put(attrs pcommon.Map, key, value string) {
	if value != "" {
		attrs.PutStr(key, value)
	}
}
