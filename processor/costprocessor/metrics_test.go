package costprocessor

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/metric/metricdata/metricdatatest"

	"github.com/otelcol-voice/otelcol-voice/internal/pricing"
	"github.com/otelcol-voice/otelcol-voice/internal/signal/semconv"
	"github.com/otelcol-voice/otelcol-voice/processor/costprocessor/internal/metadatatest"
)

// Each usage metric with the attributes that bots send, and what is answered.
func TestAnswers(t *testing.T) {
	h := newHarness(t, nil)
	for _, test := range []struct {
		name, metric string
		value        any
		attributes   []any
		cost         string // one line, or none
		unpriced     string
	}{
		{
			name: "prompt text", metric: semconv.MetricLLMTokens, value: 146,
			attributes: []any{"call_id", "c", "voice.tx.id", "1", "provider", "openai", "model", "gpt-4o", "token_type", "prompt"},
			cost:       "0.000365 call_id=c cost_source=computed cost_type=llm model=gpt-4o provider=openai voice.tx.id=1",
		},
		{
			name: "a cached prompt", metric: semconv.MetricLLMTokens, value: 896,
			attributes: []any{"model", "gpt-4o", "token_type", "prompt", "token_kind", "cache_read"},
			cost:       "0.00112 cost_source=computed cost_type=llm model=gpt-4o provider=openai",
		},
		{
			name: "a context tier", metric: semconv.MetricLLMTokens, value: 1_000_000,
			attributes: []any{"model", "gpt-5.4", "token_type", "completion", "voice.tx.request_tokens", 272_000},
			cost:       "22.5 cost_source=computed cost_type=llm model=gpt-5.4 provider=openai",
		},
		{
			name: "a stage of its own", metric: semconv.MetricLLMTokens, value: 1_000_000,
			attributes: []any{"model", "gpt-4o-mini-tts", "token_type", "completion", "token_kind", "audio", "voice.tx.stage", "tts"},
			cost:       "12 cost_source=computed cost_type=tts model=gpt-4o-mini-tts provider=openai",
		},
		{
			name: "a label that had no room for the name", metric: semconv.MetricLLMTokens, value: 1_000_000,
			attributes: []any{
				"provider", "other", "model", "other", "token_type", "completion", "voice.tx.provider", "openai", "voice.tx.model", "gpt-4o",
			},
			cost: "10 cost_source=computed cost_type=llm model=other provider=openai",
		},
		{
			name: "a stage that is none", metric: semconv.MetricLLMTokens, value: 1_000_000,
			attributes: []any{"model", "gpt-4o", "token_type", "prompt", "voice.tx.stage", "anything"},
			cost:       "2.5 cost_source=computed cost_type=llm model=gpt-4o provider=openai",
		},
		{
			name: "the guide's bot", metric: semconv.MetricLLMTokens, value: 1000,
			attributes: []any{
				"call_id", "c", "llm_model", "gpt-4o", "stt_model", "gladia", "tts_model", "cartesia",
				"processor", "OpenAILLMService#0", "token_type", "prompt",
			},
			cost: "0.0025 call_id=c cost_source=computed cost_type=llm model=gpt-4o provider=openai",
		},
		{
			name: "the guide's voice", metric: semconv.MetricTTSCharacters, value: 48,
			attributes: []any{"llm_model", "gpt-4o", "stt_model", "gladia", "tts_model", "cartesia"},
			cost:       "0.0024 cost_source=computed cost_type=tts provider=cartesia",
		},
		{
			name: "the guide's ear", metric: semconv.MetricSTTSession, value: 3600.0,
			attributes: []any{"llm_model", "gpt-4o", "stt_model", "gladia", "tts_model", "cartesia"},
			cost:       "0.75 cost_source=computed cost_type=stt provider=gladia",
		},
		{
			name: "a model with its provider before it", metric: semconv.MetricLLMTokens, value: 1000,
			attributes: []any{"model", "openai/gpt-4o-2024-08-06", "token_type", "prompt"},
			cost:       "0.0025 cost_source=computed cost_type=llm model=openai/gpt-4o-2024-08-06 provider=openai",
		},
		{
			name: "a provider by another name", metric: semconv.MetricLLMTokens, value: 1_000_000,
			attributes: []any{"provider", "gcp.gemini", "model", "gemini-2.5-flash", "token_type", "completion", "token_kind", "reasoning"},
			cost:       "2.5 cost_source=computed cost_type=llm model=gemini-2.5-flash provider=google",
		},
		{
			name: "speech", metric: semconv.MetricSTTAudio, value: 60.0,
			attributes: []any{"provider", "deepgram", "model", "nova-3"},
			cost:       "0.0048 cost_source=computed cost_type=stt model=nova-3 provider=deepgram",
		},
		{
			name: "a realtime session", metric: semconv.MetricRealtimeSession, value: 3600,
			attributes: []any{"provider", "xai"},
			cost:       "4.8 cost_source=computed cost_type=realtime provider=xai",
		},
		{
			name: "a telephone leg", metric: semconv.MetricTransportSeconds, value: 60,
			attributes: []any{"provider", "twilio", "model", "voice-outbound"},
			cost:       "0.014 cost_source=computed cost_type=transport model=voice-outbound provider=twilio",
		},
		{
			name: "a platform", metric: semconv.MetricPlatformSeconds, value: 60,
			attributes: []any{"provider", "vapi"},
			cost:       "0.05 cost_source=computed cost_type=platform provider=vapi",
		},
		{
			name: "an unknown model", metric: semconv.MetricLLMTokens, value: 7,
			attributes: []any{"call_id", "c", "voice.tx.id", "1", "provider", "openai", "model", "gpt-9", "token_type", "prompt"},
			unpriced: "7 call_id=c cost_type=llm model=gpt-9 provider=openai reason=no_model " +
				"usage_kind=prompt.text voice.tx.id=1",
		},
		{
			name: "an unknown provider", metric: semconv.MetricTTSCharacters, value: 7,
			attributes: []any{"provider", "acme"},
			unpriced:   "7 cost_type=tts provider=acme reason=no_provider usage_kind=characters",
		},
		{
			name: "nobody named", metric: semconv.MetricTTSCharacters, value: 7,
			unpriced: "7 cost_type=tts reason=no_provider usage_kind=characters",
		},
		{
			name: "tokens that are not split", metric: semconv.MetricLLMTokens, value: 7,
			attributes: []any{"provider", "openai", "model", "gpt-4o", "token_type", "total"},
			unpriced:   "7 cost_type=llm model=gpt-4o provider=openai reason=no_kind usage_kind=other",
		},
		{
			name: "a cache write that has no price", metric: semconv.MetricLLMTokens, value: 7,
			attributes: []any{"model", "gpt-4o", "token_type", "prompt", "token_kind", "cache_write_1h"},
			unpriced:   "7 cost_type=llm model=gpt-4o provider=openai reason=no_kind usage_kind=prompt.cache_write_1h",
		},
		{
			name: "speech where the session is billed, alone", metric: semconv.MetricSTTAudio, value: 7.5,
			attributes: []any{"provider", "gladia"},
			unpriced:   "7.5 cost_type=stt provider=gladia reason=unit_mismatch usage_kind=stt_audio_seconds",
		},
		{
			name: "speech where the session is billed, paired", metric: semconv.MetricSTTAudio, value: 7.5,
			attributes: []any{"provider", "gladia", "voice.tx.pair", true},
		},
		{
			name: "characters where tokens are billed, alone", metric: semconv.MetricTTSCharacters, value: 7,
			attributes: []any{"provider", "openai", "model", "gpt-4o-mini-tts"},
			unpriced:   "7 cost_type=tts model=gpt-4o-mini-tts provider=openai reason=unit_mismatch usage_kind=characters",
		},
		{
			name: "characters where tokens are billed, paired", metric: semconv.MetricTTSCharacters, value: 7,
			attributes: []any{"provider", "openai", "model", "gpt-4o-mini-tts", "voice.tx.pair", true},
		},
		{
			name: "tokens of speech where characters are billed, paired", metric: semconv.MetricLLMTokens, value: 7,
			attributes: []any{"provider", "openai", "model", "tts-1", "token_type", "completion", "token_kind", "audio", "voice.tx.stage", "tts", "voice.tx.pair", true},
		},
		{
			name: "a pair of which neither is billed", metric: semconv.MetricSTTAudio, value: 7.5,
			attributes: []any{"provider", "rime", "voice.tx.pair", true},
			unpriced:   "7.5 cost_type=stt provider=rime reason=no_model usage_kind=stt_audio_seconds",
		},
		{
			name: "money that a platform reported", metric: semconv.MetricTTSCharacters, value: 48,
			attributes: []any{"provider", "cartesia", "voice.tx.priced", true},
		},
	} {
		for _, temporality := range []pmetric.AggregationTemporality{delta, cumulative} {
			t.Run(test.name+" "+temporality.String(), func(t *testing.T) {
				b := newBatch()
				point(b.sum(test.metric, temporality), test.value, test.attributes...).SetStartTimestamp(moment - 5)
				out := h.consumeMetrics(b.Metrics)

				assert.Equal(t, nonEmpty(test.cost), cost(out))
				assert.Equal(t, nonEmpty(test.unpriced), unpricedLines(out))
				require.Len(t, metricsNamed(out, test.metric), 1)
				for name, unit := range map[string]string{
					semconv.MetricCost: semconv.UnitUSD, semconv.MetricUnpricedUsage: semconv.UnitAny,
				} {
					for _, metric := range metricsNamed(out, name) {
						assertForm(t, metric, unit, temporality)
					}
				}
			})
		}
	}
}

