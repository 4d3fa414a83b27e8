package spanusage

import (
	"testing"

	"go.opentelemetry.io/collector/pdata/ptrace"
)

// BenchmarkRead is one span read: the reader's own part of BenchmarkProcessorTraces of the cost processor.
func BenchmarkRead(b *testing.B) {
	for name, attributes := range map[string]attrs{
		"conventions": {
			"gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai", "gen_ai.request.model": "gpt-4o",
			"gen_ai.response.model": "gpt-4o-2024-08-06", "gen_ai.response.id": "chatcmpl-x", "gen_ai.output.type": "text",
			"gen_ai.request.temperature": 0.7, "gen_ai.request.max_tokens": 256, "server.address": "api.openai.com", "server.port": 443,
			"gen_ai.usage.input_tokens": 1042, "gen_ai.usage.output_tokens": 37, "gen_ai.usage.cache_read.input_tokens": 896,
		},
		"LiveKit": {"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4o", "lk.llm_metrics": lkLLM},
		"no usage": {
			"http.request.method": "POST", "url.full": "https://api.openai.com/v1/chat/completions", "server.address": "api.openai.com",
			"server.port": 443, "http.response.status_code": 200, "network.protocol.version": "1.1", "user_agent.original": "OpenAI/Python",
			"http.request.body.size": 4711, "network.peer.address": "192.0.2.1", "thread.id": 1, "thread.name": "main",
		},
	} {
		b.Run(name, func(b *testing.B) {
			span := spanOf(b, "x", ptrace.SpanKindClient, attributes)
			var r Reader
			b.ReportAllocs()
			for b.Loop() {
				r.Read(span, "x")
			}
		})
	}
}
