package value

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/otelcol-voice/otelcol-voice/internal/stream"
)

func TestOf(t *testing.T) {
	p := pmetric.NewNumberDataPoint()
	_, ok := Of(p)
	assert.False(t, ok)
	p.SetIntValue(-3)
	n, ok := Of(p)
	assert.True(t, ok)
	assert.Equal(t, Int(-3), n)
	p.SetDoubleValue(0.5)
	n, ok = Of(p)
	assert.True(t, ok)
	assert.Equal(t, Double(0.5), n)
}

func TestNumbersCompareByValue(t *testing.T) {
	for _, tc := range []struct {
		a, b Number
		less bool
	}{
		{Int(1), Int(2), true},
		{Int(2), Int(1), false},
		{Int(-1), Int(0), true},
		{Int(1<<53 + 0), Int(1<<53 + 1), true}, // float64 cannot tell these apart
		{Int(1), Double(1.5), true},
		{Double(1.5), Int(1), false},
		{Double(-0.1), Double(0), true},
	} {
		assert.Equal(t, tc.less, tc.a.Less(tc.b), "%v < %v", tc.a.Float(), tc.b.Float())
	}
	assert.True(t, Int(1).Equal(Double(1)))
	assert.False(t, Int(1).Equal(Int(2)))
	assert.True(t, Int(-1).Negative())
	assert.False(t, Double(0).Negative())
	assert.True(t, Int(math.MaxInt64).Finite())
	for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		assert.False(t, Double(v).Finite())
	}
}

func totalOf(numbers ...Number) *Total {
	var t Total
	for _, n := range numbers {
		t.Add(n)
	}
	return &t
}

func TestTotal(t *testing.T) {
	for name, tc := range map[string]struct {
		numbers []Number
		want    float64
	}{
		"nothing":             {nil, 0},
		"ints":                {[]Number{Int(896), Int(146)}, 1042},
		"int and double":      {[]Number{Int(1), Double(0.5), Int(2)}, 3.5},
		"seconds of a call":   {[]Number{Double(3.1), Double(0.1), Double(0.2), Double(70.8)}, 74.2},
		"cost of a request":   {[]Number{Double(0.000365), Double(0.00112), Double(0.00037)}, 0.001855},
		"tenths":              {[]Number{Double(0.1), Double(0.2)}, 0.3},
		"small beside large":  {[]Number{Double(1e15), Double(0.25), Double(0.25), Double(-1e15)}, 0.5},
		"beyond int64":        {[]Number{Int(math.MaxInt64), Int(math.MaxInt64)}, 2 * float64(math.MaxInt64)},
		"beyond int64, below": {[]Number{Int(math.MinInt64), Int(-1)}, float64(math.MinInt64)},
		"beyond float64":      {[]Number{Double(math.MaxFloat64), Double(math.MaxFloat64), Double(1)}, math.MaxFloat64},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, tc.want, totalOf(tc.numbers...).Float())
		})
	}
}

func TestTotalOfAMillionCosts(t *testing.T) {
	var total Total
	for range 1_000_000 {
		total.Add(Double(0.0000015))
	}
	assert.Equal(t, 1.5, total.Float())
}

func TestSubtractUndoesAdd(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 1000 {
		a, b := Double(random.Float64()*1e9), Double(random.Float64())
		total := totalOf(a, b)
		total.Subtract(a)
		assert.InEpsilon(t, b.Float(), total.Float(), 1e-14)
	}
	smallest := totalOf(Int(math.MinInt64))
	smallest.Subtract(Int(math.MinInt64))
	assert.Zero(t, smallest.Float())
}

func TestTypeOfATotal(t *testing.T) {
	p := pmetric.NewNumberDataPoint()
	total := totalOf(Int(3))
	total.Write(p)
	assert.Equal(t, int64(3), p.IntValue())
	total.WriteZero(p)
	assert.Equal(t, pmetric.NumberDataPointValueTypeInt, p.ValueType())
	total.Add(Double(0.5))
	total.Write(p)
	assert.Equal(t, 3.5, p.DoubleValue())
	total.WriteZero(p)
	assert.Equal(t, pmetric.NumberDataPointValueTypeDouble, p.ValueType())
	assert.Zero(t, p.DoubleValue())
}

func point(sum float64, bounds []float64, counts ...uint64) pmetric.HistogramDataPoint {
	p := pmetric.NewHistogramDataPoint()
	var count uint64
	for _, n := range counts {
		count += n
	}
	p.SetCount(count)
	p.SetSum(sum)
	p.ExplicitBounds().FromRaw(bounds)
	p.BucketCounts().FromRaw(counts)
	return p
}

