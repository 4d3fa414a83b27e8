package costprocessor

import (
	"context"
	"errors"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/processor/processortest"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/otelcol-voice/otelcol-voice/internal/pricing"
	"github.com/otelcol-voice/otelcol-voice/internal/signal/semconv"
	"github.com/otelcol-voice/otelcol-voice/internal/sum"
	"github.com/otelcol-voice/otelcol-voice/processor/costprocessor/internal/metadata"
)

// storing is a bench whose counters are kept on a disk.
type storing struct {
	*bench
	disk     *disk
	messages *observer.ObservedLogs
	own      *componenttest.Telemetry
}

var onDisk = component.MustNewID("file_storage")

func newStoring(t *testing.T) *storing {
	t.Helper()
	b := &storing{bench: newBench(t), disk: newDisk(), own: componenttest.NewTelemetry()}
	t.Cleanup(func() { require.NoError(t, b.own.Shutdown(context.WithoutCancel(t.Context()))) })
	b.restart(nil)
	return b
}

// restart ends the cost processor, however it stands, and begins another with the same disk. Rollup goes on.
func (b *storing) restart(overrides []pricing.Row) {
	b.Helper()
	require.NoError(b, b.tryRestart(overrides))
}

func (b *storing) tryRestart(overrides []pricing.Row) error {
	b.Helper()
	cfg := createDefaultConfig().(*Config)
	known := slices.DeleteFunc(slices.Concat(temporary, moving), func(row pricing.Row) bool {
		return slices.ContainsFunc(overrides, func(other pricing.Row) bool {
			return slices.Equal(row.Models, other.Models) && row.Usage == other.Usage
		})
	})
	cfg.Storage, cfg.Overrides = &onDisk, append(known, overrides...)
	cfg.Sources = Sources{"lk.agents.usage": {}}
	core, messages := observer.New(zap.InfoLevel)
	set := processortest.NewNopSettings(metadata.Type)
	set.TelemetrySettings = b.own.NewTelemetrySettings()
	set.Logger = zap.New(core)
	e, err := newEngine(set, cfg, b.clock)
	require.NoError(b, err)
	b.cost, b.messages = e, messages
	return e.start(context.Background(), extended{onDisk: b.disk})
}

func (b *storing) pointsOf(name string) int64 {
	b.Helper()
	metric, err := b.own.GetMetric(name)
	if err != nil {
		return 0
	}
	return metric.Data.(metricdata.Sum[int64]).DataPoints[0].Value
}

// dearer is a contract that takes the place of a price that has always held.
var dearer = []pricing.Row{
	{Provider: "openai", Models: []string{"gpt-4o"}, Usage: "prompt.text", Unit: "token", Price: "10", Per: "1000000"},
	{Provider: "house", Models: []string{"moving"}, Usage: "prompt.cache_read", Unit: "token", Price: "1", Per: "1000"},
}

// A price that is another one after a restart is the price of what is used from then on.
func TestRestartWithAnotherPrice(t *testing.T) {
	b := newStoring(t)
	usd, _ := b.take(reading{at: "07-29 00:00", model: "gpt-4o", value: 1_000_000}, reading{at: "07-29 00:00", model: "late", value: 100})
	assert.Equal(t, []string{"2.5"}, usd)
	answers := b.collect(collection{at: "07-29 00:00", says: map[string]int{"llm_input_tokens": 1000, "llm_input_cached_tokens": 400}})
	assert.Equal(t, []string{"0.04", "0.6"}, answers)

	b.restart(dearer)
	usd, units := b.take(reading{at: "07-29 01:00", model: "gpt-4o", value: 1_500_000}, reading{at: "08-01 00:00", model: "late", value: 100})
	assert.Equal(t, []string{"7.5"}, usd)
	assert.Equal(t, []string{"100"}, units, "what had no price still has none")
	answers = b.collect(collection{at: "07-29 01:00", says: map[string]int{"llm_input_tokens": 2000, "llm_input_cached_tokens": 900}})
	assert.Equal(t, []string{"0.54", "1.1"}, answers)

	b.restart(nil)
	usd, _ = b.take(reading{at: "07-29 02:00", model: "gpt-4o", value: 1_500_000})
	assert.Equal(t, []string{"7.5"}, usd)
	total, units2 := b.totals()
	assert.InDelta(t, 7.5+0.54+1.1, total, 1e-12)
	assert.Equal(t, 100.0, units2)
}

// What was lost with a crash is what was not answered.
func TestEveryAnswerIsOnDiskBefore(t *testing.T) {
	b := newStoring(t)
	b.take(reading{at: "07-29 00:00", model: "gpt-4o", value: 1_000_000})
	before := maps.Clone(b.disk.data)
	b.take(reading{at: "07-29 01:00", model: "gpt-4o", value: 2_000_000})
	require.Len(t, before, 1)
	assert.NotEqual(t, before, b.disk.data)

	b.disk.data = before // as if the second had never been
	b.restart(dearer)
	usd, _ := b.take(reading{at: "07-29 01:00", model: "gpt-4o", value: 2_000_000})
	assert.Equal(t, []string{"12.5"}, usd)
}

