package report

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/otelcol-voice/otelcol-voice/cmd/voice-demo/internal/metrics"
	"github.com/otelcol-voice/otelcol-voice/cmd/voice-demo/internal/recorded"
)

// differ compares texts line by line.
func differ(t *testing.T, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: got\n%s\nwant\n%s", what, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestFleet(t *testing.T) {
	f := NewFleet(fixture(t).Page)
	got := []string{fmt.Sprintf("%v calls, %v interruptions, ttfb %s, turn %s, $%s",
		f.Calls, f.Interruptions, f.TTFB.Text(), f.TurnLatency.Text(), USD(f.Cost))}
	for _, s := range f.Stages {
		got = append(got, fmt.Sprintf("%s %s %v", s.Stage, USD(s.Cost), s.Unpriced))
	}
	for _, u := range f.Unpriced {
		got = append(got, fmt.Sprint(u))
	}
	differ(t, "fleet", got, []string{
		"5 calls, 1 interruptions, ttfb 392 ms, turn 845 ms, $0.139872",
		"stt 0.009879 false", "llm 0.011563 true", "tts 0.118430 false",
		"{40 completion.text llm openai acme-llm-1 no_model}", "{512 prompt.text llm openai acme-llm-1 no_model}",
	})
}

// Where cost is kept by call, the page forgets it with the call, and the sum is of those that it still shows.
func TestCostOfShown(t *testing.T) {
	for _, test := range []struct {
		calls   float64
		shown   int
		byCall  bool
		partial bool
	}{{5, 5, true, false}, {10, 5, true, true}, {10, 0, true, true}, {10, 5, false, false}} {
		if got := (&Fleet{Calls: test.calls, Shown: test.shown, CostByCall: test.byCall}).CostOfShown(); got != test.partial {
			t.Errorf("%+v: got %v", test, got)
		}
	}
	if f := NewFleet(fixture(t).Page); f.Shown != 5 || !f.CostByCall || f.CostOfShown() {
		t.Errorf("got %+v", f)
	}
}

// Stages beyond the first three are there if they cost something, or used something that has no price.
func TestStages(t *testing.T) {
	page, err := metrics.Parse(strings.NewReader(`# TYPE voice_cost_usd_total counter
voice_cost_usd_total{cost_type="platform"} 0.5
# TYPE voice_cost_unpriced_usage_total counter
voice_cost_unpriced_usage_total{cost_type="realtime",usage_kind="session"} 12
voice_cost_unpriced_usage_total{cost_type="transport",usage_kind="session"} 0
`))
	must(t, err)
	got := fmt.Sprint(NewFleet(page).Stages)
	if want := "[{stt 0 false} {llm 0 false} {tts 0 false} {realtime 0 true} {platform 0.5 false}]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestCalls(t *testing.T) {
	r := New(fixture(t))
	var got []string
	for _, c := range r.Calls {
		got = append(got, fmt.Sprintf("%s: %.3f s, %d turns, %d cut, %v/%v/%v/%v, $%s %v %d steps, %v", c.About, c.Seconds, c.Turns, c.Interruptions,
			c.Prompt, c.Cached, c.Completion, c.Characters, USD(c.Cost), c.Stages, len(c.Timeline), c.Incomplete))
	}
	differ(t, "calls", got, []string{
		"a booking: 45.907 s, 3 turns, 0 cut, 3413/2048/113/445, $0.030128 [{stt 0.000776 false} {llm 0.0071025 false} {tts 0.02225 false}] 13 steps, []",
		"support, cut off once: 31.100 s, 2 turns, 1 cut, 4601/3840/204/852, $0.049604 [{stt 0.00647916666666667 false} {llm 0.00052455 false} {tts 0.0426 false}] 9 steps, []",
		"an interview: 82.663 s, 2 turns, 0 cut, 8330/7600/183/773, $0.043111 [{stt 0.002056 false} {llm 0.002405 false} {tts 0.03865 false}] 9 steps, []",
		"a quiz that thinks: 25.580 s, 2 turns, 0 cut, 1345/0/451/231, $0.008789 [{stt 0.000328 false} {llm 0.001531 false} {tts 0.00693 false}] 9 steps, []",
		"a model nobody knows: 16.967 s, 1 turns, 0 cut, 512/0/40/160, $0.008240 [{stt 0.00024 false} {llm 0 true} {tts 0.008 false}] 5 steps, " +
			"[openai/acme-llm-1 prompt.text: no_model openai/acme-llm-1 completion.text: no_model]",
	})
	if got := fmt.Sprintf("%d %.3f %v %v %v %v %s %d", r.Total.Calls, r.Total.Seconds, r.Total.Prompt, r.Total.Cached,
		r.Total.Completion, r.Total.Characters, USD(r.Total.Cost), r.Total.Incomplete); got != "5 202.217 18201 13488 991 2461 0.139872 1" {
		t.Errorf("total: %s", got)
	}
	differ(t, "price books", r.PriceBooks, []string{"2026-11-20+452dc500"})
}

