package pricing

import (
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const listed = `
provider: acme
provider_aliases: [acme.ai]
model_aliases: {uno: one}
rows:
  - {models: [one, two], usage: prompt.text, unit: token, price: "10", per: "1"}
  - {models: [one], usage: prompt.text, unit: token, price: "20", per: "1", when: {context_tokens: "> 100"}}
  - {models: [one], usage: prompt.text, unit: token, price: "5", per: "1", when: {service_tier: flex}}
  - {models: [one], usage: prompt.text, unit: token, price: "11", per: "1", when: {region: eu}}
  - {models: [one], usage: prompt.text, unit: token, price: "22", per: "1", when: {region: eu, context_tokens: "> 100"}}
  - {models: [one], usage: completion.text, unit: token, price: "40", per: "1"}
  - {models: [one-mini*], usage: prompt.text, unit: token, price: "1", per: "1"}
`

func discounted(t *testing.T, discounts ...Discount) *Book {
	t.Helper()
	b, err := tryDiscounts(discounts...)
	require.NoError(t, err)
	return b
}

func tryDiscounts(discounts ...Discount) (*Book, error) {
	file, err := Parse("list.yaml", []byte(listed))
	if err != nil {
		return nil, err
	}
	return NewBook(Settings{Discounts: discounts}, Layer{file})
}

func TestDiscounts(t *testing.T) {
	half := Discount{Provider: "acme", Multiplier: "0.5"}
	with := func(change func(*Discount)) Discount {
		d := half
		change(&d)
		return d
	}
	usage := func(change func(*Usage)) Usage {
		u := Usage{Provider: "acme", Model: "one", Kind: PromptText, Quantity: count(1), At: today}
		if change != nil {
			change(&u)
		}
		return u
	}
	long := usage(func(u *Usage) { u.RequestTokens = 101 })
	flex := usage(func(u *Usage) { u.ServiceTier = "flex" })
	eu := usage(func(u *Usage) { u.Region = "eu" })
	us := usage(func(u *Usage) { u.Region = "us" })
	output := usage(func(u *Usage) { u.Kind = CompletionText })
	two := usage(func(u *Usage) { u.Model = "two" })
	mini := usage(func(u *Usage) { u.Model = "one-mini-x" })
	early := usage(func(u *Usage) { u.At = time.Date(2025, 12, 31, 0, 0, 0, 0, time.UTC) })
	plain := usage(nil)
	for _, test := range []struct {
		name       string
		discounts  []Discount
		usage      Usage
		want, list float64
	}{
		{"none", nil, plain, 10, 10},
		{"all", []Discount{half}, plain, 5, 10},
		{"all: a tier of context", []Discount{half}, long, 10, 20},
		{"all: a service tier", []Discount{half}, flex, 2.5, 5},
		{"all: a glob", []Discount{half}, mini, 0.5, 1},
		{"by an alias of the provider", []Discount{with(func(d *Discount) { d.Provider = "ACME.ai" })}, plain, 5, 10},
		{"one after the other", []Discount{half, with(func(d *Discount) { d.Multiplier = "1.1" })}, plain, 5.5, 10},
		{"free", []Discount{with(func(d *Discount) { d.Multiplier = "0" })}, plain, 0, 10},
		{"nothing off", []Discount{with(func(d *Discount) { d.Multiplier = "1" })}, plain, 10, 10},

		{"a model", []Discount{with(func(d *Discount) { d.Models = []string{"One"} })}, plain, 5, 10},
		{"another model", []Discount{with(func(d *Discount) { d.Models = []string{"two"} })}, plain, 10, 10},
		{"a model by its alias", []Discount{with(func(d *Discount) { d.Models = []string{"uno"} })}, plain, 5, 10},
		{"models by a glob", []Discount{with(func(d *Discount) { d.Models = []string{"*o"} })}, two, 5, 10},
		{"models by a glob: another one", []Discount{with(func(d *Discount) { d.Models = []string{"*o"} })}, plain, 10, 10},
		{"a kind", []Discount{with(func(d *Discount) { d.Usage = []string{"completion.text"} })}, output, 20, 40},
		{"another kind", []Discount{with(func(d *Discount) { d.Usage = []string{"completion.text"} })}, plain, 10, 10},

		{"a region with a row", []Discount{with(func(d *Discount) { d.When.Region = "EU" })}, eu, 5.5, 11},
		{"a region without a row", []Discount{with(func(d *Discount) { d.When.Region = "us" })}, us, 5, 10},
		{"a region: elsewhere", []Discount{with(func(d *Discount) { d.When.Region = "us" })}, plain, 10, 10},
		{"a region: a tier of context there", []Discount{with(func(d *Discount) { d.When.Region = "us" })}, usage(func(u *Usage) { u.Region, u.RequestTokens = "us", 101 }), 10, 20},
		{"a tier", []Discount{with(func(d *Discount) { d.When.ServiceTier = "flex" })}, flex, 2.5, 5},
		{"a tier: the default one", []Discount{with(func(d *Discount) { d.When.ServiceTier = "flex" })}, plain, 10, 10},
		{"the default tier", []Discount{with(func(d *Discount) { d.When.ServiceTier = "default" })}, flex, 5, 5},
		{"the default tier: itself", []Discount{with(func(d *Discount) { d.When.ServiceTier = "default" })}, plain, 5, 10},
		{"long requests", []Discount{with(func(d *Discount) { d.When.ContextTokens = "> 200" })}, usage(func(u *Usage) { u.RequestTokens = 201 }), 10, 20},
		{"long requests: shorter ones", []Discount{with(func(d *Discount) { d.When.ContextTokens = "> 200" })}, usage(func(u *Usage) { u.RequestTokens = 200 }), 20, 20},
		{"hours", []Discount{with(func(d *Discount) { d.When.TimeOfDay = "11:00-13:00" })}, plain, 5, 10},
		{"other hours", []Discount{with(func(d *Discount) { d.When.TimeOfDay = "13:00-11:00" })}, plain, 10, 10},
		{"from a day on", []Discount{with(func(d *Discount) { d.EffectiveFrom = "2026-01-01T00:00:00Z" })}, plain, 5, 10},
		{"from a day on: before", []Discount{with(func(d *Discount) { d.EffectiveFrom = "2026-01-01T00:00:00Z" })}, early, 10, 10},
		{"a plan that the account has not", []Discount{with(func(d *Discount) { d.When.Plan = "gold" })}, plain, 10, 10},

		{"conditions that cross", []Discount{
			with(func(d *Discount) { d.When.Region = "eu" }),
			with(func(d *Discount) { d.When.TimeOfDay = "11:00-13:00" }),
			with(func(d *Discount) { d.EffectiveFrom = "2026-01-01T00:00:00Z" }),
		}, eu, 1.375, 11},
		{"conditions that cross: one of them", []Discount{
			with(func(d *Discount) { d.When.Region = "eu" }),
			with(func(d *Discount) { d.When.TimeOfDay = "13:00-14:00" }),
		}, eu, 5.5, 11},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := discounted(t, test.discounts...)
			result := b.Price(&test.usage)
			require.Equal(t, Priced, result.Reason)
			assert.Equal(t, test.want, result.USD)
			assert.Equal(t, test.list, result.List)
			assert.NotNil(t, result.Row)
			assert.Zero(t, testing.AllocsPerRun(10, func() { b.Price(&test.usage) }))
		})
	}
}

