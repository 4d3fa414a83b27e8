package pricing

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestDiff(t *testing.T) {
	row := func(more string) string {
		return "  - {models: [one], usage: prompt.text, unit: token, " + more + "}\n"
	}
	list := func(rows ...string) string {
		text := "provider: acme\nrows:\n" + "  - {models: [same], usage: characters, unit: character, price: \"1\", per: \"1\"}\n"
		for _, row := range rows {
			text += row
		}
		return text
	}
	const day = "2026-08-01T00:00:00Z"
	change := func(conditions, from, until, old, new string, ratio float64) Change {
		return Change{
			Provider: "acme", Model: "one", Usage: "prompt.text", Conditions: conditions, From: from, Until: until,
			Old: old, New: new, Ratio: ratio,
		}
	}
	for _, test := range []struct {
		name          string
		before, after []string
		want          []Change
	}{
		{"nothing", []string{row(`price: "1", per: "1"`)}, []string{row(`price: "1", per: "1"`)}, nil},
		{"the same, written otherwise", []string{row(`price: "1", per: "1000"`)}, []string{row(`price: "0.001", per: "1"`)}, nil},
		{
			"a price",
			[]string{row(`price: "1", per: "1"`)},
			[]string{row(`price: "3", per: "1"`)},
			[]Change{change("", "", "", "$1.00 / token", "$3.00 / token", 3)},
		},
		{"added", nil, []string{row(`price: "3", per: "1"`)}, []Change{change("", "", "", "", "$3.00 / token", 0)}},
		{"removed", []string{row(`price: "3", per: "1"`)}, nil, []Change{change("", "", "", "$3.00 / token", "", 0)}},
		{
			"from a day on",
			[]string{row(`price: "1", per: "1"`)},
			[]string{row(`price: "1", per: "1", effective_until: "` + day + `"`), row(`price: "2", per: "1", effective_from: "` + day + `"`)},
			[]Change{change("", day, "", "$1.00 / token", "$2.00 / token", 2)},
		},
		{
			"until a day",
			[]string{row(`price: "1", per: "1"`)},
			[]string{row(`price: "2", per: "1", effective_until: "` + day + `"`), row(`price: "1", per: "1", effective_from: "` + day + `"`)},
			[]Change{change("", "", day, "$1.00 / token", "$2.00 / token", 2)},
		},
		{
			"a new condition is a change of what held there",
			[]string{row(`price: "1", per: "1"`)},
			[]string{row(`price: "1", per: "1"`), row(`price: "1.1", per: "1", when: {region: eu}`)},
			[]Change{change("region eu", "", "", "$1.00 / token", "$1.10 / token", 1.1)},
		},
		{
			"a condition that says nothing new is no change",
			[]string{row(`price: "1", per: "1"`)},
			[]string{row(`price: "1", per: "1"`), row(`price: "1", per: "1", when: {region: eu}`)},
			nil,
		},
		{
			"a rounding",
			[]string{row(`price: "1", per: "1"`)},
			[]string{row(`price: "1", per: "1", rounding: {minimum: "10", per: request}`)},
			[]Change{change("", "", "", "$1.00 / token", "$1.00 / token, at least 10 per request", 1)},
		},
		{
			"a price that was free",
			[]string{row(`price: "0", per: "1"`)},
			[]string{row(`price: "1", per: "1"`)},
			[]Change{change("", "", "", "$0.00 / token", "$1.00 / token", 0)},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			var got []Change
			for _, c := range Diff(bookOf(t, list(test.before...)), bookOf(t, list(test.after...))) {
				c.old, c.new = nil, nil
				got = append(got, c)
			}
			assert.Equal(t, test.want, got)
		})
	}
}

