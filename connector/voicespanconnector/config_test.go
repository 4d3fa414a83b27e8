package voicespanconnector

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/confmap/confmaptest"
	"go.yaml.in/yaml/v3"

	"github.com/otelcol-voice/otelcol-voice/connector/voicespanconnector/internal/metadata"
)

func load(t *testing.T, name string) (*Config, error) {
	file, err := confmaptest.LoadConf(filepath.Join("testdata", "config.yaml"))
	require.NoError(t, err)
	sub, err := file.Sub(component.NewIDWithName(metadata.Type, name).String())
	require.NoError(t, err)
	config := createDefaultConfig().(*Config)
	if err := sub.Unmarshal(config); err != nil {
		return nil, err
	}
	return config, confmap.Validate(config)
}

func TestDefaults(t *testing.T) {
	config, err := load(t, "")
	require.NoError(t, err)
	assert.Equal(t, &Config{
		ServiceName: "voice-bot", JoinWindow: 2 * time.Minute, EndDelay: 5 * time.Second, IdleTimeout: 5 * time.Minute,
		RememberEnded: 15 * time.Minute, MaxCalls: 100_000, MaxTraces: 100_000, MaxHeldSpans: 50_000, MaxAttributeValues: 500,
		ObserveInterval: 10 * time.Second,
	}, config)
}

func TestAllOptions(t *testing.T) {
	config, err := load(t, "all")
	require.NoError(t, err)
	storage := component.MustNewIDWithName("file_storage", "calls")
	assert.Equal(t, &Config{
		ServiceName: "voice-rag-bot", JoinWindow: 30 * time.Second, EndDelay: time.Second, IdleTimeout: 2 * time.Minute,
		RememberEnded: time.Hour, MaxCalls: 5000, MaxTraces: 6000, MaxHeldSpans: 7000, MaxAttributeValues: 50,
		ObserveInterval: 30 * time.Second, Storage: &storage,
	}, config)
}

func TestNonsense(t *testing.T) {
	for name, reasons := range map[string][]string{
		"nonsense": {
			"service_name: is empty", "join_window: -1s: must be at least 0s", "end_delay: -2s: must be at least 0s",
			"idle_timeout: 0s: must be at least 1s", "remember_ended: -1s: must be at least 0s", "max_calls: 0: must be at least 1",
			"max_traces: 0: must be at least 1", "max_held_spans: 0: must be at least 1", "max_attribute_values: 0: must be at least 1",
			"observe_interval: 1ms: must be at least 1s",
		},
		"late":    {"end_delay: 5m0s: must be less than idle_timeout, which is 5m0s"},
		"unknown": {"join_windw"},
	} {
		_, err := load(t, name)
		for _, reason := range reasons {
			assert.ErrorContains(t, err, reason, name)
		}
	}
}

// Every option is in the README, with its default.
func TestReadmeHasEveryOption(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	config := reflect.ValueOf(createDefaultConfig()).Elem()
	for i := range config.NumField() {
		key := config.Type().Field(i).Tag.Get("mapstructure")
		if key == "" {
			continue
		}
		value := config.Field(i).Interface()
		text := fmt.Sprintf("`%v`", value)
		switch value := value.(type) {
		case time.Duration:
			text = "`" + shortly(value) + "`"
		case *component.ID:
			text = "none"
		}
		assert.Contains(t, string(readme), "| `"+key+"` | "+text+" |")
	}
}

// Every metric of its own is in the README, and every value that its attributes may have.
func TestReadmeHasEveryMetric(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	file, err := os.ReadFile("metadata.yaml")
	require.NoError(t, err)
	var own struct {
		Attributes map[string]struct{ Enum []string } `yaml:"attributes"`
		Telemetry  struct{ Metrics map[string]any }   `yaml:"telemetry"`
	}
	require.NoError(t, yaml.Unmarshal(file, &own))
	require.Len(t, own.Telemetry.Metrics, 15)
	for name := range own.Telemetry.Metrics {
		assert.Contains(t, string(readme), "`"+strings.TrimPrefix(name, "connector_voice_span_")+"`")
	}
	for name, attribute := range own.Attributes {
		for _, value := range attribute.Enum {
			if name != "framework" || value == "none" {
				assert.Contains(t, string(readme), "`"+value+"`", name)
			}
		}
	}
}

// shortly is a duration as one writes it.
func shortly(d time.Duration) string {
	text := d.String()
	for _, zero := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(text, zero) {
			text = text[:len(text)-2]
		}
	}
	return text
}