func nonEmpty(line string) []string {
	if line == "" {
		return nil
	}
	return []string{line}
}

// An answer is a monotonic double sum of the usage's temporality, start and time.
func assertForm(t *testing.T, metric pmetric.Metric, unit string, temporality pmetric.AggregationTemporality) {
	t.Helper()
	assert.Equal(t, unit, metric.Unit())
	assert.True(t, metric.Sum().IsMonotonic())
	assert.Equal(t, temporality, metric.Sum().AggregationTemporality())
	for _, p := range metric.Sum().DataPoints().All() {
		assert.Equal(t, pmetric.NumberDataPointValueTypeDouble, p.ValueType())
		assert.Equal(t, moment, p.Timestamp())
		assert.Equal(t, moment-5, p.StartTimestamp())
	}
}

func TestTheIssuesCheck(t *testing.T) {
	b := newBatch()
	tokens := b.sum(semconv.MetricLLMTokens, delta)
	point(tokens, 146, "model", "gpt-4o", "token_type", "prompt", "token_kind", "text")
	point(tokens, 896, "model", "gpt-4o", "token_type", "prompt", "token_kind", "cache_read")
	point(tokens, 37, "model", "gpt-4o", "token_type", "completion")
	out := newHarness(t, nil).consumeMetrics(b.Metrics)
	assert.InDelta(t, 0.001855, total(out, semconv.MetricCost), 1e-17)
	assert.Len(t, metricsNamed(out, semconv.MetricCost), 1, "one metric for all points of a scope")
}

