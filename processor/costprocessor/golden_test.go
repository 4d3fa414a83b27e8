package costprocessor

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/golden"
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/pdatatest/plogtest"
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/pdatatest/pmetrictest"
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/pdatatest/ptracetest"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-voice/otelcol-voice/internal/signal/semconv"
)

// update writes the expected files anew; look at the difference before committing it.
var update = flag.Bool("update", false, "write testdata/*/*/expected.yaml")

func TestGoldenMetrics(t *testing.T) {
	for _, dir := range cases(t, "metrics") {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			input, err := golden.ReadMetrics(filepath.Join(dir, "input.yaml"))
			require.NoError(t, err)
			expected := filepath.Join(dir, "expected.yaml")
			actual := newHarness(t, nil).consumeMetrics(input)
			if *update {
				require.NoError(t, golden.WriteMetricsToFile(expected, actual, golden.SkipMetricTimestampNormalization()))
			}
			want, err := golden.ReadMetrics(expected)
			require.NoError(t, err)
			require.NoError(t, pmetrictest.CompareMetrics(want, actual,
				pmetrictest.IgnoreDatapointAttributesOrder(), pmetrictest.IgnoreMetricDataPointsOrder(), pmetrictest.IgnoreMetricsOrder()))
		})
	}
}

func TestGoldenLogs(t *testing.T) {
	for _, dir := range cases(t, "logs") {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			input, err := golden.ReadLogs(filepath.Join(dir, "input.yaml"))
			require.NoError(t, err)
			expected := filepath.Join(dir, "expected.yaml")
			actual := newHarness(t, nil).consumeLogs(input)
			maskVersion(t, actual)
			if *update {
				require.NoError(t, golden.WriteLogsToFile(expected, actual))
			}
			want, err := golden.ReadLogs(expected)
			require.NoError(t, err)
			require.NoError(t, plogtest.CompareLogs(want, actual))
		})
	}
}

// The input of call is what package signal makes of one, as in its own golden file; that of bots is what frameworks make.
func TestGoldenTraces(t *testing.T) {
	for _, dir := range cases(t, "traces") {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			input, err := golden.ReadTraces(filepath.Join(dir, "input.yaml"))
			require.NoError(t, err)
			expected := filepath.Join(dir, "expected.yaml")
			actual := newHarness(t, nil).consumeTraces(input)
			if *update {
				require.NoError(t, golden.WriteTracesToFile(expected, actual))
			}
			want, err := golden.ReadTraces(expected)
			require.NoError(t, err)
			require.NoError(t, ptracetest.CompareTraces(want, actual))
		})
	}
}

// maskVersion takes the price book's version, which any change of a price changes, out of what is compared.
func maskVersion(t *testing.T, ld plog.Logs) {
	t.Helper()
	version, ok := ld.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(0).Attributes().Get(semconv.SummaryPriceVersion)
	require.True(t, ok)
	require.Regexp(t, `^\d{4}-\d{2}-\d{2}\+[0-9a-f]{8}$`, version.Str())
	version.SetStr("masked")
}

func cases(t *testing.T, signal string) []string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join("testdata", signal))
	require.NoError(t, err)
	require.NotEmpty(t, entries)
	var dirs []string
	for _, entry := range entries {
		dirs = append(dirs, filepath.Join("testdata", signal, entry.Name()))
	}
	return dirs
}

// consumeMetrics lets metrics pass through the processor and returns what came out.
func (h *harness) consumeMetrics(md pmetric.Metrics) pmetric.Metrics {
	h.t.Helper()
	h.metricsSink.Reset()
	require.NoError(h.t, h.metrics.ConsumeMetrics(context.Background(), md))
	all := h.metricsSink.AllMetrics()
	if len(all) == 0 {
		return pmetric.NewMetrics()
	}
	return all[0]
}

func (h *harness) consumeLogs(ld plog.Logs) plog.Logs {
	h.t.Helper()
	h.logsSink.Reset()
	require.NoError(h.t, h.logs.ConsumeLogs(context.Background(), ld))
	require.Len(h.t, h.logsSink.AllLogs(), 1)
	return h.logsSink.AllLogs()[0]
}

func (h *harness) consumeTraces(td ptrace.Traces) ptrace.Traces {
	h.t.Helper()
	h.tracesSink.Reset()
	require.NoError(h.t, h.traces.ConsumeTraces(context.Background(), td))
	require.Len(h.t, h.tracesSink.AllTraces(), 1)
	return h.tracesSink.AllTraces()[0]
}
