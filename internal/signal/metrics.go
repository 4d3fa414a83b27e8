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
	from    *Producer
	metrics pmetric.Metrics
	*section
	others map[string]*section // of tenants other than the one at hand
	points int
	next   uint64 // number of the next point
	id     identity
	spot   spot

	calls []call.Fact // that have ended, for the logs and their spans
	turns []call.Fact // that have ended, for their spans
	spans int
}

// section is the metrics of one resource.
type section struct {
	tenant string
	begun  bool
	scope  pmetric.ScopeMetrics
	open   [instruments]pmetric.Metric
}

// identity is a frame's identity as it is written. Most points come from the frame of the one before.
type identity struct {
	id   frame.ID
	text string
}

func (i *identity) of(id frame.ID) string {
	if id != i.id {
		i.id, i.text = id, id.String()
	}
	return i.text
}

// NewBatch makes an empty batch.
func (p *Producer) NewBatch() *Batch {
	b := &Batch{metrics: pmetric.NewMetrics(), from: p}
	if p.settings.Resource == nil {
		b.section = &section{}
	}
	return b
}

// begin makes room for the section's first metric. What has none leaves no resource and no scope.
func (b *Batch) begin() {
	resource := b.metrics.ResourceMetrics().AppendEmpty()
	b.from.resource(b.tenant).put(resource.Resource().Attributes())
	b.scope = resource.ScopeMetrics().AppendEmpty()
	b.scope.Scope().SetName(semconv.ScopeName)
	b.begun = true
}

// turnTo makes the resource of a tenant the one that is written to.
func (b *Batch) turnTo(tenant string) {
	switch {
	case b.section != nil && !b.from.apart(b.tenant, tenant):
		return
	case b.others == nil:
		b.others = map[string]*section{}
	}
	if b.section != nil {
		b.others[b.tenant] = b.section
	}
	if b.section = b.others[tenant]; b.section == nil {
		b.section = &section{tenant: tenant}
	}
}

// Metrics is the batch's metrics; the caller owns them and must not add to the batch after.
func (b *Batch) Metrics() pmetric.Metrics { return b.metrics }

// Points is how many data points Metrics holds.
func (b *Batch) Points() int { return b.points }

// Add adds facts, in the order in which they became true.
func (b *Batch) Add(facts []call.Fact) {
	// No fact makes more than one point.
	b.next = b.from.sequence.Add(uint64(len(facts))) - uint64(len(facts))
	for i := range facts {
		b.turnTo(facts[i].Call.Tenant)
		b.add(&facts[i])
	}
}

func (b *Batch) add(f *call.Fact) {
	switch f.Kind {
	case call.Opened:
		b.count(f, callsBegun)
	case call.Lasted:
		b.measure(f, sessionDuration, f.Value)
	case call.Waited:
		b.from.putSource(b.observe(f, ttfb), f.Source)
	case call.Worked:
		b.from.putSource(b.observe(f, processing), f.Source)
	case call.Used:
		b.used(f)
	case call.Answered:
		b.observe(f, turnLatency)
	case call.TurnEnded:
		b.count(f, turns)
	case call.Interrupted:
		b.count(f, interruptions)
	case call.ToolCalled:
		b.toolCalled(f)
	case call.Failed:
		b.failed(f)
	case call.Traced:
		b.traced(f)
	case call.Ended:
		b.ended(f)
	}
}

func (b *Batch) toolCalled(f *call.Fact) {
	attrs := b.count(f, toolCalls)
	put(attrs, semconv.AttrFunctionName, b.from.text(functions, f.Name))
	put(attrs, semconv.AttrOutcome, f.Outcome)
}

func (b *Batch) failed(f *call.Fact) {
	attrs := b.count(f, errorsReported)
	put(attrs, semconv.AttrProcessor, b.from.text(processors, f.Source.Processor))
	put(attrs, semconv.AttrCategory, b.from.text(categories, f.Name))
}

func (b *Batch) traced(f *call.Fact) {
	if f.Turn != nil {
		b.turns = append(b.turns, *f)
		b.spans += spansOf(f.Turn)
	}
}

