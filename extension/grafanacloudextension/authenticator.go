package grafanacloudextension

import (
	"context"
	"net/http"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/extension"
	"go.opentelemetry.io/collector/extension/extensionauth"
	"go.uber.org/zap"

	"github.com/otelcol-voice/otelcol-voice/extension/grafanacloudextension/internal/metadata"
)

// authenticator hands out round-trippers that sign requests and keep data from being dropped. It is immutable, so any
// number of exporters may use it.
type authenticator struct {
	endpointHost string
	credentials  credentials
	logger       *zap.Logger
	telemetry    *metadata.TelemetryBuilder
}

var (
	_ extension.Extension      = (*authenticator)(nil)
	_ extensionauth.HTTPClient = (*authenticator)(nil)
)

func newAuthenticator(cfg *Config, set component.TelemetrySettings) (*authenticator, error) {
	endpoint, err := parseEndpoint(cfg.Endpoint)
	if err != nil {
		return nil, err
	}
	creds, err := parseCredentials(string(cfg.Headers))
	if err != nil {
		return nil, err
	}
	telemetry, err := metadata.NewTelemetryBuilder(set)
	if err != nil {
		return nil, err
	}
	return &authenticator{endpointHost: endpoint.Host, credentials: creds, logger: set.Logger, telemetry: telemetry}, nil
}

// Start writes the line by which a user knows that both values were found and understood; it sends nothing.
func (a *authenticator) Start(context.Context, component.Host) error {
	fields := []zap.Field{zap.String("endpoint_host", a.endpointHost)}
	if a.credentials.instanceID != "" {
		fields = append(fields, zap.String("instance_id", a.credentials.instanceID))
	}
	a.logger.Info("OpenTelemetry configured for Grafana Cloud", fields...)
	return nil
}

// Shutdown unregisters the extension's own metrics.
func (a *authenticator) Shutdown(context.Context) error {
	a.telemetry.Shutdown()
	return nil
}

// RoundTripper implements extensionauth.HTTPClient. A stock exporter calls it once for each of its signals.
func (a *authenticator) RoundTripper(base http.RoundTripper) (http.RoundTripper, error) {
	signed := &signer{base: base, headers: a.credentials.headers}
	// The stack of an HTTP client says nothing about a wrong token and would bury the line that does.
	logger := a.logger.WithOptions(zap.AddStacktrace(zap.DPanicLevel))
	return &keeper{base: signed, logger: logger, telemetry: a.telemetry}, nil
}
