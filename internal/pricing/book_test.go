package pricing

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// embedded is the book that ships, with the plans of an account.
func embedded(t testing.TB, plans map[string]string, over ...Layer) *Book {
	t.Helper()
	base, err := Embedded()
	require.NoError(t, err)
	book, err := NewBook(Settings{Plans: plans}, append([]Layer{base}, over...)...)
	require.NoError(t, err)
	return book
}

// bookOf makes a book of files, the first of which is the lowest layer.
func bookOf(t testing.TB, files ...string) *Book {
	t.Helper()
	book, err := tryBook(files...)
	require.NoError(t, err)
	return book
}

func tryBook(files ...string) (*Book, error) {
	var layers []Layer
	for _, text := range files {
		file, err := Parse("test.yaml", []byte(text))
		if err != nil {
			return nil, err
		}
		layers = append(layers, Layer{file})
	}
	return NewBook(Settings{}, layers...)
}

func TestEmbeddedRowsHaveEvidence(t *testing.T) {
	layer, err := Embedded()
	require.NoError(t, err)
	for _, file := range layer {
		assert.Equal(t, "prices/"+file.Provider+".yaml", file.Name, "one file a vendor")
		for i, row := range file.rows() {
			assert.NotEmptyf(t, row.Source, "%s row %d has no source", file.Name, i+1)
			assert.NotEmptyf(t, row.Verified, "%s row %d has no date", file.Name, i+1)
			assert.NotEmptyf(t, row.Confidence, "%s row %d has no confidence", file.Name, i+1)
		}
	}
}

// A bot may report a use in both quantities of a pair: a model that has a price for each would bill it twice.
func TestEmbeddedModelsBillOneOfAPair(t *testing.T) {
	b := embedded(t, nil)
	billed := func(v *vendor, model string, kind Kind) bool {
		return b.Price(&Usage{Provider: v.name, Model: model, Kind: kind, Quantity: count(1), At: today}).Reason == Priced
	}
	for _, v := range b.vendors {
		for model := range v.products {
			for kind := Unknown + 1; kind < kindCount; kind++ {
				for _, pair := range kind.Pairs() {
					assert.False(t, billed(v, model, kind) && billed(v, model, pair), "%s/%s: %s and %s", v.name, model, kind, pair)
				}
			}
		}
	}
}

func TestEmbeddedSizeAndVersion(t *testing.T) {
	book := embedded(t, nil)
	size := book.Size()
	assert.GreaterOrEqual(t, size.Vendors, 25)
	assert.GreaterOrEqual(t, size.Prices, 400)
	assert.Regexp(t, `^2026-11-20\+[0-9a-f]{8}$`, book.Version())
}

const minimal = `
provider: acme
rows:
  - {models: [one], usage: prompt.text, unit: token, price: "2", per: "1000000"}
`

func TestVersionIsOfTheContent(t *testing.T) {
	version := bookOf(t, minimal).Version()
	assert.Equal(t, version, bookOf(t, "# a comment\n"+minimal).Version())
	assert.NotEqual(t, version, bookOf(t, strings.Replace(minimal, `"2"`, `"3"`, 1)).Version())
	assert.NotEqual(t, version, bookOf(t, minimal, minimal).Version())
	assert.NotContains(t, version, "+", "no row says when it was verified")
}

