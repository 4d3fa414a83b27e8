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

	"github.com/otelcol-voice/otelcol-voice/processor/rollupprocessor/internal/series"
)

// errClosed is not permanent: whoever still sends after Shutdown keeps what it has.
var errClosed = errors.New("rollup: metrics arrived after shutdown and were not taken; send them again")

// surroundings are what a test replaces: the clock, and the service.instance.id of all that leaves.
type surroundings struct {
	now        func() time.Time
	ticker     func(time.Duration) clockwork.Ticker
	instanceID string
}

// rollup is the processor. What it holds in intake is guarded by mu, which is never held while next is called, so that a
// slow backend slows down no receiver.
type rollup struct {
	cfg       *Config
	next      consumer.Metrics
	logger    *zap.Logger
	telemetry *telemetry
	router    router
	now       func() time.Time
	ticker    func(time.Duration) clockwork.Ticker

	mu     sync.Mutex
	intake *intake
	closed bool

	full    sync.Once // logged that max_series is reached
	flusher flusher
	trouble string // of the last flush; only flush touches it
}

func newRollup(set processor.Settings, cfg *Config, next consumer.Metrics, around surroundings) (*rollup, error) {
	own, err := newTelemetry(set.TelemetrySettings)
	if err != nil {
		return nil, err
	}
	rt := router{ours: newMatcher(cfg.Metrics)}
	return &rollup{
		cfg:       cfg,
		next:      next,
		logger:    set.Logger,
		telemetry: own,
		router:    rt,
		now:       around.now,
		ticker:    around.ticker,
		intake:    newIntake(cfg, rt, around.now(), around.instanceID),
	}, nil
}

// Capabilities says that requests are only read.
func (p *rollup) Capabilities() consumer.Capabilities {
	return consumer.Capabilities{MutatesData: false}
}

// Start begins to flush.
func (p *rollup) Start(context.Context, component.Host) error {
	p.flusher.start(p.ticker(p.cfg.Interval), func(ctx context.Context) { _ = p.flush(ctx) })
	return nil
}

// Shutdown refuses what comes from now on, waits for a flush under way and flushes a last time. An error means that the
// last values did not leave.
func (p *rollup) Shutdown(ctx context.Context) error {
	if !p.close() {
		return nil
	}
	p.flusher.stop(ctx)
	err := p.lastFlush(ctx)
	p.telemetry.Shutdown()
	return err
}

// close is true the first time.
func (p *rollup) close() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	first := !p.closed
	p.closed = true
	return first
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
	return p.take(ctx, md)
}

func (p *rollup) pass(ctx context.Context, md pmetric.Metrics, all bool) error {
	if all {
		return p.next.ConsumeMetrics(ctx, md)
	}
	return p.next.ConsumeMetrics(ctx, p.router.rest(md))
}

func (p *rollup) take(ctx context.Context, md pmetric.Metrics) error {
	done, err := p.count(md)
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
	p.mu.Lock()
	at := p.intake.fullness()
	p.mu.Unlock()
	p.logger.Warn("max_series is reached: new series are folded into otel.metric.overflow=true, and new cumulative input streams are dropped; "+
		"find the attribute that grows in the largest metric and remove it at its source, or raise max_series",
		zap.Int("max_series", p.cfg.MaxSeries), zap.Int("series", at.series), zap.Int("input_streams", at.streams),
		zap.String("largest_metric", at.largest.Name), zap.String("largest_service", at.largest.Service.Name),
		zap.Int("largest_series", at.largestSeries))
}

func (p *rollup) count(md pmetric.Metrics) (report, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return report{}, errClosed
	}
	return p.intake.take(md, p.now()), nil
}

// write makes the next flush under the lock. It is false when the clock does not allow one.
func (p *rollup) write(now time.Time, last bool) (flush series.Flush, holds held, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.intake.forget(now)
	if last {
		flush, ok = p.intake.store.LastFlush(now), true
	} else {
		flush, ok = p.intake.store.Flush(now)
	}
	return flush, p.intake.holds(), ok
}

func (p *rollup) accept() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.intake.store.Accepted()
}
