package sum

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestSum(t *testing.T) {
	for name, test := range map[string]struct {
		values []float64
		want   float64
	}{
		"nothing":                   {nil, 0},
		"seconds of a call":         {[]float64{3.1, 0.1, 0.2, 70.8}, 74.2},
		"dollars of a request":      {[]float64{0.000365, 0.00112, 0.00037}, 0.001855},
		"small beside large":        {[]float64{1e15, 0.1, -1e15}, 0.1},
		"whole numbers stay whole":  {[]float64{1, 2, 3}, 6},
		"what was added goes again": {[]float64{0.1, 0.2, -0.2, -0.1}, 0},
		"never infinite":            {[]float64{math.MaxFloat64, math.MaxFloat64}, math.MaxFloat64},
	} {
		var s Sum
		for _, v := range test.values {
			s.Add(v)
		}
		assert.Equal(t, test.want, s.Value(), name)
	}
}

func TestOnPaperKeepsOrder(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 10_000 {
		v := random.ExpFloat64() * math.Pow(10, float64(random.IntN(30)-15))
		next := math.Nextafter(v, math.Inf(1))
		assert.LessOrEqual(t, onPaper(v), onPaper(next))
		assert.InEpsilon(t, v, onPaper(v), 6e-15)
	}
	for _, v := range []float64{0, 74, 1e15 + 0.125, math.MaxFloat64, -1e300} {
		assert.Equal(t, v, onPaper(v))
	}
}

// Where arithmetic is sure, it finds what writing the digits down finds.
func TestRoundedIsRewritten(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	found := 0
	check := func(v float64) {
		if r, sure := rounded(v); sure {
			found++
			if want := rewritten(v); r != want {
				t.Errorf("%x: got %x, want %x", v, r, want)
			}
		}
	}
	for range 50_000 {
		v := random.Float64() * math.Pow(10, float64(random.IntN(26)-10))
		check(v)
		check(-v)
		check(math.Round(v*1e9) / 1e9)
	}
	for scale := range 22 {
		for _, v := range []float64{1, 9.99999999999999, 9.999999999999994, 9.9999999999999999} {
			check(v * math.Pow(10, float64(scale-8)))
		}
	}
	assert.Greater(t, found, 75_000)
}

func BenchmarkValue(b *testing.B) {
	var s Sum
	for _, v := range []float64{0.000365, 0.00112, 0.00037} {
		s.Add(v)
	}
	for b.Loop() {
		s.Value()
	}
}
