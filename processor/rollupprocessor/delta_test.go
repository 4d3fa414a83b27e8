package rollupprocessor

import (
	"errors"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/otelcol-voice/otelcol-voice/internal/signal/semconv"
)

func cost(v any, attributes ...string) in {
	return in{metric: semconv.MetricCost, value: v, attributes: attributes}
}

func tokens(n int, call string, attributes ...string) in {
	return in{metric: semconv.MetricLLMTokens, value: n, attributes: append([]string{"call_id", call}, attributes...)}
}

func TestFirstValueComesAfterItsZero(t *testing.T) {
	s := newStage(t)
	s.at("3.1s").take(cost(0.5, "model", "gpt-4o"))
	s.at("4s").take(cost(0.25, "model", "gpt-4o"))
	s.at("10s").flush(
		"bot voice.cost.usd{model=gpt-4o} counter 0.0 [3.099s 3.099s]",
		"bot voice.cost.usd{model=gpt-4o} counter 0.75 [3.099s 10s]",
	)
	s.received("added=2")
}

func TestSeriesWithoutACallIsSentEveryInterval(t *testing.T) {
	s := newStage(t)
	s.at("3s").take(in{metric: semconv.MetricCalls, value: 1})
	s.at("10s").skip()
	s.at("20s").flush("bot voice.calls.total{} counter 1 [2.999s 20s]")
	s.at("25s").take(in{metric: semconv.MetricCalls, value: 2})
	s.at("30s").flush("bot voice.calls.total{} counter 3 [2.999s 30s]")
	s.at("10h").flush("bot voice.calls.total{} counter 3 [2.999s 10h0m0s]")
}

func TestModelThatIsNewInTheMiddleHasItsOwnZero(t *testing.T) {
	s := newStage(t)
	s.at("1s").take(cost(1.0, "model", "gpt-4o"))
	s.at("10s").skip()
	s.at("12s").take(cost(0.495, "model", "gpt-4.1"))
	s.at("20s").flush(
		"bot voice.cost.usd{model=gpt-4o} counter 1.0 [999ms 20s]",
		"bot voice.cost.usd{model=gpt-4.1} counter 0.0 [11.999s 11.999s]",
		"bot voice.cost.usd{model=gpt-4.1} counter 0.495 [11.999s 20s]",
	)
}

func TestCallIDAndTransitAttributesAreAddedUp(t *testing.T) {
	s := newStage(t)
	s.at("1s").take(
		cost(0.5, "call_id", "c1", "provider", "openai", "voice.tx.id", "f1", "voice.tx.stage", "llm"),
		cost(0.25, "call_id", "c2", "provider", "openai", "voice.tx.id", "f2", "voice.tx.stage", "llm"),
		tokens(146, "c1", "token_type", "prompt", "voice.tx.id", "f1", "voice.tx.request_tokens", "1042"),
		tokens(100, "c1", "token_type", "prompt", "voice.tx.id", "f3", "voice.tx.request_tokens", "7"),
		tokens(37, "c2", "token_type", "prompt", "voice.tx.id", "f2"),
	)
	s.at("10s").flush(
		"bot voice.cost.usd{provider=openai} counter 0.0 [999ms 999ms]",
		"bot voice.cost.usd{provider=openai} counter 0.75 [999ms 10s]",
		"bot voice.llm.tokens.total{call_id=c1 token_type=prompt} counter 0 [999ms 999ms]",
		"bot voice.llm.tokens.total{call_id=c1 token_type=prompt} counter 246 [999ms 10s]",
		"bot voice.llm.tokens.total{call_id=c2 token_type=prompt} counter 0 [999ms 999ms]",
		"bot voice.llm.tokens.total{call_id=c2 token_type=prompt} counter 37 [999ms 10s]",
	)
}

