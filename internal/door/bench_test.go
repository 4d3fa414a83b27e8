package door

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/otelcol-voice/otelcol-voice/internal/call"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
	"github.com/otelcol-voice/otelcol-voice/internal/signal"
)

var (
	began = time.Date(2025, 11, 24, 16, 0, 0, 0, time.UTC)
	idle  = began.Add(10 * time.Minute)
)

func after(seconds int) time.Time { return began.Add(time.Duration(seconds) * time.Second) }

// answer is what a pipeline does with what it is given.
type answer string

const (
	taken  answer = "taken"
	busy   answer = "busy"  // refused, but may be taken another time
	never  answer = "never" // refused for good
	absent answer = ""      // not configured
)

// answers are those of each pipeline.
type answers struct{ spans, summaries, numbers answer }

var willing = answers{taken, taken, taken}

// refusal is how a pipeline of a signal says it.
func (a answer) refusal(signal string) error {
	switch a {
	case busy:
		return errors.New(signal + " are busy")
	case never:
		return consumererror.NewPermanent(errors.New(signal + " are never taken"))
	}
	return nil
}

// bench is a door with sinks behind it. What happens there it tells in its order: "spans 2 taken".
type bench struct {
	*Door
	t         *testing.T
	spans     consumertest.TracesSink
	summaries consumertest.LogsSink
	numbers   consumertest.MetricsSink
	logs      *observer.ObservedLogs
	told      []string
	found     []call.Fact // of the last end
	begun     []*operation
	asked     func() // by a pipeline, before it answers
}

// operation is one signal that is handed on, from what Report is told before to what it is told after.
type operation struct {
	signal string
	count  int
	err    error
	asked  int
	ended  int
}

func newBench(t *testing.T) *bench {
	core, logs := observer.New(zapcore.DebugLevel)
	b := &bench{t: t, logs: logs, asked: func() {}}
	b.Door = &Door{
		Calls:   call.NewTable(call.Config{IdleTimeout: 5 * time.Minute, Remember: time.Hour, MaxCalls: 3, Trace: true}),
		Signals: signal.NewProducer(signal.Settings{Service: "bot", TenantAttribute: "tenant"}),
		Outlet:  &Outlet{Report: b}, Logger: zap.New(core), Keep: b.keep, Found: b.find,
	}
	b.answer(willing)
	t.Cleanup(b.checkReports)
	return b
}

// checkReports checks that the report was told of the begin and of the end of all that was handed on, once each.
func (b *bench) checkReports() {
	for i, op := range b.begun {
		assert.Equal(b.t, 1, op.asked, "operation %d, of %s, was handed on", i, op.signal)
		assert.Equal(b.t, 1, op.ended, "operation %d, of %s, has ended", i, op.signal)
	}
}

// answer sets how the pipelines answer from now on.
func (b *bench) answer(as answers) {
	b.Outlet.Traces, b.Outlet.Logs, b.Outlet.Metrics = b.traces(as.spans), b.records(as.summaries), b.metrics(as.numbers)
}

func (b *bench) traces(as answer) consumer.Traces {
	if as == absent {
		return nil
	}
	next := consumer.Traces(&b.spans)
	if err := as.refusal("spans"); err != nil {
		next = consumertest.NewErr(err)
	}
	tap, err := consumer.NewTraces(func(ctx context.Context, traces ptrace.Traces) error {
		return b.ask(ctx, "spans", traces.SpanCount(), func() error { return next.ConsumeTraces(ctx, traces) })
	})
	require.NoError(b.t, err)
	return tap
}

func (b *bench) records(as answer) consumer.Logs {
	if as == absent {
		return nil
	}
	next := consumer.Logs(&b.summaries)
	if err := as.refusal("summaries"); err != nil {
		next = consumertest.NewErr(err)
	}
	tap, err := consumer.NewLogs(func(ctx context.Context, logs plog.Logs) error {
		return b.ask(ctx, "summaries", logs.LogRecordCount(), func() error { return next.ConsumeLogs(ctx, logs) })
	})
	require.NoError(b.t, err)
	return tap
}

func (b *bench) metrics(as answer) consumer.Metrics {
	if as == absent {
		return nil
	}
	next := consumer.Metrics(&b.numbers)
	if err := as.refusal("numbers"); err != nil {
		next = consumertest.NewErr(err)
	}
	tap, err := consumer.NewMetrics(func(ctx context.Context, metrics pmetric.Metrics) error {
		return b.ask(ctx, "numbers", metrics.DataPointCount(), func() error { return next.ConsumeMetrics(ctx, metrics) })
	})
	require.NoError(b.t, err)
	return tap
}

// underway is the key of the operation in the context that Report has made.
type underway struct{}

func (b *bench) operation(ctx context.Context, signal string) *operation {
	op, _ := ctx.Value(underway{}).(*operation)
	require.NotNil(b.t, op, "%s are handed on, or have ended, in the context of their begin", signal)
	require.Equal(b.t, signal, op.signal)
	return op
}

func (b *bench) ask(ctx context.Context, signal string, count int, consume func() error) error {
	op := b.operation(ctx, signal)
	b.asked()
	op.count, op.err = count, consume()
	op.asked++
	return op.err
}

