package costprocessor

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/processor"
	"go.opentelemetry.io/collector/processor/processortest"

	"github.com/otelcol-voice/otelcol-voice/internal/pricing"
	"github.com/otelcol-voice/otelcol-voice/internal/signal/semconv"
	"github.com/otelcol-voice/otelcol-voice/processor/costprocessor/internal/metadata"
	"github.com/otelcol-voice/otelcol-voice/processor/rollupprocessor"
)

// The story of a counter: a bot that runs from one day of 2026 on, and the collector that was started with it.
const (
	begin = "07-28 00:00"
	end   = "2028-01-01 00:00" // no story goes on until then
)

// when is a moment, as year-month-day hour:minute, of 2026 where no year is told; "-" is none.
func when(t testing.TB, text string) pcommon.Timestamp {
	t.Helper()
	if text == "-" {
		return 0
	}
	if len(text) == len(begin) {
		text = "2026-" + text
	}
	at, err := time.Parse("2006-01-02 15:04", text)
	require.NoError(t, err)
	return pcommon.NewTimestampFromTime(at)
}

// reading is what a bot's counter of prompt tokens says at a moment.
type reading struct {
	at    string
	start string // "": begin
	model string // "": gpt-5.6-luna, of which 1M cost $1, from 07-30 on $0.20
	value any
}

func (r reading) addTo(t testing.TB, b batch) {
	t.Helper()
	model, start := r.model, r.start
	if model == "" {
		model = "gpt-5.6-luna"
	}
	if start == "" {
		start = begin
	}
	p := point(b.sum(semconv.MetricLLMTokens, cumulative), r.value, "model", model, "token_type", "prompt")
	p.SetStartTimestamp(when(t, start))
	p.SetTimestamp(when(t, r.at))
}

func metricsOf(t testing.TB, readings ...reading) pmetric.Metrics {
	t.Helper()
	b := newBatch()
	for _, r := range readings {
		r.addTo(t, b)
	}
	return b.Metrics
}

// bench is a cost processor with a rollup behind it. Readings are days apart; rollup's clock goes with them, and the cost
// processor's stands still behind all of them unless a test moves it. Neither believes in points from the future.
type bench struct {
	*testing.T
	clock  *clockwork.FakeClock
	days   *clockwork.FakeClock
	cost   *engine
	rollup processor.Metrics
	sink   *consumertest.MetricsSink
}

// temporary has prices that begin and end.
var temporary = []pricing.Row{
	{
		Provider: "home", Models: []string{"late"}, Usage: "prompt.text", Unit: "token", Price: "1", Per: "1000",
		EffectiveFrom: "2026-08-01T00:00:00Z", EffectiveUntil: "2026-09-01T00:00:00Z",
	},
	{
		Provider: "home", Models: []string{"free"}, Usage: "prompt.text", Unit: "token", Price: "0", Per: "1",
		EffectiveUntil: "2026-09-01T00:00:00Z",
	},
	{
		Provider: "home", Models: []string{"always"}, Usage: "prompt.text", Unit: "token", Price: "1", Per: "1000",
	},
}

func newBench(t *testing.T) *bench {
	t.Helper()
	return newBenchAt(t, begin)
}

// newBenchAt is a bench that is started at a moment.
func newBenchAt(t *testing.T, moment string) *bench {
	t.Helper()
	ctx := context.Background()
	start := when(t, moment).AsTime()
	b := &bench{
		T: t, clock: clockwork.NewFakeClockAt(when(t, end).AsTime()), days: clockwork.NewFakeClockAt(start),
		sink: new(consumertest.MetricsSink),
	}
	factory := rollupprocessor.NewFactory(rollupprocessor.WithClock(b.days))
	cfg := factory.CreateDefaultConfig().(*rollupprocessor.Config)
	cfg.StreamTimeout = 365 * 24 * time.Hour
	var err error
	b.rollup, err = factory.CreateMetrics(ctx, processortest.NewNopSettings(factory.Type()), cfg, b.sink)
	require.NoError(t, err)
	require.NoError(t, b.rollup.Start(ctx, componenttest.NewNopHost()))
	t.Cleanup(func() { require.NoError(t, b.rollup.Shutdown(ctx)) })
	b.cost = b.newCost()
	return b
}

