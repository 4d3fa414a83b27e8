package costprocessor

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jonboulle/clockwork"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/extension/xextension/storage"
	"go.opentelemetry.io/collector/processor"
	"go.uber.org/zap"

	"github.com/otelcol-voice/otelcol-voice/internal/pricing"
)

// engine prices usage for all pipelines of one processor. It is safe for concurrent use once started.
type engine struct {
	id        component.ID
	config    *Config
	logger    *zap.Logger
	telemetry *telemetry
	unknown   *unknowns
	clock     clockwork.Clock

	starting sync.Once
	startErr error
	book     atomic.Pointer[pricing.Book]
	storage  storage.Client // of no effect where none is configured

	counters *counters
	shelf    *shelf
	feeds    map[string]*feed // of the metrics of others that are priced, by name
}

func newEngine(set processor.Settings, cfg *Config, clock clockwork.Clock) (*engine, error) {
	feeds, err := cfg.Sources.feeds()
	if err != nil {
		return nil, err
	}
	counters := newCounters(maxCounters)
	telemetry, err := newTelemetry(set.TelemetrySettings, counters)
	if err != nil {
		return nil, err
	}
	return &engine{
		id: set.ID, config: cfg, logger: set.Logger, telemetry: telemetry, unknown: newUnknowns(set.Logger),
		clock: clock, storage: storage.NewNopClient(), counters: counters, feeds: feeds,
		shelf: &shelf{counters: counters, logger: set.Logger, telemetry: telemetry},
	}, nil
}

// start opens the storage and loads the price book; the second pipeline to start finds it done.
func (e *engine) start(ctx context.Context, host component.Host) error {
	e.starting.Do(func() {
		if e.startErr = e.open(ctx, host); e.startErr != nil {
			e.startErr = errors.Join(e.startErr, e.close(ctx))
		}
	})
	return e.startErr
}

func (e *engine) open(ctx context.Context, host component.Host) error {
	if e.config.Storage != nil {
		client, err := openStorage(ctx, host, *e.config.Storage, e.id)
		if err != nil {
			return err
		}
		e.storage = client
		if err := e.shelf.open(ctx, client); err != nil {
			return err
		}
	}
	return e.load()
}

func (e *engine) load() error {
	book, err := e.config.loadBook()
	if err != nil {
		return fmt.Errorf("the price book cannot be used: %w", err)
	}
	e.book.Store(book)
	vendors, prices := book.Size()
	e.logger.Info("price book loaded",
		zap.String("version", book.Version()), zap.Int("providers", vendors), zap.Int("prices", prices))
	return nil
}

// shutdown may come without a start.
func (e *engine) shutdown(ctx context.Context) error {
	e.shelf.save(ctx)
	e.telemetry.Shutdown()
	return e.close(ctx)
}

// close may be called again.
func (e *engine) close(ctx context.Context) error {
	client := e.storage
	e.storage = storage.NewNopClient()
	return client.Close(ctx)
}

// pricer prices the usages of one request, all of them by one book.
type pricer struct {
	*engine
	book    *pricing.Book
	refusal *refusal // where usage without a price is not to pass
}

func (e *engine) pricer() pricer {
	p := pricer{engine: e, book: e.book.Load()}
	if e.config.OnUnknown == onUnknownFail {
		p.refusal = &refusal{}
	}
	return p
}

// price asks for the price of a usage and says what became of it.
func (p pricer) price(u *usage) outcome {
	u.result = p.book.Price(&u.Usage)
	switch {
	case u.result.Reason == pricing.Priced:
		return priced
	case u.result.Reason == pricing.UnitMismatch && u.paired:
		return covered
	}
	p.unknown.note(p.book, u)
	if p.refusal != nil {
		p.refusal.note(u)
	}
	return unpriced
}

func (e *engine) now() time.Time { return e.clock.Now() }

// momentOf is when something was used: its own time, or now where it has none.
func (e *engine) momentOf(unixNano int64) time.Time {
	if unixNano == 0 {
		return e.now()
	}
	return time.Unix(0, unixNano)
}