func TestCallIDAsConfigured(t *testing.T) {
	s := newStage(t, func(c *Config) {
		c.CallID.Keep = []string{semconv.MetricCost}
		c.CallID.Drop = []string{semconv.MetricTTSCharacters}
	})
	s.at("1s").take(
		cost(0.5, "call_id", "c1"),
		in{metric: semconv.MetricTTSCharacters, value: 48, attributes: []string{"call_id", "c1"}},
	)
	s.at("10s").flush(
		"bot voice.cost.usd{call_id=c1} counter 0.0 [999ms 999ms]",
		"bot voice.cost.usd{call_id=c1} counter 0.5 [999ms 10s]",
		"bot voice.tts.characters.total{} counter 0 [999ms 999ms]",
		"bot voice.tts.characters.total{} counter 48 [999ms 10s]",
	)
}

func TestHistogramNeverKeepsCallID(t *testing.T) {
	s := newStage(t, func(c *Config) { c.CallID.Keep = []string{"voice.custom"} })
	custom := in{metric: "voice.custom", value: dist{bounds: []float64{1}, counts: []uint64{1, 0}, sum: 1}, attributes: []string{"call_id", "c1"}}
	s.at("1s").take(custom)
	s.at("10s").flush(
		"bot voice.custom{} histogram count=0 sum=0.0 [999ms 999ms]",
		"bot voice.custom{} histogram count=1 sum=1.0 le1:1 [999ms 10s]",
	)
}

// Of a resource, a backend keeps the service; the environment is worth a label; the rest is added up, and so are scopes.
func TestIdentityOfWhatLeaves(t *testing.T) {
	s := newStage(t)
	calls := func(i in) in {
		i.metric, i.value = semconv.MetricCalls, 1
		return i
	}
	s.at("1s").take(
		calls(in{environment: "prod", scope: "receiver", resource: []string{"service.version", "1", "host.name", "a"}}),
		calls(in{environment: "prod", scope: "connector", resource: []string{"service.version", "2", "service.instance.id", "bot-7"}}),
		calls(in{environment: "staging"}),
		calls(in{resource: []string{"deployment.environment", "staging"}}),
		calls(in{environment: "prod", attributes: []string{"deployment.environment.name", "eu"}}),
		calls(in{namespace: "acme"}),
		calls(in{service: "other"}),
	)
	s.at("10s").flush(
		"bot voice.calls.total{deployment.environment.name=prod} counter 0 [999ms 999ms]",
		"bot voice.calls.total{deployment.environment.name=prod} counter 2 [999ms 10s]",
		"bot voice.calls.total{deployment.environment.name=staging} counter 0 [999ms 999ms]",
		"bot voice.calls.total{deployment.environment.name=staging} counter 2 [999ms 10s]",
		"bot voice.calls.total{deployment.environment.name=eu} counter 0 [999ms 999ms]",
		"bot voice.calls.total{deployment.environment.name=eu} counter 1 [999ms 10s]",
		"acme/bot voice.calls.total{} counter 0 [999ms 999ms]",
		"acme/bot voice.calls.total{} counter 1 [999ms 10s]",
		"other voice.calls.total{} counter 0 [999ms 999ms]",
		"other voice.calls.total{} counter 1 [999ms 10s]",
	)
}

// A backend's labels are texts, without order, and an empty one is none; so are ours, or it would refuse duplicates.
func TestSameLabelsAreOneSeries(t *testing.T) {
	s := newStage(t)
	s.at("1s").take(
		cost(1.0, "provider", "openai", "model", "gpt-4o"),
		cost(1.0, "model", "gpt-4o", "provider", "openai"),
		cost(1.0, "model", "gpt-4o", "provider", "openai", "region", ""),
	)
	number := cost(1.0, "model", "7").metrics()
	numberPoint := number.ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics().At(0).Sum().DataPoints().At(0)
	numberPoint.Attributes().PutInt("model", 7)
	assert.NoError(t, s.rollup.ConsumeMetrics(t.Context(), number))
	s.take(cost(1.0, "model", "7"))
	s.at("10s").flush(
		"bot voice.cost.usd{model=gpt-4o provider=openai} counter 0.0 [999ms 999ms]",
		"bot voice.cost.usd{model=gpt-4o provider=openai} counter 3.0 [999ms 10s]",
		"bot voice.cost.usd{model=7} counter 0.0 [999ms 999ms]",
		"bot voice.cost.usd{model=7} counter 2.0 [999ms 10s]",
	)
}

