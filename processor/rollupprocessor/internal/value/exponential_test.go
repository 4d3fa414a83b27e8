package value

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/otelcol-voice/otelcol-voice/internal/stream"
)

// observed is an exponential histogram of these values at that scale, as an SDK makes it.
func observed(scale int32, threshold float64, values ...float64) pmetric.ExponentialHistogramDataPoint {
	p := pmetric.NewExponentialHistogramDataPoint()
	p.SetScale(scale)
	p.SetZeroThreshold(threshold)
	p.SetCount(uint64(len(values)))
	p.SetSum(0)
	positive, negative := map[int]uint64{}, map[int]uint64{}
	for _, v := range values {
		p.SetSum(p.Sum() + v)
		switch {
		case math.Abs(v) <= threshold:
			p.SetZeroCount(p.ZeroCount() + 1)
		case v > 0:
			positive[indexOf(v, scale)]++
		default:
			negative[indexOf(-v, scale)]++
		}
	}
	fill(p.Positive(), positive)
	fill(p.Negative(), negative)
	return p
}

// indexOf is the index i with base^i < v <= base^(i+1).
func indexOf(v float64, scale int32) int {
	return int(math.Ceil(math.Ldexp(math.Log2(v), int(scale)))) - 1
}

func fill(p pmetric.ExponentialHistogramDataPointBuckets, counts map[int]uint64) {
	if len(counts) == 0 {
		return
	}
	first, last := math.MaxInt32, math.MinInt32
	for i := range counts {
		first, last = min(first, i), max(last, i)
	}
	p.SetOffset(int32(first))
	for i := first; i <= last; i++ {
		p.BucketCounts().Append(counts[i])
	}
}

func read(t *testing.T, p pmetric.ExponentialHistogramDataPoint) *Exponential {
	t.Helper()
	var x Exponential
	require.Equal(t, Sound, x.Read(p))
	return &x
}

func in(x *Exponential, bounds []float64) []uint64 {
	var d Distribution
	x.In(bounds, &d)
	return d.Counts
}

func TestExponentialByUpperEdge(t *testing.T) {
	ours := []float64{10, 20, 30}
	for name, tc := range map[string]struct {
		p    pmetric.ExponentialHistogramDataPoint
		want []uint64
	}{
		"nothing":                       {observed(0, 0), []uint64{0, 0, 0, 0}},
		"up to 8, 16, 32":               {observed(0, 0, 5, 9, 17), []uint64{1, 1, 0, 1}},
		"an edge of theirs":             {observed(0, 0, 8, 8.001), []uint64{1, 1, 0, 0}},
		"finer: up to 9.51, 19.03":      {observed(2, 0, 9, 19), []uint64{1, 1, 0, 0}},
		"zero":                          {observed(0, 0, 0, 0), []uint64{2, 0, 0, 0}},
		"a zero bucket that is wide":    {observed(0, 15, 12, 1, 25), []uint64{0, 2, 0, 1}},
		"below zero":                    {observed(0, 0, -5, 5), []uint64{2, 0, 0, 0}},
		"coarse: up to 16, 256, 65,536": {observed(-2, 0, 9, 200), []uint64{0, 1, 0, 1}},
	} {
		t.Run(name, func(t *testing.T) { assert.Equal(t, tc.want, in(read(t, tc.p), ours)) })
	}
	assert.Equal(t, []uint64{1, 1, 1}, in(read(t, observed(0, 0, -20, -5, 3)), []float64{-16, -4}), "up to -16, -4 and 4")
}

func TestSingleObservationIsExact(t *testing.T) {
	ours := []float64{10, 20, 30}
	var d Distribution
	assert.False(t, read(t, observed(0, 0, 19)).Delta(ours, &d))
	assert.Equal(t, []uint64{0, 1, 0, 0}, d.Counts)
	assert.True(t, read(t, observed(0, 0, 19, 19)).Delta(ours, &d))
	assert.Equal(t, []uint64{0, 0, 0, 2}, d.Counts)

	for name, tc := range map[string]struct {
		p    pmetric.HistogramDataPoint
		want bool
	}{
		"in its bucket":         {point(19, []float64{5, 25}, 0, 1, 0), true},
		"on its edge":           {point(25, []float64{5, 25}, 0, 1, 0), true},
		"without buckets":       {point(19, nil, 1), true},
		"in another bucket":     {point(19, []float64{5, 25}, 0, 0, 1), false},
		"of two":                {point(19, []float64{5, 25}, 0, 2, 0), false},
		"beyond all its bounds": {point(99, []float64{5, 25}, 0, 0, 1), true},
	} {
		_, fault := d.Read(tc.p, ours)
		require.Equal(t, Sound, fault)
		assert.Equal(t, tc.want, d.Single(tc.p, ours), name)
	}
}

