// Package keep keeps the calls of a table through a restart: it is what stands between a door and a journal, for the receiver and
// for the connector.
//
// keep.go writes what happens to calls, steps.go collects it by call, open.go opens the storage and takes up the calls again.
package keep

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componentstatus"
	"go.opentelemetry.io/otel/metric"
	"go.uber.org/zap"

	"github.com/otelcol-voice/otelcol-voice/internal/call"
	"github.com/otelcol-voice/otelcol-voice/internal/journal"
)

// Journal is what keeps the steps of calls: a journal.Journal.
type Journal interface {
	Restore(ctx context.Context, visit func(journal.Record)) error
	Append(ctx context.Context, records []journal.Record) error
	Forget(ctx context.Context, calls []call.Gone) error
	Mark() uint64
	Close(ctx context.Context) error
}

// Settings are whose calls are kept, where, and who hears how that goes.
type Settings struct {
	// Storage is the extension.
	Storage component.ID
	// Kind and ID are those of the component.
	Kind   component.Kind
	ID     component.ID
	Logger *zap.Logger
	// Errors counts writes that fail, and Damaged places that could not be read.
	Errors, Damaged metric.Int64Counter
	// Report shows the component's state. It must not write.
	Report func(*componentstatus.Event)
}

// Keeper keeps what calls are made of, so that they go on after a restart. A nil one keeps nothing.
//
// A step is kept after its numbers have been delivered and before its call is released: so the steps of a call are kept in
// the order in which they happened, and what a crash in between loses is repeated by the bot and counted once by rollup.
type Keeper struct {
	journal  Journal
	settings Settings

	mu     sync.Mutex // held while the state is told, so that what was told last is what holds
	broken bool
}

// New makes a keeper that writes into a journal, which it closes. Resume comes next.
func New(journal Journal, settings Settings) *Keeper {
	return &Keeper{journal: journal, settings: settings}
}

// Steps are for what happens to calls next.
func (k *Keeper) Steps() *Steps {
	if k == nil {
		return nil
	}
	return &Steps{at: map[call.Key]int{}}
}

// Append keeps steps. Where that fails, they are taken all the same: their numbers have been delivered, and a refusal
// would only make the bot repeat them.
func (k *Keeper) Append(ctx context.Context, steps *Steps) {
	if k == nil || steps == nil || len(steps.records) == 0 {
		return
	}
	k.note(ctx, k.journal.Append(context.WithoutCancel(ctx), steps.records))
}

// End keeps that a call has ended by idle time-out.
func (k *Keeper) End(ctx context.Context, key call.Key, now time.Time) {
	steps := k.Steps()
	steps.Add(key, journal.Entry{Arrival: now})
	k.Append(ctx, steps)
}

// Mark tells the calls that are kept from those that come later.
func (k *Keeper) Mark() uint64 {
	if k == nil {
		return 0
	}
	return k.journal.Mark()
}

// Forget drops calls that are over.
func (k *Keeper) Forget(ctx context.Context, gone []call.Gone) {
	if k == nil || len(gone) == 0 {
		return
	}
	k.note(ctx, k.journal.Forget(ctx, gone))
}

// note counts, and says when writing begins to fail and when it works again. What is given up or comes too late because the component
// stops says nothing of the disk; that something was lost with it is what Close returns.
func (k *Keeper) note(ctx context.Context, err error) {
	if errors.Is(err, context.Canceled) || errors.Is(err, journal.ErrClosed) {
		return
	}
	if err != nil {
		k.settings.Errors.Add(ctx, 1)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	switch {
	case k.broken == (err != nil):
	case err != nil:
		k.broken = true
		err = fmt.Errorf("open calls cannot be stored, a restart would lose them: check the disk of the storage extension: %w", err)
		k.settings.Logger.Error("Writing to the storage fails; calls go on in memory", zap.Error(err))
		k.settings.Report(componentstatus.NewRecoverableErrorEvent(err))
	default:
		k.broken = false
		k.settings.Logger.Info("Writing to the storage works again")
		k.settings.Report(componentstatus.NewEvent(componentstatus.StatusOK))
	}
}

// Close gives the storage back, after what has been kept.
func (k *Keeper) Close(ctx context.Context) error {
	if k == nil {
		return nil
	}
	return k.journal.Close(ctx)
}
