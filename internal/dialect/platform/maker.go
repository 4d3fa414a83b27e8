package platform

import (
	"strings"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect/provider"
)

// families are models that do not have their maker's name in theirs.
var families = []struct{ prefix, provider string }{
	{"chatgpt", "openai"},
	{"claude", "anthropic"},
	{"gpt", "openai"},
	{"o1", "openai"},
	{"o3", "openai"},
	{"o4", "openai"},
}

// Maker is the provider of a model, by the first word of its name that tells (gpt-4o, post_call_analysis_gpt_4o), or "".
func Maker(model string) string {
	for _, word := range Words(model) {
		for _, family := range families {
			if strings.HasPrefix(word, family.prefix) {
				return family.provider
			}
		}
		if known := provider.Of(word); known != "" {
			return known
		}
	}
	return ""
}

// Words are the words of a model's or product's name, in lower case.
func Words(name string) []string {
	return strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return strings.ContainsRune("_- /.", r) })
}
