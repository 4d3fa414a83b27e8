package pricing

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func explained(t *testing.T) *Book {
	t.Helper()
	base, err := Embedded()
	require.NoError(t, err)
	b, err := NewBook(Settings{Discounts: []Discount{
		{Provider: "openai", Models: []string{"gpt-5.4"}, Multiplier: "0.8", Note: "our contract"},
		{Provider: "twilio", Multiplier: "0.9"},
	}}, base, Overrides("overrides", []Row{{
		Provider: "openai", Models: []string{"gpt-5.4"}, Usage: "prompt.text", Unit: "token", Price: "3", Per: "1000000",
		EffectiveFrom: "2027-01-01T00:00:00Z",
	}}))
	require.NoError(t, err)
	return b
}

func TestArithmetic(t *testing.T) {
	b := explained(t)
	for _, test := range []struct {
		usage Usage
		want  []string
	}{
		{
			Usage{Provider: "openai", Model: "gpt-4o", Kind: PromptText, Quantity: count(146)},
			[]string{"146 tokens x $2.50 / 1,000,000 tokens = $0.000365"},
		},
		{
			Usage{Provider: "openai", Model: "gpt-5.4", Kind: PromptText, Quantity: count(1_460_000)},
			[]string{"1,460,000 tokens x $2.50 / 1,000,000 tokens = $3.65", "x 0.8 (discounts[0]: our contract) = $2.92"},
		},
		{
			Usage{Provider: "twilio", Model: "voice-inbound", Kind: Transport, Quantity: measure(61.2), Single: true},
			[]string{
				"61.2 seconds billed as 120 seconds (up to a multiple of 60 per leg)",
				"120 seconds x $0.0085 / minute = $0.017",
				"x 0.9 (discounts[1]) = $0.0153",
			},
		},
		{
			Usage{Provider: "groq", Model: "whisper-large-v3", Kind: STTAudio, Quantity: count(3), Single: true},
			[]string{"3 seconds billed as 10 seconds (at least 10 per request)", "10 seconds x $0.111 / hour ≈ $0.000308333333333333"},
		},
		{
			Usage{Provider: "google", Model: "chirp_3", Kind: STTAudio, Quantity: count(30), Channels: 2},
			[]string{"30 seconds billed as 60 seconds (2 channels)", "60 seconds x $0.016 / minute = $0.016"},
		},
		{
			Usage{Provider: "gladia", Kind: STTSession, Quantity: measure(74.2)},
			[]string{"74.2 seconds x $0.75 / hour ≈ $0.0154583333333333"},
		},
		{
			Usage{Provider: "cartesia", Kind: Characters, Quantity: count(1)},
			[]string{"1 character x $50.00 / 1,000,000 characters = $0.00005"},
		},
	} {
		test.usage.At = today
		e := b.Explain(&test.usage)
		assert.Equal(t, test.want, e.Arithmetic)
		result := b.Price(&test.usage)
		require.NotNil(t, e.USD)
		assert.Equal(t, result.USD, *e.USD)
		assert.Equal(t, result.List, *e.List)
		assert.Empty(t, e.Reason)
		assert.Equal(t, b.Version(), e.Version)
	}
}

func TestExplainTheWay(t *testing.T) {
	b := explained(t)
	for _, test := range []struct {
		usage Usage
		want  []Step
	}{
		{Usage{Provider: "OpenAI", Model: "openai/gpt-5.4-2026-03-05", Kind: PromptText}, []Step{
			{"provider", "openai", true},
			{"id", "openai/gpt-5.4-2026-03-05", false},
			{"id, no date", "openai/gpt-5.4", false},
			{"no provider", "gpt-5.4-2026-03-05", false},
			{"no provider, no date", "gpt-5.4", true},
		}},
		{Usage{Provider: "groq", Model: "kimi-k2", Kind: PromptText}, []Step{
			{"provider", "groq", true},
			{"id", "kimi-k2", false},
			{"id, alias", "moonshotai/kimi-k2-instruct", true},
		}},
		{Usage{Model: "cartesia", Kind: Characters}, []Step{
			{"id at any provider", "cartesia", false},
			{"provider in front of the model", "cartesia", true},
			{"id", "cartesia", false},
			{"default", "sonic-3.5", true},
		}},
		{Usage{Provider: "nobody", Model: "one", Kind: PromptText}, []Step{{"provider", "nobody", false}}},
	} {
		assert.Equal(t, test.want, b.Explain(&test.usage).Lookup)
	}
}

