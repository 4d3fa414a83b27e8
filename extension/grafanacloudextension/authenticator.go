package grafanacloudextension

import (
	"context"
	"net/http"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/extension"
	"go.opentelemetry.io/collector/extension/extensionauth"
	"go.uber.org/zap"
)

// authenticator hands out round-trippers that sign requests. It is immutable, so any number of exporters may use it.
type authenticator struct {
	endpointHost string
	credentials  credentials
	logger       *zap.Logger
}

var (
	_ extension.Extension      = (*authenticator)(nil)
	_ extensionauth.HTTPClient = (*authenticator)(nil)
)

func newAuthenticator(cfg *Config, logger *zap.Logger) (*authenticator, error) {
	endpoint, err := parseEndpoint(cfg.Endpoint)
	if err != nil {
		return nil, err
	}
	creds, err := parseCredentials(string(cfg.Headers))
	if err != nil {
		return nil, err
	}
	return &authenticator{endpointHost: endpoint.Host, credentials: creds, logger: logger}, nil
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

// Shutdown has nothing to release.
func (*authenticator) Shutdown(context.Context) error {
	return nil
}

// RoundTripper implements extensionauth.HTTPClient.
func (a *authenticator) RoundTripper(base http.RoundTripper) (http.RoundTripper, error) {
	return &signer{base: base, headers: a.credentials.headers}, nil
}
