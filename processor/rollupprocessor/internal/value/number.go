// Package value is the arithmetic of what series hold: numbers and histograms that are added up without losing what
// floating point usually loses, and differences of cumulative values. It knows nothing of series, calls or time.
package value

import (
	"math"

	"go.opentelemetry.io/collector/pdata/pmetric"
)

// Number is the value of one number point: an int64 or a float64.
type Number struct {
	bits     uint64
	isDouble bool
}

// Int is an integer value.
func Int(v int64) Number { return Number{bits: uint64(v)} }

// Double is a floating point value.
func Double(v float64) Number { return Number{bits: math.Float64bits(v), isDouble: true} }

// Of reads the value of a point. It is false for a point that has none.
func Of(p pmetric.NumberDataPoint) (Number, bool) {
	switch p.ValueType() {
	case pmetric.NumberDataPointValueTypeInt:
		return Int(p.IntValue()), true
	case pmetric.NumberDataPointValueTypeDouble:
		return Double(p.DoubleValue()), true
	default:
		return Number{}, false
	}
}

func (n Number) integer() int64 { return int64(n.bits) }

// Float is the value as a float64.
func (n Number) Float() float64 {
	if n.isDouble {
		return math.Float64frombits(n.bits)
	}
	return float64(n.integer())
}

// Finite is false for NaN and the infinities.
func (n Number) Finite() bool { return !n.isDouble || finite(n.Float()) }

// Negative says whether the value is below zero.
func (n Number) Negative() bool { return n.Less(Number{}) }

// Less compares by value: exactly between two ints, else as float64.
func (n Number) Less(m Number) bool {
	if n.isDouble || m.isDouble {
		return n.Float() < m.Float()
	}
	return n.integer() < m.integer()
}

// Equal says whether neither is less.
func (n Number) Equal(m Number) bool { return !n.Less(m) && !m.Less(n) }

// negated has no int for the smallest int64, which it gives as a double.
func (n Number) negated() Number {
	if n.isDouble || n.integer() == math.MinInt64 {
		return Double(-n.Float())
	}
	return Int(-n.integer())
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
