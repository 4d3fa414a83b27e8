package costprocessor

import (
	"fmt"
	"sync"
	"time"

	"go.opentelemetry.io/collector/processor"
	"go.uber.org/zap"

	"github.com/otelcol-voice/otelcol-voice/internal/pricing"
)

// engine prices usage for all pipelines of one processor. It is safe for concurrent use once started.
type engine struct {
	config    *Config
	logger    *zap.Logger
	telemetry *telemetry
	unknown   *unknowns
	now       func() time.Time

	loading sync.Once
	loaded  error
	book    *pricing.Book

	counters   *counters
	containers *containers
}

func newEngine(set processor.Settings, cfg *Config, now func() time.Time) (*engine, error) {
	telemetry, err := newTelemetry(set.TelemetrySettings)
	if err != nil {
		return nil, err
	}
	return &engine{
		config: cfg, logger: set.Logger, telemetry: telemetry, unknown: newUnknowns(set.Logger), now: now,
		counters: newCounters(maxCounters), containers: newContainers(maxContainers),
	}, nil
}

// start loads the price book; the second pipeline to start finds it loaded.
func (e *engine) start() error {
	e.loading.Do(e.load)
	return e.loaded
}

func (e *engine) load() {
	book, err := e.config.loadBook()
	if err != nil {
		e.loaded = fmt.Errorf("the price book cannot be used: %w", err)
		return
	}
	e.book = book
	vendors, prices := book.Size()
	e.logger.Info("price book loaded",
		zap.String("version", book.Version()), zap.Int("providers", vendors), zap.Int("prices", prices))
}

func (e *engine) shutdown() { e.telemetry.Shutdown() }

// price asks for the price of a usage and says what became of it.
func (e *engine) price(u *usage) outcome {
	u.result = e.book.Price(&u.Usage)
	return e.judge(u)
}

// judge says what became of a usage whose price was asked for.
func (e *engine) judge(u *usage) outcome {
	switch {
	case u.result.Reason == pricing.Priced:
		return priced
	case u.result.Reason == pricing.UnitMismatch && u.paired:
		return covered
	}
	e.unknown.note(e.book, u)
	return unpriced
}

// momentOf is when something was used: its own time, or now where it has none.
func (e *engine) momentOf(unixNano int64) time.Time {
	if unixNano == 0 {
		return e.now()
	}
	return time.Unix(0, unixNano)
}
