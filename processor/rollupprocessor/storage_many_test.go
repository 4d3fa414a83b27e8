package rollupprocessor

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jonboulle/clockwork"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/extension/xextension/storage"
	"go.opentelemetry.io/collector/processor/processortest"

	"github.com/otelcol-voice/otelcol-voice/processor/rollupprocessor/internal/disktest"
	"github.com/otelcol-voice/otelcol-voice/processor/rollupprocessor/internal/metadata"
)

// Whoever waits while a write is under way is in the next one.
func TestRequestsThatWaitAreOneWrite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStored(t)
		s.at("1s").take(cost(1.0))
		g := newGate()
		s.disk.OnWrite(g.write)
		before := s.disk.Writes()
		var all sync.WaitGroup
		for i := range 100 {
			all.Go(func() {
				assert.NoError(t, s.rollup.ConsumeMetrics(t.Context(), of(fmt.Sprint(i), tokens(1, "c1")).metrics()))
			})
			synctest.Wait()
		}
		assert.Len(t, g.waiting, 1)
		g.lift()
		all.Wait()
		assert.Equal(t, 2, s.disk.Writes()-before)
		s.sameState()
		s.received("added=101")
	})
}

// A group has no more than a few MiB.
func TestLargeRequestsAreWritesOfTheirOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStored(t)
		s.at("1s").take(cost(1.0))
		g := newGate()
		s.disk.OnWrite(g.write)
		before := s.disk.Writes()
		large := usage(13_000)
		wire, err := marshaler.MarshalMetrics(large)
		require.NoError(t, err)
		require.Greater(t, len(wire), maxGroup/3)
		require.Less(t, len(wire), maxGroup/2)
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() { assert.NoError(t, s.rollup.ConsumeMetrics(t.Context(), large)) })
			synctest.Wait()
		}
		g.lift()
		all.Wait()
		assert.Equal(t, 3, s.disk.Writes()-before, "the first alone, then two, then the last")
	})
}

// A sender that gives up takes its metrics along: they may be used again while they are written and counted.
func TestSenderThatGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStored(t)
		s.at("1s").take(cost(1.0))
		g := newGate()
		s.disk.OnWrite(g.write)
		ctx, cancel := context.WithCancel(t.Context())
		errs := make(chan error, 2)
		give := func(p in) {
			md := p.metrics()
			errs <- s.rollup.ConsumeMetrics(ctx, md)
			md.ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics().At(0).SetName("voice.other")
		}
		go give(cost(2.0)) // which is being written
		synctest.Wait()
		go give(cost(4.0)) // which waits
		synctest.Wait()
		cancel()
		synctest.Wait()
		for range 2 {
			assert.ErrorIs(t, <-errs, context.Canceled)
		}
		g.lift()
		synctest.Wait()
		s.at("10s").flush(
			"bot voice.cost.usd{} counter 0.0 [999ms 999ms]",
			"bot voice.cost.usd{} counter 3.0 [999ms 10s]",
		)
		s.received("added=2")
		assert.ErrorIs(t, s.rollup.ConsumeMetrics(ctx, cost(8.0).metrics()), context.Canceled)
	})
}

// TestManyOnDisk is for the race detector, and for totals that are right whoever comes first.
func TestManyOnDisk(t *testing.T) {
	const senders, requests = 8, 50
	disk, next := disktest.New(), &sink{}
	cfg := createDefaultConfig().(*Config)
	cfg.Storage = &storageID
	start := func() *rollup {
		around := surroundings{now: time.Now, ticker: clockwork.NewRealClock().NewTicker, instance: func() string { return "collector-1" }}
		p, err := newRollup(processortest.NewNopSettings(metadata.Type), cfg, next, around)
		require.NoError(t, err)
		require.NoError(t, p.Start(context.Background(), extended{storageID: disk}))
		return p
	}
	p := start()
	var sending sync.WaitGroup
	for sender := range senders {
		sending.Go(func() {
			for n := range requests {
				point := of(fmt.Sprint(sender, "-", n), cost(0.25, "model", fmt.Sprint("model-", sender%2), "call_id", "c1"))
				for range 2 {
					assert.NoError(t, p.ConsumeMetrics(context.Background(), point.metrics()))
				}
				if n%10 == 0 && sender == 0 {
					_ = p.flush(context.Background())
					p.warnFull()
				}
			}
		})
	}
	sending.Wait()
	require.NoError(t, p.Shutdown(context.Background()))
	p = start()
	require.NoError(t, p.Shutdown(context.Background()))
	each := 0.25 * requests * senders / 2
	got := next.take()
	assert.Equal(t, ledger{"model-0": each, "model-1": each}, last(got[len(got)-1:]))
}