// Time without the collector is silence, too.
func TestExpiryGoesOnOverRestarts(t *testing.T) {
	for name, test := range map[string]struct {
		down time.Duration
		want string
	}{
		"known":     {counterTimeout, "2.5"},
		"forgotten": {counterTimeout + sweepInterval, "10"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newStoring(t)
			b.take(reading{at: "07-29 00:00", model: "gpt-4o", value: 1_000_000})
			b.clock.Advance(test.down / 2)
			b.restart(dearer)
			b.clock.Advance(test.down - test.down/2)
			b.restart(dearer)
			usd, _ := b.take(reading{at: "07-29 05:00", model: "gpt-4o", value: 1_000_000})
			assert.Equal(t, []string{test.want}, usd)
			assert.Equal(t, 1, b.cost.counters.held())
		})
	}
}

// What is forgotten leaves the disk.
func TestForgottenCountersLeaveTheDisk(t *testing.T) {
	b := newStoring(t)
	for _, service := range []string{"a", "b"} {
		md := metricsOf(t, reading{at: "07-29 00:00", value: 5})
		md.ResourceMetrics().At(0).Resource().Attributes().PutStr("service.name", service)
		_, err := b.cost.processMetrics(context.Background(), md)
		require.NoError(t, err)
	}
	require.Len(t, b.disk.data, 2)
	b.clock.Advance(counterTimeout + sweepInterval)
	b.take(reading{at: "07-29 00:00", value: 5})
	assert.Len(t, b.disk.data, 1)
}

// A counter that stands still is not written for each report, and deltas are never.
func TestLittleIsWritten(t *testing.T) {
	b := newStoring(t)
	b.take(reading{at: "07-29 00:00", value: 5})
	clear(b.disk.data)
	b.take(reading{at: "07-29 00:01", value: 5})
	_, err := b.cost.processMetrics(context.Background(), strangers(delta, livekit("tts_characters", 5)).Metrics)
	require.NoError(t, err)
	assert.Empty(t, b.disk.data)
	b.clock.Advance(seenInterval)
	b.take(reading{at: "07-29 00:02", value: 5})
	assert.Len(t, b.disk.data, 1)
}

// A disk that fails stops nothing: what it misses, it gets with what comes next.
func TestStorageThatFails(t *testing.T) {
	b := newStoring(t)
	b.disk.fail(errors.New("no space left on device"))
	for i := range 3 {
		usd, _ := b.take(reading{at: "07-29 00:00", value: 1_000_000}, reading{at: "07-29 00:00", start: "07-28 01:00", value: i + 1})
		assert.Equal(t, "1", usd[0])
	}
	assert.Equal(t, int64(3), b.pointsOf("otelcol_processor_cost_storage_failures"))
	require.Equal(t, 1, b.messages.FilterLevelExact(zap.ErrorLevel).Len(), "said once")
	assert.Contains(t, b.messages.FilterLevelExact(zap.ErrorLevel).All()[0].Message, "Counters cannot be stored")
	assert.Empty(t, b.disk.data)

	b.disk.fail(nil)
	b.take(reading{at: "07-29 00:00", start: "07-28 02:00", value: 1})
	assert.Equal(t, 1, b.messages.FilterMessage("Counters are stored again").Len())
	b.restart(nil)
	assert.Equal(t, 3, b.cost.counters.held())
}

func TestStorageThatCannotBeRead(t *testing.T) {
	b := newStoring(t)
	b.disk.fail(errors.New("input/output error"))
	assert.ErrorContains(t, b.tryRestart(nil), `storage: "file_storage" gives no client: input/output error`)
}

// What cannot be read costs its shard, once.
func TestDamagedCounters(t *testing.T) {
	for name, test := range map[string]struct {
		damage func([]byte) []byte
		want   error
	}{
		"empty":           {func([]byte) []byte { return []byte{} }, errStateVersion},
		"cut off":         {func(v []byte) []byte { return v[:len(v)-1] }, errStateChecksum},
		"a bit wrong":     {func(v []byte) []byte { v[len(v)-1] ^= 4; return v }, errStateChecksum},
		"another version": {func(v []byte) []byte { v[0]++; return v }, errStateVersion},
		"another program": {func([]byte) []byte { return []byte(`{"counters": []}`) }, errStateVersion},
		"nonsense":        {func(v []byte) []byte { return sealed(append(v[:stateHeader], 0xff, 0xff, 3)) }, errStateShape},
		"more than said":  {func(v []byte) []byte { return sealed(append(v, 0)) }, errStateShape},
		"of elsewhere":    {func(v []byte) []byte { v[stateHeader+1]++; return sealed(v) }, errStatePlace},
	} {
		t.Run(name, func(t *testing.T) {
			b := newStoring(t)
			b.take(reading{at: "07-29 00:00", value: 1_000_000})
			other := metricsOf(t, reading{at: "07-29 00:00", value: 1_000_000})
			other.ResourceMetrics().At(0).Resource().Attributes().PutStr("service.name", "other")
			_, err := b.cost.processMetrics(context.Background(), other)
			require.NoError(t, err)
			require.Len(t, b.disk.data, 2)
			key := shardKey(counterKey{source: source{
				metricsOf(t, reading{at: begin}).ResourceMetrics().At(0).Resource(), pcommon.NewInstrumentationScope(),
			}.digest()}.shard())
			damaged := test.damage(b.disk.data[key])
			b.disk.data[key] = damaged

			b.restart(nil)
			assert.Equal(t, 1, b.cost.counters.held())
			assert.NotContains(t, b.disk.data, key)
			assert.Equal(t, damaged, b.disk.data["damaged/"+key])
			assert.Equal(t, int64(1), b.pointsOf("otelcol_processor_cost_storage_damaged"))
			errs := b.messages.FilterLevelExact(zap.ErrorLevel).All()
			require.Len(t, errs, 1)
			assert.Equal(t, test.want.Error(), errs[0].ContextMap()["error"])

			b.restart(nil)
			assert.Empty(t, b.messages.FilterLevelExact(zap.ErrorLevel).All(), "it is not found again")
			usd, _ := b.take(reading{at: "07-30 00:00", value: 1_000_000})
			assert.Equal(t, []string{"0.2"}, usd, "it begins anew")
		})
	}
}

