package pricing

import (
	"encoding/binary"
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

// rat is the quantity as a fraction.
func (q Quantity) rat() *big.Rat {
	exact := new(big.Rat).SetInt(new(big.Int).SetUint64(q.mantissa))
	return exact.Mul(exact, powerOfTwo(q.exponent))
}

// rate is US dollars for one unit of a kind: num / den × 2^exponent, exactly. Neither number is even, but both are shifted
// to the left until they fill their 128 bits, so that dividing by it needs no preparation. A zero num is a price of 0.
type rate struct {
	num, den uint128
	exponent int
}

// uint128 is hi × 2^64 + lo.
type uint128 struct{ hi, lo uint64 }

var (
	errNothingPer = errors.New("per must not be 0")
	errTooFine    = errors.New("price and per have too many digits together")
)

// perUnit is price for per units as the price of one of the kind's own, of which factor make one of those (an hour is 3600
// seconds).
func perUnit(price, per decimal, factor uint64) (*big.Rat, error) {
	if per.digits == 0 {
		return nil, errNothingPer
	}
	num, den := scaled(price.digits, per.scale), scaled(per.digits, price.scale)
	return new(big.Rat).SetFrac(num, den.Mul(den, new(big.Int).SetUint64(factor))), nil
}

// rateOf makes a fraction ready for use. It must not be negative.
func rateOf(exact *big.Rat) (rate, error) {
	num, up, numFits := normalised(exact.Num())
	den, down, denFits := normalised(exact.Denom())
	if !numFits || !denFits {
		return rate{}, errTooFine
	}
	return rate{num: num, den: den, exponent: up - down}, nil
}

// normalised is n as a number of exactly 128 bits and a power of two. It is false where n has more digits than that.
func normalised(n *big.Int) (number uint128, exponent int, fits bool) {
	if n.Sign() == 0 {
		return uint128{}, 0, true
	}
	exponent = n.BitLen() - 128
	if exponent > int(n.TrailingZeroBits()) {
		return uint128{}, 0, false
	}
	var bytes [16]byte
	shifted(n, -exponent).FillBytes(bytes[:])
	return uint128{binary.BigEndian.Uint64(bytes[:8]), binary.BigEndian.Uint64(bytes[8:])}, exponent, true
}

// shifted is n × 2^by.
func shifted(n *big.Int, by int) *big.Int {
	if by < 0 {
		return new(big.Int).Rsh(n, uint(-by))
	}
	return new(big.Int).Lsh(n, uint(by))
}

// rat is the rate as a fraction.
func (r rate) rat() *big.Rat {
	exact := new(big.Rat).SetFrac(r.num.int(), r.den.int())
	return exact.Mul(exact, powerOfTwo(r.exponent))
}

func (n uint128) int() *big.Int {
	whole := new(big.Int).SetUint64(n.hi)
	return whole.Lsh(whole, 64).Or(whole, new(big.Int).SetUint64(n.lo))
}

func powerOfTwo(exponent int) *big.Rat {
	power := new(big.Rat).SetInt(shifted(big.NewInt(1), max(exponent, -exponent)))
	if exponent < 0 {
		power.Inv(power)
	}
	return power
}

// of is what a quantity costs: quantity × num / den exactly, rounded once to the nearest float64. What no float64 holds is
// the largest one: an amount is always finite.
func (r *rate) of(q Quantity) float64 {
	if q.mantissa == 0 || r.num.hi == 0 {
		return 0
	}
	left := bits.LeadingZeros64(q.mantissa)
	quotient, exponent := quotientOf(q.mantissa<<left, r.num, r.den)
	return times(float64(quotient), exponent+q.exponent-left+r.exponent)
}

// times is f × 2^exponent, and at most the largest float64. f must be of some 64 bits.
func times(f float64, exponent int) float64 {
	const bias, significand, far = 1023, 52, 900
	if -far < exponent && exponent < far {
		return f * math.Float64frombits(uint64(exponent+bias)<<significand)
	}
	return min(math.Ldexp(f, exponent), math.MaxFloat64)
}

// quotientOf is m × num / den as quotient × 2^exponent, where all three fill their bits. The quotient has at least 63 bits,
// of which the lowest is set when anything was cut off below it: ten bits below what a float64 keeps, so converting it
// rounds as the exact value would.
func quotientOf(m uint64, num, den uint128) (quotient uint64, exponent int) {
	p2, p1, p0 := multiply(m, num)
	cut := uint64(0)
	if p2>>63 != 0 {
		// One bit to the right: the dividend must be less than the divisor.
		cut = p0 & 1
		p2, p1, p0 = p2>>1, p1>>1|p2<<63, p0>>1|p1<<63
		exponent = 1
	}
	quotient, rest := divide(p2, p1, p0, den)
	if rest|cut != 0 {
		quotient |= 1
	}
	return quotient, exponent
}

// multiply is m × n, the highest part first.
func multiply(m uint64, n uint128) (p2, p1, p0 uint64) {
	hi, mid := bits.Mul64(m, n.hi)
	carried, lo := bits.Mul64(m, n.lo)
	mid, carry := bits.Add64(mid, carried, 0)
	return hi + carry, mid, lo
}

// divide is p2:p1:p0 by den, and whether there is a rest (other than 0). p2 must be less than den.hi, whose highest bit must
// be set. (Knuth, The Art of Computer Programming, 4.3.1: a digit of the quotient is guessed from the divisor's first
// digit, and is at most two too large.)
func divide(p2, p1, p0 uint64, den uint128) (quotient, rest uint64) {
	quotient, over := bits.Div64(p2, p1, den.hi)
	hi, lo := bits.Mul64(quotient, den.lo)
	for carry := uint64(0); carry == 0 && (hi > over || hi == over && lo > p0); {
		var borrow uint64
		quotient--
		over, carry = bits.Add64(over, den.hi, 0)
		lo, borrow = bits.Sub64(lo, den.lo, 0)
		hi -= borrow
	}
	return quotient, (over ^ hi) | (p0 ^ lo)
}
