package costprocessor

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/confmap"
)

func TestSourcesOfYAML(t *testing.T) {
	for name, test := range map[string]struct {
		value any
		want  Sources
	}{
		"true":    {true, Sources{"lk.agents.usage": {}}},
		"nothing": {nil, Sources{"lk.agents.usage": {}}},
		"empty":   {map[string]any{}, Sources{"lk.agents.usage": {}}},
		"false":   {false, Sources{"lk.agents.usage": {off: true}}},
		"more":    {map[string]any{"provider": "openai"}, Sources{"lk.agents.usage": {Provider: "openai"}}},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := createDefaultConfig().(*Config)
			require.NoError(t, confmap.NewFromStringMap(map[string]any{
				"sources": map[string]any{"lk.agents.usage": test.value},
			}).Unmarshal(cfg))
			assert.Empty(t, cfg.Sources["none"])
			if test.want == nil {
				assert.Empty(t, cfg.Sources)
			} else {
				assert.Equal(t, test.want, cfg.Sources)
			}
			assert.NoError(t, confmap.Validate(cfg))
		})
	}
}

func TestSourcesRefuse(t *testing.T) {
	for _, test := range []struct {
		name    string
		sources map[string]any
		want    string
	}{
		{"a word", map[string]any{"lk.agents.usage": "yes"}, `sources: "lk.agents.usage" is yes; write true, or what its points count`},
		{"an unknown key", map[string]any{"lk.agents.usage": map[string]any{"stage": "stt"}}, "invalid keys: stage"},
		{
			"an unknown source",
			map[string]any{"acme.tokens": true},
			`sources: "acme.tokens" is not a source that is known (gen_ai.client.inference.usage, gen_ai.client.token.usage, lk.agents.usage); ` +
				"say what its points count, with usage, or with kind_attribute and kinds",
		},
		{
			"a part of a source",
			map[string]any{"lk.agents.usage.tts_characters": true},
			`sources: "lk.agents.usage.tts_characters" belongs to lk.agents.usage, whose metrics contain each other and are priced together; name that`,
		},
		{"ours", map[string]any{"voice.llm.tokens.total": true}, `sources: "voice.llm.tokens.total" is priced as it is; remove it`},
		{"no name", map[string]any{"": true}, `sources: "" is priced as it is; remove it`},
		{"a stage that is none", oneSource("lk.agents.usage", "stages", []any{"ears"}), `sources: "lk.agents.usage" has stage "ears"; it must be one of stt, llm, `},
		{"an attribute without a name", oneSource("lk.agents.usage", "model_attributes", []any{""}), `has an empty name in provider_attributes or model_attributes`},
		{"what is known, explained", oneSource("lk.agents.usage", "usage", "characters"), `is several metrics, which are known; remove usage`},
		{"a kind that is none", oneSource("acme", "usage", "words"), `sources: "acme" has usage "words", which is not a kind of usage; it must be one of prompt.text, `},
		{"two ways", oneSource("acme", "usage", "characters", "gross", true), `has usage beside kind_attribute, kinds or gross`},
		{"an attribute without kinds", oneSource("acme", "kind_attribute", "a"), `needs both kind_attribute and kinds`},
		{"kinds without an attribute", oneSource("acme", "kinds", map[string]any{"a": "characters"}), `needs both kind_attribute and kinds`},
		{
			"a kind of a value that is none", oneSource("acme", "kind_attribute", "a", "kinds", map[string]any{"in": "prompt"}),
			`sources: "acme" has kinds::in "prompt", which is not a kind of usage`,
		},
		{
			"two wholes", oneSource("acme", "kind_attribute", "a", "gross", true, "kinds", map[string]any{"in": "prompt.text", "system": "prompt.text"}),
			`sources: "acme" is gross and has two kinds prompt.text`,
		},
		{
			"a metric twice",
			map[string]any{"lk.agents.usage": true, "lk.agents.usage.tts_characters": map[string]any{"usage": "characters"}},
			`sources: "lk.agents.usage" and "lk.agents.usage.tts_characters" both are about lk.agents.usage.tts_characters; remove one`,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			cfg := createDefaultConfig().(*Config)
			err := confmap.NewFromStringMap(map[string]any{"sources": test.sources}).Unmarshal(cfg)
			if err == nil {
				err = confmap.Validate(cfg)
			}
			assert.ErrorContains(t, err, test.want)
		})
	}
}

// oneSource is a source with keys and values.
func oneSource(name string, kv ...any) map[string]any {
	entry := map[string]any{}
	for i := 0; i < len(kv); i += 2 {
		entry[kv[i].(string)] = kv[i+1]
	}
	return map[string]any{name: entry}
}

func TestPointAttributesRefuse(t *testing.T) {
	for name, want := range map[string]string{
		"currency": `point_attributes: got "currency"; must be price_version or basis`,
		"basis":    `point_attributes: got "basis" twice; remove one`,
	} {
		cfg := createDefaultConfig().(*Config)
		cfg.PointAttributes = []string{"basis", name}
		assert.ErrorContains(t, cfg.Validate(), want)
	}
}
