package pricing

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Book answers what a usage costs. It does not change; it is safe for concurrent use.
type Book struct {
	vendors []*vendor          // by name
	byName  map[string]*vendor // by name and by alias
	rows    []*offer           // all of them, in the order of layers and files, before discounts
	plans   map[string]string  // the plan chosen, by provider
	version string
	doubts  []string
	cache   cache
}

// vendor is what the book says of a provider.
type vendor struct {
	name     string
	reseller bool
	defaults map[string]string // model id by stage
	aliases  map[string]string // model id by other name
	products map[string]*product
	first    int        // the lowest layer that has rows of it
	globs    []*product // those of products whose id is a glob, most specific first
}

// product is what the book says of a model id of a vendor, or of a glob for such ids.
type product struct {
	id   string
	glob bool
	// base: the first layer has the id. It is then a model of its own, and what it has no row for is not looked up under
	// the id that it would be a dated version of.
	base   bool
	offers [kindCount][]*offer // by precedence
}

// Settings are what an account has with its vendors.
type Settings struct {
	// Plans are the plan that the account has with a provider, by provider: rows with another plan are left out.
	Plans map[string]string
	// Discounts are applied last, over all layers, in their order.
	Discounts []Discount
}

// NewBook puts layers together. The error has everything that is wrong, by file and row.
func NewBook(settings Settings, layers ...Layer) (*Book, error) {
	b := builder{vendors: map[string]*vendor{}, aliases: map[string]string{}, plans: map[string]string{}}
	for number, layer := range layers {
		for i := range layer {
			b.addFile(&layer[i], number)
		}
		b.checkOverlaps(number)
		b.checkPairs(number)
	}
	for i, discount := range settings.Discounts {
		b.addDiscount(fmt.Sprintf("discounts[%d]", i), discount, 0, true)
	}
	b.checkReferences()
	b.doubt()
	b.choosePlans(settings.Plans)
	b.applyDiscounts()
	b.finish()
	if err := errors.Join(b.errs...); err != nil {
		return nil, err
	}
	book := b.book()
	book.version = version(book.Newest(), settings, layers)
	return book, nil
}

// Version identifies the book's content: the day of its newest row and a digest of all.
func (b *Book) Version() string { return b.version }

// Size is how many vendors have rows, how many models they have, and how many prices there are: kinds of usage of a model that
// have at least one row, whatever its conditions.
func (b *Book) Size() Size {
	type model struct{ vendor, id string }
	type price struct {
		model
		kind Kind
	}
	vendors, models, prices := map[string]bool{}, map[model]bool{}, map[price]bool{}
	for _, o := range b.rows {
		vendor := fold(o.row.Provider)
		vendors[vendor] = true
		for _, id := range o.row.Models {
			m := model{vendor, fold(id)}
			models[m], prices[price{m, o.kind}] = true, true
		}
	}
	return Size{Vendors: len(vendors), Models: len(models), Prices: len(prices), Rows: len(b.rows)}
}

// Size is how much is in a book.
type Size struct{ Vendors, Models, Prices, Rows int }

// builder is a book in the making.
type builder struct {
	vendors   map[string]*vendor
	aliases   map[string]string // provider's name by alias
	plans     map[string]string // the plan chosen, by provider
	rows      []*offer
	discounts []*discount
	refs      []reference
	doubts    []string
	errs      []error
}

// reference is a name in a file that must lead to a model.
type reference struct {
	place  string
	vendor *vendor
	id     string
	stage  string // that the model must have a price of; empty: any
}

func (b *builder) fail(format string, args ...any) {
	b.errs = append(b.errs, fmt.Errorf(format, args...))
}

func (b *builder) vendor(name string) *vendor {
	v := b.vendors[name]
	if v == nil {
		v = &vendor{
			name: name, defaults: map[string]string{}, aliases: map[string]string{}, products: map[string]*product{},
		}
		b.vendors[name] = v
	}
	return v
}

func (b *builder) addFile(f *File, layer int) {
	b.addVendor(f)
	b.addRows(f, layer)
	for i, multiplier := range f.Multipliers {
		multiplier.Provider = cmp.Or(multiplier.Provider, f.Provider)
		b.addDiscount(fmt.Sprintf("%s: multipliers[%d]", f.Name, i), multiplier, layer, false)
	}
}

