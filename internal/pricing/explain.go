package pricing

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Explanation is how a usage came to its price, or why it has none, for people to read and as JSON.
type Explanation struct {
	Asked Asked `json:"asked"`
	// Version is that of the book, Provider the vendor's name in it.
	Version  string `json:"version"`
	Provider string `json:"provider,omitempty"`
	// Lookup is the way to the model, name by name.
	Lookup []Step `json:"lookup"`
	// Rows are those of the model and kind, the one that applies included, in the order in which they are considered.
	Rows []Candidate `json:"rows"`
	// Reason is why there is no price, as Reason.String writes it, and Detail the same in words.
	Reason string `json:"reason,omitempty"`
	Detail string `json:"detail,omitempty"`
	// USD and List are the amounts, with and without the account's discounts; nil where there is no price.
	USD  *float64 `json:"usd"`
	List *float64 `json:"list_usd"`
	// Arithmetic is how they come about, line by line.
	Arithmetic []string `json:"arithmetic,omitempty"`
	// Estimate is why the vendor may bill another amount; empty where it is exact.
	Estimate string `json:"estimate,omitempty"`
}

// Asked is the usage that is explained.
type Asked struct {
	Provider      string  `json:"provider,omitempty"`
	Model         string  `json:"model,omitempty"`
	Usage         string  `json:"usage"`
	Quantity      float64 `json:"quantity"`
	Unit          string  `json:"unit"`
	RequestTokens int64   `json:"request_tokens,omitempty"`
	ServiceTier   string  `json:"service_tier,omitempty"`
	Region        string  `json:"region,omitempty"`
	Channels      int64   `json:"channels,omitempty"`
	Single        bool    `json:"single"`
	At            string  `json:"at"`
}

// Step is one name that was looked for.
type Step struct {
	// How the name comes from what was reported.
	How   string `json:"how"`
	Name  string `json:"name"`
	Found bool   `json:"found"`
}

// Candidate is a row that could have applied.
type Candidate struct {
	// Place is the file and the number of the row.
	Place      string   `json:"place"`
	Models     []string `json:"models"`
	Usage      string   `json:"usage"`
	Price      string   `json:"price"`
	Conditions string   `json:"conditions,omitempty"`
	Rounding   string   `json:"rounding,omitempty"`
	Source     string   `json:"source,omitempty"`
	Verified   string   `json:"verified,omitempty"`
	Confidence string   `json:"confidence,omitempty"`
	Note       string   `json:"note,omitempty"`
	// Applies is set for the row that applies; of the others Why says why they do not.
	Applies bool   `json:"applies"`
	Why     string `json:"why,omitempty"`
}

// Explain says how a usage comes to its price. It answers as Price does, but takes its time.
func (b *Book) Explain(u *Usage) Explanation {
	e := Explanation{Asked: asked(u), Lookup: []Step{}, Rows: []Candidate{}}
	s := search{book: b, stage: u.Kind.Stage(), trace: func(step Step) {
		if step.Name != "" && !slices.Contains(e.Lookup, step) {
			e.Lookup = append(e.Lookup, step)
		}
	}}
	m := s.find(u.Provider, u.Model)
	result := b.Price(u)
	e.Version, e.Provider, e.Reason = result.Version, result.Provider, result.Reason.String()
	e.Rows = append(e.Rows, b.candidates(u, m, result.Reason)...)
	if result.Reason != Priced {
		e.Detail = b.inWords(u, m, result.Reason)
		return e
	}
	q := b.quote(u.Provider, u.Model, u.Kind)
	chosen, _ := choose(q.offers, u, q.regionOf(u), u.At.UnixNano())
	e.USD, e.List, e.Arithmetic = &result.USD, &result.List, chosen.arithmetic(u)
	if result.Estimate != Exact {
		e.Estimate = result.Estimate.String()
	}
	return e
}

func asked(u *Usage) Asked {
	return Asked{
		Provider: u.Provider, Model: u.Model, Usage: u.Kind.String(), Quantity: u.Quantity.Float(), Unit: u.Kind.Unit(),
		RequestTokens: u.RequestTokens, ServiceTier: u.ServiceTier, Region: u.Region, Channels: u.Channels, Single: u.Single,
		At: u.At.UTC().Format(time.RFC3339Nano),
	}
}