func TestSumsReadAsTheyWouldOnPaper(t *testing.T) {
	s := newStage(t)
	session := func(v float64) in {
		return in{metric: semconv.MetricSessionDuration, value: v, updown: true, attributes: []string{"call_id", "c1"}}
	}
	s.at("1s").take(session(3.1), session(0.1), session(0.2), session(70.8))
	s.take(cost(0.000365, "cost_type", "llm"), cost(0.00112, "cost_type", "llm"), cost(0.00037, "cost_type", "llm"))
	s.at("10s").flush(
		"bot voice.session.duration.seconds{call_id=c1} updown 0.0 [999ms 999ms]",
		"bot voice.session.duration.seconds{call_id=c1} updown 74.2 [999ms 10s]",
		"bot voice.cost.usd{cost_type=llm} counter 0.0 [999ms 999ms]",
		"bot voice.cost.usd{cost_type=llm} counter 0.001855 [999ms 10s]",
	)
}

func TestIntUntilADoubleComes(t *testing.T) {
	s := newStage(t)
	s.at("1s")
	for range 10 {
		s.take(tokens(1e15, "c1"))
	}
	s.take(tokens(1, "c1"), tokens(5, "c2"))
	s.at("10s").flush(
		"bot voice.llm.tokens.total{call_id=c1} counter 0 [999ms 999ms]",
		"bot voice.llm.tokens.total{call_id=c1} counter 10000000000000001 [999ms 10s]",
		"bot voice.llm.tokens.total{call_id=c2} counter 0 [999ms 999ms]",
		"bot voice.llm.tokens.total{call_id=c2} counter 5 [999ms 10s]",
	)
	half := tokens(0, "c2")
	half.value = 0.5
	s.at("11s").take(half)
	s.at("20s").flush("bot voice.llm.tokens.total{call_id=c2} counter 5.5 [999ms 20s]")
	s.at("21s").take(tokens(1, "c2"))
	s.at("30s").flush("bot voice.llm.tokens.total{call_id=c2} counter 6.5 [999ms 30s]")
}

func TestUnitIsTheContracts(t *testing.T) {
	s := newStage(t)
	usd, custom := cost(1.0), in{metric: "voice.custom.total", unit: "{apple}", value: 1}
	usd.unit = "USD"
	s.at("1s").take(usd, custom)
	s.at("10s")
	assert.NoError(t, s.rollup.flush(t.Context()))
	metrics := s.sink.take()[0].ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics()
	assert.Equal(t, "{USD}", metrics.At(0).Unit())
	assert.Equal(t, "{apple}", metrics.At(1).Unit())
}

func TestRefusedFlushIsRepeatedWhole(t *testing.T) {
	s := newStage(t)
	s.sink.refuse(errors.New("queue is full"))
	s.at("1s").take(cost(1.0), tokens(5, "c1"))
	s.at("10s").flush(
		"bot voice.cost.usd{} counter 0.0 [999ms 999ms]",
		"bot voice.cost.usd{} counter 1.0 [999ms 10s]",
		"bot voice.llm.tokens.total{call_id=c1} counter 0 [999ms 999ms]",
		"bot voice.llm.tokens.total{call_id=c1} counter 5 [999ms 10s]",
	)
	s.at("11s").take(cost(0.5))
	s.sink.refuse(nil)
	s.at("20s").flush(
		"bot voice.cost.usd{} counter 0.0 [999ms 999ms]",
		"bot voice.cost.usd{} counter 1.5 [999ms 20s]",
		"bot voice.llm.tokens.total{call_id=c1} counter 0 [999ms 999ms]",
		"bot voice.llm.tokens.total{call_id=c1} counter 5 [999ms 20s]",
	)
	s.at("30s").flush("bot voice.cost.usd{} counter 1.5 [999ms 30s]")
	assert.Equal(t, []string{"accepted=2", "refused=1"}, s.counts("otelcol_processor_rollup_flushes", "result"))
	assert.Equal(t, []string{"=5"}, s.counts("otelcol_processor_rollup_output_points"))
}

