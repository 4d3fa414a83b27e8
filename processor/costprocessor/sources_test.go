package costprocessor

import (
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/otelcol-voice/otelcol-voice/internal/pricing"
	"github.com/otelcol-voice/otelcol-voice/internal/signal/semconv"
)

// house has prices that are easy to add up: of a thousand tokens, characters or seconds.
func house() []pricing.Row {
	var rows []pricing.Row
	for usage, price := range map[string]string{
		"prompt.text": "1", "prompt.cache_read": "0.1", "prompt.cache_write": "1.25",
		"prompt.audio": "10", "prompt.audio_cache_read": "2", "prompt.image": "5", "prompt.image_cache_read": "0.5",
		"completion.text": "4", "completion.audio": "20", "characters": "3", "stt_audio_seconds": "0.5",
	} {
		kind, _ := pricing.KindNamed(usage)
		model := "m"
		if kind == pricing.Characters {
			model = "v"
		}
		rows = append(rows, pricing.Row{
			Provider: "house", Models: []string{model}, Usage: usage, Unit: kind.Unit(), Price: price, Per: "1000",
		})
	}
	return rows
}

// withSources is a processor that prices sources, with the prices of the house.
func withSources(names ...string) func(*Config) {
	return func(cfg *Config) {
		cfg.Overrides, cfg.Sources = house(), Sources{}
		for _, name := range names {
			cfg.Sources[name] = SourceConfig{}
		}
	}
}

// Attributes of points of the house's model, as the conventions and LiveKit have them.
var (
	genAI  = []any{"gen_ai.provider.name", "house", "gen_ai.request.model", "m", "gen_ai.operation.name", "chat"}
	atHome = []any{"model_provider", "house", "model_name", "m"}
)

func plus(attributes []any, more ...any) []any {
	return append(append([]any{}, attributes...), more...)
}

// stranger is a point of a metric of others.
type stranger struct {
	name       string
	value      any
	attributes []any
}

func strangers(temporality pmetric.AggregationTemporality, points ...stranger) batch {
	b := newBatch()
	for _, p := range points {
		point(b.sum(p.name, temporality), p.value, p.attributes...)
	}
	return b
}

func usageOf(name string, value any, more ...any) stranger {
	return stranger{"gen_ai.client.inference.usage." + name, value, plus(genAI, more...)}
}

func livekit(name string, value any) stranger {
	if strings.HasPrefix(name, "tts_") {
		return stranger{"lk.agents.usage." + name, value, []any{"model_provider", "house", "model_name", "v"}}
	}
	return stranger{"lk.agents.usage." + name, value, atHome}
}

