package rollupprocessor

import (
	"context"

	"github.com/google/uuid"
	"github.com/jonboulle/clockwork"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/processor"

	"github.com/otelcol-voice/otelcol-voice/processor/rollupprocessor/internal/metadata"
)

// FactoryOption changes what a factory makes.
type FactoryOption func(*factory)

// WithClock makes processors go by another clock than the system's: for tests that span hours.
func WithClock(clock clockwork.Clock) FactoryOption {
	return func(f *factory) { f.clock = clock }
}

// NewFactory creates the factory of the rollup processor. It is for metrics only.
func NewFactory(options ...FactoryOption) processor.Factory {
	f := &factory{clock: clockwork.NewRealClock()}
	for _, option := range options {
		option(f)
	}
	return processor.NewFactory(
		metadata.Type,
		createDefaultConfig,
		processor.WithMetrics(f.createMetrics, metadata.MetricsStability),
	)
}

type factory struct{ clock clockwork.Clock }

func (f *factory) createMetrics(_ context.Context, set processor.Settings, cfg component.Config, next consumer.Metrics) (processor.Metrics, error) {
	around := surroundings{now: f.clock.Now, ticker: f.clock.NewTicker, instance: uuid.NewString}
	return newRollup(set, cfg.(*Config), next, around)
}
