package costprocessor

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/confmap/confmaptest"

	"github.com/otelcol-voice/otelcol-voice/internal/pricing"
	"github.com/otelcol-voice/otelcol-voice/internal/signal/semconv"
	"github.com/otelcol-voice/otelcol-voice/processor/costprocessor/internal/metadata"
)

func TestConfig(t *testing.T) {
	conf, err := confmaptest.LoadConf(filepath.Join("testdata", "config.yaml"))
	require.NoError(t, err)
	for id, want := range map[component.ID]*Config{
		component.NewID(metadata.Type): {OnUnknown: "count"},
		component.NewIDWithName(metadata.Type, "all"): {
			PriceFiles: []string{"testdata/prices.yaml"},
			Overrides: []pricing.Row{{
				Provider: "openai", Models: []string{"gpt-4o"}, Usage: "prompt.text", Unit: "token", Price: "2", Per: "1000000",
				EffectiveFrom: "2026-01-01T00:00:00Z", When: pricing.Conditions{ContextTokens: "> 100000"}, Source: "our contract",
			}},
			Plans: map[string]string{"cartesia": "scale"}, OnUnknown: "drop", KeepForeignCost: true,
		},
	} {
		t.Run(id.String(), func(t *testing.T) {
			cfg := createDefaultConfig()
			sub, err := conf.Sub(id.String())
			require.NoError(t, err)
			require.NoError(t, sub.Unmarshal(cfg))
			assert.Equal(t, want, cfg)
			assert.NoError(t, cfg.(*Config).Validate())
		})
	}
}

func TestConfigRefuses(t *testing.T) {
	for _, test := range []struct {
		name string
		conf map[string]any
		want string
	}{
		{"another policy", map[string]any{"on_unknown": "guess"}, `on_unknown: got "guess"; must be count, drop or fail`},
		{"an empty path", map[string]any{"price_files": []any{""}}, "price_files: got an empty path"},
		{"an unknown key", map[string]any{"currency": "EUR"}, "invalid keys: currency"},
		{
			"an unknown key of a row",
			map[string]any{"overrides": []any{map[string]any{"prise": "1"}}},
			"invalid keys: prise",
		},
		{
			"a row that is wrong",
			map[string]any{"overrides": []any{map[string]any{
				"provider": "openai", "models": []any{"gpt-4o"}, "usage": "prompt.text", "unit": "hour", "price": "-2", "per": "1",
			}}},
			`overrides: row 1 (gpt-4o prompt.text): unit "hour" does not measure prompt.text; it must be token`,
		},
		{
			"a price that YAML reads as a number",
			map[string]any{"overrides": []any{map[string]any{"price": 2.5}}},
			"expected type 'string'",
		},
		{
			"a model where models should be",
			map[string]any{"overrides": []any{map[string]any{"model": "gpt-4o"}}},
			"invalid keys: model",
		},
		{
			"a plan that nobody has",
			map[string]any{"plans": map[string]any{"cartesia": "gold"}},
			`plans: cartesia has no plan "gold"`,
		},
		{
			"a provider that nobody is",
			map[string]any{"plans": map[string]any{"cartesa": "scale"}},
			`plans: provider "cartesa" is unknown or has no plans; those that have some are ["cartesia" `,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			cfg := createDefaultConfig().(*Config)
			err := confmap.NewFromStringMap(test.conf).Unmarshal(cfg)
			if err == nil {
				err = cfg.Validate()
			}
			assert.ErrorContains(t, err, test.want)
		})
	}
}

func TestPriceFiles(t *testing.T) {
	b := newBatch()
	point(b.sum(semconv.MetricTTSCharacters, delta), 1_000_000, "provider", "home")
	h := newHarness(t, func(cfg *Config) {
		cfg.PriceFiles = []string{filepath.Join("testdata", "prices.yaml")}
		cfg.Plans = map[string]string{"home": "large"}
	})
	assert.Equal(t, []string{"1 cost_source=computed cost_type=tts provider=home"}, cost(h.consumeMetrics(b.Metrics)))
}