func TestCallSeriesAreSentWhenChangedAndNowAndThen(t *testing.T) {
	s := newStage(t)
	s.at("1s").take(tokens(5, "c1"))
	s.at("10s").skip()
	s.at("20s").flush()
	s.at("21s").take(tokens(2, "c1"))
	s.at("30s").flush("bot voice.llm.tokens.total{call_id=c1} counter 7 [999ms 30s]")
	s.at("80s").flush()
	s.at("90s").flush("bot voice.llm.tokens.total{call_id=c1} counter 7 [999ms 1m30s]")
	s.sink.refuse(errors.New("down"))
	s.at("150s").flush("bot voice.llm.tokens.total{call_id=c1} counter 7 [999ms 2m30s]")
	s.sink.refuse(nil)
	s.at("160s").flush("bot voice.llm.tokens.total{call_id=c1} counter 7 [999ms 2m40s]")
	s.at("170s").flush()
}

func TestCallEndsTogetherAfterItLingered(t *testing.T) {
	s := newStage(t)
	s.at("1s").take(tokens(5, "c1"), tokens(6, "c2"), in{metric: semconv.MetricTTSCharacters, value: 48, attributes: []string{"call_id", "c1"}})
	s.at("10s").skip()
	s.at("200s").take(tokens(1, "c1"))
	s.at("210s").skip()
	s.at("310s").flush( // c2 is over; c1 changed 110 s ago, so that all of it lives
		"bot voice.llm.tokens.total{call_id=c1} counter 6 [999ms 5m10s]",
		"bot voice.llm.tokens.total{call_id=c2} counter ended [999ms 5m10s]",
		"bot voice.tts.characters.total{call_id=c1} counter 48 [999ms 5m10s]",
	)
	s.at("500s").flush(
		"bot voice.llm.tokens.total{call_id=c1} counter ended [999ms 8m20s]",
		"bot voice.tts.characters.total{call_id=c1} counter ended [999ms 8m20s]",
	)
	s.at("1090s").flush()
	assert.Equal(t, []string{"=2"}, s.counts("otelcol_processor_rollup_series"), "they may go on")
	s.at("1110s").flush()
	assert.Equal(t, []string{"=0"}, s.counts("otelcol_processor_rollup_series"))
	assert.Equal(t, []string{"=0"}, s.counts("otelcol_processor_rollup_calls"))
}

// The stock prometheus exporter reads a metric no further than to the first point without a value.
func TestNothingFollowsAnEndInItsMetric(t *testing.T) {
	s := newStage(t)
	s.at("1s").take(tokens(5, "c1", "token_type", "prompt"), tokens(5, "c1", "token_type", "completion"))
	s.at("10s").skip()
	s.at("300s").take(tokens(6, "c2"))
	s.at("310s")
	assert.NoError(t, s.rollup.flush(t.Context()))
	flush := s.sink.take()[0]
	for _, m := range flush.ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics().All() {
		points := m.Sum().DataPoints()
		for i, p := range points.All() {
			assert.True(t, !p.Flags().NoRecordedValue() || i == points.Len()-1)
		}
	}
	assert.Equal(t, []string{
		"bot voice.llm.tokens.total{call_id=c2} counter 0 [4m59.999s 4m59.999s]",
		"bot voice.llm.tokens.total{call_id=c2} counter 6 [4m59.999s 5m10s]",
		"bot voice.llm.tokens.total{call_id=c1 token_type=prompt} counter ended [999ms 5m10s]",
		"bot voice.llm.tokens.total{call_id=c1 token_type=completion} counter ended [999ms 5m10s]",
	}, linesOf(t, flush.ResourceMetrics().At(0)))
}

