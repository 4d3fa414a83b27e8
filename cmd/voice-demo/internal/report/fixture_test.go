package report

import (
	"os"
	"testing"
	"time"

	"github.com/otelcol-voice/otelcol-voice/cmd/voice-demo/internal/metrics"
	"github.com/otelcol-voice/otelcol-voice/cmd/voice-demo/internal/recorded"
)

// fixture is what a collector showed and wrote of a demo.
func fixture(t *testing.T) *Input {
	t.Helper()
	all := func(string) bool { return true }
	page, err := metrics.Parse(open(t, "metrics.txt"))
	must(t, err)
	calls, tornCalls, err := recorded.Calls(open(t, "calls.jsonl"), all)
	must(t, err)
	spans, tornSpans, err := recorded.Spans(open(t, "spans.jsonl"), all)
	must(t, err)
	return &Input{
		Played: []Played{
			{"demo-164003-1", "a booking"},
			{"demo-164003-2", "support, cut off once"},
			{"demo-164003-3", "an interview"},
			{"demo-164003-4", "a quiz that thinks"},
			{"demo-164003-5", "a model nobody knows"},
		},
		Page: page, Calls: calls, Spans: spans, Torn: tornCalls + tornSpans,
		Source: Source{
			Page: "http://localhost:9464/metrics", Calls: "data/calls.jsonl", Spans: "data/spans.jsonl",
			At: time.Date(2026, 11, 27, 16, 40, 4, 0, time.UTC),
		},
	}
}

func open(t *testing.T, name string) *os.File {
	t.Helper()
	file, err := os.Open("testdata/" + name)
	must(t, err)
	t.Cleanup(func() { file.Close() })
	return file
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
