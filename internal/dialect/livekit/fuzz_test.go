package livekit

import (
	"testing"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect/dialecttest"
)

func FuzzDecode(f *testing.F) {
	seeds := []string{
		`{"type":"conversation_item_added","item":{"id":"i","type":"message","role":"assistant","metrics":{"e2e_latency":0.904}},"created_at":1755781200.1}`,
		`{"type":"close","reason":"job_shutdown","error":null,"created_at":1755781200.1,"room":"r"}`,
		`{"type":"agent_state_changed","newState":"speaking","createdAt":1755781200100}`,
		`{"type":"session_usage_updated","usage":{"model_usage":[]}}`,
	}
	for _, object := range objects {
		seeds = append(seeds, object.python, object.javascript, wrapped(object.python), wrapped(object.javascript))
	}
	dialecttest.Fuzz(f, seeds, dialecttest.Typed(Decode))
}
