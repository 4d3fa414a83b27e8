package main

import (
	"math/big"
	"slices"
	"strings"

	"github.com/otelcol-voice/otelcol-voice/test/e2e/ledger"
)

// books add up, exactly, what the series of a backend must be.
type books struct {
	totals map[string]map[string]*big.Rat // by name, then by label values
}

func newBooks() *books { return &books{totals: map[string]map[string]*big.Rat{}} }

// sourceLabels are those of a latency.
var sourceLabels = []string{"stage", "processor", "provider", "model"}

// columns are the labels of every series name.
var columns = map[string][]string{
	"voice_calls_total":                     {},
	"voice_ttfb_milliseconds_sum":           sourceLabels,
	"voice_ttfb_milliseconds_count":         sourceLabels,
	"voice_processing_milliseconds_sum":     sourceLabels,
	"voice_processing_milliseconds_count":   sourceLabels,
	"voice_llm_tokens_total":                {"call_id", "provider", "model", "token_type", "token_kind"},
	"voice_tts_characters_total":            {"call_id", "provider", "model"},
	"voice_stt_audio_seconds_total":         {"call_id", "provider", "model"},
	"voice_stt_session_seconds_total":       {"call_id", "provider", "model"},
	"voice_cost_usd_total":                  {"cost_type", "provider", "model", "cost_source"},
	"voice_cost_unpriced_usage_total":       {"cost_type", "provider", "model", "reason"},
	"voice_session_duration_seconds":        {"call_id"},
	"voice_call_duration_seconds_sum":       {},
	"voice_call_duration_seconds_count":     {},
	"voice_turn_latency_milliseconds_sum":   {},
	"voice_turn_latency_milliseconds_count": {},
	"voice_turns_total":                     {},
	"voice_interruptions_total":             {},
	"voice_tool_calls_total":                {"function_name", "outcome"},
	"voice_errors_total":                    {"processor", "category"},
}

func whole(n int64) *big.Rat { return big.NewRat(n, 1) }

// thousandths is milliseconds in seconds.
func thousandths(n int64) *big.Rat { return big.NewRat(n, 1000) }

func source(by service, stage string) []string {
	return []string{stage, class(by.processor), by.provider, by.model}
}

const separator = "\x00"

func (b *books) add(name string, labels []string, amount *big.Rat) {
	if b.totals[name] == nil {
		b.totals[name] = map[string]*big.Rat{}
	}
	key := strings.Join(labels, separator)
	if b.totals[name][key] == nil {
		b.totals[name][key] = new(big.Rat)
	}
	b.totals[name][key].Add(b.totals[name][key], amount)
}

// latency books one observation of a histogram.
func (b *books) latency(histogram string, labels []string, ms int64) {
	b.add(histogram+"_sum", labels, whole(ms))
	b.add(histogram+"_count", labels, whole(1))
}

func (b *books) tokens(c *call, t tokens) {
	for _, kind := range []struct {
		direction, name string
		count           int64
	}{
		{"prompt", "text", t.text},
		{"prompt", "cache_read", t.cacheRead},
		{"prompt", "cache_write", t.cacheWrite},
		{"completion", "text", t.answer},
		{"completion", "reasoning", t.reasoning},
	} {
		if kind.count == 0 {
			continue
		}
		b.add("voice_llm_tokens_total", []string{c.id, c.llm.provider, c.llm.model, kind.direction, kind.name}, whole(kind.count))
		b.charge(c.llm, "llm", kind.direction+" "+kind.name, whole(kind.count))
	}
}

func (b *books) characters(c *call, n int64) {
	b.add("voice_tts_characters_total", []string{c.id, c.tts.provider, c.tts.model}, whole(n))
	b.charge(c.tts, "tts", "characters", whole(n))
}

// sttAudio books audio, and what it costs where audio is what the vendor bills.
func (b *books) sttAudio(c *call, ms int64) {
	b.add("voice_stt_audio_seconds_total", []string{c.id, c.stt.provider, c.stt.model}, thousandths(ms))
	if _, billed := find(*c.stt, "audio seconds"); billed {
		b.charge(*c.stt, "stt", "audio seconds", thousandths(ms))
	}
}

// sttSession books the time that speech recognition was open. Where the vendor bills audio and the bot has reported it,
// the session is paid with it; where the bot has not, the session is use that has no price.
func (b *books) sttSession(c *call, ms int64) {
	b.add("voice_stt_session_seconds_total", []string{c.id, c.stt.provider, c.stt.model}, thousandths(ms))
	if _, billed := find(*c.stt, "session seconds"); billed {
		b.charge(*c.stt, "stt", "session seconds", thousandths(ms))
	} else if !c.sttUsage {
		b.add("voice_cost_unpriced_usage_total", []string{"stt", c.stt.provider, c.stt.model, "unit_mismatch"}, thousandths(ms))
	}
}

// charge books what a quantity costs, or that it has no price.
func (b *books) charge(by service, costType, quantity string, amount *big.Rat) {
	unit, known := find(by, quantity)
	if !known {
		b.add("voice_cost_unpriced_usage_total", []string{costType, by.provider, by.model, "no_model"}, amount)
		return
	}
	b.add("voice_cost_usd_total", []string{costType, by.provider, by.model, "computed"}, new(big.Rat).Mul(amount, unit))
}

// ledger closes the books: every total is rounded once, to the nearest float64.
func (b *books) ledger() ledger.Ledger {
	closed := ledger.Ledger{}
	for name, byLabels := range b.totals {
		account := ledger.Account{Labels: columns[name]}
		for key, sum := range byLabels {
			value, _ := sum.Float64()
			account.Totals = append(account.Totals, ledger.Total{Values: split(key, len(account.Labels)), Value: value})
		}
		slices.SortFunc(account.Totals, func(a, b ledger.Total) int { return slices.Compare(a.Values, b.Values) })
		closed[name] = account
	}
	return closed
}

func split(key string, labels int) []string {
	if labels == 0 {
		return []string{}
	}
	return strings.Split(key, separator)
}
