package rollupprocessor

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jonboulle/clockwork"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/processor/processortest"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/otelcol-voice/otelcol-voice/processor/rollupprocessor/internal/metadata"
)

// newLive is a rollup on the clock of a synctest bubble, and the log that it writes.
func newLive(t *testing.T, next consumer.Metrics) (*rollup, *observer.ObservedLogs) {
	t.Helper()
	return newLiveAt(t, next, time.Now)
}

func newLiveAt(t *testing.T, next consumer.Metrics, now func() time.Time) (*rollup, *observer.ObservedLogs) {
	t.Helper()
	core, logs := observer.New(zap.InfoLevel)
	set := processortest.NewNopSettings(metadata.Type)
	set.Logger = zap.New(core)
	cfg := createDefaultConfig().(*Config)
	p, err := newRollup(set, cfg, next, surroundings{now: now, ticker: clockwork.NewRealClock().NewTicker, instance: func() string { return "collector-1" }})
	require.NoError(t, err)
	return p, logs
}

func TestFlushesAtItsInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		next := &sink{}
		p, _ := newLive(t, next)
		require.NoError(t, p.Start(t.Context(), componenttest.NewNopHost()))
		require.NoError(t, p.ConsumeMetrics(t.Context(), cost(1.0).metrics()))
		time.Sleep(9 * time.Second)
		synctest.Wait()
		assert.Empty(t, next.take())
		time.Sleep(time.Second)
		synctest.Wait()
		assert.Len(t, next.take(), 1)
		time.Sleep(20 * time.Second)
		synctest.Wait()
		assert.Len(t, next.take(), 2)
		require.NoError(t, p.Shutdown(t.Context()))
	})
}

func TestShutdownFlushesWhatIsThere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		next := &sink{}
		p, _ := newLive(t, next)
		require.NoError(t, p.Start(t.Context(), componenttest.NewNopHost()))
		require.NoError(t, p.ConsumeMetrics(t.Context(), cost(1.0).metrics()))
		require.NoError(t, p.Shutdown(t.Context()))
		assert.Len(t, next.take(), 1)
		require.NoError(t, p.Shutdown(t.Context()), "the second time nothing is left to do")
		assert.Empty(t, next.take())
		assert.ErrorIs(t, p.ConsumeMetrics(t.Context(), cost(1.0).metrics()), errClosed)
	})
}

// A flush just before shutdown must not take the last one's timestamp.
func TestShutdownInTheMillisecondOfAFlush(t *testing.T) {
	s := newStage(t)
	s.at("1s").take(cost(1.0))
	s.at("10s").skip()
	s.take(cost(0.5))
	require.NoError(t, s.rollup.Shutdown(context.Background()))
	assert.Equal(t, []string{"bot voice.cost.usd{} counter 1.5 [999ms 10.001s]"}, s.lines())
}

func TestShutdownWithoutStart(t *testing.T) {
	next := &sink{}
	p, _ := newLive(t, next)
	require.NoError(t, p.ConsumeMetrics(context.Background(), cost(1.0).metrics()))
	require.NoError(t, p.Shutdown(context.Background()))
	assert.Len(t, next.take(), 1)
}

func TestShutdownSaysThatTheLastFlushDidNotLeave(t *testing.T) {
	next := &sink{refusal: errors.New("queue is full")}
	p, _ := newLive(t, next)
	require.NoError(t, p.ConsumeMetrics(context.Background(), cost(1.0).metrics()))
	assert.EqualError(t, p.Shutdown(context.Background()), "queue is full")
}

func TestShutdownCancelsAFlushThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		next := &sink{meet: func(ctx context.Context) { <-ctx.Done() }}
		p, _ := newLive(t, next)
		require.NoError(t, p.Start(t.Context(), componenttest.NewNopHost()))
		require.NoError(t, p.ConsumeMetrics(t.Context(), cost(1.0).metrics()))
		time.Sleep(11 * time.Second)
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		began := time.Now()
		assert.NoError(t, p.Shutdown(ctx))
		assert.Equal(t, 5*time.Second, time.Since(began))
		assert.Len(t, next.take(), 2, "the one that hung and the last one")
	})
}

// Whoever is slow behind us holds up nobody in front of us.
func TestNextIsCalledWithoutTheLock(t *testing.T) {
	s := newStage(t)
	s.at("1s").take(cost(1.0))
	met := 0
	s.sink.meet = func(ctx context.Context) {
		met++
		assert.NoError(t, s.rollup.ConsumeMetrics(ctx, tokens(1, "c1").metrics()))
	}
	s.at("10s").flush(
		"bot voice.cost.usd{} counter 0.0 [999ms 999ms]",
		"bot voice.cost.usd{} counter 1.0 [999ms 10s]",
	)
	s.sink.meet = nil
	assert.Equal(t, 1, met)
	s.at("20s").flush( // what came during the flush is in the next one, with its zero
		"bot voice.cost.usd{} counter 1.0 [999ms 20s]",
		"bot voice.llm.tokens.total{call_id=c1} counter 0 [10.001s 10.001s]",
		"bot voice.llm.tokens.total{call_id=c1} counter 1 [10.001s 20s]",
	)
}

func TestTroubleIsLoggedWhenItChanges(t *testing.T) {
	next := &sink{}
	now := noon
	p, logs := newLiveAt(t, next, func() time.Time { now = now.Add(time.Second); return now })
	flush := func(refusal error) {
		next.refuse(refusal)
		assert.Equal(t, refusal, p.flush(context.Background()))
	}
	require.NoError(t, p.ConsumeMetrics(context.Background(), cost(1.0).metrics()))
	flush(nil)
	full, gone := errors.New("queue is full"), errors.New("unauthorized")
	for _, refusal := range []error{full, full, full, gone, gone, nil, nil} {
		flush(refusal)
	}
	var messages []string
	for _, entry := range logs.All() {
		messages = append(messages, entry.Level.String()+" "+entry.Message)
	}
	assert.Equal(t, []string{
		"warn Flush did not leave; all of it is repeated at the next one",
		"warn Flush did not leave; all of it is repeated at the next one",
		"info Flushing again; nothing that was counted is missing",
	}, messages)
	require.NoError(t, p.Shutdown(context.Background()))
}

func TestRequestsAreOnlyRead(t *testing.T) {
	p, _ := newLive(t, &sink{})
	assert.False(t, p.Capabilities().MutatesData)
	require.NoError(t, p.Shutdown(context.Background()))
}