// sealed makes the checksum right.
func sealed(value []byte) []byte {
	e := encoder{buf: value}
	return e.sealed()
}

func TestCounterMetrics(t *testing.T) {
	b := newStoring(t)
	b.take(reading{at: "07-29 00:00", value: 5}, reading{at: "07-29 00:00", start: "07-28 01:00", value: 5})
	for name, want := range map[string]int64{
		"otelcol_processor_cost_counters": 2, "otelcol_processor_cost_counters_limit": maxCounters,
	} {
		metric, err := b.own.GetMetric(name)
		require.NoError(t, err)
		points := metric.Data.(metricdata.Gauge[int64]).DataPoints
		assert.Equal(t, want, points[len(points)-1].Value)
	}
}

// randomCounters are a shard's.
func randomCounters(random *rand.Rand) map[counterKey]*counter {
	shard := map[counterKey]*counter{}
	for range random.IntN(20) {
		c := &counter{seen: random.Int64()}
		for range random.IntN(4) {
			quantity, _ := pricing.Measure(random.Float64() * 1e6)
			c.marks = append(c.marks, mark{uint8(random.IntN(40)), pcommon.Timestamp(random.Uint64()), random.Int64() - random.Int64(), quantity})
		}
		for range random.IntN(4) {
			l := label{
				kind: pricing.Kind(random.IntN(20)), reason: pricing.Reason(random.IntN(int(pricing.Reasons))), nameless: random.IntN(2) == 1,
				provider: strings.Repeat("p", random.IntN(3)), costType: "llm", version: "2026-01-01+0a", basis: "exact",
			}
			billed := sum.Sum{}
			for range 5 {
				billed.Add(random.Float64())
			}
			c.accounts = append(c.accounts, account{l, doubt(random.IntN(int(doubts))), random.Int64(), billed})
		}
		shard[counterKey{random.Uint64(), random.Uint64(), pcommon.Timestamp(random.Uint64())}] = c
	}
	return shard
}

func TestStateComesBack(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	for range 200 {
		want := randomCounters(random)
		reader := stateReader{words: map[string]string{}}
		got, err := reader.shard(encodeShard(want))
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
}

func FuzzState(f *testing.F) {
	random := rand.New(rand.NewPCG(9, 10))
	for range 20 {
		f.Add(encodeShard(randomCounters(random)))
	}
	f.Fuzz(func(t *testing.T, value []byte) {
		if len(value) >= stateHeader {
			value = sealed(slices.Clone(value)) // past the checksum
		}
		reader := stateReader{words: map[string]string{}}
		shard, err := reader.shard(value)
		if err != nil {
			return
		}
		again, err := reader.shard(encodeShard(shard))
		require.NoError(t, err)
		require.Equal(t, shard, again)
	})
}

// fail makes the disk answer with an error, or work again.
func (d *disk) fail(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.err = err
}

// However requests overtake each other, what is answered is on the disk, and nothing older takes its place.
func TestStoredConcurrently(t *testing.T) {
	b := newStoring(t)
	var wait sync.WaitGroup
	for worker := range 4 {
		wait.Go(func() {
			for i := range 25 {
				n := i*4 + worker + 1
				md := metricsOf(t, reading{at: "07-29 00:00", model: "gpt-4o", value: n * 1000})
				metricsNamed(md, semconv.MetricLLMTokens)[0].Sum().DataPoints().At(0).SetTimestamp(when(t, "07-29 00:00") + pcommon.Timestamp(n))
				_, err := b.cost.processMetrics(context.Background(), md)
				assert.NoError(t, err)
			}
		})
	}
	wait.Wait()
	b.restart(dearer)
	usd, _ := b.take(reading{at: "07-29 01:00", model: "gpt-4o", value: 101_000})
	assert.Equal(t, []string{"0.26"}, usd, "100,000 at 2.5 and 1,000 at 10")
}
