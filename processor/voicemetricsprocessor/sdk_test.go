package voicemetricsprocessor

import (
	"fmt"
	"slices"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"
)

// noon is where every story begins; all times in stories are durations since then.
var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func after(d time.Duration) pcommon.Timestamp { return pcommon.NewTimestampFromTime(noon.Add(d)) }

const (
	delta      = pmetric.AggregationTemporalityDelta
	cumulative = pmetric.AggregationTemporalityCumulative
)

// sdk behaves as the OpenTelemetry SDK for Python does: a stream starts with its first measurement; the default buckets; a point for each set of attributes that ever came, in each collection. Counters and
// histograms may be deltas; what goes up and down is cumulative all the same.
type sdk struct {
	resource    []string
	scope       string
	temporality pmetric.AggregationTemporality
	instruments []*instrument
}

type shape uint8

const (
	counter shape = iota
	upDown
	histogram
)

type instrument struct {
	name, unit string
	shape      shape
	streams    []*sdkStream
}

type sdkStream struct {
	start      pcommon.Timestamp
	attributes []any
	isInt      bool
	sum        float64
	counts     []uint64
	min, max   float64
}

var defaultBounds = []float64{0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10000}

// record adds to a counter or observes a value, at a time. Attributes are pairs of key and value.
func (s *sdk) record(at time.Duration, kind shape, name, unit string, value any, attributes ...any) {
	to := s.instrument(kind, name, unit).stream(at, attributes)
	amount, isFloat := value.(float64)
	if !isFloat {
		amount, to.isInt = float64(value.(int)), true
	}
	if kind == histogram {
		to.observe(amount)
	}
	to.sum += amount
}

func (s *sdk) instrument(kind shape, name, unit string) *instrument {
	for _, i := range s.instruments {
		if i.name == name {
			return i
		}
	}
	i := &instrument{name: name, unit: unit, shape: kind}
	s.instruments = append(s.instruments, i)
	return i
}

func (i *instrument) stream(at time.Duration, attributes []any) *sdkStream {
	for _, s := range i.streams {
		if slices.Equal(s.attributes, attributes) {
			return s
		}
	}
	s := &sdkStream{start: after(at), attributes: attributes}
	i.streams = append(i.streams, s)
	return s
}

func (s *sdkStream) observe(value float64) {
	if s.counts == nil {
		s.counts, s.min, s.max = make([]uint64, len(defaultBounds)+1), value, value
	}
	bucket, _ := slices.BinarySearch(defaultBounds, value)
	s.counts[bucket]++
	s.min, s.max = min(s.min, value), max(s.max, value)
}

// export is one collection.
func (s *sdk) export(at time.Duration) pmetric.Metrics {
	md := pmetric.NewMetrics()
	rm := md.ResourceMetrics().AppendEmpty()
	for i := 0; i < len(s.resource); i += 2 {
		rm.Resource().Attributes().PutStr(s.resource[i], s.resource[i+1])
	}
	sm := rm.ScopeMetrics().AppendEmpty()
	sm.Scope().SetName(s.scope)
	for _, i := range s.instruments {
		if len(i.streams) > 0 {
			i.export(sm.Metrics().AppendEmpty(), after(at), s.temporality)
		}
		if s.temporality == delta && i.shape != upDown {
			i.streams = nil
		}
	}
	return md
}

func (i *instrument) export(m pmetric.Metric, at pcommon.Timestamp, temporality pmetric.AggregationTemporality) {
	m.SetName(i.name)
	m.SetUnit(i.unit)
	switch i.shape {
	case histogram:
		m.SetEmptyHistogram().SetAggregationTemporality(temporality)
		for _, s := range i.streams {
			s.distribution(m.Histogram().DataPoints().AppendEmpty(), at)
		}
		return
	case upDown:
		temporality = cumulative
	}
	m.SetEmptySum().SetAggregationTemporality(temporality)
	m.Sum().SetIsMonotonic(i.shape == counter)
	for _, s := range i.streams {
		s.number(m.Sum().DataPoints().AppendEmpty(), at)
	}
}

func (s *sdkStream) number(p pmetric.NumberDataPoint, at pcommon.Timestamp) {
	p.SetStartTimestamp(s.start)
	p.SetTimestamp(at)
	if s.isInt {
		p.SetIntValue(int64(s.sum))
	} else {
		p.SetDoubleValue(s.sum)
	}
	putPairs(p.Attributes(), s.attributes)
}

