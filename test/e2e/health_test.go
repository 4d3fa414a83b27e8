package e2e

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/otelcol-voice/otelcol-voice/test/e2e/backend"
	"github.com/otelcol-voice/otelcol-voice/test/e2e/collector"
)

// often is quick, and the collector tells of itself as often; nothing else differs from what is shipped.
const often = `
processors: {rollup: {interval: 200ms}}
service:
  telemetry:
    metrics:
      readers:
        - periodic: {interval: 200, exporter: {otlp: {protocol: http/protobuf, compression: gzip}}}
`

// rejectedFrames are one frame without what it needs, and one of which a datum cannot be.
const rejectedFrames = `
{"type":"voice.llm","call_id":"wrong","timestamp":1764000000.0}
{"type":"voice.tts","call_id":"wrong","timestamp":1764000000.0,"characters":7,"ttfb_ms":-1}
`

// The dashboard of the collector's health, over what the binary says of itself after the fixture, bots that are wrong, and a
// backend that refuses a request: no panel is empty, and what they show is what was sent.
func TestCollectorHealth(t *testing.T) {
	t.Parallel()
	b := backend.Start(t)
	c := collector.Start(t, collector.Settings{Config: cloudConfig, Env: b.Env(), Overlay: often})
	health := boards(t)["Voice collector health"]
	frames := misbehave(t, c)

	ask := func(panel string, index int) string { return health.ask(t, window, panel, index) }
	refuse(t, b, ask("Refused for good", 0))
	for _, panel := range []display{
		{"", "Frames rejected", 0, one(1)},
		{"", "What bots ought to mend", 0, one(1)},
		{"", "Requests refused", 0, one(0)},
		{"", "Queue full", 0, one(0)},
		{"", "Storage errors", 0, one(0)},
	} {
		awaitVector(t, b, panel.want, ask(panel.title, panel.index), panel.title)
	}
	accepted := "sum by (outcome) (" + ask("Frames by dialect", 0) + ")"
	awaitVector(t, b, backend.Vector{
		backend.Labels("outcome", "accepted"):  float64(frames),
		backend.Labels("outcome", "duplicate"): 5,
		backend.Labels("outcome", "rejected"):  1,
	}, accepted, accepted)
	dropped, byStatus := ask("Refused for good", 0), ask("Refused for good, by status", 0)
	awaitVector(t, b, one(0), dropped+" - sum("+byStatus+")", "the exporter and the extension count the same")
	post(t, c, []byte(strings.ReplaceAll(fiveLines, fiveLinesCall, "another")), "", 5) // rates see what comes after a first value
	for _, q := range health.questions(t, window) {
		b.Await(func() bool { return areNumbers(b.Query(q.asked, time.Now())) })
		assertNumbers(t, b.Query(q.asked, time.Now()), q.panel+": "+q.shown)
	}
	c.Stop("usage without a price", "400", "context canceled") // the last: a stop comes between a request and its answer
}

// misbehave posts the fixture, a call twice, and what is wrong. It returns how many frames were taken.
func misbehave(t *testing.T, c *collector.Collector) int {
	t.Helper()
	replay(t, c)
	post(t, c, []byte(fiveLines), "", 5)
	status, again := c.PostFrames([]byte(fiveLines), "")
	require.Equal(t, 200, status)
	require.Equal(t, 5, again.Duplicates)
	_, wrong := c.PostFrames([]byte(rejectedFrames), "")
	require.Equal(t, 1, wrong.Accepted)
	return len(lines(t)) + 5 + 1
}

// refuse lets the backend refuse some requests for good, at least one of which is the exporter's and not the collector's about
// itself, and waits until the collector tells of it.
func refuse(t *testing.T, b *backend.Backend, dropped string) {
	t.Helper()
	b.Fail(backend.Fault{Status: http.StatusBadRequest, Times: 6})
	require.True(t, b.Await(func() bool {
		items, _ := b.Value(dropped, time.Now())
		return items > 0
	}), "nothing was dropped")
}

// awaitVector waits until a query answers so.
func awaitVector(t *testing.T, b *backend.Backend, want backend.Vector, query, what string) {
	t.Helper()
	b.Await(func() bool { return vectorsNear(want, b.Query(query, time.Now())) })
	assertVector(t, want, b.Query(query, time.Now()), what)
}

func vectorsNear(want, got backend.Vector) bool {
	if len(want) != len(got) {
		return false
	}
	for labels, value := range want {
		if found, exists := got[labels]; !exists || !near(value, found) {
			return false
		}
	}
	return true
}

// What the collector counts of itself begins with its first value, which increase() does not see. A process that was there before
// the range counts from what it had then; one that has ended counts as far as it came.
func TestOwnCountersAreExact(t *testing.T) {
	b := backend.Start(t)
	now := time.Now().Truncate(time.Second)
	minutes := func(ago int) time.Time { return now.Add(-time.Duration(ago) * time.Minute) }
	for _, process := range []struct {
		instance string
		values   map[int]float64 // by minutes ago
	}{
		{"before", map[int]float64{80: 5, 70: 5, 30: 7, 0: 8}}, // 3 within the hour
		{"ended", map[int]float64{90: 1, 62: 2, 50: 6}},        // 4
		{"begun", map[int]float64{1: 11, 0: 11}},               // 11
	} {
		for _, ago := range slices.Backward(slices.Sorted(maps.Keys(process.values))) {
			require.NoError(t, exportTo(t.Context(), b, rejections(process.instance, process.values[ago], minutes(ago))))
		}
	}
	asked := boards(t)["Voice collector health"].ask(t, window, "Frames rejected", 0)
	assertVector(t, one(18), b.Query(asked, now), asked)
	naive := `sum(increase(otelcol_receiver_voice_frame_frames_total{instance="begun"}[1h]))`
	assertVector(t, one(0), b.Query(naive, now), naive)
}

// rejections is a point of the receiver's counter of frames.
func rejections(instance string, value float64, at time.Time) pmetric.Metrics {
	data := pmetric.NewMetrics()
	resource := data.ResourceMetrics().AppendEmpty()
	put(resource.Resource().Attributes(), []string{"service.name", "otelcol-voice", "service.instance.id", instance})
	metric := resource.ScopeMetrics().AppendEmpty().Metrics().AppendEmpty()
	metric.SetName("otelcol_receiver_voice_frame_frames")
	sum := metric.SetEmptySum()
	sum.SetIsMonotonic(true)
	sum.SetAggregationTemporality(pmetric.AggregationTemporalityCumulative)
	point := sum.DataPoints().AppendEmpty()
	put(point.Attributes(), []string{"outcome", "rejected"})
	point.SetTimestamp(pcommon.NewTimestampFromTime(at))
	point.SetDoubleValue(value)
	return data
}
