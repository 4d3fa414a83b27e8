package importer

import (
	"encoding/json"
	"math/big"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestNumbersAreReadExactly(t *testing.T) {
	for text, want := range map[string]string{
		"0": "0", "0.0": "0", "0e7": "0", "2.5": "2.5", "2.50": "2.5", "7.167e-05": "0.00007167", "1e-7": "0.0000001",
		"1E+3": "1000", "200000.0": "200000", "1.2345678901234567e-06": "0.0000012345678901234567", "2.5e1": "25",
	} {
		n, err := parseNumber(text)
		require.NoError(t, err, text)
		assert.Equal(t, want, n.String(), text)
	}
}

func TestWhatIsNoNumber(t *testing.T) {
	for text, want := range map[string]error{
		"": errNotNumber, "NaN": errNotNumber, "Infinity": errNotNumber, "-1": errNegative, "-0.0": errNegative,
		"1e": errNotNumber, "1e99": errRange, "1234567890123456789": errRange, "1e-99": errRange, "0x10": errNotNumber, ".5": errNotNumber, "1_0": errNotNumber,
		"+1": errNotNumber, "1e99999999999999999999": errNotNumber, "１": errNotNumber,
	} {
		_, err := parseNumber(text)
		assert.Equal(t, want, err, text)
	}
	for _, value := range []any{"2.5", true, nil, map[string]any{}, 2.5} {
		_, err := jsonNumber(value)
		assert.Equal(t, errNotNumber, err, "%v", value)
	}
	n, err := jsonNumber(json.Number("2.5e-06"))
	require.NoError(t, err)
	assert.Equal(t, number{digits: "25", exponent: -7}, n)
}

func TestPricesOfUnits(t *testing.T) {
	for _, test := range []struct {
		text       string
		zeros      int
		price, per string
		rounded    bool
	}{
		{"2.5e-06", 6, "2.5", "1000000", false},
		{"1e-06", 6, "1", "1000000", false},
		{"0", 6, "0", "1000000", false},
		{"7.167e-05", 0, "0.00007167", "1", false},
		{"3.0833333333333335e-05", 0, "0.000030833333333333335", "1", false},
		{"1.5000020000000002e-05", 6, "15.000020000000002", "1000000", false},
		{"0.1234567890123456789", 0, "0.123456789012345679", "1", true},
	} {
		n, err := parseNumber(test.text)
		require.NoError(t, err)
		price, per, rounded := n.quoted(test.zeros)
		assert.Equal(t, []any{test.price, test.per, test.rounded}, []any{price, per, rounded}, test.text)
	}
}

// What is read is the number, by means that are not ours, and so is what is written.
func FuzzNumber(f *testing.F) {
	for _, seed := range []string{"7.167e-05", "0", "2.5", "1e-19", "999999999999999", "1.5000020000000002e-05", "-1", "NaN"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		n, err := parseNumber(text)
		if err != nil {
			return
		}
		want, ok := new(big.Rat).SetString(text)
		got, _ := new(big.Rat).SetString(n.String())
		if !ok || want.Cmp(got) != 0 {
			t.Fatalf("%q was read as %s", text, n)
		}
		price, per, rounded := n.quoted(6)
		quotient := new(big.Rat).Quo(rat(price), rat(per))
		if !rounded && quotient.Cmp(want) != 0 {
			t.Errorf("%q became %s per %s", text, price, per)
		}
	})
}

func rat(text string) *big.Rat {
	r, _ := new(big.Rat).SetString(text)
	return r
}