// What cannot be priced at all is passed on as it was and counted.
func TestIgnored(t *testing.T) {
	one := []any{"model", "gpt-4o", "token_type", "prompt"}
	for _, test := range []struct {
		reason string
		point  func(pmetric.Sum)
	}{
		{"zero", func(s pmetric.Sum) { point(s, 0, one...) }},
		{"zero", func(s pmetric.Sum) { point(s, 0.0, one...) }},
		{"negative", func(s pmetric.Sum) { point(s, -1, one...) }},
		{"negative", func(s pmetric.Sum) { point(s, -0.5, one...) }},
		{"not_finite", func(s pmetric.Sum) { point(s, math.NaN(), one...) }},
		{"not_finite", func(s pmetric.Sum) { point(s, math.Inf(1), one...) }},
		{"not_finite", func(s pmetric.Sum) { point(s, math.Inf(-1), one...) }},
		{"no_value", func(s pmetric.Sum) { point(s, nil, one...) }},
		{"no_value", func(s pmetric.Sum) {
			point(s, 5, one...).SetFlags(pmetric.DefaultDataPointFlags.WithNoRecordedValue(true))
		}},
		{"already_priced", func(s pmetric.Sum) { point(s, 5, "model", "gpt-4o", "voice.tx.priced", true) }},
		{"not_a_counter", func(s pmetric.Sum) {
			s.SetIsMonotonic(false)
			point(s, 5, one...)
		}},
		{"not_a_counter", func(s pmetric.Sum) {
			s.SetAggregationTemporality(pmetric.AggregationTemporalityUnspecified)
			point(s, 5, one...)
		}},
	} {
		t.Run(test.reason, func(t *testing.T) {
			b := newBatch()
			test.point(b.sum(semconv.MetricLLMTokens, delta))
			before := pmetric.NewMetrics()
			b.CopyTo(before)
			h := newHarness(t, nil)
			out := h.consumeMetrics(b.Metrics)
			assert.Equal(t, marshal(t, before), marshal(t, out))
			h.assertOwn(ownPoints{ignored: map[string]int64{test.reason: 1}})
		})
	}
}

func marshal(t *testing.T, md pmetric.Metrics) string {
	t.Helper()
	text, err := (&pmetric.ProtoMarshaler{}).MarshalMetrics(md)
	require.NoError(t, err)
	return string(text)
}

