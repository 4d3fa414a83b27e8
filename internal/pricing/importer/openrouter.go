package importer

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"

	"github.com/otelcol-voice/otelcol-voice/internal/pricing"
)

// openRouterKeys are the prices of OpenRouter, in US dollars for one token, as strings.
var openRouterKeys = []tokenKey{
	{"prompt", pricing.PromptText, ""},
	{"input_cache_read", pricing.PromptCacheRead, "prompt"},
	{"input_cache_write", pricing.PromptCacheWrite, "prompt"},
	{"input_cache_write_1h", pricing.PromptCacheWrite1h, ""},
	{"audio", pricing.PromptAudio, ""},
	{"input_audio_cache", pricing.PromptAudioCacheRead, ""},
	{"image_token", pricing.PromptImage, ""},
	{"completion", pricing.CompletionText, ""},
	{"audio_output", pricing.CompletionAudio, ""},
	{"internal_reasoning", pricing.CompletionReasoning, ""},
}

// openRouterModel is a model as far as we read it.
type openRouterModel struct {
	ID      string         `json:"id"`
	Pricing map[string]any `json:"pricing"`
}

func readOpenRouter(t *table, text []byte) error {
	var answer struct {
		Data []json.RawMessage `json:"data"`
	}
	if err := decode(text, &answer); err != nil {
		return err
	}
	for i, text := range answer.Data {
		var model openRouterModel
		if err := decode(text, &model); err != nil || fold(model.ID) == "" {
			t.notes.add(noteBadModel, "number "+strconv.Itoa(i+1)+" "+model.ID)
			continue
		}
		row := pricing.Row{Provider: "openrouter", Models: []string{fold(model.ID)}}
		t.addModel(row, model.ID, openRouterKeys, openRouterPrices(t.notes, &model))
	}
	return nil
}

func openRouterPrices(notes notebook, model *openRouterModel) map[string]tiers {
	prices := map[string]tiers{}
	for _, key := range slices.Sorted(maps.Keys(model.Pricing)) {
		known := slices.ContainsFunc(openRouterKeys, func(k tokenKey) bool { return k.key == key })
		base, err := stringNumber(model.Pricing[key])
		switch {
		case key == "overrides":
		case !known && (err != nil || !base.isZero()):
			notes.add(noteNoKind, model.ID+" "+key)
		case err != nil:
			notes.add(noteBadPrice, model.ID+" "+key+" "+err.Error())
			prices[key] = tiers{wrong: true}
		case known:
			prices[key] = tiers{base: base, higher: overridesOf(model.Pricing, key)}.sorted()
		}
	}
	return prices
}

// overridesOf are what a price is for requests of at least so many tokens.
func overridesOf(prices map[string]any, key string) []tier {
	var higher []tier
	list, _ := prices["overrides"].([]any)
	for _, entry := range list {
		override, _ := entry.(map[string]any)
		least, _ := override["min_prompt_tokens"].(json.Number)
		from, fromErr := strconv.ParseInt(least.String(), 10, 64)
		price, err := stringNumber(override[key])
		if err == nil && fromErr == nil && from > 0 && from <= maxContext {
			higher = append(higher, tier{start: from - 1, price: price})
		}
	}
	return higher
}

// stringNumber reads a number in a string.
func stringNumber(value any) (number, error) {
	text, is := value.(string)
	if !is {
		return number{}, errNotNumber
	}
	return parseNumber(text)
}