func TestSources(t *testing.T) {
	for _, test := range []struct {
		name     string
		points   []stranger
		cost     []string
		unpriced []string
		own      ownPoints
	}{
		{
			name: "counters of the conventions",
			points: []stranger{
				usageOf("input_tokens", 1000, "gen_ai.token.modality", "text"),
				usageOf("cache_read.input_tokens", 400, "gen_ai.token.modality", "unknown"),
				usageOf("cache_write.input_tokens", 100, "gen_ai.token.modality", "unknown"),
				usageOf("output_tokens", 50, "gen_ai.token.modality", "text"),
				usageOf("reasoning.output_tokens", 40, "gen_ai.token.modality", "text"),
			},
			cost: []string{
				"0.5 cost_source=computed cost_type=llm model=m provider=house",
				"0.04 cost_source=computed cost_type=llm model=m provider=house",
				"0.125 cost_source=computed cost_type=llm model=m provider=house",
				"0.04 cost_source=computed cost_type=llm model=m provider=house",
				"0.16 cost_source=computed cost_type=llm model=m provider=house",
			},
			own: ownPoints{priced: 5},
		},
		{
			name: "modalities",
			points: []stranger{
				usageOf("input_tokens", 100, "gen_ai.token.modality", "text"),
				usageOf("input_tokens", 200, "gen_ai.token.modality", "image"),
				usageOf("cache_read.input_tokens", 280, "gen_ai.token.modality", "unknown"),
			},
			cost: []string{ // text is all cached: 180 of 200 images are
				"0.01 cost_source=computed cost_type=llm model=m provider=house",
				"0.09 cost_source=computed cost_type=llm model=m provider=house",
				"0.1 cost_source=computed cost_type=llm model=m provider=house",
			},
			own: ownPoints{priced: 2, covered: 1, estimated: map[string]int64{"parts": 2}},
		},
		{
			name: "more cached than there is",
			points: []stranger{
				usageOf("input_tokens", 10), usageOf("cache_read.input_tokens", 20),
			},
			cost: []string{"0.01 cost_source=computed cost_type=llm model=m provider=house"},
			own: ownPoints{
				priced: 1, ignored: map[string]int64{"malformed": 1}, estimated: map[string]int64{"parts": 1},
			},
		},
		{
			name:   "parts without their whole",
			points: []stranger{usageOf("cache_read.input_tokens", 20), usageOf("reasoning.output_tokens", 20)},
			own:    ownPoints{ignored: map[string]int64{"unjoined": 2}},
		},
		{
			name: "parts of another model are not of this",
			points: []stranger{
				usageOf("input_tokens", 10),
				usageOf("cache_read.input_tokens", 5, "gen_ai.response.model", "m-2"),
			},
			cost: []string{"0.01 cost_source=computed cost_type=llm model=m provider=house"},
			own:  ownPoints{priced: 1, ignored: map[string]int64{"unjoined": 1}},
		},
		{
			name: "an agent's usage is that of its requests",
			points: []stranger{
				{"gen_ai.client.token.usage", 7, plus(genAI[:4], "gen_ai.token.type", "input", "gen_ai.operation.name", "invoke_agent")},
			},
			own: ownPoints{ignored: map[string]int64{"container": 1}},
		},
		{
			name: "the histogram's words",
			points: []stranger{
				{"gen_ai.client.token.usage", 1000, plus(genAI, "gen_ai.token.type", "input")},
				{"gen_ai.client.token.usage", 100, plus(genAI, "gen_ai.token.type", "output")},
				{"gen_ai.client.token.usage", 1100, plus(genAI, "gen_ai.token.type", "total")},
			},
			cost: []string{
				"0.4 cost_source=computed cost_type=llm model=m provider=house",
				"1 cost_source=computed cost_type=llm model=m provider=house",
			},
			own: ownPoints{priced: 2, covered: 1, estimated: map[string]int64{"parts": 1}},
		},
		{
			name: "the words of gateways",
			points: []stranger{
				{"gen_ai.client.token.usage", 1000, plus(genAI, "gen_ai.token.type", "input")},
				{"gen_ai.client.token.usage", 300, plus(genAI, "gen_ai.token.type", "cached_input")},
				{"gen_ai.client.token.usage", 200, plus(genAI, "gen_ai.token.type", "cache_creation_input")},
			},
			cost: []string{
				"0.03 cost_source=computed cost_type=llm model=m provider=house",
				"0.25 cost_source=computed cost_type=llm model=m provider=house",
				"0.5 cost_source=computed cost_type=llm model=m provider=house",
			},
			own: ownPoints{priced: 3},
		},
		{
			name: "words that nobody knows, and a total alone",
			points: []stranger{
				{"gen_ai.client.token.usage", 5, plus(genAI, "gen_ai.token.type", "cached")},
				{"gen_ai.client.token.usage", 7, plus(genAI, "gen_ai.token.type", "total")},
				{"gen_ai.client.token.usage", 9, genAI},
			},
			unpriced: []string{
				"5 cost_type=llm model=m provider=house reason=no_kind usage_kind=other",
				"7 cost_type=llm model=m provider=house reason=no_kind usage_kind=other",
				"9 cost_type=llm model=m provider=house reason=no_kind usage_kind=other",
			},
			own: ownPoints{unpriced: map[string]int64{"no_kind": 3}},
		},
		{
			name: "the model that answered, else the one that was asked for",
			points: []stranger{
				{"gen_ai.client.token.usage", 1000, []any{
					"gen_ai.system", "openai", "gen_ai.request.model", "gpt-4o-mini", "gen_ai.response.model", "gpt-4o-2024-08-06",
					"gen_ai.token.type", "output",
				}},
				{"gen_ai.client.token.usage", 1000, []any{
					"gen_ai.system", "house", "gen_ai.request.model", "m", "gen_ai.response.model", "m-deployed",
					"gen_ai.token.type", "output",
				}},
			},
			cost: []string{
				"0.01 cost_source=computed cost_type=llm model=gpt-4o-2024-08-06 provider=openai",
				"4 cost_source=computed cost_type=llm model=m-deployed provider=house",
			},
			own: ownPoints{priced: 2},
		},
		{
			name: "nobody's model",
			points: []stranger{
				{"gen_ai.client.token.usage", 3, []any{
					"gen_ai.provider.name", "acme", "gen_ai.request.model", "talk", "gen_ai.token.type", "input",
				}},
			},
			unpriced: []string{"3 cost_type=llm model=talk provider=acme reason=no_provider usage_kind=prompt.text"},
			own:      ownPoints{unpriced: map[string]int64{"no_provider": 1}},
		},
		{
			name: "LiveKit",
			points: []stranger{
				livekit("llm_input_tokens", 1000), livekit("llm_input_cached_tokens", 900), livekit("llm_output_tokens", 50),
				livekit("tts_characters", 100),
				livekit("tts_audio_duration", 7.5),
				{"lk.agents.usage.stt_audio_duration", 60.0, atHome},
			},
			cost: []string{
				"0.03 cost_source=computed cost_type=stt model=m provider=house",
				"0.09 cost_source=computed cost_type=llm model=m provider=house",
				"0.1 cost_source=computed cost_type=llm model=m provider=house",
				"0.2 cost_source=computed cost_type=llm model=m provider=house",
				"0.3 cost_source=computed cost_type=tts model=v provider=house",
			},
			own: ownPoints{priced: 5, covered: 1},
		},
		{
			name: "LiveKit with a realtime model",
			points: []stranger{
				livekit("llm_input_tokens", 1000), livekit("llm_input_text_tokens", 200), livekit("llm_input_audio_tokens", 800),
				livekit("llm_input_cached_tokens", 700),
				livekit("llm_output_tokens", 100), livekit("llm_output_text_tokens", 30), livekit("llm_output_audio_tokens", 70),
			},
			cost: []string{ // cached are all of the text and 500 of the audio
				"0.02 cost_source=computed cost_type=realtime model=m provider=house",
				"0.12 cost_source=computed cost_type=realtime model=m provider=house",
				"1 cost_source=computed cost_type=realtime model=m provider=house",
				"1.4 cost_source=computed cost_type=realtime model=m provider=house",
				"3 cost_source=computed cost_type=realtime model=m provider=house",
			},
			own: ownPoints{priced: 4, covered: 3, estimated: map[string]int64{"parts": 2}},
		},
		{
			name: "LiveKit names hosts",
			points: []stranger{
				{"lk.agents.usage.llm_output_tokens", 1000, []any{"model_provider", "api.openai.com", "model_name", "gpt-4o"}},
				{"lk.agents.usage.llm_session_duration", 3600.0, []any{"model_provider", "xAI", "model_name", "grok-voice-latest"}},
			},
			cost: []string{
				"0.01 cost_source=computed cost_type=llm model=gpt-4o provider=openai",
				"4.8 cost_source=computed cost_type=realtime model=grok-voice-latest provider=xai",
			},
			own: ownPoints{priced: 2},
		},
		{
			name: "speech that nobody bills by its length",
			points: []stranger{
				{"lk.agents.usage.tts_audio_duration", 7.5, atHome},
			},
			unpriced: []string{"7.5 cost_type=tts model=m provider=house reason=no_kind usage_kind=other"},
			own:      ownPoints{unpriced: map[string]int64{"no_kind": 1}},
		},
		{
			name:   "nothing, less than nothing and no number",
			points: []stranger{usageOf("input_tokens", 0), usageOf("output_tokens", -1), usageOf("output_tokens", math.NaN())},
			own:    ownPoints{ignored: map[string]int64{"zero": 1, "negative": 1, "not_finite": 1}},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := newHarness(t, withSources("gen_ai.client.inference.usage", "gen_ai.client.token.usage", "lk.agents.usage"))
			out := h.consumeMetrics(strangers(delta, test.points...).Metrics)
			assert.ElementsMatch(t, test.cost, cost(out))
			assert.ElementsMatch(t, test.unpriced, unpricedLines(out))
			h.assertOwn(test.own)
		})
	}
}

