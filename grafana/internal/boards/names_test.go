package boards

import (
	"os"
	"regexp"
	"testing"

	"github.com/prometheus/otlptranslator"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// components are those whose own metrics the dashboards read.
var components = []string{
	"receiver/voiceframereceiver", "connector/voicespanconnector", "processor/costprocessor", "processor/rollupprocessor",
	"extension/grafanacloudextension",
}

// stock are the collector's own: its process, its receivers and its exporters. test/e2e has seen each, but for the full queue.
var stock = []string{
	"otelcol_process_uptime_seconds_total", "otelcol_process_memory_rss_bytes", "otelcol_process_cpu_seconds_total",
	"otelcol_receiver_accepted_metric_points_total", "otelcol_receiver_accepted_log_records_total", "otelcol_receiver_accepted_spans_total",
	"otelcol_exporter_sent_metric_points_total", "otelcol_exporter_sent_log_records_total", "otelcol_exporter_sent_spans_total",
	"otelcol_exporter_send_failed_metric_points_total", "otelcol_exporter_send_failed_log_records_total", "otelcol_exporter_send_failed_spans_total",
	"otelcol_exporter_enqueue_failed_metric_points_total", "otelcol_exporter_enqueue_failed_log_records_total", "otelcol_exporter_enqueue_failed_spans_total",
	"otelcol_exporter_queue_size", "otelcol_exporter_queue_capacity",
}

// Every metric of the collector that a panel names is one that it sends, under the name that a backend gives it. Panels that answer 0
// where nothing happened would not tell.
func TestOwnMetricsExist(t *testing.T) {
	known := map[string]bool{}
	for _, name := range stock {
		known[name] = true
	}
	for _, component := range components {
		for _, name := range ownMetrics(t, component) {
			known[name] = true
		}
	}
	named := regexp.MustCompile(`otelcol_[a-z_]+`)
	used := map[string]bool{}
	for _, b := range All() {
		text, err := b.JSON()
		require.NoError(t, err)
		for _, name := range named.FindAllString(string(text), -1) {
			used[name] = true
			assert.Contains(t, known, name, b.File)
		}
	}
	for _, name := range stock {
		assert.Contains(t, used, name, "no panel needs it")
	}
}

// ownMetrics are the series names of a component's metrics.
func ownMetrics(t *testing.T, component string) []string {
	t.Helper()
	text, err := os.ReadFile("../../../" + component + "/metadata.yaml")
	require.NoError(t, err)
	var metadata struct {
		Telemetry struct {
			Metrics map[string]ownMetric `yaml:"metrics"`
		} `yaml:"telemetry"`
	}
	require.NoError(t, yaml.Unmarshal(text, &metadata))
	require.NotEmpty(t, metadata.Telemetry.Metrics, component)
	var names []string
	for name, metric := range metadata.Telemetry.Metrics {
		names = append(names, metric.series(t, "otelcol_"+name)...)
	}
	return names
}

// ownMetric is what decides on the name of a metric's series.
type ownMetric struct {
	Unit string `yaml:"unit"`
	Sum  *struct {
		Monotonic bool `yaml:"monotonic"`
	} `yaml:"sum"`
	Histogram any `yaml:"histogram"`
}

func (m ownMetric) series(t *testing.T, name string) []string {
	t.Helper()
	var kind otlptranslator.MetricType = otlptranslator.MetricTypeGauge
	switch {
	case m.Histogram != nil:
		kind = otlptranslator.MetricTypeHistogram
	case m.Sum != nil && m.Sum.Monotonic:
		kind = otlptranslator.MetricTypeMonotonicCounter
	}
	namer := otlptranslator.MetricNamer{WithMetricSuffixes: true}
	name, err := namer.Build(otlptranslator.Metric{Name: name, Unit: m.Unit, Type: kind})
	require.NoError(t, err)
	if kind == otlptranslator.MetricTypeHistogram {
		return []string{name + "_bucket", name + "_sum", name + "_count"}
	}
	return []string{name}
}
