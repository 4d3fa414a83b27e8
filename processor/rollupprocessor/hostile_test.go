package rollupprocessor

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/otelcol-voice/otelcol-voice/internal/signal/semconv"
)

// A Prometheus-type backend refuses the whole flush for one label that has no name there, and a Protobuf receiver for one
// text that is not UTF-8; a series without call_id is in every flush.
func TestOneLabelSpoilsNoFlush(t *testing.T) {
	zero, value := "bot voice.cost.usd{model=a} counter 0.0 [999ms 999ms]", "bot voice.cost.usd{model=a} counter 3.0 [999ms 10s]"
	for _, key := range []string{"", "语言", "_", "__", ".", "é-ü", "lang\xff", "\xc3\x28a"} {
		t.Run(key, func(t *testing.T) {
			s := newStage(t)
			s.at("1s").take(cost(1.0, "model", "a"), cost(2.0, "model", "a", key, "x"))
			s.at("10s").flush(zero, value)
			s.received("added/label_dropped=1 added=1")
		})
	}
}

// A backend writes these keys alike, or sets the labels itself, and keeps the first of what is one series to it: all of it has to
// be in that.
func TestSeriesThatAreOneAtTheBackend(t *testing.T) {
	s := newStage(t)
	s.at("1s").take(cost(1.0, "a.b", "x"), cost(2.0, "a_b", "x"), cost(4.0, "a-b", "x", "job", "j"), cost(8.0, "a_b", "x", "instance", "i", "le", "1"))
	s.take(characters(3, "0s", "1s", "a.b", "x"), characters(4, "0s", "1s", "a_b", "x"))
	s.at("10s").flush(
		"bot voice.cost.usd{a.b=x} counter 0.0 [999ms 999ms]",
		"bot voice.cost.usd{a.b=x} counter 15.0 [999ms 10s]",
		"bot voice.tts.characters.total{a.b=x} counter 0 [999ms 999ms]",
		"bot voice.tts.characters.total{a.b=x} counter 7 [999ms 10s]",
	)
	s.received("added/label_dropped=2 added=4")
}

func TestKeysThatAreLabelsSomehowStay(t *testing.T) {
	s := newStage(t)
	s.at("1s").take(in{metric: semconv.MetricCalls, value: 1, attributes: []string{"a.b", "1", "a_b", "2", "7", "3", "_Z", "4", "语言_id", "5"}})
	s.at("10s").flush(
		"bot voice.calls.total{7=3 _Z=4 a.b=1 a_b=2 语言_id=5} counter 0 [999ms 999ms]",
		"bot voice.calls.total{7=3 _Z=4 a.b=1 a_b=2 语言_id=5} counter 1 [999ms 10s]",
	)
	s.received("added=1")
}

// Each point of a cumulative stream counts, not only the one that opens the series.
func TestDroppedLabelOfACumulativeStreamAndBeyondTheLimit(t *testing.T) {
	s := newStage(t, func(c *Config) { c.MaxSeries = 1 })
	s.at("1s").take(characters(3, "0s", "1s", "", "x"), characters(5, "0s", "2s", "", "x"), cost(1.0, "", "x"))
	s.received("added/label_dropped=2 added/overflow=1")
}

func TestTextsThatAreNotUTF8AreMadeSo(t *testing.T) {
	s := newStage(t)
	point := in{
		service: "b\xff", namespace: "n\xfe\xff", environment: "p\xff", metric: semconv.MetricLLMTokens, value: 1,
		attributes: []string{"call_id", "c\xff", "model", "m\xff", "processor", "P\xff#3"},
	}
	again := point
	again.service, again.attributes = "b\xc0", []string{"call_id", "c\xc0", "model", "m\xc0", "processor", "P\xc0#4"}
	s.at("1s").take(point, again)
	want := "n\ufffd/b\ufffd voice.llm.tokens.total{call_id=c\ufffd deployment.environment.name=p\ufffd model=m\ufffd processor=P\ufffd} counter "
	s.at("10s").flush(want+"0 [999ms 999ms]", want+"2 [999ms 10s]")
	s.received("added=2")
}

