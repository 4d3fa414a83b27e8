package rules_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/prometheus/otlptranslator"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/otelcol-voice/otelcol-voice/internal/signal/semconv"
)

// ours is the metrics of bots that rules may ask for.
var ours = []otlptranslator.Metric{
	{Name: semconv.MetricCost, Unit: semconv.UnitUSD, Type: otlptranslator.MetricTypeMonotonicCounter},
	{Name: semconv.MetricCalls, Unit: semconv.UnitCall, Type: otlptranslator.MetricTypeMonotonicCounter},
	{Name: semconv.MetricUnpricedUsage, Unit: semconv.UnitAny, Type: otlptranslator.MetricTypeMonotonicCounter},
	{Name: semconv.MetricTTFB, Unit: semconv.UnitMilliseconds, Type: otlptranslator.MetricTypeHistogram},
}

// stock is series of stock components, as they arrive from config/collector.yaml (test/e2e looks for them there).
var stock = []string{"otelcol_exporter_queue_size", "otelcol_exporter_queue_capacity"}

// knownSeries is the names that a backend has: of bots, of our components by their metadata.yaml, and of stock ones.
func knownSeries(t *testing.T) map[string]bool {
	t.Helper()
	known := map[string]bool{}
	for _, metric := range append(ours, selfMetrics(t)...) {
		for _, name := range seriesOf(t, metric) {
			known[name] = true
		}
	}
	for _, name := range stock {
		known[name] = true
	}
	return known
}

func seriesOf(t *testing.T, metric otlptranslator.Metric) []string {
	t.Helper()
	namer := otlptranslator.MetricNamer{WithMetricSuffixes: true}
	name, err := namer.Build(metric)
	require.NoError(t, err)
	if metric.Type == otlptranslator.MetricTypeHistogram {
		return []string{name + "_bucket", name + "_sum", name + "_count"}
	}
	return []string{name}
}

// metadata is the part of a component's metadata.yaml that says what it tells of itself.
type metadata struct {
	Telemetry struct {
		Metrics map[string]struct {
			Unit string `yaml:"unit"`
			Sum  *struct {
				Monotonic bool `yaml:"monotonic"`
			} `yaml:"sum"`
			Histogram *struct{} `yaml:"histogram"`
		} `yaml:"metrics"`
	} `yaml:"telemetry"`
}

func selfMetrics(t *testing.T) []otlptranslator.Metric {
	t.Helper()
	files, err := filepath.Glob("../../*/*/metadata.yaml")
	require.NoError(t, err)
	var metrics []otlptranslator.Metric
	for _, file := range files {
		for name, told := range readMetadata(t, file).Telemetry.Metrics {
			kind := otlptranslator.MetricType(otlptranslator.MetricTypeGauge)
			switch {
			case told.Histogram != nil:
				kind = otlptranslator.MetricTypeHistogram
			case told.Sum != nil && told.Sum.Monotonic:
				kind = otlptranslator.MetricTypeMonotonicCounter
			}
			metrics = append(metrics, otlptranslator.Metric{Name: "otelcol_" + name, Unit: told.Unit, Type: kind})
		}
	}
	require.NotEmpty(t, metrics)
	return metrics
}

func readMetadata(t *testing.T, path string) metadata {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	var read metadata
	require.NoError(t, yaml.Unmarshal(text, &read), path)
	return read
}
