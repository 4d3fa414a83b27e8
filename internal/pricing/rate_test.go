package pricing

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Amounts are what arithmetic with numbers of any size gives, rounded once.
func TestRatesAreExact(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	digits := func(most int) *big.Int {
		n := new(big.Int).SetUint64(random.Uint64())
		n.Mul(n, new(big.Int).SetUint64(random.Uint64()))
		n.Rsh(n, uint(random.IntN(most)))
		return n.Add(n, big.NewInt(1))
	}
	quantity := func() Quantity {
		if random.IntN(2) == 0 {
			return count(random.Int64() >> random.IntN(63))
		}
		return measure(math.Ldexp(random.Float64(), random.IntN(200)-100))
	}
	for range 5_000 {
		exact := new(big.Rat).SetFrac(digits(127), digits(127))
		r, err := rateOf(exact)
		require.NoError(t, err)
		require.Zero(t, exact.Cmp(r.rat()))
		q := quantity()
		want, _ := new(big.Rat).Mul(exact, q.rat()).Float64()
		require.Equalf(t, want, r.of(q), "%v × %v", q, exact)
	}
}

// The guess of a digit is too large by one or two only for rare divisors; and a rest is seen wherever it is.
func TestRatesAreExactAtTheEdges(t *testing.T) {
	edges := []uint64{1, 3, 1<<32 - 1, 1<<63 - 1, 1 << 63, math.MaxUint64 - 1, math.MaxUint64}
	var wide []*big.Int
	for _, hi := range append(edges, 0) {
		for _, lo := range edges {
			wide = append(wide, uint128{hi, lo}.int())
		}
	}
	for _, num := range wide {
		for _, den := range wide {
			exact := new(big.Rat).SetFrac(num, den)
			r, err := rateOf(exact)
			require.NoError(t, err)
			for _, m := range edges {
				q := Quantity{mantissa: m}
				want, _ := new(big.Rat).Mul(exact, q.rat()).Float64()
				require.Equalf(t, want, r.of(q), "%d × %v", m, exact)
			}
		}
	}
}

// Other catalogues have prices with as many digits as a float64 has.
func TestPricesWithManyDigits(t *testing.T) {
	for _, test := range []struct {
		price, per string
		quantity   int64
		want       float64
	}{
		{"0.00000002777777777777778", "1", 3_600_000, 0.1},
		{"0.000027777777777777778", "1", 3600, 0.1},
		{"0.00000010000000000000001", "1", 1, 1.0000000000000001e-07},
		{"123456789012345678", "1", 1, 123456789012345678},
		{"0.000000000000000000000000000000000001", "1", 1, 1e-36},
	} {
		price, err := parseDecimal(test.price)
		require.NoError(t, err)
		per, err := parseDecimal(test.per)
		require.NoError(t, err)
		exact, err := perUnit(price, per, 1)
		require.NoError(t, err)
		r, err := rateOf(exact)
		require.NoError(t, err)
		assert.InEpsilon(t, test.want, r.of(count(test.quantity)), 1e-15)
	}
}

// What nobody can have used has an amount all the same, and it is a number.
func TestAmountsAreFinite(t *testing.T) {
	dear, err := rateOf(big.NewRat(1<<62, 1))
	require.NoError(t, err)
	half, err := rateOf(big.NewRat(1, 2))
	require.NoError(t, err)
	assert.Equal(t, math.MaxFloat64, dear.of(measure(math.MaxFloat64)))
	assert.Equal(t, 0.5e300, half.of(measure(1e300)))
	assert.Equal(t, 4503599627370496.5, half.of(count(1<<53+1)), "2^53+1 is not 2^53")
}
