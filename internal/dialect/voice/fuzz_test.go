package voice

import (
	"os"
	"testing"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect/dialecttest"
)

func FuzzDecode(f *testing.F) {
	text, err := os.ReadFile(page)
	if err != nil {
		f.Fatal(err)
	}
	seeds := []string{
		`{"type":"voice.llm","tokens":{"promt":{}},"ttfb_ms":-1}`,
		`{"type":"voice.turn","parts":[null,{}],"number":0}`,
		`{"type":"voice.lmm"}`,
	}
	for _, block := range fenced.FindAllStringSubmatch(string(text), -1) {
		if block[1] == "json" {
			seeds = append(seeds, block[2])
		}
	}
	dialecttest.Fuzz(f, seeds, dialecttest.Typed(Decode))
}
