package grafanacloudextension

import (
	"errors"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/config/configopaque"
)

// Config is the pair of values that Grafana Cloud shows under "OpenTelemetry > Configure". Neither has a default.
type Config struct {
	// Endpoint is the base URL of the OTLP gateway, the same that the exporter has. An extension does not see its
	// exporters' endpoints, so it is told.
	Endpoint string `mapstructure:"endpoint"`

	// Headers is a list "name=value,name2=value2" as OTEL_EXPORTER_OTLP_HEADERS holds it. It must have an
	// Authorization header with a Basic or Bearer credential.
	Headers configopaque.String `mapstructure:"headers"`

	// prevent unkeyed literal initialization
	_ struct{}
}

var _ component.Config = (*Config)(nil)

// Validate says what is wrong with each of the two values and what to do. Its errors hold no part of either.
func (c *Config) Validate() error {
	_, endpointErr := parseEndpoint(c.Endpoint)
	_, headersErr := parseCredentials(string(c.Headers))
	return errors.Join(endpointErr, headersErr)
}
