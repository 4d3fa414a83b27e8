package vapi

import (
	"github.com/go-json-experiment/json/jsontext"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect/platform"
	"github.com/otelcol-voice/otelcol-voice/internal/dialect/wire"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// breakdown is the money by stage, without who did the work.
type breakdown struct {
	Transport jsontext.Value `json:"transport"`
	STT       jsontext.Value `json:"stt"`
	LLM       jsontext.Value `json:"llm"`
	TTS       jsontext.Value `json:"tts"`
	Vapi      jsontext.Value `json:"vapi"`
	Chat      jsontext.Value `json:"chat"`
	Total     jsontext.Value `json:"total"`

	Prompt     jsontext.Value `json:"llmPromptTokens"`
	Completion jsontext.Value `json:"llmCompletionTokens"`
	Cached     jsontext.Value `json:"llmCachedPromptTokens"`
	Characters jsontext.Value `json:"ttsCharacters"`

	Analysis struct {
		Summary    jsontext.Value `json:"summary"`
		Data       jsontext.Value `json:"structuredData"`
		Evaluation jsontext.Value `json:"successEvaluation"`
		Output     jsontext.Value `json:"structuredOutput"`
	} `json:"analysisCostBreakdown"`
}

// part is one amount of a breakdown.
type part struct {
	name  string
	raw   jsontext.Value
	stage frame.Stage
}

func (in *breakdown) parts() []part {
	return []part{
		{"transport", in.Transport, frame.Transport},
		{"stt", in.STT, frame.STT},
		{"llm", in.LLM, frame.LLM},
		{"tts", in.TTS, frame.TTS},
		{"chat", in.Chat, frame.LLM},
		{"vapi", in.Vapi, frame.Platform},
	}
}

func (in *breakdown) analysis() []part {
	return []part{
		{"summary", in.Analysis.Summary, frame.LLM},
		{"structuredData", in.Analysis.Data, frame.LLM},
		{"successEvaluation", in.Analysis.Evaluation, frame.LLM},
		{"structuredOutput", in.Analysis.Output, frame.LLM},
	}
}

func (b *bill) readBreakdown(raw, total jsontext.Value, path string) {
	var in breakdown
	here := path + ".costBreakdown"
	if err := wire.Field(raw, here, &in); err != nil {
		b.reject(err)
		return
	}
	for _, p := range in.parts() {
		b.items.Charge(p.source(), b.amount(p, here))
	}
	totalPath := path + ".cost"
	if wire.Absent(total) {
		total, totalPath = in.Total, here+".total"
	}
	b.chargeAnalysis(&in, total, here)
	b.settle(total, totalPath)
	b.useOf(&in, here)
}

func (p part) source() frame.Source {
	if p.stage == frame.Platform {
		return fee
	}
	return frame.Source{Stage: p.stage}
}

func (b *bill) amount(p part, path string) float64 {
	if wire.Absent(p.raw) {
		return 0
	}
	usd, err := platform.USD(p.raw, path+"."+p.name)
	if err != nil {
		b.reject(err)
	}
	return usd
}

// chargeAnalysis charges what the analysis cost, as far as the total has room for it: Vapi does not say whether it is part of
// what the language model cost.
func (b *bill) chargeAnalysis(in *breakdown, rawTotal jsontext.Value, path string) {
	var cost float64
	for _, p := range in.analysis() {
		cost += b.amount(p, path+".analysisCostBreakdown")
	}
	total, err := platform.USD(rawTotal, "")
	if err == nil {
		b.items.Charge(frame.Source{Stage: frame.LLM}, platform.Round(min(cost, total-b.items.Sum())))
	}
}

// useOf reads what the breakdown says of use: the tokens and characters that its money is for.
func (b *bill) useOf(in *breakdown, path string) {
	llm, tts := frame.Source{Stage: frame.LLM}, frame.Source{Stage: frame.TTS}
	numbers := counts{path: path}
	prompt, completion := numbers.of(in.Prompt, "llmPromptTokens"), numbers.of(in.Completion, "llmCompletionTokens")
	cached := numbers.of(in.Cached, "llmCachedPromptTokens")
	tokens, err := numbers.leaves(frame.Tokens{
		frame.PromptText: prompt - cached, frame.PromptCacheRead: cached, frame.CompletionText: completion,
	})
	b.use.add(frame.Event{Kind: frame.TokensUsed, Source: llm, Tokens: tokens, Running: true, Priced: b.charged(llm)}, err)
	if !wire.Absent(in.Characters) {
		count, err := wire.WholeNumber(in.Characters, path+".ttsCharacters", frame.MaxCharacters)
		b.use.add(frame.Event{Kind: frame.CharactersUsed, Source: tts, Value: count, Running: true, Priced: b.charged(tts)}, err)
	}
}

func (b *bill) charged(source frame.Source) bool {
	for _, item := range b.items {
		if item.Source == source {
			return true
		}
	}
	return false
}