// addVendor takes what a file says of its vendor as a whole.
func (b *builder) addVendor(f *File) {
	name := fold(f.Provider)
	if name == "" {
		if len(f.ProviderAliases)+len(f.Defaults)+len(f.ModelAliases) > 0 || f.Reseller {
			b.fail("%s: provider_aliases, reseller, defaults and model_aliases need the file's provider", f.Name)
		}
		return
	}
	v := b.vendor(name)
	v.reseller = v.reseller || f.Reseller
	b.addAliases(f, v)
	for _, stage := range slices.Sorted(maps.Keys(f.Defaults)) {
		if !slices.Contains(Stages, stage) {
			b.fail("%s: defaults has stage %q; it must be one of %s", f.Name, stage, strings.Join(Stages, ", "))
		}
		v.defaults[stage] = fold(f.Defaults[stage])
		b.refs = append(b.refs, reference{f.Name + ": defaults." + stage, v, v.defaults[stage], stage})
	}
}

func (b *builder) addAliases(f *File, v *vendor) {
	for _, alias := range f.ProviderAliases {
		name := fold(alias)
		if owner, taken := b.aliases[name]; name == "" || taken && owner != v.name {
			b.fail("%s: provider alias %q is empty or already means %s", f.Name, alias, owner)
		}
		b.aliases[name] = v.name
	}
	for _, alias := range slices.Sorted(maps.Keys(f.ModelAliases)) {
		if fold(alias) == "" {
			b.fail("%s: a model alias is empty", f.Name)
		}
		id := fold(f.ModelAliases[alias])
		v.aliases[fold(alias)] = id
		b.refs = append(b.refs, reference{f.Name + ": model_aliases." + alias, v, id, ""})
	}
}

func (b *builder) addRows(f *File, layer int) {
	rows := f.rows()
	for i := range rows {
		row := &rows[i]
		offer, err := row.compile()
		if fold(row.Provider) == "" {
			err = errors.Join(errors.New("provider is empty; name who bills"), err)
		}
		if err != nil {
			b.failRow(fmt.Sprintf("%s: row %d (%s %s)", f.Name, i+1, strings.Join(row.Models, ", "), row.Usage), err)
			continue
		}
		offer.layer, offer.file, offer.number, offer.foreign = layer, f.Name, i+1, f.Catalogue
		b.addOffer(offer)
	}
}

// failRow notes each of a row's errors with the row's place.
func (b *builder) failRow(place string, err error) {
	if several, ok := err.(interface{ Unwrap() []error }); ok {
		for _, err := range several.Unwrap() {
			b.failRow(place, err)
		}
		return
	}
	if err != nil {
		b.fail("%s: %w", place, err)
	}
}

func (b *builder) addOffer(o *offer) {
	b.rows = append(b.rows, o)
	v := b.vendor(fold(o.row.Provider))
	if len(v.products) == 0 {
		v.first = o.layer
	}
	for _, model := range o.row.Models {
		id := fold(model)
		p := v.products[id]
		if p == nil {
			p = &product{id: id, glob: isGlob(id), base: o.layer == 0}
			v.products[id] = p
		}
		p.offers[o.kind] = append(p.offers[o.kind], o)
	}
}

// checkOverlaps looks for two rows of a layer that would both price a usage.
func (b *builder) checkOverlaps(layer int) {
	b.eachOffers(func(v *vendor, id string, kind Kind, offers []*offer) []*offer {
		first := slices.IndexFunc(offers, func(o *offer) bool { return o.layer == layer })
		if first < 0 {
			return offers
		}
		if of := len(offers) - first; of > maxVariants {
			b.fail("%s: %d rows price %s of %s/%s; at most %d are taken", offers[first].file, of, kind, v.name, id, maxVariants)
			return offers
		}
		if x, y := conflict(offers[first:]); x != nil {
			b.fail("two rows price %s of %s/%s at the same time under the same or overlapping conditions: %s %s and %s %s; "+
				"end one with effective_until or narrow one with when", kind, v.name, id, x.place(), x, y.place(), y)
		}
		return offers
	})
}

// eachOffers visits the offers of each vendor, model and kind, in a fixed order, and replaces them by what visit returns.
func (b *builder) eachOffers(visit func(*vendor, string, Kind, []*offer) []*offer) {
	for _, v := range sorted(b.vendors) {
		for _, id := range slices.Sorted(maps.Keys(v.products)) {
			p := v.products[id]
			for kind := range p.offers {
				if len(p.offers[kind]) > 0 {
					p.offers[kind] = visit(v, id, Kind(kind), p.offers[kind])
				}
			}
		}
	}
}

func sorted(vendors map[string]*vendor) []*vendor {
	return slices.SortedFunc(maps.Values(vendors), func(a, b *vendor) int { return cmp.Compare(a.name, b.name) })
}

