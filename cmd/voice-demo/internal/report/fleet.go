package report

import (
	"math"
	"slices"

	dto "github.com/prometheus/client_model/go"

	"github.com/otelcol-voice/otelcol-voice/cmd/voice-demo/internal/metrics"
)

// Metrics of the page.
const (
	metricCalls         = "voice_calls_total"
	metricInterruptions = "voice_interruptions_total"
	metricTTFB          = "voice_ttfb_milliseconds"
	metricTurnLatency   = "voice_turn_latency_milliseconds"
	metricCost          = "voice_cost_usd_total"
	metricUnpriced      = "voice_cost_unpriced_usage_total"
	metricDuration      = "voice_session_duration_seconds"
	metricTokens        = "voice_llm_tokens_total"
	metricCharacters    = "voice_tts_characters_total"
)

// Fleet is what the metrics page tells of all calls so far.
type Fleet struct {
	Calls         float64
	Shown         int  // calls with series of their own on the page, which forgets them minutes after a call's end
	CostByCall    bool // cost is such a series, as config/local.yaml has it: Cost and Stages are of the calls shown
	Interruptions float64
	TTFB          Mean
	TurnLatency   Mean
	Cost          float64 // USD, of what has a price
	Stages        []StageCost
	Unpriced      []Unpriced
}

// Mean is a mean in milliseconds, if anything was observed.
type Mean struct {
	Milliseconds float64
	Known        bool
}

// StageCost is what a stage cost, and whether it used something that has no price.
type StageCost struct {
	Stage    string
	Cost     float64 // USD, of what has a price
	Unpriced bool
}

// Unpriced is usage without a price.
type Unpriced struct {
	Amount                               float64
	Kind, Stage, Provider, Model, Reason string
}

// NewFleet reads the fleet off the page.
func NewFleet(page metrics.Page) Fleet {
	unpriced := unpricedOf(page)
	return Fleet{
		Calls:         page.Sum(metricCalls),
		Shown:         len(page.Samples(metricDuration)),
		CostByCall:    costByCall(page),
		Interruptions: page.Sum(metricInterruptions),
		TTFB:          meanOf(page.Histogram(metricTTFB)),
		TurnLatency:   meanOf(page.Histogram(metricTurnLatency)),
		Cost:          page.Sum(metricCost),
		Stages:        stagesOf(page, unpriced),
		Unpriced:      unpriced,
	}
}

// CostOfShown says whether the cost is only of the calls that are still shown.
func (f *Fleet) CostOfShown() bool { return f.CostByCall && float64(f.Shown) < f.Calls }

func costByCall(page metrics.Page) bool {
	return slices.ContainsFunc(page.Samples(metricCost), func(sample *dto.Metric) bool { return metrics.Value(sample, "call_id") != "" })
}

func meanOf(h metrics.Histogram) Mean {
	mean, known := h.Mean()
	return Mean{mean, known}
}

func unpricedOf(page metrics.Page) []Unpriced {
	var all []Unpriced
	for _, sample := range page.Samples(metricUnpriced) {
		all = append(all, Unpriced{
			Amount:   sample.GetCounter().GetValue(),
			Kind:     metrics.Value(sample, "usage_kind"),
			Stage:    metrics.Value(sample, "cost_type"),
			Provider: metrics.Value(sample, "provider"),
			Model:    metrics.Value(sample, "model"),
			Reason:   metrics.Value(sample, "reason"),
		})
	}
	return all
}

// order is the order of stages everywhere. The first three are those of every pipeline, and always shown.
var order = []string{"stt", "llm", "tts", "realtime", "transport", "platform"}

const always = 3

func stagesOf(page metrics.Page, unpriced []Unpriced) []StageCost {
	var stages []StageCost
	for i, stage := range order {
		s := StageCost{
			Stage:    stage,
			Cost:     page.Sum(metricCost, metrics.Label{Name: "cost_type", Value: stage}),
			Unpriced: slices.ContainsFunc(unpriced, func(u Unpriced) bool { return u.Stage == stage && u.Amount > 0 }),
		}
		if i < always || s.Cost != 0 || s.Unpriced {
			stages = append(stages, s)
		}
	}
	return stages
}

// Row is what the metrics page tells of one call, as long as its configuration keeps call_id on cost.
type Row struct {
	Seconds, Prompt, Cached, Completion, Characters, Cost float64
}

// NewRow reads a call off the page.
func NewRow(page metrics.Page, callID string) Row {
	call := metrics.Label{Name: "call_id", Value: callID}
	return Row{
		Seconds:    page.Sum(metricDuration, call),
		Prompt:     page.Sum(metricTokens, call, metrics.Label{Name: "token_type", Value: "prompt"}),
		Cached:     page.Sum(metricTokens, call, metrics.Label{Name: "token_kind", Value: "cache_read"}),
		Completion: page.Sum(metricTokens, call, metrics.Label{Name: "token_type", Value: "completion"}),
		Characters: page.Sum(metricCharacters, call),
		Cost:       page.Sum(metricCost, call),
	}
}

// Snap takes off what adding up in another order leaves behind, far below what is shown: the same money is the same text,
// whichever way it was added up.
func Snap(usd float64) float64 { return math.Round(usd*1e9) / 1e9 }