func TestReadByUpperEdge(t *testing.T) {
	ours := []float64{10, 20, 30}
	for name, tc := range map[string]struct {
		bounds    []float64
		counts    []uint64
		want      []uint64
		converted bool
	}{
		"the same":             {ours, []uint64{1, 2, 3, 4}, []uint64{1, 2, 3, 4}, false},
		"finer":                {[]float64{5, 10, 15, 20, 25, 30}, []uint64{1, 1, 1, 1, 1, 1, 1}, []uint64{2, 2, 2, 1}, true},
		"coarser":              {[]float64{15, 30}, []uint64{1, 2, 4}, []uint64{0, 1, 2, 4}, true},
		"an edge of ours":      {[]float64{20}, []uint64{3, 5}, []uint64{0, 3, 0, 5}, true},
		"just above":           {[]float64{20.5}, []uint64{3, 5}, []uint64{0, 0, 3, 5}, true},
		"beyond ours":          {[]float64{40}, []uint64{3, 5}, []uint64{0, 0, 0, 8}, true},
		"below ours":           {[]float64{-5, 0}, []uint64{1, 2, 4}, []uint64{3, 0, 0, 4}, true},
		"as many, but other":   {[]float64{10, 20, 31}, []uint64{1, 2, 3, 4}, []uint64{1, 2, 0, 7}, true},
		"one bucket of it all": {nil, []uint64{6}, []uint64{0, 0, 0, 6}, true},
	} {
		t.Run(name, func(t *testing.T) {
			var d Distribution
			converted, fault := d.Read(point(7.5, tc.bounds, tc.counts...), ours)
			assert.Equal(t, Sound, fault)
			assert.Equal(t, tc.converted, converted)
			assert.Equal(t, tc.want, d.Counts)
			assert.Equal(t, 7.5, d.Sum)
		})
	}
}

func TestReadRefusesWhatContradictsItself(t *testing.T) {
	ours := []float64{10, 20}
	more := point(1, ours, 1, 1, 1)
	more.SetCount(4)
	noSum := point(1, ours, 1, 1, 1)
	noSum.RemoveSum()
	for name, tc := range map[string]struct {
		p    pmetric.HistogramDataPoint
		want Fault
	}{
		"no sum":                  {noSum, NoSum},
		"infinite sum":            {point(math.Inf(1), ours, 1, 1, 1), NotFinite},
		"too few counts":          {point(1, ours, 1, 1), Malformed},
		"count of its own":        {more, Malformed},
		"NaN bound":               {point(1, []float64{10, math.NaN()}, 1, 1, 1), Malformed},
		"repeated bound":          {point(1, []float64{10, 10}, 1, 1, 1), Malformed},
		"absurd count":            {point(1, nil, 1<<60), Malformed},
		"absurd bucket":           {point(1, ours, math.MaxUint64, 2, 0), Malformed},
		"absurd bucket elsewhere": {point(1, []float64{1, 2}, math.MaxUint64, 2, 0), Malformed},
		"too many buckets":        {point(1, make([]float64, stream.MaxBuckets), make([]uint64, stream.MaxBuckets+1)...), Malformed},
	} {
		t.Run(name, func(t *testing.T) {
			_, fault := new(Distribution).Read(tc.p, ours)
			assert.Equal(t, tc.want, fault)
		})
	}
}

func TestBounds(t *testing.T) {
	for name, tc := range map[string]struct {
		bounds []float64
		ok     bool
	}{
		"none":       {nil, true},
		"rising":     {[]float64{-1, 0, 5}, true},
		"falling":    {[]float64{5, 0}, false},
		"NaN":        {[]float64{math.NaN()}, false},
		"infinite":   {[]float64{1, math.Inf(1)}, false},
		"repeated":   {[]float64{1, 1}, false},
		"-infinite":  {[]float64{math.Inf(-1), 1}, false},
		"single one": {[]float64{1}, true},
	} {
		t.Run(name, func(t *testing.T) {
			bounds, ok := Bounds(point(0, tc.bounds))
			assert.Equal(t, tc.ok, ok)
			if ok {
				assert.Len(t, bounds, len(tc.bounds))
				assert.NotNil(t, bounds)
			}
		})
	}
}

func TestFollows(t *testing.T) {
	was := &Distribution{Counts: []uint64{1, 2}, Count: 3}
	for name, tc := range map[string]struct {
		d    Distribution
		want bool
	}{
		"the same":       {Distribution{Counts: []uint64{1, 2}, Count: 3}, true},
		"more":           {Distribution{Counts: []uint64{2, 2}, Count: 4}, true},
		"fewer":          {Distribution{Counts: []uint64{0, 2}, Count: 2}, false},
		"less in one":    {Distribution{Counts: []uint64{0, 9}, Count: 9}, false},
		"another layout": {Distribution{Counts: []uint64{1, 2, 0}, Count: 3}, false},
	} {
		t.Run(name, func(t *testing.T) { assert.Equal(t, tc.want, tc.d.Follows(was)) })
	}
}
