//go:build unix

package costbench

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/otelcol-voice/otelcol-voice/test/e2e/meter"
)

// heap is never used: it makes the heap as large as that of a collector at work, so that the garbage collector runs as
// rarely as there, and as often for a small book as for a large one.
var heap = make([]byte, 128<<20)

// BenchmarkCost is what a point costs with each contender. Each request is a fresh copy, which is in all of them and which
// copy is alone.
func BenchmarkCost(b *testing.B) {
	each(b, func(b *testing.B, r race) {
		for _, c := range r.contenders {
			b.Run(c.name, func(b *testing.B) {
				b.ReportAllocs()
				cost := meter.Start()
				for b.Loop() {
					r.turn(b, c)
				}
				cost.Report(b, b.N*points, "point")
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*points), "ns/point")
			})
		}
	})
}

// BenchmarkRatio is how many times the floor each contender takes. They take turns, and of each the fastest turn counts:
// nothing else on the machine has disturbed it. No garbage collection is in it either, which favours whoever makes more
// garbage.
func BenchmarkRatio(b *testing.B) {
	each(b, func(b *testing.B, r race) {
		best := make([]fastest, len(r.contenders))
		for b.Loop() {
			for i, c := range r.contenders {
				best[i].time(func() { r.turn(b, c) })
			}
		}
		for i, c := range r.contenders {
			b.ReportMetric(float64(best[i])/float64(best[floor]), c.name+"/floor")
		}
		b.ReportMetric(float64(best[floor])/points, "floor-ns/point")
	})
}

// fastest is how long the fastest of several turns took; 0: there was none.
type fastest time.Duration

func (f *fastest) time(turn func()) {
	start := time.Now()
	turn()
	if took := fastest(time.Since(start)); *f == 0 || took < *f {
		*f = took
	}
}

// race is contenders and the request that they deal with.
type race struct {
	input      pmetric.Metrics
	contenders []contender
}

func (r *race) turn(b *testing.B, c contender) {
	if err := c.work(fresh(r.input)); err != nil {
		b.Fatal(err)
	}
}

// each holds a race with few models and one with many.
func each(b *testing.B, hold func(*testing.B, race)) {
	defer runtime.KeepAlive(heap)
	for _, n := range []int{3, 30} {
		models := models(b, n)
		input := usage(models)
		r := race{input, contenders(b, input, models)}
		b.Run(fmt.Sprintf("models=%d", n), func(b *testing.B) { hold(b, r) })
	}
}

// TestContendersAgree shows that all come to the same amounts.
func TestContendersAgree(t *testing.T) {
	models := models(t, 30)
	input := usage(models)
	want := answersIn(ours(t, 10).result(t, input))
	require.Len(t, want, points)
	got := costIn(transform(t, models).result(t, input))
	require.Equal(t, points, got.Len())
	for i := range want {
		require.InEpsilon(t, want[i].usd, got.At(i).DoubleValue(), 1e-12)
	}
}
