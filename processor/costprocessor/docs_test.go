package costprocessor

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/confmap"
	"go.yaml.in/yaml/v3"

	"github.com/otelcol-voice/otelcol-voice/internal/pricing"
)

// Whatever YAML the documents show is either a configuration of a collector, be it only of this processor, or a price file,
// and works.
func TestDocumentsShowWhatWorks(t *testing.T) {
	blocks := regexp.MustCompile("(?s)```yaml\n(.*?)```")
	for _, document := range []string{"README.md", filepath.Join("..", "..", "docs", "prices.md")} {
		text, err := os.ReadFile(document)
		require.NoError(t, err)
		found := blocks.FindAllStringSubmatch(string(text), -1)
		require.NotEmpty(t, found)
		for _, block := range found {
			if strings.Contains(block[1], "processors:") {
				assertConfiguration(t, block[1])
			} else {
				assertPriceFile(t, block[1])
			}
		}
	}
}

func assertConfiguration(t *testing.T, text string) {
	t.Helper()
	var raw map[string]any
	require.NoError(t, yaml.Unmarshal([]byte(text), &raw))
	conf, err := confmap.NewFromStringMap(raw).Sub("processors::cost")
	require.NoError(t, err)
	cfg := createDefaultConfig().(*Config)
	require.NoError(t, conf.Unmarshal(cfg))
	assert.NoError(t, cfg.Validate())
}

func assertPriceFile(t *testing.T, text string) {
	t.Helper()
	file, err := pricing.Parse("document", []byte(text))
	require.NoError(t, err)
	embedded, err := pricing.Embedded()
	require.NoError(t, err)
	_, err = pricing.NewBook(pricing.Settings{}, embedded, pricing.Layer{file})
	assert.NoError(t, err)
}

// The table of the book names every provider, whether it resells, and its default models.
func TestDocumentsListTheBook(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "prices.md"))
	require.NoError(t, err)
	embedded, err := pricing.Embedded()
	require.NoError(t, err)
	for _, file := range embedded {
		name := file.Provider
		if file.Reseller {
			name += " (reseller)"
		}
		row := regexp.MustCompile(`(?m)^\| ` + regexp.QuoteMeta(name) + ` \|.*\|$`).FindString(string(text))
		require.NotEmptyf(t, row, "docs/prices.md has no row for %s", name)
		for stage, model := range file.Defaults {
			assert.Containsf(t, row, stage+" `"+model+"`", "the default of %s", name)
		}
	}
}
