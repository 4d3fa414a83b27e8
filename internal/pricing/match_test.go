package pricing

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestGlobs(t *testing.T) {
	for _, test := range []struct {
		glob, id string
		want     bool
	}{
		{"gpt-4o*", "gpt-4o", true},
		{"gpt-4o*", "gpt-4o-mini", true},
		{"gpt-4o*", "gpt-4", false},
		{"*", "meta-llama/llama-4", true},
		{"*/llama-*", "meta-llama/llama-4", true},
		{"*/llama-*", "llama-4", false},
		{"*-preview", "gpt-4o-preview", true},
		{"*-preview", "gpt-4o-preview-2", false},
		{"a*b*c", "abc", true},
		{"a*b*c", "a/b/b/c", true},
		{"a*b*c", "acb", false},
		{"a*a", "a", false},
		{"**", "", true},
		{"gpt-?", "gpt-4", false},
		{"[g]*", "gpt", false},
	} {
		assert.Equalf(t, test.want, matches(test.glob, test.id), "%s %s", test.glob, test.id)
	}
}

// unit is a price list of one dollar amount for each model.
func unit(provider string, prices map[string]string, more ...string) string {
	text := "provider: " + provider + "\n" + strings.Join(more, "\n") + "\nrows:\n"
	for model, price := range prices {
		text += `  - {models: ["` + model + `"], usage: prompt.text, unit: token, price: "` + price + `", per: "1"}` + "\n"
	}
	return text
}

type lookup struct {
	provider, model string
	want            float64
	reason          Reason
}

func assertLookups(t *testing.T, b *Book, lookups []lookup) {
	t.Helper()
	for _, test := range lookups {
		usage := Usage{Provider: test.provider, Model: test.model, Kind: PromptText, Quantity: count(1), At: today}
		for range 2 { // the second answer is from the cache
			result := b.Price(&usage)
			assert.Equalf(t, test.reason.String(), result.Reason.String(), "%s %s", test.provider, test.model)
			assert.Equalf(t, test.want, result.USD, "%s %s", test.provider, test.model)
		}
	}
}

// A glob is less specific than any id; of globs, the one with the most characters of its own wins.
func TestGlobsBySpecificity(t *testing.T) {
	b := bookOf(t, unit("acme", map[string]string{
		"gpt-4o": "1", "gpt-4o-mini": "2", "gpt-4o*": "3", "gpt-4o-realtime*": "4", "gpt-*-realtime": "5", "*": "6",
		"org/one": "7", "org/*": "8",
	}, "model_aliases: {uno: org/one}"))
	assertLookups(t, b, []lookup{
		{"acme", "gpt-4o", 1, Priced},
		{"acme", "GPT-4o-2024-08-06", 1, Priced},
		{"acme", "acme/gpt-4o", 1, Priced},
		{"acme", "gpt-4o-mini", 2, Priced},
		{"acme", "gpt-4o-mini-2024-07-18", 2, Priced},
		{"acme", "gpt-4o-audio", 3, Priced},
		{"acme", "acme/gpt-4o-audio", 3, Priced},
		{"acme", "gpt-4o-realtime-preview", 4, Priced},
		{"acme", "gpt-5-realtime", 5, Priced},
		{"acme", "gpt-5-realtime-2026-01-01", 5, Priced},
		{"acme", "gpt-4o-realtime", 4, Priced},
		{"acme", "claude", 6, Priced},
		{"acme", "meta-llama/llama-4", 6, Priced},
		{"acme", "uno", 7, Priced},
		{"acme", "org/two", 8, Priced},
		{"acme", "gpt-4o*", 3, Priced},
		{"acme", "", 0, NoModel},
		{"acme", "acme", 0, NoModel},
		{"acme", strings.Repeat("x", maxKeyLength+1), 0, NoModel},
	})
}

func TestGlobsOfOneSpecificityAreAmbiguous(t *testing.T) {
	b := bookOf(t, unit("acme", map[string]string{"one-*": "1", "*-one": "2", "one-two-*": "3"}))
	assertLookups(t, b, []lookup{
		{"acme", "one-a", 1, Priced},
		{"acme", "a-one", 2, Priced},
		{"acme", "one-one", 0, Ambiguous},
		{"acme", "one-two-one", 3, Priced},
	})
}

// Where no provider is named, an id goes before a glob, whoever has it; and a glob for everything says nothing about whose a
// model is.
func TestGlobsWithoutProvider(t *testing.T) {
	b := bookOf(t,
		unit("acme", map[string]string{"one": "1", "two-*": "2"}),
		unit("beta", map[string]string{"one-*": "3", "two-*": "4", "on*": "5"}),
		unit("home", map[string]string{"*": "6"}),
		unit("shop", map[string]string{"three": "7", "four-*": "8"}, "reseller: true"),
	)
	assertLookups(t, b, []lookup{
		{"", "one", 1, Priced},
		{"", "one-mini", 3, Priced},
		{"", "two-mini", 0, Ambiguous},
		{"", "zero", 0, NoModel},
		{"", "home/zero", 6, Priced},
		{"home", "zero", 6, Priced},
		{"", "three", 0, NoProvider},
		{"", "four-mini", 0, NoModel},
		{"shop", "four-mini", 8, Priced},
	})
}

