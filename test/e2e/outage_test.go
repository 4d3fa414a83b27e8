package e2e

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/open-telemetry/opentelemetry-collector-contrib/extension/storage/filestorage"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/exporter/exportertest"
	"go.opentelemetry.io/collector/exporter/otlphttpexporter"
	"go.opentelemetry.io/collector/extension"
	"go.opentelemetry.io/collector/extension/extensiontest"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/otelcol-voice/otelcol-voice/extension/grafanacloudextension"
	"github.com/otelcol-voice/otelcol-voice/test/e2e/backend"
)

// stage is the last part of config/collector.yaml in this process: the stock exporter with its queue on a disk, and the
// extension that signs for it.
type stage struct {
	extended
	exporter exporter.Metrics
}

func startStage(t *testing.T, b *backend.Backend, directory string) *stage {
	t.Helper()
	s := &stage{extended: extended{}}
	s.extend(t, filestorage.NewFactory(), map[string]any{"directory": directory})
	s.extend(t, grafanacloudextension.NewFactory(), map[string]any{
		"endpoint": b.Endpoint(), "headers": "Authorization=" + backend.Authorization, "preflight": "off",
	})
	factory := otlphttpexporter.NewFactory()
	config := configured(t, factory, map[string]any{
		"endpoint":         b.Endpoint(),
		"auth":             map[string]any{"authenticator": "grafana_cloud"},
		"retry_on_failure": map[string]any{"initial_interval": "50ms", "max_interval": "100ms", "max_elapsed_time": "0s"},
		"sending_queue": map[string]any{
			"storage": "file_storage", "num_consumers": 1, "sizer": "bytes", "queue_size": 268435456,
			"batch": map[string]any{"flush_timeout": "20ms", "sizer": "bytes", "min_size": 1048576, "max_size": 4194304},
		},
	})
	set := exportertest.NewNopSettings(factory.Type())
	set.ID = component.NewID(factory.Type()) // the queue on the disk goes by it
	var err error
	s.exporter, err = factory.CreateMetrics(context.Background(), set, config)
	require.NoError(t, err)
	require.NoError(t, s.exporter.Start(context.Background(), s.extended))
	return s
}

func (s *stage) extend(t *testing.T, factory extension.Factory, options map[string]any) {
	t.Helper()
	set := extensiontest.NewNopSettings(factory.Type())
	set.ID = component.NewID(factory.Type())
	config := factory.CreateDefaultConfig()
	require.NoError(t, confmap.NewFromStringMap(options).Unmarshal(config))
	made, err := factory.Create(context.Background(), set, config)
	require.NoError(t, err)
	require.NoError(t, made.Start(context.Background(), s.extended))
	s.extended[set.ID] = made
}

func (s *stage) stop(t *testing.T) {
	t.Helper()
	require.NoError(t, s.exporter.Shutdown(context.Background()))
	for _, id := range []string{"grafana_cloud", "file_storage"} {
		require.NoError(t, s.extended[component.MustNewID(id)].Shutdown(context.Background()))
	}
}

// Ten minutes, by rollup's clock, in which connections are refused, with a restart in the middle: every flush waits on the
// disk and arrives, so that at no time of the ten minutes anything is missing.
func TestTenMinutesAwayLeaveNoGap(t *testing.T) {
	const (
		away = 10 * time.Minute
		turn = "voice_llm_tokens_total"
	)
	b, directory := backend.Start(t), t.TempDir()
	out := startStage(t, b, directory)
	s := simulate(t, func(ctx context.Context, md pmetric.Metrics) error { return out.exporter.ConsumeMetrics(ctx, md) })
	said := 0
	say := func() {
		said++
		s.take(report{s.flushed + time.Second, "call", fmt.Sprint(said), []use{
			{metric: "voice.calls.total", value: 1}, tokensOf(languageModels[0], "prompt", "text", 7),
		}})
		s.flush()
	}
	say()
	awaitTokens(t, b, s.now(), 7)
	b.Refuse()
	for s.flushed < flushEvery+away {
		say()
		if s.flushed == flushEvery+away/2 {
			out.stop(t)
			out = startStage(t, b, directory)
		}
	}
	assert.Equal(t, int(1+away/flushEvery), said)
	b.Accept()
	awaitTokens(t, b, s.now(), float64(7*said))
	for flush := range said {
		at := s.began.Add(time.Duration(flush+1) * flushEvery)
		assertVector(t, backend.Vector{"{}": float64(7 * (flush + 1))}, b.Query("sum("+turn+")", at), fmt.Sprint("flush ", flush))
	}
	s.assertTotals(b)
	assertAllTaken(t, b)
	require.NoError(t, s.stop())
	out.stop(t)
}

func awaitTokens(t *testing.T, b *backend.Backend, at time.Time, want float64) {
	t.Helper()
	require.True(t, b.Await(func() bool {
		got, _ := b.Value("sum(voice_llm_tokens_total)", at)
		return got == want
	}), "%v tokens", want)
}