func TestOverflowOfObservedValuesComesAndGoes(t *testing.T) {
	s := newStage(t, func(c *Config) { c.MaxSeries = 2 })
	observe := func(n int, time, host string) in {
		return in{metric: "voice.level", value: n, updown: true, time: time, attributes: []string{"host", host}}
	}
	s.at("1s").take(observe(1, "1s", "a"), tokens(1, "c1"), observe(2, "1s", "b"))
	s.at("10s").flush(
		"bot voice.level{host=a} updown 1 [999ms 10s]",
		"bot voice.level{otel.metric.overflow=true} updown 2 [999ms 10s]",
		"bot voice.llm.tokens.total{call_id=c1} counter 0 [999ms 999ms]",
		"bot voice.llm.tokens.total{call_id=c1} counter 1 [999ms 10s]",
	)
	s.at("200s").flush(
		"bot voice.level{host=a} updown ended [999ms 3m20s]",
		"bot voice.level{otel.metric.overflow=true} updown ended [999ms 3m20s]",
		"bot voice.llm.tokens.total{call_id=c1} counter 1 [999ms 3m20s]",
	)
	s.at("210s").flush()
	s.at("211s").take(observe(3, "211s", "b"))
	s.at("220s").flush("bot voice.level{host=b} updown 3 [3m30.999s 3m40s]")
	s.received("added/overflow=1 added=3")
}

func TestHistogramsBeyondTheLimit(t *testing.T) {
	custom := func(name, service string) in {
		return in{service: service, metric: name, value: dist{bounds: []float64{10}, counts: []uint64{1, 0}, sum: 1}}
	}
	s := newStage(t, func(c *Config) { c.MaxSeries = 1 })
	s.at("1s").take(custom("voice.a", "x"), custom("voice.b", "x"), custom("voice.a", "y"))
	s.received("added/overflow=2 added=1")
}

func TestCallDoesNotEndBeforeItsLastValueWasAccepted(t *testing.T) {
	s := newStage(t)
	s.sink.refuse(errors.New("down"))
	s.at("1s").take(tokens(5, "c1"))
	zero, value := "bot voice.llm.tokens.total{call_id=c1} counter 0 [999ms 999ms]", "bot voice.llm.tokens.total{call_id=c1} counter 5 [999ms "
	s.at("10s").flush(zero, value+"10s]")
	s.at("1h").flush(zero, value+"1h0m0s]")
	s.sink.refuse(nil)
	s.at("61m").flush(zero, value+"1h1m0s]")
	s.sink.refuse(errors.New("down"))
	ended := "bot voice.llm.tokens.total{call_id=c1} counter ended [999ms "
	s.at("62m").flush(ended + "1h2m0s]")
	s.sink.refuse(nil)
	s.at("63m").flush(ended + "1h3m0s]")
	s.at("64m").flush()
}

func TestCallThatGoesOnAfterItsEndWasSent(t *testing.T) {
	s := newStage(t)
	characters := in{metric: semconv.MetricTTSCharacters, value: 48, attributes: []string{"call_id", "c1"}}
	s.at("1s").take(tokens(5, "c1"), characters)
	s.at("10s").skip()
	s.at("310s").skip() // ended, and accepted
	s.at("315s").take(tokens(2, "c1"))
	s.at("320s").flush( // a counter goes on from where it was, and the rest of the call comes back with it
		"bot voice.llm.tokens.total{call_id=c1} counter 7 [999ms 5m20s]",
		"bot voice.tts.characters.total{call_id=c1} counter 48 [999ms 5m20s]",
	)
	s.at("330s").flush()
}

// A pause longer than linger cuts no call: the last value of its series is what it came to in all.
func TestCallGoesOnAfterAPause(t *testing.T) {
	s := newStage(t)
	characters := in{metric: semconv.MetricTTSCharacters, value: 48, attributes: []string{"call_id", "c1"}}
	s.at("1s").take(tokens(5, "c1"), characters)
	s.at("10s").skip()
	s.at("310s").skip() // ended
	s.at("320s").flush()
	s.at("899s").flush()
	s.take(tokens(2, "c1"))
	s.at("910s").flush(
		"bot voice.llm.tokens.total{call_id=c1} counter 7 [999ms 15m10s]",
		"bot voice.tts.characters.total{call_id=c1} counter 48 [999ms 15m10s]",
	)
	s.at("1200s").flush( // it ends as a whole again
		"bot voice.llm.tokens.total{call_id=c1} counter ended [999ms 20m0s]",
		"bot voice.tts.characters.total{call_id=c1} counter ended [999ms 20m0s]",
	)
}