// Discounts multiply exactly: what is rounded is the amount, once.
func TestDiscountsAreExact(t *testing.T) {
	b := discounted(t,
		Discount{Provider: "acme", Multiplier: "0.333"}, Discount{Provider: "acme", Multiplier: "1.1"},
		Discount{Provider: "acme", Multiplier: "0.123456789"}, Discount{Provider: "acme", Multiplier: "1.000000001"},
	)
	exact, ok := new(big.Rat).SetString("10")
	require.True(t, ok)
	for _, by := range []string{"0.333", "1.1", "0.123456789", "1.000000001", "3"} {
		factor, ok := new(big.Rat).SetString(by)
		require.True(t, ok)
		exact.Mul(exact, factor)
	}
	want, _ := exact.Float64()
	assert.Equal(t, want, b.Price(&Usage{Model: "two", Kind: PromptText, Quantity: count(3), At: today}).USD)
}

// A discount of a rounded price is of what is billed.
func TestDiscountsAfterRounding(t *testing.T) {
	base, err := Embedded()
	require.NoError(t, err)
	b, err := NewBook(Settings{Discounts: []Discount{{Provider: "twilio", Multiplier: "0.9"}}}, base)
	require.NoError(t, err)
	result := b.Price(&Usage{Provider: "twilio", Model: "voice-inbound", Kind: Transport, Quantity: count(61), Single: true, At: today})
	assert.Equal(t, 0.0153, result.USD)
	assert.Equal(t, 0.017, result.List)
}

