package grafanacloudextension

import (
	"context"

	"github.com/jonboulle/clockwork"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/extension"

	"github.com/otelcol-voice/otelcol-voice/extension/grafanacloudextension/internal/metadata"
)

// NewFactory makes the factory of the grafana_cloud extension.
func NewFactory() extension.Factory {
	return newFactory(clockwork.NewRealClock())
}

func newFactory(clock clockwork.Clock) extension.Factory {
	create := func(_ context.Context, set extension.Settings, cfg component.Config) (extension.Extension, error) {
		return newAuthenticator(cfg.(*Config), set, clock)
	}
	return extension.NewFactory(metadata.Type, createDefaultConfig, create, metadata.ExtensionStability)
}
