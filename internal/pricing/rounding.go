package pricing

import (
	"errors"
	"fmt"
	"math/big"
	"math/bits"
)

// Rounding says how a vendor rounds up before billing, in the smallest unit of the row's kind: seconds for durations. It is
// applied to single reports of what it is per; all else is priced linearly, and Result.Estimate says so.
type Rounding struct {
	// Minimum is the least that is billed; nothing used is nothing billed.
	Minimum string `yaml:"minimum,omitempty" mapstructure:"minimum"`
	// UpTo is what is billed a whole multiple of.
	UpTo string `yaml:"up_to,omitempty" mapstructure:"up_to"`
	// Per is what is rounded: a request, or a leg, session or channel. With channel the price is for each channel.
	Per string `yaml:"per,omitempty" mapstructure:"per"`
}

// span is what a rounding is per.
type span uint8

const (
	perNothing span = iota
	perRequest
	perLeg
	perSession
	perChannel
)

var spans = map[string]span{"request": perRequest, "leg": perLeg, "session": perSession, "channel": perChannel}

// rounding is a Rounding made ready for use; a bound of 0 is none.
type rounding struct {
	minimum, upTo decimal
	per           span
}

func (r Rounding) compile() (rounding, error) {
	if r == (Rounding{}) {
		return rounding{}, nil
	}
	minimum, minimumErr := bound("rounding.minimum", r.Minimum)
	upTo, upToErr := bound("rounding.up_to", r.UpTo)
	per, known := spans[r.Per]
	errs := []error{minimumErr, upToErr}
	if !known {
		errs = append(errs, fmt.Errorf("rounding.per %q must be request, leg, session or channel", r.Per))
	}
	if r.Minimum == "" && r.UpTo == "" && per != perChannel {
		errs = append(errs, errors.New("rounding has neither minimum nor up_to"))
	}
	return rounding{minimum, upTo, per}, errors.Join(errs...)
}

// maxPlaces bounds the digits of a bound after its point, so that comparing with it needs no more than 128 bits.
const maxPlaces = 9

func bound(key, text string) (decimal, error) {
	if text == "" {
		return decimal{}, nil
	}
	d, err := parseDecimal(text)
	switch {
	case err != nil:
	case d.digits == 0:
		err = errors.New("must not be 0; leave it out")
	case d.scale > maxPlaces:
		err = fmt.Errorf("has more than %d digits after the point", maxPlaces)
	}
	return d, about(key, text, err)
}

// rounds says whether what is billed may be more than what is used.
func (r *rounding) rounds() bool { return r.minimum.digits|r.upTo.digits != 0 }

// whole says whether a single report of a kind is the whole of what the rounding is per. A report of speech is not the
// session in which it was heard, and a streaming report not all of its channel.
func (r *rounding) whole(kind Kind) bool { return r.per == perRequest || kind.isOpenTime() }

// least is the least that is billed, of which is its multiple of up_to.
func (r *rounding) least() *big.Rat {
	if r.upTo.digits == 0 {
		return r.minimum.rat()
	}
	steps := new(big.Rat).Quo(r.minimum.rat(), r.upTo.rat())
	whole, rest := new(big.Int).QuoRem(steps.Num(), steps.Denom(), new(big.Int))
	if rest.Sign() > 0 {
		whole.Add(whole, big.NewInt(1))
	}
	return steps.Mul(steps.SetInt(whole), r.upTo.rat())
}

// basis is what a charge is for: a unit, a step of the rounding, or its minimum.
type basis uint8

const (
	byUnit basis = iota
	byStep
	byMinimum
	bases
)

// charge is what is asked, made ready for each basis.
type charge [bases]rate

func newCharge(perUnit *big.Rat, r *rounding) (*charge, error) {
	c := new(charge)
	var err error
	if c[byUnit], err = rateOf(perUnit); err != nil || !r.rounds() {
		return c, err
	}
	for _, b := range []basis{byStep, byMinimum} {
		if c[b], err = rateOf(new(big.Rat).Mul(perUnit, r.of(b))); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// of is how many units of the kind a basis is.
func (r *rounding) of(b basis) *big.Rat {
	switch b {
	case byStep:
		return r.upTo.rat()
	case byMinimum:
		return r.least()
	}
	return big.NewRat(1, 1)
}

// billed is how much of which basis a usage is billed for, and whether that may be less than what the vendor bills.
func (o *offer) billed(u *Usage) (basis, Quantity, Estimate) {
	channels := uint64(1)
	if o.rounding.per == perChannel && u.Channels > 1 {
		channels = uint64(u.Channels)
	}
	r := &o.rounding
	switch {
	case !r.rounds() || u.Quantity.IsZero():
		return byUnit, u.Quantity.times(channels), Exact
	case !u.Single || !r.whole(o.kind):
		return byUnit, u.Quantity.times(channels), EstimateRounding
	case r.minimum.digits != 0 && u.Quantity.atMost(r.minimum):
		return byMinimum, Quantity{mantissa: channels}, Exact
	}
	if steps, ok := u.Quantity.steps(r.upTo); ok {
		return byStep, Quantity{mantissa: steps}.times(channels), Exact
	}
	return byUnit, u.Quantity.times(channels), Exact
}

// times is the quantity n times; n must not be 0. Beyond 64 bits it is cut to the highest 64, eleven more than a float64 keeps.
func (q Quantity) times(n uint64) Quantity {
	if n == 1 {
		return q
	}
	hi, lo := bits.Mul64(q.mantissa, n)
	if hi == 0 {
		return Quantity{lo, q.exponent}
	}
	down := bits.Len64(hi)
	return Quantity{hi<<(64-down) | lo>>down, q.exponent + down}
}

// atMost says whether the quantity is at most d, which must not be 0.
func (q Quantity) atMost(d decimal) bool {
	steps, ok := q.steps(d)
	return ok && steps <= 1
}

// steps is how many d make up the quantity, the last of which may be more than is needed. It is false where there is no d,
// or where they are more than can be counted (2^64): no rounding then changes what the quantity is.
func (q Quantity) steps(d decimal) (uint64, bool) {
	if d.digits == 0 {
		return 0, false
	}
	up := max(q.exponent, 0)
	if up > bits.LeadingZeros64(q.mantissa) {
		return 0, false
	}
	hi, lo := bits.Mul64(q.mantissa<<up, tenTo[d.scale])
	high := hi / d.digits
	low, rest := bits.Div64(hi%d.digits, lo, d.digits)
	over, whole, cut := shiftDown(high, low, up-q.exponent)
	if rest|cut != 0 {
		var carry uint64
		whole, carry = bits.Add64(whole, 1, 0)
		over |= carry
	}
	return whole, over == 0
}

// tenTo are the powers of ten up to that of maxPlaces.
var tenTo = [maxPlaces + 1]uint64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9}

// shiftDown is hi:lo / 2^by, and whether something was cut off (other than 0). by must not be negative.
func shiftDown(hi, lo uint64, by int) (over, whole, cut uint64) {
	if by >= 64 {
		return 0, hi >> (by - 64), lo | hi<<max(128-by, 0)
	}
	return hi >> by, hi<<(64-by) | lo>>by, lo << (64 - by)
}
