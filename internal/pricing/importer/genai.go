package importer

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/otelcol-voice/otelcol-voice/internal/pricing"
)

// genaiProvider is a provider of genai-prices.
type genaiProvider struct {
	ID            string            `json:"id"`
	PricingURLs   []string          `json:"pricing_urls"`
	ModelMatch    *clause           `json:"model_match"` // there where a model's name alone means the provider
	ProviderMatch *clause           `json:"provider_match"`
	Fallback      []string          `json:"fallback_model_providers"`
	Models        []json.RawMessage `json:"models"`

	models []*genaiModel
}

// genaiModel is a model of a provider. Without periods it has no prices.
type genaiModel struct {
	ID     string          `json:"id"`
	Match  clause          `json:"match"`
	Prices json.RawMessage `json:"prices"`

	provider string
	periods  []period
	reach    reach
}

// place names a model in notes.
func (m *genaiModel) place() string { return m.provider + "/" + m.ID }

// maxFallbacks bounds how many providers one may refer to. The catalogue has at most five.
const maxFallbacks = 32

const (
	noteVendor = "a provider whose entry makes no sense"
)

func readGenai(t *table, text []byte) error {
	var list []json.RawMessage
	if err := decode(text, &list); err != nil {
		return err
	}
	providers := parseProviders(t.notes, list)
	var catalogue []string
	for _, provider := range providers {
		for _, model := range provider.models {
			catalogue = append(catalogue, model.candidates()...)
		}
	}
	slices.Sort(catalogue)
	catalogue = slices.Compact(catalogue)
	for _, provider := range providers {
		models := slices.Clone(provider.models)
		for _, id := range provider.Fallback[:min(len(provider.Fallback), maxFallbacks)] {
			for _, other := range providers {
				if other.ID == id && other != provider {
					models = append(models, other.models...)
				}
			}
		}
		addProvider(t, provider, models, catalogue)
	}
	return nil
}

func parseProviders(notes notebook, list []json.RawMessage) []*genaiProvider {
	var providers []*genaiProvider
	for i, text := range list {
		var provider genaiProvider
		if err := json.Unmarshal(text, &provider); err != nil || fold(provider.ID) == "" {
			notes.add(noteVendor, "number "+strconv.Itoa(i+1)+" "+provider.ID)
			continue
		}
		for _, text := range provider.Models {
			provider.models = append(provider.models, parseModel(notes, provider.ID, text))
		}
		providers = append(providers, &provider)
	}
	return providers
}

// parseModel reads a model. One that makes no sense has no prices, but still takes the ids that it matches.
func parseModel(notes notebook, provider string, text json.RawMessage) *genaiModel {
	model := &genaiModel{provider: provider}
	err := json.Unmarshal(text, model)
	if err == nil {
		model.reach = model.Match.reach()
		model.periods, err = parsePeriods(model.Prices, func(key string, err error) {
			notes.add(noteBadPrice, model.place()+" "+key+" "+err.Error())
		})
	}
	if err != nil {
		notes.add(noteBadModel, model.place()+": "+err.Error())
	}
	return model
}

func addProvider(t *table, provider *genaiProvider, models []*genaiModel, catalogue []string) {
	vendor := t.known.canonical(provider.ID)
	t.makers[vendor] = t.makers[vendor] || provider.ModelMatch != nil
	t.aliases[vendor] = append(t.aliases[vendor], fold(provider.ID))
	if provider.ProviderMatch != nil {
		t.aliases[vendor] = append(t.aliases[vendor], provider.ProviderMatch.names()...)
	}
	l := newLineup(models)
	l.resolve(catalogue, t.notes)
	for i, model := range models {
		row := pricing.Row{Provider: vendor, Models: l.names(i)}
		if len(provider.PricingURLs) > 0 {
			row.Source = provider.PricingURLs[0]
		}
		if len(row.Models) > 0 && len(model.periods) > 0 {
			addModel(t, row, model)
		}
	}
}

