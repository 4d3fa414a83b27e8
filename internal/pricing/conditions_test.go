package pricing

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTimeOfDay(t *testing.T) {
	b := bookOf(t, `
provider: acme
rows:
  - {models: [one], usage: prompt.text, unit: token, price: "1", per: "1"}
  - {models: [one], usage: prompt.text, unit: token, price: "2", per: "1", when: {time_of_day: "16:30-00:30"}}
  - {models: [one], usage: prompt.text, unit: token, price: "3", per: "1", when: {time_of_day: "18:00-19:00"}}
  - {models: [one], usage: prompt.text, unit: token, price: "4", per: "1", when: {time_of_day: "05:00-06:00", context_tokens: "> 100"}}
  - {models: [night], usage: prompt.text, unit: token, price: "5", per: "1", when: {time_of_day: "22:00-00:00"}}
`)
	for _, test := range []struct {
		model, at string
		request   int64
		want      float64
		reason    Reason
	}{
		{"one", "2026-11-23T16:29:59.999999999Z", 0, 1, Priced},
		{"one", "2026-11-23T16:30:00Z", 0, 2, Priced},
		{"one", "2026-11-23T18:00:00Z", 0, 3, Priced},
		{"one", "2026-11-23T19:00:00Z", 0, 2, Priced},
		{"one", "2026-11-24T00:00:00Z", 0, 2, Priced},
		{"one", "2026-11-24T00:29:59Z", 0, 2, Priced},
		{"one", "2026-11-24T00:30:00Z", 0, 1, Priced},
		{"one", "2026-11-23T17:30:00+01:00", 0, 2, Priced},
		{"one", "1960-02-29T23:59:00Z", 0, 2, Priced},
		{"one", "1960-02-29T12:00:00Z", 0, 1, Priced},
		{"one", "2026-11-23T05:30:00Z", 101, 4, Priced},
		{"one", "2026-11-23T05:30:00Z", 100, 1, Priced},
		{"night", "2026-11-23T23:59:59Z", 0, 5, Priced},
		{"night", "2026-11-24T00:00:00Z", 0, 0, NoKind},
	} {
		at, err := time.Parse(time.RFC3339Nano, test.at)
		require.NoError(t, err)
		result := b.Price(&Usage{Model: test.model, Kind: PromptText, Quantity: count(1), RequestTokens: test.request, At: at})
		assert.Equalf(t, test.reason, result.Reason, "%+v", test)
		assert.Equalf(t, test.want, result.USD, "%+v", test)
	}
}

func TestWindows(t *testing.T) {
	for _, text := range []string{"24:00-01:00", "00:00-24:00", "10:00-10:00", "10:00", "10-11", "10:60-11:00", "-", "10:00-11:00-12:00", "ten-eleven"} {
		_, err := parseWindow(text)
		require.EqualErrorf(t, err, `when.time_of_day "`+text+`" is not a window of the day; write it as "16:30-00:30", in UTC`, "%s", text)
	}
	window := func(text string) *minutes {
		m, err := parseWindow(text)
		require.NoError(t, err)
		require.Equal(t, text, m.String())
		return m
	}
	night, evening, noon := window("22:00-06:00"), window("16:30-00:00"), window("12:00-12:01")
	assert.Equal(t, 480, night.length())
	assert.Equal(t, "22:00-00:00", night.and(evening).String())
	assert.Equal(t, "05:00-06:00 22:00-23:00", night.and(window("05:00-23:00")).String())
	assert.True(t, night.meets(nil))
	assert.False(t, noon.meets(night))
	assert.True(t, window("23:00-01:00").within(night))
	assert.False(t, night.within(evening))
	assert.True(t, noon.within(nil))
	assert.False(t, (*minutes)(nil).within(noon))
}

// A price with hours goes on changing, so that no cumulative stream of it may be billed at one price.
func TestPricesWithHoursAlwaysChange(t *testing.T) {
	b := bookOf(t, `
provider: acme
rows:
  - {models: [always, once], usage: prompt.text, unit: token, price: "1", per: "1"}
  - {models: [always], usage: prompt.text, unit: token, price: "2", per: "1", when: {time_of_day: "16:30-00:30"}}
  - {models: [once], usage: prompt.text, unit: token, price: "2", per: "1", when: {time_of_day: "16:30-00:30"}, effective_until: "2026-01-01T00:00:00Z"}
`)
	assert.True(t, b.ChangesAfter(&Usage{Model: "always", Kind: PromptText}, today))
	assert.False(t, b.ChangesAfter(&Usage{Model: "once", Kind: PromptText}, today))
	assert.True(t, b.ChangesAfter(&Usage{Model: "once", Kind: PromptText}, today.AddDate(-1, 0, 0)))
}

// Names of tiers and regions are compared as people write them, without an allocation.
func TestReportedNames(t *testing.T) {
	b := bookOf(t, `
provider: acme
rows:
  - {models: [one], usage: prompt.text, unit: token, price: "1", per: "1"}
  - {models: [one], usage: prompt.text, unit: token, price: "2", per: "1", when: {service_tier: Flex}}
  - {models: [one], usage: prompt.text, unit: token, price: "3", per: "1", when: {region: EU}}
`)
	usage := Usage{Model: "one", Kind: PromptText, Quantity: count(1), At: today}
	for _, test := range []struct {
		tier, region string
		want         float64
	}{
		{"", "", 1},
		{" ", "", 1},
		{"Default", "", 1},
		{" AUTO ", "us", 1},
		{"on_demand", "", 1},
		{"flex", "", 2},
		{"FLEX ", "eu", 2},
		{"", "eu", 3},
		{"standard", " Eu", 3},
		{"priority", "", 0},
	} {
		usage.ServiceTier, usage.Region = test.tier, test.region
		assert.Equalf(t, test.want, b.Price(&usage).USD, "%+v", test)
		assert.Zerof(t, testing.AllocsPerRun(10, func() { b.Price(&usage) }), "%+v", test)
	}
}

// A size that makes no sense is no size.
func TestNegativeSizeIsUnknown(t *testing.T) {
	b := embedded(t, nil)
	result := b.Price(&Usage{Model: "gpt-5.4", Kind: PromptText, Quantity: count(1_000_000), RequestTokens: -1, At: today})
	assert.Equal(t, Priced, result.Reason)
	assert.Equal(t, 2.5, result.USD)
	assert.Equal(t, EstimateContext, result.Estimate)
}
