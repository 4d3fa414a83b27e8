package costprocessor

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/otelcol-voice/otelcol-voice/internal/signal/semconv"
)

// Points say what they are asked to say, and only points of cost do.
func TestPointAttributes(t *testing.T) {
	for _, test := range []struct {
		attributes []string
		want       []string
	}{
		{nil, []string{"1 cost_source=computed cost_type=llm model=m provider=house", "4 cost_source=computed cost_type=llm model=m provider=house"}},
		{[]string{"basis"}, []string{
			"1 cost_source=computed cost_type=llm model=m provider=house voice.cost.basis=estimate",
			"4 cost_source=computed cost_type=llm model=m provider=house voice.cost.basis=exact",
		}},
		{[]string{"price_version", "basis"}, []string{
			"1 cost_source=computed cost_type=llm model=m provider=house voice.cost.basis=estimate voice.cost.price_version=VERSION",
			"4 cost_source=computed cost_type=llm model=m provider=house voice.cost.basis=exact voice.cost.price_version=VERSION",
		}},
	} {
		h := newHarness(t, func(cfg *Config) {
			withSources("gen_ai.client.token.usage")(cfg)
			cfg.PointAttributes = test.attributes
		})
		out := h.consumeMetrics(strangers(delta,
			stranger{"gen_ai.client.token.usage", 1000, plus(genAI, "gen_ai.token.type", "input")},
			stranger{"gen_ai.client.token.usage", 1000, plus(genAI, "gen_ai.token.type", "output")},
			stranger{"gen_ai.client.token.usage", 1000, []any{"gen_ai.token.type", "output"}},
		).Metrics)
		for _, metric := range metricsNamed(out, semconv.MetricCost) {
			for _, p := range metric.Sum().DataPoints().All() {
				if version, ok := p.Attributes().Get(semconv.AttrPriceVersion); ok {
					require.Regexp(t, `^\d{4}-\d{2}-\d{2}\+[0-9a-f]{8}$`, version.Str())
					version.SetStr("VERSION")
				}
			}
		}
		assert.ElementsMatch(t, test.want, cost(out))
		assert.Equal(t, []string{"1000 cost_type=llm reason=no_provider usage_kind=completion.text"}, unpricedLines(out))
	}
}

// The cost of a counter under another version of the book is another series: it begins with nothing, and what the one before
// came to stays what it was.
func TestVersionsOfACounterAreSeries(t *testing.T) {
	b := newStoring(t)
	take := func(at string, value int) []string {
		b.cost.config.PointAttributes = []string{pointPriceVersion}
		usd, _ := b.take(reading{at: at, model: "gpt-4o", value: value})
		return usd
	}
	assert.Equal(t, []string{"2.5"}, take("07-29 00:00", 1_000_000))
	b.restart(dearer)
	assert.Equal(t, []string{"2.5"}, take("07-29 01:00", 1_000_000), "as it was")
	assert.Equal(t, []string{"5", "2.5"}, take("07-29 02:00", 1_500_000), "and that of before, in case it got lost")
	b.restart(nil)
	assert.Equal(t, []string{"5", "5"}, take("07-29 03:00", 2_500_000), "of both times under this book")
	total, _ := b.totals()
	assert.InDelta(t, 10, total, 1e-12)
}

// A kind of usage that nothing can be cached of is priced exactly by the histogram as well.
func TestNoDoubtWhereNothingIsCached(t *testing.T) {
	h := newHarness(t, func(cfg *Config) {
		cfg.Overrides, cfg.Sources = temporary, Sources{"gen_ai.client.token.usage": {}}
	})
	h.consumeMetrics(strangers(delta, stranger{"gen_ai.client.token.usage", 1000, []any{
		"gen_ai.provider.name", "home", "gen_ai.request.model", "always", "gen_ai.token.type", "input",
	}}).Metrics)
	h.assertOwn(ownPoints{priced: 1})
}

// An answer that is given once more is the estimate that it was.
func TestRepeatedEstimates(t *testing.T) {
	h := newHarness(t, withSources("gen_ai.client.token.usage"))
	for range 2 {
		require.NoError(t, h.metrics.ConsumeMetrics(context.Background(), strangers(cumulative,
			stranger{"gen_ai.client.token.usage", 1000, plus(genAI, "gen_ai.token.type", "input")}).Metrics))
	}
	h.assertOwn(ownPoints{priced: 1, ignored: map[string]int64{"zero": 1}, estimated: map[string]int64{"parts": 1}})
}

// A single report is rounded as the vendor rounds, on its point and on its summary; what adds several up is priced as it is,
// and said to be an estimate. What is said of channels counts.
func TestRoundingAndContext(t *testing.T) {
	whisper := []any{"provider", "groq", "model", "whisper-large-v3"}
	chirp := []any{"provider", "google", "model", "chirp_2"}
	luna := []any{"provider", "openai", "model", "gpt-5.6-luna", "token_type", "prompt"}
	for name, test := range map[string]struct {
		metric      string
		temporality pmetric.AggregationTemporality
		value       any
		attributes  []any
		want        float64
		estimated   string
	}{
		"three seconds are ten": {semconv.MetricSTTAudio, delta, 3.0, plus(whisper, "voice.tx.id", "1"), 10 * 0.111 / 3600, ""},
		"added up":              {semconv.MetricSTTAudio, delta, 3.0, whisper, 3 * 0.111 / 3600, "rounding"},
		"a counter":             {semconv.MetricSTTAudio, cumulative, 3.0, plus(whisper, "voice.tx.id", "1"), 3 * 0.111 / 3600, "rounding"},
		"one channel":           {semconv.MetricSTTAudio, delta, 60.0, plus(chirp, "voice.tx.id", "1"), 0.016, "rounding"},
		"two channels":          {semconv.MetricSTTAudio, delta, 60.0, plus(chirp, "voice.tx.id", "1", "voice.tx.channels", 2), 0.032, "rounding"},
		"of a request":          {semconv.MetricLLMTokens, delta, 1000, plus(luna, "voice.tx.request_tokens", 1000), 0.0002, ""},
		"of whatever request":   {semconv.MetricLLMTokens, delta, 1000, luna, 0.0002, "context_size"},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t, nil)
			b := newBatch()
			point(b.sum(test.metric, test.temporality), test.value, test.attributes...)
			assert.InEpsilon(t, test.want, total(h.consumeMetrics(b.Metrics), semconv.MetricCost), 1e-12)
			own := ownPoints{priced: 1}
			if test.estimated != "" {
				own.estimated = map[string]int64{test.estimated: 1}
			}
			h.assertOwn(own)
			if test.temporality == delta {
				ld, list := summaryLogs()
				entry(list, test.metric, test.value, test.attributes...)
				assert.InEpsilon(t, test.want, h.summarise(ld)[semconv.SummaryCost], 1e-12)
			}
		})
	}
}