func TestShutdownOfWhatWasNotStarted(t *testing.T) {
	cfg := createDefaultConfig().(*Config)
	cfg.Storage = &storageID
	p, err := newRollup(processortest.NewNopSettings(metadata.Type), cfg, &sink{}, surroundings{now: time.Now})
	require.NoError(t, err)
	assert.ErrorIs(t, p.ConsumeMetrics(context.Background(), cost(1.0).metrics()), errNotOpen)
	assert.Zero(t, p.books.fullness())
	assert.NoError(t, p.Shutdown(context.Background()))
	assert.NoError(t, p.Shutdown(context.Background()))
}

func TestShutdownTwice(t *testing.T) {
	s := newStored(t)
	s.at("1s").take(cost(1.0))
	require.NoError(t, s.rollup.Shutdown(context.Background()))
	assert.Len(t, s.sink.take(), 1)
	writes := s.disk.Writes()
	require.NoError(t, s.rollup.Shutdown(context.Background()))
	assert.Empty(t, s.sink.take())
	assert.Equal(t, writes, s.disk.Writes())
	assert.ErrorIs(t, s.rollup.ConsumeMetrics(context.Background(), cost(1.0).metrics()), errClosed)
}

// What there is no time for is not done; what was acknowledged is there.
func TestShutdownWithoutTime(t *testing.T) {
	s := newStored(t)
	s.at("1s").take(cost(1.0))
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	assert.ErrorIs(t, s.rollup.Shutdown(ctx), context.Canceled, "the last flush")
	assert.Len(t, s.disk.Keys("series", "log/"), 1, "the log stays as it is")
	require.NoError(t, s.start())
	s.at("10s").flush(
		"bot voice.cost.usd{} counter 0.0 [999ms 999ms]",
		"bot voice.cost.usd{} counter 1.0 [999ms 10s]",
	)
}

// A storage that hangs holds up nobody for ever.
func TestShutdownWhileTheStorageHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStored(t)
		s.at("1s").take(cost(1.0))
		g := newGate()
		s.disk.OnWrite(g.write)
		go func() { assert.NoError(t, s.rollup.ConsumeMetrics(context.Background(), cost(2.0).metrics())) }()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		began := time.Now()
		assert.ErrorContains(t, s.rollup.Shutdown(ctx), "takes too long")
		assert.Equal(t, 5*time.Second+closingGrace, time.Since(began))
		g.lift()
		synctest.Wait()
		s.sink.take()
		require.NoError(t, s.start())
		s.at("10s").flush(
			"bot voice.cost.usd{} counter 0.0 [999ms 999ms]",
			"bot voice.cost.usd{} counter 3.0 [999ms 10s]",
		)
	})
}

// A flush whose write hangs ends with its context.
func TestFlushWhileTheStorageHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStored(t)
		s.at("1s").take(cost(1.0))
		g := newGate()
		s.disk.OnWrite(g.write)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		assert.ErrorIs(t, s.rollup.flush(ctx), context.DeadlineExceeded)
		g.lift()
		synctest.Wait()
		s.at("20s").flush(
			"bot voice.cost.usd{} counter 0.0 [999ms 999ms]",
			"bot voice.cost.usd{} counter 1.0 [999ms 20s]",
		)
		assert.Equal(t, []string{"accepted=1", "postponed=1"}, s.counts("otelcol_processor_rollup_flushes", "result"))
	})
}

// The snapshot of many series is written in parts, between which requests are taken.
func TestSnapshotHoldsUpNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStored(t)
		s.at("1s")
		require.NoError(t, s.rollup.ConsumeMetrics(t.Context(), usage(20_000)))
		synctest.Wait()
		s.rollup.books.(*durable).log.Burden(1 << 40)
		var kinds []string
		over := false
		held := make(chan struct{})
		s.disk.OnWrite(func(ops []*storage.Operation) disktest.Fault {
			kind, _, _ := strings.Cut(ops[0].Key, "/")
			if over { // what is replaced is deleted
				return disktest.Fault{Done: len(ops)}
			}
			kinds = append(kinds, kind)
			switch {
			case kind == "snapshot" && ops[0].Type == storage.Set:
				go func() { _ = s.rollup.ConsumeMetrics(context.Background(), cost(1.0).metrics()) }()
				synctest.Wait()
			case kind == "head":
				over = true
				close(held)
			}
			return disktest.Fault{Done: len(ops)}
		})
		go func() { _ = s.rollup.ConsumeMetrics(context.Background(), cost(1.0).metrics()) }()
		<-held
		s.disk.OnWrite(nil)
		synctest.Wait()
		text := strings.Join(kinds, " ")
		assert.True(t, strings.HasPrefix(text, "log log snapshot log snapshot log snapshot log snapshot log"), text)
		assert.True(t, strings.HasSuffix(text, "snapshot log head"), text)
		s.sameState()
	})
}
