package pricing

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// match is what the book has for the model of a usage.
type match struct {
	vendor   *vendor    // nil where the usage leads to none
	products []*product // most specific first
	region   string     // that the model's id tells
	nameless bool       // the usage names only a vendor
	reason   Reason     // why there is nothing
}

// search looks a model up. It keeps a record of the way only where somebody asks for it.
type search struct {
	book  *Book
	stage string
	trace func(step Step)
}

// find is who sells a usage and what the book has for its model.
func (s *search) find(provider, model string) match {
	provider, model = fold(provider), fold(model)
	if provider == "" {
		return s.findModel(model)
	}
	v := s.book.byName[provider]
	s.note("provider", provider, v != nil)
	if v == nil {
		return match{reason: NoProvider}
	}
	return s.findAt(v, model)
}

// findAt looks a model up at a vendor: under the names that its id comes down to, then, where it names no model at all,
// under the vendor's default, then by globs. Products that only later layers have leave the rest to the less specific.
func (s *search) findAt(v *vendor, model string) match {
	m := match{vendor: v}
	names, region := s.book.names(v, model)
	m.region = region
	if s.collect(&m, names) {
		return m
	}
	if len(m.products) == 0 && s.book.onlyNames(v, model) {
		m.nameless = true
		s.collect(&m, v.spellings(sought{"default", v.defaults[s.stage]}))
	} else {
		s.collectGlobs(&m, names)
	}
	if len(m.products) == 0 && m.reason == Priced {
		m.reason = NoModel
	}
	return m
}

// onlyNames says whether what stands for a model says no more than who the vendor is.
func (b *Book) onlyNames(v *vendor, model string) bool { return model == "" || b.byName[model] == v }

// collect adds the products that a vendor has under the names, in their order, up to the first that leaves nothing to
// others. It says whether it came to one.
func (s *search) collect(m *match, names []sought) (complete bool) {
	for _, name := range names {
		p := m.vendor.products[name.id]
		s.note(name.how, name.id, p != nil)
		if p == nil || p.glob || slices.Contains(m.products, p) {
			continue
		}
		m.products = append(m.products, p)
		if p.base {
			return true
		}
	}
	return false
}

// collectGlobs adds the products whose globs stand for one of the names, those with the most literal characters first.
// Two that are equally specific leave the choice open.
func (s *search) collectGlobs(m *match, names []sought) {
	found := m.vendor.globsFor(names)
	for i, p := range found {
		s.note("glob", p.id, true)
		if i+1 < len(found) && literals(found[i+1].id) == literals(p.id) {
			s.note("glob", found[i+1].id, true)
			m.products, m.reason = nil, Ambiguous
			return
		}
		m.products = append(m.products, p)
		if p.base {
			return
		}
	}
}

// globsFor are the vendor's products with a glob for one of the names, most specific first. Absurd names have none: they
// are looked up each time anew, which must stay cheap.
func (v *vendor) globsFor(names []sought) []*product {
	var found []*product
	for _, p := range v.globs {
		if slices.ContainsFunc(names, func(name sought) bool {
			return name.id != "" && len(name.id) <= maxKeyLength && matches(p.id, name.id)
		}) {
			found = append(found, p)
		}
	}
	return found
}

// findModel finds who sells a model where no provider is named: the one vendor, not a reseller, that has it.
func (s *search) findModel(model string) match {
	if model == "" {
		return match{reason: NoProvider}
	}
	plain := undated(model)
	sellers, resold := s.sellers("seller", func(v *vendor) bool { return v.has(model, plain) })
	if len(sellers) == 0 {
		s.note("id at any provider", model, false)
	}
	prefix, _, _ := strings.Cut(model, "/")
	named := s.book.byName[prefix]
	if len(sellers) == 0 && named == nil && !resold {
		sellers, _ = s.sellers("seller by glob", func(v *vendor) bool { return v.claims(model) })
	}
	switch {
	case len(sellers) == 1:
		return s.findAt(sellers[0], model)
	case len(sellers) > 1:
		return match{reason: Ambiguous}
	case named != nil:
		s.note("provider in front of the model", prefix, true)
		return s.findAt(named, model)
	case resold:
		return match{reason: NoProvider}
	}
	return match{reason: NoModel}
}

// sellers are the vendors that have a model, but for resellers: whether one has it is said apart.
func (s *search) sellers(how string, has func(*vendor) bool) (sellers []*vendor, resold bool) {
	for _, v := range s.book.vendors {
		switch {
		case !has(v):
		case v.reseller:
			s.note("reseller", v.name, true)
			resold = true
		default:
			s.note(how, v.name, true)
			sellers = append(sellers, v)
		}
	}
	return sellers, resold
}

// has says whether a vendor has a model, given as it stands and without its date.
func (v *vendor) has(model, plain string) bool {
	for _, id := range [...]string{model, v.aliases[model], plain, v.aliases[plain]} {
		if p := v.products[id]; p != nil && !p.glob {
			return true
		}
	}
	return false
}

