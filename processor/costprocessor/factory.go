package costprocessor

import (
	"context"

	"github.com/jonboulle/clockwork"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/processor"
	"go.opentelemetry.io/collector/processor/processorhelper"

	"github.com/otelcol-voice/otelcol-voice/processor/costprocessor/internal/metadata"
)

// NewFactory creates the factory of the cost processor, for metrics, logs and traces.
func NewFactory() processor.Factory { return newFactory(clockwork.NewRealClock()) }

func newFactory(clock clockwork.Clock) processor.Factory {
	f := factory{engines: &engines{clock: clock}}
	return processor.NewFactory(
		metadata.Type,
		createDefaultConfig,
		processor.WithMetrics(f.createMetrics, metadata.MetricsStability),
		processor.WithLogs(f.createLogs, metadata.LogsStability),
		processor.WithTraces(f.createTraces, metadata.TracesStability),
	)
}

type factory struct{ engines *engines }

func (f factory) createMetrics(
	ctx context.Context, set processor.Settings, cfg component.Config, next consumer.Metrics,
) (processor.Metrics, error) {
	use, err := f.engines.use(set, cfg.(*Config))
	if err != nil {
		return nil, err
	}
	return processorhelper.NewMetrics(ctx, set, cfg, next, use.engine.processMetrics, use.options()...)
}

func (f factory) createLogs(
	ctx context.Context, set processor.Settings, cfg component.Config, next consumer.Logs,
) (processor.Logs, error) {
	use, err := f.engines.use(set, cfg.(*Config))
	if err != nil {
		return nil, err
	}
	return processorhelper.NewLogs(ctx, set, cfg, next, use.engine.processLogs, use.options()...)
}

func (f factory) createTraces(
	ctx context.Context, set processor.Settings, cfg component.Config, next consumer.Traces,
) (processor.Traces, error) {
	use, err := f.engines.use(set, cfg.(*Config))
	if err != nil {
		return nil, err
	}
	return processorhelper.NewTraces(ctx, set, cfg, next, use.engine.processTraces, use.options()...)
}