func TestLoadRefuses(t *testing.T) {
	row := func(text string) string { return "provider: acme\nrows:\n  - {" + text + "}\n" }
	price := func(text string) string {
		return row(`models: [one], usage: prompt.text, unit: token, per: "1000000", price: ` + text)
	}
	good := `models: [one], usage: prompt.text, unit: token, price: "2", per: "1000000"`
	for _, test := range []struct{ name, text, want string }{
		{"an empty file", "", "the file is empty"},
		{"two documents", minimal + "---\n" + minimal, "one YAML document"},
		{"no YAML", "\t", "test.yaml: yaml"},
		{"an unknown key", "provider: acme\ncurrency: EUR\nrows: []\n", "field currency not found"},
		{"an unknown key of a row", row(good + `, currency: EUR`), "field currency not found"},
		{"an unknown condition", row(good + `, when: {weekday: monday}`), "field weekday not found"},
		{"no provider", "rows:\n  - {" + good + "}\n", "provider is empty"},
		{"no models", row(`models: [], usage: prompt.text, unit: token, price: "2", per: "1"`), "models is empty"},
		{"an empty model", row(`models: [""], usage: prompt.text, unit: token, price: "2", per: "1"`), "empty id"},
		{"a model twice", row(`models: [one, ONE], usage: prompt.text, unit: token, price: "2", per: "1"`), `"ONE" twice`},
		{"a negative price", price(`"-1"`), "must not be negative"},
		{"NaN", price(".nan"), `price ".nan" is not a decimal`},
		{"infinity", price(`"Inf"`), "is not a decimal"},
		{"scientific notation", price("2.5e-06"), "scientific notation is refused; write the digits out"},
		{"no price", row(`models: [one], usage: prompt.text, unit: token, per: "1"`), `price "" is empty`},
		{"an octal look-alike", price("010"), "is not a decimal"},
		{"two points", price(`"1.2.3"`), "is not a decimal"},
		{"a point at the end", price(`"1."`), "is not a decimal"},
		{"too many digits", price(`"0.1234567890123456789"`), "more than 18 digits"},
		{"a decimal without end", price(`"0.` + strings.Repeat("0", 100) + `1"`), "more than 18 digits"},
		{"a hexadecimal number", price(`"0x10"`), "is not a decimal"},
		{
			"a fraction beyond 128 bits",
			row(`models: [one], usage: prompt.text, unit: token, price: "999999999999999997", per: "0.000000000000000000000000000000003"`),
			"too many digits together",
		},
		{"per nothing", row(`models: [one], usage: prompt.text, unit: token, price: "2", per: "0"`), "per must not be 0"},
		{"an unknown kind", row(`models: [one], usage: input, unit: token, price: "2", per: "1"`), "must be one of prompt.text,"},
		{
			"a unit of another kind",
			row(`models: [one], usage: stt_audio_seconds, unit: token, price: "2", per: "1"`),
			`unit "token" does not measure stt_audio_seconds; it must be second, minute, hour`,
		},
		{"a time without zone", row(good + `, effective_from: "2026-01-01"`), "effective_from \"2026-01-01\" is not a time"},
		{
			"an empty interval",
			row(good + `, effective_from: "2026-01-01T00:00:00Z", effective_until: "2026-01-01T00:00:00Z"`),
			"is not before",
		},
		{"a tier without operator", row(good + `, when: {context_tokens: "200000"}`), "is not a lower bound"},
		{"a tier from above", row(good + `, when: {context_tokens: "< 200000"}`), "is not a lower bound"},
		{"a window without end", row(good + `, when: {time_of_day: "10:00"}`), `when.time_of_day "10:00" is not a window`},
		{"a rounding of nothing", row(good + `, rounding: {per: leg}`), "neither minimum nor up_to"},
		{"a rounding per day", row(good + `, rounding: {up_to: "60", per: day}`), `rounding.per "day"`},
		{"a negative minimum", row(good + `, rounding: {minimum: "-1", per: leg}`), "rounding.minimum"},
		{"a minimum of 0", row(good + `, rounding: {minimum: "0", per: leg}`), `rounding.minimum "0" must not be 0`},
		{"a step of 0", row(good + `, rounding: {up_to: "0.0", per: leg}`), `rounding.up_to "0.0" must not be 0`},
		{"a step too fine", row(good + `, rounding: {up_to: "0.0000000001", per: leg}`), "more than 9 digits after the point"},
		{"a step in scientific notation", row(good + `, rounding: {up_to: "6e1", per: leg}`), `rounding.up_to "6e1" scientific`},
		{"a wrong date", row(good + `, verified: yesterday`), "is not a date"},
		{"a wrong confidence", row(good + `, confidence: sure`), "must be high, medium or low"},
		{"a default without a row", minimal + "defaults: {tts: one}\n", "test.yaml: defaults.tts: there is no row of acme/one that is tts"},
		{"a default of no stage", minimal + "defaults: {voice: one}\n", `defaults has stage "voice"`},
		{"an alias that leads nowhere", minimal + "model_aliases: {uno: two}\n", "test.yaml: model_aliases.uno: there is no row of acme/two"},
		{"an empty model alias", minimal + `model_aliases: {"": one}`, "a model alias is empty"},
		{"an empty provider alias", minimal + `provider_aliases: [""]`, "is empty or already means"},
		{"a reseller without name", "reseller: true\nrows: []\n", "need the file's provider"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := tryBook(test.text)
			require.ErrorContains(t, err, test.want)
			assert.Contains(t, err.Error(), "test.yaml")
		})
	}
}