func (b *bench) newCost() *engine {
	b.Helper()
	cfg := createDefaultConfig().(*Config)
	cfg.Overrides = slices.Concat(temporary, moving)
	cfg.Sources = Sources{"lk.agents.usage": {}, "gen_ai.client.token.usage": {}}
	return newStartedEngine(b, processortest.NewNopSettings(metadata.Type), cfg, b.clock)
}

// take hands readings over, one request, and returns what is answered on cost and on unpriced usage.
func (b *bench) take(readings ...reading) (usd, units []string) {
	b.Helper()
	for _, r := range readings {
		if ahead := when(b.T, r.at).AsTime().Sub(b.days.Now()); ahead > 0 {
			b.days.Advance(ahead)
		}
	}
	out, err := b.cost.processMetrics(context.Background(), metricsOf(b.T, readings...))
	require.NoError(b, err)
	usd, units = values(out, semconv.MetricCost), values(out, semconv.MetricUnpricedUsage)
	require.NoError(b, b.rollup.ConsumeMetrics(context.Background(), out))
	return usd, units
}

// values are the answers of a request, without their attributes.
func values(md pmetric.Metrics, name string) []string {
	var texts []string
	for _, metric := range metricsNamed(md, name) {
		for _, p := range metric.Sum().DataPoints().All() {
			texts = append(texts, fmt.Sprint(p.DoubleValue()))
		}
	}
	return texts
}

// totals stops rollup and returns what cost and unpriced usage came to.
func (b *bench) totals() (usd, units float64) {
	b.Helper()
	require.NoError(b, b.rollup.Shutdown(context.Background()))
	last := pmetric.NewMetrics()
	if all := b.sink.AllMetrics(); len(all) > 0 {
		last = all[len(all)-1]
	}
	return total(last, semconv.MetricCost), total(last, semconv.MetricUnpricedUsage)
}

