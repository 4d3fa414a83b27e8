package costprocessor

import (
	"context"
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/otelcol-voice/otelcol-voice/internal/pricing"
	"github.com/otelcol-voice/otelcol-voice/internal/signal/semconv"
)

// moving has a price that doubles in August.
var moving = []pricing.Row{
	{
		Provider: "house", Models: []string{"moving"}, Usage: "prompt.text", Unit: "token", Price: "1", Per: "1000",
		EffectiveUntil: "2026-08-01T00:00:00Z",
	},
	{
		Provider: "house", Models: []string{"moving"}, Usage: "prompt.text", Unit: "token", Price: "2", Per: "1000",
		EffectiveFrom: "2026-08-01T00:00:00Z",
	},
	{Provider: "house", Models: []string{"moving"}, Usage: "prompt.cache_read", Unit: "token", Price: "0.1", Per: "1000"},
	{Provider: "house", Models: []string{"moving"}, Usage: "prompt.audio", Unit: "token", Price: "10", Per: "1000"},
	{Provider: "house", Models: []string{"moving"}, Usage: "prompt.audio_cache_read", Unit: "token", Price: "5", Per: "1000"},
}

// collection is what a LiveKit bot's counters say at a moment, by their names.
type collection struct {
	at    string
	start string // "": begin
	says  map[string]int
	late  map[string]string // counters that are read at another moment
}

func (c collection) metrics(t testing.TB) pmetric.Metrics {
	t.Helper()
	b := newBatch()
	start := c.start
	if start == "" {
		start = begin
	}
	for _, name := range slices.Sorted(maps.Keys(c.says)) {
		p := point(b.sum("lk.agents.usage."+name, cumulative), c.says[name], "model_provider", "house", "model_name", "moving")
		p.SetStartTimestamp(when(t, start))
		p.SetTimestamp(when(t, c.at))
		if at, is := c.late[name]; is {
			p.SetTimestamp(when(t, at))
		}
	}
	return b.Metrics
}

// collect hands a collection over and returns what is answered, sorted.
func (b *bench) collect(c collection) []string {
	b.Helper()
	if ahead := when(b.T, c.at).AsTime().Sub(b.days.Now()); ahead > 0 {
		b.days.Advance(ahead)
	}
	out, err := b.cost.processMetrics(context.Background(), c.metrics(b.T))
	require.NoError(b, err)
	answers := values(out, semconv.MetricCost)
	slices.Sort(answers)
	require.NoError(b, b.rollup.ConsumeMetrics(context.Background(), out))
	return answers
}

// What is answered to each collection, and what rollup makes of all.
func TestCumulativeSources(t *testing.T) {
	const in, cached, audio = "llm_input_tokens", "llm_input_cached_tokens", "llm_input_audio_tokens"
	for _, test := range []struct {
		name  string
		steps []collection
		want  [][]string // cost of each answer
		total float64
	}{
		{
			name: "a price rises",
			steps: []collection{
				{at: "07-29 00:00", says: map[string]int{in: 1000, cached: 400}},
				{at: "08-02 00:00", says: map[string]int{in: 3000, cached: 1400}},
			},
			want:  [][]string{{"0.04", "0.6"}, {"0.14", "2.6"}},
			total: 2.74,
		},
		{
			name: "what stands still is answered again, as it was",
			steps: []collection{
				{at: "07-29 00:00", says: map[string]int{in: 1000, cached: 400}},
				{at: "07-29 01:00", says: map[string]int{in: 1000, cached: 400}},
				{at: "08-02 00:00", says: map[string]int{in: 1000, cached: 400}},
				{at: "08-03 00:00", says: map[string]int{in: 2000, cached: 1400}},
			},
			want:  [][]string{{"0.04", "0.6"}, {"0.04", "0.6"}, {"0.04", "0.6"}, {"0.14", "0.6"}},
			total: 0.74,
		},
		{
			name: "sent again and late",
			steps: []collection{
				{at: "07-29 00:00", says: map[string]int{in: 1000, cached: 400}},
				{at: "08-02 00:00", says: map[string]int{in: 3000, cached: 1400}},
				{at: "07-30 00:00", says: map[string]int{in: 2000, cached: 900}},
				{at: "08-02 00:00", says: map[string]int{in: 3000, cached: 1400}},
			},
			want:  [][]string{{"0.04", "0.6"}, {"0.14", "2.6"}, {"0.14", "2.6"}, {"0.14", "2.6"}},
			total: 2.74,
		},
		{
			name: "reset with the same start",
			steps: []collection{
				{at: "07-29 00:00", says: map[string]int{in: 1000, cached: 400}},
				{at: "07-30 00:00", says: map[string]int{in: 500, cached: 200}},
			},
			want:  [][]string{{"0.04", "0.6"}, {"0.06", "0.9"}},
			total: 0.96,
		},
		{
			name: "another start is another bot",
			steps: []collection{
				{at: "07-29 00:00", says: map[string]int{in: 1000, cached: 400}},
				{at: "08-02 00:00", start: "07-30 00:00", says: map[string]int{in: 1000, cached: 500}},
			},
			want:  [][]string{{"0.04", "0.6"}, {"0.05", "1"}},
			total: 1.69,
		},
		{
			name: "caching and speech begin later",
			steps: []collection{
				{at: "07-29 00:00", says: map[string]int{in: 1000}},
				{at: "07-30 00:00", says: map[string]int{in: 2000, cached: 400}},
				{at: "07-31 00:00", says: map[string]int{in: 3000, cached: 1000, audio: 500}},
			},
			want: [][]string{
				{"1"},
				{"0.04", "1.6"},
				// It is another cost type from here on, and another series, which begins with nothing.
				{"0.04", "0.05", "0.5", "1.6", "4"},
			},
			total: 1.64 + 0.05 + 0.5 + 4,
		},
		{
			name: "more cached than there is: once, then it is made up for",
			steps: []collection{
				{at: "07-29 00:00", says: map[string]int{in: 1000, cached: 400}},
				{at: "07-30 00:00", says: map[string]int{in: 1100, cached: 900}},
				{at: "07-31 00:00", says: map[string]int{in: 2100, cached: 1000}},
			},
			want:  [][]string{{"0.04", "0.6"}, {"0.04", "0.7"}, {"0.05", "1.6"}},
			total: 1.65,
		},
		{
			name: "a part whose whole was not read with it waits",
			steps: []collection{
				{at: "07-29 00:00", says: map[string]int{in: 1000, cached: 400}},
				{at: "07-30 00:00", says: map[string]int{cached: 900}},
				{at: "07-31 00:00", says: map[string]int{in: 2000, cached: 1000}},
			},
			want:  [][]string{{"0.04", "0.6"}, nil, {"0.1", "1"}},
			total: 1.1,
		},
		{
			name: "nothing yet",
			steps: []collection{
				{at: "07-29 00:00", says: map[string]int{in: 0, cached: 0}},
				{at: "08-02 00:00", says: map[string]int{in: 1000, cached: 400}},
			},
			want:  [][]string{nil, {"0.04", "1.2"}},
			total: 1.24,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := newBench(t)
			for i, step := range test.steps {
				assert.Equal(t, test.want[i], b.collect(step), "collection %d", i)
			}
			total, _ := b.totals()
			assert.InDelta(t, test.total, total, 1e-12)
		})
	}
}

