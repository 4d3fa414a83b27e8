package costprocessor

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// botTraces is spans of one scope.
type botTraces struct {
	ptrace.Traces
	scope ptrace.ScopeSpans
}

func newBotTraces(scope string) botTraces {
	td := ptrace.NewTraces()
	ss := td.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty()
	ss.Scope().SetName(scope)
	return botTraces{td, ss}
}

// span adds a span of trace 1, whose number is its id.
func (b botTraces) span(t testing.TB, name string, id, parent byte, attributes map[string]any) ptrace.Span {
	t.Helper()
	span := b.scope.Spans().AppendEmpty()
	span.SetName(name)
	span.SetTraceID(pcommon.TraceID{15: 1})
	span.SetSpanID(pcommon.SpanID{7: id})
	if parent != 0 {
		span.SetParentSpanID(pcommon.SpanID{7: parent})
	}
	span.SetStartTimestamp(moment)
	span.SetEndTimestamp(moment)
	require.NoError(t, span.Attributes().FromRaw(attributes))
	return span
}

// Spans as bots make them: a request of 1042 tokens, of which 896 were cached, answered with 37. None of what was said may
// change anything, so it says "secret".
var (
	conventionsChat = map[string]any{
		"gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai", "gen_ai.request.model": "gpt-4o",
		"gen_ai.response.model": "gpt-4o-2024-08-06", "gen_ai.response.id": "chatcmpl-x", "gen_ai.output.type": "text",
		"gen_ai.request.temperature": 0.7, "gen_ai.request.max_tokens": 256, "gen_ai.response.finish_reasons": []any{"stop"},
		"server.address": "api.openai.com", "server.port": 443, "openai.response.service_tier": "default",
		"gen_ai.usage.input_tokens": 1042, "gen_ai.usage.output_tokens": 37, "gen_ai.usage.cache_read.input_tokens": 896,
	}
	pipecatLLM = map[string]any{
		"gen_ai.provider.name": "openai", "gen_ai.request.model": "gpt-4o", "gen_ai.operation.name": "chat", "gen_ai.output.type": "text",
		"stream": true, "input": "secret", "output": "secret", "tools": "secret", "tool_count": 2, "tool_choice": "auto",
		"gen_ai.system_instructions": "secret", "gen_ai.request.temperature": 0.7, "settings.model": "gpt-4o", "metrics.ttfb": 0.412,
		"gen_ai.usage.input_tokens": 1042, "gen_ai.usage.output_tokens": 37, "gen_ai.usage.cache_read.input_tokens": 896,
	}
	liveKitRequest = map[string]any{
		"gen_ai.operation.name": "chat", "gen_ai.provider.name": "api.openai.com", "gen_ai.request.model": "gpt-4o",
		"gen_ai.usage.input_tokens": 1042, "gen_ai.usage.cache_read.input_tokens": 896, "gen_ai.usage.output_tokens": 37,
		"lk.llm_metrics": `{"type":"llm_metrics","label":"livekit.plugins.openai.llm.LLM","request_id":"chatcmpl-x",` +
			`"timestamp":1764000003.1,"duration":1.42,"ttft":0.52,"cancelled":false,"completion_tokens":37,"prompt_tokens":1042,` +
			`"prompt_cached_tokens":896,"cache_creation_tokens":0,"total_tokens":1079,"tokens_per_second":26.05,"speech_id":"speech_a1",` +
			`"metadata":{"model_name":"gpt-4o","model_provider":"api.openai.com"}}`,
		"langfuse.observation.completion_start_time": `"2025-11-24T16:00:02.2+00:00"`,
	}
	httpRequest = map[string]any{
		"http.request.method": "POST", "url.full": "https://api.openai.com/v1/chat/completions", "server.address": "api.openai.com",
		"server.port": 443, "http.response.status_code": 200, "network.protocol.version": "1.1", "user_agent.original": "OpenAI/Python",
		"http.request.body.size": 4711, "http.response.body.size": 1234, "network.peer.address": "192.0.2.1", "network.peer.port": 443,
		"thread.id": 1, "thread.name": "main", "code.function.name": "send", "code.line.number": 17,
	}
)
