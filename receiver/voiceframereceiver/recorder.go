package voiceframereceiver

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componentstatus"
	"go.opentelemetry.io/collector/extension/xextension/storage"
	"go.uber.org/zap"

	"github.com/otelcol-voice/otelcol-voice/internal/call"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
	"github.com/otelcol-voice/otelcol-voice/internal/journal"
)

// keeper is what keeps the steps of calls: a journal.Journal.
type keeper interface {
	Restore(ctx context.Context, visit func(journal.Record)) error
	Append(ctx context.Context, records []journal.Record) error
	Forget(ctx context.Context, calls []call.Gone) error
	Mark() uint64
	Close(ctx context.Context) error
}

// recorder keeps what calls are made of, so that they go on after a restart. A nil one keeps nothing.
//
// A step is kept after its numbers have been delivered and before its call is released: so the steps of a call are kept in
// the order in which they happened, and what a crash in between loses is repeated by the bot and counted once by rollup.
type recorder struct {
	keeper    keeper
	logger    *zap.Logger
	telemetry *selfTelemetry
	hosts     *hosts
	broken    atomic.Bool
}

// steps are the steps of one request, by call.
type steps struct {
	records []journal.Record
	at      map[call.Key]int // nil: nothing is kept
}

func (r *recorder) steps() *steps {
	if r == nil {
		return &steps{}
	}
	return &steps{at: map[call.Key]int{}}
}

// add adds a frame, or, without one, the end of its call by idle time-out.
func (s *steps) add(key call.Key, f *frame.Frame, arrival time.Time) {
	if s.at == nil {
		return
	}
	i, known := s.at[key]
	if !known {
		i = len(s.records)
		s.at[key] = i
		s.records = append(s.records, journal.Record{Call: key})
	}
	s.records[i].Entries = append(s.records[i].Entries, journal.Entry{Frame: f, Arrival: arrival})
}

// append keeps the steps. Where that fails, they are taken all the same: their numbers have been delivered, and a refusal
// would only make the bot repeat them.
func (r *recorder) append(ctx context.Context, steps *steps) {
	if r == nil || len(steps.records) == 0 {
		return
	}
	r.note(ctx, r.keeper.Append(context.WithoutCancel(ctx), steps.records))
}

// facts notes which calls begin with the steps that were added.
func (s *steps) facts(facts []call.Fact) {
	for i := range facts {
		if at, kept := s.at[facts[i].Call]; kept && facts[i].Kind == call.Opened {
			s.records[at].Opens = true
		}
	}
}

// mark tells the calls that are kept from those that come later.
func (r *recorder) mark() uint64 {
	if r == nil {
		return 0
	}
	return r.keeper.Mark()
}

// forget drops calls that are over.
func (r *recorder) forget(ctx context.Context, gone []call.Gone) {
	if r == nil || len(gone) == 0 {
		return
	}
	r.note(ctx, r.keeper.Forget(ctx, gone))
}

// note says when writing begins to fail and when it works again, and counts.
func (r *recorder) note(ctx context.Context, err error) {
	switch {
	case err != nil:
		r.telemetry.ReceiverVoiceFrameJournalErrors.Add(ctx, 1)
		if !r.broken.Swap(true) {
			err = fmt.Errorf("open calls cannot be stored, a restart would lose them: check the disk of the storage extension: %w", err)
			r.logger.Error("Writing to the storage fails; calls go on in memory", zap.Error(err))
			r.hosts.report(componentstatus.NewRecoverableErrorEvent(err))
		}
	case r.broken.Load() && r.broken.Swap(false):
		r.logger.Info("Writing to the storage works again")
		r.hosts.report(componentstatus.NewEvent(componentstatus.StatusOK))
	}
}

func (r *recorder) close(ctx context.Context) error {
	if r == nil {
		return nil
	}
	return r.keeper.Close(ctx)
}

// openKeeper opens the journal in the configured storage.
func (r *voiceReceiver) openKeeper(ctx context.Context, host component.Host) (keeper, error) {
	id := *r.config.Storage
	extension, known := host.GetExtensions()[id]
	if !known {
		return nil, fmt.Errorf("storage: there is no extension %q: define it under `extensions` and list it in `service::extensions`", id)
	}
	store, ok := extension.(storage.Extension)
	if !ok {
		return nil, fmt.Errorf("storage: the extension %q stores nothing: name one that does, such as file_storage", id)
	}
	client, err := store.GetClient(ctx, component.KindReceiver, r.settings.ID, "calls")
	if err != nil {
		return nil, fmt.Errorf("storage: %q gives no client: %w", id, err)
	}
	kept, err := journal.Open(ctx, client)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("storage: the calls in %q cannot be read: %w", id, err), client.Close(ctx))
	}
	return kept, nil
}

// remember begins to keep calls, after those that were kept before are open again.
func (r *voiceReceiver) remember(ctx context.Context, kept keeper) error {
	r.recorder = &recorder{keeper: kept, logger: r.settings.Logger, telemetry: r.telemetry, hosts: &r.hosts}
	var calls int
	var unwanted []call.Gone
	err := kept.Restore(ctx, func(record journal.Record) {
		calls++
		if !r.replay(record) {
			unwanted = append(unwanted, call.Gone{Key: record.Call, Mark: kept.Mark()})
		}
	})
	r.calls.Restored()
	var damaged journal.Damaged
	switch {
	case errors.As(err, &damaged):
		r.settings.Logger.Error("Some stored calls are damaged: what could not be read is set aside in the storage, the rest goes on",
			zap.Int("places", len(damaged)), zap.Error(err))
		r.telemetry.ReceiverVoiceFrameJournalDamaged.Add(ctx, int64(len(damaged)))
	case err != nil:
		return fmt.Errorf("storage: the calls in %q cannot be restored: %w", r.config.Storage, err)
	}
	if len(unwanted) > 0 {
		r.settings.Logger.Warn("Some stored calls are more than max_calls and are given up", zap.Int("calls", len(unwanted)))
		r.recorder.forget(ctx, unwanted)
	}
	r.settings.Logger.Info("Calls restored", zap.Int("calls", calls-len(unwanted)), zap.Int64("open", r.openCalls()))
	return nil
}

// replay takes a call through its steps once more; what followed from them has been delivered. It is false where there is no
// room for the call.
func (r *voiceReceiver) replay(record journal.Record) bool {
	tx, err := r.calls.Begin([]call.Key{record.Call})
	if err != nil {
		return false
	}
	defer tx.Rollback()
	for _, step := range record.Entries {
		if step.Frame == nil {
			tx.Expire(step.Arrival)
			continue
		}
		tx.Apply(step.Frame, step.Arrival)
	}
	tx.Commit()
	return true
}