func TestOtherTypesPassOn(t *testing.T) {
	b := newBatch()
	for _, metric := range []func(pmetric.Metric){
		func(m pmetric.Metric) { m.SetEmptyGauge().DataPoints().AppendEmpty().SetIntValue(5) },
		func(m pmetric.Metric) { m.SetEmptyHistogram().DataPoints().AppendEmpty().SetCount(5) },
		func(m pmetric.Metric) { m.SetEmptyExponentialHistogram().DataPoints().AppendEmpty().SetCount(5) },
		func(m pmetric.Metric) { m.SetEmptySummary().DataPoints().AppendEmpty().SetCount(5) },
		func(pmetric.Metric) {},
	} {
		m := b.scope.Metrics().AppendEmpty()
		m.SetName(semconv.MetricTTSCharacters)
		metric(m)
	}
	point(b.sum("voice.ttfb.milliseconds", delta), 412.0)
	h := newHarness(t, nil)
	out := h.consumeMetrics(b.Metrics)
	assert.Equal(t, 6, out.MetricCount())
	h.assertOwn(ownPoints{ignored: map[string]int64{"not_a_counter": 4}})
}

func TestNothingInNothingOut(t *testing.T) {
	h := newHarness(t, nil)
	assert.Zero(t, h.consumeMetrics(pmetric.NewMetrics()).MetricCount())
	assert.Len(t, h.metricsSink.AllMetrics(), 1, "an empty request is the sender's matter")
}

// The price is that of the point's moment, and of arrival where a point has none.
func TestPriceTime(t *testing.T) {
	const attributes = 1_000_000
	for _, test := range []struct {
		name string
		at   time.Time
		want float64
	}{
		{"before the change", time.Date(2026, 8, 20, 23, 59, 59, 999_999_999, time.UTC), 5},
		{"at the change", time.Date(2026, 8, 21, 0, 0, 0, 0, time.UTC), 4},
		{"no time: now", time.Unix(0, 0), 4},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := newBatch()
			p := point(b.sum(semconv.MetricLLMTokens, delta), attributes, "model", "gpt-5.6-sol", "token_type", "prompt")
			p.SetTimestamp(pcommon.NewTimestampFromTime(test.at))
			out := newHarness(t, nil).consumeMetrics(b.Metrics)
			assert.Equal(t, test.want, total(out, semconv.MetricCost))
			assert.Equal(t, p.Timestamp(), metricsNamed(out, semconv.MetricCost)[0].Sum().DataPoints().At(0).Timestamp())
		})
	}
}

// Prompt and completion of a bot differ in an attribute that cost does not have. Their costs must not look like one
// stream with two values at once, whatever the temporality, and each must keep its identity from export to export.
func TestCostsOfOneModelAreStreamsOfTheirOwn(t *testing.T) {
	export := func(prompt, completion int) pmetric.Metrics {
		b := newBatch()
		tokens := b.sum(semconv.MetricLLMTokens, cumulative)
		point(tokens, prompt, "call_id", "c", "llm_model", "gpt-4o", "token_type", "prompt")
		point(tokens, completion, "call_id", "c", "llm_model", "gpt-4o", "token_type", "completion")
		return b.Metrics
	}
	h := newHarness(t, nil)
	first := streamsOf(h.consumeMetrics(export(100, 10)), semconv.MetricCost)
	require.Len(t, first, 2)
	assert.NotEqual(t, first[0], first[1])
	assert.Equal(t, first, streamsOf(h.consumeMetrics(export(200, 20)), semconv.MetricCost))
	assert.Equal(t, first, streamsOf(newHarness(t, nil).consumeMetrics(export(200, 20)), semconv.MetricCost))
}

func TestStreamOf(t *testing.T) {
	digest := func(metric string, pairs ...string) string {
		attributes := pcommon.NewMap()
		for i := 0; i < len(pairs); i += 2 {
			attributes.PutStr(pairs[i], pairs[i+1])
		}
		return streamOf(metric, attributes)
	}
	assert.Equal(t, digest("m", "a", "1", "b", "2"), digest("m", "b", "2", "a", "1"), "order does not matter")
	assert.NotEqual(t, digest("m", "a", "1", "b", "2"), digest("m", "a", "2", "b", "1"))
	assert.NotEqual(t, digest("m", "a", "1"), digest("n", "a", "1"))
	assert.NotEqual(t, digest("m", "a", "1"), digest("m"))
}

// A second cost processor, be it with another price book, adds nothing.
func TestInSeriesNothingIsPricedTwice(t *testing.T) {
	b := newBatch()
	tokens := b.sum(semconv.MetricLLMTokens, delta)
	point(tokens, 1000, "model", "gpt-4o", "token_type", "prompt")
	point(tokens, 1000, "model", "mine", "token_type", "prompt")
	point(b.sum(semconv.MetricSTTAudio, delta), 7.5, "provider", "gladia", "voice.tx.pair", true)
	once := newHarness(t, nil).consumeMetrics(b.Metrics)
	want := marshal(t, once)

	second := newHarness(t, func(cfg *Config) {
		cfg.Overrides = []pricing.Row{
			{Provider: "home", Models: []string{"mine"}, Usage: "prompt.text", Unit: "token", Price: "1", Per: "1"},
			{Provider: "gladia", Models: []string{"solaria-1"}, Usage: "stt_audio_seconds", Unit: "second", Price: "1", Per: "1"},
		}
	})
	assert.Equal(t, want, marshal(t, second.consumeMetrics(once)))
	second.assertOwn(ownPoints{ignored: map[string]int64{"already_priced": 3}})
}

