package report

import (
	"fmt"
	"math"
	"testing"
)

func TestStack(t *testing.T) {
	for _, test := range []struct {
		name   string
		stages []StageCost
		whole  float64
		want   string
	}{
		{"nothing", nil, 1, "[]"},
		{"all of it", []StageCost{{"stt", 0.25, false}, {"tts", 0.75, false}}, 1, "[{stt 0 23.75 false STT $0.250000} {tts 23.75 71.25 false TTS $0.750000}]"},
		{"to the scale of another", []StageCost{{"llm", 0.5, false}}, 2, "[{llm 0 23.75 false LLM $0.500000}]"},
		{"a stage that cost nothing is not drawn", []StageCost{{"stt", 0, false}, {"llm", 1, false}}, 1, "[{llm 0 95 false LLM $1.000000}]"},
		{"unpriced stands behind what is known", []StageCost{{"stt", 0.5, false}, {"llm", 0, true}, {"tts", 0.5, false}}, 1, "[{stt 0 47.5 false STT $0.500000} {tts 47.5 47.5 false TTS $0.500000} {llm 95 5 true LLM: unpriced}]"},
		{"unpriced alone", []StageCost{{"llm", 0, true}}, 0, "[{llm 0 5 true LLM: unpriced}]"},
	} {
		if got := fmt.Sprint(stack(test.stages, test.whole, 95)); got != test.want {
			t.Errorf("%s: got %s, want %s", test.name, got, test.want)
		}
	}
}

func TestCallBars(t *testing.T) {
	bars := callBars([]Call{
		{Cost: 1, Stages: []StageCost{{"llm", 1, false}}},
		{Cost: 4, Stages: []StageCost{{"stt", 1, false}, {"tts", 3, false}}},
		{Stages: []StageCost{{"llm", 0, true}}},
	})
	want := "[[{llm 0 23.75 false LLM $1.000000}] [{stt 0 23.75 false STT $1.000000} {tts 23.75 71.25 false TTS $3.000000}] [{llm 0 5 true LLM: unpriced}]]"
	if got := fmt.Sprint(bars); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := callBars(nil); got != nil {
		t.Errorf("of no calls: %v", got)
	}
}

func TestHistogram(t *testing.T) {
	columns := histogram(Latency{Buckets: []Bucket{{100, 200, 1}, {200, 300, 4}, {300, 400, 0}, {400, math.Inf(1), 2}}})
	want := "[{1 100 200 0 75 23.5 25 11.75} {4 200 300 25 0 23.5 100 36.75} {0 300 400 50 100 23.5 0 61.75} {2 400 ∞ 75 50 23.5 50 86.75}]"
	if got := fmt.Sprint(columns); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if last(columns).To != "∞" || last(nil) != nil {
		t.Errorf("last: %v, %v", last(columns), last(nil))
	}
}

func TestTicks(t *testing.T) {
	for _, test := range []struct {
		length float64
		want   string
	}{
		{0, "[]"},
		{0.5, "[{0 0 s} {20 0.1 s} {40 0.2 s} {60 0.3 s} {80 0.4 s}]"},
		{31.1, "[{0 0 s} {32.15 10 s} {64.31 20 s}]"},
		{45.9, "[{0 0 s} {21.79 10 s} {43.57 20 s} {65.36 30 s} {87.15 40 s}]"},
		{82.7, "[{0 0 s} {18.14 15 s} {36.28 30 s} {54.41 45 s} {72.55 60 s} {90.69 75 s}]"},
		{86400, "[{0 0 s} {16.67 14400 s} {33.33 28800 s} {50 43200 s} {66.67 57600 s} {83.33 72000 s}]"},
	} {
		if got := fmt.Sprint(ticks(test.length)); got != test.want {
			t.Errorf("%v: got %s, want %s", test.length, got, test.want)
		}
	}
}

// What lies outside of the call, by clocks that differ, is drawn at its edge.
func TestBar(t *testing.T) {
	for _, test := range []struct {
		from, to, length float64
		want             string
	}{
		{0, 20, 20, "{llm 0 100 false }"},
		{5, 10, 20, "{llm 25 25 false }"},
		{7, 7, 20, "{llm 35 0 false }"},
		{-5, 5, 20, "{llm 0 25 false }"},
		{15, 30, 20, "{llm 75 25 false }"},
		{30, 40, 20, "{llm 100 0 false }"},
		{1, 2, 0, "{llm 0 0 false }"},
	} {
		if got := fmt.Sprint(bar(Step{Name: "llm", From: test.from, To: test.to}, test.length)); got != test.want {
			t.Errorf("%v: got %s, want %s", test, got, test.want)
		}
	}
}