// What a later layer hides is not there; and a discount changes every price.
func TestDiffOfLayersAndDiscounts(t *testing.T) {
	const base = `
provider: acme
rows:
  - {models: [one], usage: prompt.text, unit: token, price: "1", per: "1"}
  - {models: [one], usage: prompt.text, unit: token, price: "2", per: "1", when: {context_tokens: "> 100"}}
`
	const flat = `
provider: acme
rows:
  - {models: [one], usage: prompt.text, unit: token, price: "1", per: "1"}
`
	changes := Diff(bookOf(t, base), bookOf(t, base, flat))
	require.Len(t, changes, 1)
	assert.Equal(t, "context_tokens >= 101", changes[0].Conditions)
	assert.Equal(t, 0.5, changes[0].Ratio)

	file, err := Parse("test.yaml", []byte(base))
	require.NoError(t, err)
	cheap, err := NewBook(Settings{Discounts: []Discount{{Provider: "acme", Multiplier: "0.4"}}}, Layer{file})
	require.NoError(t, err)
	changes = Diff(bookOf(t, base), cheap)
	require.Len(t, changes, 2)
	assert.Equal(t, "$1.00 / token x 0.4", changes[0].New)
	assert.Equal(t, 0.4, changes[0].Ratio)
	text, err := json.Marshal(changes[0])
	require.NoError(t, err)
	assert.JSONEq(t, `{"provider":"acme","model":"one","usage":"prompt.text","old":"$1.00 / token","new":"$1.00 / token x 0.4","ratio":0.4}`, string(text))
}

func TestChangesThatExceed(t *testing.T) {
	price := func(text string) *Book {
		return bookOf(t, `{provider: acme, rows: [{models: [one], usage: prompt.text, unit: token, per: "1", price: "`+text+`"}]}`)
	}
	for _, test := range []struct {
		before, after string
		want          bool
	}{
		{"1", "2", false}, {"1", "2.01", true}, {"2", "1", false}, {"2.01", "1", true}, {"0", "1", true}, {"1", "0", true},
	} {
		changes := Diff(price(test.before), price(test.after))
		require.Len(t, changes, 1)
		assert.Equalf(t, test.want, changes[0].Exceeds(2), "%+v", test)
	}
	none := bookOf(t, `{provider: acme, rows: []}`)
	assert.False(t, Diff(none, price("1"))[0].Exceeds(2))
	assert.False(t, Diff(price("1"), none)[0].Exceeds(2))
}

func TestBooksOfTheSameLayersDoNotDiffer(t *testing.T) {
	assert.Empty(t, Diff(embedded(t, nil), embedded(t, nil)))
	assert.NotEmpty(t, Diff(embedded(t, nil), embedded(t, map[string]string{"cartesia": "scale"})))
}

func TestRowsAndTheirAge(t *testing.T) {
	b := bookOf(t, `
provider: acme
verified: "2026-08-01"
rows:
  - {models: [one], usage: prompt.text, unit: token, price: "1", per: "1"}
  - {models: [one], usage: prompt.text, unit: token, price: "1", per: "1", when: {plan: gold}, verified: "2026-05-01"}
`, `
provider: home
rows:
  - {models: [two], usage: prompt.text, unit: token, price: "1", per: "1"}
`)
	places := func(entries []Entry) (places []string) {
		for _, entry := range entries {
			places = append(places, entry.Place+" "+entry.Row.Provider+" "+entry.Row.Verified)
		}
		return places
	}
	var all []Entry
	for entry := range b.Rows() {
		all = append(all, entry)
	}
	assert.Equal(t, []string{"test.yaml: row 1 acme 2026-08-01", "test.yaml: row 2 acme 2026-05-01", "test.yaml: row 1 home "}, places(all))
	for range b.Rows() {
		break
	}
	assert.Equal(t, time.Date(2026, 8, 1, 0, 0, 0, 0, time.UTC), b.Newest())
	assert.True(t, bookOf(t, minimal).Newest().IsZero())

	const age = 120 * 24 * time.Hour
	at := time.Date(2026, 8, 29, 0, 0, 0, 0, time.UTC)
	assert.Empty(t, b.Stale(at, age), "120 days are not longer than 120 days")
	assert.Equal(t, []string{"test.yaml: row 2 acme 2026-05-01"}, places(b.Stale(at.Add(1), age)))
	assert.Len(t, b.Stale(at.AddDate(1, 0, 0), age), 2)
}