func TestMoneyOfAPlatformIsLeftAlone(t *testing.T) {
	b := newBatch()
	money := b.sum(semconv.MetricCost, delta)
	b.scope.Metrics().At(0).SetUnit(semconv.UnitUSD)
	point(money, 0.25, "cost_type", "platform", "provider", "vapi", "cost_source", "provider")
	point(b.sum(semconv.MetricTTSCharacters, delta), 48, "provider", "cartesia")
	h := newHarness(t, nil)
	out := h.consumeMetrics(b.Metrics)
	assert.Equal(t, []string{
		"0.25 cost_source=provider cost_type=platform provider=vapi",
		"0.0024 cost_source=computed cost_type=tts provider=cartesia",
	}, cost(out))
	assert.Len(t, metricsNamed(out, semconv.MetricCost), 1, "both in one metric")
	h.assertOwn(ownPoints{priced: 1})
}

// The use that a platform's money covers has no other price and is not unpriced, and the money is no bot's guess, whatever
// becomes of guesses.
func TestUseThatAPlatformChargesFor(t *testing.T) {
	for _, keep := range []bool{false, true} {
		b := newBatch()
		point(b.sum(semconv.MetricCost, delta), 0.0812, "call_id", "c", "voice.tx.id", "1", "cost_type", "llm",
			"provider", "openai", "model", "gpt-4o", "cost_source", "provider")
		tokens := b.sum(semconv.MetricLLMTokens, delta)
		point(tokens, 2100, "model", "gpt-4o", "token_type", "prompt", "voice.tx.priced", true)
		point(tokens, 2100, "model", "nobody-knows", "token_type", "prompt", "voice.tx.priced", true)
		h := newHarness(t, func(cfg *Config) { cfg.KeepForeignCost = keep })
		out := h.consumeMetrics(b.Metrics)
		assert.Equal(t, []string{
			"0.0812 call_id=c cost_source=provider cost_type=llm model=gpt-4o provider=openai voice.tx.id=1",
		}, cost(out))
		assert.Empty(t, unpricedLines(out))
		h.assertOwn(ownPoints{ignored: map[string]int64{"already_priced": 2}})
		assert.Zero(t, h.pointsOf("otelcol_processor_cost_foreign_points"))
		assert.Zero(t, h.pointsOf("otelcol_processor_cost_unpriced_points"))
	}
}

// Whose call it is stays on what answers its usage. The key is the sender's and stands in for nothing that is ours.
func TestAnswersSayWhoseCallItIs(t *testing.T) {
	b := newBatch()
	speech := b.sum(semconv.MetricTTSCharacters, delta)
	point(speech, 48, "provider", "cartesia", "customer", "acme", "voice.tx.tenant", "customer")
	point(speech, 48, "provider", "nobody", "customer", "acme", "voice.tx.tenant", "customer")
	point(speech, 48, "provider", "cartesia", "cost_type", "mine", "voice.tx.tenant", "cost_type")
	point(speech, 48, "provider", "cartesia", "voice.tx.tenant", "customer")
	out := newHarness(t, nil).consumeMetrics(b.Metrics)
	assert.Equal(t, []string{
		"0.0024 cost_source=computed cost_type=tts customer=acme provider=cartesia",
		"0.0024 cost_source=computed cost_type=tts provider=cartesia",
		"0.0024 cost_source=computed cost_type=tts provider=cartesia",
	}, cost(out))
	assert.Equal(t, []string{
		"48 cost_type=tts customer=acme provider=nobody reason=no_provider usage_kind=characters",
	}, unpricedLines(out))
}

// A cost metric of another form is not added to.
func TestAnotherFormOfCostStaysApart(t *testing.T) {
	b := newBatch()
	point(b.sum(semconv.MetricCost, cumulative), 0.25, "cost_source", "provider")
	gauge := b.scope.Metrics().AppendEmpty()
	gauge.SetName(semconv.MetricCost)
	p := gauge.SetEmptyGauge().DataPoints().AppendEmpty()
	p.Attributes().PutStr("cost_source", "provider")
	point(b.sum(semconv.MetricTTSCharacters, delta), 48, "provider", "cartesia")
	out := newHarness(t, nil).consumeMetrics(b.Metrics)
	assert.Len(t, metricsNamed(out, semconv.MetricCost), 3)
}

