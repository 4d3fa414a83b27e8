package e2e

import (
	"context"
	"maps"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/processor"
	"go.opentelemetry.io/collector/processor/processortest"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/otelcol-voice/otelcol-voice/processor/costprocessor"
	"github.com/otelcol-voice/otelcol-voice/processor/rollupprocessor"
	"github.com/otelcol-voice/otelcol-voice/test/e2e/backend"
)

// simulation is cost and rollup by a clock that the test moves: hours pass in seconds. What is reported goes into its
// ledger, too.
type simulation struct {
	t       *testing.T
	clock   *clockwork.FakeClock
	began   time.Time
	flushed time.Duration // since began
	next    consumer.Metrics
	arrived chan struct{} // next has answered a flush
	rollup  processor.Metrics
	cost    processor.Metrics
	ledger  accounts
	metrics *componenttest.Telemetry // of rollup itself
	stock   *stock                   // that has the same load, or nil
}

// simulate begins a simulation whose flushes go to next.
func simulate(t *testing.T, next consumer.ConsumeMetricsFunc) *simulation {
	t.Helper()
	s := &simulation{t: t, began: time.Unix(1764000000, 0).UTC(), arrived: make(chan struct{}, 1), ledger: accounts{}}
	s.metrics = componenttest.NewTelemetry()
	t.Cleanup(func() { require.NoError(t, s.metrics.Shutdown(context.Background())) })
	s.clock = clockwork.NewFakeClockAt(s.began)
	var err error
	s.next, err = consumer.NewMetrics(func(ctx context.Context, md pmetric.Metrics) error {
		defer func() { s.arrived <- struct{}{} }()
		return next(ctx, md)
	})
	require.NoError(t, err)
	s.start()
	return s
}

// start starts both processors, each with its defaults.
func (s *simulation) start() {
	s.t.Helper()
	s.rollup = startProcessor(s.t, rollupprocessor.NewFactory(rollupprocessor.WithClock(s.clock)), s.next, func(set *processor.Settings, _ component.Config) {
		set.TelemetrySettings = s.metrics.NewTelemetrySettings()
	})
	priced, err := consumer.NewMetrics(s.priced)
	require.NoError(s.t, err)
	s.cost = startProcessor(s.t, costprocessor.NewFactory(), priced)
	require.NoError(s.t, s.clock.BlockUntilContext(s.t.Context(), 1))
}

// priced hands on what cost has priced.
func (s *simulation) priced(ctx context.Context, md pmetric.Metrics) error {
	if s.stock != nil {
		s.stock.take(md)
	}
	return s.rollup.ConsumeMetrics(ctx, md)
}

// stop stops both; the last flush, if there is anything to say, has been answered.
func (s *simulation) stop() error {
	require.NoError(s.t, s.cost.Shutdown(context.Background()))
	err := s.rollup.Shutdown(context.Background())
	select {
	case <-s.arrived:
	default:
	}
	return err
}

func startProcessor(t *testing.T, factory processor.Factory, next consumer.Metrics, configure ...func(*processor.Settings, component.Config)) processor.Metrics {
	t.Helper()
	set, cfg := processortest.NewNopSettings(factory.Type()), factory.CreateDefaultConfig()
	for _, f := range configure {
		f(&set, cfg)
	}
	made, err := factory.CreateMetrics(t.Context(), set, cfg, next)
	require.NoError(t, err)
	require.NoError(t, made.Start(context.Background(), componenttest.NewNopHost()))
	return made
}

// held is how much rollup says that it holds: series, calls, identities.
func (s *simulation) held(what string) int64 {
	s.t.Helper()
	m, err := s.metrics.GetMetric("otelcol_processor_rollup_" + what)
	require.NoError(s.t, err)
	gauge := m.Data.(metricdata.Gauge[int64])
	return gauge.DataPoints[0].Value
}

// now is the time of the simulation.
func (s *simulation) now() time.Time { return s.clock.Now() }

// until lets time pass, flush after flush.
func (s *simulation) until(at time.Duration) {
	s.t.Helper()
	for s.flushed+flushEvery <= at {
		s.flush()
	}
	if ahead := s.began.Add(at).Sub(s.now()); ahead > 0 {
		s.clock.Advance(ahead)
	}
}

// flush lets time pass to the next flush and waits until it has been answered. Something has to be due: series without
// call_id always are, once there are any.
func (s *simulation) flush() {
	s.t.Helper()
	s.flushed += flushEvery
	s.clock.Advance(s.began.Add(s.flushed).Sub(s.now()))
	select {
	case <-s.arrived:
	case <-time.After(patience):
		require.FailNow(s.t, "nothing was flushed")
	}
	if s.stock != nil {
		s.stock.flush()
	}
}

var bot = producer{resource: []string{"service.name", "voice-bot"}, scope: "receiver"}

