package costprocessor

import (
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/config/configoptional"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/confmap/confmaptest"

	"github.com/otelcol-voice/otelcol-voice/internal/pricing"
	"github.com/otelcol-voice/otelcol-voice/internal/signal/semconv"
	"github.com/otelcol-voice/otelcol-voice/processor/costprocessor/internal/metadata"
)

func TestConfig(t *testing.T) {
	conf, err := confmaptest.LoadConf(filepath.Join("testdata", "config.yaml"))
	require.NoError(t, err)
	withURL := createDefaultConfig().(*Config)
	address := newDefaultPriceURLConfig()
	address.ClientConfig.Endpoint, address.Interval, address.Format = "https://prices.example/all.yaml", 10*time.Minute, "voice"
	address.ClientConfig.Timeout = 5 * time.Second
	address.ClientConfig.Headers.Set("X-Token", "s3cret")
	withURL.PriceURL = configoptional.Some(address)
	storage := component.MustNewID("file_storage")

	for id, want := range map[component.ID]*Config{
		component.NewID(metadata.Type):                    createDefaultConfig().(*Config),
		component.NewIDWithName(metadata.Type, "address"): withURL,
		component.NewIDWithName(metadata.Type, "all"): {
			PriceFiles: []PriceFileConfig{{Path: "testdata/prices.yaml"}, {Path: "testdata/more.yaml", Format: "voice"}},
			PriceURL:   configoptional.Default(newDefaultPriceURLConfig()), ReloadInterval: time.Minute,
			Overrides: []pricing.Row{{
				Provider: "openai", Models: []string{"gpt-4o"}, Usage: "prompt.text", Unit: "token", Price: "2", Per: "1000000",
				EffectiveFrom: "2026-01-01T00:00:00Z", When: pricing.Conditions{ContextTokens: "> 100000"}, Source: "our contract",
			}},
			Discounts: []pricing.Discount{{
				Provider: "openai", Models: []string{"gpt-4o*"}, Usage: []string{"prompt.text"}, Multiplier: "0.8",
				When: pricing.Conditions{Region: "eu"}, EffectiveFrom: "2026-01-01T00:00:00Z", Note: "our contract",
			}},
			Plans: map[string]string{"cartesia": "scale"}, OnUnknown: "drop", KeepForeignCost: true, Storage: &storage,
			Sources: Sources{
				"gen_ai.client.token.usage":     {},
				"gen_ai.client.inference.usage": {off: true},
				"lk.agents.usage":               {Stages: []string{"stt"}},
				"acme.tokens": {
					KindAttribute: "direction", Kinds: map[string]string{"in": "prompt.text", "cached": "prompt.cache_read"}, Gross: true,
					ProviderAttributes: []string{"vendor"}, Model: "acme-1",
				},
			},
			PointAttributes: []string{"price_version", "basis"},
		},
	} {
		t.Run(id.String(), func(t *testing.T) {
			cfg := createDefaultConfig()
			sub, err := conf.Sub(id.String())
			require.NoError(t, err)
			require.NoError(t, sub.Unmarshal(cfg))
			assert.Equal(t, want, cfg)
			assert.NoError(t, confmap.Validate(cfg))
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
		{"an empty path", map[string]any{"price_files": []any{""}}, "price_files::0: path: is empty"},
		{"no path", map[string]any{"price_files": []any{"a.yaml", map[string]any{"format": "voice"}}}, "price_files::1: path: is empty"},
		{"a format that nobody knows", priceFile("path", "a.csv", "format", "csv"), `price_files::0: format: got "csv"; must be `},
		{"an unknown key of a file", priceFile("path", "a.yaml", "formt", "voice"), "invalid keys: formt"},
		{"a look too often", map[string]any{"reload_interval": "10ms"}, "reload_interval: got 10ms; must be at least 1s, or 0"},
		{"a look back in time", map[string]any{"reload_interval": "-1s"}, "reload_interval: got -1s"},
		{"no endpoint", priceURL(), "price_url: endpoint: is empty"},
		{"an endpoint without a scheme", priceURL("endpoint", "prices.example/a.yaml"), "price_url: endpoint: is not an address"},
		{"an endpoint of another kind", priceURL("endpoint", "ftp://prices.example/a.yaml"), "endpoint: is not an address"},
		{"a user in the endpoint", priceURL("endpoint", "https://me:s3cret@prices.example"), "endpoint: has a user in it"},
		{"a request too often", priceURL("endpoint", "https://prices.example", "interval", "5s"), "interval: got 5s; must be at least 1m0s"},
		{"a request for ever", priceURL("endpoint", "https://prices.example", "timeout", "0s"), "timeout: got 0s; must be more than 0"},
		{"nothing to compress", priceURL("endpoint", "https://prices.example", "compression", "gzip"), `compression: got "gzip"; take it away`},
		{"a format of answers", priceURL("endpoint", "https://prices.example", "format", "csv"), `price_url: format: got "csv"`},
		{"an unknown key of an address", priceURL("endpoint", "https://prices.example", "every", "1h"), "invalid keys: every"},
		{
			"an unknown key of a discount",
			map[string]any{"discounts": []any{map[string]any{"provider": "openai", "factor": "0.8"}}},
			"invalid keys: factor",
		},
		{
			"a discount that makes no sense",
			discount("provider", "openai", "multiplier", "20%"),
			`discounts[0]: multiplier "20%"`,
		},
		{
			"a discount of nobody's",
			discount("provider", "opnai", "multiplier", "0.8"),
			`discounts[0]: provider "opnai" is not in the book; the nearest known is "openai"`,
		},
		{
			"a discount that makes no sense, for a provider that may be in a file",
			besides(discount("provider", "acme", "multiplier", "-1"), "price_files", []any{"a.yaml"}),
			`discounts[0]: multiplier "-1"`,
		},
		{
			"a discount for nobody, with an address",
			besides(discount("multiplier", "0.8"), "price_url", map[string]any{"endpoint": "https://prices.example"}),
			"discounts[0]: provider is empty",
		},
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
				err = confmap.Validate(cfg)
			}
			assert.ErrorContains(t, err, test.want)
			assert.NotContains(t, err.Error(), "s3cret")
		})
	}
}