func foreignBatch() batch {
	b := newBatch()
	money := b.sum(semconv.MetricCost, cumulative)
	point(money, 0.06, "cost_type", "llm")
	point(money, 0.003, "cost_type", "tts")
	gauge := b.scope.Metrics().AppendEmpty()
	gauge.SetName(semconv.MetricCost)
	gauge.SetEmptyGauge().DataPoints().AppendEmpty().SetDoubleValue(0.1)
	histogram := b.scope.Metrics().AppendEmpty()
	histogram.SetName(semconv.MetricCost)
	histogram.SetEmptyHistogram().DataPoints().AppendEmpty().SetSum(0.1)
	point(b.sum(semconv.MetricTTSCharacters, cumulative), 48, "provider", "cartesia")
	// Another scope of the same bot, whose usage came without money.
	other := batch{Metrics: b.Metrics, scope: b.ResourceMetrics().At(0).ScopeMetrics().AppendEmpty()}
	point(other.sum(semconv.MetricTTSCharacters, cumulative), 480, "provider", "cartesia")
	return b
}

func TestForeignCostIsDropped(t *testing.T) {
	h := newHarness(t, nil)
	out := h.consumeMetrics(foreignBatch().Metrics)
	assert.Equal(t, []string{
		"0.0024 cost_source=computed cost_type=tts provider=cartesia",
		"0.024 cost_source=computed cost_type=tts provider=cartesia",
	}, cost(out))
	h.assertOwn(ownPoints{priced: 2, foreign: map[string]int64{"dropped": 4}})
}

// A source that is no word of ours is none.
func TestForeignCostOfAnUnknownSource(t *testing.T) {
	h, b := newHarness(t, nil), newBatch()
	money := b.sum(semconv.MetricCost, delta)
	point(money, 999.0, "cost_source", "")
	point(money, 99.0, "cost_source", "guess")
	point(money, 0.25, "cost_source", "provider")
	assert.Equal(t, []string{"0.25 cost_source=provider"}, cost(h.consumeMetrics(b.Metrics)))
	h.assertOwn(ownPoints{foreign: map[string]int64{"dropped": 2}})
}

func TestForeignCostIsKept(t *testing.T) {
	h := newHarness(t, func(cfg *Config) { cfg.KeepForeignCost = true })
	out := h.consumeMetrics(foreignBatch().Metrics)
	assert.Equal(t, []string{
		"0.06 cost_source=provider cost_type=llm",
		"0.003 cost_source=provider cost_type=tts",
		"0.1 cost_source=provider",
		"0.024 cost_source=computed cost_type=tts provider=cartesia",
	}, cost(out))
	h.assertOwn(ownPoints{priced: 1, ignored: map[string]int64{"foreign_cost": 1}, foreign: map[string]int64{"kept": 4}})

	again := newHarness(t, nil).consumeMetrics(out)
	assert.Len(t, cost(again), 4, "a processor that does not keep foreign cost finds none, and prices nothing that came with it")
}

func TestNothingIsSentWhenAllWasForeign(t *testing.T) {
	b := newBatch()
	point(b.sum(semconv.MetricCost, delta), 0.06)
	h := newHarness(t, nil)
	require.NoError(t, h.metrics.ConsumeMetrics(context.Background(), b.Metrics))
	assert.Empty(t, h.metricsSink.AllMetrics())
}

func TestOnUnknownDrop(t *testing.T) {
	b := newBatch()
	point(b.sum(semconv.MetricTTSCharacters, delta), 7, "provider", "acme")
	h := newHarness(t, func(cfg *Config) { cfg.OnUnknown = onUnknownDrop })
	assert.Empty(t, unpricedLines(h.consumeMetrics(b.Metrics)))
	h.assertOwn(ownPoints{unpriced: map[string]int64{"no_provider": 1}})
}

func TestOverridesAndPlans(t *testing.T) {
	b := newBatch()
	characters := b.sum(semconv.MetricTTSCharacters, delta)
	point(characters, 1_000_000, "provider", "cartesia")
	point(characters, 1_000_000, "provider", "home", "model", "piper")
	out := newHarness(t, func(cfg *Config) {
		cfg.Plans = map[string]string{"cartesia": "scale"}
		cfg.Overrides = []pricing.Row{
			{Provider: "home", Models: []string{"piper"}, Usage: "characters", Unit: "character", Price: "0", Per: "1"},
		}
	}).consumeMetrics(b.Metrics)
	assert.Equal(t, []string{
		"37.4 cost_source=computed cost_type=tts provider=cartesia",
		"0 cost_source=computed cost_type=tts model=piper provider=home",
	}, cost(out), "what is free is priced, at nothing")
}