func TestLoadNamesEveryFault(t *testing.T) {
	_, err := tryBook(`
provider: acme
rows:
  - {models: [one], usage: prompt.text, unit: token, price: "-1", per: "0x"}
  - {models: [one], usage: prompt.text, unit: token, price: "1", per: "1"}
  - {models: [two], usage: characters, unit: token, price: "1", per: "1"}
`)
	require.Error(t, err)
	assert.Equal(t, strings.Join([]string{
		`test.yaml: row 1 (one prompt.text): price "-1" must not be negative`,
		`test.yaml: row 1 (one prompt.text): per "0x" is not a decimal; write digits with at most one point, as in 2.5`,
		`test.yaml: row 3 (two characters): unit "token" does not measure characters; it must be character`,
	}, "\n"), err.Error())
}

// A message says in which file and row, what of it, and why.
func TestFaultsAreLocated(t *testing.T) {
	const first = `  - {models: [one], usage: stt_audio_seconds, unit: minute, price: "0.006", per: "1"}` + "\n"
	for _, test := range []struct{ name, row, want string }{
		{
			"a negative price", `{models: [two], usage: characters, unit: character, price: "-15", per: "1000000"}`,
			`test.yaml: row 2 (two characters): price "-15" must not be negative`,
		},
		{
			"NaN", `{models: [two], usage: characters, unit: character, price: .nan, per: "1000000"}`,
			`test.yaml: row 2 (two characters): price ".nan" is not a decimal; write digits with at most one point, as in 2.5`,
		},
		{
			"scientific notation", `{models: [two], usage: characters, unit: character, price: 1.5e-05, per: "1"}`,
			`test.yaml: row 2 (two characters): price "1.5e-05" scientific notation is refused; write the digits out, as in 0.0000025`,
		},
		{
			"a unit of something else", `{models: [two], usage: characters, unit: minute, price: "1", per: "1"}`,
			`test.yaml: row 2 (two characters): unit "minute" does not measure characters; it must be character`,
		},
		{
			"an overlap", `{models: [two, one], usage: stt_audio_seconds, unit: second, price: "0.0001", per: "1"}`,
			`two rows price stt_audio_seconds of acme/one at the same time under the same or overlapping conditions: ` +
				`test.yaml: row 1 (0.006 per 1 minute) and test.yaml: row 2 (0.0001 per 1 second); ` +
				`end one with effective_until or narrow one with when`,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := tryBook("provider: acme\nrows:\n" + first + "  - " + test.row + "\n")
			require.EqualError(t, err, test.want)
		})
	}
}

func TestProviderNamesMustNotCollide(t *testing.T) {
	acme := minimal + "provider_aliases: [coyote]\n"
	beta := strings.Replace(minimal, "acme", "beta", 1)
	_, err := tryBook(acme, beta+"provider_aliases: [COYOTE]\n")
	require.ErrorContains(t, err, `provider alias "COYOTE" is empty or already means acme`)
	_, err = tryBook(acme, strings.Replace(minimal, "acme", "coyote", 1))
	require.ErrorContains(t, err, `provider alias "coyote" of acme is the name of another provider`)
}

