package rtvi

import (
	"strconv"
	"testing"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect/dialecttest"
)

var seeds = []string{
	metricsMessage,
	`{"label":"rtvi-ai","type":"metrics","data":{"tokens":[{"prompt_tokens":50,"completion_tokens":100,"total_tokens":2150,"cache_read_input_tokens":1800,"cache_creation_input_tokens":200}]}}`,
	`{"label":"rtvi-ai","type":"bot-started-speaking","timestamp":1764000003.1}`,
	`{"label":"rtvi-ai","type":"llm-function-call-stopped","data":{"tool_call_id":"t","cancelled":true,"function_name":"book"}}`,
	`{"label":"rtvi-ai","type":"error","id":"e","data":{"error":"x","fatal":true}}`,
	`{"label":"rtvi-ai","type":"bot-ready","id":"1","data":{"version":"2.1.0"}}`,
	`{"label":"rtvi-ai","type":"user-transcription","data":{"text":"hello"}}`,
}

func FuzzDecode(f *testing.F) { dialecttest.Fuzz(f, seeds, read) }

func FuzzDecodeMessageFrame(f *testing.F) {
	var carried []string
	for _, seed := range seeds {
		carried = append(carried,
			`{"call_id":"c","data":`+strconv.Quote(seed)+`}`, `{"message":{"data":`+strconv.Quote(seed)+`}}`)
	}
	dialecttest.Fuzz(f, carried, DecodeMessageFrame)
}
