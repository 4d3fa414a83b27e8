package voicespanconnector

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"
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
	b.fake.Advance(quiet)
	b.accept()
	b.send(client(4, 1, 9, 1, nil))
	b.refuseForGood()
	require.Error(t, b.try(client(4, 2, 9, 2, attrs{"conversation.id": "c1"})))
	assert.Equal(t, 2, logged.Len())
	b.counts("otelcol_connector_voice_span_spans", map[string]int64{"framework=gen_ai outcome=lost": 4})
	b.accept()
}
