package voiceframereceiver

import (
	"context"
	"time"

	"github.com/jonboulle/clockwork"
	"go.uber.org/zap"

	"github.com/otelcol-voice/otelcol-voice/internal/signal"
)

// keepHouse does at every tick what no request causes.
func (r *voiceReceiver) keepHouse(ctx context.Context, ticker clockwork.Ticker) {
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-ticker.Chan():
			r.tick(ctx, now)
		}
	}
}

func (r *voiceReceiver) tick(ctx context.Context, now time.Time) {
	if err := r.endIdle(ctx, now); err != nil {
		r.settings.Logger.Warn("Idle calls could not be ended, will try again", zap.Error(err))
	}
	r.calls.Forget(now)
	active := signal.Active(r.config.ServiceName, r.calls.Active(), r.started, now)
	if err := r.pipeline.deliverMetrics(ctx, active, 1); err != nil {
		r.settings.Logger.Debug("The number of active calls was refused", zap.Error(err))
	}
}

// endIdle ends the calls that have fallen silent. What the pipeline refuses is tried again at the next tick.
func (r *voiceReceiver) endIdle(ctx context.Context, now time.Time) error {
	idle := r.calls.Idle(now)
	if len(idle) == 0 {
		return nil
	}
	tx, err := r.calls.Begin(idle)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	batch := signal.NewBatch(r.config.ServiceName)
	batch.Add(tx.EndIdle(now))
	if err := r.pipeline.deliver(ctx, batch); err != nil {
		return err
	}
	tx.Commit()
	return nil
}