// Discounts go over all layers; what a vendor's own file multiplies is part of the list price, of its own layer.
func TestMultipliersOfFiles(t *testing.T) {
	const uplift = listed + "multipliers:\n  - {models: [one], when: {region: us}, multiplier: \"1.1\", note: regional endpoints}\n"
	const contract = "rows:\n  - {provider: acme, models: [one], usage: completion.text, unit: token, price: \"30\", per: \"1\"}\n"
	var layers []Layer
	for _, text := range []string{uplift, contract} {
		file, err := Parse("list.yaml", []byte(text))
		require.NoError(t, err)
		layers = append(layers, Layer{file})
	}
	b, err := NewBook(Settings{Discounts: []Discount{{Provider: "acme", Multiplier: "0.5"}}}, layers...)
	require.NoError(t, err)
	price := func(kind Kind, region string) Result {
		return b.Price(&Usage{Model: "one", Kind: kind, Region: region, Quantity: count(1), At: today})
	}
	assert.Equal(t, 5.5, price(PromptText, "us").USD)
	assert.Equal(t, 11.0, price(PromptText, "us").List)
	assert.Equal(t, 10.0, price(PromptText, "").List)
	assert.Equal(t, 15.0, price(CompletionText, "us").USD, "a contract is what it says")
	assert.Equal(t, 30.0, price(CompletionText, "us").List)
}

// A plan may be a multiplier of the vendor's.
func TestMultipliersOfPlans(t *testing.T) {
	file, err := Parse("list.yaml", []byte(listed+"multipliers:\n  - {when: {plan: gold}, multiplier: \"0.7\"}\n"))
	require.NoError(t, err)
	usage := Usage{Model: "two", Kind: PromptText, Quantity: count(1), At: today}
	b, err := NewBook(Settings{Plans: map[string]string{"acme": "Gold"}}, Layer{file})
	require.NoError(t, err)
	assert.Equal(t, 7.0, b.Price(&usage).List)
	_, err = NewBook(Settings{Plans: map[string]string{"acme": "silver"}}, Layer{file})
	require.EqualError(t, err, `plans: acme has no plan "silver"; known are ["gold"]`)
}

