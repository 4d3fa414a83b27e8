//go:build unix

package costbench

import (
	"context"
	"fmt"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/otelcol-voice/otelcol-voice/internal/signal/semconv"
	"github.com/otelcol-voice/otelcol-voice/test/e2e/meter"
)

// heap is never used: it makes the heap as large as that of a collector at work, so that the garbage collector runs as
// rarely as there, and as often for a small book as for a large one.
var heap = make([]byte, 128<<20)

// BenchmarkCost prices the same points again and again, each time a fresh copy of them; cost_10x and cost_100x do so with
// as many times the rows in the book. copy is that copy alone. floor is the copy and, for each point, the one that pricing
// adds to it, whose content is known beforehand: nothing is read, looked up or computed.
func BenchmarkCost(b *testing.B) {
	for _, n := range []int{3, 30} {
		models := models(b, n)
		input := usage(models)
		answers := answersIn(outcome(b, input, func(next consumer.Metrics) consumer.Metrics { return ours(b, next, 1) }))
		require.Len(b, answers, points)
		for _, contender := range []struct {
			name string
			work func(*testing.B) func(pmetric.Metrics) error
		}{
			{"copy", func(*testing.B) func(pmetric.Metrics) error { return func(pmetric.Metrics) error { return nil } }},
			{"floor", func(*testing.B) func(pmetric.Metrics) error {
				return func(md pmetric.Metrics) error { build(md, answers); return nil }
			}},
			{"cost", processing(func(b *testing.B) consumer.Metrics { return ours(b, consumertest.NewNop(), 1) })},
			{"cost_10x", processing(func(b *testing.B) consumer.Metrics { return ours(b, consumertest.NewNop(), 10) })},
			{"cost_100x", processing(func(b *testing.B) consumer.Metrics { return ours(b, consumertest.NewNop(), 100) })},
			{"transform", processing(func(b *testing.B) consumer.Metrics { return transform(b, consumertest.NewNop(), models) })},
		} {
			b.Run(fmt.Sprintf("models=%d/%s", n, contender.name), func(b *testing.B) { measure(b, input, contender.work(b)) })
		}
	}
}

func processing(by func(*testing.B) consumer.Metrics) func(*testing.B) func(pmetric.Metrics) error {
	return func(b *testing.B) func(pmetric.Metrics) error {
		p := by(b)
		return func(md pmetric.Metrics) error { return p.ConsumeMetrics(context.Background(), md) }
	}
}

func measure(b *testing.B, input pmetric.Metrics, work func(pmetric.Metrics) error) {
	b.ReportAllocs()
	cost := meter.Start()
	defer runtime.KeepAlive(heap)
	for b.Loop() {
		if err := work(fresh(input)); err != nil {
			b.Fatal(err)
		}
	}
	cost.Report(b, b.N*points, "point")
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*points), "ns/point")
}

// outcome is what a processor makes of a request.
func outcome(tb testing.TB, input pmetric.Metrics, by func(next consumer.Metrics) consumer.Metrics) pmetric.Metrics {
	sink := &consumertest.MetricsSink{}
	require.NoError(tb, by(sink).ConsumeMetrics(context.Background(), fresh(input)))
	require.Len(tb, sink.AllMetrics(), 1)
	return sink.AllMetrics()[0]
}

// TestContendersAgree shows that all that are compared come to the same amounts.
func TestContendersAgree(t *testing.T) {
	models := models(t, 30)
	input := usage(models)
	want := answersIn(outcome(t, input, func(next consumer.Metrics) consumer.Metrics { return ours(t, next, 10) }))
	require.Len(t, want, points)

	got := pointsOf(outcome(t, input, func(next consumer.Metrics) consumer.Metrics { return transform(t, next, models) }), semconv.MetricCost)
	require.Equal(t, points, got.Len())
	for i := range want {
		require.InEpsilon(t, want[i].usd, got.At(i).DoubleValue(), 1e-12)
	}
}
