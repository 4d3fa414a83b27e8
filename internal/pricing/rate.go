package pricing

import (
	"errors"
	"math"
	"math/big"
	"math/bits"
)

// Quantity is an amount of usage, exactly: mantissa × 2^exponent.
type Quantity struct {
	mantissa uint64
	exponent int
}

// Count is a quantity of n. It is false for a negative one.
func Count(n int64) (Quantity, bool) {
	return Quantity{mantissa: uint64(max(n, 0))}, n >= 0
}

// Measure is a quantity of f. It is false for one that is negative, infinite or not a number.
func Measure(f float64) (Quantity, bool) {
	if f < 0 || math.IsNaN(f) || math.IsInf(f, 0) {
		return Quantity{}, false
	}
	const significand = 53
	fraction, exponent := math.Frexp(f)
	return Quantity{mantissa: uint64(fraction * (1 << significand)), exponent: exponent - significand}, true
}

// Since is how much more q is than was. It is false if q is less.
func (q Quantity) Since(was Quantity) (Quantity, bool) {
	if q.exponent == was.exponent {
		return Quantity{mantissa: q.mantissa - was.mantissa, exponent: q.exponent}, q.mantissa >= was.mantissa
	}
	return Measure(q.Float() - was.Float())
}

// IsZero says whether there is nothing.
func (q Quantity) IsZero() bool { return q.mantissa == 0 }

// Float is the nearest float64.
func (q Quantity) Float() float64 { return math.Ldexp(float64(q.mantissa), q.exponent) }

// rate is US dollars for one of a kind's unit: the fraction num/den in lowest terms.
type rate struct {
	num, den uint64
}

var (
	errNothingPer = errors.New("per must not be 0")
	errTooFine    = errors.New("price and per have too many digits together")
)

// newRate is price for per units, each of which is factor of the kind's own unit (an hour is 3600 seconds).
func newRate(price, per decimal, factor uint64) (rate, error) {
	if per.digits == 0 {
		return rate{}, errNothingPer
	}
	num := scaled(price.digits, per.scale)
	den := scaled(per.digits, price.scale)
	den.Mul(den, new(big.Int).SetUint64(factor))
	common := new(big.Int).GCD(nil, nil, num, den)
	num.Quo(num, common)
	den.Quo(den, common)
	if !num.IsUint64() || !den.IsUint64() {
		return rate{}, errTooFine
	}
	return rate{num: num.Uint64(), den: den.Uint64()}, nil
}

// scaled is n × 10^zeros.
func scaled(n uint64, zeros int) *big.Int {
	power := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(zeros)), nil)
	return power.Mul(power, new(big.Int).SetUint64(n))
}

// of is what a quantity costs: quantity × num / den exactly, rounded once to the nearest float64.
func (r rate) of(q Quantity) float64 {
	if q.mantissa == 0 || r.num == 0 {
		return 0
	}
	hi, lo := bits.Mul64(q.mantissa, r.num)
	quotient, exponent := divide(hi, lo, r.den)
	return math.Ldexp(float64(quotient), exponent+q.exponent)
}

// divide is the 128-bit number hi:lo by den as quotient × 2^exponent. The quotient has at least 63 bits, of which the
// lowest is set when anything was cut off below it: ten bits below what a float64 keeps, so converting it rounds as the
// exact value would. hi:lo and den must not be 0.
func divide(hi, lo, den uint64) (quotient uint64, exponent int) {
	up := bits.LeadingZeros64(den)
	den <<= up
	left := leadingZeros(hi, lo)
	hi, lo = shiftLeft(hi, lo, left)
	// One bit back to the right: the dividend's upper half must be less than the divisor.
	cut := lo & 1
	hi, lo = hi>>1, lo>>1|hi<<63
	quotient, rest := bits.Div64(hi, lo, den)
	if rest|cut != 0 {
		quotient |= 1
	}
	return quotient, 1 - left + up
}

func leadingZeros(hi, lo uint64) int {
	if hi == 0 {
		return 64 + bits.LeadingZeros64(lo)
	}
	return bits.LeadingZeros64(hi)
}

func shiftLeft(hi, lo uint64, by int) (shiftedHi, shiftedLo uint64) {
	if by >= 64 {
		return lo << (by - 64), 0
	}
	return hi<<by | lo>>(64-by), lo << by
}
