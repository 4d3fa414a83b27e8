//go:build interop

package e2e

import (
	"path/filepath"
	"testing"
)

// A call of a real LiveKit agent comes to what its script says that it used and what LiveKit has measured.
func TestInteropLiveKit(t *testing.T) {
	events := startInteropWay(t)
	report := filepath.Join(t.TempDir(), "report.json")
	python(t, map[string]string{"VOICE_FRAMES_URL": events.collector.URL(4319, "/v1/frames")},
		"livekit_call.py", "call-1", report, "events")
	tr := readTruth(t, report)

	t.Run("events", func(t *testing.T) {
		events.await(tr, true)
		events.collector.Stop(clockSetBack)
		events.assertUse(t, tr)
		events.assertConversation(t, tr)
		events.assertLatency(t, tr, "voice_ttfb_milliseconds", "ttfb", exactly)
		events.assertLatency(t, tr, "voice_processing_milliseconds", "processing", exactly)
		events.assertLatency(t, tr, "voice_turn_latency_milliseconds", "turn", exactly)
	})
}