func TestExplainGlobs(t *testing.T) {
	b := bookOf(t, unit("acme", map[string]string{"one*": "1", "*two": "2", "one-*": "3"}))
	e := b.Explain(&Usage{Provider: "acme", Model: "one-x", Kind: PromptText, Quantity: count(1), At: today})
	assert.Equal(t, []Step{{"provider", "acme", true}, {"id", "one-x", false}, {"glob", "one-*", true}}, e.Lookup)
	e = b.Explain(&Usage{Provider: "acme", Model: "onetwo", Kind: PromptText, Quantity: count(1), At: today})
	assert.Equal(t, "ambiguous", e.Reason)
	assert.Equal(t, []Step{{"provider", "acme", true}, {"id", "onetwo", false}, {"glob", "*two", true}, {"glob", "one*", true}}, e.Lookup)
}

// Of each row that could have applied, it says why it does not.
func TestExplainWhyNot(t *testing.T) {
	base, err := Parse("list.yaml", []byte(`
provider: acme
source: the price page
verified: "2026-10-01"
confidence: high
rows:
  - {models: [one], usage: prompt.text, unit: token, price: "1", per: "1000", note: the usual}
  - {models: [one], usage: prompt.text, unit: token, price: "2", per: "1000", when: {context_tokens: "> 200"}}
  - {models: [one], usage: prompt.text, unit: token, price: "3", per: "1000", when: {service_tier: batch}}
  - {models: [one], usage: prompt.text, unit: token, price: "4", per: "1000", when: {region: eu, context_tokens: "> 200"}}
  - {models: [one], usage: prompt.text, unit: token, price: "5", per: "1000", when: {plan: gold, region: eu, context_tokens: "> 200"}}
  - {models: ["one*"], usage: prompt.text, unit: token, price: "7", per: "1000"}
  - {models: [two], usage: prompt.text, unit: token, price: "8", per: "1000"}
`))
	require.NoError(t, err)
	over := func(price, more string) Layer {
		file, err := Parse("mine.yaml", []byte(`rows: [{provider: acme, models: [one], usage: prompt.text, unit: token, price: "`+price+`", per: "1000"`+more+`}]`))
		require.NoError(t, err)
		return Layer{file}
	}
	b, err := NewBook(Settings{}, Layer{base}, over("9", `, effective_until: "2026-01-01T00:00:00Z"`),
		over("10", `, effective_from: "2027-01-01T00:00:00Z"`), over("11", `, when: {region: us}`), over("6", `, when: {time_of_day: "00:00-06:00"}`))
	require.NoError(t, err)
	why := func(u Usage) map[string]string {
		u.Provider, u.Model, u.Kind, u.Quantity, u.At = "acme", "one", PromptText, count(1), today
		all := map[string]string{}
		for _, c := range b.Explain(&u).Rows {
			all[c.Price] = c.Why
			assert.Equal(t, c.Why == "", c.Applies)
		}
		return all
	}
	assert.Equal(t, map[string]string{
		"$1.00 / 1,000 tokens":  "",
		"$2.00 / 1,000 tokens":  "needs a request of > 200 tokens; this one has an unknown number",
		"$3.00 / 1,000 tokens":  "is for the service tier batch, not default",
		"$4.00 / 1,000 tokens":  "is for the region eu, not an unknown one",
		"$5.00 / 1,000 tokens":  "is for the plan gold, which the account does not have",
		"$6.00 / 1,000 tokens":  "is for 00:00-06:00 UTC, not 12:00",
		"$9.00 / 1,000 tokens":  "held only until 2026-01-01T00:00:00Z",
		"$10.00 / 1,000 tokens": "holds only from 2027-01-01T00:00:00Z on",
		"$11.00 / 1,000 tokens": "is for the region us, not an unknown one",
	}, why(Usage{}))
	us := why(Usage{Region: "us", RequestTokens: 1000})
	assert.Equal(t, "mine.yaml: row 1 is of a later layer", us["$2.00 / 1,000 tokens"])
	assert.Empty(t, us["$11.00 / 1,000 tokens"])
	eu := why(Usage{Region: "eu", RequestTokens: 1000})
	assert.Equal(t, "list.yaml: row 4 is more specific", eu["$2.00 / 1,000 tokens"])
	assert.Equal(t, "needs a request of > 200 tokens; this one has 20", why(Usage{RequestTokens: 20})["$2.00 / 1,000 tokens"])

	e := b.Explain(&Usage{Provider: "acme", Model: "one", Kind: PromptText, Quantity: count(1), At: today})
	assert.Equal(t, "context_size", e.Estimate)
	for _, c := range e.Rows {
		if c.Applies {
			assert.Equal(t, Candidate{
				Place: "list.yaml: row 1", Models: []string{"one"}, Usage: "prompt.text", Price: "$1.00 / 1,000 tokens",
				Source: "the price page", Verified: "2026-10-01", Confidence: "high", Note: "the usual", Applies: true,
			}, c)
		}
	}
}

