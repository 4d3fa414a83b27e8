package rollupprocessor

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/extension/xextension/storage"
	"go.uber.org/zap"

	"github.com/otelcol-voice/otelcol-voice/processor/rollupprocessor/internal/guard"
	"github.com/otelcol-voice/otelcol-voice/processor/rollupprocessor/internal/wal"
)

// Names of the storage's clients. A state that cannot even be opened stays where it is, and the next name is used.
const (
	stateName = "series"
	doorName  = "door"
	maxNames  = 16
)

func nameOf(n int) string {
	if n == 0 {
		return stateName
	}
	return fmt.Sprintf("%s-%d", stateName, n+1)
}

// opener opens books in a storage.
type opener struct {
	storage storage.Extension
	id      component.ID // of the processor
	fresh   func() *intake
	cfg     *Config
	books   *durable // that are being opened
	watch   *storageWatch
}

// extension finds the configured storage.
func extension(host component.Host, id component.ID) (storage.Extension, error) {
	found, known := host.GetExtensions()[id]
	if !known {
		return nil, fmt.Errorf("storage: there is no extension %q: define it under `extensions` and list it in `service::extensions`", id)
	}
	store, ok := found.(storage.Extension)
	if !ok {
		return nil, fmt.Errorf("storage: the extension %q stores nothing: name one that does, such as file_storage", id)
	}
	return store, nil
}

// open opens the state that was used last, or the next where that cannot be opened.
func (o *opener) open(ctx context.Context) error {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	door := openDoor(ctx, o)
	defer door.close(ctx)
	for range maxNames {
		name := nameOf(door.name)
		err := o.openAs(ctx, door, name)
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return fmt.Errorf("storage: %q in %q: %w", name, o.cfg.Storage, err)
		case inUse(err):
			return fmt.Errorf("storage: %q in %q is in use, by another collector or by a second pipeline with %q, where each needs a rollup "+
				"of its own (rollup/other): %w", name, o.cfg.Storage, o.id, err)
		}
		o.watch.damaged(ctx, name, err)
		door.next()
	}
	return fmt.Errorf("storage: %q cannot be used under any of %d names; see the errors before this", o.cfg.Storage, maxNames)
}

// inUse tells a state that somebody else has from one that is damaged. file_storage says no more than that it waited.
func inUse(err error) bool { return strings.Contains(err.Error(), "timeout") }

// openAs opens the state of that name, or begins one where there is none or none that can be used.
func (o *opener) openAs(ctx context.Context, door *door, name string) error {
	var log *wal.Log
	err := door.through(ctx, func() (err error) {
		log, err = o.openLog(ctx, name)
		return err
	})
	if err != nil {
		return err
	}
	d := o.books
	d.log = log
	err = o.restore(ctx, d)
	var damage *wal.Damage
	if errors.As(err, &damage) {
		o.watch.damaged(ctx, name+" aside/head", err)
		err = log.SetAside(ctx)
		d.intake = o.fresh()
	}
	if err != nil {
		return errors.Join(err, log.Close(ctx))
	}
	o.settle(ctx, door, name, damage != nil)
	return nil
}

// settle makes sure that there is a state on disk, and that the door knows of it. A state that was there and is not there now is
// as bad as a damaged one, unless it was just set aside. What cannot be written now is written with the first request.
func (o *opener) settle(ctx context.Context, door *door, name string, setAside bool) {
	if o.books.log.Empty() {
		if door.founded && !setAside {
			o.watch.gone(ctx, name)
		}
		if err := o.books.found(ctx); err != nil {
			o.watch.logger.Warn("The storage cannot be written yet", zap.Error(err))
		}
	}
	door.settle(ctx, !o.books.log.Empty())
}

func (o *opener) openLog(ctx context.Context, name string) (*wal.Log, error) {
	client, err := o.client(ctx, name)
	if err != nil {
		return nil, err
	}
	return wal.Open(ctx, client)
}

func (o *opener) client(ctx context.Context, name string) (guard.Client, error) {
	return guard.Open(func() (storage.Client, error) {
		return o.storage.GetClient(ctx, component.KindProcessor, o.id, name)
	})
}

// restore reads the state and lets happen again what happened since. From then on the settings of today hold.
func (o *opener) restore(ctx context.Context, d *durable) error {
	if d.log.Empty() {
		d.intake = o.fresh()
		return nil
	}
	events := 0
	err := d.log.Restore(ctx, func(next func() ([]byte, error)) (err error) {
		d.intake, err = restored(next)
		return err
	}, func(record []byte) error {
		events++
		burden, err := d.intake.replay(record)
		d.log.Burden(burden)
		return err
	})
	if err != nil {
		return err
	}
	if err := d.configure(o.cfg); err != nil {
		return err
	}
	holds := d.intake.holds()
	o.watch.logger.Info("The stored state goes on", zap.Int("series", holds.series), zap.Int("calls", holds.calls),
		zap.Int("log_records", events), zap.String("service.instance.id", d.intake.store.InstanceID()))
	return nil
}
