package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/otelcol-voice/otelcol-voice/cmd/voice-demo/internal/metrics"
)

const recordings = "internal/report/testdata/"

// folder is a data folder with the first bytes of what a collector wrote; -1 is all of it.
func folder(t *testing.T, sizes map[string]int) string {
	t.Helper()
	dir := t.TempDir()
	for name, size := range sizes {
		content, err := os.ReadFile(recordings + name)
		if err != nil {
			t.Fatal(err)
		}
		if size >= 0 {
			content = content[:size]
		}
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func played() []demoCall {
	return []demoCall{{id: "demo-164003-1", about: "a booking"}, {id: "demo-164003-5", about: "a model nobody knows"}}
}

func TestWriteReport(t *testing.T) {
	file, err := os.Open(recordings + "metrics.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	page, err := metrics.Parse(file)
	if err != nil {
		t.Fatal(err)
	}
	dir := folder(t, map[string]int{"calls.jsonl": -1, "spans.jsonl": -1})
	d := demo{page: "http://localhost:9464/metrics", data: dir, report: filepath.Join(dir, "report.html")}
	address, err := d.writeReport(t.Context(), page, played())
	if err != nil || address != "file://"+filepath.Join(dir, "report.html") {
		t.Fatalf("%s, %v", address, err)
	}
	html, err := os.ReadFile(d.report)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"What 2 calls cost", "has counted 5 calls", "$0.030128", "$0.008240", "unpriced: openai/acme-llm-1 prompt.text: no_model"} {
		if !strings.Contains(string(html), want) {
			t.Errorf("no %q", want)
		}
	}
}

// What the collector has not written is said, with where it was looked for. The time for it is over here from the start.
func TestReportOfMissingFiles(t *testing.T) {
	over, cancel := context.WithCancel(t.Context())
	cancel()
	for _, test := range []struct {
		name  string
		files map[string]int
		want  []string
	}{
		{"no files", nil, []string{"calls.jsonl has 0 of the 2 calls", "spans.jsonl has 0.", "-data", "start it again"}},
		{"no spans", map[string]int{"calls.jsonl": -1}, []string{"has 2 of the 2 calls", "has 0.", "traces pipeline"}},
		{"no summaries", map[string]int{"spans.jsonl": -1}, []string{"has 0 of the 2 calls", "has 2.", "logs pipeline"}},
		{"half of it", map[string]int{"calls.jsonl": 2000, "spans.jsonl": -1}, []string{"has 1 of the 2 calls", "has 2.", "-data"}},
		{"a call's own span is missing", map[string]int{"calls.jsonl": -1, "spans.jsonl": 20000}, []string{"has 2 of the 2 calls", "has 1.", "-data"}},
	} {
		dir := folder(t, test.files)
		d := demo{data: dir, report: filepath.Join(dir, "report.html")}
		_, err := d.writeReport(over, nil, played())
		for _, want := range append(test.want, filepath.Join(dir, "calls.jsonl"), filepath.Join(dir, "spans.jsonl")) {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: no %q in %v", test.name, want, err)
			}
		}
		if _, err := os.Stat(d.report); err == nil {
			t.Errorf("%s: a report was written", test.name)
		}
	}
}

// What stands in a file and is no OTLP is an error at once.
func TestReportOfOtherFiles(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "calls.jsonl"), []byte(`{"resourceLogs":7}`), 0o600); err != nil {
		t.Fatal(err)
	}
	d := demo{data: dir, report: filepath.Join(dir, "report.html")}
	if _, err := d.writeReport(t.Context(), nil, played()); err == nil || !strings.Contains(err.Error(), "calls.jsonl: not a record of OTLP logs") {
		t.Errorf("got %v", err)
	}
}
