package pricing

import (
	"cmp"
	"maps"
	"math"
	"math/big"
	"slices"
	"strings"
)

// Change is a price that differs between two books.
type Change struct {
	Provider string `json:"provider"`
	Model    string `json:"model"`
	Usage    string `json:"usage"`
	// Conditions are those of the row that is there in one of the books; empty are those of most usage.
	Conditions string `json:"conditions,omitempty"`
	// From and Until say when the prices differ, RFC 3339; empty is always.
	From  string `json:"from,omitempty"`
	Until string `json:"until,omitempty"`
	// Old and New are the prices in words; empty where there is none.
	Old string `json:"old,omitempty"`
	New string `json:"new,omitempty"`
	// Ratio is the new price by the old one; 0 where one of them is missing or the old one is 0.
	Ratio float64 `json:"ratio,omitempty"`

	old, new *big.Rat
}

// Exceeds says whether a price has become more than a factor times what it was, or less than a factor-th; from or to
// nothing is more than any. Prices that came or went do not.
func (c *Change) Exceeds(factor float64) bool {
	switch {
	case c.old == nil || c.new == nil || c.old.Cmp(c.new) == 0:
		return false
	case c.old.Sign() == 0 || c.new.Sign() == 0:
		return true
	}
	return c.Ratio > factor || c.Ratio < 1/factor
}

// Diff is what usage costs in one book and not in the other: by provider, model, kind and conditions, and for which time.
// It compares what comes out: a row that changes nothing is no change.
func Diff(older, newer *Book) []Change {
	var changes []Change
	for _, name := range union(older.products(), newer.products()) {
		for kind := range kindCount {
			before, after := older.offers(name, kind), newer.offers(name, kind)
			if slices.EqualFunc(before, after, sameOffer) {
				continue
			}
			for _, conditions := range conditionsOf(before, after) {
				changes = append(changes, compare(name, kind, conditions, before, after)...)
			}
		}
	}
	return changes
}

// sameOffer says whether two offers ask the same for the same, in the same words: most of two books.
func sameOffer(a, b *offer) bool {
	x, y := a.scope, b.scope
	x.window, y.window = nil, nil
	return x == y && a.row.When.TimeOfDay == b.row.When.TimeOfDay && a.rounding == b.rounding &&
		a.row.priceText() == b.row.priceText() && a.asked.Cmp(b.asked) == 0
}

// productName is a model of a vendor.
type productName struct{ vendor, id string }

func (b *Book) products() map[productName]*product {
	all := map[productName]*product{}
	for _, v := range b.vendors {
		for id, p := range v.products {
			all[productName{v.name, id}] = p
		}
	}
	return all
}

func (b *Book) offers(name productName, kind Kind) []*offer {
	v := b.byName[name.vendor]
	if v == nil || v.products[name.id] == nil {
		return nil
	}
	return v.products[name.id].offers[kind]
}

func union(a, b map[productName]*product) []productName {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return slices.SortedFunc(maps.Keys(all), func(a, b productName) int {
		return cmp.Or(cmp.Compare(a.vendor, b.vendor), cmp.Compare(a.id, b.id))
	})
}

// conditionsOf are the conditions that tell offers apart, times aside, the widest first.
func conditionsOf(before, after []*offer) []scope {
	byText := map[string]scope{}
	for _, o := range slices.Concat(before, after) {
		s := o.scope
		s.from, s.until = math.MinInt64, math.MaxInt64
		byText[s.String()] = s
	}
	return slices.SortedFunc(maps.Values(byText), func(a, b scope) int {
		return cmp.Or(compareNarrowness(&b, &a), strings.Compare(a.String(), b.String()))
	})
}

// compare finds the times in which usage under conditions, and no narrower ones, has different prices.
func compare(name productName, kind Kind, conditions scope, before, after []*offer) []Change {
	var changes []Change
	moments := momentsOf(before, after)
	for i, from := range moments[:len(moments)-1] {
		c := Change{Provider: name.vendor, Model: name.id, Usage: kind.String(), Conditions: conditions.String()}
		c.From, c.Until = dateText(from), dateText(moments[i+1])
		c.describe(offerFor(before, conditions, from), offerFor(after, conditions, from))
		if c.Old == c.New {
			continue
		}
		if last := len(changes) - 1; last >= 0 && changes[last].Until == c.From && changes[last].Old == c.Old && changes[last].New == c.New {
			changes[last].Until = c.Until
			continue
		}
		changes = append(changes, c)
	}
	return changes
}

// momentsOf are the moments at which some offer begins or ends, from the first of all to the last.
func momentsOf(before, after []*offer) []int64 {
	moments := []int64{math.MinInt64, math.MaxInt64}
	for _, o := range slices.Concat(before, after) {
		moments = append(moments, o.from, o.until)
	}
	slices.Sort(moments)
	return slices.Compact(moments)
}

// offerFor is the offer that usage under conditions comes to at a moment, or nil.
func offerFor(offers []*offer, conditions scope, at int64) *offer {
	for _, o := range offers {
		if o.holds(at) && conditions.within(&o.scope) {
			return o
		}
	}
	return nil
}

func (c *Change) describe(before, after *offer) {
	if before != nil {
		c.Old, c.old = before.inWords(), before.asked
	}
	if after != nil {
		c.New, c.new = after.inWords(), after.asked
	}
	if before != nil && after != nil && before.asked.Sign() != 0 {
		c.Ratio, _ = new(big.Rat).Quo(after.asked, before.asked).Float64()
	}
	if before != nil && after != nil && before.asked.Cmp(after.asked) == 0 && before.rounding == after.rounding {
		c.New = c.Old
	}
}

// inWords is what an offer asks.
func (o *offer) inWords() string {
	words := o.row.priceText()
	for _, d := range o.multipliers {
		words += " x " + d.written.Multiplier
	}
	if rounding := o.rounding.String(); rounding != "" {
		words += ", " + rounding
	}
	return words
}
