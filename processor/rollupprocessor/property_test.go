package rollupprocessor

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/processor/processortest"

	"github.com/otelcol-voice/otelcol-voice/internal/signal/semconv"
	"github.com/otelcol-voice/otelcol-voice/processor/rollupprocessor/internal/metadata"
)

// ledger is what happened, by model.
type ledger map[string]float64

// TestAnyOrderAndAnySplitGiveTheSameTotals sends the same usage in random order, in random requests, with flushes and
// refusals in between, and compares what arrived last with the ledger.
func TestAnyOrderAndAnySplitGiveTheSameTotals(t *testing.T) {
	for seed := range uint64(20) {
		random := rand.New(rand.NewPCG(seed, 7))
		usage, want := randomUsage(random, 500)
		s := newStage(t)
		now := noon
		for len(usage) > 0 {
			n := 1 + random.IntN(min(40, len(usage)))
			s.send(usage[:n])
			usage = usage[n:]
			now = now.Add(time.Duration(1+random.IntN(9000)) * time.Millisecond)
			s.clock = now
			s.sink.refuse([]error{nil, context.DeadlineExceeded}[random.IntN(2)])
			_ = s.rollup.flush(context.Background())
		}
		s.sink.refuse(nil)
		s.sink.take()
		s.clock = now.Add(time.Minute)
		require.NoError(t, s.rollup.flush(context.Background()))
		got := last(s.sink.take())
		require.Len(t, got, len(want))
		for model, total := range want {
			assert.InEpsilon(t, total, got[model], 1e-14, "seed %d, model %s", seed, model)
		}
	}
}

func randomUsage(random *rand.Rand, n int) ([]in, ledger) {
	usage, want := make([]in, 0, n), ledger{}
	for range n {
		model := fmt.Sprintf("model-%d", random.IntN(5))
		micro := random.IntN(100_000) // whole millionths, so that the ledger is exact
		want[model] += float64(micro)
		usage = append(usage, cost(float64(micro)/1e6, "model", model, "call_id", fmt.Sprint(random.IntN(100))))
	}
	for model := range want {
		want[model] /= 1e6
	}
	random.Shuffle(n, func(i, j int) { usage[i], usage[j] = usage[j], usage[i] })
	return usage, want
}

// send makes one request of all points.
func (s *stage) send(points []in) {
	md := pmetric.NewMetrics()
	for _, p := range points {
		p.metrics().ResourceMetrics().MoveAndAppendTo(md.ResourceMetrics())
	}
	require.NoError(s, s.rollup.ConsumeMetrics(context.Background(), md))
}

// last is the value of the last point of each model.
func last(flushes []pmetric.Metrics) ledger {
	values := ledger{}
	for _, md := range flushes {
		for _, rm := range md.ResourceMetrics().All() {
			for _, m := range rm.ScopeMetrics().At(0).Metrics().All() {
				for _, p := range m.Sum().DataPoints().All() {
					model, _ := p.Attributes().Get(semconv.AttrModel)
					values[model.Str()] = p.DoubleValue()
				}
			}
		}
	}
	return values
}

// TestManyAtOnce is for the race detector, and for totals that are right whoever comes first.
func TestManyAtOnce(t *testing.T) {
	const senders, requests = 8, 50
	next := &sink{}
	cfg := createDefaultConfig().(*Config)
	p, err := newRollup(processortest.NewNopSettings(metadata.Type), cfg, next, surroundings{now: time.Now, ticker: clockwork.NewRealClock().NewTicker, instance: func() string { return "collector-1" }})
	require.NoError(t, err)
	stop := make(chan struct{})
	var flushing, sending sync.WaitGroup
	flushing.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				_ = p.flush(context.Background())
			}
		}
	})
	for sender := range senders {
		sending.Go(func() {
			for range requests {
				assert.NoError(t, p.ConsumeMetrics(context.Background(), cost(0.25, "model", fmt.Sprint("model-", sender%2)).metrics()))
			}
		})
	}
	sending.Wait()
	close(stop)
	flushing.Wait()
	require.NoError(t, p.Shutdown(context.Background()))
	each := 0.25 * requests * senders / 2
	assert.Equal(t, ledger{"model-0": each, "model-1": each}, last(next.take()))
}

// TestTimesOfASeriesGoOn holds for any steps of the clock, forward and back: what is sent for a series is never older
// than what was sent before (a zero point may be repeated), never twice at one time, and never in the future.
func TestTimesOfASeriesGoOn(t *testing.T) {
	for seed := range uint64(50) {
		random := rand.New(rand.NewPCG(seed, 11))
		s := newStage(t)
		newest := map[string]time.Time{}
		for range 200 {
			s.clock = s.clock.Add(time.Duration(random.IntN(400_000)-100_000) * time.Millisecond)
			s.take(tokens(1, fmt.Sprint(random.IntN(3))), cost(1.0))
			if s.rollup.flush(context.Background()) == nil {
				for _, md := range s.sink.take() {
					s.checkTimes(md, newest)
				}
			}
		}
	}
}

func (s *stage) checkTimes(md pmetric.Metrics, newest map[string]time.Time) {
	for _, m := range md.ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics().All() {
		for _, p := range m.Sum().DataPoints().All() {
			key := m.Name()
			if call, ok := p.Attributes().Get(semconv.AttrCallID); ok {
				key += call.Str()
			}
			at := p.Timestamp().AsTime()
			require.True(s, at.After(newest[key]), "%s at %s after %s", key, at, newest[key])
			require.False(s, at.After(s.clock), "%s at %s is later than %s", key, at, s.clock)
			newest[key] = at
		}
	}
}
