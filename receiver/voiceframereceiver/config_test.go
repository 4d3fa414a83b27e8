package voiceframereceiver

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/confmap/confmaptest"

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
	assert.Equal(t, 30*time.Second, frames.ServerConfig.ReadTimeout)
	assert.Equal(t, 10*time.Second, frames.ServerConfig.ReadHeaderTimeout)
	assert.False(t, frames.ServerConfig.CORS.HasValue())
	assert.Equal(t, 10_000, frames.MaxFrames)
	assert.Equal(t, 32, frames.MaxDepth)
	assert.Equal(t, "voice-bot", config.ServiceName)
	assert.Equal(t, 5*time.Minute, config.IdleTimeout)
	assert.Equal(t, 15*time.Minute, config.RememberEnded)
	assert.Equal(t, 100_000, config.MaxCalls)
	assert.Equal(t, 10*time.Second, config.ObserveInterval)
}

func TestEveryOption(t *testing.T) {
	config, err := load(t, "all")
	require.NoError(t, err)
	frames := config.Protocols.Frames.Get()
	assert.Equal(t, "0.0.0.0:9999", frames.ServerConfig.NetAddr.Endpoint)
	assert.True(t, frames.ServerConfig.Auth.HasValue())
	assert.Equal(t, 500, frames.MaxFrames)
	assert.Equal(t, 16, frames.MaxDepth)
	assert.Equal(t, "voice-rag-bot", config.ServiceName)
	assert.Equal(t, 2*time.Minute, config.IdleTimeout)
	assert.Equal(t, time.Hour, config.RememberEnded)
	assert.Equal(t, 5000, config.MaxCalls)
	assert.Equal(t, 30*time.Second, config.ObserveInterval)
}

func TestNonsenseIsNamed(t *testing.T) {
	_, err := load(t, "nonsense")
	for _, want := range []string{
		"service_name: is empty: name the bot",
		"idle_timeout: 0s: must be at least 1s",
		"remember_ended: -1s: must be at least 0s",
		"max_calls: 0: must be at least 1",
		"observe_interval: 1ms: must be at least 100ms",
		"max_frames: 0: must be at least 1",
		"max_depth: 1: must be at least 4",
		"max_request_body_size: -1: must be at least 1 byte",
	} {
		assert.ErrorContains(t, err, want)
	}
	assert.ErrorContains(t, (&Config{}).Validate(), "protocols: none is on")
}