func TestSourcesAreOffByDefault(t *testing.T) {
	h := newHarness(t, nil)
	b := strangers(delta, usageOf("input_tokens", 10), livekit("tts_characters", 10))
	before := pmetric.NewMetrics()
	b.CopyTo(before)
	assert.Equal(t, before, h.consumeMetrics(b.Metrics))
	h.assertOwn(ownPoints{})
}

// What a backend sees of a foreign metric does not change, and a second cost processor finds it seen.
func TestSourcesPassUntouched(t *testing.T) {
	b := strangers(delta, usageOf("input_tokens", 1000), usageOf("cache_read.input_tokens", 400))
	before := pmetric.NewMetrics()
	b.CopyTo(before)
	configure := withSources("gen_ai.client.inference.usage")
	once := newHarness(t, configure).consumeMetrics(b.Metrics)
	assert.InEpsilon(t, 0.64, total(once, semconv.MetricCost), 1e-12)
	assert.Len(t, streamsOf(once, semconv.MetricCost), 2)

	second := newHarness(t, configure)
	twice := second.consumeMetrics(once)
	assert.InEpsilon(t, 0.64, total(twice, semconv.MetricCost), 1e-12)
	second.assertOwn(ownPoints{ignored: map[string]int64{"already_priced": 2}})

	twice.ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics().RemoveIf(func(m pmetric.Metric) bool {
		m.Metadata().Clear()
		return m.Name() == semconv.MetricCost
	})
	assert.Equal(t, before, twice)
}

