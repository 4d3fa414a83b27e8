package costprocessor

import (
	"context"
	"maps"
	"testing"

	"github.com/jonboulle/clockwork"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/processor/processortest"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/metric/metricdata/metricdatatest"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/otelcol-voice/otelcol-voice/internal/call"
	"github.com/otelcol-voice/otelcol-voice/internal/denial"
	signals "github.com/otelcol-voice/otelcol-voice/internal/signal"
	"github.com/otelcol-voice/otelcol-voice/internal/signal/semconv"
	"github.com/otelcol-voice/otelcol-voice/processor/costprocessor/internal/metadata"
	"github.com/otelcol-voice/otelcol-voice/processor/costprocessor/internal/metadatatest"
)

func failing(cfg *Config) {
	withSources("lk.agents.usage")(cfg)
	cfg.OnUnknown = "fail"
}

// knownAndNot is a request of which one usage has a price and two have none.
func knownAndNot() pmetric.Metrics {
	b := newBatch()
	characters := b.sum(semconv.MetricTTSCharacters, delta)
	point(characters, 48, "provider", "cartesia")
	point(characters, 48, "provider", "acme", "model", "talk-2")
	point(characters, 48, "provider", "acme", "model", "talk-3")
	return b.Metrics
}

func TestFailRefusesMetrics(t *testing.T) {
	h := newHarness(t, failing)
	err := h.metrics.ConsumeMetrics(context.Background(), knownAndNot())
	assert.True(t, consumererror.IsPermanent(err))
	assert.ErrorContains(t, err, `on_unknown is fail and there is no price (no_provider) for characters of provider "acme", model "talk-2": `+
		`if it costs money, add a row to overrides of the cost processor: {provider: acme, models: ["talk-2"], usage: characters`)
	assert.ErrorContains(t, err, "; 1 more usages in it have none")
	assert.Empty(t, h.metricsSink.AllMetrics(), "nothing of it goes on")
	assert.Equal(t, codes.InvalidArgument, status.Code(err), "the OTLP receiver answers 400")
	assert.ErrorAs(t, err, new(denial.Error), "and ours tells why")
	metadatatest.AssertEqualProcessorCostRefusedRequests(t, h.own,
		[]metricdata.DataPoint[int64]{{Value: 1, Attributes: attribute.NewSet(attribute.String("signal", "metrics"))}},
		metricdatatest.IgnoreTimestamp())
	h.assertOwn(ownPoints{})
}

// Each refusal is in the log, if only as one of many.
func TestRefusalsAreLogged(t *testing.T) {
	clock := clockwork.NewFakeClockAt(noon)
	core, messages := observer.New(zap.WarnLevel)
	set := processortest.NewNopSettings(metadata.Type)
	set.Logger = zap.New(core)
	cfg := createDefaultConfig().(*Config)
	failing(cfg)
	e := newStartedEngine(t, set, cfg, clock)
	refused := func() []observer.LoggedEntry {
		_, err := e.processMetrics(context.Background(), knownAndNot())
		require.Error(t, err)
		return messages.FilterMessage("request refused (on_unknown: fail)").All()
	}
	require.Len(t, refused(), 1)
	require.Len(t, refused(), 1)
	clock.Advance(refusalInterval)
	said := refused()
	require.Len(t, said, 2)
	fields := said[1].ContextMap()
	assert.Contains(t, fields["remedy"], `models: ["talk-2"]`)
	delete(fields, "remedy")
	assert.Equal(t, map[string]any{
		"signal": "metrics", "requests": int64(2), "provider": "acme", "model": "talk-2", "usage_kind": "characters",
		"reason": "no_provider", "more_usages": int64(1),
	}, fields)
}

func TestFailLetsPass(t *testing.T) {
	h := newHarness(t, failing)
	b := newBatch()
	characters := b.sum(semconv.MetricTTSCharacters, delta)
	point(characters, 48, "provider", "cartesia")
	point(characters, 0, "provider", "acme")
	point(characters, -1, "provider", "acme")
	point(characters, 48, "provider", "acme", "voice.tx.priced", true)
	point(b.sum(semconv.MetricSTTAudio, delta), 3.5, "provider", "gladia", "voice.tx.pair", true) // bills the session
	point(b.sum("somebody's own", delta), 3, "provider", "acme")
	out := h.consumeMetrics(b.Metrics)
	assert.Equal(t, []string{"0.0024 cost_source=computed cost_type=tts provider=cartesia"}, cost(out))
	h.assertOwn(ownPoints{priced: 1, covered: 1, ignored: map[string]int64{"zero": 1, "negative": 1, "already_priced": 1}})
}

