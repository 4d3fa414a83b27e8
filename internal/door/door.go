package door

import (
	"context"
	"errors"
	"time"

	"go.uber.org/zap"

	"github.com/otelcol-voice/otelcol-voice/internal/call"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
	"github.com/otelcol-voice/otelcol-voice/internal/signal"
)

// Door is a table of calls with what follows from it. It is safe for concurrent use.
type Door struct {
	Calls   *call.Table
	Signals *signal.Producer
	Outlet  *Outlet
	Logger  *zap.Logger
	// Keep, if set, is told of the end of an idle call after it was delivered and before its call is released.
	Keep func(ctx context.Context, key call.Key, now time.Time)
	// Found is told what the end of an idle call brought to light.
	Found func(ctx context.Context, facts []call.Fact, now time.Time)
}

// Take has frames applied to their calls, and hands on what follows. Calls have changed only if all of it was accepted: then
// accepted is called before they are released. Apply adds to the batch what follows from each frame. What is lost was refused for
// good beside numbers that were taken.
func (d *Door) Take(
	ctx context.Context, keys []call.Key, apply func(*call.Tx, *signal.Batch), accepted func(),
) (lost, err error) {
	tx, err := d.Calls.Begin(keys)
	if err != nil {
		return nil, err
	}
	defer tx.Rollback()
	batch := d.Signals.NewBatch()
	apply(tx, batch)
	if err := ctx.Err(); err != nil {
		return nil, err // the collector stops, or the sender is gone and will ask again
	}
	lost, err = d.Outlet.Deliver(ctx, batch)
	if err != nil {
		return nil, err
	}
	accepted()
	tx.Commit()
	return lost, nil
}

// Keys are the calls that frames are of. Those of one call mostly come together; it is named once for them.
func Keys[T any](all []T, frameOf func(*T) *frame.Frame) []call.Key {
	var keys []call.Key
	for i := range all {
		key := call.KeyOf(frameOf(&all[i]))
		if len(keys) == 0 || keys[len(keys)-1] != key {
			keys = append(keys, key)
		}
	}
	return keys
}

// Observe hands on how many calls are active, as a state since a moment.
func (d *Door) Observe(ctx context.Context, since, now time.Time) {
	active := d.Signals.Active(d.Calls.Active(), since, now)
	if err := d.Outlet.DeliverMetrics(ctx, active, active.DataPointCount()); err != nil {
		d.Logger.Debug("The number of active calls was refused", zap.Error(err))
	}
}

// EndIdle ends the calls that have fallen silent, each on its own. What the pipeline cannot take now is tried again the next
// time, and the rest of the calls with it: they would meet the same.
func (d *Door) EndIdle(ctx context.Context, now time.Time) {
	for _, key := range d.Calls.Idle(now) {
		lost, err := d.endCall(ctx, key, now)
		if lost != nil {
			d.Logger.Error("Something of an idle call's end is refused for good and lost", zap.Error(lost))
		}
		if err != nil {
			d.Logger.Warn("Idle calls could not be ended, will try again", zap.Error(err))
			return
		}
	}
}

// endCall ends one idle call. Nobody repeats it for us, so that its summary is remembered as done with, delivered or refused for
// good, when its metrics have to wait; and what is refused for good does not take the rest with it. What is lost is told also
// beside an error, which means that the rest is to be tried again: the next time it is not lost again.
func (d *Door) endCall(ctx context.Context, key call.Key, now time.Time) (lost, err error) {
	tx, err := d.Calls.Begin([]call.Key{key})
	if err != nil {
		return nil, err
	}
	defer tx.Rollback()
	facts := tx.EndIdle(now)
	if len(facts) == 0 {
		return nil, nil // a frame came in between
	}
	lost, err = d.deliverEnd(ctx, tx, facts)
	if err != nil {
		return lost, err
	}
	if d.Keep != nil {
		d.Keep(ctx, key, now)
	}
	tx.Commit()
	d.Found(ctx, facts, now)
	return lost, nil
}

// deliverEnd hands on the end of a call. What is lost is refused for good; an error means that the rest is to be tried again.
func (d *Door) deliverEnd(ctx context.Context, tx *call.Tx, facts []call.Fact) (lost, err error) {
	batch := d.Signals.NewBatch()
	batch.Add(facts)
	records, err := d.Outlet.DeliverRecords(ctx, batch)
	if err != nil {
		return nil, err
	}
	tx.Summarised()
	metrics := d.Outlet.DeliverMetrics(ctx, batch.Metrics(), batch.Points())
	if Again(metrics) {
		return records, metrics
	}
	return errors.Join(records, metrics), nil
}

// Settle makes known what open calls hold back until their end, because this collector will not see it. Where that is refused now
// the rest would meet the same, and there is no later; what is refused for good does not take the rest with it.
func (d *Door) Settle(ctx context.Context) {
	for _, key := range d.Calls.Open() {
		if ctx.Err() != nil {
			return // requests that were cut off may still hold calls, and there is no time to wait for them
		}
		if Again(d.settle(ctx, key)) {
			return
		}
	}
}

func (d *Door) settle(ctx context.Context, key call.Key) error {
	tx, err := d.Calls.Begin([]call.Key{key})
	if err != nil {
		return err
	}
	defer tx.Rollback()
	batch := d.Signals.NewBatch()
	batch.Add(tx.Settle())
	if err := d.Outlet.DeliverMetrics(ctx, batch.Metrics(), batch.Points()); err != nil {
		d.Logger.Warn("The session time of open calls was refused at shutdown", zap.Error(err))
		return err
	}
	tx.Commit()
	return nil
}