// The answers of a model's kinds are streams of their own, always the same.
func TestSourcesKeepStreamsApart(t *testing.T) {
	h := newHarness(t, withSources("gen_ai.client.inference.usage"))
	points := []stranger{usageOf("input_tokens", 1000), usageOf("cache_read.input_tokens", 400), usageOf("output_tokens", 5)}
	first := streamsOf(h.consumeMetrics(strangers(delta, points...).Metrics), semconv.MetricCost)
	require.Len(t, first, 3)
	assert.NotEqual(t, first[0], first[1])
	assert.NotEqual(t, first[1], first[2])
	assert.NotEqual(t, first[0], first[2])
	assert.ElementsMatch(t, first, streamsOf(h.consumeMetrics(strangers(delta, points...).Metrics), semconv.MetricCost))
	points[0].attributes = plus(points[0].attributes, "server.address", "elsewhere")
	assert.NotContains(t, first, streamsOf(h.consumeMetrics(strangers(delta, points[:1]...).Metrics), semconv.MetricCost)[0])
}

func TestStages(t *testing.T) {
	h := newHarness(t, func(cfg *Config) {
		cfg.Overrides, cfg.Sources = house(), Sources{"lk.agents.usage": {Stages: []string{"stt"}}}
	})
	out := h.consumeMetrics(strangers(delta, livekit("llm_input_tokens", 5), livekit("stt_audio_duration", 60.0)).Metrics)
	assert.Equal(t, []string{"0.03 cost_source=computed cost_type=stt model=m provider=house"}, cost(out))
	h.assertOwn(ownPoints{priced: 1, ignored: map[string]int64{"other_stage": 1}})
}

// A source that is known and off is not passed over in silence, unless that was said.
func TestSourcesThatAreOff(t *testing.T) {
	h := newHarness(t, withSources("gen_ai.client.inference.usage"))
	for range 3 {
		assert.Empty(t, cost(h.consumeMetrics(strangers(delta, livekit("tts_characters", 5), livekit("llm_input_tokens", 5),
			stranger{"lk.agents.usage.of_the_future", 5, atHome}).Metrics)))
	}
	h.assertOwn(ownPoints{ignored: map[string]int64{"source_off": 6}})
	require.Equal(t, 1, h.messages.Len(), "once a family")
	assert.Equal(t, "lk.agents.usage.tts_characters arrives and is not priced; if nothing else tells of the same use, no other metric either, switch it on, "+
		"else say false: processors.cost.sources: {lk.agents.usage: true}", h.messages.All()[0].Message)

	h = newHarness(t, func(cfg *Config) { cfg.Sources = Sources{"lk.agents.usage": {off: true}} })
	h.consumeMetrics(strangers(cumulative, livekit("tts_characters", 5)).Metrics)
	h.assertOwn(ownPoints{ignored: map[string]int64{"source_off": 1}})
	assert.Zero(t, h.messages.Len())
}