// What is answered to each reading, and what rollup makes of all.
func TestCounters(t *testing.T) {
	for _, test := range []struct {
		name               string
		readings           []reading
		usd, units         []string // each answer
		wantUSD, wantUnits float64  // in all
	}{
		{
			name: "a price falls",
			readings: []reading{
				{at: "07-29 00:00", value: 1_000_000},
				{at: "07-30 00:00", value: 1_000_001},
				{at: "07-31 00:00", value: 2_000_001},
			},
			usd:     []string{"1", "1.0000002", "1.2000002"},
			wantUSD: 1.2000002,
		},
		{
			name: "a price rises",
			readings: []reading{
				{at: "12-31 23:59", model: "gemini-3.6-flash", value: 1_000_000},
				{at: "2027-01-01 00:00", model: "gemini-3.6-flash", value: 3_000_000},
			},
			usd:     []string{"0.75", "3.75"},
			wantUSD: 3.75,
		},
		{
			name: "a price that only others have changed",
			readings: []reading{
				{at: "07-29 00:00", model: "gpt-4o", value: 146},
				{at: "07-30 00:00", model: "gpt-4o", value: 1042},
			},
			usd:     []string{"0.000365", "0.002605"},
			wantUSD: 0.002605,
		},
		{
			name: "fractions",
			readings: []reading{
				{at: "07-29 00:00", value: 0.5},
				{at: "07-29 01:00", value: 1_000_000.5},
				{at: "07-30 00:00", value: 6_000_000.5},
			},
			usd:     []string{"5e-07", "1.0000005", "2.0000005"},
			wantUSD: 2.0000005,
		},
		{
			name: "sent again, late, and standing still",
			readings: []reading{
				{at: "07-29 00:00", value: 1_000_000},
				{at: "07-29 00:00", value: 1_000_000},
				{at: "07-31 00:00", value: 2_000_000},
				{at: "07-30 00:00", value: 1_500_000},
				{at: "08-01 00:00", value: 2_000_000},
			},
			usd:     []string{"1", "1", "1.2", "1.2", "1.2"},
			wantUSD: 1.2,
		},
		{
			name: "reset with the same start",
			readings: []reading{
				{at: "07-29 00:00", value: 1_000_000},
				{at: "07-29 01:00", value: 500_000},
				{at: "07-30 00:00", value: 1_500_000},
				{at: "07-30 01:00", value: 1_000_000},
			},
			usd:     []string{"1", "1.5", "1.7", "1.9"},
			wantUSD: 1.9,
		},
		{
			name: "reset to nothing and beyond what was",
			readings: []reading{
				{at: "07-29 00:00", value: 1_000_000},
				{at: "07-30 00:00", value: 0},
				{at: "07-30 01:00", value: 5_000_000},
			},
			usd:     []string{"1", "2"},
			wantUSD: 2,
		},
		{
			name: "reset with a new start",
			readings: []reading{
				{at: "07-29 00:00", value: 1_000_000},
				{at: "07-29 01:00", start: "07-29 00:30", value: 500_000},
				{at: "07-30 00:00", start: "07-29 00:30", value: 1_500_000},
			},
			usd:     []string{"1", "0.5", "0.7"},
			wantUSD: 1.7,
		},
		{
			name: "started after the change",
			readings: []reading{
				{at: "07-31 00:00", start: "07-30 00:00", value: 1_000_000},
				{at: "07-31 01:00", start: "07-30 00:00", value: 2_000_000},
			},
			usd:     []string{"0.2", "0.4"},
			wantUSD: 0.4,
		},
		{
			name: "from no price to one and back",
			readings: []reading{
				{at: "07-31 00:00", model: "late", value: 1000},
				{at: "08-01 00:00", model: "late", value: 1001},
				{at: "08-02 00:00", model: "late", value: 3000},
				{at: "09-01 00:00", model: "late", value: 3000},
				{at: "09-02 00:00", model: "late", value: 3010},
				{at: "09-03 00:00", model: "late", value: 3010},
			},
			usd:       []string{"0.001", "2", "2", "2", "2"},
			units:     []string{"1000", "1000", "1000", "1000", "1010", "1010"},
			wantUSD:   2,
			wantUnits: 1010,
		},
		{
			name: "from free to no price",
			readings: []reading{
				{at: "08-31 00:00", model: "free", value: 1000},
				{at: "09-01 00:00", model: "free", value: 1007},
			},
			usd:       []string{"0", "0"},
			units:     []string{"7"},
			wantUnits: 7,
		},
		{
			name: "as long as nothing was used there is nothing to answer",
			readings: []reading{
				{at: "07-29 00:00", value: 0},
				{at: "07-29 01:00", value: 0},
				{at: "07-30 00:00", value: 1_000_000},
			},
			usd:     []string{"0.2"},
			wantUSD: 0.2,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := newBench(t)
			var usd, units []string
			for _, r := range test.readings {
				moreUSD, moreUnits := b.take(r)
				usd, units = append(usd, moreUSD...), append(units, moreUnits...)
			}
			assert.Equal(t, test.usd, usd)
			assert.Equal(t, test.units, units)
			gotUSD, gotUnits := b.totals()
			assert.Equal(t, test.wantUSD, gotUSD)
			assert.Equal(t, test.wantUnits, gotUnits)
		})
	}
}

// A point whose time cannot be counts as of its arrival: as a mark, it would make all that follows late, and what is used free.
func TestPointFromTheFuture(t *testing.T) {
	const now = "07-31 00:00"
	for _, future := range []string{"07-31 00:11", "2201-01-01 00:00", "2290-01-01 00:00"} {
		t.Run(future, func(t *testing.T) {
			e := newStartedEngine(t, processortest.NewNopSettings(metadata.Type), createDefaultConfig().(*Config),
				clockwork.NewFakeClockAt(when(t, now).AsTime()))
			var usd []string
			for _, r := range []reading{
				{at: "07-30 23:00", value: 1_000_000},
				{at: future, value: 2_000_000},
				{at: "07-31 00:10", value: 3_000_000},
				{at: future, model: "gemini-3.6-flash", value: 1_000_000},
			} {
				out, err := e.processMetrics(t.Context(), metricsOf(t, r))
				require.NoError(t, err)
				usd = append(usd, values(out, semconv.MetricCost)...)
			}
			assert.Equal(t, []string{"0.2", "0.4", "0.6", "0.75"}, usd)
		})
	}
}