func (b *Batch) ended(f *call.Fact) {
	attrs := b.observe(f, callDuration)
	put(attrs, semconv.AttrEndReason, endReason(f.Name))
	if f.Summary != nil {
		b.calls = append(b.calls, *f)
		b.spans++
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

// used is a usage point, which the cost processor prices, or money that needs no price.
func (b *Batch) used(f *call.Fact) {
	u := &f.Usage
	metric := meter(u.Quantity)
	var attrs pcommon.Map
	if contract[metric].whole {
		attrs = b.integer(f, metric, int64(u.Amount))
	} else {
		attrs = b.measure(f, metric, u.Amount)
	}
	b.from.putUsage(attrs, u)
	if u.Quantity == call.Tokens {
		putLeaf(attrs, u.Leaf)
	}
	if f.Call.Tenant != "" && u.Quantity != call.Money {
		put(attrs, semconv.TransitTenant, b.from.settings.TenantAttribute)
	}
}

// count adds one to a counter.
func (b *Batch) count(f *call.Fact, metric instrumentID) pcommon.Map { return b.integer(f, metric, 1) }

func (b *Batch) integer(f *call.Fact, metric instrumentID, value int64) pcommon.Map {
	point := b.sum(metric).DataPoints().AppendEmpty()
	point.SetIntValue(value)
	point.SetTimestamp(b.stamp(f.Time))
	return b.identify(point.Attributes(), f, metric)
}

func (b *Batch) measure(f *call.Fact, metric instrumentID, value float64) pcommon.Map {
	point := b.sum(metric).DataPoints().AppendEmpty()
	point.SetDoubleValue(value)
	point.SetTimestamp(b.stamp(f.Time))
	return b.identify(point.Attributes(), f, metric)
}

// observe adds one observation, the fact's value, to a histogram.
func (b *Batch) observe(f *call.Fact, metric instrumentID) pcommon.Map {
	point := b.histogram(metric).DataPoints().AppendEmpty()
	point.SetCount(1)
	point.SetSum(f.Value)
	point.SetMin(f.Value)
	point.SetMax(f.Value)
	bounds := contract[metric].bounds
	point.ExplicitBounds().FromRaw(bounds)
	point.BucketCounts().FromRaw(singles[metric][bucket(bounds, f.Value)])
	point.SetTimestamp(b.stamp(f.Time))
	b.show(point, f)
	return b.identify(point.Attributes(), f, metric)
}

func (b *Batch) sum(id instrumentID) pmetric.Sum {
	metric, open := b.metric(id)
	if !open {
		sum := metric.SetEmptySum()
		sum.SetIsMonotonic(!contract[id].falls)
		sum.SetAggregationTemporality(pmetric.AggregationTemporalityDelta)
	}
	return metric.Sum()
}

func (b *Batch) histogram(id instrumentID) pmetric.Histogram {
	metric, open := b.metric(id)
	if !open {
		metric.SetEmptyHistogram().SetAggregationTemporality(pmetric.AggregationTemporalityDelta)
	}
	return metric.Histogram()
}

// metric finds or makes a metric of the batch and says whether it was there.
func (b *Batch) metric(id instrumentID) (pmetric.Metric, bool) {
	if b.open[id] != (pmetric.Metric{}) {
		return b.open[id], true
	}
	if !b.begun {
		b.begin()
	}
	metric := b.scope.Metrics().AppendEmpty()
	metric.SetName(contract[id].name)
	metric.SetUnit(contract[id].unit)
	metric.SetDescription(semconv.Description(contract[id].name))
	b.open[id] = metric
	return metric, false
}

// stamp is the moment of the next point. Facts are exact to the microsecond; the nanoseconds below number the points, so
// that two of one stream do not share a timestamp (stock processors drop the second as out of order) unless they are of
// the same microsecond and a thousand points apart.
func (b *Batch) stamp(at time.Time) pcommon.Timestamp {
	b.points++
	b.next++
	return pcommon.NewTimestampFromTime(at.Truncate(time.Microsecond)) + pcommon.Timestamp(b.next%1000)
}

// identify writes what every point carries.
func (b *Batch) identify(attrs pcommon.Map, f *call.Fact, metric instrumentID) pcommon.Map {
	tenant := b.from.tenant(f.Call)
	room := contract[metric].room
	if tenant != "" {
		room += 2
	}
	attrs.EnsureCapacity(room)
	attrs.PutStr(semconv.AttrCallID, f.Call.ID)
	put(attrs, semconv.TransitID, b.id.of(f.FrameID))
	put(attrs, b.from.settings.TenantAttribute, tenant)
	return attrs
}