func (s *sdkStream) distribution(p pmetric.HistogramDataPoint, at pcommon.Timestamp) {
	p.SetStartTimestamp(s.start)
	p.SetTimestamp(at)
	p.ExplicitBounds().FromRaw(defaultBounds)
	p.BucketCounts().FromRaw(s.counts)
	for _, n := range s.counts {
		p.SetCount(p.Count() + n)
	}
	p.SetSum(s.sum)
	p.SetMin(s.min)
	p.SetMax(s.max)
	putPairs(p.Attributes(), s.attributes)
}

func putPairs(attributes pcommon.Map, pairs []any) {
	for i := 0; i < len(pairs); i += 2 {
		attributes.PutStr(pairs[i].(string), fmt.Sprint(pairs[i+1]))
	}
}

// ragBot behaves as the exporter of the guide's bot does.
type ragBot struct {
	sdk
	callID string
	began  time.Duration
}

// newRAGBot is a bot's process, of which callID is the first call.
func newRAGBot(callID string, began time.Duration, temporality pmetric.AggregationTemporality) *ragBot {
	return &ragBot{
		sdk: sdk{
			resource: []string{
				"service.name", "voice-rag-bot", "service.version", "1.0.0", "service.instance.id", callID, "call.id", callID,
				"model.llm", "gpt-4o", "model.stt", "gladia", "model.tts", "cartesia",
			},
			scope: "grafana_metrics", temporality: temporality,
		},
		callID: callID, began: began,
	}
}

// What a frame has.
type (
	ttfb       struct{ seconds float64 }
	processing struct{ seconds float64 }
	tokens     struct{ prompt, completion int }
	characters struct{ n int }
	datum      struct {
		processor string
		what      any
	}
)

// frame is one MetricsFrame.
func (b *ragBot) frame(at time.Duration, data ...datum) {
	common := []any{"call_id", b.callID, "llm_model", "gpt-4o", "stt_model", "gladia", "tts_model", "cartesia"}
	with := func(more ...any) []any { return append(slices.Clone(common), more...) }
	for _, d := range data {
		switch what := d.what.(type) {
		case ttfb:
			b.record(at, histogram, "voice.ttfb.milliseconds", "ms", what.seconds, with("processor", d.processor, "metric_type", "ttfb")...)
		case processing:
			b.record(at, histogram, "voice.processing.milliseconds", "ms", what.seconds, with("processor", d.processor, "metric_type", "processing")...)
			b.record(at, histogram, "voice.llm.response_time.milliseconds", "ms", what.seconds, with("processor", d.processor)...)
		case tokens:
			b.record(at, counter, "voice.llm.tokens.total", "1", what.prompt, with("token_type", "prompt", "processor", d.processor)...)
			b.record(at, counter, "voice.llm.tokens.total", "1", what.completion, with("token_type", "completion", "processor", d.processor)...)
			b.record(at, counter, "voice.cost.usd", "USD", float64(what.prompt)*0.00003+float64(what.completion)*0.00006,
				with("cost_type", "llm", "processor", d.processor)...)
		case characters:
			b.record(at, counter, "voice.tts.characters.total", "1", what.n, with("processor", d.processor)...)
			b.record(at, counter, "voice.cost.usd", "USD", float64(what.n)*0.000015, with("cost_type", "tts", "processor", d.processor)...)
		}
	}
	b.record(at, upDown, "voice.session.duration.seconds", "s", int((at - b.began).Seconds()), common...)
}

// start is the frame that every pipeline begins with, for all processors.
func (b *ragBot) start(at time.Duration, number int) {
	var data []datum
	for _, class := range []string{"GladiaSTTService", "OpenAILLMService", "CartesiaTTSService"} {
		name := fmt.Sprintf("%s#%d", class, number)
		data = append(data, datum{name, ttfb{0}}, datum{name, processing{0}})
	}
	b.frame(at, data...)
}

// turn is an answer.
func (b *ragBot) turn(at time.Duration, number int, llm, tts float64, prompt, completion, spoken int) {
	llmName, ttsName := fmt.Sprintf("OpenAILLMService#%d", number), fmt.Sprintf("CartesiaTTSService#%d", number)
	b.frame(at, datum{llmName, ttfb{llm}})
	b.frame(at+time.Second, datum{llmName, tokens{prompt, completion}})
	b.frame(at+time.Second, datum{llmName, processing{llm + 1}})
	b.frame(at+time.Second, datum{ttsName, ttfb{tts}})
	b.frame(at+time.Second, datum{ttsName, characters{spoken}})
}
