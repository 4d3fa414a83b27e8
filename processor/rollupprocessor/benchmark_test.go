package rollupprocessor

import (
	"context"
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/processor/processortest"

	"github.com/otelcol-voice/otelcol-voice/internal/signal/semconv"
	"github.com/otelcol-voice/otelcol-voice/processor/rollupprocessor/internal/disktest"
	"github.com/otelcol-voice/otelcol-voice/processor/rollupprocessor/internal/metadata"
	"github.com/otelcol-voice/otelcol-voice/processor/rollupprocessor/internal/wal"
)

func newBenched(b *testing.B) *rollup {
	b.Helper()
	return newBenchedAt(b, time.Now)
}

func newBenchedAt(b *testing.B, now func() time.Time) *rollup {
	b.Helper()
	return newBenchedWith(b, createDefaultConfig().(*Config), now)
}

func newBenchedWith(b *testing.B, cfg *Config, now func() time.Time) *rollup {
	b.Helper()
	around := surroundings{now: now, ticker: clockwork.NewRealClock().NewTicker, instance: func() string { return "bench" }}
	p, err := newRollup(processortest.NewNopSettings(metadata.Type), cfg, consumertest.NewNop(), around)
	require.NoError(b, err)
	return p
}

// usage is one request of n points on n series, as the receiver makes them: transit attributes and a call on each.
func usage(n int) pmetric.Metrics {
	md := pmetric.NewMetrics()
	rm := md.ResourceMetrics().AppendEmpty()
	rm.Resource().Attributes().PutStr("service.name", "voice-bot")
	rm.Resource().Attributes().PutStr("deployment.environment.name", "prod")
	m := rm.ScopeMetrics().AppendEmpty().Metrics().AppendEmpty()
	m.SetName(semconv.MetricLLMTokens)
	sum := m.SetEmptySum()
	sum.SetIsMonotonic(true)
	sum.SetAggregationTemporality(pmetric.AggregationTemporalityDelta)
	for i := range n {
		p := sum.DataPoints().AppendEmpty()
		p.SetIntValue(146)
		p.Attributes().PutStr(semconv.AttrCallID, fmt.Sprintf("550e8400-e29b-41d4-a716-%012d", i))
		p.Attributes().PutStr(semconv.AttrProvider, "openai")
		p.Attributes().PutStr(semconv.AttrModel, "gpt-4o")
		p.Attributes().PutStr(semconv.AttrTokenType, semconv.TokenPrompt)
		p.Attributes().PutStr(semconv.AttrTokenKind, semconv.KindText)
		p.Attributes().PutStr(semconv.TransitID, "0123456789abcdef")
		p.Attributes().PutStr(semconv.TransitStage, semconv.StageLLM)
		p.Attributes().PutInt(semconv.TransitRequestTokens, 1042)
	}
	return md
}

func latencies(n int, temporality pmetric.AggregationTemporality, bounds []float64) pmetric.Metrics {
	md := pmetric.NewMetrics()
	rm := md.ResourceMetrics().AppendEmpty()
	rm.Resource().Attributes().PutStr("service.name", "voice-bot")
	m := rm.ScopeMetrics().AppendEmpty().Metrics().AppendEmpty()
	m.SetName(semconv.MetricTTFB)
	h := m.SetEmptyHistogram()
	h.SetAggregationTemporality(temporality)
	for i := range n {
		p := h.DataPoints().AppendEmpty()
		p.SetCount(1)
		p.SetSum(412)
		p.ExplicitBounds().FromRaw(bounds)
		counts := make([]uint64, len(bounds)+1)
		counts[len(bounds)/3] = 1
		p.BucketCounts().FromRaw(counts)
		p.Attributes().PutStr(semconv.AttrProcessor, "OpenAILLMService")
		p.Attributes().PutStr(semconv.AttrModel, fmt.Sprintf("model-%d", i))
	}
	return md
}