// Whatever a discount names must be there: a slip of the pen would be paid for in silence.
func TestDiscountsAreRefused(t *testing.T) {
	for _, test := range []struct {
		name     string
		discount Discount
		want     []string
	}{
		{"nothing", Discount{}, []string{
			"discounts[0]: provider is empty; name whose prices it multiplies",
			`discounts[0]: multiplier "" is empty; write a decimal such as 2.5`,
		}},
		{"a negative one", Discount{Provider: "acme", Multiplier: "-0.2"}, []string{`discounts[0]: multiplier "-0.2" must not be negative`}},
		{"a percentage", Discount{Provider: "acme", Multiplier: "20%"}, []string{
			`discounts[0]: multiplier "20%" is not a decimal; write digits with at most one point, as in 2.5`,
		}},
		{"an unknown provider", Discount{Provider: "acmee", Multiplier: "0.8"}, []string{
			`discounts[0]: provider "acmee" is not in the book; the nearest known is "acme"`,
		}},
		{"a provider like none", Discount{Provider: "zzz", Multiplier: "0.8"}, []string{`discounts[0]: provider "zzz" is not in the book`}},
		{"an unknown model", Discount{Provider: "acme", Multiplier: "0.8", Models: []string{"one", "twoo"}}, []string{
			`discounts[0]: models: acme has no row for "twoo"; the nearest known is "two"`,
		}},
		{"a glob for nothing", Discount{Provider: "acme", Multiplier: "0.8", Models: []string{"three*"}}, []string{
			`discounts[0]: models: acme has no row for "three*"`,
		}},
		{"an empty model", Discount{Provider: "acme", Multiplier: "0.8", Models: []string{" "}}, []string{`discounts[0]: models has an empty id`}},
		{"an unknown kind", Discount{Provider: "acme", Multiplier: "0.8", Usage: []string{"input"}}, []string{
			`discounts[0]: usage "input" is not a kind of usage; it must be one of ` + strings.Join(kindNames(), ", "),
		}},
		{"a kind without a row", Discount{Provider: "acme", Multiplier: "0.8", Models: []string{"two"}, Usage: []string{"prompt.text", "characters"}}, []string{
			`discounts[0]: usage "characters": none of its models has a row for that`,
		}},
		{"a tier without a row", Discount{Provider: "acme", Multiplier: "0.8", When: Conditions{ServiceTier: "batch"}}, []string{
			`discounts[0]: no row of acme holds under its conditions`,
		}},
		{"conditions that make no sense", Discount{Provider: "acme", Multiplier: "0.8", When: Conditions{ContextTokens: "200"}, EffectiveFrom: "today"}, []string{
			`discounts[0]: effective_from "today" is not a time; write it as 2026-08-21T00:00:00Z`,
			`discounts[0]: when.context_tokens "200" is not a lower bound; write it as "> 200000" or ">= 200000"`,
		}},
		{"too many digits", Discount{Provider: "acme", Multiplier: "0.1234567890123456789"}, []string{
			`discounts[0]: multiplier "0.1234567890123456789" has more than 18 digits that count`,
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := tryDiscounts(test.discount)
			require.EqualError(t, err, strings.Join(test.want, "\n"))
		})
	}
	t.Run("in a file", func(t *testing.T) {
		_, err := tryBook(listed + "multipliers:\n  - {models: [three], multiplier: \"1.1\"}\n")
		require.EqualError(t, err, `test.yaml: multipliers[0]: models: acme has no row for "three"`)
	})
	t.Run("in a file that has no rows for it", func(t *testing.T) {
		_, err := tryBook(listed, "provider: acme\nmultipliers:\n  - {models: [one], multiplier: \"1.1\"}\nrows: []\n")
		require.EqualError(t, err, "test.yaml: multipliers[0]: no row of acme in this layer holds under its conditions; "+
			"discounts multiply those of all layers")
	})
	t.Run("more digits together than fit", func(t *testing.T) {
		long := Discount{Provider: "acme", Models: []string{"two"}, Multiplier: "0.123456789012345679"}
		_, err := tryDiscounts(long, long, long, long)
		require.EqualError(t, err, "list.yaml: row 1: price and per have too many digits together, for prompt.text of two")
	})
}

// Conditions that cross make more prices of a row than there are discounts; how many is bounded.
func TestDiscountsDoNotExplode(t *testing.T) {
	var discounts []Discount
	for i := range 12 {
		from := time.Date(2027, time.Month(i+1), 1, 0, 0, 0, 0, time.UTC)
		window := clock(i*60) + "-" + clock(i*60+90)
		discounts = append(discounts,
			Discount{Provider: "acme", Multiplier: "0.99", EffectiveFrom: from.Format(time.RFC3339)},
			Discount{Provider: "acme", Multiplier: "0.98", When: Conditions{TimeOfDay: window}},
			Discount{Provider: "acme", Multiplier: "0.97", When: Conditions{Region: clock(i)}},
		)
	}
	_, err := tryDiscounts(discounts[:6]...)
	require.NoError(t, err)
	_, err = tryDiscounts(discounts...)
	require.ErrorContains(t, err, "with those before it makes more than 500 prices of prompt.text of one")
}

func TestVersionIsOfTheDiscounts(t *testing.T) {
	a := discounted(t, Discount{Provider: "acme", Multiplier: "0.8"}).Version()
	assert.NotEqual(t, a, discounted(t, Discount{Provider: "acme", Multiplier: "0.9"}).Version())
	assert.Equal(t, a, discounted(t, Discount{Provider: "acme", Multiplier: "0.8"}).Version())
	result := discounted(t, Discount{Provider: "acme", Multiplier: "0.8"}).Price(&Usage{Model: "one", Kind: PromptText})
	assert.Equal(t, a, result.Version)
}