func TestCallThatComesBackIsANewSeriesAfterTheOldOne(t *testing.T) {
	s := newStage(t)
	s.at("1s").take(tokens(5, "c1"))
	s.at("10s").skip()
	s.at("310s").skip() // ended
	s.at("910s").skip() // forgotten
	s.take(tokens(2, "c1"))
	s.at("920s").flush( // its zero is after all that was sent, though the value came in the same millisecond
		"bot voice.llm.tokens.total{call_id=c1} counter 0 [15m10.001s 15m10.001s]",
		"bot voice.llm.tokens.total{call_id=c1} counter 2 [15m10.001s 15m20s]",
	)
}

func TestClockThatIsSetBackPostponesTheFlush(t *testing.T) {
	s := newStage(t)
	s.at("10m").take(in{metric: semconv.MetricCalls, value: 1})
	s.at("611s").skip()
	s.at("5m").take(in{metric: semconv.MetricCalls, value: 1})
	assert.ErrorIs(t, s.rollup.flush(t.Context()), errClock)
	assert.Empty(t, s.sink.take())
	s.at("612s").flush("bot voice.calls.total{} counter 2 [9m59.999s 10m12s]")
	assert.Equal(t, []string{"accepted=2", "postponed=1"}, s.counts("otelcol_processor_rollup_flushes", "result"))
}

func TestPointsThatCannotBeCounted(t *testing.T) {
	wide := make([]string, 0, 2*65)
	for i := range 65 {
		wide = append(wide, string(rune('a'+i%26))+string(rune('a'+i/26)), "x")
	}
	latency := func(d dist) in { return in{metric: semconv.MetricTTFB, value: d} }
	for name, tc := range map[string]struct {
		point in
		want  string
	}{
		"nan":             {cost(math.NaN()), "dropped/not_finite=1"},
		"infinite":        {cost(math.Inf(1)), "dropped/not_finite=1"},
		"negative double": {cost(-0.1), "dropped/negative=1"},
		"negative int":    {tokens(-1, "c1"), "dropped/negative=1"},
		"no value":        {cost(nil), "dropped/malformed=1"},
		"stale marker":    {in{metric: semconv.MetricCost, value: 1.0, noValue: true}, "skipped/no_value=1"},
		"many attributes": {cost(1.0, wide...), "dropped/malformed=1"},
		"histogram without as many counts": {
			latency(dist{bounds: []float64{1, 2}, counts: []uint64{1, 0}, sum: 1}), "dropped/malformed=1",
		},
		"histogram with bounds that fall": {
			latency(dist{bounds: []float64{2, 1}, counts: []uint64{1, 0, 0}, sum: 1}), "dropped/malformed=1",
		},
		"unknown histogram with bounds that fall": {
			in{metric: "voice.x", value: dist{bounds: []float64{2, 1}, counts: []uint64{1, 0, 0}, sum: 1}}, "dropped/malformed=1",
		},
		"histogram with a NaN sum": {
			latency(dist{bounds: []float64{1}, counts: []uint64{1, 0}, sum: math.NaN()}), "dropped/not_finite=1",
		},
		"histogram with a sum of nothing": {
			latency(dist{bounds: []float64{1}, counts: []uint64{0, 0}, sum: 5}), "dropped/malformed=1",
		},
		"histogram with an absurd count": {
			latency(dist{bounds: []float64{1}, counts: []uint64{1 << 54, 0}, sum: 1}), "dropped/malformed=1",
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			s.at("1s").take(tc.point)
			s.at("10s").flush()
			s.received(tc.want)
		})
	}
}

