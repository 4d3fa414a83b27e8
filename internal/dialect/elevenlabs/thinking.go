package elevenlabs

import (
	"maps"
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect/platform"
	"github.com/otelcol-voice/otelcol-voice/internal/dialect/wire"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// llmUsage is the use of language models, told twice. What was initiated is what ElevenLabs charges: its prices add up to
// llm_price. What was irreversible is the part of it that the user heard. One of them is taken, never both.
type llmUsage struct {
	Initiated    modelUsage `json:"initiated_generation"`
	Irreversible modelUsage `json:"irreversible_generation"`
}

type modelUsage struct {
	Models wire.Named[jsontext.Value] `json:"model_usage"`
}

// categories are disjoint: input is what the cache had nothing of.
type categories struct {
	Input      category `json:"input"`
	CacheRead  category `json:"input_cache_read"`
	CacheWrite category `json:"input_cache_write"`
	Output     category `json:"output_total"`
}

type category struct {
	Tokens jsontext.Value `json:"tokens"`
	Price  jsontext.Value `json:"price"`
}

// thinking is what the language models of a call did.
type thinking struct {
	models []model
	bill   platform.Bill
	priced bool // some model has a price beside its tokens
}

type model struct {
	source frame.Source
	tokens frame.Tokens
}

func (a *account) readThinking() {
	var in llmUsage
	path := chargingPath + ".llm_usage"
	a.read(a.LLMUsage, path, &in)
	use, path := in.Initiated, path+".initiated_generation.model_usage"
	if len(use.Models) == 0 {
		use, path = in.Irreversible, chargingPath+".llm_usage.irreversible_generation.model_usage"
	}
	if len(use.Models) > wire.MaxData {
		a.reject(frame.Faultf(frame.BadValue, path, "more than %d models in one call", wire.MaxData))
		return
	}
	for _, name := range slices.Sorted(maps.Keys(use.Models)) {
		a.readModel(use.Models[name], modelSource(name), path+"."+wire.Word(name, "model"))
	}
}

func (a *account) readModel(raw jsontext.Value, source frame.Source, path string) {
	var in categories
	if err := wire.Field(raw, path, &in); err != nil {
		a.reject(err)
		return
	}
	a.thinking.models = append(a.thinking.models, model{source, frame.Tokens{
		frame.PromptText:       a.category(source, in.Input, path+".input"),
		frame.PromptCacheRead:  a.category(source, in.CacheRead, path+".input_cache_read"),
		frame.PromptCacheWrite: a.category(source, in.CacheWrite, path+".input_cache_write"),
		frame.CompletionText:   a.category(source, in.Output, path+".output_total"),
	}})
}

// category charges the price of a category and returns its tokens.
func (a *account) category(source frame.Source, in category, path string) int64 {
	if !wire.Absent(in.Price) {
		usd, err := platform.USD(in.Price, path+".price")
		if err != nil {
			a.reject(err)
		}
		a.thinking.priced = true
		a.thinking.bill.Charge(source, usd)
	}
	tokens, err := platform.Tokens(in.Tokens, path+".tokens")
	if err != nil {
		a.reject(err)
	}
	return tokens
}
