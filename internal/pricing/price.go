package pricing

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// Usage is something that was used and may cost money.
type Usage struct {
	// Provider and Model are as reported; either may be empty.
	Provider string
	Model    string
	Kind     Kind
	Quantity Quantity
	// RequestTokens is the input tokens of the whole request, or 0 where unknown: no context tier then applies.
	RequestTokens int64
	ServiceTier   string
	// Region is where it took place; where it is empty, the model's id may tell (us.anthropic.claude-sonnet-4-5).
	Region string
	// Channels is how many channels were transcribed; 0 is one.
	Channels int64
	// Single says that the quantity is one report of use as it happened, not a sum of several: minimum and rounding apply.
	Single bool
	// At is when it was used, which decides about the price.
	At time.Time
}

// Reason says why a usage has no price.
type Reason uint8

// The reasons. Priced is none.
const (
	Priced       Reason = iota
	NoProvider          // the provider is not in the book, or the usage names neither a model nor a provider that decide
	NoModel             // the provider is, the model is not
	NoKind              // the model has no price for this kind under these conditions
	UnitMismatch        // the model bills the same use in one of the kind's pairs
	Expired             // there are prices, but none at that time
	Ambiguous           // several providers have the model and the usage names none
	Reasons             // how many there are
)

var reasons = [Reasons]string{
	NoProvider: "no_provider", NoModel: "no_model", NoKind: "no_kind",
	UnitMismatch: "unit_mismatch", Expired: "expired", Ambiguous: "ambiguous",
}

// String is the reason as the attribute reason writes it.
func (r Reason) String() string { return reasons[r] }

// Estimate says why an amount is only linear in the usage.
type Estimate uint8

// The estimates. Exact is none.
const (
	Exact            Estimate = iota
	EstimateRounding          // the vendor rounds, and the usage is not a single report
	EstimateContext           // the price depends on the size of the request, which is unknown
	Estimates                 // how many there are
)

var estimates = [Estimates]string{Exact: "exact", EstimateRounding: "rounding", EstimateContext: "context_size"}

// String is the estimate in a word.
func (e Estimate) String() string { return estimates[e] }

// Result is the answer to a usage.
type Result struct {
	// USD is the amount, exact but for one rounding to float64. It is meaningless unless Reason is Priced.
	USD float64
	// List is the amount without discounts.
	List float64
	// Estimate says whether the amount is what the vendor bills, or why it may be another.
	Estimate Estimate
	// Row is the row that applied, or nil.
	Row *Row
	// Version is that of the book that answered.
	Version string
	// Provider is the vendor's name in the book, or "" where the usage leads to none.
	Provider string
	// Nameless is set where the usage names a provider only, be it in the place of the model.
	Nameless bool
	Reason   Reason
}

// Price says what a usage costs or why that is not known. It allocates nothing once it has seen the provider, model and
// kind.
func (b *Book) Price(u *Usage) Result {
	return b.answer(b.quote(u.Provider, u.Model, u.Kind), u)
}

func (b *Book) answer(q *quote, u *Usage) Result {
	result := Result{Provider: q.provider, Nameless: q.nameless, Reason: q.reason, Version: b.version}
	if q.reason != Priced {
		return result
	}
	region, at := q.regionOf(u), u.At.UnixNano()
	o, sizeUnknown := choose(q.offers, u, region, at)
	if o == nil || q.overruled(o, u, region, at) {
		result.Reason = q.reasonAt(u, region, at)
		return result
	}
	basis, quantity, estimate := o.billed(u)
	result.Row, result.Estimate = o.row, estimate
	if sizeUnknown && estimate == Exact {
		result.Estimate = EstimateContext
	}
	result.USD = o.charge[basis].of(quantity)
	result.List = result.USD
	if o.list != nil {
		result.List = o.list[basis].of(quantity)
	}
	return result
}

