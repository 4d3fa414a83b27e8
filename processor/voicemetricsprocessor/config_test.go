package voicemetricsprocessor

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/confmap/confmaptest"
	"go.yaml.in/yaml/v3"
)

func TestConfig(t *testing.T) {
	conf, err := confmaptest.LoadConf(filepath.Join("testdata", "config.yaml"))
	require.NoError(t, err)
	for name, tc := range map[string]struct {
		want Config
		err  string
	}{
		"voice_metrics":         {want: Config{From: []string{"lk.agents", "gen_ai.client"}, Repair: []string{"voice-rag"}}},
		"voice_metrics/keep":    {want: Config{From: []string{"lk.agents"}, KeepOriginals: true}},
		"voice_metrics/nothing": {err: "from, repair: both are empty, so there is nothing to do; name something in one of them, or remove the processor"},
		"voice_metrics/wrong": {err: `from: got "lk.agents.usage"; must be one of gen_ai.client, lk.agents` + "\n" +
			`repair: got "seed"; must be one of voice-rag` + "\n" + `repair: has "voice-rag" twice; remove one`},
	} {
		t.Run(name, func(t *testing.T) {
			sub, err := conf.Sub(name)
			require.NoError(t, err)
			cfg := createDefaultConfig().(*Config)
			require.NoError(t, sub.Unmarshal(cfg))
			if tc.err != "" {
				assert.EqualError(t, cfg.Validate(), tc.err)
				return
			}
			require.NoError(t, cfg.Validate())
			assert.Equal(t, tc.want, *cfg)
		})
	}
}

// The block of the README is what we ship as a file.
func TestDocumentShowsTheOverlay(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	block := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindSubmatch(readme)
	require.NotNil(t, block)
	shown, shipped := parse(t, block[1]), parseFile(t, filepath.Join("..", "..", "config", "overlays", "voice_metrics.yaml"))
	assert.Equal(t, shipped.ToStringMap(), shown.ToStringMap())
	sub, err := shipped.Sub("processors::voice_metrics")
	require.NoError(t, err)
	cfg := createDefaultConfig().(*Config)
	require.NoError(t, sub.Unmarshal(cfg))
	assert.NoError(t, cfg.Validate())
}

// Lists are replaced when files are laid over one another: but for this processor, the overlay has those of all our files.
func TestOverlayHasAllProcessors(t *testing.T) {
	const key = "service::pipelines::metrics::processors"
	files, err := filepath.Glob(filepath.Join("..", "..", "config", "*.yaml"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	overlay := parseFile(t, filepath.Join("..", "..", "config", "overlays", "voice_metrics.yaml")).Get(key).([]any)
	at := slices.Index(overlay, "voice_metrics")
	assert.Equal(t, "cost", overlay[at+1])
	for _, file := range files {
		assert.Equal(t, parseFile(t, file).Get(key), slices.Delete(slices.Clone(overlay), at, at+1), file)
	}
}

func parseFile(t *testing.T, path string) *confmap.Conf {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	return parse(t, text)
}

func parse(t *testing.T, text []byte) *confmap.Conf {
	t.Helper()
	var raw map[string]any
	require.NoError(t, yaml.Unmarshal(text, &raw))
	return confmap.NewFromStringMap(raw)
}