func addModel(t *table, row pricing.Row, model *genaiModel) {
	for _, s := range spans(model.periods) {
		row.EffectiveFrom, row.EffectiveUntil = moment(s.from), moment(s.until)
		for _, p := range s.parts {
			row.When = pricing.Conditions{TimeOfDay: p.window.String()}
			addTokens(t, row, p.prices)
			addOthers(t, row, model, p.prices)
		}
	}
}

func moment(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.Format(time.RFC3339)
}

func addTokens(t *table, row pricing.Row, prices map[string]tiers) {
	for _, leaf := range leaves {
		key := priceOf(leaf, prices)
		of, _ := traitsOf(key)
		switch {
		case key == "":
		case lacks(of, leaf, "reasoning"): // it is output, as everywhere
		case lacks(of, leaf, "read"), lacks(of, leaf, "write"), lacks(of, leaf, "1h"):
			addTiers(t.addImplied, row, leaf.kind, token, prices[key].times(millions))
		default:
			addTiers(t.add, row, leaf.kind, token, prices[key].times(millions))
		}
	}
}

// lacks says whether a price is not for a trait that a leaf has.
func lacks(of traits, l leaf, trait string) bool {
	return slices.Contains(l.traits, trait) && !slices.Contains(of, trait)
}

// times is a price for 10^zeros times as much.
func (t tiers) times(zeros int) tiers {
	moved := tiers{base: t.base.shifted(zeros), wrong: t.wrong}
	for _, higher := range t.higher {
		moved.higher = append(moved.higher, tier{start: higher.start, price: higher.price.shifted(zeros)})
	}
	return moved
}

// addTiers adds a row for each tier of what one of a unit costs.
func addTiers(add adder, row pricing.Row, kind pricing.Kind, u unit, each tiers) {
	add(row, kind, u, each.base)
	for _, higher := range each.higher {
		row.When.ContextTokens = "> " + strconv.FormatInt(higher.start, 10)
		add(row, kind, u, higher.price)
	}
}

// addOthers adds what is not in tokens, and notes what is not counted.
func addOthers(t *table, row pricing.Row, model *genaiModel, prices map[string]tiers) {
	_, speech := prices["input_audio_hours"]
	for _, key := range slices.Sorted(maps.Keys(prices)) {
		price := prices[key]
		_, tokens := traitsOf(key)
		switch {
		case price.wrong || tokens && !uncounted(key):
		case key == "input_mchars":
			addTiers(t.add, row, pricing.Characters, character, price.times(millions))
		case key == "input_audio_hours":
			row.Rounding = roundingOf(model)
			addTiers(t.add, row, pricing.STTAudio, hour, price)
		case key == "audio_hours" && !speech:
			addTiers(t.add, row, pricing.RealtimeSession, hour, price)
		case key != "audio_hours":
			t.notes.add(noteNoKind, model.place()+" "+key)
		}
	}
}

// uncounted says whether a price is for tokens that no kind of usage is.
func uncounted(key string) bool {
	of, _ := traitsOf(key)
	return !slices.ContainsFunc(leaves, func(l leaf) bool { return subset(of, l.traits) })
}

// roundingOf is the one rule of rounding that genai-prices has. It is not in its data but in its code.
func roundingOf(model *genaiModel) pricing.Rounding {
	if model.provider == "groq" && slices.Contains([]string{"whisper-large-v3", "whisper-large-v3-turbo"}, model.ID) {
		return pricing.Rounding{Minimum: "10", Per: "request"}
	}
	return pricing.Rounding{}
}

// samePrices says whether it makes no difference which of two models an id means.
func samePrices(a, b *genaiModel) bool {
	return len(a.periods) == 1 && len(b.periods) == 1 && a.periods[0].window == nil && b.periods[0].window == nil &&
		a.periods[0].from.Equal(b.periods[0].from) && roundingOf(a) == roundingOf(b) &&
		maps.EqualFunc(a.periods[0].prices, b.periods[0].prices, tiers.equal)
}
