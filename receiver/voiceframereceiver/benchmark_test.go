package voiceframereceiver

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/consumer/consumertest"
)

// body is n frames of one call, as a busy bot sends them: latencies, tokens and characters in turn. Calls are long, and end
// before they have more events than a call can have.
func body(n, round int) string {
	callID := fmt.Sprintf("550e8400-e29b-41d4-a716-%012d", 2*n*round/50_000)
	kinds := []string{
		`{"type":"MetricsFrame","id":%d,"call_id":"%s","timestamp":1764000003.1,"data":[{"type":"TTFBMetricsData","processor":"OpenAILLMService#0","model":"gpt-4o","value":0.412},{"type":"ProcessingMetricsData","processor":"OpenAILLMService#0","value":1.31}]}`,
		`{"type":"MetricsFrame","id":%d,"call_id":"%s","timestamp":1764000003.2,"data":[{"type":"LLMUsageMetricsData","processor":"OpenAILLMService#0","model":"gpt-4o","value":{"prompt_tokens":1042,"completion_tokens":37,"total_tokens":1079,"cache_read_input_tokens":896}}]}`,
		`{"type":"MetricsFrame","id":%d,"call_id":"%s","timestamp":1764000003.4,"data":[{"type":"TTSUsageMetricsData","processor":"CartesiaTTSService#0","value":48},{"type":"TTFBMetricsData","processor":"CartesiaTTSService#0","value":0.19}]}`,
	}
	var lines strings.Builder
	for i := range n {
		fmt.Fprintf(&lines, kinds[i%len(kinds)]+"\n", round*n+i, callID)
	}
	return lines.String()
}

// BenchmarkFrames is the way of a body from bytes to the next component: decode, apply to the call, convert. The ns/frame
// and allocs/frame that it reports are the ones that documents quote.
func BenchmarkFrames(b *testing.B) {
	for _, frames := range []int{1, 10, 100, 1000} {
		b.Run(fmt.Sprint(frames), func(b *testing.B) {
			r := newBench(b, nil)
			r.pipeline.Metrics = consumertest.NewNop()
			limits := r.config.Protocols.Frames.Get().limits()
			bodies := make([][]byte, b.N+1)
			for round := range bodies {
				bodies[round] = []byte(body(frames, round))
			}
			b.SetBytes(int64(len(bodies[0])))
			b.ReportAllocs()
			b.ResetTimer()
			for round := range b.N {
				in, err := decode(bodies[round], limits, sender{}, now)
				require.NoError(b, err)
				answer, err := r.take(context.Background(), in, now)
				require.NoError(b, err)
				require.Equal(b, frames, answer.Accepted)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*frames), "ns/frame")
		})
	}
}