// Every usage has one outcome, and their sum is what came in.
func TestConservation(t *testing.T) {
	b := newBatch()
	tokens := b.sum(semconv.MetricLLMTokens, delta)
	for i := range 100 {
		point(tokens, i-2, "model", []string{"gpt-4o", "gpt-9", "claude-sonnet-4-5"}[i%3],
			"token_type", []string{"prompt", "completion", "total"}[i%7%3], "voice.tx.priced", i%10 == 0)
	}
	h := newHarness(t, nil)
	out := h.consumeMetrics(b.Metrics)
	counted := h.pointsOf("otelcol_processor_cost_priced_points") + h.pointsOf("otelcol_processor_cost_unpriced_points") +
		h.pointsOf("otelcol_processor_cost_ignored_points")
	assert.Equal(t, int64(100), counted)
	assert.Equal(t, int64(len(cost(out))), h.pointsOf("otelcol_processor_cost_priced_points"))
	assert.Equal(t, int64(len(unpricedLines(out))), h.pointsOf("otelcol_processor_cost_unpriced_points"))
}

func TestUnknownModelsAreLoggedOnce(t *testing.T) {
	h := newHarness(t, nil)
	for range 3 {
		b := newBatch()
		tokens := b.sum(semconv.MetricLLMTokens, delta)
		point(tokens, 7, "model", "gpt-4o-mine", "token_type", "prompt")
		point(tokens, 7, "model", "gpt-4o-mine", "token_type", "completion")
		point(tokens, 7, "model", "gpt-4o", "token_type", "total")
		point(tokens, 7, "model", "gpt-4o", "token_type", "prompt", "token_kind", "audio")
		h.consumeMetrics(b.Metrics)
	}
	entries := h.messages.All()
	require.Len(t, entries, 3)
	assert.Equal(t, "usage without a price", entries[0].Message)
	assert.Equal(t, map[string]any{
		"provider": "", "model": "gpt-4o-mine", "usage_kind": "prompt.text", "reason": "no_model",
		"nearest_known": "openai/gpt-4o-mini",
		"remedy": "if it costs money, add a row to overrides of the cost processor: {provider: ..., " +
			`models: ["gpt-4o-mine"], usage: prompt.text, unit: token, price: "...", per: "1000000"}, and one for each other usage of the model; see docs/prices.md`,
	}, entries[0].ContextMap())
	assert.Contains(t, entries[1].ContextMap()["remedy"], "report prompt and completion tokens apart")
	assert.Equal(t, "prompt.audio", entries[2].ContextMap()["usage_kind"])
}

func TestRemedies(t *testing.T) {
	for _, test := range []struct {
		name, metric string
		attributes   []any
		want         string
	}{
		{"nobody named", semconv.MetricTTSCharacters, nil, "report the provider"},
		{"only a reseller has it", semconv.MetricLLMTokens, []any{"model", "llama-3.1-8b-instant", "token_type", "prompt"}, "report the provider"},
		{"no default", semconv.MetricSTTSession, []any{"provider", "assemblyai"}, "report the model"},
		{"no default, by name", semconv.MetricSTTSession, []any{"stt_model", "assemblyai"}, "report the model"},
		{"the wrong quantity", semconv.MetricSTTAudio, []any{"provider", "gladia", "model", "solaria-1"}, "{provider: gladia, models: [\"solaria-1\"], usage: stt_audio_seconds, unit: second,"},
		{"one of two quantities", semconv.MetricSTTAudio, []any{"provider", "gladia", "model", "solaria-1"}, "it needs one row, for that of stt_audio_seconds, stt_session_seconds which the vendor bills"},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := newBatch()
			point(b.sum(test.metric, delta), 7, test.attributes...)
			h := newHarness(t, nil)
			h.consumeMetrics(b.Metrics)
			require.Equal(t, 1, h.messages.Len())
			assert.Contains(t, h.messages.All()[0].ContextMap()["remedy"], test.want)
		})
	}
}

func TestLoggingIsBounded(t *testing.T) {
	h := newHarness(t, nil)
	b := newBatch()
	tokens := b.sum(semconv.MetricLLMTokens, delta)
	for i := range 2 * maxUnknowns {
		point(tokens, 7, "model", fmt.Sprint(i, strings.Repeat("x", 1000)), "token_type", "prompt")
	}
	h.consumeMetrics(b.Metrics)
	assert.Equal(t, maxUnknowns+1, h.messages.Len())
	assert.Len(t, h.messages.All()[0].ContextMap()["model"], 131)
}

