//go:build unix

package socketbench

import (
	"bytes"
	"fmt"
	"strconv"
)

// hot are the messages that make up nearly all of what a busy bot sends: latencies, tokens and characters. Their ids and
// the number in their call id are of fixed width, to be written over.
var hot = []string{
	`{"type":"MetricsFrame","id":1000000000,"call_id":"550e8400-e29b-41d4-a716-100000000000","timestamp":1764000003.1,"data":[{"type":"TTFBMetricsData","processor":"OpenAILLMService#0","model":"gpt-4o","value":0.412},{"type":"ProcessingMetricsData","processor":"OpenAILLMService#0","value":1.31}]}`,
	`{"type":"MetricsFrame","id":1000000000,"call_id":"550e8400-e29b-41d4-a716-100000000000","timestamp":1764000003.2,"data":[{"type":"LLMUsageMetricsData","processor":"OpenAILLMService#0","model":"gpt-4o","value":{"prompt_tokens":1042,"completion_tokens":37,"total_tokens":1079,"cache_read_input_tokens":896}}]}`,
	`{"type":"MetricsFrame","id":1000000000,"call_id":"550e8400-e29b-41d4-a716-100000000000","timestamp":1764000003.4,"data":[{"type":"TTSUsageMetricsData","processor":"CartesiaTTSService#0","value":48},{"type":"TTFBMetricsData","processor":"CartesiaTTSService#0","value":0.19}]}`,
}

// framesPerCall keeps a call below the number of events that it may have.
const framesPerCall = 25_000

// bot is one busy bot: its bodies are NDJSON of always as many frames, none of which was sent before.
type bot struct {
	body   []byte
	ids    []int // where each frame's id stands
	calls  []int // where the number in each frame's call id stands
	frames int   // sent so far
}

func newBot(frames int) *bot {
	b := &bot{}
	for i := range frames {
		start := len(b.body)
		b.body = append(append(b.body, hot[i%len(hot)]...), '\n')
		b.ids = append(b.ids, start+bytes.Index(b.body[start:], []byte("1000000000")))
		b.calls = append(b.calls, start+bytes.Index(b.body[start:], []byte("100000000000")))
	}
	return b
}

// next numbers the frames of the body anew.
func (b *bot) next() []byte {
	for i := range b.ids {
		overwrite(b.body[b.ids[i]:], 1_000_000_000+b.frames)
		overwrite(b.body[b.calls[i]:], 100_000_000_000+b.frames/framesPerCall)
		b.frames++
	}
	return b.body
}

func overwrite(at []byte, number int) {
	var digits [20]byte
	copy(at, strconv.AppendInt(digits[:0], int64(number), 10))
}

// request is a whole HTTP/1.1 request whose body is the last of its bytes.
func request(path, contentType string, body []byte) []byte {
	head := fmt.Sprintf("POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n", path, contentType, len(body))
	return append([]byte(head), body...)
}