func priceFile(pairs ...string) map[string]any {
	return map[string]any{"price_files": []any{mapOf(pairs)}}
}

func priceURL(pairs ...string) map[string]any { return map[string]any{"price_url": mapOf(pairs)} }

func discount(pairs ...string) map[string]any {
	return map[string]any{"discounts": []any{mapOf(pairs)}}
}

func besides(conf map[string]any, key string, value any) map[string]any {
	conf[key] = value
	return conf
}

func mapOf(pairs []string) map[string]any {
	fields := map[string]any{}
	for pair := range slices.Chunk(pairs, 2) {
		fields[pair[0]] = pair[1]
	}
	return fields
}

func TestPriceFiles(t *testing.T) {
	b := newBatch()
	point(b.sum(semconv.MetricTTSCharacters, delta), 1_000_000, "provider", "home")
	h := newHarness(t, func(cfg *Config) {
		cfg.PriceFiles = []PriceFileConfig{{Path: filepath.Join("testdata", "prices.yaml")}}
		cfg.Plans = map[string]string{"home": "large"}
	})
	assert.Equal(t, []string{"1 cost_source=computed cost_type=tts provider=home"}, cost(h.consumeMetrics(b.Metrics)))
}

// What plans and discounts refer to may be in a file; then the start finds out.
func TestDiscountOfAPriceFile(t *testing.T) {
	for provider, want := range map[string]string{
		"home": "",
		"hone": `discounts[0]: provider "hone" is not in the book; the nearest known is "home"`,
	} {
		b := newPricedBench(t, map[string]any{
			"price_files": []any{map[string]any{"path": filepath.Join("testdata", "prices.yaml"), "format": "voice"}},
			"discounts":   []any{mapOf([]string{"provider", provider, "multiplier", "0.5"})},
		})
		err := b.start(t.Context(), componenttest.NewNopHost())
		if want != "" {
			require.ErrorContains(t, err, want)
			continue
		}
		require.NoError(t, err)
		md := newBatch()
		point(md.sum(semconv.MetricTTSCharacters, delta), 1_000_000, "provider", "home")
		assert.Equal(t, 1.0, b.costOf(md.Metrics))
	}
}