// consume takes requests of n points on the same series again and again, each time of another frame. So that the clock is not
// stopped for each, an operation is several requests.
func consume(b *testing.B, n int, request func() pmetric.Metrics) {
	b.Helper()
	p := newBenched(b)
	requests := make([]pmetric.Metrics, max(1, 800/n))
	for i := range requests {
		requests[i] = request()
	}
	frames := 0
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		for _, md := range requests {
			frames++
			renew(md, fmt.Sprintf("%016x", frames))
		}
		b.StartTimer()
		for _, md := range requests {
			_ = p.ConsumeMetrics(context.Background(), md)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(requests)*n), "ns/point")
	require.Zero(b, p.books.(*memory).intake.report.tally[skippedDuplicate])
}

// renew makes all points of md those of another frame.
func renew(md pmetric.Metrics, frame string) {
	m := md.ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics().At(0)
	if m.Type() != pmetric.MetricTypeSum {
		return
	}
	for _, p := range m.Sum().DataPoints().All() {
		p.Attributes().PutStr(semconv.TransitID, frame)
	}
}

func BenchmarkConsumeKnownSeries(b *testing.B) {
	for _, n := range []int{1, 100, 10_000} {
		b.Run(fmt.Sprintf("sum/points=%d", n), func(b *testing.B) { consume(b, n, func() pmetric.Metrics { return usage(n) }) })
	}
	b.Run("sum_again/points=100", func(b *testing.B) {
		p, md := newBenched(b), usage(100)
		b.ReportAllocs()
		for b.Loop() {
			_ = p.ConsumeMetrics(context.Background(), md)
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*100), "ns/point")
	})
	b.Run("histogram/points=100", func(b *testing.B) {
		consume(b, 100, func() pmetric.Metrics {
			return latencies(100, pmetric.AggregationTemporalityDelta, semconv.LatencyBounds)
		})
	})
	b.Run("histogram_converted/points=100", func(b *testing.B) {
		foreign := []float64{0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10000}
		consume(b, 100, func() pmetric.Metrics { return latencies(100, pmetric.AggregationTemporalityDelta, foreign) })
	})
}

// BenchmarkConsumeCumulative reports the same streams again and again, each time a little later and a little more.
func BenchmarkConsumeCumulative(b *testing.B) {
	p, md := newBenched(b), usage(100)
	sum := md.ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics().At(0).Sum()
	sum.SetAggregationTemporality(pmetric.AggregationTemporalityCumulative)
	b.ReportAllocs()
	for b.Loop() {
		for _, point := range sum.DataPoints().All() {
			point.SetTimestamp(point.Timestamp() + 1)
			point.SetIntValue(point.IntValue() + 1)
		}
		_ = p.ConsumeMetrics(context.Background(), md)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*sum.DataPoints().Len()), "ns/point")
}

func BenchmarkConsumeNewSeries(b *testing.B) {
	md := usage(1000)
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		p := newBenched(b)
		b.StartTimer()
		_ = p.ConsumeMetrics(context.Background(), md)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*1000), "ns/point")
}

// BenchmarkFlush100kSeries writes and hands over 100,000 series that have all changed.
func BenchmarkFlush100kSeries(b *testing.B) {
	now := time.Now()
	p, md := newBenchedAt(b, func() time.Time { return now }), usage(100_000)
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		renew(md, fmt.Sprint(now.UnixNano()))
		_ = p.ConsumeMetrics(context.Background(), md)
		now = now.Add(p.cfg.Interval)
		b.StartTimer()
		_ = p.flush(context.Background())
	}
}

// calls are n series, 8 for each call: its tokens by type and kind.
func calls(from, n int) pmetric.Metrics {
	md := usage(n)
	points := md.ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics().At(0).Sum().DataPoints()
	kinds := []string{semconv.KindText, semconv.KindCacheRead, semconv.KindAudio, semconv.KindReasoning}
	for i, p := range points.All() {
		call := (from + i) / 8
		p.Attributes().PutStr(semconv.AttrCallID, fmt.Sprintf("550e8400-e29b-41d4-a716-%012d", call))
		p.Attributes().PutStr(semconv.AttrTokenType, []string{semconv.TokenPrompt, semconv.TokenCompletion}[i/4%2])
		p.Attributes().PutStr(semconv.AttrTokenKind, kinds[i%4])
	}
	return md
}

