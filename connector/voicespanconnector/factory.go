package voicespanconnector

import (
	"context"
	"sync"

	"github.com/jonboulle/clockwork"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/connector"
	"go.opentelemetry.io/collector/consumer"

	"github.com/otelcol-voice/otelcol-voice/connector/voicespanconnector/internal/metadata"
)

// FactoryOption changes what a factory makes.
type FactoryOption func(*factory)

// WithClock makes connectors go by another clock than the system's: for tests that span hours.
func WithClock(clock clockwork.Clock) FactoryOption {
	return func(f *factory) { f.clock = clock }
}

// NewFactory makes the factory of the voice_span connector.
func NewFactory(options ...FactoryOption) connector.Factory {
	f := &factory{clock: clockwork.NewRealClock(), shared: map[*Config]*voiceConnector{}}
	for _, option := range options {
		option(f)
	}
	return connector.NewFactory(metadata.Type, createDefaultConfig,
		connector.WithTracesToMetrics(f.createMetrics, metadata.TracesToMetricsStability),
		connector.WithTracesToLogs(f.createLogs, metadata.TracesToLogsStability),
	)
}

// factory keeps the connectors by their configuration: pipelines of two signals that name one connector share one table of calls.
type factory struct {
	clock  clockwork.Clock
	mu     sync.Mutex
	shared map[*Config]*voiceConnector
}

func (f *factory) createMetrics(
	_ context.Context, set connector.Settings, cfg component.Config, next consumer.Metrics,
) (connector.Traces, error) {
	c, err := f.connector(set, cfg.(*Config))
	if err != nil {
		return nil, err
	}
	c.outlet.Metrics = next
	return &tap{c, toMetrics}, nil
}

func (f *factory) createLogs(
	_ context.Context, set connector.Settings, cfg component.Config, next consumer.Logs,
) (connector.Traces, error) {
	c, err := f.connector(set, cfg.(*Config))
	if err != nil {
		return nil, err
	}
	c.outlet.Logs = next
	return &tap{c, toLogs}, nil
}

func (f *factory) connector(set connector.Settings, cfg *Config) (*voiceConnector, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if c, known := f.shared[cfg]; known {
		return c, nil
	}
	c, err := newConnector(set, cfg, f.clock, func() { f.forget(cfg) })
	if err != nil {
		return nil, err
	}
	f.shared[cfg] = c
	return c, nil
}

func (f *factory) forget(cfg *Config) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.shared, cfg)
}