func TestConcurrentUse(t *testing.T) {
	h := newHarness(t, nil)
	var wait sync.WaitGroup
	for i := range 8 {
		wait.Go(func() {
			for j := range 50 {
				b := newBatch()
				point(b.sum(semconv.MetricLLMTokens, delta), 7, "model", fmt.Sprint("model-", i, "-", j%5), "token_type", "prompt")
				point(b.sum(semconv.MetricTTSCharacters, delta), 7, "provider", "cartesia")
				assert.NoError(t, h.metrics.ConsumeMetrics(context.Background(), b.Metrics))
			}
		})
	}
	wait.Wait()
	h.assertOwn(ownPoints{priced: 400, unpriced: map[string]int64{"no_model": 400}})
}

// ownPoints is what the processor says of the metrics that it has seen.
type ownPoints struct {
	priced, covered                       int64
	unpriced, ignored, foreign, estimated map[string]int64
}

func (h *harness) assertOwn(want ownPoints) {
	h.t.Helper()
	t, ok := h.t.(*testing.T)
	require.True(h.t, ok)
	const signal = "metrics"
	if want.priced > 0 {
		metadatatest.AssertEqualProcessorCostPricedPoints(t, h.own, dataPoints(map[string]int64{"": want.priced}, "", signal),
			metricdatatest.IgnoreTimestamp())
	} else {
		assert.Zero(t, h.pointsOf("otelcol_processor_cost_priced_points"))
	}
	if want.covered > 0 {
		metadatatest.AssertEqualProcessorCostCoveredPoints(t, h.own, dataPoints(map[string]int64{"": want.covered}, "", signal),
			metricdatatest.IgnoreTimestamp())
	}
	if want.unpriced != nil {
		metadatatest.AssertEqualProcessorCostUnpricedPoints(t, h.own, dataPoints(want.unpriced, "reason", signal),
			metricdatatest.IgnoreTimestamp())
	}
	if want.ignored != nil {
		metadatatest.AssertEqualProcessorCostIgnoredPoints(t, h.own, dataPoints(want.ignored, "reason", signal),
			metricdatatest.IgnoreTimestamp())
	}
	if want.estimated != nil {
		metadatatest.AssertEqualProcessorCostEstimatedPoints(t, h.own, dataPoints(want.estimated, "reason", signal),
			metricdatatest.IgnoreTimestamp())
	} else {
		assert.Zero(t, h.pointsOf("otelcol_processor_cost_estimated_points"))
	}
	if want.foreign != nil {
		metadatatest.AssertEqualProcessorCostForeignPoints(t, h.own, dataPoints(want.foreign, "action", ""),
			metricdatatest.IgnoreTimestamp())
	}
}

func dataPoints(counts map[string]int64, key, signal string) []metricdata.DataPoint[int64] {
	var points []metricdata.DataPoint[int64]
	for value, n := range counts {
		var kv []attribute.KeyValue
		if key != "" {
			kv = append(kv, attribute.String(key, value))
		}
		if signal != "" {
			kv = append(kv, attribute.String("signal", signal))
		}
		points = append(points, metricdata.DataPoint[int64]{Value: n, Attributes: attribute.NewSet(kv...)})
	}
	return points
}

// pointsOf is the sum of one of the processor's own metrics.
func (h *harness) pointsOf(name string) int64 {
	metric, err := h.own.GetMetric(name)
	if err != nil {
		return 0
	}
	sum := int64(0)
	for _, p := range metric.Data.(metricdata.Sum[int64]).DataPoints {
		sum += p.Value
	}
	return sum
}

// A provider under another name is more likely than a new one, and what the advice says to write makes it known.
func TestAdviceForANearProvider(t *testing.T) {
	h := newHarness(t, nil)
	b := newBatch()
	point(b.sum(semconv.MetricTTSCharacters, delta), 7, "provider", "eleven", "model", "eleven_flash_v2_5")
	h.consumeMetrics(b.Metrics)
	require.Equal(t, 1, h.messages.Len())
	assert.Contains(t, h.messages.All()[0].ContextMap()["remedy"],
		`if this is elevenlabs, report that, or put provider_aliases: ["eleven"] into a price file with provider: elevenlabs; else, if it costs money`)

	path := filepath.Join(t.TempDir(), "names.yaml")
	require.NoError(t, os.WriteFile(path, []byte("provider: elevenlabs\nprovider_aliases: [\"eleven\"]\n"), 0o600))
	h = newHarness(t, func(cfg *Config) { cfg.PriceFiles = []PriceFileConfig{{Path: path}} })
	b = newBatch()
	point(b.sum(semconv.MetricTTSCharacters, delta), 7, "provider", "eleven", "model", "eleven_flash_v2_5")
	assert.Len(t, cost(h.consumeMetrics(b.Metrics)), 1)
}
