package voiceframereceiver

import (
	"errors"
	"net"

	"go.opentelemetry.io/collector/config/confighttp"
	"go.opentelemetry.io/collector/config/configopaque"
)

// WebhooksConfig configures the server that voice platforms post their reports to. It is one of its own, for a platform
// cannot send the token that bots send.
type WebhooksConfig struct {
	ServerConfig confighttp.ServerConfig `mapstructure:",squash"`

	// MaxInFlightBytes bounds what has been read of all posts and not been answered. Beyond it, posts are refused with 503,
	// and the platform repeats them.
	MaxInFlightBytes int64 `mapstructure:"max_in_flight_bytes"`

	// RequireSignatures refuses the posts of platforms that have no secret here. Without it they are taken as they come.
	RequireSignatures bool `mapstructure:"require_signatures"`

	Vapi       PlatformConfig `mapstructure:"vapi"`
	Retell     PlatformConfig `mapstructure:"retell"`
	ElevenLabs PlatformConfig `mapstructure:"elevenlabs"`
	Ultravox   PlatformConfig `mapstructure:"ultravox"`

	_ struct{}
}

// PlatformConfig is what is agreed with a platform.
type PlatformConfig struct {
	// Secret is the one that the platform proves to know with each post; without one nothing is checked.
	Secret configopaque.String `mapstructure:"secret"`

	_ struct{}
}

const defaultMaxPost = 16 << 20

func newDefaultWebhooksConfig() WebhooksConfig {
	server := newDefaultServerConfig("localhost:4321", defaultMaxPost)
	// Signatures are about the bytes as they were sent, and no platform compresses.
	server.CompressionAlgorithms = []string{""}
	return WebhooksConfig{ServerConfig: server, MaxInFlightBytes: 64 << 20}
}

// Validate checks what the types cannot.
func (c *WebhooksConfig) Validate() error {
	return errors.Join(
		validateMaxBody(c.ServerConfig.MaxRequestBodySize, defaultMaxPost),
		validateInFlight("max_in_flight_bytes", c.MaxInFlightBytes, c.ServerConfig.MaxRequestBodySize),
	)
}

// secrets are by platform; empty where there is none.
func (c *WebhooksConfig) secrets() map[string]string {
	return map[string]string{
		platformVapi:       string(c.Vapi.Secret),
		platformRetell:     string(c.Retell.Secret),
		platformElevenLabs: string(c.ElevenLabs.Secret),
		platformUltravox:   string(c.Ultravox.Secret),
	}
}

// open says that anybody who can reach the server can post what they like.
func (c *WebhooksConfig) open() bool {
	if c.RequireSignatures || c.ServerConfig.Auth.HasValue() || isLoopback(c.ServerConfig.NetAddr.Endpoint) {
		return false
	}
	for _, secret := range c.secrets() {
		if secret == "" {
			return true
		}
	}
	return false
}

func isLoopback(endpoint string) bool {
	host, _, err := net.SplitHostPort(endpoint)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