func TestShapesThatCannotBeCounted(t *testing.T) {
	for name, tc := range map[string]struct {
		shape func(pmetric.Metric)
		want  string
	}{
		"sum of no temporality":       {func(m pmetric.Metric) { m.SetEmptySum().DataPoints().AppendEmpty().SetIntValue(1) }, "dropped/malformed=1"},
		"histogram of no temporality": {func(m pmetric.Metric) { m.SetEmptyHistogram().DataPoints().AppendEmpty() }, "dropped/malformed=1"},
		"histogram without sum": {func(m pmetric.Metric) {
			m.SetEmptyHistogram().SetAggregationTemporality(pmetric.AggregationTemporalityDelta)
			m.Histogram().DataPoints().AppendEmpty().SetCount(1)
		}, "dropped/no_sum=1"},
		"histogram whose count is not that of its buckets": {func(m pmetric.Metric) {
			m.SetEmptyHistogram().SetAggregationTemporality(pmetric.AggregationTemporalityDelta)
			p := m.Histogram().DataPoints().AppendEmpty()
			p.SetCount(2)
			p.SetSum(1)
			p.BucketCounts().FromRaw([]uint64{1})
		}, "dropped/malformed=1"},
		"exponential histogram of no temporality": {func(m pmetric.Metric) {
			m.SetEmptyExponentialHistogram().DataPoints().AppendEmpty()
		}, "dropped/malformed=1"},
		"exponential histogram without sum": {func(m pmetric.Metric) {
			m.SetEmptyExponentialHistogram().SetAggregationTemporality(pmetric.AggregationTemporalityDelta)
			m.ExponentialHistogram().DataPoints().AppendEmpty()
		}, "dropped/no_sum=1"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			md := pmetric.NewMetrics()
			m := md.ResourceMetrics().AppendEmpty().ScopeMetrics().AppendEmpty().Metrics().AppendEmpty()
			m.SetName("voice.x")
			tc.shape(m)
			assert.NoError(t, s.rollup.ConsumeMetrics(t.Context(), md))
			s.at("10s").flush()
			s.received(tc.want)
		})
	}
}

func TestOverflowKeepsTotals(t *testing.T) {
	s := newStage(t, func(c *Config) { c.MaxSeries = 2 })
	s.at("1s").take(cost(1.0, "model", "a"), cost(2.0, "model", "b"), cost(4.0, "model", "c"), cost(8.0, "model", "d"))
	s.take(cost(16.0, "model", "a"), cost(32.0, "model", "c"))
	s.take(in{metric: semconv.MetricCalls, value: 1}) // a metric that is new beyond the limit
	s.at("10s").flush(
		"bot voice.cost.usd{model=a} counter 0.0 [999ms 999ms]",
		"bot voice.cost.usd{model=a} counter 17.0 [999ms 10s]",
		"bot voice.cost.usd{model=b} counter 0.0 [999ms 999ms]",
		"bot voice.cost.usd{model=b} counter 2.0 [999ms 10s]",
		"bot voice.cost.usd{otel.metric.overflow=true} counter 0.0 [999ms 999ms]",
		"bot voice.cost.usd{otel.metric.overflow=true} counter 44.0 [999ms 10s]",
		"bot voice.calls.total{otel.metric.overflow=true} counter 0 [999ms 999ms]",
		"bot voice.calls.total{otel.metric.overflow=true} counter 1 [999ms 10s]",
	)
	s.received("added/overflow=4 added=3")
}

// Calls that may go on are not remembered where there is little room.
func TestRoomComesBackWhenCallsEnd(t *testing.T) {
	s := newStage(t, func(c *Config) { c.MaxSeries = 1 })
	s.at("1s").take(tokens(1, "c1"))
	s.at("10s").skip()
	s.at("310s").skip()
	s.at("320s").skip()
	s.at("321s").take(tokens(2, "c2"))
	s.at("330s").flush(
		"bot voice.llm.tokens.total{call_id=c2} counter 0 [5m20.999s 5m20.999s]",
		"bot voice.llm.tokens.total{call_id=c2} counter 2 [5m20.999s 5m30s]",
	)
	assert.Equal(t, 5*time.Minute, s.rollup.cfg.CallID.Linger)
}