// An answer has the start and the time of what it answers, also when it repeats what was answered before.
func TestCounterAnswersStartAndTime(t *testing.T) {
	b := newBench(t)
	for _, r := range []reading{
		{at: "07-29 00:00", value: 1},
		{at: "07-31 00:00", value: 5},
		{at: "07-30 00:00", value: 3},
		{at: "07-31 00:00", start: "07-30 00:00", value: 3},
	} {
		out, err := b.cost.processMetrics(context.Background(), metricsOf(t, r))
		require.NoError(t, err)
		usage := metricsNamed(out, semconv.MetricLLMTokens)[0].Sum().DataPoints().At(0)
		answer := metricsNamed(out, semconv.MetricCost)[0].Sum().DataPoints().At(0)
		assert.Equal(t, usage.StartTimestamp(), answer.StartTimestamp())
		assert.Equal(t, usage.Timestamp(), answer.Timestamp())
		assert.Equal(t, cumulative, metricsNamed(out, semconv.MetricCost)[0].Sum().AggregationTemporality())
	}
}

// An answer that never arrived is made up for by the next one, though nothing was used since and the price is another.
func TestLostAnswerIsMadeUpFor(t *testing.T) {
	b := newBench(t)
	b.take(reading{at: "07-28 01:00", value: 1_000_000})
	_, err := b.cost.processMetrics(context.Background(), metricsOf(t, reading{at: "07-29 00:00", value: 2_000_000}))
	require.NoError(t, err)
	b.take(reading{at: "07-31 00:00", value: 2_000_000})
	usd, _ := b.totals()
	assert.Equal(t, 2.0, usd)
}

// What is told apart: resource, scope, metric, attributes. None of these counters is the other's past.
func TestCountersAreToldApart(t *testing.T) {
	b := newBench(t)
	million := func(service, scope, version, callID string) pmetric.Metrics {
		batch := newBatch()
		batch.ResourceMetrics().At(0).Resource().Attributes().PutStr("service.name", service)
		batch.scope.Scope().SetName(scope)
		batch.scope.Scope().SetVersion(version)
		reading{at: "07-29 00:00", value: 1_000_000}.addTo(t, batch)
		metricsNamed(batch.Metrics, semconv.MetricLLMTokens)[0].Sum().DataPoints().At(0).Attributes().PutStr("call_id", callID)
		return batch.Metrics
	}
	for _, md := range []pmetric.Metrics{
		million("a", "s", "1", "c"), million("b", "s", "1", "c"), million("a", "t", "1", "c"),
		million("a", "s", "2", "c"), million("a", "s", "1", "d"),
	} {
		out, err := b.cost.processMetrics(context.Background(), md)
		require.NoError(t, err)
		assert.Equal(t, []string{"1"}, values(out, semconv.MetricCost))
	}
	assert.Equal(t, 5, b.cost.counters.held())
}

// Only what can change is remembered.
func TestOnlyChangingPricesAreRemembered(t *testing.T) {
	b := newBench(t)
	b.take(
		reading{at: "07-29 00:00", model: "gpt-4o", value: 5},
		reading{at: "07-29 00:00", model: "always", value: 5},
		reading{at: "07-29 00:00", model: "nobody's", value: 5},
		reading{at: "08-01 00:00", start: "07-30 00:00", value: 5},
	)
	assert.Zero(t, b.cost.counters.held())
	b.take(reading{at: "07-29 00:00", value: 5}, reading{at: "08-01 00:00", start: "-", value: 5})
	assert.Equal(t, 2, b.cost.counters.held(), "one began before the change, of the other nobody knows")
}