func TestOverlapsAreRefused(t *testing.T) {
	row := func(more string) string {
		return `  - {models: [one], usage: prompt.text, unit: token, price: "2", per: "1"` + more + "}\n"
	}
	const (
		until = `, effective_until: "2026-01-01T00:00:00Z"`
		from  = `, effective_from: "2026-01-01T00:00:00Z"`
		long  = `, when: {context_tokens: "> 100"}`
		eu    = `, when: {region: eu}`
	)
	for _, test := range []struct {
		name string
		rows []string
		ok   bool
	}{
		{"the same twice", []string{row(""), row("")}, false},
		{"one after the other", []string{row(until), row(from)}, true},
		{"one within the other", []string{row(until), row("")}, false},
		{"a narrower one", []string{row(""), row(long)}, true},
		{"the same bound, written otherwise", []string{row(long), row(`, when: {context_tokens: ">= 101"}`)}, false},
		{"another bound", []string{row(long), row(`, when: {context_tokens: ">= 102"}`)}, true},
		{"other tiers", []string{row(""), row(`, when: {service_tier: flex}`), row(`, when: {service_tier: batch}`)}, true},
		{"the default tier by its name", []string{row(""), row(`, when: {service_tier: standard}`)}, false},
		{"other plans", []string{row(`, when: {plan: a}`), row(`, when: {plan: b}`)}, true},
		{"conditions that cross", []string{row(long), row(eu)}, false},
		{
			"conditions that cross, and a row for the crossing",
			[]string{row(long), row(eu), row(`, when: {region: eu, context_tokens: "> 100"}`)},
			true,
		},
		{"hours within hours", []string{row(""), row(`, when: {time_of_day: "08:00-20:00"}`), row(`, when: {time_of_day: "10:00-12:00"}`)}, true},
		{"hours apart", []string{row(`, when: {time_of_day: "22:00-06:00"}`), row(`, when: {time_of_day: "06:00-22:00"}`)}, true},
		{"hours that cross", []string{row(`, when: {time_of_day: "22:00-06:00"}`), row(`, when: {time_of_day: "05:00-22:00"}`)}, false},
		{
			"hours that cross, and a row for the crossing",
			[]string{row(`, when: {time_of_day: "22:00-06:00"}`), row(`, when: {time_of_day: "05:00-22:00"}`), row(`, when: {time_of_day: "05:00-06:00"}`)},
			true,
		},
		{"hours and regions that cross", []string{row(`, when: {time_of_day: "22:00-06:00"}`), row(eu)}, false},
		{"the same glob", []string{strings.Replace(row(""), "[one]", `["*", one]`, 1), strings.Replace(row(""), "[one]", `["*", two]`, 1)}, false},
		{"an alternative name of the model", []string{row(""), strings.Replace(row(""), "[one]", "[two, One]", 1)}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := tryBook("provider: acme\nrows:\n" + strings.Join(test.rows, ""))
			if test.ok {
				require.NoError(t, err)
			} else {
				require.ErrorContains(t, err, "two rows price prompt.text of acme/")
				require.ErrorContains(t, err, "at the same time")
				require.Regexp(t, `: test\.yaml: row \d \(2 per 1 token.*\) and test\.yaml: row \d \(2 per 1 token`, err.Error())
			}
		})
	}
	t.Run("layers may overlap", func(t *testing.T) {
		bookOf(t, minimal, minimal)
	})
}

func TestUnknownPlanIsRefused(t *testing.T) {
	base, err := Embedded()
	require.NoError(t, err)
	_, err = NewBook(Settings{Plans: map[string]string{"cartesia": "gratis"}}, base)
	require.EqualError(t, err, `plans: cartesia has no plan "gratis"; known are ["startup" "scale"]`)
	_, err = NewBook(Settings{Plans: map[string]string{"cartesa": "scale", "openai": "scale"}}, base)
	const some = `is unknown or has no plans; those that have some are ["cartesia" "deepgram" "gladia" "google" "inworld" "livekit" "lmnt" "ultravox"]`
	require.EqualError(t, err, `plans: provider "cartesa" `+some+"\n"+`plans: provider "openai" `+some)
}

// What would take for ever to compare is refused: nobody has so many prices for one thing.
func TestTooManyRowsOfOneKind(t *testing.T) {
	rows := func(n int) string {
		var text strings.Builder
		text.WriteString("provider: acme\nrows:\n")
		for i := range n {
			fmt.Fprintf(&text, "  - {models: [t], usage: prompt.text, unit: token, price: \"1\", per: \"1\", when: {context_tokens: \"> %d\"}}\n", i)
		}
		return text.String()
	}
	bookOf(t, rows(maxVariants))
	_, err := tryBook(rows(maxVariants + 1))
	assert.EqualError(t, err, "test.yaml: 501 rows price prompt.text of acme/t; at most 500 are taken")
}
