package rollupprocessor

import (
	"context"
	"errors"
)

// found writes the first snapshot, of a state that nothing on disk is about. What is owed is part of it.
func (d *durable) found(ctx context.Context) error {
	shards, err := d.intake.snapshot()
	if err != nil {
		return err
	}
	if err := d.log.Begin(ctx, shards); err != nil {
		return refusal(err)
	}
	for held := false; !held; {
		if held, err = d.log.Step(ctx); err != nil {
			return refusal(err)
		}
	}
	d.owed = nil
	return nil
}

// begin begins a snapshot if one is due.
func (d *durable) begin(ctx context.Context) {
	if d.log.Due() {
		d.watch.snapshot(ctx, false, d.snapshot(ctx))
	}
}

// snapshot begins a snapshot, after what is owed is written: else that would be in the snapshot and happen again after it.
func (d *durable) snapshot(ctx context.Context) error {
	if err := d.settle(ctx); err != nil {
		return err
	}
	shards, err := d.intake.snapshot()
	if err != nil {
		return err
	}
	return d.log.Begin(ctx, shards)
}

// settle writes what is owed.
func (d *durable) settle(ctx context.Context) error {
	if len(d.owed) == 0 {
		return nil
	}
	return d.append(ctx, nil)
}

// step goes on with a snapshot, and says whether there is more to do. After an error it waits for what comes next.
func (d *durable) step(ctx context.Context) (busy bool) {
	if !d.log.Busy() {
		return false
	}
	held, err := d.log.Step(ctx)
	d.watch.snapshot(ctx, held, err)
	return err == nil && d.log.Busy()
}

// finish leaves a snapshot and an empty log, so that the next start is quick, if there is time for it.
func (d *durable) finish(ctx context.Context) error {
	always := context.WithoutCancel(ctx)
	if d.log.Empty() {
		return d.log.Close(always)
	}
	err := d.settle(always)
	for d.step(ctx) {
	}
	if err == nil && d.log.Grown() && ctx.Err() == nil && !d.log.Busy() {
		d.watch.snapshot(ctx, false, d.snapshot(ctx))
		for d.step(ctx) {
		}
	}
	return errors.Join(err, d.log.Close(always))
}
