package importer

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/otelcol-voice/otelcol-voice/internal/pricing"
)

// unit is a unit of rows as catalogues price it.
type unit struct {
	name  string
	zeros int // of the per that people write: prices of tokens are for 1,000,000
}

var (
	token     = unit{"token", 6}
	character = unit{"character", 6}
	second    = unit{"second", 0}
	minute    = unit{"minute", 0}
	hour      = unit{"hour", 0}
)

// millions is what a price for 1,000,000 of a unit is for one.
const millions = -6

// table is a layer in the making. Rows that it has taken do not overlap, whatever the catalogue says.
type table struct {
	name    string
	known   *knowledge
	sources string // where rows come from that do not say
	makers  map[string]bool
	aliases map[string][]string // by vendor
	rows    map[string][]pricing.Row
	taken   map[slot]string // what it costs
	notes   notebook
}

// slot is what only one row may price.
type slot struct {
	vendor, model, usage string
	when                 pricing.Conditions
	from                 string
}

func newTable(name, sources string, known *knowledge) *table {
	return &table{
		name: name, known: known, sources: sources,
		makers: map[string]bool{}, aliases: map[string][]string{}, rows: map[string][]pricing.Row{},
		taken: map[slot]string{}, notes: notebook{},
	}
}

// adder is add or addImplied.
type adder func(row pricing.Row, kind pricing.Kind, u unit, each number)

// add takes a row that says what one of a unit costs. Models that have such a price already are left out of it.
func (t *table) add(row pricing.Row, kind pricing.Kind, u unit, each number) {
	price, per, rounded := each.quoted(u.zeros)
	if rounded {
		t.notes.add(noteRounded, row.Provider+"/"+strings.Join(row.Models, ", ")+" "+kind.String())
	}
	row.Usage, row.Unit, row.Price, row.Per = kind.String(), u.name, price, per
	row.Verified, row.Confidence = evidence(row.Verified, row.Confidence)
	row.Models = slices.DeleteFunc(slices.Clone(row.Models), func(model string) bool {
		return t.isBilledOtherwise(&row, model, kind) || t.isTaken(&row, model)
	})
	switch {
	case row.Provider == "":
		t.notes.add(noteBadModel, strings.Join(row.Models, ", "))
	case len(row.Models) > 0:
		t.rows[row.Provider] = append(t.rows[row.Provider], row)
	}
}

func (t *table) isBilledOtherwise(row *pricing.Row, model string, kind pricing.Kind) bool {
	other := len(kind.Pairs()) > 0 && t.known.billsOther(row.Provider, model, kind)
	if other {
		t.notes.add(noteOtherQuantity, row.Provider+"/"+model+" "+row.Usage)
	}
	return other
}

// evidence leaves out what a row may not say about how it is known.
func evidence(verified, confidence string) (day, level string) {
	if _, err := time.Parse(time.DateOnly, verified); err != nil {
		verified = ""
	}
	if !slices.Contains([]string{"high", "medium", "low"}, confidence) {
		confidence = ""
	}
	return verified, confidence
}

// isTaken says whether a model has a price for what a row prices, and remembers the row's price for it if not. No id is no
// model.
func (t *table) isTaken(row *pricing.Row, model string) bool {
	if model == "" {
		return true
	}
	s := slot{row.Provider, model, row.Usage, row.When, row.EffectiveFrom}
	cost := row.Price + " per " + row.Per + " " + row.Unit
	other, taken := t.taken[s]
	if taken && other != cost {
		t.notes.add(noteSecondPrice, row.Provider+"/"+model+" "+row.Usage)
	}
	if !taken {
		t.taken[s] = cost
	}
	return taken
}

// addImplied takes a row that the catalogue does not state but means. It does not displace what the book knows.
func (t *table) addImplied(row pricing.Row, kind pricing.Kind, u unit, each number) {
	row.Models = slices.DeleteFunc(slices.Clone(row.Models), func(model string) bool {
		return t.known.prices(row.Provider, model, kind)
	})
	if len(row.Models) > 0 {
		t.add(row, kind, u, each)
	}
}

// layer is what was taken, one file for each vendor.
func (t *table) layer() pricing.Layer {
	var layer pricing.Layer
	for vendor := range t.rows {
		t.leaveOne(vendor)
	}
	for _, vendor := range slices.Sorted(maps.Keys(t.rows)) {
		layer = append(layer, pricing.File{
			Name: t.name, Catalogue: true, Provider: vendor, ProviderAliases: t.aliasesOf(vendor),
			Reseller: !t.known.has(vendor) && !t.makers[vendor],
			Source:   t.sources, Rows: t.rows[vendor],
		})
	}
	return layer
}

// aliasesOf are a vendor's other names that are no names of others.
func (t *table) aliasesOf(vendor string) []string {
	var aliases []string
	for _, alias := range t.aliases[vendor] {
		_, has := t.known.names[alias]
		if alias != vendor && alias != "" && !has && t.rows[alias] == nil && !slices.Contains(aliases, alias) {
			aliases = append(aliases, alias)
		}
	}
	return aliases
}
