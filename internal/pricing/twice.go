package pricing

import (
	"cmp"
	"maps"
	"slices"
)

// BillsSameUse says whether two rows of one model bill a use twice: each in another of the quantities in which it may be
// reported (see Kind.Pairs), at the same time and under the same or overlapping conditions. Rows that do not make sense, and
// those that cost nothing, do not.
func (r *Row) BillsSameUse(other *Row) bool {
	mine, _ := kindNamed(r.Usage)
	others, _ := kindNamed(other.Usage)
	if !paired(mine, others) {
		return false
	}
	a, err := r.compile()
	if err != nil {
		return false
	}
	b, err := other.compile()
	return err == nil && a.billsSameUse(b)
}

func (o *offer) billsSameUse(other *offer) bool {
	return paired(o.kind, other.kind) && o.written.Sign() != 0 && other.written.Sign() != 0 && o.meets(&other.scope)
}

// paired says whether two kinds may be one use in two quantities.
func paired(a, b Kind) bool { return slices.Contains(a.Pairs(), b) || slices.Contains(b.Pairs(), a) }

// checkPairs looks for rows of a layer that would both price a use, each in another quantity. Between layers the later one
// decides.
func (b *builder) checkPairs(layer int) {
	for _, v := range sorted(b.vendors) {
		for _, p := range v.inOrder() {
			if x, y := p.twice(layer); x != nil {
				b.fail("two rows price the same use of %s/%s, which would be billed twice: %s as %s %s, and %s as %s %s; "+
					"keep the one that the vendor bills", v.name, p.id, x.place(), x.kind, x, y.place(), y.kind, y)
			}
		}
	}
}

// inOrder are the vendor's products by id.
func (v *vendor) inOrder() []*product {
	return slices.SortedFunc(maps.Values(v.products), func(a, b *product) int { return cmp.Compare(a.id, b.id) })
}

// twice finds two offers of a layer that price the same use, or nothing. A glob may stand for models of several sorts: the
// tokens of one and the characters of another.
func (p *product) twice(layer int) (a, b *offer) {
	var all []*offer
	for _, offers := range p.offers {
		for _, o := range offers {
			if o.layer == layer && len(o.kind.Pairs()) > 0 {
				all = append(all, o)
			}
		}
	}
	for i, a := range all {
		for _, b := range all[i+1:] {
			if a.billsSameUse(b) && (!p.glob || a.kind.Stage() == b.kind.Stage()) {
				return a, b
			}
		}
	}
	return nil, nil
}
