package grafanacloudextension

import (
	"errors"
	"strconv"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/config/configopaque"
	"go.opentelemetry.io/collector/confmap"
)

// Config is what Grafana Cloud shows under "OpenTelemetry > Configure": an endpoint, which has no default, and a credential
// in one of four forms: Headers, HeadersFile, or an instance id and a token, each by value or by file.
type Config struct {
	// Endpoint is the base URL of the OTLP gateway, the same that the exporter has. An extension does not see its
	// exporters' endpoints when the configuration is validated, so it is told.
	Endpoint string `mapstructure:"endpoint"`

	// Headers is a list "name=value,name2=value2" as OTEL_EXPORTER_OTLP_HEADERS holds it. It must have an
	// Authorization header with a Basic or Bearer credential.
	Headers configopaque.String `mapstructure:"headers"`
	// HeadersFile is a file that holds such a list. Files are read anew when they change.
	HeadersFile string `mapstructure:"headers_file"`

	// InstanceID is the number of the stack.
	InstanceID string `mapstructure:"instance_id"`
	// InstanceIDFile is a file that holds it.
	InstanceIDFile string `mapstructure:"instance_id_file"`
	// Token is a Cloud Access Policy token.
	Token configopaque.String `mapstructure:"token"`
	// TokenFile is a file that holds it.
	TokenFile string `mapstructure:"token_file"`

	// Preflight says whether the gateway is asked at the start if it takes the credential.
	Preflight Preflight `mapstructure:"preflight"`
	// Strict makes errors of what is only odd, for a check before a deployment: validate shows no warnings.
	Strict bool `mapstructure:"strict"`

	// prevent unkeyed literal initialization
	_ struct{}
}

// Preflight says whether the gateway is asked at the start.
type Preflight string

// The values of Preflight.
const (
	PreflightOn  Preflight = "on"
	PreflightOff Preflight = "off"
)

var (
	_ component.Config    = (*Config)(nil)
	_ confmap.Unmarshaler = (*Config)(nil)
)

func createDefaultConfig() component.Config {
	return &Config{Preflight: PreflightOn}
}

// Unmarshal also takes an instance id that YAML reads as a number.
func (c *Config) Unmarshal(conf *confmap.Conf) error {
	const key = "instance_id"
	err := conf.Unmarshal(c)
	number, isNumber := conf.Get(key).(int)
	if err == nil || !isNumber {
		return err
	}
	if err := conf.Merge(confmap.NewFromStringMap(map[string]any{key: strconv.Itoa(number)})); err != nil {
		return err
	}
	return conf.Unmarshal(c)
}

// Validate says of everything that cannot work what is wrong and what to do. Its errors hold no part of a value.
func (c *Config) Validate() error {
	found := examine(c)
	if c.Strict {
		return errors.Join(append(found.errs, found.warnings...)...)
	}
	return errors.Join(found.errs...)
}

var errPreflight = errors.New(`preflight must be "on" or "off"`)

// finding is what is known about a configuration without asking anybody.
type finding struct {
	endpoint    string // the host, "" if there is no endpoint
	atGrafana   bool   // it is one of Grafana Cloud's
	zone        string // "" if it is not a gateway of Grafana Cloud
	credentials credentials
	errs        []error
	warnings    []error
}

// examine is the doctor at the desk: all that can be said from the values alone.
func examine(c *Config) finding {
	var found finding
	found.note(nil, c.Preflight.validate())
	endpoint, err := parseEndpoint(c.Endpoint)
	found.note(nil, err)
	if err == nil {
		found.endpoint, found.atGrafana, found.zone = endpoint.Host, isGrafana(endpoint), zoneOf(endpoint)
		found.note(checkEndpoint(endpoint))
	}
	found.credentials, err = c.readCredentials()
	found.note(nil, err)
	if err == nil {
		found.note(found.credentials.check(found.atGrafana, found.zone))
	}
	return found
}

func (f *finding) note(warning, err error) {
	if warning != nil {
		f.warnings = append(f.warnings, warning)
	}
	if err != nil {
		f.errs = append(f.errs, err)
	}
}

func (p Preflight) validate() error {
	if p != PreflightOn && p != PreflightOff {
		return errPreflight
	}
	return nil
}