func TestUnitAndDescriptionThatAreNotUTF8AreMadeSo(t *testing.T) {
	s := newStage(t)
	md := in{metric: "voice.x", unit: "u\xff", value: 1}.metrics()
	md.ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics().At(0).SetDescription("d\xff")
	require.NoError(t, s.rollup.ConsumeMetrics(t.Context(), md))
	s.at("10s")
	require.NoError(t, s.rollup.flush(t.Context()))
	m := s.sink.take()[0].ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics().At(0)
	assert.Equal(t, []string{"u\ufffd", "d\ufffd"}, []string{m.Unit(), m.Description()})
}

func TestMetricWithoutANameAtTheBackendIsDropped(t *testing.T) {
	s := newStage(t, func(c *Config) { c.Metrics = []string{"*"} })
	for _, name := range []string{"", "语言", "_", "voice.\xff"} {
		s.take(in{metric: name, value: 1}, in{metric: name, value: dist{sum: 1}})
	}
	s.at("10s").flush()
	s.received("dropped/malformed=8")
}

func TestMetricThatIsNewBeyondTheLimitIsFolded(t *testing.T) {
	s := newStage(t, func(c *Config) { c.MaxSeries = 500 })
	s.at("1s")
	for i := range 600 {
		s.take(in{metric: semconv.MetricToolCalls, value: 1, attributes: []string{"function_name", fmt.Sprint("f", i)}})
	}
	s.at("10s").skip()
	s.at("11s").take(
		tokens(600_000, "c1", "token_type", "prompt"),
		tokens(400_000, "c2", "token_type", "prompt"),
		cost(1.5, "cost_type", "llm"),
		cost(1.0, "cost_type", "tts"),
		in{service: "other", metric: semconv.MetricCost, value: 4.0},
		in{metric: semconv.MetricTTFB, value: dist{counts: []uint64{2}, sum: 90}, attributes: []string{"stage", "llm"}},
	)
	s.received("added/overflow=106 added=500")
	s.at("20s")
	require.NoError(t, s.rollup.flush(t.Context()))
	assert.Equal(t, []string{
		"bot voice.tool.calls.total{otel.metric.overflow=true} counter 100 [999ms 20s]",
		"bot voice.llm.tokens.total{otel.metric.overflow=true} counter 0 [10.999s 10.999s]",
		"bot voice.llm.tokens.total{otel.metric.overflow=true} counter 1000000 [10.999s 20s]",
		"bot voice.cost.usd{otel.metric.overflow=true} counter 0.0 [10.999s 10.999s]",
		"bot voice.cost.usd{otel.metric.overflow=true} counter 2.5 [10.999s 20s]",
		"bot voice.ttfb.milliseconds{otel.metric.overflow=true} histogram count=0 sum=0.0 [10.999s 10.999s]",
		"bot voice.ttfb.milliseconds{otel.metric.overflow=true} histogram count=2 sum=90.0 le+Inf:2 [10.999s 20s]",
		"other voice.cost.usd{otel.metric.overflow=true} counter 0.0 [10.999s 10.999s]",
		"other voice.cost.usd{otel.metric.overflow=true} counter 4.0 [10.999s 20s]",
	}, s.lines()[500:])
}

// Overflow has a limit as well: services and metrics that somebody makes up.
func TestMetricsBeyondTheRoomForOverflowAreDropped(t *testing.T) {
	s := newStage(t, func(c *Config) { c.MaxSeries = 1 })
	s.at("1s").take(cost(1.0, "model", "a"))
	for i := range 10_003 {
		s.take(in{service: fmt.Sprint(i), metric: semconv.MetricCost, value: 1.0})
	}
	s.take(cost(2.0, "model", "b"), in{service: "7", metric: semconv.MetricCost, value: 1.0}) // known ones go on
	s.received("added/overflow=10002 added=1 dropped/limit=3")
}

