package main

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/confmap/confmaptest"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/processor/processortest"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/otelcol-voice/otelcol-voice/processor/costprocessor"
)

// The version tells which prices a collector asks, so that of one configuration it is the same here and there.
func TestVersionIsThatOfTheProcessor(t *testing.T) {
	for name, config := range map[string]string{
		"nothing":   "{}",
		"empty":     "{overrides: [], plans: {}, discounts: []}",
		"overrides": `{overrides: [{provider: home, models: [piper], usage: characters, unit: character, price: "0", per: "1"}]}`,
		"a plan":    "{plans: {deepgram: growth}}",
		"all of it": `{plans: {deepgram: growth}, discounts: [{provider: openai, multiplier: "0.8"}], overrides: [{provider: home, models: [piper], usage: characters, unit: character, price: "0", per: "1"}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "collector.yaml")
			require.NoError(t, os.WriteFile(path, []byte("processors: {cost: "+config+"}\n"), 0o600))
			_, out, errText := ask(t, "", "check", "--config", path)
			require.Empty(t, errText)
			assert.Equal(t, processorVersion(t, path), regexp.MustCompile(`^[^:]+`).FindString(out))
		})
	}
}

// processorVersion is what the processor logs at its start.
func processorVersion(t *testing.T, path string) string {
	t.Helper()
	conf, err := confmaptest.LoadConf(path)
	require.NoError(t, err)
	conf, err = conf.Sub("processors::cost")
	require.NoError(t, err)
	factory := costprocessor.NewFactory()
	config := factory.CreateDefaultConfig()
	require.NoError(t, conf.Unmarshal(config))
	core, logs := observer.New(zap.InfoLevel)
	set := processortest.NewNopSettings(factory.Type())
	set.Logger = zap.New(core)
	p, err := factory.CreateMetrics(context.Background(), set, config, consumertest.NewNop())
	require.NoError(t, err)
	require.NoError(t, p.Start(context.Background(), componenttest.NewNopHost()))
	require.NoError(t, p.Shutdown(context.Background()))
	loaded := logs.FilterMessage("price book loaded").All()
	require.Len(t, loaded, 1)
	return loaded[0].ContextMap()["version"].(string)
}
