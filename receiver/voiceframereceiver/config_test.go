package voiceframereceiver

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/confmap/confmaptest"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect"
	"github.com/otelcol-voice/otelcol-voice/internal/signal"
	"github.com/otelcol-voice/otelcol-voice/receiver/voiceframereceiver/internal/metadata"
)

func load(t *testing.T, name string) (*Config, error) {
	file, err := confmaptest.LoadConf(filepath.Join("testdata", "config.yaml"))
	require.NoError(t, err)
	sub, err := file.Sub(component.NewIDWithName(metadata.Type, name).String())
	require.NoError(t, err)
	config := createDefaultConfig().(*Config)
	require.NoError(t, sub.Unmarshal(config))
	return config, confmap.Validate(config)
}

func TestDefaults(t *testing.T) {
	config, err := load(t, "")
	require.NoError(t, err)
	frames := config.Protocols.Frames.Get()
	assert.Equal(t, "localhost:4319", frames.ServerConfig.NetAddr.Endpoint)
	assert.Equal(t, int64(4<<20), frames.ServerConfig.MaxRequestBodySize)
	assert.Equal(t, []string{"", "gzip"}, frames.ServerConfig.CompressionAlgorithms)
	assert.Equal(t, 10*time.Second, frames.ServerConfig.ReadHeaderTimeout)
	assert.Equal(t, 30*time.Second, frames.ServerConfig.ReadTimeout)
	assert.Equal(t, time.Minute, frames.ServerConfig.WriteTimeout)
	assert.Equal(t, 2*time.Minute, frames.ServerConfig.IdleTimeout)
	assert.False(t, frames.ServerConfig.CORS.HasValue())
	assert.Equal(t, dialect.Limits{Messages: 10_000, Depth: 32}, frames.limits())
	assert.Equal(t, int64(64<<20), frames.MaxInFlightBytes)
	assert.Equal(t, int64(16<<20), frames.MaxInFlightBytesPerClient)
	assert.Equal(t, WebSocketConfig{AckEvery: 100, MaxConnections: 1000, PingInterval: 30 * time.Second}, frames.WebSocket)
	assert.False(t, config.Protocols.Webhooks.HasValue())
	assert.Equal(t, "voice-bot", config.ServiceName)
	assert.Equal(t, TenantConfig{Attribute: "tenant"}, config.Tenant)
	assert.Equal(t, 5*time.Minute, config.IdleTimeout)
	assert.Equal(t, 15*time.Minute, config.RememberEnded)
	assert.Equal(t, 100_000, config.MaxCalls)
	assert.Equal(t, 500, config.MaxAttributeValues)
	assert.Equal(t, 10*time.Second, config.ObserveInterval)
	assert.Nil(t, config.Storage)
	assert.Equal(t, signal.Settings{Service: "voice-bot", MaxValues: 500}, config.signalSettings())
}

func TestDefaultsOfWebhooks(t *testing.T) {
	config, err := load(t, "webhooks")
	require.NoError(t, err)
	assert.False(t, config.Protocols.Frames.HasValue())
	webhooks := config.Protocols.Webhooks.Get()
	assert.Equal(t, "localhost:4321", webhooks.ServerConfig.NetAddr.Endpoint)
	assert.Equal(t, int64(16<<20), webhooks.ServerConfig.MaxRequestBodySize)
	assert.Equal(t, []string{""}, webhooks.ServerConfig.CompressionAlgorithms)
	assert.Equal(t, 10*time.Second, webhooks.ServerConfig.ReadHeaderTimeout)
	assert.Equal(t, int64(64<<20), webhooks.MaxInFlightBytes)
	assert.False(t, webhooks.RequireSignatures)
	for platform, secret := range webhooks.secrets() {
		assert.Empty(t, secret, platform)
	}
}

func TestEveryOption(t *testing.T) {
	config, err := load(t, "all")
	require.NoError(t, err)
	frames := config.Protocols.Frames.Get()
	assert.Equal(t, "0.0.0.0:9999", frames.ServerConfig.NetAddr.Endpoint)
	assert.True(t, frames.ServerConfig.Auth.HasValue())
	assert.Equal(t, []string{"https://app.example.com"}, frames.allowedOrigins())
	assert.Equal(t, dialect.Limits{Messages: 500, Depth: 16}, frames.limits())
	assert.Equal(t, int64(8<<20), frames.MaxInFlightBytes)
	assert.Equal(t, int64(2<<20), frames.MaxInFlightBytesPerClient)
	assert.Equal(t, WebSocketConfig{AckEvery: 10, MaxConnections: 20, PingInterval: 5 * time.Second}, frames.WebSocket)
	webhooks := config.Protocols.Webhooks.Get()
	assert.Equal(t, "0.0.0.0:9998", webhooks.ServerConfig.NetAddr.Endpoint)
	assert.Equal(t, int64(32<<20), webhooks.MaxInFlightBytes)
	assert.True(t, webhooks.RequireSignatures)
	assert.Equal(t, map[string]string{"vapi": "one", "retell": "two", "elevenlabs": "three", "ultravox": "four"}, webhooks.secrets())
	assert.NotContains(t, fmt.Sprintf("%+v", webhooks), "three", "secrets are not printed")
	assert.NotContains(t, fmt.Sprintf("%+v", config), "three", "secrets are not printed")
	assert.Equal(t, TenantConfig{Header: "X-Tenant-Id", Attribute: "customer", Required: true}, config.Tenant)
	assert.Equal(t, 2*time.Minute, config.IdleTimeout)
	assert.Equal(t, time.Hour, config.RememberEnded)
	assert.Equal(t, 5000, config.MaxCalls)
	assert.Equal(t, 30*time.Second, config.ObserveInterval)
	assert.Equal(t, "file_storage/calls", config.Storage.String())
	assert.Equal(t, signal.Settings{Service: "voice-rag-bot", TenantAttribute: "customer", MaxValues: 50}, config.signalSettings())
}

