package voicespanconnector

import (
	"context"
	"flag"
	"path/filepath"
	"testing"
	"time"

	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/golden"
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/pdatatest/plogtest"
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/pdatatest/pmetrictest"
	"github.com/stretchr/testify/require"
)

// update writes the expected files anew; look at the difference before committing it.
var update = flag.Bool("update", false, "write testdata/*/{metrics,logs}.yaml")

// What each framework's spans come to, to the last attribute. The spans are as the frameworks send them, with what somebody said as
// "secret".
func TestGolden(t *testing.T) {
	cases, err := filepath.Glob(filepath.Join("testdata", "*", "input.yaml"))
	require.NoError(t, err)
	require.NotEmpty(t, cases)
	for _, input := range cases {
		dir := filepath.Dir(input)
		t.Run(filepath.Base(dir), func(t *testing.T) {
			td, err := golden.ReadTraces(input)
			require.NoError(t, err)
			b := newBench(t, nil)
			require.NoError(t, b.consume(context.Background(), td))
			b.pass(5 * time.Second)
			b.hush()
			compareMetrics(t, b, filepath.Join(dir, "metrics.yaml"))
			compareLogs(t, b, filepath.Join(dir, "logs.yaml"))
		})
	}
}

// compareMetrics compares all that was made, but for the state of how many calls are active.
func compareMetrics(t *testing.T, b *bench, file string) {
	all := b.metrics.AllMetrics()
	actual := all[0]
	for _, more := range all[1:] {
		if name := more.ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics().At(0).Name(); name != "voice.calls.active" {
			more.ResourceMetrics().MoveAndAppendTo(actual.ResourceMetrics())
		}
	}
	if *update {
		require.NoError(t, golden.WriteMetricsToFile(file, actual, golden.SkipMetricTimestampNormalization()))
	}
	want, err := golden.ReadMetrics(file)
	require.NoError(t, err)
	require.NoError(t, pmetrictest.CompareMetrics(want, actual,
		pmetrictest.IgnoreDatapointAttributesOrder(), pmetrictest.IgnoreMetricDataPointsOrder(), pmetrictest.IgnoreMetricsOrder()))
}

func compareLogs(t *testing.T, b *bench, file string) {
	require.Len(t, b.logs.AllLogs(), 1)
	actual := b.logs.AllLogs()[0]
	if *update {
		require.NoError(t, golden.WriteLogsToFile(file, actual))
	}
	want, err := golden.ReadLogs(file)
	require.NoError(t, err)
	require.NoError(t, plogtest.CompareLogs(want, actual))
}
