package importer

import (
	"cmp"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// litellmModel is an entry of LiteLLM's map, whose key is the model with what LiteLLM writes before it.
type litellmModel struct {
	key    string
	values map[string]any

	vendor, id, region string
	mode               string
	prices             map[litellmPrice]number
}

// litellmPrice is what a price is for: output_cost_per_token_above_200k_tokens_priority is for output_cost_per_token above
// 200,000 tokens, in the service tier priority.
type litellmPrice struct {
	what  string
	above int64
	tier  string
}

// What LiteLLM prices, for one of each.
const (
	inputToken      = "input_cost_per_token"
	outputToken     = "output_cost_per_token"
	cacheRead       = "cache_read_input_token_cost"
	cacheWrite      = "cache_creation_input_token_cost"
	cacheWrite1h    = "cache_creation_input_token_cost_above_1hr"
	inputAudio      = "input_cost_per_audio_token"
	cachedAudio     = "cache_read_input_audio_token_cost"
	inputImage      = "input_cost_per_image_token"
	cachedImage     = "cache_read_input_image_token_cost"
	inputVideo      = "input_cost_per_video_token"
	outputAudio     = "output_cost_per_audio_token"
	outputReasoning = "output_cost_per_reasoning_token"
	inputCharacter  = "input_cost_per_character"
	inputSecond     = "input_cost_per_second"
	outputSecond    = "output_cost_per_second"
)

const (
	noteOffPeak    = "a price outside of peak hours, which are by the day of the week; the price of peak hours is read"
	noteAlso       = "a price for seconds or characters of a model that is priced by tokens"
	noteAlsoTokens = "a price for tokens of speech recognition that is priced by seconds"
	noteCommitted  = "a price of reserved capacity, which is not for use"
)

func readLiteLLM(t *table, text []byte) error {
	var entries map[string]json.RawMessage
	if err := decode(text, &entries); err != nil {
		return err
	}
	var models []*litellmModel
	for _, key := range slices.Sorted(maps.Keys(entries)) {
		if model := parseLiteLLM(t, key, entries[key]); model != nil {
			models = append(models, model)
		}
	}
	models = chosen(t, models)
	contexts := contextsOf(models)
	for _, model := range models {
		model.addTo(t, contexts)
	}
	return nil
}

// parseLiteLLM reads an entry; it is nil if there is no price in it.
func parseLiteLLM(t *table, key string, text json.RawMessage) *litellmModel {
	m := &litellmModel{key: key, prices: map[litellmPrice]number{}}
	if err := decode(text, &m.values); err != nil {
		t.notes.add(noteBadModel, key)
		return nil
	}
	provider, _ := m.values["litellm_provider"].(string)
	m.mode, _ = m.values["mode"].(string)
	if key == "sample_spec" || provider == "" {
		return nil
	}
	m.name(t.known, provider)
	m.readPrices(t.notes)
	m.readRanges(t.notes)
	switch {
	case len(m.prices) == 0:
		return nil
	case strings.Contains(m.id, "-month-commitment/"):
		t.notes.add(noteCommitted, key)
	case isGlob(m.id):
		t.notes.add(noteWildcard, key)
	case m.dropZeros(t.notes):
		return m
	}
	return nil
}

// awsRegion is how a region of AWS looks.
var awsRegion = regexp.MustCompile(`^[a-z]{2}(-gov)?-[a-z]+-\d$`)

// name finds out vendor, id and region of a key: bedrock/us-east-1/anthropic.claude-v2 is anthropic.claude-v2 of aws in
// us-east-1.
func (m *litellmModel) name(known *knowledge, provider string) {
	m.vendor, m.id = known.canonical(provider), fold(m.key)
	if prefix, rest, is := strings.Cut(m.id, "/"); is && known.canonical(prefix) == m.vendor {
		m.id = rest
	}
	if region, rest, is := strings.Cut(m.id, "/"); is && awsRegion.MatchString(region) && m.vendor == "aws" {
		m.region, m.id = region, rest
	}
}

// priceKey takes a key apart: what is priced, above how many thousand tokens, in which service tier.
var priceKey = regexp.MustCompile(`^(.*?)(?:_above_(\d{1,6})k_tokens)?(?:_([a-z]+))?$`)

func (m *litellmModel) readPrices(notes notebook) {
	for _, key := range slices.Sorted(maps.Keys(m.values)) {
		value := m.values[key]
		if !strings.Contains(key, "cost") || value == nil {
			continue
		}
		price, is := parsePriceKey(key)
		if !is {
			notes.add(noteNoKind, m.key+" "+key)
			continue
		}
		each, err := jsonNumber(value)
		if err != nil {
			notes.add(noteBadPrice, m.key+" "+key+" "+err.Error())
			continue
		}
		m.prices[price] = each
	}
	if m.values["off_peak_pricing"] != nil {
		notes.add(noteOffPeak, m.key)
	}
}

// litellmKeys are the keys of prices that we read.
var litellmKeys = func() map[string]bool {
	keys := map[string]bool{inputCharacter: true, inputSecond: true, outputSecond: true}
	for _, tokens := range litellmTokens {
		keys[tokens.what] = true
	}
	return keys
}()

func parsePriceKey(key string) (litellmPrice, bool) {
	if litellmKeys[key] {
		return litellmPrice{what: key}, true
	}
	parts := priceKey.FindStringSubmatch(key)
	if parts == nil || !litellmKeys[parts[1]] {
		return litellmPrice{}, false
	}
	thousands, _ := strconv.ParseInt(cmp.Or(parts[2], "0"), 10, 64)
	tier := parts[3]
	if tier == "batches" {
		tier = "batch"
	}
	return litellmPrice{what: parts[1], above: thousands * 1000, tier: tier}, true
}

// readRanges reads tiered_pricing: a list of prices, each for a range of tokens of the request.
func (m *litellmModel) readRanges(notes notebook) {
	list, _ := m.values["tiered_pricing"].([]any)
	for _, entry := range list {
		prices, _ := entry.(map[string]any)
		bounds, _ := prices["range"].([]any)
		from, is := rangeStart(bounds)
		if !is {
			notes.add(noteBadPrice, m.key+" tiered_pricing")
			continue
		}
		for what, value := range prices {
			each, err := jsonNumber(value)
			if litellmKeys[what] && err == nil {
				m.prices[litellmPrice{what: what, above: from}] = each
			}
		}
	}
}

// rangeStart is the number of tokens above which a range is.
func rangeStart(bounds []any) (int64, bool) {
	if len(bounds) == 0 {
		return 0, false
	}
	n, err := jsonNumber(bounds[0])
	from, parseErr := strconv.ParseInt(n.String(), 10, 64)
	return from, err == nil && parseErr == nil && from <= maxContext
}

// dropZeros drops prices of 0, unless the model is given away: LiteLLM writes 0 for what is unknown too. It is false if
// nothing is left.
func (m *litellmModel) dropZeros(notes notebook) bool {
	before := len(m.prices)
	if !isFree(m.id) {
		maps.DeleteFunc(m.prices, func(_ litellmPrice, each number) bool { return each.isZero() })
	}
	switch {
	case len(m.prices) == 0:
		notes.add(noteFree, m.key)
	case len(m.prices) < before:
		notes.add(noteZero, m.key)
	}
	return len(m.prices) > 0
}

// chosen leaves one of the entries of the same model: the one whose key comes first among those that begin with the
// vendor's own name, or the first of all (gemini/… before vertex_ai/… for google).
func chosen(t *table, models []*litellmModel) []*litellmModel {
	type place struct{ vendor, id, region string }
	first := map[place]*litellmModel{}
	var kept []*litellmModel
	slices.SortStableFunc(models, func(a, b *litellmModel) int { return a.rank() - b.rank() })
	for _, model := range models {
		at := place{model.vendor, model.id, model.region}
		if other := first[at]; other != nil {
			if !maps.Equal(other.prices, model.prices) {
				t.notes.add(noteSecondPrice, model.key)
			}
			continue
		}
		first[at] = model
		kept = append(kept, model)
	}
	return kept
}

// rank orders entries of one model.
func (m *litellmModel) rank() int {
	switch {
	case strings.HasPrefix(m.key, "gemini/"):
		return 0
	case strings.HasPrefix(m.key, "vertex_ai/"), strings.HasPrefix(m.key, "azure_ai/"):
		return 2
	}
	return 1
}
