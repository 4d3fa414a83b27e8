//go:build interop

package e2e

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
)

// A call of a real LiveKit agent comes to what its script says that it used and what LiveKit has measured, by the events of its
// session and by its spans. What was heard is on no span of LiveKit's.
func TestInteropLiveKit(t *testing.T) {
	events, spans, metrics := startInteropWay(t, quick), startInteropWay(t, quick), startInteropWay(t, laidOver(t, "config/overlays/voice_metrics.yaml"))
	report := filepath.Join(t.TempDir(), "report.json")
	python(t, map[string]string{
		"VOICE_FRAMES_URL":                    events.collector.URL(4319, "/v1/frames"),
		"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT":  spans.collector.URL(otlpPort, "/v1/traces"),
		"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": metrics.collector.URL(otlpPort, "/v1/metrics"),
	}, "livekit_call.py", "call-1", report, "events", "spans", "metrics")
	tr := readTruth(t, report)

	t.Run("events", func(t *testing.T) {
		events.await(tr, true)
		events.collector.Stop(clockSetBack)
		events.assertUse(t, tr)
		events.assertTalk(t, tr)
	})
	t.Run("spans", func(t *testing.T) {
		tr := tr
		tr.Expected.AudioSeconds = 0
		spans.await(tr, true)
		spans.collector.Stop(clockSetBack)
		spans.assertUse(t, tr)
		spans.assertTalk(t, tr)
		spans.assertSilent(t, tr)
		assert.NotEmpty(t, spans.backend.Traces(), "the agent's own spans")
	})
	t.Run("duration", func(t *testing.T) {
		// By events the call begins when the session has started, by spans when it starts to.
		const lasted = "sum(voice_session_duration_seconds)"
		assert.InDelta(t, spans.value(lasted), events.value(lasted), 0.5, "seconds, by spans and by events")
	})
	t.Run("metrics", func(t *testing.T) {
		// LiveKit exports the latencies of turns where a job ends; this session has none.
		metrics.backend.Await(func() bool { return metrics.value("sum(voice_tts_characters_total)") == tr.Expected.Characters })
		metrics.collector.Stop(clockSetBack)
		metrics.assertUse(t, tr)
	})
}

func (w *interopWay) assertTalk(t *testing.T, tr truth) {
	t.Helper()
	w.assertConversation(t, tr)
	w.assertLatency(t, tr, "voice_ttfb_milliseconds", "ttfb", exactly)
	w.assertLatency(t, tr, "voice_processing_milliseconds", "processing", exactly)
	w.assertLatency(t, tr, "voice_turn_latency_milliseconds", "turn", exactly)
}
