package rollupprocessor

import (
	"context"
	"errors"
	"sync"

	"github.com/jonboulle/clockwork"
	"go.uber.org/zap"

	"github.com/otelcol-voice/otelcol-voice/processor/rollupprocessor/internal/series"
)

// errClock is why a flush waits. Cumulative state loses nothing by it.
var errClock = errors.New("the clock is behind the points that were sent or are to be sent; waiting until it has caught up")

// flusher calls a function at every tick until it is stopped. It may be stopped without having been started.
type flusher struct {
	quit   chan struct{}
	cancel context.CancelFunc
	done   sync.WaitGroup
}

// start lives beyond the context of the component's Start, which ends with it.
func (f *flusher) start(ticker clockwork.Ticker, flush func(context.Context)) {
	ctx, cancel := context.WithCancel(context.Background())
	f.quit, f.cancel = make(chan struct{}), cancel
	f.done.Go(func() {
		defer ticker.Stop()
		for {
			select {
			case <-f.quit:
				return
			case <-ticker.Chan():
				flush(ctx)
			}
		}
	})
}

// stop waits for a flush under way. When ctx ends first, it cancels that flush.
func (f *flusher) stop(ctx context.Context) {
	if f.quit == nil {
		return
	}
	close(f.quit)
	release := context.AfterFunc(ctx, f.cancel)
	f.done.Wait()
	release()
	f.cancel()
}

// flush sends what is due. There is one flush at a time: the flusher's, or the last one after the flusher has stopped.
func (p *rollup) flush(ctx context.Context) error { return p.send(ctx, false) }

func (p *rollup) lastFlush(ctx context.Context) error { return p.send(ctx, true) }

func (p *rollup) send(ctx context.Context, last bool) error {
	began := p.now()
	flush, err := p.books.flush(ctx, last)
	what := postponed
	switch {
	case err != nil:
	case flush.ok:
		p.telemetry.holding(ctx, flush.holds)
		what, err = p.deliver(ctx, flush.Flush)
	default:
		p.telemetry.holding(ctx, flush.holds)
		err = errClock
	}
	p.telemetry.flushed(ctx, what, flush.Points, p.now().Sub(began))
	p.note(err, flush.holds)
	return err
}

// deliver hands the flush to the next component. A refused one needs no undoing: all that was in it is due again.
func (p *rollup) deliver(ctx context.Context, flush series.Flush) (result, error) {
	what := accepted
	if flush.Points == 0 {
		what = empty
	} else if err := p.next.ConsumeMetrics(ctx, flush.Metrics); err != nil {
		return refused, err
	}
	p.books.accept(ctx)
	return what, nil
}

// note logs how flushing goes, when that changes.
func (p *rollup) note(err error, holds held) {
	trouble := ""
	if err != nil {
		trouble = err.Error()
	}
	if trouble == p.trouble {
		return
	}
	p.trouble = trouble
	if err == nil {
		p.logger.Info("Flushing again; nothing that was counted is missing")
		return
	}
	p.logger.Warn("Flush did not leave; all of it is repeated at the next one", zap.Error(err), zap.Int("series", holds.series))
}