// What another cost processor has priced is not told to be without a price.
func TestSourcesThatAnotherPrices(t *testing.T) {
	priced := newHarness(t, withSources("lk.agents.usage")).consumeMetrics(strangers(delta, livekit("tts_characters", 5)).Metrics)
	h := newHarness(t, nil)
	h.consumeMetrics(priced)
	assert.Zero(t, h.messages.Len())
}

// Two collections in a request are two: what is cached in one is not in the other.
func TestCollections(t *testing.T) {
	h := newHarness(t, withSources("gen_ai.client.inference.usage"))
	b := newBatch()
	input, cached := b.sum("gen_ai.client.inference.usage.input_tokens", delta), b.sum("gen_ai.client.inference.usage.cache_read.input_tokens", delta)
	for i, at := range []pcommon.Timestamp{moment, moment + 10e9, moment + 20e9} {
		point(input, []int{1000, 300, 1000}[i], genAI...).SetTimestamp(at + 1000) // instruments are not read all at once
		if i != 1 {
			point(cached, 400, genAI...).SetTimestamp(at)
		}
	}
	out := h.consumeMetrics(b.Metrics)
	assert.InEpsilon(t, 0.64+0.3+0.64, total(out, semconv.MetricCost), 1e-12)
	h.assertOwn(ownPoints{priced: 5})

	// Sent again in the same request, at the same time: they are two still.
	b = strangers(delta,
		usageOf("input_tokens", 1000), usageOf("cache_read.input_tokens", 400),
		usageOf("input_tokens", 1000), usageOf("cache_read.input_tokens", 400))
	assert.InEpsilon(t, 2*0.64, total(h.consumeMetrics(b.Metrics), semconv.MetricCost), 1e-12)
}

func TestForeignHistograms(t *testing.T) {
	h := newHarness(t, withSources("gen_ai.client.token.usage"))
	b := newBatch()
	explicit := b.scope.Metrics().AppendEmpty()
	explicit.SetName("gen_ai.client.token.usage")
	explicit.SetEmptyHistogram().SetAggregationTemporality(delta)
	add := func(p pmetric.HistogramDataPoint) pmetric.HistogramDataPoint {
		p.SetTimestamp(moment)
		for i := 0; i < len(genAI); i += 2 {
			set(p.Attributes(), genAI[i].(string), genAI[i+1])
		}
		p.Attributes().PutStr("gen_ai.token.type", "output")
		p.SetCount(3)
		return p
	}
	points := explicit.Histogram().DataPoints()
	add(points.AppendEmpty()).SetSum(1000)
	add(points.AppendEmpty()) // no sum
	add(points.AppendEmpty()).SetSum(-1)
	add(points.AppendEmpty()).SetFlags(pmetric.DefaultDataPointFlags.WithNoRecordedValue(true))
	exponential := b.scope.Metrics().AppendEmpty()
	exponential.SetName("gen_ai.client.token.usage")
	exponential.SetEmptyExponentialHistogram().SetAggregationTemporality(delta)
	p := exponential.ExponentialHistogram().DataPoints().AppendEmpty()
	points.At(0).Attributes().CopyTo(p.Attributes())
	p.SetTimestamp(moment + 5e9)
	p.SetSum(500)

	out := h.consumeMetrics(b.Metrics)
	assert.Equal(t, []string{
		"4 cost_source=computed cost_type=llm model=m provider=house",
		"2 cost_source=computed cost_type=llm model=m provider=house",
	}, cost(out))
	h.assertOwn(ownPoints{priced: 2, ignored: map[string]int64{"no_sum": 1, "negative": 1, "no_value": 1}})
}

