package voiceframereceiver

import (
	"errors"
	"fmt"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/config/confighttp"
	"go.opentelemetry.io/collector/config/configoptional"

	"github.com/otelcol-voice/otelcol-voice/internal/call"
	"github.com/otelcol-voice/otelcol-voice/internal/dialect"
)

// Config of the voice_frame receiver.
type Config struct {
	// Protocols are the ways in.
	Protocols ProtocolsConfig `mapstructure:"protocols"`

	// ServiceName is the service.name of what is received: frames do not name the bot that they come from.
	ServiceName string `mapstructure:"service_name"`

	// IdleTimeout ends a call of which nothing was heard for so long. Many transports tear down without an end frame.
	IdleTimeout time.Duration `mapstructure:"idle_timeout"`

	// RememberEnded is how long after a call's end its frames are still recognised as duplicates or late.
	RememberEnded time.Duration `mapstructure:"remember_ended"`

	// MaxCalls bounds the memory: how many calls are known at once, open or remembered. For a new one, the call that ended
	// longest ago is forgotten early; where all are open, the request is refused with 503, to be sent again.
	MaxCalls int `mapstructure:"max_calls"`

	// ObserveInterval is how often voice.calls.active is reported and idle calls are looked for.
	ObserveInterval time.Duration `mapstructure:"observe_interval"`

	_ struct{}
}

// ProtocolsConfig are the ways in.
type ProtocolsConfig struct {
	// Frames is POST /v1/frames.
	Frames configoptional.Optional[FramesConfig] `mapstructure:"frames"`

	_ struct{}
}

// FramesConfig configures POST /v1/frames.
type FramesConfig struct {
	ServerConfig confighttp.ServerConfig `mapstructure:",squash"`

	// MaxFrames is how many frames, and data in them, one body may hold; more are refused with 413 before any is taken.
	MaxFrames int `mapstructure:"max_frames"`

	// MaxDepth is how deep a frame's JSON may nest.
	MaxDepth int `mapstructure:"max_depth"`

	_ struct{}
}

const (
	defaultEndpoint = "localhost:4319"
	defaultMaxBody  = 4 << 20
)

func createDefaultConfig() component.Config {
	server := confighttp.NewDefaultServerConfig()
	server.NetAddr.Endpoint = defaultEndpoint
	server.MaxRequestBodySize = defaultMaxBody
	server.ReadTimeout = 30 * time.Second
	// Of the others, zstd lets a tiny body claim a window of hundreds of MiB on this collector line.
	server.CompressionAlgorithms = []string{"", "gzip"}
	return &Config{
		Protocols: ProtocolsConfig{Frames: configoptional.Some(FramesConfig{
			ServerConfig: server,
			MaxFrames:    10_000,
			MaxDepth:     32,
		})},
		ServiceName:     "voice-bot",
		IdleTimeout:     5 * time.Minute,
		RememberEnded:   15 * time.Minute,
		MaxCalls:        100_000,
		ObserveInterval: 10 * time.Second,
	}
}

// Validate checks what the types cannot.
func (c *Config) Validate() error {
	var errs error
	if !c.Protocols.Frames.HasValue() {
		errs = errors.Join(errs, errors.New("protocols: none is on: write `protocols: {frames: {}}`"))
	}
	if c.ServiceName == "" {
		errs = errors.Join(errs, errors.New("service_name: is empty: name the bot, as in `service_name: voice-rag-bot`"))
	}
	if c.MaxCalls < 1 {
		errs = errors.Join(errs, fmt.Errorf("max_calls: %d: must be at least 1", c.MaxCalls))
	}
	return errors.Join(errs,
		atLeast("idle_timeout", c.IdleTimeout, time.Second),
		atLeast("remember_ended", c.RememberEnded, 0),
		atLeast("observe_interval", c.ObserveInterval, 100*time.Millisecond),
	)
}

// Validate checks what the types cannot.
func (c *FramesConfig) Validate() error {
	var errs error
	if c.MaxFrames < 1 {
		errs = errors.Join(errs, fmt.Errorf("max_frames: %d: must be at least 1", c.MaxFrames))
	}
	if c.MaxDepth < 4 {
		errs = errors.Join(errs, fmt.Errorf("max_depth: %d: must be at least 4, which is what frames use", c.MaxDepth))
	}
	if c.ServerConfig.MaxRequestBodySize < 1 {
		errs = errors.Join(errs, fmt.Errorf("max_request_body_size: %d: must be at least 1 byte; the default is %d",
			c.ServerConfig.MaxRequestBodySize, defaultMaxBody))
	}
	return errs
}

func atLeast(key string, got, least time.Duration) error {
	if got < least {
		return fmt.Errorf("%s: %s: must be at least %s", key, got, least)
	}
	return nil
}

func (c *Config) callConfig() call.Config {
	return call.Config{IdleTimeout: c.IdleTimeout, Remember: c.RememberEnded, MaxCalls: c.MaxCalls}
}

func (c *FramesConfig) limits() dialect.Limits {
	return dialect.Limits{Messages: c.MaxFrames, Depth: c.MaxDepth}
}
