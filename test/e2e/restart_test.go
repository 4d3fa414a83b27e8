package e2e

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/otelcol-voice/otelcol-voice/test/e2e/backend"
	"github.com/otelcol-voice/otelcol-voice/test/e2e/collector"
)

// What was taken just before a stop leaves with it or waits on disk for the next start; nothing is sent twice.
func TestRestartLosesNothing(t *testing.T) {
	b := backend.Start(t)
	c := collector.Start(t, collector.Settings{Config: cloudConfig, Env: b.Env()})
	post(t, c, []byte(fiveLines), "", 5)
	c.Stop()
	c.Start()
	b.Await(func() bool {
		calls, _ := b.Value("sum(voice_calls_total)", time.Now())
		return calls == 1 && len(b.Logs()) == 1
	})
	at := time.Now()
	assertVector(t, backend.Vector{"{}": 1}, b.Query("sum(voice_calls_total)", at), "calls")
	assertVector(t, backend.Vector{"{}": 602}, b.Query("sum(voice_ttfb_milliseconds_sum)", at), "TTFB")
	assertVector(t, backend.Vector{
		backend.Labels("cost_type", "llm"): 0.001855,
		backend.Labels("cost_type", "tts"): 0.0024,
		backend.Labels("cost_type", "stt"): 74.2 * 0.75 / 3600,
	}, b.Query("sum by (cost_type) (voice_cost_usd_total)", at), "cost")
	assert.Len(t, b.Logs(), 1, "call summaries")
	c.Stop()
}

// The collector's own health reaches the same backend.
func TestOwnMetrics(t *testing.T) {
	t.Parallel() // it waits for the shipped interval of 10 s
	b := backend.Start(t)
	c := collector.Start(t, collector.Settings{Config: cloudConfig, Env: b.Env(), Overlay: quick})
	post(t, c, []byte(fiveLines), "", 5)
	assert.True(t, b.Await(func() bool {
		frames, _ := b.Value("sum(otelcol_receiver_voice_frame_frames_total)", time.Now())
		return frames == 5
	}), "no news of the receiver")
	for name, series := range map[string]float64{ // by the names that alerts and dashboards have
		"otelcol_grafana_cloud_held_requests_total":   9,
		"otelcol_grafana_cloud_dropped_items_total":   6,
		"otelcol_grafana_cloud_rejected_points_total": 3,
		"otelcol_grafana_cloud_waiting_seconds":       3,
	} {
		count, _ := b.Value("count("+name+" == 0)", time.Now())
		assert.Equal(t, series, count, name)
	}
	sent, _ := b.Value(`sum(otelcol_grafana_cloud_requests_total{status="200"})`, time.Now())
	assert.Positive(t, sent)
	c.Stop("context canceled") // the points are at the backend before the SDK has its answer; a stop between is told by it

	// The names by which rules ask for them, of those that are there while all is well. Of the others the tests of the rules
	// know the names from what components say of themselves.
	for _, name := range []string{
		"otelcol_processor_rollup_flushes_total", "otelcol_processor_rollup_input_points_total", "otelcol_processor_rollup_commits_total",
		"otelcol_processor_cost_price_age_seconds", "otelcol_exporter_queue_size", "otelcol_exporter_queue_capacity",
		"otelcol_grafana_cloud_rejected_points_total", "otelcol_grafana_cloud_dropped_items_total", "otelcol_grafana_cloud_waiting_seconds",
	} {
		_, found := b.Value("sum("+name+")", time.Now())
		assert.True(t, found, name)
	}
}