// candidates are the rows of the models that were found, in order of precedence: those of the kind, and where the vendor
// bills another one instead, those of that.
func (b *Book) candidates(u *Usage, m match, reason Reason) []Candidate {
	of := []Kind{u.Kind}
	if like := kinds[u.Kind].like; like != Unknown && len(offersOf(m.products, u.Kind)) == 0 {
		of[0] = like
	}
	if reason == UnitMismatch {
		of = append(of, u.Kind.Pairs()...)
	}
	q := b.quote(u.Provider, u.Model, u.Kind)
	chosen, _ := choose(q.offers, u, q.regionOf(u), u.At.UnixNano())
	var candidates []Candidate
	seen := map[*Row]bool{}
	for _, p := range m.products {
		for _, o := range b.rowsOf(m.vendor, p, of) {
			if seen[o.row] {
				continue
			}
			seen[o.row] = true
			c := o.candidate()
			if c.Applies = reason == Priced && o.row == chosen.row; !c.Applies {
				c.Why = b.whyNot(o, of[0], u, q.regionOf(u), chosen)
			}
			candidates = append(candidates, c)
		}
	}
	return candidates
}

// rowsOf are the rows of a product and of kinds, in order of precedence, before discounts; those of plans that the account
// does not have are among them.
func (b *Book) rowsOf(v *vendor, p *product, of []Kind) []*offer {
	var rows []*offer
	for _, o := range b.rows {
		named := func(model string) bool { return fold(model) == p.id }
		if fold(o.row.Provider) == v.name && slices.Contains(of, o.kind) && slices.ContainsFunc(o.row.Models, named) {
			rows = append(rows, o)
		}
	}
	slices.SortStableFunc(rows, func(x, y *offer) int {
		return cmp.Or(cmp.Compare(slices.Index(of, x.kind), slices.Index(of, y.kind)), precedence(x, y))
	})
	return rows
}

func (o *offer) candidate() Candidate {
	return Candidate{
		Place: o.place(), Models: o.row.Models, Usage: o.kind.String(), Price: o.row.priceText(),
		Conditions: o.scope.String(), Rounding: o.rounding.String(),
		Source: o.row.Source, Verified: o.row.Verified, Confidence: o.row.Confidence, Note: o.row.Note,
	}
}

// whyNot is why a row is not the one that applies to a usage of a kind.
func (b *Book) whyNot(o *offer, kind Kind, u *Usage, region string, chosen *offer) string {
	at := u.At.UnixNano()
	switch {
	case o.kind != kind:
		return "is for " + o.kind.String()
	case o.plan != "" && o.plan != b.plans[fold(o.row.Provider)]:
		return fmt.Sprintf("is for the plan %s, which the account does not have", o.plan)
	case at < o.from:
		return "holds only from " + o.row.EffectiveFrom + " on"
	case at >= o.until:
		return "held only until " + o.row.EffectiveUntil
	case o.tier != u.ServiceTier && !sameTier(o.tier, u.ServiceTier):
		return fmt.Sprintf("is for the service tier %s, not %s", cmp.Or(o.tier, "default"), cmp.Or(u.ServiceTier, "default"))
	case o.region != "" && !sameName(o.region, region):
		return fmt.Sprintf("is for the region %s, not %s", o.region, cmp.Or(region, "an unknown one"))
	case o.window != nil && !o.window.has(minuteOf(at)):
		return fmt.Sprintf("is for %s UTC, not %s", o.window, clock(minuteOf(at)))
	case max(u.RequestTokens, 0) < o.context:
		return "needs a request of " + o.row.When.ContextTokens + " tokens; this one has " + sizeText(u.RequestTokens)
	case chosen != nil && chosen.row == o.row:
		return "a later layer bills the same use in another quantity"
	case chosen != nil && chosen.layer > o.layer:
		return chosen.place() + " is of a later layer"
	case chosen != nil:
		return chosen.place() + " is more specific"
	}
	return ""
}

func sizeText(tokens int64) string {
	if tokens <= 0 {
		return "an unknown number"
	}
	return grouped(strconv.FormatInt(tokens, 10))
}

// inWords is why there is no price.
func (b *Book) inWords(u *Usage, m match, reason Reason) string {
	switch reason {
	case NoProvider, NoModel:
		near := b.Nearest(u.Provider, u.Model)
		return map[Reason]string{
			NoProvider: "the book does not have this provider, or nothing says who it is",
			NoModel:    "the book does not have this model, or none is named and there is no default",
		}[reason] + hint(near)
	case Ambiguous:
		return "several providers or globs have this model and nothing says which of them is meant"
	case Expired:
		return "all rows of this kind are for other times"
	case UnitMismatch:
		return "the vendor bills the same use in another quantity"
	}
	return fmt.Sprintf("the model has prices for %s, and none that holds for %s",
		cmp.Or(strings.Join(kindsOf(m.products), ", "), "nothing"), u.Kind)
}

func kindsOf(products []*product) []string {
	var names []string
	for kind := range kindCount {
		if len(offersOf(products, kind)) > 0 {
			names = append(names, kind.String())
		}
	}
	return names
}
