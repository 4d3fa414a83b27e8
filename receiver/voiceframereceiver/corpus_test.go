package voiceframereceiver

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/golden"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-voice/otelcol-voice/internal/signal/semconv"
)

// update writes the expected files anew; look at the difference before committing it.
var update = flag.Bool("update", false, "write testdata/corpus anew")

// secrets stand in the corpus wherever a bot says what somebody said, as text and as base64.
var secrets = []string{"secret words", "c2VjcmV0IHdvcmRz"}

// TestCorpus sends each file of each dialect's testdata, and then silence until idle calls end. All that comes out is in
// testdata/corpus, to the byte.
func TestCorpus(t *testing.T) {
	files, err := filepath.Glob("../../internal/dialect/*/testdata/*.ndjson")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	var known []string
	for _, file := range files {
		vendor := filepath.Base(filepath.Dir(filepath.Dir(file)))
		name := filepath.Join(vendor, strings.TrimSuffix(filepath.Base(file), ".ndjson"))
		known = append(known, name)
		t.Run(name, func(t *testing.T) {
			b := benchOf(t, vendor)
			got := map[string]string{"answers.txt": b.sendFile(t, vendor, file)}
			b.render(t, got)
			for name, text := range got {
				for _, secret := range secrets {
					assert.NotContains(t, text, secret, name)
				}
			}
			compare(t, filepath.Join("testdata", "corpus", name), got)
		})
	}
	expected, err := filepath.Glob("testdata/corpus/*/*")
	require.NoError(t, err)
	for _, dir := range expected {
		name, err := filepath.Rel(filepath.Join("testdata", "corpus"), dir)
		require.NoError(t, err)
		assert.Contains(t, known, name, "expected files of a payload that is gone: remove them")
	}
}

// benchOf is what a vendor sends to: platforms post to a server of their own, one report at a time.
func benchOf(t *testing.T, vendor string) *bench {
	if isPlatform(vendor) {
		return hookedTo(t, platforms(), nil)
	}
	return newBench(t, nil)
}

func isPlatform(vendor string) bool {
	_, known := platforms()[vendor]
	return known
}

// sendFile sends a file as its sender would, lets the call fall idle and returns the answers.
func (b *bench) sendFile(t *testing.T, vendor, file string) string {
	body, err := os.ReadFile(file)
	require.NoError(t, err)
	path, posts := framesPath, [][]byte{body}
	if isPlatform(vendor) {
		path, posts = "/v1/webhooks/"+vendor, bytes.SplitAfter(bytes.TrimSpace(body), []byte("\n"))
	}
	var answers strings.Builder
	for _, post := range posts {
		status, answer := b.post(path, string(post), callIDHeader, "corpus")
		fmt.Fprintln(&answers, status, answer)
	}
	b.clock.Advance(b.config.IdleTimeout)
	b.tick(context.Background(), b.clock.Now())
	return answers.String()
}

// render adds each signal that came out, as YAML.
func (b *bench) render(t *testing.T, into map[string]string) {
	metrics, logs, traces := pmetric.NewMetrics(), plog.NewLogs(), ptrace.NewTraces()
	for _, md := range b.metrics.AllMetrics() {
		md.ResourceMetrics().MoveAndAppendTo(metrics.ResourceMetrics())
	}
	for _, ld := range b.logs.AllLogs() {
		ld.ResourceLogs().MoveAndAppendTo(logs.ResourceLogs())
	}
	for _, td := range b.traces.AllTraces() {
		td.ResourceSpans().MoveAndAppendTo(traces.ResourceSpans())
	}
	foldBuckets(t, metrics)
	written := func(name string, empty bool, write func(path string) error) {
		if empty {
			return
		}
		path := filepath.Join(t.TempDir(), name)
		require.NoError(t, write(path))
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		into[name] = string(text)
	}
	written("metrics.yaml", metrics.ResourceMetrics().Len() == 0, func(path string) error {
		return golden.WriteMetricsToFile(path, metrics, golden.SkipMetricTimestampNormalization())
	})
	written("logs.yaml", logs.ResourceLogs().Len() == 0, func(path string) error { return golden.WriteLogsToFile(path, logs) })
	written("traces.yaml", traces.ResourceSpans().Len() == 0, func(path string) error { return golden.WriteTracesToFile(path, traces) })
}

// foldBuckets takes out of histograms what follows from the rest and would be most of every expected file: one
// observation, in its bucket of the contract's bounds.
func foldBuckets(t *testing.T, metrics pmetric.Metrics) {
	for _, rm := range metrics.ResourceMetrics().All() {
		for _, metric := range rm.ScopeMetrics().At(0).Metrics().All() {
			if metric.Type() != pmetric.MetricTypeHistogram {
				continue
			}
			bounds := semconv.LatencyBounds
			if metric.Unit() == semconv.UnitSeconds {
				bounds = semconv.DurationBounds
			}
			for _, point := range metric.Histogram().DataPoints().All() {
				foldPoint(t, metric.Name(), point, bounds)
			}
		}
	}
}

func foldPoint(t *testing.T, name string, point pmetric.HistogramDataPoint, bounds []float64) {
	counts := make([]uint64, len(bounds)+1)
	at, _ := slices.BinarySearch(bounds, point.Sum())
	counts[at] = 1
	assert.Equal(t, bounds, point.ExplicitBounds().AsRaw(), name)
	assert.Equal(t, counts, point.BucketCounts().AsRaw(), name)
	assert.Equal(t, []float64{1, point.Sum(), point.Sum()}, []float64{float64(point.Count()), point.Min(), point.Max()}, name)
	point.ExplicitBounds().FromRaw(nil)
	point.BucketCounts().FromRaw(nil)
}

// compare compares texts by name with the files of a folder, each way.
func compare(t *testing.T, dir string, got map[string]string) {
	if *update {
		require.NoError(t, os.RemoveAll(dir))
		require.NoError(t, os.MkdirAll(dir, 0o755))
		for name, text := range got {
			require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
		}
	}
	entries, err := os.ReadDir(dir)
	require.NoError(t, err, "run this test with -update")
	want := map[string]string{}
	for _, entry := range entries {
		text, err := os.ReadFile(filepath.Join(dir, entry.Name()))
		require.NoError(t, err)
		want[entry.Name()] = string(text)
	}
	for _, name := range slices.Sorted(maps.Keys(union(want, got))) {
		line, wanted, is := difference(want[name], got[name])
		assert.Zero(t, line, "%s differs from line %d on: %q, expected %q", filepath.Join(dir, name), line, is, wanted)
	}
}

func union(a, b map[string]string) map[string]string {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return all
}

// difference is the first line, from 1, in which texts differ; 0 where none does.
func difference(a, b string) (line int, inA, inB string) {
	left, right := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range max(len(left), len(right)) {
		inA, inB = "", ""
		if i < len(left) {
			inA = left[i]
		}
		if i < len(right) {
			inB = right[i]
		}
		if inA != inB || (i < len(left)) != (i < len(right)) {
			return i + 1, inA, inB
		}
	}
	return 0, "", ""
}
