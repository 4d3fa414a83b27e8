package vapi

import (
	"testing"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect/dialecttest"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

func FuzzDecode(f *testing.F) {
	seeds := []string{
		report,
		message(`"cost":0.067,"costBreakdown":{"llm":0.007,"vapi":0.06,"total":0.067,"llmPromptTokens":21,"analysisCostBreakdown":{"summary":0.0004}}`),
		`{"message":{"type":"status-update"}}`,
	}
	dialecttest.Fuzz(f, seeds, func(body []byte) (all frame.Frame, err error) {
		frames, err := Decode(body)
		for _, one := range frames {
			all.Events = append(all.Events, one.Events...)
		}
		return all, err
	})
}
