package importer

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"

	"github.com/otelcol-voice/otelcol-voice/internal/pricing"
)

// modelsDevKeys are the prices of models.dev, in US dollars for 1,000,000 tokens.
var modelsDevKeys = []tokenKey{
	{"input", pricing.PromptText, ""},
	{"cache_read", pricing.PromptCacheRead, "input"},
	{"cache_write", pricing.PromptCacheWrite, "input"},
	{"input_audio", pricing.PromptAudio, ""},
	{"output", pricing.CompletionText, ""},
	{"output_audio", pricing.CompletionAudio, ""},
	{"reasoning", pricing.CompletionReasoning, ""},
}

// modelsDevModel is a model as far as we read it.
type modelsDevModel struct {
	Cost map[string]any `json:"cost"`
}

func readModelsDev(t *table, text []byte) error {
	var providers map[string]json.RawMessage
	if err := decode(text, &providers); err != nil {
		return err
	}
	for _, id := range slices.Sorted(maps.Keys(providers)) {
		var provider struct {
			Doc    string                     `json:"doc"`
			Models map[string]json.RawMessage `json:"models"`
		}
		if err := decode(providers[id], &provider); err != nil {
			t.notes.add(noteVendor, id)
			continue
		}
		vendor := t.known.canonical(id)
		t.aliases[vendor] = append(t.aliases[vendor], fold(id))
		for _, model := range slices.Sorted(maps.Keys(provider.Models)) {
			row := pricing.Row{Provider: vendor, Models: []string{fold(model)}, Source: provider.Doc}
			addModelsDev(t, row, id+"/"+model, provider.Models[model])
		}
	}
	return nil
}

func addModelsDev(t *table, row pricing.Row, place string, text json.RawMessage) {
	var model modelsDevModel
	switch err := decode(text, &model); {
	case err != nil:
		t.notes.add(noteBadModel, place)
	case len(model.Cost) > 0:
		t.addModel(row, place, modelsDevKeys, modelsDevPrices(t.notes, place, model.Cost))
	}
}

// modelsDevPrices are what one token costs, also in longer requests.
func modelsDevPrices(notes notebook, place string, cost map[string]any) map[string]tiers {
	prices := map[string]tiers{}
	for _, known := range modelsDevKeys {
		value, has := cost[known.key]
		if !has {
			continue
		}
		base, err := jsonNumber(value)
		if err != nil {
			notes.add(noteBadPrice, place+" "+known.key+" "+err.Error())
		}
		price := tiers{base: base, wrong: err != nil}
		for _, longer := range longerRequests(cost) {
			if higher, err := jsonNumber(longer.cost[known.key]); err == nil {
				price.higher = append(price.higher, tier{start: longer.start, price: higher})
			}
		}
		prices[known.key] = price.sorted().times(millions)
	}
	return prices
}

// longerRequest is what tokens cost where the request has more than start.
type longerRequest struct {
	start int64
	cost  map[string]any
}

// longerRequests are in cost as tiers or, in older files, as context_over_200k.
func longerRequests(cost map[string]any) []longerRequest {
	var all []longerRequest
	list, _ := cost["tiers"].([]any)
	for _, entry := range list {
		prices, _ := entry.(map[string]any)
		size, _ := prices["tier"].(map[string]any)
		number, _ := size["size"].(json.Number)
		start, err := strconv.ParseInt(number.String(), 10, 64)
		if err == nil && start >= 0 && start <= maxContext {
			all = append(all, longerRequest{start, prices})
		}
	}
	if older, is := cost["context_over_200k"].(map[string]any); is && len(all) == 0 {
		all = append(all, longerRequest{200_000, older})
	}
	return all
}
