package signal

import (
	"testing"

	"github.com/otelcol-voice/otelcol-voice/internal/call"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// BenchmarkConvert is 100 facts of each kind, of one frame, to data points: the signal room's part of BenchmarkFrames. ns/op
// and allocations are for 100 points.
func BenchmarkConvert(b *testing.B) {
	source := frame.Source{Stage: frame.LLM, Processor: "OpenAILLMService", Provider: "openai", Model: "gpt-4o"}
	for name, f := range map[string]call.Fact{
		"latency": fact(call.Fact{Kind: call.Waited, Source: source, Value: 412}),
		"usage":   fact(call.Fact{Kind: call.Used, Usage: call.Usage{Source: source, Quantity: call.Tokens, Amount: 146, Request: 1042}}),
	} {
		facts := make([]call.Fact, 100)
		for i := range facts {
			facts[i] = f
		}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				NewProducer(Settings{Service: "voice-rag-bot"}).NewBatch().Add(facts)
			}
		})
	}
}
