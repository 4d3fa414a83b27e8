package rollupbench

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/open-telemetry/opentelemetry-collector-contrib/extension/storage/filestorage"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/extension/extensiontest"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/processor"
	"go.opentelemetry.io/collector/processor/processortest"

	"github.com/otelcol-voice/otelcol-voice/processor/rollupprocessor"
)

var storageID = component.MustNewID("file_storage")

// host is a host with one extension.
type host map[component.ID]component.Component

func (h host) GetExtensions() map[component.ID]component.Component { return h }

// disk is a storage in a directory of the test.
func disk(tb testing.TB, directory string, fsync bool) host {
	tb.Helper()
	factory := filestorage.NewFactory()
	cfg := factory.CreateDefaultConfig().(*filestorage.Config)
	cfg.Directory, cfg.FSync = directory, fsync
	store, err := factory.Create(context.Background(), extensiontest.NewNopSettings(factory.Type()), cfg)
	require.NoError(tb, err)
	return host{storageID: store}
}

func start(tb testing.TB, in host) processor.Metrics {
	tb.Helper()
	factory := rollupprocessor.NewFactory()
	cfg := factory.CreateDefaultConfig().(*rollupprocessor.Config)
	cfg.MaxSeries = 2_000_000
	if in != nil {
		cfg.Storage = &storageID
	}
	p, err := factory.CreateMetrics(context.Background(), processortest.NewNopSettings(factory.Type()), cfg, consumertest.NewNop())
	require.NoError(tb, err)
	require.NoError(tb, p.Start(context.Background(), in))
	return p
}

// usage is a request of n points on n series, as the receiver makes them, of calls from that on.
func usage(from, n int) pmetric.Metrics {
	md := pmetric.NewMetrics()
	rm := md.ResourceMetrics().AppendEmpty()
	rm.Resource().Attributes().PutStr("service.name", "voice-bot")
	m := rm.ScopeMetrics().AppendEmpty().Metrics().AppendEmpty()
	m.SetName("voice.llm.tokens.total")
	sum := m.SetEmptySum()
	sum.SetIsMonotonic(true)
	sum.SetAggregationTemporality(pmetric.AggregationTemporalityDelta)
	for i := range n {
		p := sum.DataPoints().AppendEmpty()
		p.SetIntValue(146)
		p.Attributes().PutStr("call_id", fmt.Sprintf("550e8400-e29b-41d4-a716-%012d", from+i))
		p.Attributes().PutStr("provider", "openai")
		p.Attributes().PutStr("model", "gpt-4o")
		p.Attributes().PutStr("token_type", "prompt")
		p.Attributes().PutStr("token_kind", "text")
		p.Attributes().PutStr("voice.tx.id", fmt.Sprintf("%016x", from+i))
		p.Attributes().PutStr("voice.tx.stage", "llm")
		p.Attributes().PutInt("voice.tx.request_tokens", 1042)
	}
	return md
}

// BenchmarkConsume takes requests of some points on known series from 16 senders: without a storage, on disk, and on disk with
// fsync. The points come again, which costs what new ones do but for their identity.
func BenchmarkConsume(b *testing.B) {
	for _, n := range []int{1, 10, 100} {
		for name, in := range map[string]func(*testing.B) host{
			"memory": func(*testing.B) host { return nil },
			"disk":   func(b *testing.B) host { return disk(b, b.TempDir(), false) },
			"fsync":  func(b *testing.B) host { return disk(b, b.TempDir(), true) },
		} {
			b.Run(fmt.Sprintf("points=%d/%s", n, name), func(b *testing.B) {
				p := start(b, in(b))
				b.SetParallelism(16)
				b.ReportAllocs()
				b.RunParallel(func(pb *testing.PB) {
					md := usage(0, n)
					for pb.Next() {
						if err := p.ConsumeMetrics(context.Background(), md); err != nil {
							b.Error(err)
						}
					}
				})
				b.ReportMetric(float64(b.N*n)/b.Elapsed().Seconds(), "points/s")
				require.NoError(b, p.Shutdown(context.Background()))
			})
		}
	}
}

// BenchmarkRestart starts on the state of 100,000 series: after an orderly end, and after a crash, with all of it in the log.
func BenchmarkRestart(b *testing.B) {
	const series, atOnce = 100_000, 1000
	directory := b.TempDir()
	p := start(b, disk(b, directory, false))
	for from := 0; from < series; from += atOnce {
		require.NoError(b, p.ConsumeMetrics(context.Background(), usage(from, atOnce)))
	}
	crashed := b.TempDir()
	require.NoError(b, os.CopyFS(crashed, os.DirFS(directory)))
	require.NoError(b, p.Shutdown(context.Background()))
	for name, from := range map[string]string{"stopped": directory, "crashed": crashed} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				copied := filepath.Join(b.TempDir(), "copy")
				require.NoError(b, os.CopyFS(copied, os.DirFS(from)))
				b.StartTimer()
				p := start(b, disk(b, copied, false))
				b.StopTimer()
				require.NoError(b, p.Shutdown(context.Background()))
				b.StartTimer()
			}
			size := int64(0)
			files, err := os.ReadDir(from)
			require.NoError(b, err)
			for _, file := range files {
				info, err := file.Info()
				require.NoError(b, err)
				size += info.Size()
			}
			b.ReportMetric(float64(size)/1e6, "MB")
		})
	}
}
