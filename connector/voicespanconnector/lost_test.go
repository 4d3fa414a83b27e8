package voicespanconnector

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/otelcol-voice/otelcol-voice/internal/door"
)

// refuseForGood makes the pipelines refuse what they are sent, whenever it comes.
func (b *bench) refuseForGood() {
	never := consumertest.NewErr(consumererror.NewPermanent(errors.New("no")))
	b.outlet.Metrics, b.outlet.Logs = never, never
}

// watch keeps what the connector logs.
func (b *bench) watch() *observer.ObservedLogs {
	core, logged := observer.New(zapcore.WarnLevel)
	b.settings.Logger = zap.New(core)
	return logged
}

// What waited is lost where the pipeline refuses it for good, by whatever way it goes there: it is counted and told of, for its
// sender was told that it is accepted.
func TestWhatWaitedIsLost(t *testing.T) {
	for name, goes := range map[string]func(*bench){
		"with a request": func(b *bench) {
			require.Error(b.t, b.try(client(1, 3, 9, 2, attrs{"conversation.id": "c1"}), client(2, 1, 9, 2, attrs{"conversation.id": "c2"})))
		},
		"without one": func(b *bench) { b.pass(b.config.JoinWindow) },
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, nil)
			logged := b.watch()
			b.send(client(1, 1, 9, 1, nil), client(1, 2, 9, 1, nil))
			b.refuseForGood()
			goes(b)
			b.counts("otelcol_connector_voice_span_spans", map[string]int64{"framework=gen_ai outcome=lost": 2})
			assert.Equal(t, 1, logged.FilterMessageSnippet("refused for good and lost").Len())

			b.accept()
			b.pass(time.Second)
			b.send(client(1, 3, 9, 2, attrs{"conversation.id": "c1"}))
			assert.Zero(t, b.joiner.Held())
			assert.InDelta(t, 110, b.totals()["voice.llm.tokens.total"], 0)
			b.counts("otelcol_connector_voice_span_spans", map[string]int64{"framework=gen_ai outcome=lost": 2, "framework=gen_ai outcome=accepted": 1})
		})
	}
}

// A pipeline that refuses each time is told of once a minute.
func TestLossIsToldOnceInAWhile(t *testing.T) {
	b := newBench(t, nil)
	logged := b.watch()
	for trace := range 3 {
		b.accept()
		b.send(client(trace+1, 1, 9, 1, nil))
		b.refuseForGood()
		require.Error(t, b.try(client(trace+1, 2, 9, 2, attrs{"conversation.id": "c1"})))
	}
	assert.Equal(t, 1, logged.Len())
	b.fake.Advance(door.Quiet)
	b.accept()
	b.send(client(4, 1, 9, 1, nil))
	b.refuseForGood()
	require.Error(t, b.try(client(4, 2, 9, 2, attrs{"conversation.id": "c1"})))
	assert.Equal(t, 2, logged.Len())
	b.counts("otelcol_connector_voice_span_spans", map[string]int64{"framework=gen_ai outcome=lost": 4})
	b.accept()
}

// What was taken of a request before the rest was refused is counted when it is taken: it is a duplicate when it comes again, and
// all outcomes are as many as the spans that came.
func TestTakenBeforeTheRestIsRefused(t *testing.T) {
	b := newBench(t, func(c *Config) { c.MaxHeldSpans = 1 })
	b.send(client(1, 1, 9, 1, nil), client(2, 1, 9, 1, nil)) // of which one is to be taken at the next tick
	request := []span{client(3, 1, 9, 1, attrs{"conversation.id": "c3"}), client(4, 1, 9, 1, nil)}
	require.Error(t, b.try(request...))
	b.counts("otelcol_connector_voice_span_spans", map[string]int64{"framework=gen_ai outcome=accepted": 1})
	b.pass(time.Second)
	b.send(request...)
	b.hush()
	assert.InDelta(t, 440, b.totals()["voice.llm.tokens.total"], 0)
	b.counts("otelcol_connector_voice_span_spans", map[string]int64{
		"framework=gen_ai outcome=accepted": 4, "framework=gen_ai outcome=duplicate": 1,
	})
}

// between lets something come while the metrics of the next request are handed on, and is back where it was then.
func (b *bench) between(comes func(), then func()) {
	next, err := consumer.NewMetrics(func(ctx context.Context, md pmetric.Metrics) error {
		b.accept()
		comes()
		then()
		return b.metrics.ConsumeMetrics(ctx, md)
	})
	require.NoError(b.t, err)
	b.outlet.Metrics = next
}

// A span whose call becomes known while its request is under way is accepted with the rest of it: where the pipeline refuses it then,
// it waits, once, or is lost.
func TestNamedInBetweenAndRefused(t *testing.T) {
	name := client(2, 2, 9, 1, attrs{"conversation.id": "c2"})
	request := []span{client(1, 1, 9, 1, attrs{"conversation.id": "c1"}), client(2, 1, 9, 1, nil)}
	for what, test := range map[string]struct {
		refuse func(*bench)
		held   int
		tokens float64
		counts map[string]int64
	}{
		"for now": {(*bench).refuse, 1, 330, map[string]int64{"framework=gen_ai outcome=accepted": 3, "framework=gen_ai outcome=duplicate": 2}},
		"for good": {(*bench).refuseForGood, 0, 330, map[string]int64{
			"framework=gen_ai outcome=accepted": 3, "framework=gen_ai outcome=duplicate": 1, "framework=gen_ai outcome=lost": 1,
		}},
	} {
		t.Run(what, func(t *testing.T) {
			b := newBench(t, nil)
			b.between(func() { b.send(name) }, func() { test.refuse(b) })
			b.send(request...)
			assert.Equal(t, test.held, b.joiner.Held())
			b.accept()
			b.pass(time.Second)
			b.send(request...)
			assert.InDelta(t, test.tokens, b.totals()["voice.llm.tokens.total"], 0)
			b.counts("otelcol_connector_voice_span_spans", test.counts)
		})
	}
}