// claims says whether a vendor has a glob for a model of which nobody said whose it is. One that stands for everything
// claims nothing.
func (v *vendor) claims(model string) bool {
	return !v.reseller && slices.ContainsFunc(v.globsFor([]sought{{"id", model}}), func(p *product) bool { return literals(p.id) > 0 })
}

// sought is a name under which the book may have a model, and how it comes from the id that was reported.
type sought struct{ how, id string }

// spellings are the names of a model that a vendor may have for one id: the id, what it is an alias of, and the same without
// the date at its end.
func (v *vendor) spellings(name sought) []sought {
	names := []sought{name}
	if alias := v.aliases[name.id]; alias != "" {
		names = append(names, sought{name.how + ", alias", alias})
	}
	plain := undated(name.id)
	if plain == "" {
		return names
	}
	names = append(names, sought{name.how + ", no date", plain})
	if alias := v.aliases[plain]; alias != "" {
		names = append(names, sought{name.how + ", no date, alias", alias})
	}
	return names
}

// names are the names under which a vendor may have a model, most specific first: the id as reported, without the provider,
// without the path of a resource, without a region, without the name that Bedrock puts before the models of others. The
// region is the one that the id tells, or "".
func (b *Book) names(v *vendor, model string) (names []sought, region string) {
	names = v.spellings(sought{"id", model})
	add := func(how, id string) {
		model = id
		names = append(names, v.spellings(sought{how, id})...)
	}
	if prefix, rest, _ := strings.Cut(model, "/"); rest != "" && b.byName[prefix] == v {
		add("no provider", rest)
	}
	if rest := withoutPath(model); rest != "" {
		add("no path", rest)
	}
	if rest, where := withoutRegion(model); rest != "" {
		region = where
		add("no region", rest)
	}
	if maker, rest, _ := strings.Cut(model, "."); rest != "" && slices.Contains(makers, maker) {
		add("no maker", rest)
	}
	return names, region
}

// resources are the words before a model's id in the name of a resource: publishers/google/models/gemini-2.5-flash,
// arn:aws:bedrock:us-east-1:1:inference-profile/us.anthropic.claude-sonnet-4-5.
var resources = []string{"models", "inference-profile", "foundation-model"}

// withoutPath is a model id without the name of the resource that it is in, or "" where there is none.
func withoutPath(model string) string {
	slash := strings.LastIndex(model, "/")
	if slash < 0 {
		return ""
	}
	path, id := model[:slash], model[slash+1:]
	word := path[strings.LastIndexAny(path, "/:")+1:]
	if !slices.Contains(resources, word) {
		return ""
	}
	return id
}

// regions are what clouds put before the ids of models that are served in a part of the world.
var regions = []string{"us", "eu", "apac", "global", "jp", "au", "us-gov", "ca"}

// makers are what Bedrock puts before the ids of models of others, and of Amazon's.
var makers = []string{
	"ai21", "amazon", "anthropic", "cohere", "deepseek", "google", "luma", "meta", "minimax", "mistral", "moonshot",
	"nvidia", "openai", "qwen", "stability", "twelvelabs", "writer", "zai",
}

// withoutRegion is a model id without the region before it (us.anthropic.claude-sonnet-4-5, eu/gpt-4o,
// us-east-1/anthropic.claude-sonnet-4-5), and the region; both are "" where there is none.
func withoutRegion(model string) (id, region string) {
	at := strings.IndexAny(model, "./")
	if at < 0 {
		return "", ""
	}
	region, id = model[:at], model[at+1:]
	if slices.Contains(regions, region) || model[at] == '/' && isDataCenter(region) {
		return id, region
	}
	return "", ""
}

// isDataCenter says whether a name is that of a region of AWS: us-east-1, ap-southeast-2, us-gov-west-1.
func isDataCenter(name string) bool {
	parts := strings.Split(name, "-")
	last := parts[len(parts)-1]
	return len(parts) >= 3 && len(parts) <= 4 && len(parts[0]) == 2 && len(last) == 1 && '0' <= last[0] && last[0] <= '9'
}

// undated is a model id without the date that vendors put at the end of a version (-2024-08-06, -20251001, @20251001;
// Bedrock adds a revision of its own, -20250929-v1:0), or "" where there is none.
func undated(model string) string {
	model = cmp.Or(withoutRevision(model), model)
	for _, layout := range []string{"-2006-01-02", "-20060102", "@20060102"} {
		at := len(model) - len(layout)
		if at <= 0 || model[at] != layout[0] {
			continue
		}
		if date, err := time.Parse(layout, model[at:]); err == nil && date.Year() >= 2020 {
			return model[:at]
		}
	}
	return ""
}

// withoutRevision is a model id without -v1 or -v1:0 at its end, or "" where there is none. The revision alone tells models
// apart; only with a date before it, it is part of the date.
func withoutRevision(model string) string {
	at := strings.LastIndex(model, "-v")
	if at <= 0 || strings.Trim(model[at+2:], "0123456789:") != "" {
		return ""
	}
	return model[:at]
}

func (s *search) note(how, name string, found bool) {
	if s.trace != nil {
		s.trace(Step{How: how, Name: name, Found: found})
	}
}
