package value

import (
	"math"
	"strconv"

	"go.opentelemetry.io/collector/pdata/pmetric"
)

// Total is a sum of numbers in any order: an exact int while all that was added was int, else a double.
// The zero value is 0.
type Total struct {
	ints     int64
	doubles  compensated
	isDouble bool
}

// Add adds n, which must be finite.
func (t *Total) Add(n Number) {
	if n.isDouble {
		t.isDouble = true
		t.doubles.add(n.Float())
		return
	}
	t.addInt(n.integer())
}

// Subtract takes n away. Adding a new value and taking away the old one is how a cumulative value is counted: unlike
// adding their difference it rounds nothing, however long the stream.
func (t *Total) Subtract(n Number) { t.Add(n.negated()) }

// addInt moves to doubles what an int64 cannot hold, since a wrapped counter would look like a reset.
func (t *Total) addInt(v int64) {
	sum := t.ints + v
	if (sum > t.ints) == (v > 0) || v == 0 {
		t.ints = sum
		return
	}
	t.isDouble = true
	t.doubles.add(float64(t.ints))
	t.ints = v
}

// Float is the sum as a float64.
func (t *Total) Float() float64 {
	sum := t.doubles
	sum.add(float64(t.ints))
	return sum.value()
}

// Write sets the value of p.
func (t *Total) Write(p pmetric.NumberDataPoint) {
	if t.isDouble {
		p.SetDoubleValue(t.Float())
		return
	}
	p.SetIntValue(t.ints)
}

// WriteZero sets the value of p to a zero of the sum's type.
func (t *Total) WriteZero(p pmetric.NumberDataPoint) {
	if t.isDouble {
		p.SetDoubleValue(0)
		return
	}
	p.SetIntValue(0)
}

// compensated is a sum that also carries what rounding took (Neumaier 1974), so that 3.1+0.1+0.2+70.8 is 74.2.
type compensated struct{ sum, lost float64 }

// add stops at the largest float64 instead of becoming infinite: one absurd value must not make a series NaN for ever.
func (c *compensated) add(v float64) {
	sum := c.sum + v
	switch {
	case math.IsInf(sum, 0):
		*c = compensated{sum: math.Copysign(math.MaxFloat64, sum)}
		return
	case math.Abs(c.sum) >= math.Abs(v):
		c.lost += (c.sum - sum) + v
	default:
		c.lost += (v - sum) + c.sum
	}
	c.sum = sum
}

func (c compensated) value() float64 { return onPaper(c.sum + c.lost) }

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
