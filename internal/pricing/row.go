package pricing

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Row is one price as written: what one kind of usage of one or more models costs. It is both a row of a price file and
// an inline override.
type Row struct {
	// Provider is who bills. In a file it may be left to the file.
	Provider string `yaml:"provider,omitempty" mapstructure:"provider"`
	// Models are the ids that the price holds for; case does not matter.
	// An id with * in it is a glob, in which * stands for anything.
	Models []string `yaml:"models" mapstructure:"models"`
	// Usage is the kind, as Kind.String writes it.
	Usage string `yaml:"usage" mapstructure:"usage"`
	// Unit is what per counts: token, character, byte, request; second, minute or hour.
	Unit string `yaml:"unit" mapstructure:"unit"`
	// Price, in US dollars, is for Per units. Both are decimals in full.
	Price string `yaml:"price" mapstructure:"price"`
	Per   string `yaml:"per" mapstructure:"per"`
	// When are the conditions under which the price holds.
	When Conditions `yaml:"when,omitempty" mapstructure:"when"`
	// EffectiveFrom (inclusive) and EffectiveUntil (exclusive) are RFC 3339; empty is always.
	EffectiveFrom  string `yaml:"effective_from,omitempty" mapstructure:"effective_from"`
	EffectiveUntil string `yaml:"effective_until,omitempty" mapstructure:"effective_until"`
	// Rounding is how the vendor rounds before it bills.
	Rounding Rounding `yaml:"rounding,omitempty" mapstructure:"rounding"`
	// Source, Verified (YYYY-MM-DD) and Confidence (high, medium, low) say how we know.
	Source     string `yaml:"source,omitempty" mapstructure:"source"`
	Verified   string `yaml:"verified,omitempty" mapstructure:"verified"`
	Confidence string `yaml:"confidence,omitempty" mapstructure:"confidence"`
	Note       string `yaml:"note,omitempty" mapstructure:"note"`
}

// compile checks a row and makes it an offer. All that is wrong is in the error.
func (r *Row) compile() (*offer, error) {
	o := &offer{row: r}
	var scopeErr, roundingErr error
	o.scope, scopeErr = newScope(r.When, r.EffectiveFrom, r.EffectiveUntil)
	o.rounding, roundingErr = r.Rounding.compile()
	return o, errors.Join(r.checkModels(), o.setPrice(r), scopeErr, roundingErr, r.checkEvidence())
}

func (r *Row) checkModels() error {
	if len(r.Models) == 0 {
		return errors.New("models is empty; name at least one model id")
	}
	seen := map[string]bool{}
	for _, model := range r.Models {
		id := fold(model)
		switch {
		case id == "":
			return errors.New("models has an empty id")
		case seen[id]:
			return fmt.Errorf("models names %q twice", model)
		}
		seen[id] = true
	}
	return nil
}

// factors are how many of a kind's own unit make one of a row's.
var factors = map[string]map[string]uint64{
	unitToken:     {unitToken: 1},
	unitCharacter: {unitCharacter: 1},
	unitByte:      {unitByte: 1},
	unitRequest:   {unitRequest: 1},
	unitSecond:    {unitSecond: 1, "minute": 60, "hour": 3600},
}

func (o *offer) setPrice(r *Row) error {
	kind, known := kindNamed(r.Usage)
	if !known {
		return errNoKind(r.Usage)
	}
	factor, fits := factors[kind.Unit()][r.Unit]
	if !fits {
		return fmt.Errorf("unit %q does not measure %s; it must be %s", r.Unit, kind, strings.Join(unitsOf(kind), ", "))
	}
	price, priceErr := parseDecimal(r.Price)
	per, perErr := parseDecimal(r.Per)
	if priceErr != nil || perErr != nil {
		return errors.Join(about("price", r.Price, priceErr), about("per", r.Per, perErr))
	}
	var err error
	o.kind = kind
	o.written, err = perUnit(price, per, factor)
	o.asked = o.written
	return err
}

func errNoKind(name string) error {
	return fmt.Errorf("usage %q is not a kind of usage; it must be one of %s", name, strings.Join(kindNames(), ", "))
}

// about names the key and the value that an error is about.
func about(key, value string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s %q %w", key, value, err)
}

func kindNames() []string {
	var names []string
	for kind := Unknown + 1; kind < kindCount; kind++ {
		names = append(names, kind.String())
	}
	return names
}

func unitsOf(kind Kind) []string {
	units := factors[kind.Unit()]
	return slices.SortedFunc(maps.Keys(units), func(a, b string) int { return int(units[a]) - int(units[b]) })
}

func (r *Row) checkEvidence() error {
	var errs []error
	if _, known := r.verifiedOn(); r.Verified != "" && !known {
		errs = append(errs, fmt.Errorf("verified %q is not a date; write it as 2026-08-01", r.Verified))
	}
	if !slices.Contains([]string{"", "high", "medium", "low"}, r.Confidence) {
		errs = append(errs, fmt.Errorf("confidence %q must be high, medium or low", r.Confidence))
	}
	return errors.Join(errs...)
}