// A glob of the user's own fills gaps: what the book has an id for stays as it is.
func TestGlobsOfLaterLayers(t *testing.T) {
	b := bookOf(t, unit("acme", map[string]string{"one": "1"}), unit("acme", map[string]string{"*": "2", "one-mini": "3"}))
	assertLookups(t, b, []lookup{
		{"acme", "one", 1, Priced},
		{"acme", "one-mini", 3, Priced},
		{"acme", "two", 2, Priced},
	})
}

func TestRegionsInModelIDs(t *testing.T) {
	b := bookOf(t, `
provider: aws
provider_aliases: [bedrock]
rows:
  - {models: [claude-sonnet-4-5], usage: prompt.text, unit: token, price: "1", per: "1"}
  - {models: [claude-sonnet-4-5], usage: prompt.text, unit: token, price: "2", per: "1", when: {region: us}}
  - {models: [claude-sonnet-4-5], usage: prompt.text, unit: token, price: "3", per: "1", when: {region: us-east-1}}
  - {models: [us.amazon.nova-sonic-v1:0], usage: prompt.text, unit: token, price: "4", per: "1"}
  - {models: [amazon.nova-sonic-v1:0], usage: prompt.text, unit: token, price: "5", per: "1"}
  - {models: [amazon.nova-sonic-v2:0], usage: prompt.text, unit: token, price: "6", per: "1"}
`)
	assertLookups(t, b, []lookup{
		{"aws", "claude-sonnet-4-5", 1, Priced},
		{"aws", "global.anthropic.claude-sonnet-4-5-20250929-v1:0", 1, Priced},
		{"aws", "us.anthropic.claude-sonnet-4-5-20250929-v1:0", 2, Priced},
		{"aws", "anthropic.claude-sonnet-4-5-20250929-v1:0", 1, Priced},
		{"aws", "bedrock/us.anthropic.claude-sonnet-4-5", 2, Priced},
		{"", "bedrock/us-east-1/anthropic.claude-sonnet-4-5", 3, Priced},
		{"aws", "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-sonnet-4-5-20250929-v1:0", 2, Priced},
		{"aws", "arn:aws:bedrock:eu-west-1::foundation-model/anthropic.claude-sonnet-4-5", 1, Priced},
		{"aws", "us.amazon.nova-sonic-v1:0", 4, Priced},
		{"aws", "eu.amazon.nova-sonic-v1:0", 5, Priced},
		{"aws", "amazon.nova-sonic-v2:0", 6, Priced},
		{"aws", "amazon.nova-sonic-v3:0", 0, NoModel},
		{"aws", "mars.anthropic.claude-sonnet-4-5", 0, NoModel},
		{"aws", "anthropic.claude-sonnet-4-5-v1:0", 0, NoModel},
		{"aws", "us.", 0, NoModel},
		{"", "us.anthropic.claude-sonnet-4-5", 0, NoModel},
	})
	told := Usage{Provider: "aws", Model: "us.anthropic.claude-sonnet-4-5", Region: "us-east-1", Kind: PromptText, Quantity: count(1), At: today}
	assert.Equal(t, 3.0, b.Price(&told).USD, "a region that is told goes before the one in the id")
}

func TestPathsOfResources(t *testing.T) {
	b := bookOf(t, unit("google", map[string]string{"gemini-2.5-flash": "1", "models/own": "2", "own": "3"}))
	assertLookups(t, b, []lookup{
		{"google", "models/gemini-2.5-flash", 1, Priced},
		{"google", "projects/p/locations/us-central1/publishers/google/models/gemini-2.5-flash", 1, Priced},
		{"google", "models/own", 2, Priced},
		{"google", "tunedModels/own", 0, NoModel},
		{"google", "models/", 0, NoModel},
	})
}

// The way to a model depends neither on how many rows there are nor on their order.
func TestLookupDoesNotDependOnOrder(t *testing.T) {
	row := func(model, price string) Row {
		return Row{Provider: "acme", Models: []string{model}, Usage: "prompt.text", Unit: "token", Price: price, Per: "1"}
	}
	rows := []Row{row("gpt-4o", "1"), row("gpt-4o*", "2"), row("gpt-4o-mini*", "3"), row("*mini-2026", "4"), row("gpt-4o-mini", "5")}
	for range len(rows) {
		rows = append(rows[1:], rows[0])
		b, err := NewBook(Settings{}, Overrides("rows", rows))
		require.NoError(t, err)
		assertLookups(t, b, []lookup{
			{"acme", "gpt-4o", 1, Priced},
			{"acme", "gpt-4o-audio", 2, Priced},
			{"acme", "gpt-4o-mini-audio", 3, Priced},
			{"acme", "gpt-4o-mini", 5, Priced},
			{"acme", "gpt-4o-mini-2026", 3, Priced},
		})
	}
}