// A call of which nothing is known but its page is left out, and its money is then missed by the checks.
func TestCallWithoutSummary(t *testing.T) {
	in := fixture(t)
	delete(in.Calls, "demo-164003-2")
	r := New(in)
	if r.Total.Calls != 4 || USD(r.Total.Cost) != "0.090269" || r.Checks[0].Agrees() {
		t.Errorf("%d calls, $%s, %v", r.Total.Calls, USD(r.Total.Cost), r.Checks[0])
	}
}

func TestIncomplete(t *testing.T) {
	for _, test := range []struct {
		call recorded.Call
		want string
	}{
		{recorded.Call{CostComplete: true}, "[]"},
		{recorded.Call{Unpriced: []string{"a", "b"}}, "[a b]"},
		{recorded.Call{UsageMissing: true}, "[the bot told no usage]"},
		{recorded.Call{CostComplete: true, CostPending: true}, "[the platform has not told what it charges]"},
		{recorded.Call{}, "[the summary says that its cost is not complete]"},
	} {
		if got := fmt.Sprint(whyIncomplete(&test.call)); got != test.want {
			t.Errorf("%+v: got %s, want %s", test.call, got, test.want)
		}
	}
}

// Three ways through the collector, one number.
func TestChecks(t *testing.T) {
	r := New(fixture(t))
	var got []string
	for _, c := range r.Checks {
		got = append(got, fmt.Sprintf("%s: %s %s %s %v", c.What, decimals(c.Page, c.Decimals), decimals(c.Summaries, c.Decimals), decimals(c.Spans, c.Decimals), c.Agrees()))
	}
	differ(t, "checks", got, []string{
		"Cost, USD: 0.139872 0.139872 0.139872 true",
		"Length of calls, s: 202.217 202.217 202.217 true",
		"Prompt tokens: 18,201 18,201 18,201 true",
		"of them cached: 13,488 13,488 13,488 true",
		"Completion tokens: 991 991 991 true",
		"Characters spoken: 2,461 2,461 2,461 true",
	})
}

func TestAgrees(t *testing.T) {
	for _, test := range []struct {
		page, summaries, spans float64
		want                   bool
	}{
		{0.3, 0.1 + 0.2, 0.3, true}, {0.3, 0.300001, 0.3, false}, {0.3, 0.3, 0.299999, false}, {1e6, 1e6 + 1e-4, 1e6, true}, {0, 0, 0, true},
	} {
		if got := (Check{Page: test.page, Summaries: test.summaries, Spans: test.spans}).Agrees(); got != test.want {
			t.Errorf("%v: got %v", test, got)
		}
	}
}

func TestLatencies(t *testing.T) {
	r := New(fixture(t))
	var got []string
	for _, l := range r.Latencies {
		line := fmt.Sprintf("%s (%s), %v, mean %s:", l.Name, l.Stage, l.Count, l.Mean.Text())
		for _, b := range l.Buckets {
			line += fmt.Sprintf(" ≤%v:%v", b.To, b.Count)
		}
		got = append(got, line)
	}
	differ(t, "latencies", got, []string{
		"LLM, first token (llm), 10, mean 595 ms: ≤200:0 ≤300:1 ≤400:2 ≤500:1 ≤650:2 ≤800:2 ≤1000:1 ≤1250:1 ≤1500:0",
		"TTS, first audio (tts), 10, mean 190 ms: ≤200:10 ≤300:0 ≤400:0 ≤500:0 ≤650:0 ≤800:0 ≤1000:0 ≤1250:0 ≤1500:0",
		"User stops, bot speaks (turn), 10, mean 845 ms: ≤200:0 ≤300:0 ≤400:0 ≤500:0 ≤650:3 ≤800:3 ≤1000:2 ≤1250:1 ≤1500:1",
	})
	got = nil
	for _, m := range r.Models {
		got = append(got, fmt.Sprintf("%s %s %v %.0f", m.Stage, m.Model, m.Count, m.Mean))
	}
	differ(t, "models", got, []string{
		"llm google/gemini-2.5-flash 2 1040", "llm anthropic/claude-haiku-4-5 2 715", "llm openai/acme-llm-1 1 550", "llm openai/gpt-4o 3 430",
		"llm openai/gpt-4o-mini 2 300", "tts cartesia/sonic-3.5 6 190", "tts deepgram/aura-2 2 190", "tts elevenlabs/eleven_flash_v2_5 2 190",
	})
}

