package pricing

import (
	"cmp"
	"fmt"
	"math/big"
	"slices"
)

// offer is a row made ready for use. Of one model and kind, offers are tried in order of precedence.
type offer struct {
	scope
	row      *Row
	file     string
	number   int // of the row in its file, from 1
	layer    int
	foreign  bool // of the catalogue of somebody else
	kind     Kind
	rounding rounding
	// written is the price of a unit as the row has it, and asked with all that multiplies it; listed is without the
	// account's discounts, or nil where there are none.
	written, asked, listed *big.Rat
	multipliers            []*discount
	// charge and list are asked and listed made ready.
	charge, list *charge
}

// ready makes the amounts that are asked quick to compute.
func (o *offer) ready() error {
	if o.charge != nil {
		return nil
	}
	var err error
	if o.charge, err = newCharge(o.asked, &o.rounding); err != nil || o.listed == nil {
		return err
	}
	o.list, err = newCharge(o.listed, &o.rounding)
	return err
}

// place is where the offer's row is written.
func (o *offer) place() string { return fmt.Sprintf("%s: row %d", o.file, o.number) }

// String says what an offer asks and what tells it from others, for messages.
func (o *offer) String() string {
	text := fmt.Sprintf("%s per %s %s", o.row.Price, o.row.Per, o.row.Unit)
	for _, part := range []struct{ key, value string }{
		{"context_tokens", o.row.When.ContextTokens},
		{"service_tier", o.tier},
		{"region", o.region},
		{"plan", o.plan},
		{"time_of_day", o.row.When.TimeOfDay},
		{"from", o.row.EffectiveFrom},
		{"until", o.row.EffectiveUntil},
	} {
		if part.value != "" {
			text += " " + part.key + " " + part.value
		}
	}
	return "(" + text + ")"
}

// precedence orders the offers of one model and kind: later layers first, then the narrower.
func precedence(a, b *offer) int {
	return cmp.Or(
		cmp.Compare(b.layer, a.layer),
		compareNarrowness(&a.scope, &b.scope),
		cmp.Compare(b.from, a.from),
	)
}

// hides says whether an offer leaves nothing to another one that comes after it.
func (o *offer) hides(other *offer) bool {
	return other.during(&o.scope) && other.within(&o.scope)
}

// visible are the offers, in order of precedence, that some usage can come to.
func visible(offers []*offer) []*offer {
	var seen []*offer
	for _, o := range offers {
		if !slices.ContainsFunc(seen, func(before *offer) bool { return before.hides(o) }) {
			seen = append(seen, o)
		}
	}
	return seen
}

// conflict finds two of the offers of one model, kind and layer that a usage could be in with nothing to choose by:
// their conditions are the same, or overlap and no third offer is for the overlap.
func conflict(offers []*offer) (a, b *offer) {
	byTime := slices.Clone(offers)
	slices.SortStableFunc(byTime, func(a, b *offer) int { return cmp.Compare(a.from, b.from) })
	for i, a := range byTime {
		for _, b := range byTime[i+1:] {
			if b.from >= a.until {
				break
			}
			if a.meets(&b.scope) && a.within(&b.scope) == b.within(&a.scope) && !settled(a, b, offers) {
				return a, b
			}
		}
	}
	return nil, nil
}

// settled says whether one of the offers is for just what two others, neither of which is within the other, share.
func settled(a, b *offer, offers []*offer) bool {
	if a.within(&b.scope) {
		return false
	}
	shared := a.and(&b.scope)
	return slices.ContainsFunc(offers, func(c *offer) bool {
		return shared.during(&c.scope) && shared.within(&c.scope) && c.within(&a.scope) && c.within(&b.scope)
	})
}
