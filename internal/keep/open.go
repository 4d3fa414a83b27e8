package keep

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/extension/xextension/storage"
	"go.uber.org/zap"

	"github.com/otelcol-voice/otelcol-voice/internal/call"
	"github.com/otelcol-voice/otelcol-voice/internal/journal"
)

// Open makes a keeper that writes into a journal in the storage. Resume comes next.
func Open(ctx context.Context, host component.Host, settings Settings) (*Keeper, error) {
	id := settings.Storage
	extension, known := host.GetExtensions()[id]
	if !known {
		return nil, fmt.Errorf("storage: there is no extension %q: define it under `extensions` and list it in `service::extensions`", id)
	}
	store, ok := extension.(storage.Extension)
	if !ok {
		return nil, fmt.Errorf("storage: the extension %q stores nothing: name one that does, such as file_storage", id)
	}
	client, err := store.GetClient(ctx, settings.Kind, settings.ID, "calls")
	if err != nil {
		return nil, fmt.Errorf("storage: %q gives no client: %w", id, err)
	}
	opened, err := journal.Open(ctx, client)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("storage: the calls in %q cannot be read: %w", id, err), client.Close(ctx))
	}
	return New(opened, settings), nil
}

// Resume opens the calls in a table that were kept before; until it is over nothing else is done with either. The table's marks are
// the keeper's. Replayed, unless it is nil, is told of each step that a call was taken through once more, with what it came to.
func (k *Keeper) Resume(ctx context.Context, calls *call.Table, replayed Replayed) error {
	var restored int
	var unwanted []call.Gone
	err := k.journal.Restore(ctx, func(record journal.Record) {
		restored++
		if !replay(calls, record, replayed) {
			unwanted = append(unwanted, call.Gone{Key: record.Call, Mark: k.journal.Mark()})
		}
	})
	forgotten := calls.Restored()
	var damaged journal.Damaged
	switch {
	case errors.As(err, &damaged):
		k.settings.Logger.Error("Some stored calls are damaged: what could not be read is set aside in the storage, the rest goes on",
			zap.Int("places", len(damaged)), zap.Error(err))
		k.settings.Damaged.Add(ctx, int64(len(damaged)))
	case err != nil:
		return fmt.Errorf("storage: the calls in %q cannot be restored: %w", k.settings.Storage, err)
	}
	if len(unwanted) > 0 {
		k.settings.Logger.Warn("Some stored calls are more than max_calls and are given up", zap.Int("calls", len(unwanted)))
	}
	// Not later: their marks are of a time when nothing was new yet, so that a call that comes under such a name would go with it.
	gone := slices.Concat(unwanted, forgotten)
	k.Forget(ctx, gone)
	k.settings.Logger.Info("Calls restored", zap.Int("calls", restored-len(gone)), zap.Int("open", open(calls)))
	return nil
}

// Replayed is told of a step with what it came to.
type Replayed func(step *journal.Entry, facts []call.Fact, verdict call.Verdict)

// replay takes a call through its steps once more; what followed from them has been delivered. It is false where there is no
// room for the call.
func replay(calls *call.Table, record journal.Record, replayed Replayed) bool {
	tx, err := calls.Begin([]call.Key{record.Call})
	if err != nil {
		return false
	}
	defer tx.Rollback()
	for i := range record.Entries {
		step := &record.Entries[i]
		var facts []call.Fact
		var verdict call.Verdict
		if step.Frame == nil {
			facts = tx.Expire(step.Arrival)
		} else {
			facts, verdict = tx.Apply(step.Frame, step.Arrival)
		}
		if replayed != nil {
			replayed(step, facts, verdict)
		}
	}
	tx.Commit()
	return true
}

// open is how many calls are.
func open(calls *call.Table) (n int) {
	for _, open := range calls.Active() {
		n += open
	}
	return n
}
