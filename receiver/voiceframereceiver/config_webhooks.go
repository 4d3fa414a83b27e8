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

	// The platforms: nil where one is not named, so that a secret that is named and empty is seen. Behind pointers they are also
	// not printed with what holds them.
	Vapi       *PlatformConfig `mapstructure:"vapi"`
	Retell     *PlatformConfig `mapstructure:"retell"`
	ElevenLabs *PlatformConfig `mapstructure:"elevenlabs"`
	Ultravox   *PlatformConfig `mapstructure:"ultravox"`

	_ struct{}
}

// PlatformConfig is what is agreed with a platform.
type PlatformConfig struct {
	// Secret is the one that the platform proves to know with each post. Who names a platform has one: an empty one is a variable
	// that is not set.
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
	var errs error
	if c.RequireSignatures && c.signers() == 0 {
		errs = errors.New("require_signatures: no platform has a secret, so that all posts would be refused: " +
			"set one, as in `vapi: {secret: ${env:VAPI_WEBHOOK_SECRET}}`")
	}
	return errors.Join(errs,
		validateMaxBody(c.ServerConfig.MaxRequestBodySize, defaultMaxPost),
		validateInFlight("max_in_flight_bytes", c.MaxInFlightBytes, c.ServerConfig.MaxRequestBodySize),
	)
}

// Validate checks what the types cannot.
func (c *PlatformConfig) Validate() error {
	if c.Secret == "" {
		return errors.New("secret: is empty, so that nothing would be checked: is its variable set? " +
			"To take the posts as they come, leave the platform out")
	}
	return nil
}

// secrets are by platform; empty where there is none.
func (c *WebhooksConfig) secrets() map[string]string {
	return map[string]string{
		platformVapi:       secretOf(c.Vapi),
		platformRetell:     secretOf(c.Retell),
		platformElevenLabs: secretOf(c.ElevenLabs),
		platformUltravox:   secretOf(c.Ultravox),
	}
}

// signers is how many platforms have a secret.
func (c *WebhooksConfig) signers() (n int) {
	for _, secret := range c.secrets() {
		if secret != "" {
			n++
		}
	}
	return n
}

func secretOf(platform *PlatformConfig) string {
	if platform == nil {
		return ""
	}
	return string(platform.Secret)
}

// open says that anybody who can reach the server can post what they like.
func (c *WebhooksConfig) open() bool {
	if c.RequireSignatures || c.ServerConfig.Auth.HasValue() || isLoopback(c.ServerConfig.NetAddr.Endpoint) {
		return false
	}
	return c.signers() < len(c.secrets())
}

func isLoopback(endpoint string) bool {
	host, _, err := net.SplitHostPort(endpoint)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
