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
		`{"type":"error","error":{"type":"llm_error","label":"openai.LLM","recoverable":true},"source":{"model":"gpt-4o","provider":"openai"}}`,
		`{"type":"function_tools_executed","function_calls":[{"name":"book","created_at":1755781200.1}],"function_call_outputs":[{"is_error":true,"created_at":1755781200.6}]}`,
		`{"sdk_version":"1.8.9","timestamp":1755781200.1,"duration_ms":74200,"usage":[],"close_reason":"CR_COMPLETED"}`,
	}
	for _, entry := range used {
		seeds = append(seeds, entry.python, `{"type":"session_usage_updated","usage":{"modelUsage":[`+entry.javascript+`]}}`)
	}
	for _, object := range objects {
		seeds = append(seeds, object.python, object.javascript, wrapped(object.python), wrapped(object.javascript))
	}
	dialecttest.Fuzz(f, seeds, dialecttest.Typed(Decode))
}
