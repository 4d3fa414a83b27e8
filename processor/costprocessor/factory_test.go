package costprocessor

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/jonboulle/clockwork"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/processor/processortest"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/otelcol-voice/otelcol-voice/processor/costprocessor/internal/metadata"
)

func TestPipelinesOfOneProcessorShareAnEngine(t *testing.T) {
	set := processortest.NewNopSettings(metadata.Type)
	e := &engines{clock: clockwork.NewRealClock()}
	one, two := createDefaultConfig().(*Config), createDefaultConfig().(*Config)
	metrics, err := e.use(set, one)
	require.NoError(t, err)
	logs, err := e.use(set, one)
	require.NoError(t, err)
	other, err := e.use(set, two)
	require.NoError(t, err)
	assert.Same(t, metrics.engine, logs.engine)
	assert.NotSame(t, metrics.engine, other.engine)

	ctx := context.Background()
	require.NoError(t, metrics.shutdown(ctx))
	require.NoError(t, metrics.shutdown(ctx)) // a second one gives nothing back
	again, err := e.use(set, one)
	require.NoError(t, err)
	assert.Same(t, logs.engine, again.engine)
	for _, use := range []*engineUse{logs, again, other} {
		require.NoError(t, use.shutdown(ctx))
	}
	assert.Empty(t, e.byConfig)
	assert.Empty(t, e.users)
}

func TestStartRefusesPriceFiles(t *testing.T) {
	for file, want := range map[string]string{
		"missing.yaml": "price_files: stat testdata/missing.yaml: no such file or directory; relative paths start from /",
		"config.yaml":  "testdata/config.yaml: is no price file that we know",
	} {
		t.Run(file, func(t *testing.T) {
			cfg := createDefaultConfig().(*Config)
			cfg.PriceFiles = []PriceFileConfig{{Path: filepath.Join("testdata", file)}}
			require.NoError(t, cfg.Validate(), "files are read at the start")
			ctx := context.Background()
			factory := NewFactory()
			p, err := factory.CreateMetrics(ctx, processortest.NewNopSettings(metadata.Type), cfg, consumertest.NewNop())
			require.NoError(t, err)
			require.ErrorContains(t, p.Start(ctx, componenttest.NewNopHost()), want)
			require.NoError(t, p.Shutdown(ctx))
			require.NoError(t, p.Shutdown(ctx))
		})
	}
}

func TestCapabilities(t *testing.T) {
	h := newHarness(t, nil)
	assert.True(t, h.metrics.Capabilities().MutatesData)
	assert.True(t, h.logs.Capabilities().MutatesData)
	assert.True(t, h.traces.Capabilities().MutatesData)
}

// injected is what a collector's logger is made of, as far as it matters here.
type injected struct {
	zapcore.Core
	dropped *[]string
}

func (c injected) DropInjectedAttributes(names ...string) zapcore.Core {
	*c.dropped = names
	return c.Core
}

// What is said of all pipelines does not name the one that was made first.
func TestMessagesAreOfNoPipeline(t *testing.T) {
	core, messages := observer.New(zap.InfoLevel)
	var dropped []string
	set := processortest.NewNopSettings(metadata.Type)
	set.Logger = zap.New(injected{core, &dropped})
	newStartedEngine(t, set, createDefaultConfig().(*Config), clockwork.NewFakeClockAt(noon))
	assert.Equal(t, []string{"otelcol.signal", "otelcol.pipeline.id"}, dropped)
	assert.NotZero(t, messages.Len())
}
