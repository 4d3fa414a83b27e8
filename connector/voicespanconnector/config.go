package voicespanconnector

import (
	"errors"
	"fmt"
	"time"

	"go.opentelemetry.io/collector/component"

	"github.com/otelcol-voice/otelcol-voice/connector/voicespanconnector/internal/join"
	"github.com/otelcol-voice/otelcol-voice/internal/call"
)

// Config of the voice_span connector.
type Config struct {
	// ServiceName is the service.name of spans whose resource has none.
	ServiceName string `mapstructure:"service_name"`

	// JoinWindow is how long spans wait for one of their trace that names the call. Then the trace id is its name.
	JoinWindow time.Duration `mapstructure:"join_window"`

	// EndDelay is how long after the span that ends a call, which bots send last, others of it are waited for.
	EndDelay time.Duration `mapstructure:"end_delay"`

	// IdleTimeout ends a call of which nothing was heard for so long.
	IdleTimeout time.Duration `mapstructure:"idle_timeout"`

	// RememberEnded is how long after a call's end its spans are still recognised as duplicates or late.
	RememberEnded time.Duration `mapstructure:"remember_ended"`

	// MaxCalls bounds the memory: how many calls are known at once, open or remembered. For a new one, the call that ended
	// longest ago is forgotten early; where all are open, the request is refused, to be sent again.
	MaxCalls int `mapstructure:"max_calls"`

	// MaxTraces is how many traces are known at once. For a new one, that of which nothing was heard for longest is forgotten.
	MaxTraces int `mapstructure:"max_traces"`

	// MaxHeldSpans is how many spans wait at once. For a new one, those of the trace that waits longest are taken, by its id.
	MaxHeldSpans int `mapstructure:"max_held_spans"`

	// MaxAttributeValues bounds the series: how many different models, providers, processors, functions and error categories are
	// told apart, each for itself. What comes beyond is "other".
	MaxAttributeValues int `mapstructure:"max_attribute_values"`

	// ObserveInterval is how often voice.calls.active is reported and idle calls are looked for.
	ObserveInterval time.Duration `mapstructure:"observe_interval"`

	// Storage is the extension that keeps what open calls are made of, so that they go on after a restart. Without one they
	// live in memory alone.
	Storage *component.ID `mapstructure:"storage"`

	_ struct{}
}

func createDefaultConfig() component.Config {
	return &Config{
		ServiceName:        "voice-bot",
		JoinWindow:         2 * time.Minute,
		EndDelay:           5 * time.Second,
		IdleTimeout:        5 * time.Minute,
		RememberEnded:      15 * time.Minute,
		MaxCalls:           100_000,
		MaxTraces:          100_000,
		MaxHeldSpans:       50_000,
		MaxAttributeValues: 500,
		ObserveInterval:    10 * time.Second,
	}
}

// Validate checks what the types cannot.
func (c *Config) Validate() error {
	var errs error
	if c.ServiceName == "" {
		errs = errors.New("service_name: is empty: name the bots that do not name themselves, as in `service_name: voice-bot`")
	}
	if c.EndDelay >= c.IdleTimeout {
		errs = errors.Join(errs, fmt.Errorf("end_delay: %v: must be less than idle_timeout, which is %v", c.EndDelay, c.IdleTimeout))
	}
	return errors.Join(errs,
		least("join_window", c.JoinWindow, 0),
		least("end_delay", c.EndDelay, 0),
		least("idle_timeout", c.IdleTimeout, time.Second),
		least("remember_ended", c.RememberEnded, 0),
		least("max_calls", c.MaxCalls, 1),
		least("max_traces", c.MaxTraces, 1),
		least("max_held_spans", c.MaxHeldSpans, 1),
		least("max_attribute_values", c.MaxAttributeValues, 1),
		least("observe_interval", c.ObserveInterval, interval),
	)
}

// least says what is wrong with an option that is too small.
func least[T int | time.Duration](key string, got, least T) error {
	if got < least {
		return fmt.Errorf("%s: %v: must be at least %v", key, got, least)
	}
	return nil
}

func (c *Config) callConfig() call.Config {
	return call.Config{IdleTimeout: c.IdleTimeout, Remember: c.RememberEnded, MaxCalls: c.MaxCalls}
}

// joinConfig remembers a trace for as long as its call can be heard of.
func (c *Config) joinConfig() join.Config {
	return join.Config{
		Window: c.JoinWindow, Keep: max(c.IdleTimeout+c.RememberEnded, c.JoinWindow),
		MaxTraces: c.MaxTraces, MaxHeld: c.MaxHeldSpans,
	}
}