// What is no counter is nobody's usage, whatever its name.
func TestForeignNotCounters(t *testing.T) {
	h := newHarness(t, withSources("gen_ai.client.inference.usage"))
	b := newBatch()
	gauge := b.scope.Metrics().AppendEmpty()
	gauge.SetName("gen_ai.client.inference.usage.input_tokens")
	gauge.SetEmptyGauge().DataPoints().AppendEmpty().SetIntValue(5)
	sum := b.sum("gen_ai.client.inference.usage.output_tokens", delta)
	sum.SetIsMonotonic(false)
	point(sum, 5, genAI...)
	point(b.sum("gen_ai.client.inference.usage.output_tokens", pmetric.AggregationTemporalityUnspecified), 5, genAI...)
	out := h.consumeMetrics(b.Metrics)
	assert.Empty(t, cost(out))
	assert.Equal(t, 3, out.DataPointCount())
	h.assertOwn(ownPoints{ignored: map[string]int64{"not_a_counter": 3}})
}

// Money that a bot sent and that is kept is that of its foreign usage as well.
func TestForeignCostIsOfForeignUsage(t *testing.T) {
	h := newHarness(t, func(cfg *Config) {
		withSources("lk.agents.usage")(cfg)
		cfg.KeepForeignCost = true
	})
	b := strangers(delta, livekit("tts_characters", 5))
	point(b.sum(semconv.MetricCost, delta), 0.5)
	out := h.consumeMetrics(b.Metrics)
	assert.Equal(t, []string{"0.5 cost_source=provider"}, cost(out))
	h.assertOwn(ownPoints{ignored: map[string]int64{"foreign_cost": 1}, foreign: map[string]int64{"kept": 1}})
}

func TestOwnSources(t *testing.T) {
	h := newHarness(t, func(cfg *Config) {
		cfg.Overrides = house()
		cfg.Sources = Sources{
			"acme.tokens": {
				KindAttribute: "what", Kinds: map[string]string{"in": "prompt.text", "out": "completion.text", "hit": "prompt.cache_read", "sound": "prompt.audio"},
				Gross: true, Provider: "house", ModelAttributes: []string{"llm"},
			},
			"acme.net":  {KindAttribute: "what", Kinds: map[string]string{"in": "prompt.text", "hit": "prompt.cache_read"}, Provider: "house", Model: "m"},
			"acme.said": {Usage: "characters", ProviderAttributes: []string{"vendor"}, Model: "v"},
		}
	})
	out := h.consumeMetrics(strangers(delta,
		stranger{"acme.tokens", 1000, []any{"what", "in", "llm", "m"}},
		stranger{"acme.tokens", 100, []any{"what", "sound", "llm", "m"}},
		stranger{"acme.tokens", 400, []any{"what", "hit", "llm", "m"}},
		stranger{"acme.tokens", 10, []any{"what", "out", "llm", "m"}},
		stranger{"acme.tokens", 3, []any{"what", "else", "llm", "m"}},
		stranger{"acme.net", 1000, []any{"what", "in"}},
		stranger{"acme.net", 400, []any{"what", "hit"}},
		stranger{"acme.said", 50, []any{"vendor", "House"}},
	).Metrics)
	assert.ElementsMatch(t, []string{
		"0.04 cost_source=computed cost_type=llm model=m provider=house", // 400 of 1000 - 100
		"0.5 cost_source=computed cost_type=llm model=m provider=house",
		"1 cost_source=computed cost_type=llm model=m provider=house",
		"0.04 cost_source=computed cost_type=llm model=m provider=house",
		"1 cost_source=computed cost_type=llm model=m provider=house",
		"0.04 cost_source=computed cost_type=llm model=m provider=house",
		"0.15 cost_source=computed cost_type=tts model=v provider=house",
	}, cost(out))
	assert.Equal(t, []string{"3 cost_type=llm model=m provider=house reason=no_kind usage_kind=other"}, unpricedLines(out))
}

func TestDropsForeignUnknowns(t *testing.T) {
	h := newHarness(t, func(cfg *Config) {
		withSources("lk.agents.usage")(cfg)
		cfg.OnUnknown = "drop"
	})
	b := strangers(delta, stranger{"lk.agents.usage.tts_characters", 5, []any{"model_provider", "acme"}})
	assert.Empty(t, unpricedLines(h.consumeMetrics(b.Metrics)))
	h.assertOwn(ownPoints{unpriced: map[string]int64{"no_provider": 1}})
}