func TestExplainWhatHasNoPrice(t *testing.T) {
	b := explained(t)
	for _, test := range []struct {
		usage          Usage
		reason, detail string
		rows           bool
	}{
		{Usage{Model: "gpt-4oo", Kind: PromptText}, "no_model", `; the nearest known is "openai/gpt-4o"`, false},
		{Usage{Provider: "nobody", Model: "qqqqqqqq", Kind: PromptText}, "no_provider", "nothing says who it is", false},
		{Usage{Provider: "deepgram", Model: "nova-3", Kind: Characters}, "no_kind", "and none that holds for characters", false},
		{Usage{Provider: "cartesia", Model: "sonic-2", Kind: Characters}, "expired", "all rows of this kind are for other times", true},
		{Usage{Provider: "gladia", Kind: STTAudio}, "unit_mismatch", "bills the same use in another quantity", true},
	} {
		test.usage.At, test.usage.Quantity = today, count(1)
		e := b.Explain(&test.usage)
		assert.Equal(t, test.reason, e.Reason)
		assert.Contains(t, e.Detail, test.detail)
		assert.Equal(t, test.rows, len(e.Rows) > 0)
		assert.Nil(t, e.USD)
		assert.Nil(t, e.List)
		text, err := json.Marshal(e)
		require.NoError(t, err)
		assert.Contains(t, string(text), `"usd":null`, "unknown is not zero")
	}
}

// Whatever is asked, the explanation is one, and JSON.
func TestExplainAnything(t *testing.T) {
	b := explained(t)
	for _, quantity := range []Quantity{count(0), count(math.MaxInt64), measure(1e300), measure(math.SmallestNonzeroFloat64), measure(0.1)} {
		for _, usage := range []Usage{
			{Provider: "twilio", Model: "voice-inbound", Kind: Transport, Single: true},
			{Model: "gpt-4o", Kind: CompletionReasoning},
			{Kind: Unknown},
		} {
			usage.Quantity, usage.Channels = quantity, math.MaxInt64
			_, err := json.Marshal(b.Explain(&usage))
			require.NoError(t, err)
		}
	}
}

func TestNumbersInWords(t *testing.T) {
	for _, test := range []struct{ number, want string }{
		{"0", "0"},
		{"1234567", "1,234,567"},
		{"0.000365", "0.000365"},
		{"1/3", "0.333333333333333"},
		{"123456789012345678", "123,456,789,012,346,000"},
		{"1000000", "1,000,000"},
		{"100", "100"},
	} {
		number, ok := exactly(test.number)
		require.True(t, ok)
		assert.Equal(t, test.want, plain(number))
	}
}
