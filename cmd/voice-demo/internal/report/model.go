// Package report makes an HTML page of calls: what they cost and by what, how soon something answered, and what happened when. It reads
// nothing itself: New makes figures of what was read, Write a page of figures.
package report

import (
	"math"
	"strings"
	"time"

	"github.com/otelcol-voice/otelcol-voice/cmd/voice-demo/internal/metrics"
	"github.com/otelcol-voice/otelcol-voice/cmd/voice-demo/internal/recorded"
)

// Input is what a report is made of.
type Input struct {
	Played []Played
	Page   metrics.Page
	Calls  map[string]recorded.Call
	Spans  map[string][]recorded.Span
	Torn   int // records of the files that were torn
	Source Source
}

// Played is a call that was played, and what it is about.
type Played struct{ ID, About string }

// Source says what was read, and when.
type Source struct {
	Page, Calls, Spans string
	At                 time.Time
}

// Report is the figures of a report.
type Report struct {
	Source     Source
	Fleet      Fleet
	Latencies  []Latency
	Models     []ModelLatency
	Calls      []Call
	Total      Total
	Checks     []Check
	Torn       int
	PriceBooks []string
}

// Call is a call of the report.
type Call struct {
	ID, About     string
	Seconds       float64
	EndReason     string
	Turns         int
	Interruptions int
	Models        []string
	Prompt        float64
	Cached        float64 // of Prompt
	Completion    float64
	Characters    float64
	Cost          float64 // USD, of what has a price
	Stages        []StageCost
	Incomplete    []string // why Cost is not all of it
	Timeline      []Step
}

// Total is the calls of the report added up.
type Total struct {
	Calls                                                 int
	Seconds, Prompt, Cached, Completion, Characters, Cost float64
	Incomplete                                            int // calls that used something without a price
}

// New makes the figures. Calls without a summary are left out.
func New(in *Input) *Report {
	r := &Report{
		Source: in.Source, Torn: in.Torn, Fleet: NewFleet(in.Page),
		Latencies: latencies(in.Page), Models: modelLatencies(in.Page),
	}
	for _, played := range in.Played {
		if summary, ok := in.Calls[played.ID]; ok {
			r.add(newCall(played.About, &summary, in.Spans[played.ID]))
			r.priced(summary.PriceVersion)
		}
	}
	r.Checks = checks(in, &r.Total)
	return r
}

func (r *Report) add(c Call) {
	r.Calls = append(r.Calls, c)
	r.Total.Calls++
	r.Total.Seconds += c.Seconds
	r.Total.Prompt += c.Prompt
	r.Total.Cached += c.Cached
	r.Total.Completion += c.Completion
	r.Total.Characters += c.Characters
	r.Total.Cost += c.Cost
	if len(c.Incomplete) > 0 {
		r.Total.Incomplete++
	}
}

// priced notes a price book that is not among the last one's calls.
func (r *Report) priced(book string) {
	if n := len(r.PriceBooks); book != "" && (n == 0 || r.PriceBooks[n-1] != book) {
		r.PriceBooks = append(r.PriceBooks, book)
	}
}

func newCall(about string, s *recorded.Call, spans []recorded.Span) Call {
	return Call{
		ID: s.ID, About: about, Seconds: s.Seconds, EndReason: s.EndReason,
		Turns: s.Turns, Interruptions: s.Interruptions, Models: s.Models,
		Prompt:     ofKind(s.Tokens, "prompt."),
		Cached:     s.Tokens["prompt.cache_read"],
		Completion: ofKind(s.Tokens, "completion."),
		Characters: s.Characters,
		Cost:       s.Cost,
		Stages:     stagesOfCall(s, spans),
		Incomplete: whyIncomplete(s),
		Timeline:   timeline(s, spans),
	}
}

func ofKind(tokens map[string]float64, prefix string) float64 {
	total := 0.0
	for kind, n := range tokens {
		if strings.HasPrefix(kind, prefix) {
			total += n
		}
	}
	return total
}

// stagesOfCall is what each stage of the call cost. The summary does not say of which stage unpriced usage is; the spans do.
func stagesOfCall(s *recorded.Call, spans []recorded.Span) []StageCost {
	unpriced := map[string]bool{}
	for i := range spans {
		if !spans[i].Root() && !spans[i].CostComplete {
			unpriced[spans[i].Name] = true
		}
	}
	var stages []StageCost
	for _, stage := range order {
		if cost, known := s.CostByStage[stage]; known || unpriced[stage] {
			stages = append(stages, StageCost{Stage: stage, Cost: cost, Unpriced: unpriced[stage]})
		}
	}
	return stages
}

func whyIncomplete(s *recorded.Call) []string {
	why := s.Unpriced
	if s.UsageMissing {
		why = append(why, "the bot told no usage")
	}
	if s.CostPending {
		why = append(why, "the platform has not told what it charges")
	}
	if len(why) == 0 && !s.CostComplete {
		why = append(why, "the summary says that its cost is not complete")
	}
	return why
}

// Check compares what three ways through the collector say of the same calls.
type Check struct {
	What                   string
	Page, Summaries, Spans float64
	Decimals               int
}

// Agrees says whether all three are the same, but for the last bits of adding up.
func (c Check) Agrees() bool {
	within := 1e-9 * max(1, math.Abs(c.Page))
	return math.Abs(c.Page-c.Summaries) <= within && math.Abs(c.Page-c.Spans) <= within
}

func checks(in *Input, total *Total) []Check {
	page, spans := pageTotal(in), spanTotal(in.Spans)
	return []Check{
		{"Cost, USD", page.Cost, total.Cost, spans.Cost, 6},
		{"Length of calls, s", page.Seconds, total.Seconds, spans.Seconds, 3},
		{"Prompt tokens", page.Prompt, total.Prompt, spans.Prompt, 0},
		{"of them cached", page.Cached, total.Cached, spans.Cached, 0},
		{"Completion tokens", page.Completion, total.Completion, spans.Completion, 0},
		{"Characters spoken", page.Characters, total.Characters, spans.Characters, 0},
	}
}

func pageTotal(in *Input) Row {
	var total Row
	for _, played := range in.Played {
		row := NewRow(in.Page, played.ID)
		total.Cost += row.Cost
		total.Seconds += row.Seconds
		total.Prompt += row.Prompt
		total.Cached += row.Cached
		total.Completion += row.Completion
		total.Characters += row.Characters
	}
	return total
}

// spanTotal takes cost and length from the calls' own spans, for a part of a call's cost may be of no single operation, and usage
// from the operations.
func spanTotal(spans map[string][]recorded.Span) Row {
	var total Row
	for _, call := range spans {
		for i := range call {
			if s := &call[i]; s.Root() {
				total.Cost += s.Cost
				total.Seconds += s.End.Sub(s.Start).Seconds()
			} else {
				total.Prompt += s.InputTokens
				total.Cached += s.CachedTokens
				total.Completion += s.OutputTokens
				total.Characters += s.Characters
			}
		}
	}
	return total
}
