package pricing

import (
	"fmt"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
)

// maxDoubts bounds what is said about rows that load and may not be meant.
const maxDoubts = 20

// Warnings are what may be slips of the pen in the rows of layers over the first: names that nothing has but that are very
// like known ones, and models that usage which names none does not come to. Of many there are the first, and their number.
func (b *Book) Warnings() []string {
	if len(b.doubts) <= maxDoubts {
		return slices.Clone(b.doubts)
	}
	return append(slices.Clone(b.doubts[:maxDoubts]), fmt.Sprintf("and %d more", len(b.doubts)-maxDoubts))
}

// doubt looks at the rows over the first layer. What a row names in a lower layer is known.
func (b *builder) doubt() {
	for _, o := range b.rows {
		if o.layer == 0 || o.foreign {
			continue
		}
		v := b.vendors[fold(o.row.Provider)]
		if v.first == o.layer {
			if near := closest(v.name, b.namesLike(v.name, o.layer)); near != "" {
				b.doubts = append(b.doubts, fmt.Sprintf("%s: provider %q is new to the book%s", o.place(), o.row.Provider, hint(near)))
			}
		}
		for _, model := range o.row.Models {
			b.doubtModel(o, v, fold(model))
		}
	}
}

func (b *builder) doubtModel(o *offer, v *vendor, id string) {
	anything := id == "*" || b.vendorNamed(id) == v
	switch near := closest(id, v.idsLike(id, o.layer)); {
	case anything && v.defaults[o.kind.Stage()] == "":
		b.doubts = append(b.doubts, fmt.Sprintf("%s: usage that names no model does not come to %q; "+
			"name a model, and in a price file make it the default", o.place(), id))
	case !anything && near != "" && v.products[id].firstLayer() == o.layer && v.aliases[id] == "":
		b.doubts = append(b.doubts, fmt.Sprintf("%s: model %q is new to %s%s", o.place(), id, v.name, hint(near)))
	}
}

func (p *product) firstLayer() int {
	first := -1
	for _, offers := range p.offers {
		for _, o := range offers {
			if first < 0 || o.layer < first {
				first = o.layer
			}
		}
	}
	return first
}

// namesLike are the vendors of layers below that are almost called so.
func (b *builder) namesLike(name string, layer int) []string {
	var names []string
	for _, v := range sorted(b.vendors) {
		if v.first < layer && len(name) >= 5 && levenshtein.ComputeDistance(name, v.name) <= max(1, len(name)/4) {
			names = append(names, v.name)
		}
	}
	return names
}

// idsLike are a vendor's ids of layers below that are almost written so. Ids that differ in a digit are two models.
func (v *vendor) idsLike(id string, layer int) []string {
	var ids []string
	if isGlob(id) {
		return nil
	}
	for _, p := range v.inOrder() {
		if !p.glob && p.id != id && p.firstLayer() < layer && almost(id, p.id) {
			ids = append(ids, p.id)
		}
	}
	return ids
}

func almost(a, b string) bool {
	if strings.Map(onlyDigits, a) != strings.Map(onlyDigits, b) {
		return false
	}
	return strings.Map(noMarks, a) == strings.Map(noMarks, b) || len(a) >= 8 && levenshtein.ComputeDistance(a, b) == 1
}

func onlyDigits(r rune) rune {
	if '0' <= r && r <= '9' {
		return r
	}
	return -1
}

// noMarks leaves out what ids put between words.
func noMarks(r rune) rune {
	if strings.ContainsRune("-_. /:", r) {
		return -1
	}
	return r
}
