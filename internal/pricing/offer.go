package pricing

import "cmp"

// applies says whether an offer is for a usage at a moment.
func (o *offer) applies(u *Usage, at int64) bool {
	return o.holds(at) && u.RequestTokens >= o.context &&
		o.tier == tierName(u.ServiceTier) &&
		(o.region == "" || o.region == fold(u.Region))
}

func (o *offer) holds(at int64) bool { return o.from <= at && at < o.until }

// precedence orders the offers of one model and kind: later layers first, then the narrower.
func precedence(a, b *offer) int {
	return cmp.Or(
		cmp.Compare(b.layer, a.layer),
		cmp.Compare(b.narrowness(), a.narrowness()),
		cmp.Compare(b.context, a.context),
		cmp.Compare(b.from, a.from),
	)
}

func (o *offer) narrowness() int {
	n := 0
	for _, narrowed := range []bool{o.context > 0, o.region != "", o.plan != ""} {
		if narrowed {
			n++
		}
	}
	return n
}

// meets says whether some usage is in both offers.
func (o *offer) meets(other *offer) bool {
	return o.from < other.until && other.from < o.until && o.tier == other.tier &&
		agree(o.region, other.region) && agree(o.plan, other.plan)
}

func agree(a, b string) bool { return a == "" || b == "" || a == b }

// within says whether every condition of other is implied by o's.
func (o *offer) within(other *offer) bool {
	return o.context >= other.context &&
		(other.region == "" || o.region == other.region) &&
		(other.plan == "" || o.plan == other.plan)
}

// conflict finds two of the offers of one model, kind and layer that a usage could be in with nothing to choose by:
// their conditions are the same, or overlap and no third offer is for the overlap.
func conflict(offers []*offer) (a, b *offer) {
	for i, a := range offers {
		for _, b := range offers[i+1:] {
			if a.meets(b) && a.within(b) == b.within(a) && !settled(a, b, offers) {
				return a, b
			}
		}
	}
	return nil, nil
}

func settled(a, b *offer, offers []*offer) bool {
	if a.within(b) {
		return false
	}
	for _, c := range offers {
		if c.context == max(a.context, b.context) && c.within(a) && c.within(b) && c.tier == a.tier &&
			c.region == cmp.Or(a.region, b.region) && c.plan == cmp.Or(a.plan, b.plan) &&
			c.from <= max(a.from, b.from) && c.until >= min(a.until, b.until) {
			return true
		}
	}
	return false
}
