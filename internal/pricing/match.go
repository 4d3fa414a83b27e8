package pricing

import (
	"strings"
	"time"
)

// find is who sells a usage and what the book has for its model, most specific first. The reason says why there is
// nothing.
func (b *Book) find(provider, model string, stage string) (*vendor, []*product, Reason) {
	provider, model = fold(provider), fold(model)
	if provider == "" {
		return b.findModel(model, stage)
	}
	v := b.byName[provider]
	if v == nil {
		return nil, nil, NoProvider
	}
	return b.findAt(v, model, stage)
}

// findAt looks a model up at a vendor. The vendor's own name before or instead of the model means no more than the
// vendor.
func (b *Book) findAt(v *vendor, model, stage string) (*vendor, []*product, Reason) {
	products := v.lookup(model)
	if prefix, rest, cut := strings.Cut(model, "/"); len(products) == 0 && cut && b.byName[prefix] == v {
		products = v.lookup(rest)
	}
	if len(products) == 0 && b.onlyNames(v, model) {
		products = v.lookup(v.defaults[stage])
	}
	if len(products) == 0 {
		return v, nil, NoModel
	}
	return v, products, Priced
}

// onlyNames says whether what stands for a model says no more than who the vendor is.
func (b *Book) onlyNames(v *vendor, model string) bool { return model == "" || b.byName[model] == v }

// findModel finds who sells a model where no provider is named: the one vendor, not a reseller, that has it.
func (b *Book) findModel(model, stage string) (*vendor, []*product, Reason) {
	if model == "" {
		return nil, nil, NoProvider
	}
	sellers, resold := b.sellers(model)
	switch {
	case len(sellers) == 1:
		return sellers[0], sellers[0].lookup(model), Priced
	case len(sellers) > 1:
		return nil, nil, Ambiguous
	}
	prefix, _, _ := strings.Cut(model, "/")
	if v := b.byName[prefix]; v != nil {
		return b.findAt(v, model, stage)
	}
	if resold {
		return nil, nil, NoProvider
	}
	return nil, nil, NoModel
}

// sellers are the vendors that have a model, but for resellers: whether one has it is said apart.
func (b *Book) sellers(model string) (sellers []*vendor, resold bool) {
	for _, v := range b.vendors {
		switch {
		case len(v.lookup(model)) == 0:
		case v.reseller:
			resold = true
		default:
			sellers = append(sellers, v)
		}
	}
	return sellers, resold
}

// lookup is what a vendor has for a model id: under the id itself, under what it is an alias of, and under what remains
// when a date is taken off its end.
func (v *vendor) lookup(model string) []*product {
	var products []*product
	plain := undated(model)
	for _, id := range []string{model, v.aliases[model], plain, v.aliases[plain]} {
		p := v.products[id]
		if p == nil {
			continue
		}
		products = append(products, p)
		if p.base {
			break
		}
	}
	return products
}

// undated is a model id without the date that vendors put at the end of a version (-2024-08-06, -20251001, @20251001),
// or "" where there is none.
func undated(model string) string {
	for _, layout := range []string{"-2006-01-02", "-20060102", "@20060102"} {
		at := len(model) - len(layout)
		if at <= 0 {
			continue
		}
		if date, err := time.Parse(layout, model[at:]); err == nil && date.Year() >= 2020 {
			return model[:at]
		}
	}
	return ""
}