// fill opens n series.
func fill(b *testing.B, p *rollup, n int) {
	b.Helper()
	const atOnce = 8000
	for from := 0; from < n; from += atOnce {
		require.NoError(b, p.ConsumeMetrics(context.Background(), calls(from, min(atOnce, n-from))))
	}
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// BenchmarkMemory is what a million series of 125,000 calls hold, with the identities of their points.
func BenchmarkMemory(b *testing.B) {
	const n = 1_000_000
	for b.Loop() {
		cfg := createDefaultConfig().(*Config)
		cfg.MaxSeries = n
		before := heap()
		p := newBenchedWith(b, cfg, time.Now)
		fill(b, p, n)
		held := heap() - before
		require.Equal(b, n, p.books.(*memory).intake.store.Series())
		b.ReportMetric(float64(held)/n, "B/series")
		b.ReportMetric(float64(held)/1e6, "MB")
	}
}

// BenchmarkSnapshot writes down a million series and reads them again.
func BenchmarkSnapshot(b *testing.B) {
	const n = 1_000_000
	cfg := createDefaultConfig().(*Config)
	cfg.MaxSeries = n
	p := newBenchedWith(b, cfg, time.Now)
	fill(b, p, n)
	var shards [][]byte
	b.Run("write", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var err error
			shards, err = p.books.(*memory).intake.snapshot()
			require.NoError(b, err)
		}
		size := 0
		for _, shard := range shards {
			size += len(shard)
		}
		b.ReportMetric(float64(size)/n, "B/series")
	})
	b.Run("read", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			rest := shards
			_, err := restored(func() ([]byte, error) {
				if len(rest) == 0 {
					return nil, nil
				}
				defer func() { rest = rest[1:] }()
				return rest[0][wal.SealSize:], nil
			})
			require.NoError(b, err)
		}
	})
}

// BenchmarkReplay goes through a log of requests of 100 points; MB/s are of the log.
func BenchmarkReplay(b *testing.B) {
	md := usage(100)
	renew(md, "0123456789abcdef")
	wire, err := marshaler.MarshalMetrics(md)
	require.NoError(b, err)
	record := appendWith(nil, requestTaken, time.Now(), wire)
	in := newBenched(b).books.(*memory).intake
	b.SetBytes(int64(len(record)))
	b.ReportAllocs()
	for b.Loop() {
		_, err := in.replay(record)
		require.NoError(b, err)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*100), "ns/point")
}

// BenchmarkConsumeStored takes requests of some points, from several senders, with a storage in memory; test/e2e has the same
// with a disk.
func BenchmarkConsumeStored(b *testing.B) {
	for _, n := range []int{1, 10, 100} {
		for _, stored := range []bool{false, true} {
			b.Run(fmt.Sprintf("points=%d/stored=%t", n, stored), func(b *testing.B) {
				cfg := createDefaultConfig().(*Config)
				if stored {
					cfg.Storage = &storageID
				}
				p := newBenchedWith(b, cfg, time.Now)
				if stored {
					require.NoError(b, p.open(context.Background(), extended{storageID: disktest.New()}))
				}
				b.ReportAllocs()
				b.SetParallelism(8)
				b.RunParallel(func(pb *testing.PB) {
					md := usage(n)
					for pb.Next() {
						_ = p.ConsumeMetrics(context.Background(), md)
					}
				})
				b.ReportMetric(float64(b.N*n)/b.Elapsed().Seconds(), "points/s")
				require.NoError(b, p.Shutdown(context.Background()))
			})
		}
	}
}
