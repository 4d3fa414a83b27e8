package dialect

import "testing"

// BenchmarkDecode is one message from bytes to a frame: the decoder's own part of BenchmarkFrames.
func BenchmarkDecode(b *testing.B) {
	for name, message := range map[string]string{
		"latency": `{"type":"MetricsFrame","id":1,"call_id":"550e8400-e29b-41d4-a716-446655440000","timestamp":1764000003.1,"data":[{"type":"TTFBMetricsData","processor":"OpenAILLMService#0","model":"gpt-4o","value":0.412}]}`,
		"tokens":  `{"type":"MetricsFrame","id":2,"call_id":"550e8400-e29b-41d4-a716-446655440000","timestamp":1764000003.2,"data":[{"type":"LLMUsageMetricsData","processor":"OpenAILLMService#0","model":"gpt-4o","value":{"prompt_tokens":1042,"completion_tokens":37,"total_tokens":1079,"cache_read_input_tokens":896}}]}`,
		"record":  `{"kind":"llm","call_id":"550e8400-e29b-41d4-a716-446655440000","processor":"OpenAILLMService#0","model":"gpt-4o","timestamp":1758268801.22,"prompt_tokens":1042,"completion_tokens":37,"total_tokens":1079,"cache_read_input_tokens":896}`,
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(message)))
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := Decode([]byte(message), ""); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
