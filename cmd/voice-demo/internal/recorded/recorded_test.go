package recorded

import (
	"fmt"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

func everyCall(string) bool { return true }

// summary is a record as the file exporter writes it, without the line end.
func summary(id string, usd float64) string {
	return fmt.Sprintf(`{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"attributes":[`+
		`{"key":"call_id","value":{"stringValue":%q}},{"key":"cost_usd","value":{"doubleValue":%v}}`+
		`],"eventName":"voice.call.summary"}]}]}]}`, id, usd)
}

// A collector that was killed leaves half a record, and the next one goes on right behind it.
func TestTornRecords(t *testing.T) {
	a, b := summary("a", 1), summary("b", 2)
	for _, test := range []struct {
		name, file string
		calls      []string
		torn       int
	}{
		{"nothing", "", nil, 0},
		{"whole", a + "\n" + b + "\n", []string{"a", "b"}, 0},
		{"empty lines", "\n" + a + "\r\n\n", []string{"a"}, 0},
		{"the last line is still being written", a + "\n" + b[:40], []string{"a"}, 1},
		{"the last line has no end yet", a + "\n" + b, []string{"a", "b"}, 0},
		{"the next is glued to half a record", a[:100] + b + "\n", []string{"b"}, 1},
		{"the next is glued to a whole one", a + b + "\n", []string{"a", "b"}, 0},
		{"two halves and a whole", a[:30] + b[:50] + a + "\n" + b + "\n", []string{"a", "b"}, 2},
		{"torn within the first word", a[:7] + b + "\n", []string{"b"}, 1},
		{"torn after the first byte", a[:1] + b + "\n", []string{"b"}, 1},
		{"the beginning is lost", a[50:] + "\n" + b + "\n", []string{"b"}, 1},
		{"the end of a record and the next", a[50:] + b + "\n", []string{"b"}, 1},
		{"what a disk leaves of a power failure", a + "\n" + strings.Repeat("\x00", 64) + b + "\n", []string{"a", "b"}, 1},
	} {
		calls, torn, err := Calls(strings.NewReader(test.file), everyCall)
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
		}
		if got := slices.Sorted(maps.Keys(calls)); !slices.Equal(got, test.calls) || torn != test.torn {
			t.Errorf("%s: got %v and %d torn, want %v and %d", test.name, got, torn, test.calls, test.torn)
		}
	}
}

// Wherever a record is torn, the one behind it is read.
func TestTornAnywhere(t *testing.T) {
	a, b := summary("a", 1), summary("b", 2)
	for cut := range len(a) {
		calls, torn, err := Calls(strings.NewReader(a[:cut]+b+"\n"), everyCall)
		if err != nil || len(calls) != 1 || calls["b"].Cost != 2 || torn != min(cut, 1) {
			t.Errorf("torn after %d bytes: %v, %d torn, %v", cut, calls, torn, err)
		}
	}
}

func TestLastSummaryHolds(t *testing.T) {
	file := summary("a", 1) + "\n" + summary("a", 3) + "\n" + summary("b", 2) + "\n"
	calls, _, err := Calls(strings.NewReader(file), func(id string) bool { return id == "a" })
	if err != nil || len(calls) != 1 || calls["a"].Cost != 3 {
		t.Errorf("got %v, %v", calls, err)
	}
}

// What is valid JSON and no OTLP is said, not skipped.
func TestNotOTLP(t *testing.T) {
	if _, _, err := Calls(strings.NewReader(`{"resourceLogs":7}`), everyCall); err == nil || !strings.Contains(err.Error(), "OTLP logs") {
		t.Errorf("got %v", err)
	}
	if _, _, err := Spans(strings.NewReader(`{"resourceSpans":7}`), everyCall); err == nil || !strings.Contains(err.Error(), "OTLP traces") {
		t.Errorf("got %v", err)
	}
}

func open(t *testing.T, name string) *os.File {
	t.Helper()
	file, err := os.Open("../report/testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	return file
}

// Files of a demo that a collector wrote.
func TestCalls(t *testing.T) {
	calls, torn, err := Calls(open(t, "calls.jsonl"), everyCall)
	if err != nil || torn != 0 || len(calls) != 5 {
		t.Fatalf("%d calls, %d torn, %v", len(calls), torn, err)
	}
	want := Call{
		ID: "demo-164003-5", TraceID: "17e92a13b65bf4992c17c7b5de6f4c56",
		Start:   time.Date(2026, 11, 27, 16, 39, 46, 831311000, time.UTC),
		Seconds: 16.966667, EndReason: "hangup", Turns: 1,
		Tokens: map[string]float64{"prompt.text": 512, "completion.text": 40}, Characters: 160,
		Models: []string{"cartesia/sonic-3.5", "deepgram/nova-3", "openai/acme-llm-1"},
		Cost:   0.00824, CostByStage: map[string]float64{"stt": 0.00024, "tts": 0.008},
		Unpriced:     []string{"openai/acme-llm-1 prompt.text: no_model", "openai/acme-llm-1 completion.text: no_model"},
		PriceVersion: "2026-11-20+452dc500",
	}
	if got := calls["demo-164003-5"]; !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%+v\nwant\n%+v", got, want)
	}
}

func TestSpans(t *testing.T) {
	spans, torn, err := Spans(open(t, "spans.jsonl"), func(id string) bool { return id == "demo-164003-5" })
	if err != nil || torn != 0 || len(spans) != 1 {
		t.Fatalf("%d calls, %d torn, %v", len(spans), torn, err)
	}
	var got []string
	for _, s := range spans["demo-164003-5"] {
		got = append(got, fmt.Sprintf("%s %s/%s %.3fs +%.3fs ttfb=%v turn=%v latency=%v %v/%v/%v/%v usd=%v priced=%v complete=%v", s.Name, s.Provider, s.Model,
			s.Start.Sub(spans["demo-164003-5"][0].Start).Seconds(), s.End.Sub(s.Start).Seconds(), s.TTFB, s.Turn, s.TurnLatency,
			s.InputTokens, s.OutputTokens, s.Characters, s.AudioSeconds, s.Cost, s.Priced, s.CostComplete))
	}
	want := []string{
		"call / 0.000s +16.967s ttfb=0 turn=0 latency=0 0/0/0/0 usd=0.00824 priced=true complete=false",
		"turn / 1.000s +15.967s ttfb=0 turn=1 latency=800 0/0/0/0 usd=0 priced=false complete=true",
		"llm openai/acme-llm-1 4.000s +0.550s ttfb=550 turn=0 latency=0 512/40/0/0 usd=0 priced=false complete=false",
		"tts cartesia/sonic-3.5 4.360s +0.190s ttfb=190 turn=0 latency=0 0/0/160/0 usd=0.008 priced=true complete=true",
		"stt deepgram/nova-3 4.550s +0.000s ttfb=0 turn=0 latency=0 0/0/0/3 usd=0.00024 priced=true complete=true",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// A span that was sent again after a crash is one span.
func TestSpansOnce(t *testing.T) {
	once, err := os.ReadFile("../report/testdata/spans.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	spans, torn, err := Spans(strings.NewReader(string(once)+string(once[:1000])+string(once)), everyCall)
	total := 0
	for _, each := range spans {
		total += len(each)
	}
	if err != nil || torn != 1 || total != 45 {
		t.Errorf("%d spans, %d torn, %v", total, torn, err)
	}
}
