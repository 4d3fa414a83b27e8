package dialect

import (
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect/elevenlabs"
	"github.com/otelcol-voice/otelcol-voice/internal/dialect/retell"
	"github.com/otelcol-voice/otelcol-voice/internal/dialect/ultravox"
	"github.com/otelcol-voice/otelcol-voice/internal/dialect/vapi"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// big is a message of half a MiB, most of which is a list of nearly nothing between before and after.
func big(before, element, after string) []byte {
	const size = 1 << 19
	text := before + strings.Repeat(element, (size-len(before)-len(after))/len(element)) + after
	return []byte(strings.Replace(text, ","+after, after, 1))
}

// Lists of nothing, two bytes an element, cost no more than a few times the room of their text.
func TestMemoryOfLongLists(t *testing.T) {
	frames := func(body []byte) ([]frame.Frame, error) {
		var decoder Decoder
		f, _, err := decoder.Decode(body, "")
		return []frame.Frame{f}, err
	}
	for name, test := range map[string]struct {
		decode                 func([]byte) ([]frame.Frame, error)
		before, element, after string
	}{
		"pipecat data":          {frames, `{"type":"MetricsFrame","data":[`, `{},`, `]}`},
		"pipecat nameless":      {frames, `{"data":[`, `{},`, `]}`},
		"pipecat contributions": {frames, `{"type":"LatencyBreakdown","user_turn_start_time":1764000002,"contributions":[`, `{},`, `]}`},
		"rtvi":                  {frames, `{"label":"rtvi-ai","type":"metrics","data":{"ttfb":[`, `{},`, `]}}`},
		"voice parts":           {frames, `{"type":"voice.turn","latency_ms":1,"parts":[`, `1,`, `]}`},
		"voice models":          {frames, `{"type":"voice.call_started","models":{"a":[`, `{},`, `]}}`},
		"voice traceparent":     {frames, `{"type":"voice.llm","ttfb_ms":1,"traceparent":"`, `-`, `"}`},
		"pipecat traceparent":   {frames, `{"type":"StartFrame","traceparent":"`, `-`, `"}`},
		"livekit usage":         {frames, `{"type":"session_usage_updated","usage":{"model_usage":[`, `1,`, `]}}`},
		"livekit events":        {frames, `{"sdk_version":"1","job_id":"j","usage":[],"events":[`, `{},`, `]}`},
		"livekit tools":         {frames, `{"type":"function_tools_executed","function_calls":[`, `{},`, `]}`},
		"livekit outputs":       {frames, `{"type":"function_tools_executed","function_calls":[],"function_call_outputs":[`, `{},`, `]}`},
		"openai output":         {frames, `{"type":"response.done","response":{"output":[`, `{},`, `]}}`},
		"vapi costs":            {vapi.Decode, `{"message":{"type":"end-of-call-report","call":{"id":"a"},"costs":[`, `{},`, `]}}`},
		"vapi messages":         {vapi.Decode, `{"message":{"type":"end-of-call-report","call":{"id":"a"},"artifact":{"messages":[`, `{},`, `]}}}`},
		"vapi turns":            {vapi.Decode, `{"message":{"type":"end-of-call-report","call":{"id":"a"},"artifact":{"performanceMetrics":{"turnLatencies":[`, `{},`, `]}}}}`},
		"retell latency":        {retell.Decode, `{"event":"call_ended","call":{"call_id":"a","latency":{"llm":{"values":[`, `1,`, `]}}}}`},
		"retell products":       {retell.Decode, `{"event":"call_ended","call":{"call_id":"a","call_cost":{"product_costs":[`, `{},`, `]}}}`},
		"retell tokens":         {retell.Decode, `{"event":"call_ended","call":{"call_id":"a","llm_token_usage":{"values":[`, `1,`, `]}}}`},
		"elevenlabs transcript": {elevenlabs.Decode, `{"type":"post_call_transcription","data":{"conversation_id":"a","transcript":[`, `{},`, `]}}`},
		"ultravox":              {ultravox.Decode, `{"event":"call.ended","call":{"callId":"a","x":[`, `{},`, `]}}`},
	} {
		t.Run(name, func(t *testing.T) {
			body := big(test.before, test.element, test.after)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, _ = test.decode(body)
			runtime.ReadMemStats(&after)
			assert.Less(t, (after.TotalAlloc-before.TotalAlloc)/uint64(len(body)), uint64(8), "times the size of the message")
		})
	}
}