// ChangesAfter says whether what a usage costs, or why it has no price, can still change after a moment, other than by the
// conditions of the single usage. Like Price it allocates nothing once it has seen provider, model and kind.
func (b *Book) ChangesAfter(u *Usage, moment time.Time) bool {
	return b.quote(u.Provider, u.Model, u.Kind).lastChange > moment.UnixNano()
}

// quote is what the book offers for a kind of a model: all that does not depend on the single usage.
type quote struct {
	key      quoteKey // under which it is remembered
	provider string
	nameless bool
	region   string // that the model's id tells
	reason   Reason
	offers   []*offer // by precedence
	paired   []*offer // of the kind's pairs, by precedence as well
	// lastChange is when the last of all these begins or ends, in Unix nanoseconds.
	lastChange int64
}

func (b *Book) quote(provider, model string, kind Kind) *quote {
	key := quoteKey{provider, model, kind}
	if q := b.cache.get(key); q != nil {
		return q
	}
	q := b.makeQuote(provider, model, kind)
	b.cache.put(key, q)
	return q
}

func (b *Book) makeQuote(provider, model string, kind Kind) *quote {
	m := (&search{book: b, stage: kind.Stage()}).find(provider, model)
	q := &quote{reason: m.reason, nameless: m.nameless, region: m.region}
	if m.vendor != nil {
		q.provider = m.vendor.name
	}
	q.offers = offersOf(m.products, kind)
	if like := kinds[kind].like; len(q.offers) == 0 && like != Unknown {
		q.offers = offersOf(m.products, like)
	}
	for _, pair := range kind.Pairs() {
		q.paired = append(q.paired, offersOf(m.products, pair)...)
	}
	slices.SortStableFunc(q.paired, precedence)
	q.lastChange = max(lastChange(q.offers), lastChange(q.paired))
	return q
}

// overruled says whether a later layer than an offer's has a price for the same use in another quantity. Whoever wrote that
// has decided what is billed: by both, the use would be billed twice.
func (q *quote) overruled(o *offer, u *Usage, region string, at int64) bool {
	if len(q.paired) == 0 || q.paired[0].layer <= o.layer {
		return false
	}
	pair, _ := choose(q.paired, u, region, at)
	return pair != nil && pair.layer > o.layer
}

// regionOf is where a usage took place: as it tells, else as the model's id does.
func (q *quote) regionOf(u *Usage) string { return cmp.Or(u.Region, q.region) }

// lastChange is when the last of the offers begins or ends; those that always hold never do, and those with hours of the day
// go on doing so.
func lastChange(offers []*offer) int64 {
	last := int64(math.MinInt64)
	for _, o := range offers {
		last = max(last, o.from)
		if o.until != math.MaxInt64 || o.window != nil {
			last = max(last, o.until)
		}
	}
	return last
}

func offersOf(products []*product, kind Kind) []*offer {
	var offers []*offer
	for _, p := range products {
		offers = append(offers, p.offers[kind]...)
	}
	return offers
}

// choose is the offer that a usage comes to, or nil; and whether the size of the request, which is unknown, might have led
// to another one.
func choose(offers []*offer, u *Usage, region string, at int64) (chosen *offer, sizeUnknown bool) {
	for _, o := range offers {
		short := max(u.RequestTokens, 0) < o.context
		switch {
		case short && u.RequestTokens > 0, !o.has(u, region, at):
		case short:
			sizeUnknown = true
		default:
			return o, sizeUnknown
		}
	}
	return nil, sizeUnknown
}

// reasonAt is why none of the offers applies.
func (q *quote) reasonAt(u *Usage, region string, at int64) Reason {
	if pair, _ := choose(q.paired, u, region, at); pair != nil {
		return UnitMismatch
	}
	for _, o := range q.offers {
		if o.holds(at) {
			return NoKind
		}
	}
	if len(q.offers) > 0 {
		return Expired
	}
	return NoKind
}
