package voiceframereceiver

import (
	"context"
	"sync"

	"github.com/jonboulle/clockwork"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/receiver"

	"github.com/otelcol-voice/otelcol-voice/receiver/voiceframereceiver/internal/metadata"
)

// FactoryOption changes what a factory makes.
type FactoryOption func(*factory)

// WithClock makes receivers go by another clock than the system's: for tests that span hours.
func WithClock(clock clockwork.Clock) FactoryOption {
	return func(f *factory) { f.clock = clock }
}

// NewFactory makes the factory of the voice_frame receiver.
func NewFactory(options ...FactoryOption) receiver.Factory {
	f := &factory{clock: clockwork.NewRealClock(), shared: map[*Config]*voiceReceiver{}}
	for _, option := range options {
		option(f)
	}
	return receiver.NewFactory(metadata.Type, createDefaultConfig,
		receiver.WithMetrics(f.createMetrics, metadata.MetricsStability),
		receiver.WithLogs(f.createLogs, metadata.LogsStability),
		receiver.WithTraces(f.createTraces, metadata.TracesStability),
	)
}

// factory keeps the receivers by their configuration: pipelines of several signals that name one receiver share one
// listener and one table of calls.
type factory struct {
	clock  clockwork.Clock
	mu     sync.Mutex
	shared map[*Config]*voiceReceiver
}

func (f *factory) createMetrics(
	_ context.Context, set receiver.Settings, cfg component.Config, next consumer.Metrics,
) (receiver.Metrics, error) {
	r, err := f.receiver(set, cfg.(*Config))
	if err != nil {
		return nil, err
	}
	r.pipeline.Metrics = next
	return r, nil
}

func (f *factory) createLogs(
	_ context.Context, set receiver.Settings, cfg component.Config, next consumer.Logs,
) (receiver.Logs, error) {
	r, err := f.receiver(set, cfg.(*Config))
	if err != nil {
		return nil, err
	}
	r.pipeline.Logs = next
	return r, nil
}

func (f *factory) createTraces(
	_ context.Context, set receiver.Settings, cfg component.Config, next consumer.Traces,
) (receiver.Traces, error) {
	r, err := f.receiver(set, cfg.(*Config))
	if err != nil {
		return nil, err
	}
	r.trace(next)
	return r, nil
}

func (f *factory) receiver(set receiver.Settings, cfg *Config) (*voiceReceiver, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if r, known := f.shared[cfg]; known {
		return r, nil
	}
	r, err := newReceiver(set, cfg, f.clock, func() { f.forget(cfg) })
	if err != nil {
		return nil, err
	}
	f.shared[cfg] = r
	return r, nil
}

func (f *factory) forget(cfg *Config) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.shared, cfg)
}
