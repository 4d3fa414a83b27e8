package costprocessor

import (
	"cmp"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/otelcol-voice/otelcol-voice/internal/signal/semconv"
	"github.com/otelcol-voice/otelcol-voice/internal/stream"
)

// origin is the metric whose points are being answered.
type origin struct {
	name        string
	temporality pmetric.AggregationTemporality
	points      int
	source      uint64 // digest of who reports it, if it is cumulative
}

func originOf(metric pmetric.Metric, from source) origin {
	of := origin{
		name:        metric.Name(),
		temporality: metric.Sum().AggregationTemporality(),
		points:      metric.Sum().DataPoints().Len(),
	}
	if of.cumulative() {
		of.source = from.digest()
	}
	return of
}

func (of *origin) cumulative() bool {
	return of.temporality == pmetric.AggregationTemporalityCumulative
}

// counter is the key of a cumulative point's stream.
func (of *origin) counter(p pmetric.NumberDataPoint) counterKey {
	return counterKey{source: of.source, stream: stream.Digest(of.name, p.Attributes()), start: p.StartTimestamp()}
}

// source is who reports a scope's points.
type source struct {
	resource pcommon.Resource
	scope    pcommon.InstrumentationScope
}

func (s source) digest() uint64 {
	return stream.Producer(s.resource, s.scope)
}

// answers adds points to a scope, each in a metric of the temporality of the usage that it answers.
type answers struct {
	metrics        pmetric.MetricSlice
	cost, unpriced output
}

// output is the metrics of one name, one for each temporality.
type output struct {
	name, unit string
	points     map[pmetric.AggregationTemporality]pmetric.NumberDataPointSlice
}

func newAnswers(metrics pmetric.MetricSlice) answers {
	return answers{
		metrics:  metrics,
		cost:     output{name: semconv.MetricCost, unit: semconv.UnitUSD},
		unpriced: output{name: semconv.MetricUnpricedUsage, unit: semconv.UnitAny},
	}
}

// price answers a point with its cost.
func (a *answers) price(u *usage, from pmetric.NumberDataPoint, of *origin) {
	p := a.cost.add(a.metrics, from, of)
	p.SetDoubleValue(u.result.USD)
	attributes := p.Attributes()
	attributes.EnsureCapacity(6 + u.extras())
	u.describe(attributes, from, of)
	attributes.PutStr(semconv.AttrCostSource, semconv.CostComputed)
	put(attributes, semconv.AttrPriceVersion, u.version)
	put(attributes, semconv.AttrCostBasis, u.basis)
}

// count answers a point by saying why it has no cost.
func (a *answers) count(u *usage, from pmetric.NumberDataPoint, of *origin) {
	p := a.unpriced.add(a.metrics, from, of)
	p.SetDoubleValue(u.value)
	attributes := p.Attributes()
	attributes.EnsureCapacity(7 + u.extras())
	u.describe(attributes, from, of)
	attributes.PutStr(semconv.AttrUsageKind, u.Kind.String())
	attributes.PutStr(semconv.AttrReason, u.result.Reason.String())
}

func (o *output) add(metrics pmetric.MetricSlice, from pmetric.NumberDataPoint, of *origin) pmetric.NumberDataPoint {
	points, known := o.points[of.temporality]
	if !known {
		points = o.open(metrics, of)
	}
	p := points.AppendEmpty()
	p.SetStartTimestamp(from.StartTimestamp())
	p.SetTimestamp(from.Timestamp())
	return p
}

// open finds the metric in the scope, where a platform's money may stand already, or makes it.
func (o *output) open(metrics pmetric.MetricSlice, of *origin) pmetric.NumberDataPointSlice {
	sum, found := o.find(metrics, of.temporality)
	if !found {
		metric := metrics.AppendEmpty()
		metric.SetName(o.name)
		metric.SetUnit(o.unit)
		metric.SetDescription(semconv.Description(o.name))
		sum = metric.SetEmptySum()
		sum.SetIsMonotonic(true)
		sum.SetAggregationTemporality(of.temporality)
	}
	points := sum.DataPoints()
	points.EnsureCapacity(points.Len() + of.points)
	if o.points == nil {
		o.points = make(map[pmetric.AggregationTemporality]pmetric.NumberDataPointSlice, 1)
	}
	o.points[of.temporality] = points
	return points
}

func (o *output) find(metrics pmetric.MetricSlice, temporality pmetric.AggregationTemporality) (pmetric.Sum, bool) {
	for _, metric := range metrics.All() {
		if metric.Name() == o.name && metric.Unit() == o.unit && metric.Type() == pmetric.MetricTypeSum &&
			metric.Sum().IsMonotonic() && metric.Sum().AggregationTemporality() == temporality {
			return metric.Sum(), true
		}
	}
	return pmetric.Sum{}, false
}

// describe writes the attributes that every answer has. The identity stays on it: rollup decides what of it a backend
// sees.
//
// Whose call it is comes first, because the key is as the sender words it: it cannot stand in for what follows.
func (u *usage) describe(attributes pcommon.Map, from pmetric.NumberDataPoint, of *origin) {
	if u.tenant != "" {
		put(attributes, u.tenant, text(from.Attributes(), u.tenant))
	}
	attributes.PutStr(semconv.AttrCostType, u.costType)
	put(attributes, semconv.AttrProvider, u.provider())
	put(attributes, semconv.AttrModel, u.model())
	put(attributes, semconv.AttrCallID, u.callID)
	if u.frameID != "" {
		attributes.PutStr(semconv.TransitID, u.frameID)
	}
	switch {
	case u.stream != "":
		attributes.PutStr(semconv.TransitStream, u.stream)
	case u.frameID == "" || of.temporality == pmetric.AggregationTemporalityCumulative:
		attributes.PutStr(semconv.TransitStream, streamOf(of.name, from.Attributes()))
	}
}

// extras is how many attributes an answer has beyond those that most have.
func (u *usage) extras() int {
	n := 0
	for _, text := range [...]string{u.tenant, u.version, u.basis} {
		if text != "" {
			n++
		}
	}
	return n
}

// provider is who bills as far as the book knows, else as reported.
func (u *usage) provider() string {
	if u.result.Provider != "" {
		return u.result.Provider
	}
	return cmp.Or(u.labels.provider, u.Provider)
}

// model is as reported, unless that is no more than the provider.
func (u *usage) model() string {
	if u.result.Nameless {
		return ""
	}
	return cmp.Or(u.labels.model, u.Model)
}

// put leaves out what is unknown: an empty label and none are the same to Prometheus.
func put(attributes pcommon.Map, key, value string) {
	if value != "" {
		attributes.PutStr(key, value)
	}
}

// streamOf digests what a usage point's stream is told from others by, within its scope.
func streamOf(metric string, attributes pcommon.Map) string {
	return stream.Text(stream.Digest(metric, attributes))
}