func TestExponentialThatContradictsItself(t *testing.T) {
	change := func(f func(pmetric.ExponentialHistogramDataPoint)) pmetric.ExponentialHistogramDataPoint {
		p := observed(0, 0, 5, 9)
		f(p)
		return p
	}
	type p = pmetric.ExponentialHistogramDataPoint
	for name, tc := range map[string]struct {
		p    p
		want Fault
	}{
		"no sum":             {change(func(p p) { p.RemoveSum() }), NoSum},
		"NaN sum":            {change(func(p p) { p.SetSum(math.NaN()) }), NotFinite},
		"count of its own":   {change(func(p p) { p.SetCount(3) }), Malformed},
		"absurd count":       {change(func(p p) { p.SetCount(1 << 60) }), Malformed},
		"absurd zero count":  {change(func(p p) { p.SetZeroCount(1 << 60) }), Malformed},
		"absurd bucket":      {change(func(p p) { p.Positive().BucketCounts().SetAt(0, math.MaxUint64) }), Malformed},
		"absurd scale":       {change(func(p p) { p.SetScale(21) }), Malformed},
		"absurd scale below": {change(func(p p) { p.SetScale(-11) }), Malformed},
		"threshold below 0":  {change(func(p p) { p.SetZeroThreshold(-1) }), Malformed},
		"NaN threshold":      {change(func(p p) { p.SetZeroThreshold(math.NaN()) }), Malformed},
		"too many buckets":   {change(func(p p) { p.Negative().BucketCounts().FromRaw(make([]uint64, stream.MaxBuckets+1)) }), Malformed},
	} {
		t.Run(name, func(t *testing.T) { assert.Equal(t, tc.want, new(Exponential).Read(tc.p)) })
	}
	far := observed(3, 0, 5, 5)
	far.Positive().SetOffset(math.MaxInt32)
	assert.Equal(t, []uint64{0, 0, 2}, in(read(t, far), []float64{10, 20}), "beyond all numbers")
	far.Positive().SetOffset(math.MinInt32)
	assert.Equal(t, []uint64{2, 0, 0}, in(read(t, far), []float64{10, 20}))
}

// TestDifferenceAtAnyScale observes values one after another, as an SDK that now and then makes its scale coarser or its zero
// bucket wider, and compares the difference with what was observed in between.
func TestDifferenceAtAnyScale(t *testing.T) {
	for seed := range uint64(300) {
		random := rand.New(rand.NewPCG(seed, 31))
		var values []float64
		observe := func(n int) {
			for range n {
				v := math.Exp(random.NormFloat64()*3 + 3)
				values = append(values, math.Copysign(v, random.Float64()-0.2))
			}
		}
		scale, threshold := int32(5), 0.0
		observe(random.IntN(20))
		was := read(t, observed(scale, threshold, values...))
		n := len(values)
		observe(random.IntN(20))
		if random.IntN(2) == 0 {
			scale -= int32(random.IntN(8))
		}
		if random.IntN(3) == 0 {
			threshold = math.Exp2(float64(random.IntN(5)))
		}
		x := read(t, observed(scale, threshold, values...))
		before := x.Clone()
		more, follows := x.Since(was)
		require.True(t, follows, "seed %d", seed)
		require.Equal(t, before, x, "it is as it was")
		want := read(t, observed(scale, threshold, values[n:]...))
		require.Equal(t, want.Count, more.Count)
		want.widen(want.reach(more.threshold)) // which an edge of theirs may have moved
		require.Equal(t, want.zero, more.zero)
		require.Equal(t, in(want, Grid), in(more, Grid), "seed %d", seed)
	}
}

func TestWhatCannotFollow(t *testing.T) {
	was := read(t, observed(0, 0, 5, 9, 0, -3))
	for name, p := range map[string]pmetric.ExponentialHistogramDataPoint{
		"fewer":               observed(0, 0, 5, 9),
		"others":              observed(0, 0, 5, 17, 0, -3, 100),
		"fewer in zero":       observed(0, 0, 5, 9, 7, -3, -3),
		"fewer below zero":    observed(0, 0, 5, 9, 0, 3, 3),
		"coarser, and others": observed(-1, 0, 70, 90, 0, -3, 1000),
	} {
		_, follows := read(t, p).Since(was)
		assert.False(t, follows, name)
	}
}

func TestGrid(t *testing.T) {
	assert.Len(t, Grid, 217)
	assert.Equal(t, []float64{1.0 / 1024, 131072}, []float64{Grid[0], Grid[216]})
	assert.Len(t, Powers, 28)
	for i, power := range Powers {
		assert.Equal(t, math.Exp2(float64(i-10)), power)
	}
}

// TestWhatLeavesAsExponential reads what is written again.
func TestWhatLeavesAsExponential(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 7))
	h := NewHistogram(Grid)
	var values []float64
	for range 500 {
		values = append(values, math.Exp(random.NormFloat64()*2+5))
		var d Distribution
		_, fault := d.Read(point(values[len(values)-1], nil, 1), Grid)
		require.Equal(t, Sound, fault)
		require.True(t, d.Single(point(values[len(values)-1], nil, 1), Grid))
		h.Add(&d)
	}
	p := pmetric.NewExponentialHistogramDataPoint()
	h.WriteExponential(p)
	x, want := read(t, p), read(t, observed(3, Grid[0], values...))
	assert.Equal(t, want.positive, x.positive)
	assert.Equal(t, want.zero, x.zero)
	assert.InEpsilon(t, want.Sum, x.Sum, 1e-12)

	zero := pmetric.NewExponentialHistogramDataPoint()
	h.WriteExponentialZero(zero)
	assert.Zero(t, zero.Count())
	assert.True(t, zero.HasSum())

	edges := NewHistogram(Grid)
	for _, v := range []float64{0, Grid[0], Grid[216], 1e9} {
		var d Distribution
		d.Count, d.Sum = 1, v
		d.single(Grid)
		edges.Add(&d)
	}
	edges.WriteExponential(p)
	assert.EqualValues(t, 2, p.ZeroCount())
	last := int(p.Positive().Offset()) + p.Positive().BucketCounts().Len() - 1
	assert.Equal(t, gridTo, last, "what is larger is in one more")
}
