package rollupprocessor

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/jonboulle/clockwork"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/processor"
	"go.uber.org/zap"

	"github.com/otelcol-voice/otelcol-voice/processor/rollupprocessor/internal/ident"
)

// surroundings are what a test replaces: the clock, and the service.instance.id of all that leaves where no state has one.
type surroundings struct {
	now      func() time.Time
	ticker   func(time.Duration) clockwork.Ticker
	instance func() string
}

// rollup is the processor. Its books are not held while next is called, so that a slow backend slows down no receiver.
type rollup struct {
	cfg       *Config
	id        component.ID
	next      consumer.Metrics
	logger    *zap.Logger
	telemetry *telemetry
	router    router
	surroundings
	books books

	full    sync.Once // logged that max_series is reached
	flusher flusher
	trouble string // of the last flush; only flush touches it
}

func newRollup(set processor.Settings, cfg *Config, next consumer.Metrics, around surroundings) (*rollup, error) {
	own, err := newTelemetry(set.TelemetrySettings)
	if err != nil {
		return nil, err
	}
	p := &rollup{
		cfg:          cfg,
		id:           set.ID,
		next:         next,
		logger:       set.Logger,
		telemetry:    own,
		router:       newRouter(cfg),
		surroundings: around,
		books:        &unopened{},
	}
	if cfg.Storage == nil {
		p.books = &memory{book: book{intake: p.newIntake()}, now: around.now}
	}
	return p, nil
}

// newIntake is one that has counted nothing, under a name of its own.
func (p *rollup) newIntake() *intake {
	return newIntake(p.cfg, identity{p.instance(), ident.NewSeed()}, p.now())
}

// Capabilities says that requests are only read.
func (p *rollup) Capabilities() consumer.Capabilities {
	return consumer.Capabilities{MutatesData: false}
}

// Start reads the stored state, if there is a storage, and begins to flush.
func (p *rollup) Start(ctx context.Context, host component.Host) error {
	if p.cfg.Storage != nil {
		if err := p.open(ctx, host); err != nil {
			return err
		}
	}
	p.flusher.start(p.ticker(p.cfg.Interval), func(ctx context.Context) { _ = p.flush(ctx) })
	return nil
}

func (p *rollup) open(ctx context.Context, host component.Host) error {
	store, err := extension(host, *p.cfg.Storage)
	if err != nil {
		return err
	}
	watch := &storageWatch{telemetry: p.telemetry, logger: p.logger, host: host}
	o := opener{storage: store, id: p.id, fresh: p.newIntake, cfg: p.cfg, watch: watch, books: &durable{now: p.now, watch: watch}}
	if err := o.open(ctx); err != nil {
		return err
	}
	o.books.start()
	p.books = o.books
	return nil
}

// Shutdown refuses what comes from now on, waits for a flush under way and flushes a last time. An error means that the
// last values did not leave, or that the storage was not closed as it should be.
func (p *rollup) Shutdown(ctx context.Context) error {
	if !p.books.refuse() {
		return nil
	}
	p.flusher.stop(ctx)
	err := errors.Join(p.lastFlush(ctx), p.books.close(ctx))
	p.telemetry.Shutdown()
	return err
}

// ConsumeMetrics passes on at once what is not rolled up, and counts the rest. It counts only when the passing succeeded,
// so that a request that is refused has changed no number and can be sent again. md may not be touched once it was passed
// as a whole; else it is only read, and none of it is kept but strings.
func (p *rollup) ConsumeMetrics(ctx context.Context, md pmetric.Metrics) error {
	passed, all, none := p.router.share(md)
	if !none {
		if err := p.pass(ctx, md, all); err != nil {
			return err
		}
		p.telemetry.points(ctx, &passed)
	}
	if all {
		return nil
	}
	return p.take(ctx, md, !none)
}

func (p *rollup) pass(ctx context.Context, md pmetric.Metrics, all bool) error {
	if all {
		return p.next.ConsumeMetrics(ctx, md)
	}
	return p.next.ConsumeMetrics(ctx, p.router.rest(md))
}

func (p *rollup) take(ctx context.Context, md pmetric.Metrics, mixed bool) error {
	done, err := p.books.take(ctx, md, mixed)
	if err != nil {
		return err
	}
	p.telemetry.request(ctx, &done)
	if done.tally[addedOverflow]+done.tally[droppedLimit] > 0 {
		p.full.Do(p.warnFull)
	}
	return nil
}

// warnFull names the metric with most series: what finds no room is not what took it.
func (p *rollup) warnFull() {
	at := p.books.fullness()
	p.logger.Warn("max_series is reached: new series are folded into otel.metric.overflow=true, and new cumulative input streams are dropped; "+
		"find the attribute that grows in the largest metric and remove it at its source, or raise max_series",
		zap.Int("max_series", p.cfg.MaxSeries), zap.Int("series", at.series), zap.Int("input_streams", at.streams),
		zap.String("largest_metric", at.largest.Name), zap.String("largest_service", at.largest.Service.Name),
		zap.Int("largest_series", at.largestSeries))
}
