package pricing

import (
	"io/fs"
	"math"
	"testing"

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
			result := book.Price(&Usage{Model: model, Kind: kind, Quantity: count(math.MaxInt64), At: today})
			if result.USD < 0 || math.IsNaN(result.USD) || math.IsInf(result.USD, 0) {
				t.Errorf("%s of %q costs %v", kind, model, result.USD)
			}
		}
		book.Nearest("", model)
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
