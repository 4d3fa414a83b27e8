package rollupprocessor

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/featuregate"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/otelcol-voice/otelcol-voice/internal/signal/semconv"
)

// mixed is a request with a bit of everything.
func mixed() pmetric.Metrics {
	md := cost(1.0, "model", "gpt-4o").metrics()
	in{metric: "http.requests", value: 7}.metrics().ResourceMetrics().MoveAndAppendTo(md.ResourceMetrics())
	sm := md.ResourceMetrics().At(0).ScopeMetrics().At(0)
	sm.Scope().SetName("bot")
	add := func(name string) pmetric.Metric {
		m := sm.Metrics().AppendEmpty()
		m.SetName(name)
		return m
	}
	add("app.delta").SetEmptySum().DataPoints().AppendEmpty().SetIntValue(3)
	add("voice.gauge").SetEmptyGauge().DataPoints().AppendEmpty().SetIntValue(4)
	add("voice.summary").SetEmptySummary().DataPoints().AppendEmpty().SetCount(5)
	exponential := add("voice.exponential").SetEmptyExponentialHistogram()
	exponential.SetAggregationTemporality(pmetric.AggregationTemporalityCumulative)
	exponential.DataPoints().AppendEmpty().SetCount(6)
	return md
}

func TestWhatIsNotOursPassesAtOnceAndUntouched(t *testing.T) {
	s := newStage(t)
	md, want := mixed(), mixed()
	md.MarkReadOnly()
	require.NoError(t, s.rollup.ConsumeMetrics(context.Background(), md))
	want.ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics().RemoveIf(func(m pmetric.Metric) bool {
		return m.Name() == semconv.MetricCost
	})
	passed := s.sink.take()
	require.Len(t, passed, 1)
	assertSame(t, want, passed[0])
	s.received("added=1 passed/exponential=1 passed/gauge=1 passed/summary=1 passed/unmatched=2")
	s.at("10s").flush(
		"bot voice.cost.usd{model=gpt-4o} counter 0.0 [-1ms -1ms]",
		"bot voice.cost.usd{model=gpt-4o} counter 1.0 [-1ms 10s]",
	)
}

func TestRequestWithNothingOfOursPassesAsItIs(t *testing.T) {
	s := newStage(t)
	md := in{metric: "http.requests", value: 7}.metrics()
	require.NoError(t, s.rollup.ConsumeMetrics(context.Background(), md))
	assert.Equal(t, []pmetric.Metrics{md}, s.sink.take())
	s.received("passed/unmatched=1")
}

func TestEmptyRequestPassesNothing(t *testing.T) {
	s := newStage(t)
	require.NoError(t, s.rollup.ConsumeMetrics(context.Background(), pmetric.NewMetrics()))
	assert.Empty(t, s.sink.take())
}

func TestMetricsAsConfigured(t *testing.T) {
	s := newStage(t, func(c *Config) { c.Metrics = []string{"app.cost", "lk.agents.*"} })
	s.at("1s").take(
		in{metric: "app.cost", value: 1},
		in{metric: "lk.agents.turns", value: 2},
		in{metric: "app.cost.more", value: 3},
		in{metric: semconv.MetricCost, value: 4},
	)
	s.received("added=2 passed/unmatched=2")
}

// A refused request has changed no number: it is sent again as a whole.
func TestRequestThatCannotPassIsNotCounted(t *testing.T) {
	s := newStage(t)
	s.sink.refuse(errors.New("queue is full"))
	require.EqualError(t, s.rollup.ConsumeMetrics(context.Background(), mixed()), "queue is full")
	s.sink.refuse(nil)
	s.at("10s").flush()
	s.received("")
	require.NoError(t, s.rollup.ConsumeMetrics(context.Background(), mixed()))
	s.at("20s").flush(
		"bot voice.cost.usd{model=gpt-4o} counter 0.0 [10.001s 10.001s]",
		"bot voice.cost.usd{model=gpt-4o} counter 1.0 [10.001s 20s]",
	)
}

// With pooling, the memory of a request serves the next one as soon as ConsumeMetrics returns.
func TestNothingOfARequestIsKept(t *testing.T) {
	gate := "pdata.useProtoPooling"
	require.NoError(t, featuregate.GlobalRegistry().Set(gate, true))
	t.Cleanup(func() { assert.NoError(t, featuregate.GlobalRegistry().Set(gate, false)) })
	s := newStage(t)
	md := mixed()
	require.NoError(t, s.rollup.ConsumeMetrics(context.Background(), md))
	scribble(md)
	assertSame(t, rest(mixed()), s.sink.take()[0])
	s.at("10s").flush(
		"bot voice.cost.usd{model=gpt-4o} counter 0.0 [-1ms -1ms]",
		"bot voice.cost.usd{model=gpt-4o} counter 1.0 [-1ms 10s]",
	)
}

// What was handed to next is next's: it may change it, and that changes nothing here.
func TestNothingThatWasSentIsTouchedOrShared(t *testing.T) {
	s := newStage(t)
	s.at("1s").take(in{metric: semconv.MetricTTFB, value: dist{bounds: []float64{100}, counts: []uint64{1, 0}, sum: 90}, attributes: []string{"stage", "llm"}})
	s.at("10s")
	require.NoError(t, s.rollup.flush(context.Background()))
	scribble(s.sink.take()[0])
	s.at("20s").flush("bot voice.ttfb.milliseconds{stage=llm} histogram count=1 sum=90.0 le100:1 [999ms 20s]")
}

func rest(md pmetric.Metrics) pmetric.Metrics {
	return router{ours: newMatcher([]string{"voice.*"})}.rest(md)
}

// scribble overwrites all that a request holds.
func scribble(md pmetric.Metrics) {
	for _, rm := range md.ResourceMetrics().All() {
		rm.Resource().Attributes().PutStr("service.name", "scribbled")
		for _, sm := range rm.ScopeMetrics().All() {
			sm.Scope().SetName("scribbled")
			for _, m := range sm.Metrics().All() {
				scribbleOver(m)
			}
		}
	}
}

func scribbleOver(m pmetric.Metric) {
	m.SetName("scribbled")
	switch m.Type() {
	case pmetric.MetricTypeSum:
		for _, p := range m.Sum().DataPoints().All() {
			p.SetIntValue(-99)
			p.Attributes().PutStr("model", "scribbled")
		}
	case pmetric.MetricTypeHistogram:
		for _, p := range m.Histogram().DataPoints().All() {
			p.Attributes().PutStr("stage", "scribbled")
			p.BucketCounts().SetAt(0, 99)
			p.ExplicitBounds().SetAt(0, 99)
		}
	}
}

func assertSame(t *testing.T, want, got pmetric.Metrics) {
	t.Helper()
	marshaler := &pmetric.JSONMarshaler{}
	wanted, err := marshaler.MarshalMetrics(want)
	require.NoError(t, err)
	given, err := marshaler.MarshalMetrics(got)
	require.NoError(t, err)
	assert.JSONEq(t, string(wanted), string(given))
}