// checkReferences looks for names that lead nowhere.
func (b *builder) checkReferences() {
	for _, alias := range slices.Sorted(maps.Keys(b.aliases)) {
		if v := b.vendors[alias]; v != nil && v.name != b.aliases[alias] {
			b.fail("provider alias %q of %s is the name of another provider", alias, b.aliases[alias])
		}
	}
	for _, ref := range b.refs {
		if p := ref.vendor.products[ref.id]; p == nil || !p.serves(ref.stage) {
			b.fail("%s: there is no row of %s/%s%s", ref.place, ref.vendor.name, ref.id, ofStage(ref.stage))
		}
	}
}

func ofStage(stage string) string {
	if stage == "" {
		return ""
	}
	return " that is " + stage
}

func (p *product) serves(stage string) bool {
	for kind, offers := range p.offers {
		if len(offers) > 0 && (stage == "" || kinds[kind].stage == stage) {
			return true
		}
	}
	return false
}

// choosePlans leaves out the offers of plans that the account does not have, and puts the others in order.
func (b *builder) choosePlans(plans map[string]string) {
	for provider, plan := range plans {
		b.plans[fold(provider)] = fold(plan)
	}
	known := map[string][]string{}
	note := func(vendor, plan string) {
		if plan != "" && !slices.Contains(known[vendor], plan) {
			known[vendor] = append(known[vendor], plan)
		}
	}
	for _, d := range b.discounts {
		if v := b.vendorNamed(d.written.Provider); v != nil {
			note(v.name, d.plan)
		}
	}
	b.eachOffers(func(v *vendor, _ string, _ Kind, offers []*offer) []*offer {
		for _, o := range offers {
			note(v.name, o.plan)
		}
		offers = slices.DeleteFunc(offers, func(o *offer) bool { return o.plan != "" && o.plan != b.plans[v.name] })
		slices.SortStableFunc(offers, precedence)
		return offers
	})
	b.checkPlans(known)
}

// checkPlans looks for chosen plans that no row is for; known are those that rows are for, by provider.
func (b *builder) checkPlans(known map[string][]string) {
	for _, provider := range slices.Sorted(maps.Keys(b.plans)) {
		plan := b.plans[provider]
		switch {
		case known[provider] == nil:
			b.fail("plans: provider %q is unknown or has no plans; those that have some are %q",
				provider, slices.Sorted(maps.Keys(known)))
		case !slices.Contains(known[provider], plan):
			b.fail("plans: %s has no plan %q; known are %q", provider, plan, known[provider])
		}
	}
}

// finish makes offers and globs ready to be asked.
func (b *builder) finish() {
	b.eachOffers(func(v *vendor, id string, kind Kind, offers []*offer) []*offer {
		offers = visible(offers)
		for _, o := range offers {
			if err := o.ready(); err != nil {
				b.fail("%s: %w, for %s of %s", o.place(), err, kind, id)
			}
		}
		return offers
	})
	for _, v := range b.vendors {
		for _, p := range v.products {
			if p.glob {
				v.globs = append(v.globs, p)
			}
		}
		slices.SortFunc(v.globs, func(a, b *product) int {
			return cmp.Or(cmp.Compare(literals(b.id), literals(a.id)), cmp.Compare(a.id, b.id))
		})
	}
}

func (b *builder) book() *Book {
	names := maps.Clone(b.vendors)
	for alias, name := range b.aliases {
		names[alias] = b.vendors[name]
	}
	return &Book{vendors: sorted(b.vendors), byName: names, rows: b.rows, plans: b.plans, doubts: b.doubts}
}

// version digests what was put together, not how it was written: comments and order of keys do not count.
func version(newest time.Time, settings Settings, layers []Layer) string {
	settings, layers = withoutEmpty(settings, layers)
	// Strings, and structs, slices and maps of them, cannot fail to encode.
	content, _ := json.Marshal([]any{settings, layers})
	digest := sha256.Sum256(content)
	version := hex.EncodeToString(digest[:4])
	if !newest.IsZero() {
		version = newest.Format(time.DateOnly) + "+" + version
	}
	return version
}

// withoutEmpty is the same without what is there but empty, which depends on how a configuration was read.
func withoutEmpty(settings Settings, layers []Layer) (Settings, []Layer) {
	if len(settings.Plans) == 0 {
		settings.Plans = nil
	}
	if len(settings.Discounts) == 0 {
		settings.Discounts = nil
	}
	var full []Layer
	for _, layer := range layers {
		layer = slices.DeleteFunc(slices.Clone(layer), func(f File) bool { return f.saysNothing() })
		if len(layer) > 0 {
			full = append(full, layer)
		}
	}
	return settings, full
}

func (f *File) saysNothing() bool {
	return f.Provider == "" && len(f.Rows)+len(f.Multipliers)+len(f.ProviderAliases)+len(f.Defaults)+len(f.ModelAliases) == 0
}