func (b *bench) start(ctx context.Context, signal string) context.Context {
	op := &operation{signal: signal}
	b.begun = append(b.begun, op)
	return context.WithValue(ctx, underway{}, op)
}

func (b *bench) end(ctx context.Context, signal, name string, count int, err error) {
	op := b.operation(ctx, signal)
	op.ended++
	assert.Equal(b.t, "voice_frame", name)
	assert.Equal(b.t, op.count, count, "%s that were handed on", signal)
	assert.Equal(b.t, op.err, err, "what became of %s", signal)
	outcome := taken
	switch {
	case Again(err):
		outcome = busy
	case err != nil:
		outcome = never
	}
	b.tell("%s %d %s", signal, count, outcome)
}

func (b *bench) StartMetricsOp(ctx context.Context) context.Context { return b.start(ctx, "numbers") }

func (b *bench) StartLogsOp(ctx context.Context) context.Context   { return b.start(ctx, "summaries") }
func (b *bench) StartTracesOp(ctx context.Context) context.Context { return b.start(ctx, "spans") }

func (b *bench) EndMetricsOp(ctx context.Context, format string, points int, err error) {
	b.end(ctx, "numbers", format, points, err)
}

func (b *bench) EndLogsOp(ctx context.Context, format string, records int, err error) {
	b.end(ctx, "summaries", format, records, err)
}

func (b *bench) EndTracesOp(ctx context.Context, format string, spans int, err error) {
	b.end(ctx, "spans", format, spans, err)
}

func (b *bench) tell(format string, args ...any) {
	b.told = append(b.told, fmt.Sprintf(format, args...))
}

// heard is what was told since it was last asked.
func (b *bench) heard() []string {
	told := b.told
	b.told = nil
	return told
}

// complaints counts what was logged since it was last asked, by level.
func (b *bench) complaints() map[zapcore.Level]int {
	counts := map[zapcore.Level]int{}
	for _, entry := range b.logs.TakeAll() {
		counts[entry.Level]++
	}
	return counts
}

func (b *bench) keep(_ context.Context, key call.Key, now time.Time) {
	b.tell("keep %s at +%s of %d", key.ID, now.Sub(began), b.open())
}

func (b *bench) find(_ context.Context, facts []call.Fact, now time.Time) {
	b.found = facts
	b.tell("found %s at +%s of %d", facts[0].Call.ID, now.Sub(began), b.open())
}

// open is how many calls are.
func (b *bench) open() int { return b.Calls.Active()[""] }

// received is how much the sinks have taken so far: spans, summaries, points.
func (b *bench) received() [3]int {
	return [3]int{b.spans.SpanCount(), b.summaries.LogRecordCount(), b.numbers.DataPointCount()}
}

// sum is the sum of a metric over all its points that were taken.
func (b *bench) sum(name string) (sum float64) {
	for _, metrics := range b.numbers.AllMetrics() {
		list := metrics.ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics()
		for i := range list.Len() {
			if list.At(i).Name() != name {
				continue
			}
			points := list.At(i).Sum().DataPoints()
			for j := range points.Len() {
				sum += points.At(j).DoubleValue() + float64(points.At(j).IntValue())
			}
		}
	}
	return sum
}

// talking is a call that goes on: 3 points now, and at its end 2 points, 2 spans and a summary.
func talking(id string) []frame.Frame {
	listener := frame.Source{Stage: frame.STT, Provider: "gladia"}
	return []frame.Frame{
		say(id, 0, frame.Event{Kind: frame.CallStarted, Models: []frame.Source{listener}}),
		say(id, 2, frame.Event{Kind: frame.TTFB, Source: frame.Source{Stage: frame.LLM}, Value: 412}),
	}
}

// whole is a call from its start to its end: 6 points, 2 spans and a summary.
func whole(id string) []frame.Frame {
	return append(talking(id), say(id, 10, frame.Event{Kind: frame.CallEnded, Name: "hangup"}))
}

func say(id string, second int, event frame.Event) frame.Frame {
	return frame.Frame{
		CallID: id, ID: frame.NameID("test", fmt.Sprint(second, event.Kind)), Time: after(second), Events: []frame.Event{event},
	}
}

// take has frames taken and says what became of each; what is accepted it tells.
func (b *bench) take(ctx context.Context, frames []frame.Frame) (verdicts []call.Verdict, lost, err error) {
	keys := make([]call.Key, len(frames))
	for i := range frames {
		keys[i] = call.KeyOf(&frames[i])
	}
	lost, err = b.Take(ctx, keys, func(tx *call.Tx, batch *signal.Batch) {
		for i := range frames {
			facts, verdict := tx.Apply(&frames[i], frames[i].Time)
			batch.Add(facts)
			verdicts = append(verdicts, verdict)
		}
	}, func() { b.tell("accepted") })
	return verdicts, lost, err
}

// begin has calls that go on, each by a request of its own.
func (b *bench) begin(ids ...string) {
	for _, id := range ids {
		_, _, err := b.take(context.Background(), talking(id))
		require.NoError(b.t, err)
	}
	require.Equal(b.t, [3]int{0, 0, 3 * len(ids)}, b.received())
	b.numbers.Reset()
	b.heard()
	b.begun = nil
}
