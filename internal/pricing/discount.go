package pricing

import (
	"errors"
	"fmt"
	"maps"
	"math/big"
	"slices"
)

// Discount multiplies prices: what an account pays less than the list, or a vendor asks more under a condition. Like a row
// it holds for what its conditions say, but where it names no service tier it holds for all of them.
type Discount struct {
	// Provider is whose prices; in a file it may be left to the file.
	Provider string `yaml:"provider,omitempty" mapstructure:"provider"`
	// Models are ids or globs, in which * stands for anything; none: all.
	Models []string `yaml:"models,omitempty" mapstructure:"models"`
	// Usage are kinds of usage; none: all.
	Usage []string `yaml:"usage,omitempty" mapstructure:"usage"`
	// Multiplier is a decimal in full: 0.8 is 20 % off, 1.1 is 10 % more.
	Multiplier string `yaml:"multiplier" mapstructure:"multiplier"`
	// When are the conditions under which it holds.
	When Conditions `yaml:"when,omitempty" mapstructure:"when"`
	// EffectiveFrom (inclusive) and EffectiveUntil (exclusive) are RFC 3339; empty is always.
	EffectiveFrom  string `yaml:"effective_from,omitempty" mapstructure:"effective_from"`
	EffectiveUntil string `yaml:"effective_until,omitempty" mapstructure:"effective_until"`
	Note           string `yaml:"note,omitempty" mapstructure:"note"`
}

// discount is a Discount made ready to multiply offers.
type discount struct {
	scope
	place   string
	written *Discount
	by      *big.Rat
	kinds   []Kind // none: all
	// layer is the only one whose rows a vendor's multiplier is for. An account's discount is for those of all.
	layer   int
	account bool
}

// Check says what is wrong with a discount, whatever book it is for.
func (d *Discount) Check() error {
	_, err := d.compile()
	return err
}

func (d *Discount) compile() (*discount, error) {
	compiled := &discount{written: d}
	var scopeErr error
	compiled.scope, scopeErr = newScope(d.When, d.EffectiveFrom, d.EffectiveUntil)
	compiled.anyTier = fold(d.When.ServiceTier) == ""
	by, byErr := parseDecimal(d.Multiplier)
	if byErr == nil {
		compiled.by = by.rat()
	}
	errs := []error{d.checkProvider(), about("multiplier", d.Multiplier, byErr), scopeErr}
	for _, name := range d.Usage {
		kind, known := kindNamed(name)
		if !known {
			errs = append(errs, errNoKind(name))
		}
		compiled.kinds = append(compiled.kinds, kind)
	}
	if slices.ContainsFunc(d.Models, func(model string) bool { return fold(model) == "" }) {
		errs = append(errs, errors.New("models has an empty id"))
	}
	return compiled, errors.Join(errs...)
}

func (d *Discount) checkProvider() error {
	if fold(d.Provider) == "" {
		return errors.New("provider is empty; name whose prices it multiplies")
	}
	return nil
}

// addDiscount checks a discount and keeps it until all rows are known.
func (b *builder) addDiscount(place string, written Discount, layer int, account bool) {
	d, err := written.compile()
	if err != nil {
		b.failRow(place, err)
		return
	}
	d.place, d.layer, d.account = place, layer, account
	b.discounts = append(b.discounts, d)
}

// applyDiscounts multiplies the offers of each discount, in the order of the discounts.
func (b *builder) applyDiscounts() {
	for _, d := range b.discounts {
		v := b.vendorNamed(d.written.Provider)
		switch {
		case v == nil:
			near := closest(fold(d.written.Provider), slices.Sorted(maps.Keys(b.vendors)))
			b.fail("%s: provider %q is not in the book%s", d.place, d.written.Provider, hint(near))
		case d.plan == "" || d.plan == b.plans[v.name]:
			b.failRow(d.place, d.applyTo(v))
		}
	}
}

// vendorNamed is the vendor with a name or alias, or nil.
func (b *builder) vendorNamed(name string) *vendor {
	name = fold(name)
	if v := b.vendors[name]; v != nil {
		return v
	}
	return b.vendors[b.aliases[name]]
}

// applyTo multiplies the offers of a vendor that the discount is for. Whatever it names must be there, or a slip of the pen
// would be a silent loss.
func (d *discount) applyTo(v *vendor) error {
	ids, err := d.ids(v)
	if err != nil {
		return err
	}
	var priced [kindCount]bool
	multiplied := 0
	for _, id := range ids {
		for kind, offers := range v.products[id].offers {
			if len(offers) == 0 || !d.isFor(Kind(kind)) {
				continue
			}
			priced[kind] = true
			folded, n := d.fold(offers)
			if n > 0 && len(folded) > maxVariants {
				return fmt.Errorf("with those before it makes more than %d prices of %s of %s", maxVariants, Kind(kind), id)
			}
			if n > 0 {
				v.products[id].offers[kind] = folded
			}
			multiplied += n
		}
	}
	for _, kind := range d.kinds {
		if !priced[kind] {
			return fmt.Errorf("usage %q: none of its models has a row for that", kind)
		}
	}
	switch {
	case multiplied > 0:
		return nil
	case d.account:
		return fmt.Errorf("no row of %s holds under its conditions", v.name)
	}
	return fmt.Errorf("no row of %s in this layer holds under its conditions; discounts multiply those of all layers", v.name)
}

// maxVariants bounds what discounts with conditions make of the offers of one model and kind.
const maxVariants = 500

// ids are the ids of a vendor's products that the discount is for, in order.
func (d *discount) ids(v *vendor) ([]string, error) {
	known := slices.Sorted(maps.Keys(v.products))
	if len(d.written.Models) == 0 {
		return known, nil
	}
	chosen := map[string]bool{}
	for _, model := range d.written.Models {
		name, found := fold(model), false
		for _, id := range known {
			if id == name || id == v.aliases[name] || matches(name, id) {
				chosen[id], found = true, true
			}
		}
		if !found {
			return nil, fmt.Errorf("models: %s has no row for %q%s", v.name, model, hint(closest(name, known)))
		}
	}
	return slices.Sorted(maps.Keys(chosen)), nil
}

func (d *discount) isFor(kind Kind) bool { return len(d.kinds) == 0 || slices.Contains(d.kinds, kind) }

// fold multiplies offers, which are in order of precedence, and says how many. Where the discount holds for a part of an
// offer only, it makes two of it: the part goes before the rest.
func (d *discount) fold(offers []*offer) (folded []*offer, multiplied int) {
	for _, o := range offers {
		if (d.account || d.layer == o.layer) && o.meets(&d.scope) {
			multiplied++
			folded = append(folded, o.times(d))
		}
		folded = append(folded, o)
	}
	if len(folded) > 2*maxVariants {
		return folded, multiplied
	}
	return visible(folded), multiplied
}

// times is the part of an offer that a discount holds for, multiplied.
func (o *offer) times(d *discount) *offer {
	part := *o
	part.scope = o.and(&d.scope)
	part.asked = new(big.Rat).Mul(o.asked, d.by)
	switch {
	case !d.account:
		part.listed = nil
	case o.listed == nil:
		part.listed = o.asked
	}
	part.multipliers = append(slices.Clip(o.multipliers), d)
	return &part
}