// Histograms that are cumulative are differenced like counters.
func TestCumulativeHistogram(t *testing.T) {
	b := newBench(t)
	for _, step := range []struct {
		at   string
		sum  float64
		want []string
	}{
		{"07-29 00:00", 1000, []string{"1"}}, {"08-02 00:00", 1500, []string{"2"}}, {"08-03 00:00", 200, []string{"2.4"}},
	} {
		md := newBatch()
		metric := md.scope.Metrics().AppendEmpty()
		metric.SetName("gen_ai.client.token.usage")
		metric.SetEmptyHistogram().SetAggregationTemporality(cumulative)
		p := metric.Histogram().DataPoints().AppendEmpty()
		p.SetStartTimestamp(when(t, begin))
		p.SetTimestamp(when(t, step.at))
		p.SetSum(step.sum)
		for key, value := range map[string]string{
			"gen_ai.provider.name": "house", "gen_ai.request.model": "moving", "gen_ai.token.type": "input",
		} {
			p.Attributes().PutStr(key, value)
		}
		out, err := b.cost.processMetrics(context.Background(), md.Metrics)
		require.NoError(t, err)
		assert.Equal(t, step.want, values(out, semconv.MetricCost))
		answer := metricsNamed(out, semconv.MetricCost)[0].Sum()
		assert.Equal(t, cumulative, answer.AggregationTemporality())
		assert.Equal(t, p.StartTimestamp(), answer.DataPoints().At(0).StartTimestamp())
		assert.Equal(t, p.Timestamp(), answer.DataPoints().At(0).Timestamp())
	}
}

// Beyond the limit, what counters hold is priced as a whole.
func TestSourcesBeyondTheLimit(t *testing.T) {
	b := newBench(t)
	b.cost.counters.limit = 0
	says := map[string]int{"llm_input_tokens": 1000, "llm_input_cached_tokens": 400}
	assert.Equal(t, []string{"0.04", "0.6"}, b.collect(collection{at: "07-29 00:00", says: says}))
	assert.Equal(t, []string{"0.04", "1.2"}, b.collect(collection{at: "08-02 00:00", says: says}))
	assert.Zero(t, b.cost.counters.held())
}

// Instruments have starts of their own: a bot's whole tells since when.
func TestStartsOfInstruments(t *testing.T) {
	b := newBench(t)
	md := func(at string, in, cached int, cachedStart string) pmetric.Metrics {
		md := collection{at: at, says: map[string]int{"llm_input_tokens": in, "llm_input_cached_tokens": cached}}.metrics(t)
		start := when(t, cachedStart)
		for _, m := range metricsNamed(md, "lk.agents.usage.llm_input_cached_tokens") {
			m.Sum().DataPoints().At(0).SetStartTimestamp(start)
		}
		return md
	}
	for _, step := range []struct {
		md   pmetric.Metrics
		want []string
	}{
		{md("07-29 00:00", 1000, 400, "07-28 05:00"), []string{"0.04", "0.6"}},
		{md("07-30 00:00", 2000, 900, "07-28 05:00"), []string{"0.09", "1.1"}},
		{md("07-31 00:00", 3000, 100, "07-30 05:00"), []string{"0.1", "2"}}, // the instrument was made anew
	} {
		out, err := b.cost.processMetrics(context.Background(), step.md)
		require.NoError(t, err)
		assert.ElementsMatch(t, step.want, values(out, semconv.MetricCost))
		for _, p := range metricsNamed(out, semconv.MetricCost)[0].Sum().DataPoints().All() {
			assert.Equal(t, pcommon.Timestamp(when(t, begin)), p.StartTimestamp())
		}
	}
}
