package voiceframereceiver

import (
	"context"
	"errors"
	"time"

	"github.com/jonboulle/clockwork"
	"go.uber.org/zap"

	"github.com/otelcol-voice/otelcol-voice/internal/call"
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
	r.endIdle(ctx, now)
	active := r.signals.Active(r.calls.Active(), r.started, now)
	if err := r.pipeline.deliverMetrics(ctx, active, active.DataPointCount()); err != nil {
		r.settings.Logger.Debug("The number of active calls was refused", zap.Error(err))
	}
	// After that, so that a tenant of whose calls none is open any more has been told of.
	r.recorder.forget(ctx, r.calls.Forget(now))
}

// endIdle ends the calls that have fallen silent, each on its own. What the pipeline cannot take now is tried again at the
// next tick, and the rest of the calls with it: they would meet the same.
func (r *voiceReceiver) endIdle(ctx context.Context, now time.Time) {
	for _, key := range r.calls.Idle(now) {
		err := r.endCall(ctx, key, now)
		switch {
		case again(err):
			r.settings.Logger.Warn("Idle calls could not be ended, will try again", zap.Error(err))
			return
		case err != nil:
			r.settings.Logger.Error("Something of an idle call's end is refused for good and lost", zap.Error(err))
		}
	}
}

// endCall ends one idle call. Nobody repeats it for us, so that its summary is remembered as done with, delivered or refused for
// good, when its metrics have to wait; and what is refused for good does not take the rest with it.
func (r *voiceReceiver) endCall(ctx context.Context, key call.Key, now time.Time) error {
	tx, err := r.calls.Begin([]call.Key{key})
	if err != nil {
		return err
	}
	defer tx.Rollback()
	facts := tx.EndIdle(now)
	if len(facts) == 0 {
		return nil // a frame came in between
	}
	lost, err := r.deliverEnd(ctx, tx, facts)
	if err != nil {
		return err
	}
	steps := r.recorder.steps()
	steps.add(key, nil, now)
	r.recorder.append(ctx, steps)
	tx.Commit()
	var found findings
	found.facts(facts)
	r.found(ctx, &found, now)
	return lost
}

// deliverEnd hands on the end of a call. What is lost is refused for good; an error means that it is to be tried again.
func (r *voiceReceiver) deliverEnd(ctx context.Context, tx *call.Tx, facts []call.Fact) (lost, err error) {
	batch := r.signals.NewBatch()
	batch.Add(facts)
	records, err := r.pipeline.deliverRecords(ctx, batch)
	if err != nil {
		return nil, err
	}
	tx.Summarised()
	metrics := r.pipeline.deliverMetrics(ctx, batch.Metrics(), batch.Points())
	if again(metrics) {
		return nil, metrics
	}
	return errors.Join(records, metrics), nil
}

// settle makes known what open calls hold back until their end, because this collector will not see it.
func (r *voiceReceiver) settle(ctx context.Context) {
	for _, key := range r.calls.Open() {
		if ctx.Err() != nil {
			return // requests that were cut off may still hold calls, and there is no time to wait for them
		}
		tx, err := r.calls.Begin([]call.Key{key})
		if err != nil {
			return
		}
		batch := r.signals.NewBatch()
		batch.Add(tx.Settle())
		if err := r.pipeline.deliverMetrics(ctx, batch.Metrics(), batch.Points()); err != nil {
			r.settings.Logger.Warn("The session time of open calls was refused at shutdown", zap.Error(err))
			tx.Rollback()
			return
		}
		tx.Commit()
	}
}