// take takes a report at its time.
func (s *simulation) take(r report) {
	s.t.Helper()
	s.until(r.at)
	require.NoError(s.t, s.cost.ConsumeMetrics(context.Background(), r.metrics(bot, s.began)))
	s.ledger.book(r)
}

// accounts is what reports must come to: totals by labels, by the name of the series.
type accounts map[string]backend.Vector

func (a accounts) book(r report) {
	for _, u := range r.uses {
		switch u.metric {
		case "voice.calls.total":
			a.add("voice_calls_total", u.value)
		case "voice.ttfb.milliseconds":
			a.add("voice_ttfb_milliseconds_sum", u.value, u.labels...)
			a.add("voice_ttfb_milliseconds_count", 1, u.labels...)
		default:
			a.add(seriesOf[u.metric], u.value, append([]string{"call_id", r.call}, u.labels...)...)
		}
		if u.stage != "" {
			a.add("voice_cost_usd_total", u.dollars, append([]string{"cost_type", u.stage}, u.labels[:4]...)...)
		}
	}
}

func (a accounts) add(name string, value float64, labels ...string) {
	if a[name] == nil {
		a[name] = backend.Vector{}
	}
	a[name][backend.Labels(labels...)] += value
}

var seriesOf = map[string]string{
	"voice.session.duration.seconds": "voice_session_duration_seconds",
	"voice.llm.tokens.total":         "voice_llm_tokens_total",
	"voice.tts.characters.total":     "voice_tts_characters_total",
	"voice.stt.audio.seconds.total":  "voice_stt_audio_seconds_total",
}

// Names by how their totals are read: those of series that live on, and those of calls.
var (
	fleetNames = map[string]string{
		"voice_cost_usd_total":          "cost_type, provider, model",
		"voice_calls_total":             "",
		"voice_ttfb_milliseconds_sum":   "stage, provider, model",
		"voice_ttfb_milliseconds_count": "stage, provider, model",
	}
	callNames = map[string]string{
		"voice_session_duration_seconds": "call_id",
		"voice_llm_tokens_total":         "call_id, provider, model, token_type, token_kind",
		"voice_tts_characters_total":     "call_id, provider, model",
		"voice_stt_audio_seconds_total":  "call_id, provider, model",
	}
)

// assertTotals compares the ledger with a backend, as of the last flush, over all that there was: increase() of what is
// exact in all, the last value of each call of the rest.
func (s *simulation) assertTotals(b *backend.Backend) {
	s.t.Helper()
	for name, by := range s.ledger.those(fleetNames) {
		s.assertTotal(b, name, "increase("+name+s.window()+")", by)
	}
	for name, by := range s.ledger.those(callNames) {
		s.assertTotal(b, name, "last_over_time("+name+s.window()+")", by)
	}
}

// those are the names among them of which something was booked.
func (a accounts) those(names map[string]string) map[string]string {
	names = maps.Clone(names)
	maps.DeleteFunc(names, func(name, _ string) bool { return a[name] == nil })
	return names
}

// window is a range that holds all zero points.
func (s *simulation) window() string { return "[" + (s.flushed + time.Minute).String() + "]" }

func (s *simulation) assertTotal(b *backend.Backend, name, expr, by string) {
	s.t.Helper()
	query := "sum(" + expr + ")"
	assertVector(s.t, backend.Vector{"{}": s.ledger.sum(name)}, b.Query(query, s.now()), query)
	query = "sum by (" + by + ") (" + expr + ")"
	assertVector(s.t, s.ledger[name], b.Query(query, s.now()), query)
}

func (a accounts) sum(name string) float64 {
	var sum float64
	for _, value := range a[name] {
		sum += value
	}
	return sum
}

// assertAllTaken says that the backend has refused nothing.
func assertAllTaken(t *testing.T, b *backend.Backend) {
	t.Helper()
	for _, request := range b.Requests() {
		assert.Equal(t, 200, request.Status, request.Answer)
	}
}

// 1,000 calls in two hours: what PromQL adds up is what happened, to 1e-9, in all, by model and by call. The stock
// processors have the same load; what they miss is in the log of the test.
func TestWhatPromQLAddsUpIsWhatHappened(t *testing.T) {
	b := backend.Start(t)
	s := simulate(t, func(ctx context.Context, md pmetric.Metrics) error { return exportTo(ctx, b, md) })
	beside := backend.Start(t)
	s.stock = startStock(t, beside)
	for _, r := range script() {
		if r.at > simulatedTime/2 && s.flushed < simulatedTime/2 {
			s.until(simulatedTime / 2)
			s.assertTotals(b)
		}
		s.take(r)
	}
	s.until(simulatedTime + flushEvery)
	s.assertTotals(b)
	assertAllTaken(t, b)
	s.assertShort(beside)
	t.Logf("%d calls, %d requests, $%f", int(s.ledger.sum("voice_calls_total")), len(b.Requests()), s.ledger.sum("voice_cost_usd_total"))
	require.NoError(t, s.stop())
}
