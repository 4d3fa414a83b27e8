// Package sum adds up floating-point numbers that were decimal before they were binary: dollars, seconds, milliseconds.
package sum

import (
	"math"
	"strconv"
)

// Sum is a sum that also carries what rounding took (Neumaier 1974), so that 3.1+0.1+0.2+70.8 is 74.2. The zero value is 0.
type Sum struct{ sum, lost float64 }

// Add adds v, which must be finite. It stops at the largest float64 instead of becoming infinite: one absurd value must not
// make a series NaN for ever.
func (s *Sum) Add(v float64) {
	sum := s.sum + v
	switch {
	case math.IsInf(sum, 0):
		*s = Sum{sum: math.Copysign(math.MaxFloat64, sum)}
		return
	case math.Abs(s.sum) >= math.Abs(v):
		s.lost += (s.sum - sum) + v
	default:
		s.lost += (v - sum) + s.sum
	}
	s.sum = sum
}

// Value is the sum, to 15 decimal digits.
func (s Sum) Value() float64 { return onPaper(s.sum + s.lost) }

// Parts are the two numbers that a sum is, for keeping it; Of puts them together.
func (s Sum) Parts() (sum, lost float64) { return s.sum, s.lost }

// Of is the sum with these parts, which must be finite.
func Of(sum, lost float64) Sum { return Sum{sum: sum, lost: lost} }

// exactFrom is where float64 has no more than 15 digits and a bit, all of them before the decimal point or just after.
const exactFrom = 1e15

// onPaper rounds to the 15 decimal digits that a float64 surely holds. What is added up was decimal before it was
// binary: 0.000365+0.00112+0.00037 is 0.001855 on paper, and 0.0018549999999999999 when the three nearest float64 are
// added without any error. Rounding keeps order, so a counter never falls by it.
func onPaper(v float64) float64 {
	if math.Abs(v) >= exactFrom || v == math.Trunc(v) {
		return v
	}
	var digits [32]byte
	rounded, err := strconv.ParseFloat(string(strconv.AppendFloat(digits[:0], v, 'e', 14, 64)), 64)
	if err != nil {
		return v
	}
	return rounded
}