func TestLimitIsLoggedOnce(t *testing.T) {
	core, logs := observer.New(zap.WarnLevel)
	s := newStage(t, func(c *Config) { c.MaxSeries = 3 })
	s.rollup.logger = zap.New(core)
	s.at("1s").take(cost(1.0), tokens(1, "c1"), tokens(1, "c2"))
	assert.Zero(t, logs.Len())
	s.take(in{metric: semconv.MetricCalls, value: 1}, tokens(1, "c3"), in{service: "other", metric: semconv.MetricCalls, value: 1})
	require.Equal(t, 1, logs.Len())
	assert.Equal(t, map[string]any{
		"max_series": int64(3), "series": int64(4), "input_streams": int64(0),
		"largest_metric": semconv.MetricLLMTokens, "largest_service": "bot", "largest_series": int64(2),
	}, logs.All()[0].ContextMap())
}

// One point of a clock that is wrong mutes no stream: from then on its times are those of arrival.
func TestFutureTimeCountsAsArrival(t *testing.T) {
	s := newStage(t)
	active := func(n int, time string) in {
		return in{metric: semconv.MetricCallsActive, value: n, updown: true, time: time}
	}
	s.at("1s").take(characters(3, "0s", "100000h"), active(3, "100000h"))
	s.at("2s").take(characters(5, "0s", "2s"), active(2, "2s"))
	s.at("3s").take(characters(9, "0s", "10m3s"), active(1, "10m3s")) // as far ahead as is believed
	s.at("4s").take(characters(10, "0s", "4s"), active(9, "4s"))
	s.received("added=6 skipped/late=2")
	s.at("10s").flush(
		"bot voice.tts.characters.total{} counter 0 [999ms 999ms]",
		"bot voice.tts.characters.total{} counter 9 [999ms 10s]",
		"bot voice.calls.active{} updown 1 [999ms 10s]",
	)
}

func TestAbsurdValuesAreMalformed(t *testing.T) {
	latency := func(sum float64) in {
		return in{metric: semconv.MetricTTFB, value: dist{counts: []uint64{1}, sum: sum}}
	}
	cumulative := func(i in) in { i.start, i.time = "0s", "1s"; return i }
	named := func(i in, name string) in { i.metric = name; return i }
	for name, tc := range map[string]struct {
		point in
		want  string
	}{
		"characters that freeze their counter": {in{metric: semconv.MetricTTSCharacters, value: 1e308}, "dropped/malformed=1"},
		"int":                                  {in{metric: semconv.MetricTTSCharacters, value: 1_000_000_000_000_001}, "dropped/malformed=1"},
		"as large as can be":                   {in{metric: semconv.MetricTTSCharacters, value: 1e15}, "added=1"},
		"of a metric that is not ours":         {in{metric: "voice.x", value: 1e16}, "dropped/malformed=1"},
		"up-down":                              {in{metric: semconv.MetricSessionDuration, value: -1e16, updown: true}, "dropped/malformed=1"},
		"smallest int":                         {in{metric: semconv.MetricSessionDuration, value: math.MinInt64, updown: true}, "dropped/malformed=1"},
		"cumulative":                           {cumulative(in{metric: semconv.MetricTTSCharacters, value: 1e308}), "dropped/malformed=1"},
		"observed":                             {cumulative(in{metric: semconv.MetricCallsActive, value: 1e308, updown: true}), "dropped/malformed=1"},
		"cumulative of a metric that is not ours, which may count nanoseconds": {
			cumulative(in{metric: "voice.x", value: 1e16}), "added=1",
		},
		"latencies below zero":                               {latency(-1), "dropped/malformed=1"},
		"latencies beyond all time":                          {latency(1e16), "dropped/malformed=1"},
		"cumulative latencies below zero":                    {cumulative(latency(-1)), "dropped/malformed=1"},
		"sum below zero of a histogram that is not ours":     {named(latency(-1), "voice.x"), "added=1"},
		"latencies of no time":                               {latency(0), "added=1"},
		"sum without end of a histogram that is not ours":    {named(latency(1e16), "voice.x"), "dropped/malformed=1"},
		"sum far below zero of a histogram that is not ours": {named(latency(-1e16), "voice.x"), "dropped/malformed=1"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			s.at("1s").take(tc.point)
			s.received(tc.want)
		})
	}
}