// Usage whose money a bot sent itself, and which is kept, needs no price of ours.
func TestFailWithForeignCost(t *testing.T) {
	h := newHarness(t, func(cfg *Config) {
		failing(cfg)
		cfg.KeepForeignCost = true
	})
	md := knownAndNot()
	money := batch{md, md.ResourceMetrics().At(0).ScopeMetrics().At(0)}.sum(semconv.MetricCost, delta)
	point(money, 0.1)
	assert.Equal(t, []string{"0.1 cost_source=provider"}, cost(h.consumeMetrics(md)))
}

func TestFailRefusesForeignMetrics(t *testing.T) {
	h := newHarness(t, failing)
	for _, temporality := range []pmetric.AggregationTemporality{delta, cumulative} {
		b := strangers(temporality, livekit("tts_characters", 5), stranger{"lk.agents.usage.stt_audio_duration", 5.0, []any{"model_provider", "acme"}})
		err := h.metrics.ConsumeMetrics(context.Background(), b.Metrics)
		assert.ErrorContains(t, err, `no price (no_provider) for stt_audio_seconds of provider "acme", model "": `)
	}
	assert.Empty(t, h.metricsSink.AllMetrics())
}

// A refused request has counted nothing: what a counter had in it is in its next one.
func TestFailKeepsCounters(t *testing.T) {
	b := newStoring(t)
	b.cost.config.OnUnknown = "fail"
	both := func(at string, known, unknown, input, cached int) pmetric.Metrics {
		md := collection{at: at, says: map[string]int{"llm_input_tokens": input, "llm_input_cached_tokens": cached}}.metrics(t)
		batch := batch{md, md.ResourceMetrics().At(0).ScopeMetrics().At(0)}
		reading{at: at, value: known}.addTo(t, batch)
		reading{at: at, model: "late", value: unknown}.addTo(t, batch)
		return md
	}
	take := func(md pmetric.Metrics) ([]string, error) {
		out, err := b.cost.processMetrics(context.Background(), md)
		return values(out, semconv.MetricCost), err
	}
	usd, err := take(both("07-29 00:00", 1_000_000, 0, 1000, 400))
	require.NoError(t, err)
	assert.ElementsMatch(t, []string{"1", "0.6", "0.04"}, usd)
	disk := maps.Clone(b.disk.data)
	for range 2 {
		_, err = take(both("07-29 01:00", 2_000_000, 5, 2000, 900))
		require.True(t, consumererror.IsPermanent(err))
	}
	assert.Equal(t, disk, b.disk.data)

	usd, err = take(both("08-01 00:00", 2_000_000, 5, 2000, 900)) // it has a price by now
	require.NoError(t, err)
	assert.ElementsMatch(t, []string{"1.2", "0.005", "1.6", "0.09"}, usd)

	usd, err = take(both("09-02 00:00", 2_000_000, 5, 2000, 900)) // and none any more, but nothing was used
	require.NoError(t, err)
	assert.ElementsMatch(t, []string{"1.2", "0.005", "1.6", "0.09"}, usd)
}

// Summaries and traces are refused for the same usage; one that has a price everywhere is not.
func TestFailRefusesLogsAndTraces(t *testing.T) {
	key, all := call.Key{ID: "c1"}, used()
	for name, list := range map[string][]call.TimedUsage{"refused": all, "passed": all[:3]} {
		batch := signals.NewProducer(signals.Settings{Service: "bot"}).NewBatch()
		batch.Add([]call.Fact{
			{Kind: call.Traced, Call: key, Turn: &call.Turn{Number: 1, Start: noon, End: noon, Operations: []call.Operation{{
				Source: list[len(list)-1].Source, FrameID: 1, Sequence: 1, Start: noon, End: noon, Usage: list,
			}}}},
			{Kind: call.Ended, Call: key, Time: noon, Summary: &call.Summary{Start: noon, Usage: list}},
		})
		h := newHarness(t, failing)
		logsErr := h.logs.ConsumeLogs(context.Background(), batch.Logs())
		tracesErr := h.traces.ConsumeTraces(context.Background(), batch.Traces())
		if name == "passed" {
			require.NoError(t, logsErr)
			require.NoError(t, tracesErr)
			continue
		}
		for _, err := range []error{logsErr, tracesErr} {
			assert.True(t, consumererror.IsPermanent(err))
			assert.ErrorContains(t, err, `no price (no_provider) for characters of provider "acme"`)
		}
		assert.Empty(t, h.logsSink.AllLogs())
		assert.Empty(t, h.tracesSink.AllTraces())
		assert.Equal(t, int64(2), h.pointsOf("otelcol_processor_cost_refused_requests"))
	}
}
