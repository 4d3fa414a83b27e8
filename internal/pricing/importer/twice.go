package importer

import (
	"maps"
	"slices"

	"github.com/otelcol-voice/otelcol-voice/internal/pricing"
)

// leaveOne leaves one of two rows of a vendor that bill the same use of a model, each in another quantity.
func (t *table) leaveOne(vendor string) {
	rows := t.rows[vendor]
	byModel := pairedRows(rows)
	for _, model := range slices.Sorted(maps.Keys(byModel)) {
		for _, row := range t.surplus(byModel[model], model) {
			t.notes.add(noteSameUse, vendor+"/"+model+" "+row.Usage)
			row.Models = slices.DeleteFunc(row.Models, func(id string) bool { return id == model })
		}
	}
	t.rows[vendor] = slices.DeleteFunc(rows, func(row pricing.Row) bool { return len(row.Models) == 0 })
}

// pairedRows are the rows of a kind that is one of several quantities of a use, by model.
func pairedRows(rows []pricing.Row) map[string][]*pricing.Row {
	byModel := map[string][]*pricing.Row{}
	for i := range rows {
		if kind, _ := pricing.KindNamed(rows[i].Usage); len(kind.Pairs()) == 0 {
			continue
		}
		for _, model := range rows[i].Models {
			byModel[model] = append(byModel[model], &rows[i])
		}
	}
	return byModel
}

// surplus are the rows of a model without which no use is billed twice.
func (t *table) surplus(rows []*pricing.Row, model string) []*pricing.Row {
	var surplus []*pricing.Row
	for i, a := range rows {
		for _, b := range rows[i+1:] {
			if !slices.Contains(surplus, a) && !slices.Contains(surplus, b) && a.BillsSameUse(b) {
				surplus = append(surplus, t.worse(a, b, model))
			}
		}
	}
	return surplus
}

// worse is which of two rows goes: the one that the book does not bill by, else the one in the unit that vendors with prices
// in both do not bill by.
func (t *table) worse(a, b *pricing.Row, model string) *pricing.Row {
	first, _ := pricing.KindNamed(a.Usage)
	second, _ := pricing.KindNamed(b.Usage)
	better := slices.Index(unitsBilled, first.Unit()) <= slices.Index(unitsBilled, second.Unit())
	if known := t.known.prices(a.Provider, model, first); known != t.known.prices(a.Provider, model, second) {
		better = known
	}
	if better {
		return b
	}
	return a
}

// unitsBilled are the units of kinds, those first that a vendor bills by where it names prices in several.
var unitsBilled = []string{"token", "character", "byte", "second", "request"}
