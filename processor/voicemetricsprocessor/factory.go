package voicemetricsprocessor

import (
	"context"

	"github.com/jonboulle/clockwork"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/processor"
	"go.opentelemetry.io/collector/processor/processorhelper"

	"github.com/otelcol-voice/otelcol-voice/processor/voicemetricsprocessor/internal/metadata"
)

// FactoryOption changes what a factory makes.
type FactoryOption func(*factory)

// WithClock makes processors go by another clock than the system's: for tests that span hours.
func WithClock(clock clockwork.Clock) FactoryOption {
	return func(f *factory) { f.clock = clock }
}

// NewFactory creates the factory of the voice metrics processor. It is for metrics only.
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

func (f *factory) createMetrics(
	ctx context.Context, set processor.Settings, cfg component.Config, next consumer.Metrics,
) (processor.Metrics, error) {
	t, err := newTranslator(set, cfg.(*Config), f.clock)
	if err != nil {
		return nil, err
	}
	return processorhelper.NewMetrics(ctx, set, cfg, next, t.processMetrics, processorhelper.WithShutdown(t.shutdown))
}
