package costprocessor

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/jonboulle/clockwork"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/extension/xextension/storage"
	"go.opentelemetry.io/collector/processor"
	"go.uber.org/zap"

	"github.com/otelcol-voice/otelcol-voice/internal/pricing"
	"github.com/otelcol-voice/otelcol-voice/processor/costprocessor/internal/catalogue"
)

// engine prices usage for all pipelines of one processor. It is safe for concurrent use once started.
type engine struct {
	settings  processor.Settings
	config    *Config
	logger    *zap.Logger
	telemetry *telemetry
	unknown   *unknowns
	clock     clockwork.Clock

	starting  sync.Once
	startErr  error
	storage   storage.Client // of no effect where none is configured
	catalogue *catalogue.Catalogue

	counters   *counters
	shelf      *shelf
	feeds      map[string]*feed // of the metrics of others that are priced, by name
	containers *containers
	prices     func() *pricing.Book // of now
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
		settings: set, config: cfg, logger: set.Logger, telemetry: telemetry, unknown: newUnknowns(set.Logger), clock: clock,
		storage: storage.NewNopClient(), counters: counters, containers: newContainers(maxContainers), feeds: feeds,
		shelf: &shelf{counters: counters, logger: set.Logger, telemetry: telemetry},
	}, nil
}

// start opens what the engine needs; the second pipeline to start finds it open.
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
		client, err := openStorage(ctx, host, *e.config.Storage, e.settings.ID)
		if err != nil {
			return err
		}
		e.storage = client
		if err := e.shelf.open(ctx, client); err != nil {
			return err
		}
	}
	if err := e.openPrices(ctx, host); err != nil {
		return err
	}
	e.counters.all = e.counters.all || e.bookCanChange()
	return nil
}

// shutdown may come without a start.
func (e *engine) shutdown(ctx context.Context) error {
	e.shelf.save(ctx)
	err := e.close(ctx)
	e.telemetry.Shutdown()
	return err
}

// close may be called again.
func (e *engine) close(ctx context.Context) error {
	var errs []error
	if e.catalogue != nil {
		errs = append(errs, e.catalogue.Close(ctx))
	}
	client := e.storage
	e.storage = storage.NewNopClient()
	return errors.Join(append(errs, client.Close(ctx))...)
}

// pricer prices the usages of one request, all of them by one book.
type pricer struct {
	*engine
	book    *pricing.Book
	arrival time.Time // of the request
	latest  int64     // time that is believed, in Unix nanoseconds
	refusal *refusal  // where usage without a price is not to pass
}

// aheadOfUs is how far a sender's clock may be ahead of ours; rollup and the receiver go by the same.
const aheadOfUs = 10 * time.Minute

func (e *engine) pricer() pricer {
	now := e.now()
	p := pricer{engine: e, book: e.prices(), arrival: now, latest: now.Add(aheadOfUs).UnixNano()}
	if e.config.OnUnknown == onUnknownFail {
		p.refusal = &refusal{}
	}
	return p
}

// price asks for the price of a usage and says what became of it.
func (p pricer) price(u *usage) outcome {
	u.result = p.book.Price(&u.Usage)
	return p.judge(u)
}

// judge says what became of a usage whose price was asked for.
func (p pricer) judge(u *usage) outcome {
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

// momentOf is when something was used: its own time, or its arrival where it has none or one too far in the future. That would
// have a price of then, and make all that follows of its counter late, which is billed nothing. (Beyond 2262 it is negative.)
func (p *pricer) momentOf(unixNano int64) time.Time {
	if unixNano <= 0 || unixNano > p.latest {
		return p.arrival
	}
	return time.Unix(0, unixNano)
}