func TestNonsenseIsNamed(t *testing.T) {
	_, err := load(t, "nonsense")
	for _, want := range []string{
		"service_name: is empty: name the bot",
		"idle_timeout: 0s: must be at least 1s",
		"remember_ended: -1s: must be at least 0s",
		"max_calls: 0: must be at least 1",
		"max_attribute_values: 0: must be at least 1",
		"observe_interval: 1ms: must be at least 100ms",
		"max_frames: 0: must be at least 1",
		"max_depth: 1: must be at least 4",
		"max_request_body_size: -1: must be at least 1 byte; the default is 4194304",
		"max_in_flight_bytes: -2: must be at least max_request_body_size, -1",
		"max_in_flight_bytes_per_client: -3: must be at least max_request_body_size, -1",
		"websocket: ack_every: 0: must be at least 1",
		"max_connections: -1: must be at least 1",
		"ping_interval: 1ms: must be at least 1s",
		"webhooks: max_in_flight_bytes: 999: must be at least max_request_body_size, 1000",
		`tenant: header: "X Tenant": is no name of a header`,
		`attribute: "call.id": must be a name`,
	} {
		assert.ErrorContains(t, err, want)
	}
	_, err = load(t, "too_much")
	assert.ErrorContains(t, err, "websocket: ack_every: 10001: must be at most 10000")
	assert.ErrorContains(t, err, "max_in_flight_bytes: 4095: must be at least 4096")
	_, err = load(t, "tenants")
	assert.ErrorContains(t, err, "tenant: required: there is no header: name the one")
	assert.ErrorContains(t, (&Config{}).Validate(), "protocols: none is on")
}

// A secret whose variable is not set must not turn verification off, nor must it refuse everything in silence.
func TestSecretsThatAreNotSet(t *testing.T) {
	_, err := load(t, "secrets_unset")
	for _, platform := range []string{"vapi", "retell", "ultravox"} {
		assert.ErrorContains(t, err, "\n"+platform+": secret: is empty, so that nothing would be checked")
	}
	assert.NotContains(t, err.Error(), "elevenlabs")
	_, err = load(t, "secrets_missing")
	assert.EqualError(t, err, "protocols::webhooks: require_signatures: no platform has a secret, so that all posts would be refused: "+
		"set one, as in `vapi: {secret: ${env:VAPI_WEBHOOK_SECRET}}`")
}

// The README's table has every option with its default.
func TestOptionsAreInTheReadme(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	config := createDefaultConfig().(*Config)
	webhooks := config.Protocols.Webhooks.GetOrInsertDefault()
	webhooks.Vapi, webhooks.Retell, webhooks.ElevenLabs, webhooks.Ultravox = secret(""), secret(""), secret(""), secret("")
	conf := confmap.New()
	require.NoError(t, conf.Marshal(config))
	theirs := map[string]bool{ // the library's, where its default is ours
		"transport": true, "keep_alives_enabled": true, "dialer": true, "response_headers": true, "include_metadata": true,
		"tls": true, "cors": true, "auth": true, "middlewares": true,
	}
	for _, key := range conf.AllKeys() {
		option := key[strings.LastIndex(key, "::")+2:]
		if strings.Contains(key, "dialer") || theirs[option] {
			continue
		}
		row := fmt.Sprintf("| `%s` | %s |", key, written(conf.Get(key)))
		assert.True(t, strings.Contains(string(readme), row), row)
	}
}

func TestMetricsAreInTheReadme(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	documentation, err := os.ReadFile("documentation.md")
	require.NoError(t, err)
	names := regexp.MustCompile(`(?m)^### (otelcol_\w+)$`).FindAllStringSubmatch(string(documentation), -1)
	require.Len(t, names, 16)
	for _, name := range names {
		assert.True(t, strings.Contains(string(readme), "| `"+name[1]+"`"), name[1])
	}
}

// written is a default as the README writes it.
func written(value any) string {
	switch v := value.(type) {
	case nil:
		return "none"
	case bool:
		return map[bool]string{true: "on", false: "off"}[v]
	case time.Duration:
		return strings.Replace(v.String(), "m0s", "m", 1)
	case []any:
		words := make([]string, len(v))
		for i, word := range v {
			words[i] = fmt.Sprint(word)
			if word == "" {
				words[i] = `""`
			}
		}
		return "`[" + strings.Join(words, ", ") + "]`"
	case string:
		if v == "" || v == "[REDACTED]" {
			return "none"
		}
		return "`" + v + "`"
	default:
		return fmt.Sprint(v)
	}
}
