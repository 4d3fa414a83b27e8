package pricing

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Row is one price as written: what one kind of usage of one or more models costs. It is both a row of a price file and
// an inline override.
type Row struct {
	// Provider is who bills. In a file it may be left to the file.
	Provider string `yaml:"provider,omitempty" mapstructure:"provider"`
	// Models are the ids that the price holds for; case does not matter.
	Models []string `yaml:"models" mapstructure:"models"`
	// Usage is the kind, as Kind.String writes it.
	Usage string `yaml:"usage" mapstructure:"usage"`
	// Unit is what per counts: token, character, byte; second, minute or hour.
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

// Conditions narrow a row; the row that is narrowed most wins. An empty one does not narrow, except that a row without a
// service tier is for the vendor's default tier only: another tier is another price, which must not be guessed.
type Conditions struct {
	// ContextTokens is a lower bound of the input tokens of the whole request, with its operator: "> 200000" or
	// ">= 272000". It does not hold where the request's size is unknown.
	ContextTokens string `yaml:"context_tokens,omitempty" mapstructure:"context_tokens"`
	ServiceTier   string `yaml:"service_tier,omitempty" mapstructure:"service_tier"`
	Region        string `yaml:"region,omitempty" mapstructure:"region"`
	// Plan is a plan of the account; see NewBook.
	Plan string `yaml:"plan,omitempty" mapstructure:"plan"`
	// TimeOfDay is a window of each day in UTC, "16:30-00:30": its start is in it, its end is not, and it may pass midnight.
	TimeOfDay string `yaml:"time_of_day,omitempty" mapstructure:"time_of_day"`
}

// Discount multiplies prices: what an account pays less than the list, or a vendor asks more under a condition.
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

// Rounding says how a vendor rounds a duration up before billing, in seconds. It is data: a report of usage is not always
// a whole request, leg or session, so amounts are linear.
type Rounding struct {
	Minimum string `yaml:"minimum,omitempty" mapstructure:"minimum"`
	UpTo    string `yaml:"up_to,omitempty" mapstructure:"up_to"`
	// Per is what is rounded: request, leg, session or channel.
	Per string `yaml:"per,omitempty" mapstructure:"per"`
}

// offer is a row made ready for use. Of one model and kind, offers are tried in order of precedence.
type offer struct {
	row         *Row
	kind        Kind
	rate        rate
	from, until int64 // Unix nanoseconds, [from, until)
	context     int64 // least input tokens of the request; 0: any
	tier        string
	region      string
	plan        string
	layer       int
}

// compile checks a row and makes it an offer. All that is wrong is in the error.
func (r *Row) compile() (*offer, error) {
	o := &offer{
		row: r, tier: tierName(r.When.ServiceTier), region: fold(r.When.Region), plan: fold(r.When.Plan),
	}
	var errs []error
	check := func(err error) { errs = append(errs, err) }
	check(r.checkModels())
	check(o.setRate(r))
	check(o.setTimes(r))
	check(o.setContext(r.When.ContextTokens))
	check(r.Rounding.check())
	check(r.checkEvidence())
	return o, errors.Join(errs...)
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
	unitSecond:    {unitSecond: 1, "minute": 60, "hour": 3600},
}

func (o *offer) setRate(r *Row) error {
	kind, known := kindNamed(r.Usage)
	if !known {
		return fmt.Errorf("usage %q is not a kind of usage; it must be one of %s", r.Usage, strings.Join(kindNames(), ", "))
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
	o.rate, err = newRate(price, per, factor)
	return err
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

func (o *offer) setTimes(r *Row) error {
	from, fromErr := instant("effective_from", r.EffectiveFrom, math.MinInt64)
	until, untilErr := instant("effective_until", r.EffectiveUntil, math.MaxInt64)
	o.from, o.until = from, until
	if fromErr == nil && untilErr == nil && from >= until {
		return fmt.Errorf("effective_from %q is not before effective_until %q", r.EffectiveFrom, r.EffectiveUntil)
	}
	return errors.Join(fromErr, untilErr)
}

func instant(key, text string, absent int64) (int64, error) {
	if text == "" {
		return absent, nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil || at.Year() < 2000 || at.Year() > 2200 {
		return 0, fmt.Errorf("%s %q is not a time; write it as 2026-08-21T00:00:00Z", key, text)
	}
	return at.UnixNano(), nil
}

func (o *offer) setContext(condition string) error {
	if condition == "" {
		return nil
	}
	operator, number, _ := strings.Cut(condition, " ")
	tokens, err := strconv.ParseInt(number, 10, 64)
	if err != nil || tokens < 0 || tokens == math.MaxInt64 || operator != ">" && operator != ">=" {
		return fmt.Errorf(`when.context_tokens %q is not a lower bound; write it as "> 200000" or ">= 200000"`, condition)
	}
	o.context = tokens
	if operator == ">" {
		o.context++
	}
	return nil
}

func (r Rounding) check() error {
	if r == (Rounding{}) {
		return nil
	}
	var errs []error
	for _, bound := range []struct{ key, value string }{{"minimum", r.Minimum}, {"up_to", r.UpTo}} {
		if bound.value != "" {
			_, err := parseDecimal(bound.value)
			errs = append(errs, about("rounding."+bound.key, bound.value, err))
		}
	}
	if r.Minimum == "" && r.UpTo == "" {
		errs = append(errs, errors.New("rounding has neither minimum nor up_to"))
	}
	if !slices.Contains([]string{"request", "leg", "session", "channel"}, r.Per) {
		errs = append(errs, fmt.Errorf("rounding.per %q must be request, leg, session or channel", r.Per))
	}
	return errors.Join(errs...)
}

func (r *Row) checkEvidence() error {
	var errs []error
	if _, err := time.Parse(time.DateOnly, r.Verified); r.Verified != "" && err != nil {
		errs = append(errs, fmt.Errorf("verified %q is not a date; write it as 2026-08-01", r.Verified))
	}
	if !slices.Contains([]string{"", "high", "medium", "low"}, r.Confidence) {
		errs = append(errs, fmt.Errorf("confidence %q must be high, medium or low", r.Confidence))
	}
	return errors.Join(errs...)
}

// tierName is a service tier as it is compared. Vendors have several words for no tier in particular.
func tierName(tier string) string {
	switch name := fold(tier); name {
	case "default", "standard", "auto", "on_demand":
		return ""
	default:
		return name
	}
}

// fold makes names comparable.
func fold(name string) string { return strings.ToLower(strings.TrimSpace(name)) }
