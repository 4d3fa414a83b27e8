package importer

import (
	"cmp"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/otelcol-voice/otelcol-voice/internal/pricing"
)

// tiers are a price in US dollars for the units of its key, and what it is from a size of the request on.
type tiers struct {
	base   number
	higher []tier // by start
	wrong  bool   // it makes no sense; what it would be for has no price
}

type tier struct {
	start int64 // the request has more input tokens than that
	price number
}

// equal says whether two prices are the same.
func (t tiers) equal(other tiers) bool {
	return t.base == other.base && t.wrong == other.wrong && slices.Equal(t.higher, other.higher)
}

func parsePrices(text json.RawMessage, bad func(key string, err error)) (map[string]tiers, error) {
	var values map[string]any
	if err := decode(text, &values); err != nil || values == nil {
		return nil, errors.New("prices must be an object or a list of objects")
	}
	prices := map[string]tiers{}
	for key, value := range values {
		price, err := parseTiers(value)
		if err != nil {
			bad(key, err)
			price = tiers{wrong: true}
		}
		prices[key] = price
	}
	return prices, nil
}

// parseTiers reads 2.5, or {"base": 2.5, "tiers": [{"start": 200000, "price": 5}]}.
func parseTiers(value any) (tiers, error) {
	object, is := value.(map[string]any)
	if !is {
		base, err := jsonNumber(value)
		return tiers{base: base}, err
	}
	base, err := jsonNumber(object["base"])
	list, is := object["tiers"].([]any)
	if err != nil || !is {
		return tiers{}, errNotNumber
	}
	t := tiers{base: base}
	for _, entry := range list {
		higher, err := parseTier(entry)
		if err != nil {
			return tiers{}, err
		}
		t.higher = append(t.higher, higher)
	}
	return t.sorted(), nil
}

// sorted are tiers by start. Of those with the same start the last is left, which is the one that holds.
func (t tiers) sorted() tiers {
	var higher []tier
	slices.SortStableFunc(t.higher, func(a, b tier) int { return cmp.Compare(a.start, b.start) })
	for i, tier := range t.higher {
		if i+1 == len(t.higher) || t.higher[i+1].start != tier.start {
			higher = append(higher, tier)
		}
	}
	t.higher = higher
	return t
}

func parseTier(value any) (tier, error) {
	object, _ := value.(map[string]any)
	price, err := jsonNumber(object["price"])
	if err != nil {
		return tier{}, err
	}
	start, is := object["start"].(json.Number)
	n, err := strconv.ParseInt(start.String(), 10, 64)
	if !is || err != nil || n < 0 || n > maxContext {
		return tier{}, errNotNumber
	}
	return tier{start: n, price: price}, nil
}

// maxContext is more tokens than any request has.
const maxContext = 1 << 50

// traits of a use: what is used, and how.
type traits []string

// leaf is a kind of usage as genai-prices sees it.
type leaf struct {
	kind     pricing.Kind
	traits   traits
	modality string // a price must be for this modality; empty: a price for any is for it too
}

// leaves are the kinds of tokens. Writing to a cache is for five minutes unless it is for an hour.
var leaves = []leaf{
	{pricing.PromptText, traits{"input", "text"}, ""},
	{pricing.PromptCacheRead, traits{"input", "text", "read"}, ""},
	{pricing.PromptCacheWrite, traits{"input", "text", "write", "5m"}, ""},
	{pricing.PromptCacheWrite1h, traits{"input", "text", "write", "1h"}, ""},
	{pricing.PromptAudio, traits{"input", "audio"}, "audio"},
	{pricing.PromptAudioCacheRead, traits{"input", "audio", "read"}, "audio"},
	{pricing.PromptImage, traits{"input", "image"}, "image"},
	{pricing.PromptImageCacheRead, traits{"input", "image", "read"}, "image"},
	{pricing.PromptVideo, traits{"input", "video"}, "video"},
	{pricing.CompletionText, traits{"output", "text"}, ""},
	{pricing.CompletionAudio, traits{"output", "audio"}, "audio"},
	{pricing.CompletionReasoning, traits{"output", "text", "reasoning"}, ""},
}

// words are what keys of token prices are made of.
var words = []string{
	"input", "output", "text", "audio", "image", "video", "read", "write", "5m", "1h", "reasoning", "tool", "citation",
}

// traitsOf are the traits that the price of a key is for: cache_audio_read_mtok is for input, audio, read.
func traitsOf(key string) (traits, bool) {
	name, is := strings.CutSuffix(key, "_mtok")
	var of traits
	if rest, cache := strings.CutPrefix(name, "cache_"); cache {
		name, of = rest, traits{"input"}
	}
	for _, word := range strings.Split(name, "_") {
		if !slices.Contains(words, word) {
			return nil, false
		}
		of = append(of, word)
	}
	return of, is
}

// priceOf is the key whose price a leaf has: of those that are for it, the one that is for the least else. It is empty
// where there is none or no single one.
func priceOf(l leaf, prices map[string]tiers) string {
	best, most, tied := "", 0, false
	for key := range prices {
		of, is := traitsOf(key)
		if !is || !subset(of, l.traits) {
			continue
		}
		if len(of) == most {
			tied = true
		}
		if len(of) > most {
			best, most, tied = key, len(of), false
		}
	}
	of, _ := traitsOf(best)
	if tied || prices[best].wrong || l.modality != "" && !slices.Contains(of, l.modality) {
		return ""
	}
	return best
}

func subset(some, of traits) bool {
	return !slices.ContainsFunc(some, func(trait string) bool { return !slices.Contains(of, trait) })
}
