package voicemetricsprocessor

import (
	"math"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/otelcol-voice/otelcol-voice/internal/foreign"
	"github.com/otelcol-voice/otelcol-voice/internal/pricing"
	"github.com/otelcol-voice/otelcol-voice/internal/signal/semconv"
	"github.com/otelcol-voice/otelcol-voice/internal/stream"
)

// units are those of our metrics that come out of here.
var units = map[string]string{
	semconv.MetricTTFB:            semconv.UnitMilliseconds,
	semconv.MetricProcessing:      semconv.UnitMilliseconds,
	semconv.MetricTurnLatency:     semconv.UnitMilliseconds,
	semconv.MetricLLMTokens:       semconv.UnitToken,
	semconv.MetricTTSCharacters:   semconv.UnitCharacter,
	semconv.MetricSTTAudio:        semconv.UnitSeconds,
	semconv.MetricRealtimeSession: semconv.UnitSeconds,
	semconv.MetricSessionDuration: semconv.UnitSeconds,
	semconv.MetricCalls:           semconv.UnitCall,
}

// meters are our metrics of usage that is no tokens.
var meters = map[pricing.Kind]string{
	pricing.Characters:      semconv.MetricTTSCharacters,
	pricing.STTAudio:        semconv.MetricSTTAudio,
	pricing.RealtimeSession: semconv.MetricRealtimeSession,
}

// output is the metrics that are made in a scope, one for each name, shape and temporality.
type output struct{ metrics []pmetric.Metric }

// metric finds or makes a metric of ours; is says whether it has the shape, and shape gives it one.
func (o *output) metric(name string, is func(pmetric.Metric) bool, shape func(pmetric.Metric)) pmetric.Metric {
	for _, m := range o.metrics {
		if m.Name() == name && is(m) {
			return m
		}
	}
	m := pmetric.NewMetric()
	rename(m, name)
	shape(m)
	o.metrics = append(o.metrics, m)
	return m
}

// rename gives a metric one of our names, with its unit and description.
func rename(m pmetric.Metric, name string) {
	m.SetName(name)
	m.SetUnit(units[name])
	m.SetDescription(semconv.Description(name))
}

func (o *output) moveTo(metrics pmetric.MetricSlice) {
	for _, m := range o.metrics {
		m.MoveTo(metrics.AppendEmpty())
	}
}

// counter is a new point of a counter.
func (o *output) counter(name string, temporality pmetric.AggregationTemporality) pmetric.NumberDataPoint {
	m := o.metric(name, func(m pmetric.Metric) bool {
		return m.Type() == pmetric.MetricTypeSum && m.Sum().AggregationTemporality() == temporality
	}, func(m pmetric.Metric) {
		m.SetEmptySum().SetIsMonotonic(true)
		m.Sum().SetAggregationTemporality(temporality)
	})
	return m.Sum().DataPoints().AppendEmpty()
}

func (o *output) histogram(name string, temporality pmetric.AggregationTemporality) pmetric.HistogramDataPointSlice {
	return o.metric(name, func(m pmetric.Metric) bool {
		return m.Type() == pmetric.MetricTypeHistogram && m.Histogram().AggregationTemporality() == temporality
	}, func(m pmetric.Metric) {
		m.SetEmptyHistogram().SetAggregationTemporality(temporality)
	}).Histogram().DataPoints()
}

func (o *output) exponential(name string, temporality pmetric.AggregationTemporality) pmetric.ExponentialHistogramDataPointSlice {
	return o.metric(name, func(m pmetric.Metric) bool {
		return m.Type() == pmetric.MetricTypeExponentialHistogram && m.ExponentialHistogram().AggregationTemporality() == temporality
	}, func(m pmetric.Metric) {
		m.SetEmptyExponentialHistogram().SetAggregationTemporality(temporality)
	}).ExponentialHistogram().DataPoints()
}

// emission is a kind of usage that becomes a point of ours.
type emission struct {
	whole  *sighting
	start  pcommon.Timestamp
	kind   pricing.Kind
	amount float64
}

// emit writes a usage as our receiver does. Its temporality, start and time are those of what it comes from.
func (b *batch) emit(e *emission) {
	name, isOther := meters[e.kind]
	if !isOther {
		name = semconv.MetricLLMTokens
	}
	temporality := pmetric.AggregationTemporalityCumulative
	if e.whole.delta {
		temporality = pmetric.AggregationTemporalityDelta
	}
	p := b.out.counter(name, temporality)
	p.SetStartTimestamp(e.start)
	p.SetTimestamp(e.whole.at)
	setAmount(p, e.amount, name == semconv.MetricLLMTokens || name == semconv.MetricTTSCharacters)
	e.describe(p.Attributes(), name)
}

// setAmount writes whole tokens and characters as integers, which is what they are.
func setAmount(p pmetric.NumberDataPoint, amount float64, countable bool) {
	const exact = 1 << 53
	if countable && amount == math.Trunc(amount) && amount <= exact {
		p.SetIntValue(int64(amount))
		return
	}
	p.SetDoubleValue(amount)
}

func (e *emission) describe(attributes pcommon.Map, name string) {
	s := e.whole
	attributes.EnsureCapacity(9)
	s.labels.put(attributes)
	if name == semconv.MetricLLMTokens {
		putTokens(attributes, e.kind, s)
	}
	put(attributes, semconv.TransitStage, stageOfLeaf(s, e.kind))
	if e.kind == pricing.RealtimeSession {
		attributes.PutBool(semconv.TransitPair, true) // its tokens are told as well, and most vendors bill those
	}
	put(attributes, semconv.TransitServiceTier, s.labels.tier)
	if s.priced {
		attributes.PutBool(semconv.TransitPriced, true)
	}
	if !s.delta {
		attributes.PutStr(semconv.TransitStream, stream.Text(s.together))
	}
}

// stageOfLeaf is that of the use, unless what is used is sound, which only realtime models take and give.
func stageOfLeaf(s *sighting, kind pricing.Kind) string {
	switch kind {
	case pricing.PromptAudio, pricing.PromptAudioCacheRead, pricing.CompletionAudio:
		if s.labels.stage == semconv.StageLLM && s.family.Name == foreign.LiveKit {
			return semconv.StageRealtime
		}
	}
	return s.labels.stage
}

func (l *labels) put(attributes pcommon.Map) {
	put(attributes, semconv.AttrCallID, l.callID)
	put(attributes, semconv.AttrProvider, l.provider)
	put(attributes, semconv.AttrModel, l.model)
}

// kindOther is the token_kind of tokens of which nobody knows what they are. They have no price.
const kindOther = "other"

// putTokens writes the leaf that a kind is. Tokens that nobody splits are a total.
func putTokens(attributes pcommon.Map, kind pricing.Kind, s *sighting) {
	tokenType, tokenKind, isLeaf := strings.Cut(kind.String(), ".")
	switch {
	case isLeaf:
	case len(s.Again) > 0:
		tokenType, tokenKind = semconv.TokenTotal, ""
	default:
		tokenType, tokenKind = sides[s.Side], kindOther
	}
	attributes.PutStr(semconv.AttrTokenType, tokenType)
	put(attributes, semconv.AttrTokenKind, tokenKind)
}

// put leaves out what is unknown: an empty label and none are the same to Prometheus.
func put(attributes pcommon.Map, key, value string) {
	if value != "" {
		attributes.PutStr(key, value)
	}
}

var sides = map[foreign.Side]string{foreign.Prompt: semconv.TokenPrompt, foreign.Completion: semconv.TokenCompletion}