// A sum that falls while the count grows is a stream that began anew.
func TestLatencySumThatFallsIsAReset(t *testing.T) {
	s := newStage(t)
	latency := func(n uint64, sum float64, time string) in {
		return in{metric: semconv.MetricTTFB, value: dist{counts: []uint64{n}, sum: sum}, start: "0s", time: time}
	}
	s.at("1s").take(latency(2, 900, "1s"), latency(3, 400, "2s"), latency(3, 399, "3s"), latency(4, 500, "4s"))
	s.at("10s").flush(
		"bot voice.ttfb.milliseconds{} histogram count=0 sum=0.0 [999ms 999ms]",
		"bot voice.ttfb.milliseconds{} histogram count=6 sum=1401.0 le+Inf:6 [999ms 10s]",
	)
	assert.Equal(t, []string{"=1"}, s.counts("otelcol_processor_rollup_resets"))
}

// At a backend, the last of two shapes of one name hides the other.
func TestOtherShapesOfOurMetricsAreDropped(t *testing.T) {
	gauge := func(m pmetric.Metric) { m.SetEmptyGauge().DataPoints().AppendEmpty().SetIntValue(1) }
	summary := func(m pmetric.Metric) { m.SetEmptySummary().DataPoints().AppendEmpty().SetCount(1) }
	exponential := func(m pmetric.Metric) {
		m.SetEmptyExponentialHistogram().SetAggregationTemporality(pmetric.AggregationTemporalityCumulative)
		m.ExponentialHistogram().DataPoints().AppendEmpty().SetSum(0)
	}
	for name, tc := range map[string]struct {
		metric string
		shape  func(pmetric.Metric)
		want   string
	}{
		"gauge of a counter":     {semconv.MetricLLMTokens, gauge, "dropped/unsupported=1"},
		"gauge of an up-down":    {semconv.MetricCallsActive, gauge, "dropped/unsupported=1"},
		"gauge of a histogram":   {semconv.MetricTTFB, gauge, "dropped/unsupported=1"},
		"summary of a counter":   {semconv.MetricCost, summary, "dropped/unsupported=1"},
		"summary of a histogram": {semconv.MetricTTFB, summary, "dropped/unsupported=1"},
		"histogram of a counter": {semconv.MetricCost, func(m pmetric.Metric) {
			in{value: dist{counts: []uint64{1}, sum: 1}}.data(m)
		}, "dropped/unsupported=1"},
		"sum of a histogram":                     {semconv.MetricTTFB, func(m pmetric.Metric) { in{value: 1}.data(m) }, "dropped/unsupported=1"},
		"exponential histogram of a counter":     {semconv.MetricCost, exponential, "dropped/unsupported=1"},
		"exponential histogram of a histogram":   {semconv.MetricTTFB, exponential, "skipped/baseline=1"},
		"exponential histogram that is not ours": {"voice.level", exponential, "passed/exponential=1"},
		"gauge of a metric that is not ours":     {"voice.level", gauge, "passed/gauge=1"},
		"summary of a metric that is not ours":   {"voice.level", summary, "passed/summary=1"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			md := pmetric.NewMetrics()
			m := md.ResourceMetrics().AppendEmpty().ScopeMetrics().AppendEmpty().Metrics().AppendEmpty()
			m.SetName(tc.metric)
			tc.shape(m)
			require.NoError(t, s.rollup.ConsumeMetrics(t.Context(), md))
			s.received(tc.want)
		})
	}
}
