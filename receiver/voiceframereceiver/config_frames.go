package voiceframereceiver

import (
	"errors"
	"fmt"
	"time"

	"go.opentelemetry.io/collector/config/confighttp"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect"
)

// FramesConfig configures the server that bots send their frames to.
type FramesConfig struct {
	ServerConfig confighttp.ServerConfig `mapstructure:",squash"`

	// MaxFrames is how many frames, and data in them, one body or message may hold; more are refused with 413 before any is
	// taken.
	MaxFrames int `mapstructure:"max_frames"`

	// MaxDepth is how deep a frame's JSON may nest.
	MaxDepth int `mapstructure:"max_depth"`

	// MaxInFlightBytes bounds what has been read of all bodies and messages, uncompressed, and not been answered; a request counts
	// as 4096 bytes at least, so that it bounds their number too. Beyond it, requests are refused with 503, to be sent again.
	MaxInFlightBytes int64 `mapstructure:"max_in_flight_bytes"`

	// MaxInFlightBytesPerClient is the share of that which one remote address may have.
	MaxInFlightBytesPerClient int64 `mapstructure:"max_in_flight_bytes_per_client"`

	// WebSocket is /v1/frames/ws, on the same server.
	WebSocket WebSocketConfig `mapstructure:"websocket"`

	_ struct{}
}

// WebSocketConfig configures /v1/frames/ws.
type WebSocketConfig struct {
	// AckEvery is after how many messages, at the latest, an answer is sent; a connection may ask for fewer.
	AckEvery int `mapstructure:"ack_every"`

	// MaxConnections is how many connections may be open at once; one more is refused with 503.
	MaxConnections int `mapstructure:"max_connections"`

	// PingInterval is how often the other side is asked whether it is there, and how long it has to answer.
	PingInterval time.Duration `mapstructure:"ping_interval"`

	_ struct{}
}

const (
	defaultMaxBody   = 4 << 20
	defaultMaxFrames = 10_000
)

func newDefaultFramesConfig() FramesConfig {
	server := newDefaultServerConfig("localhost:4319", defaultMaxBody)
	// Of the others, zstd lets a tiny body claim a window of hundreds of MiB on this collector line.
	server.CompressionAlgorithms = []string{"", "gzip"}
	return FramesConfig{
		ServerConfig:              server,
		MaxFrames:                 defaultMaxFrames,
		MaxDepth:                  32,
		MaxInFlightBytes:          64 << 20,
		MaxInFlightBytesPerClient: 16 << 20,
		WebSocket:                 WebSocketConfig{AckEvery: 100, MaxConnections: 1000, PingInterval: 30 * time.Second},
	}
}

// newDefaultServerConfig is the library's with time-outs for a listener on a network: whoever is slower than them is no bot.
// The one for writing begins with the request's body, so it covers reading and handling as well.
func newDefaultServerConfig(endpoint string, maxBody int64) confighttp.ServerConfig {
	server := confighttp.NewDefaultServerConfig()
	server.NetAddr.Endpoint = endpoint
	server.MaxRequestBodySize = maxBody
	server.ReadHeaderTimeout = 10 * time.Second
	server.ReadTimeout = 30 * time.Second
	server.WriteTimeout = time.Minute
	server.IdleTimeout = 2 * time.Minute
	return server
}

// Validate checks what the types cannot.
func (c *FramesConfig) Validate() error {
	errs := least("max_frames", c.MaxFrames, 1)
	if c.MaxDepth < 4 {
		errs = errors.Join(errs, fmt.Errorf("max_depth: %d: must be at least 4, which is what frames use", c.MaxDepth))
	}
	return errors.Join(errs,
		validateMaxBody(c.ServerConfig.MaxRequestBodySize, defaultMaxBody),
		validateInFlight("max_in_flight_bytes_per_client", c.MaxInFlightBytesPerClient, c.ServerConfig.MaxRequestBodySize),
		validateInFlight("max_in_flight_bytes", c.MaxInFlightBytes, c.ServerConfig.MaxRequestBodySize),
	)
}

// Validate checks what the types cannot.
func (c *WebSocketConfig) Validate() error {
	return errors.Join(
		least("ack_every", c.AckEvery, 1),
		most("ack_every", c.AckEvery, defaultMaxFrames),
		least("max_connections", c.MaxConnections, 1),
		least("ping_interval", c.PingInterval, time.Second),
	)
}

func validateMaxBody(got, standard int64) error {
	if got < 1 {
		return fmt.Errorf("max_request_body_size: %d: must be at least 1 byte; the default is %d", got, standard)
	}
	return nil
}

// validateInFlight refuses a bound under which the largest body could never be read, or nothing at all.
func validateInFlight(key string, got, maxBody int64) error {
	if got < maxBody {
		return fmt.Errorf("%s: %d: must be at least max_request_body_size, %d", key, got, maxBody)
	}
	return least(key, got, perRequest)
}

func (c *FramesConfig) limits() dialect.Limits {
	return dialect.Limits{Messages: c.MaxFrames, Depth: c.MaxDepth}
}

// allowedOrigins are the web pages that may use the server, beside its own.
func (c *FramesConfig) allowedOrigins() []string {
	if !c.ServerConfig.CORS.HasValue() {
		return nil
	}
	return c.ServerConfig.CORS.Get().AllowedOrigins
}
