package voiceframereceiver

import (
	"errors"
	"fmt"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/config/configoptional"

	"github.com/otelcol-voice/otelcol-voice/internal/call"
	"github.com/otelcol-voice/otelcol-voice/internal/signal"
)

// Config of the voice_frame receiver.
type Config struct {
	// Protocols are the ways in.
	Protocols ProtocolsConfig `mapstructure:"protocols"`

	// ServiceName is the service.name of what is received: frames do not name the bot that they come from.
	ServiceName string `mapstructure:"service_name"`

	// Tenant says how a request names the tenant that its calls belong to.
	Tenant TenantConfig `mapstructure:"tenant"`

	// IdleTimeout ends a call of which nothing was heard for so long. Many transports tear down without an end frame.
	IdleTimeout time.Duration `mapstructure:"idle_timeout"`

	// RememberEnded is how long after a call's end its frames are still recognised as duplicates or late.
	RememberEnded time.Duration `mapstructure:"remember_ended"`

	// MaxCalls bounds the memory: how many calls are known at once, open or remembered. For a new one, the call that ended
	// longest ago is forgotten early; where all are open, the request is refused with 503, to be sent again.
	MaxCalls int `mapstructure:"max_calls"`

	// MaxAttributeValues bounds the series: how many different models, providers, processors, functions, error categories and
	// tenants are told apart, each for itself. What comes beyond is "other".
	MaxAttributeValues int `mapstructure:"max_attribute_values"`

	// ObserveInterval is how often voice.calls.active is reported and idle calls are looked for.
	ObserveInterval time.Duration `mapstructure:"observe_interval"`

	// Storage is the extension that keeps what open calls are made of, so that they go on after a restart. Without one they
	// live in memory alone.
	Storage *component.ID `mapstructure:"storage"`

	_ struct{}
}

// ProtocolsConfig are the ways in.
type ProtocolsConfig struct {
	// Frames is POST /v1/frames and the WebSocket /v1/frames/ws.
	Frames configoptional.Optional[FramesConfig] `mapstructure:"frames"`

	// Webhooks is POST /v1/webhooks/{platform}; off until its key is there.
	Webhooks configoptional.Optional[WebhooksConfig] `mapstructure:"webhooks"`

	_ struct{}
}

func createDefaultConfig() component.Config {
	return &Config{
		Protocols: ProtocolsConfig{
			Frames:   configoptional.Some(newDefaultFramesConfig()),
			Webhooks: configoptional.Default(newDefaultWebhooksConfig()),
		},
		ServiceName:        "voice-bot",
		Tenant:             newDefaultTenantConfig(),
		IdleTimeout:        5 * time.Minute,
		RememberEnded:      15 * time.Minute,
		MaxCalls:           100_000,
		MaxAttributeValues: 500,
		ObserveInterval:    10 * time.Second,
	}
}

// Validate checks what the types cannot.
func (c *Config) Validate() error {
	var errs error
	if !c.Protocols.Frames.HasValue() && !c.Protocols.Webhooks.HasValue() {
		errs = errors.Join(errs, errors.New("protocols: none is on: write `protocols: {frames: {}}`"))
	}
	if c.ServiceName == "" {
		errs = errors.Join(errs, errors.New("service_name: is empty: name the bot, as in `service_name: voice-rag-bot`"))
	}
	return errors.Join(errs,
		least("max_calls", c.MaxCalls, 1),
		least("max_attribute_values", c.MaxAttributeValues, 1),
		least("idle_timeout", c.IdleTimeout, time.Second),
		least("remember_ended", c.RememberEnded, 0),
		least("observe_interval", c.ObserveInterval, 100*time.Millisecond),
	)
}

// least says what is wrong with an option that is too small.
func least[T int | int64 | time.Duration](key string, got, least T) error {
	if got < least {
		return fmt.Errorf("%s: %v: must be at least %v", key, got, least)
	}
	return nil
}

// most says what is wrong with an option that is too large.
func most(key string, got, most int) error {
	if got > most {
		return fmt.Errorf("%s: %v: must be at most %v", key, got, most)
	}
	return nil
}

func (c *Config) callConfig() call.Config {
	return call.Config{IdleTimeout: c.IdleTimeout, Remember: c.RememberEnded, MaxCalls: c.MaxCalls}
}

func (c *Config) signalSettings() signal.Settings {
	settings := signal.Settings{Service: c.ServiceName, MaxValues: c.MaxAttributeValues}
	if c.Tenant.Header != "" {
		settings.TenantAttribute = c.Tenant.Attribute
	}
	return settings
}
