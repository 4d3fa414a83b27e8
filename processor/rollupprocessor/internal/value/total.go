package value

import (
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/otelcol-voice/otelcol-voice/internal/sum"
)

// Total is a sum of numbers in any order: an exact int while all that was added was int, else a double.
// The zero value is 0.
type Total struct {
	ints     int64
	doubles  sum.Sum
	isDouble bool
}

// Add adds n, which must be finite.
func (t *Total) Add(n Number) {
	if n.isDouble {
		t.isDouble = true
		t.doubles.Add(n.Float())
		return
	}
	t.addInt(n.integer())
}

// Subtract takes n away. Adding a new value and taking away the old one is how a cumulative value is counted: unlike
// adding their difference it rounds nothing, however long the stream.
func (t *Total) Subtract(n Number) { t.Add(n.negated()) }

// addInt moves to doubles what an int64 cannot hold, since a wrapped counter would look like a reset.
func (t *Total) addInt(v int64) {
	total := t.ints + v
	if (total > t.ints) == (v > 0) || v == 0 {
		t.ints = total
		return
	}
	t.isDouble = true
	t.doubles.Add(float64(t.ints))
	t.ints = v
}

// Float is the sum as a float64.
func (t *Total) Float() float64 {
	total := t.doubles
	total.Add(float64(t.ints))
	return total.Value()
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