// Beyond the limit a counter is priced as a whole, as if nobody knew it, and counted.
func TestCountersAreLimited(t *testing.T) {
	h := newHarness(t, nil)
	set := processortest.NewNopSettings(metadata.Type)
	set.TelemetrySettings = h.own.NewTelemetrySettings()
	e := newStartedEngine(t, set, createDefaultConfig().(*Config), clockwork.NewFakeClockAt(noon))
	e.counters.limit = 1
	for _, step := range []struct {
		reading
		want []string
	}{
		{reading{at: "07-29 00:00", value: 1_000_000}, []string{"1"}},
		{reading{at: "07-29 00:00", start: "07-28 01:00", value: 0}, nil},
		{reading{at: "07-29 00:00", start: "07-28 01:00", value: 1_000_000}, []string{"1"}},
		{reading{at: "07-30 00:00", start: "07-28 01:00", value: 2_000_000}, []string{"0.4"}},
		{reading{at: "07-30 00:00", value: 2_000_000}, []string{"1.2"}},
	} {
		out, err := e.processMetrics(context.Background(), metricsOf(t, step.reading))
		require.NoError(t, err)
		assert.Equal(t, step.want, values(out, semconv.MetricCost))
	}
	assert.Equal(t, 1, e.counters.held())
	assert.Equal(t, int64(2), h.pointsOf("otelcol_processor_cost_untracked_points"))
	h.assertOwn(ownPoints{priced: 4, ignored: map[string]int64{"zero": 1}, estimated: map[string]int64{"context_size": 4}})
}

// A counter that is silent for long is forgotten, and so is what was billed of it.
func TestIdleCountersAreForgotten(t *testing.T) {
	b := newBench(t)
	b.take(reading{at: "07-28 00:00", value: 1_000_000})
	b.clock.Advance(counterTimeout)
	usd, _ := b.take(reading{at: "07-30 00:00", value: 1_000_000})
	assert.Equal(t, []string{"1"}, usd, "not yet")
	b.clock.Advance(counterTimeout + sweepInterval)
	b.take(reading{at: "07-30 00:00", model: "late", value: 1})
	require.Equal(t, 1, b.cost.counters.held())
	usd, _ = b.take(reading{at: "07-30 02:00", value: 1_000_000})
	assert.Equal(t, []string{"0.2"}, usd, "at the price of the moment, as if it were new")
}

// A restart of the collector, in which cost and rollup both start anew: the whole counter gets the new price, which rollup
// takes for where it was before. Nothing is billed again, and what is used from then on is billed right.
func TestRestartAfterTheChange(t *testing.T) {
	b := newBenchAt(t, "08-04 00:00")
	usd, _ := b.take(reading{at: "08-04 00:01", value: 1_000_000})
	assert.Equal(t, []string{"0.2"}, usd)
	usd, _ = b.take(reading{at: "08-04 00:02", value: 2_000_000})
	assert.Equal(t, []string{"0.4"}, usd)
	total, _ := b.totals()
	assert.Equal(t, 0.2, total, "of the million since")
}

// However requests overtake each other, the newest answer is what everything came to.
func TestCountersConcurrently(t *testing.T) {
	b := newBench(t)
	first := when(t, "07-29 00:00")
	var wait sync.WaitGroup
	for worker := range 4 {
		wait.Go(func() {
			for i := range 50 {
				batch := newBatch()
				n := i*4 + worker + 1
				reading{at: begin, value: n * 1000}.addTo(t, batch)
				metricsNamed(batch.Metrics, semconv.MetricLLMTokens)[0].Sum().DataPoints().At(0).SetTimestamp(first + pcommon.Timestamp(n))
				_, err := b.cost.processMetrics(context.Background(), batch.Metrics)
				assert.NoError(t, err)
			}
		})
	}
	wait.Wait()
	usd, _ := b.take(reading{at: "07-29 01:00", value: 200_000})
	assert.Equal(t, []string{"0.2"}, usd)
}
