package pricing

import (
	"encoding/json"
	"io/fs"
	"math"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-voice/otelcol-voice/prices"
)

func nan() float64 { return math.NaN() }

func inf() float64 { return math.Inf(1) }

// Whatever a price file holds, loading it ends in a book that answers or in an error; and an amount is never negative,
// infinite or not a number.
func FuzzLoad(f *testing.F) {
	// Small ones: the fuzzer spends its time on making what is large smaller.
	for _, name := range []string{"gladia.yaml", "twilio.yaml", "fish.yaml", "retell.yaml"} {
		text, err := fs.ReadFile(prices.Files, name)
		require.NoError(f, err)
		f.Add(text, "gpt-4o")
	}
	f.Add([]byte(minimal), "one-2024-08-06")
	f.Add([]byte(rounded), "request")
	f.Add([]byte(listed+"multipliers:\n  - {models: [o*], when: {region: us, time_of_day: \"11:00-13:00\"}, multiplier: \"1.1\"}\n"), "us.one-mini")
	f.Fuzz(func(t *testing.T, text []byte, model string) {
		file, err := Parse("fuzz.yaml", text)
		if err != nil {
			return
		}
		book, err := NewBook(Settings{}, Layer{file})
		if err != nil {
			return
		}
		for kind := range kindCount {
			for _, quantity := range []Quantity{count(math.MaxInt64), measure(1e300), measure(0.1)} {
				assertSane(t, book, &Usage{Model: model, Kind: kind, Quantity: quantity, Single: true, Channels: 2, At: today})
			}
		}
		book.Nearest("", model)
		if changes := Diff(book, book); len(changes) > 0 {
			t.Errorf("a book differs from itself: %+v", changes)
		}
	})
}

// assertSane asserts that an amount is a number that can be, and that the explanation says the same.
func assertSane(t *testing.T, book *Book, u *Usage) {
	t.Helper()
	result := book.Price(u)
	if result.USD < 0 || math.IsNaN(result.USD) || math.IsInf(result.USD, 0) {
		t.Errorf("%s of %q costs %v", u.Kind, u.Model, result.USD)
	}
	e := book.Explain(u)
	if (e.USD == nil) != (result.Reason != Priced) || e.USD != nil && *e.USD != result.USD || e.Reason != result.Reason.String() {
		t.Errorf("%+v is explained as %+v", result, e)
	}
	if _, err := json.Marshal(e); err != nil {
		t.Error(err)
	}
}

// A glob stands for what a regular expression with the same meaning does.
func FuzzGlob(f *testing.F) {
	for _, seed := range [][2]string{{"gpt-4o*", "gpt-4o-mini"}, {"*", ""}, {"a*b*c", "a/b/b/c"}, {"a*a", "a"}, {"**x", "x\n"}} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, glob, id string) {
		if !utf8.ValidString(glob) || !utf8.ValidString(id) {
			return
		}
		if matches(glob, id) != likeExpression(glob, id) {
			t.Errorf("%q and %q", glob, id)
		}
	})
}

// The names of a model can be had of anything, and none of them is longer than what was reported.
func FuzzNames(f *testing.F) {
	for _, seed := range []string{
		"us.anthropic.claude-sonnet-4-5-20250929-v1:0", "models/gemini-2.5-flash", "openai/gpt-4o-2024-08-06",
		"arn:aws:bedrock:us-east-1:1:inference-profile/us.anthropic.claude", "/", ".", "-v1", "us./", "@20200101",
	} {
		f.Add(seed)
	}
	book := embedded(f, nil)
	f.Fuzz(func(t *testing.T, model string) {
		names, _ := book.names(&vendor{name: "openai"}, model)
		for _, name := range names {
			if len(name.id) > len(model) {
				t.Errorf("%q is %q", model, name.id)
			}
		}
		book.Price(&Usage{Provider: "aws", Model: model, Kind: PromptText, Quantity: count(1), At: today})
	})
}

// A number is read exactly or refused.
func FuzzDecimal(f *testing.F) {
	for _, seed := range []string{"2.5", "0", "0.000001", "1e-6", "-1", "NaN", "", ".5", "5.", "00.1", "1_000", "９"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := parseDecimal(text)
		if err != nil {
			return
		}
		if want, ok := exactly(text); !ok || want.Cmp(d.rat()) != 0 {
			t.Errorf("%q was read as %d × 10^-%d", text, d.digits, d.scale)
		}
	})
}