func TestTrim(t *testing.T) {
	inf := math.Inf(1)
	both := trim([]Latency{
		{Buckets: []Bucket{{0, 50, 0}, {50, 100, 1}, {100, 200, 0}, {200, inf, 0}}},
		{Buckets: []Bucket{{0, 50, 0}, {50, 100, 0}, {100, 200, 0}, {200, inf, 2}}},
	})
	if got := fmt.Sprint(both[0].Buckets, both[1].Buckets); got != "[{50 100 1} {100 200 0} {200 +Inf 0}] [{50 100 0} {100 200 0} {200 +Inf 2}]" {
		t.Errorf("got %s", got)
	}
	if got := trim(nil); len(got) != 0 {
		t.Errorf("of nothing: %v", got)
	}
}

func lines(steps []Step) []string {
	var all []string
	for _, s := range steps {
		all = append(all, fmt.Sprintf("%d %s %s %.2f–%.2f first=%.0f cut=%v %v/%v/%v/%v %+v", s.Depth, s.Name, s.Model, s.From, s.To, s.TTFB, s.CutOff,
			s.InputTokens, s.OutputTokens, s.Characters, s.AudioSeconds, s.Charge))
	}
	return all
}

func TestTimeline(t *testing.T) {
	r := New(fixture(t))
	differ(t, "cut off", lines(r.Calls[1].Timeline), []string{
		"0 call  0.00–31.10 first=0 cut=false 0/0/0/0 {Cost:0.0496037166666667 Priced:true Unpriced:false InSession:false}",
		"1 turn  1.00–9.54 first=540 cut=true 0/0/0/0 {Cost:0 Priced:false Unpriced:false InSession:false}",
		"2 llm openai/gpt-4o-mini 7.00–7.29 first=290 cut=false 2210/143/0/0 {Cost:0.0002733 Priced:true Unpriced:false InSession:false}",
		"2 tts elevenlabs/eleven_flash_v2_5 7.10–7.29 first=190 cut=false 0/0/612/0 {Cost:0.0306 Priced:true Unpriced:false InSession:false}",
		"2 stt gladia/solaria-1 7.29–7.29 first=0 cut=false 0/0/0/6 {Cost:0 Priced:false Unpriced:false InSession:true}",
		"1 turn  10.54–31.10 first=560 cut=false 0/0/0/0 {Cost:0 Priced:false Unpriced:false InSession:false}",
		"2 llm openai/gpt-4o-mini 13.04–13.35 first=310 cut=false 2391/61/0/0 {Cost:0.00025125 Priced:true Unpriced:false InSession:false}",
		"2 tts elevenlabs/eleven_flash_v2_5 13.16–13.35 first=190 cut=false 0/0/240/0 {Cost:0.012 Priced:true Unpriced:false InSession:false}",
		"2 stt gladia/solaria-1 13.35–13.35 first=0 cut=false 0/0/0/2.5 {Cost:0 Priced:false Unpriced:false InSession:true}",
	})
	differ(t, "unpriced", lines(r.Calls[4].Timeline)[2:3], []string{
		"2 llm openai/acme-llm-1 4.00–4.55 first=550 cut=false 512/40/0/0 {Cost:0 Priced:false Unpriced:true InSession:false}",
	})
}

// Spans that were lost with a torn record, or that name each other as parents, neither hide others nor hang the walk.
func TestTimelineOfDamagedTrace(t *testing.T) {
	at := time.Unix(1, 0)
	span := func(id, parent, name string) recorded.Span {
		return recorded.Span{ID: id, Parent: parent, Name: name, Start: at, End: at, CostComplete: true}
	}
	for _, test := range []struct {
		name  string
		spans []recorded.Span
		want  string
	}{
		{"no spans", nil, ""},
		{"no call", []recorded.Span{span("1", "0", "turn")}, ""},
		{"the turn is lost", []recorded.Span{span("0", "", "call"), span("2", "1", "llm")}, "0call 1llm"},
		{"the bot's own parent", []recorded.Span{span("0", "f", "call"), span("1", "0", "turn"), span("2", "1", "llm")}, "0call 1turn 2llm"},
		{"a ring beside the call", []recorded.Span{span("0", "", "call"), span("1", "2", "llm"), span("2", "1", "tts")}, "0call"},
		{"its own parent", []recorded.Span{span("0", "0", "call"), span("1", "1", "llm")}, "0call"},
	} {
		var got []string
		for _, s := range timeline(&recorded.Call{}, test.spans) {
			got = append(got, fmt.Sprintf("%d%s", s.Depth, s.Name))
		}
		if strings.Join(got, " ") != test.want {
			t.Errorf("%s: got %v, want %s", test.name, got, test.want)
		}
	}
}
