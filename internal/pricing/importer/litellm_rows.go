package importer

import (
	"slices"
	"strconv"

	"github.com/otelcol-voice/otelcol-voice/internal/pricing"
)

// litellmTokens are the prices of tokens and the kinds that they are for. Where there is no price for a kind in any tier,
// it has that of the first of instead that there is one for. A cached modality has it only if nothing cached has a price:
// otherwise there is one for it, which is not known.
var litellmTokens = []struct {
	what    string
	kind    pricing.Kind
	instead []string
	unless  string
}{
	{inputToken, pricing.PromptText, nil, ""},
	{cacheRead, pricing.PromptCacheRead, []string{inputToken}, ""},
	{cacheWrite, pricing.PromptCacheWrite, []string{inputToken}, ""},
	{cacheWrite1h, pricing.PromptCacheWrite1h, []string{cacheWrite, inputToken}, ""},
	{inputAudio, pricing.PromptAudio, nil, ""},
	{cachedAudio, pricing.PromptAudioCacheRead, []string{inputAudio}, cacheRead},
	{inputImage, pricing.PromptImage, nil, ""},
	{cachedImage, pricing.PromptImageCacheRead, []string{inputImage}, cacheRead},
	{inputVideo, pricing.PromptVideo, nil, ""},
	{outputToken, pricing.CompletionText, nil, ""},
	{outputAudio, pricing.CompletionAudio, nil, ""},
	{outputReasoning, pricing.CompletionReasoning, nil, ""},
}

// contextsOf are the sizes of requests from which prices of a model change, by vendor and id, whatever the region.
func contextsOf(models []*litellmModel) map[[2]string][]int64 {
	contexts := map[[2]string][]int64{}
	for _, model := range models {
		at := [2]string{model.vendor, model.id}
		for price := range model.prices {
			if price.above > 0 && !slices.Contains(contexts[at], price.above) {
				contexts[at] = append(contexts[at], price.above)
			}
		}
	}
	return contexts
}

func (m *litellmModel) addTo(t *table, contexts map[[2]string][]int64) {
	row := pricing.Row{Provider: m.vendor, Models: []string{m.id}, When: pricing.Conditions{Region: m.region}}
	row.Source, _ = m.values["source"].(string)
	above := []int64{}
	if m.region != "" {
		above = contexts[[2]string{m.vendor, m.id}]
	}
	if m.addSeconds(t, row) {
		return
	}
	for _, tokens := range litellmTokens {
		add, what := adder(t.add), tokens.what
		for _, instead := range tokens.instead {
			if !m.has(what) && !m.has(tokens.unless) {
				add, what = t.addImplied, instead
			}
		}
		m.addTokens(add, row, tokens.kind, what, above)
	}
	m.addCharacters(t, row)
}

// has says whether there is a price of something in any tier.
func (m *litellmModel) has(what string) bool {
	for price := range m.prices {
		if price.what == what {
			return true
		}
	}
	return false
}

// addTokens adds the prices of something. Contexts are those in which another region has other prices: in each, the price
// of this region must be said, or the book could not choose between region and context.
func (m *litellmModel) addTokens(add adder, row pricing.Row, kind pricing.Kind, what string, contexts []int64) {
	for _, tier := range m.tiers(what) {
		each, flat := m.prices[litellmPrice{what: what, tier: tier}]
		row.When.ServiceTier, row.When.ContextTokens = tier, ""
		if flat {
			add(row, kind, token, each)
		}
		for _, above := range m.above(what, tier, contexts) {
			if higher, has := m.prices[litellmPrice{what: what, above: above, tier: tier}]; has {
				each, flat = higher, true
			}
			if row.When.ContextTokens = "> " + strconv.FormatInt(above, 10); flat {
				add(row, kind, token, each)
			}
		}
	}
}

// tiers are the service tiers that something is priced in.
func (m *litellmModel) tiers(what string) []string {
	var tiers []string
	for price := range m.prices {
		if price.what == what {
			tiers = append(tiers, price.tier)
		}
	}
	slices.Sort(tiers)
	return slices.Compact(tiers)
}

// above are the sizes of requests from which something has another price in a service tier, and those of contexts.
func (m *litellmModel) above(what, tier string, contexts []int64) []int64 {
	all := slices.Clone(contexts)
	for price := range m.prices {
		if price.what == what && price.tier == tier && price.above > 0 {
			all = append(all, price.above)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// addSeconds adds what a model costs by the second, if it is one of speech recognition or speech to speech that is priced
// so. That is then its whole price.
func (m *litellmModel) addSeconds(t *table, row pricing.Row) bool {
	each, has := m.second()
	tokens := m.has(inputToken) || m.has(inputAudio) || m.has(outputToken)
	switch {
	case !has:
		return false
	case m.mode == "audio_transcription":
		t.add(row, pricing.STTAudio, second, each)
	case m.mode == "realtime" && !tokens:
		t.add(row, pricing.RealtimeSession, second, each)
	default:
		t.notes.add(noteAlso, m.key)
		return false
	}
	if tokens {
		t.notes.add(noteAlsoTokens, m.key)
	}
	return true
}

// second is what a second costs. LiteLLM takes the price of output where there is one, else that of input, never both; and
// where the one of output is 0, as in the entries of Deepgram, it is none.
func (m *litellmModel) second() (number, bool) {
	if output, has := m.prices[litellmPrice{what: outputSecond}]; has {
		return output, true
	}
	input, has := m.prices[litellmPrice{what: inputSecond}]
	return input, has
}

func (m *litellmModel) addCharacters(t *table, row pricing.Row) {
	each, has := m.prices[litellmPrice{what: inputCharacter}]
	switch {
	case !has:
	case m.has(inputToken):
		t.notes.add(noteAlso, m.key)
	default:
		t.add(row, pricing.Characters, character, each)
	}
}
