package importer

import (
	"strings"

	"github.com/otelcol-voice/otelcol-voice/internal/pricing"
)

// tokenKey is a key under which a catalogue has a price of tokens, and the kind that it is for. A kind that has none has
// the price of instead.
type tokenKey struct {
	key     string
	kind    pricing.Kind
	instead string
}

// addKeys adds what tokens of a model cost, each, by key.
func addKeys(t *table, row pricing.Row, keys []tokenKey, prices map[string]tiers) {
	for _, known := range keys {
		price, has := prices[known.key]
		add := adder(t.add)
		if !has {
			add = t.addImplied
			price, has = prices[known.instead]
		}
		if has && !price.wrong {
			addTiers(add, row, known.kind, token, price)
		}
	}
}

// addModel adds what tokens of a row's one model cost, each, by key. A price of 0 is none, because catalogues write it also
// for what is unknown; it is one where the id says that the model is free.
func (t *table) addModel(row pricing.Row, place string, keys []tokenKey, prices map[string]tiers) {
	if len(row.Models) != 1 || row.Models[0] == "" || isGlob(row.Models[0]) {
		t.notes.add(noteWildcard, place)
		return
	}
	rest := map[string]tiers{}
	for key, price := range prices {
		if price.wrong || !price.base.isZero() || isFree(row.Models[0]) {
			rest[key] = price
		}
	}
	switch {
	case len(rest) == 0 && len(prices) > 0:
		t.notes.add(noteFree, place)
	case len(rest) < len(prices):
		t.notes.add(noteZero, place)
	}
	addKeys(t, row, keys, rest)
}

// isFree says whether an id is one of a model that is given away.
func isFree(id string) bool { return strings.HasSuffix(id, ":free") }
