package pricing

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/agnivade/levenshtein"
)

// Nearest is the known id, as provider/model, that is most like a model that the book does not have, or "" where nothing
// is like it. An id of the provider goes before those of others, and one of its maker before the same at a reseller. It is
// for messages: no price ever follows from likeness.
func (b *Book) Nearest(provider, model string) string {
	model = fold(model)
	if len(model) > maxKeyLength {
		return ""
	}
	if own := b.byName[fold(provider)]; own != nil {
		if near := nearestOf(model, []*vendor{own}); near != "" {
			return near
		}
	}
	return nearestOf(model, b.vendors)
}

// NearestProvider is the provider whose name, or one of whose other names, a name that is not known may mean, or "". It is
// stricter than Nearest: what is said of a whole provider holds for all of its prices.
func (b *Book) NearestProvider(name string) string {
	name = fold(name)
	if name == "" || len(name) > maxKeyLength {
		return ""
	}
	near := newLikeness(name)
	near.least = 2 * maxKeyLength // mayMean decides
	for known, v := range b.byName {
		if mayMean(name, known) {
			near.consider(known, v.name, v.reseller)
		}
	}
	return near.owner
}

// mayMean says whether a name begins like another, or differs from it by a slip of the pen.
func mayMean(name, known string) bool {
	const telling = 4
	if min(len(name), len(known)) >= telling && (strings.HasPrefix(known, name) || strings.HasPrefix(name, known)) {
		return true
	}
	return levenshtein.ComputeDistance(name, known) <= len(name)/telling
}

func nearestOf(model string, vendors []*vendor) string {
	near := newLikeness(model)
	for _, v := range vendors {
		for id, p := range v.products {
			if !p.glob {
				near.consider(id, v.name, v.reseller)
			}
		}
	}
	if near.best == "" {
		return ""
	}
	return near.owner + "/" + near.best
}

// closest is the candidate that is most like a name, or "" where none is.
func closest(name string, candidates []string) string {
	near := newLikeness(name)
	for _, candidate := range candidates {
		near.consider(candidate, "", false)
	}
	return near.best
}

// hint is the end of a message about a name that is not known.
func hint(near string) string {
	if near == "" {
		return ""
	}
	return fmt.Sprintf("; the nearest known is %q", near)
}

// likeness is a search for the name that takes the fewest changes.
type likeness struct {
	name        string
	length      int
	counts      letters
	best, owner string
	resold      bool
	least       int
}

// letters counts characters. Some share a place, which makes names look more alike, never less.
type letters [64]int16

func newLikeness(name string) *likeness {
	l := &likeness{name: name, length: utf8.RuneCountInString(name), least: len(name)/2 + 1}
	for _, r := range name {
		l.counts[r%64]++
	}
	return l
}

// consider takes a candidate if it is more like the name than the best so far, or as much and before it in order.
func (l *likeness) consider(candidate, owner string, resold bool) {
	if l.atLeast(candidate) > l.least {
		return
	}
	d := levenshtein.ComputeDistance(l.name, candidate)
	if d > l.least || d == l.least && (l.best == "" || !l.follows(candidate, owner, resold)) {
		return
	}
	l.best, l.owner, l.resold, l.least = candidate, owner, resold, d
}

// follows says whether the best so far comes after a candidate that is as much like the name.
func (l *likeness) follows(candidate, owner string, resold bool) bool {
	if l.resold != resold {
		return l.resold
	}
	return l.owner+"/"+l.best > owner+"/"+candidate
}

// atLeast is a number of changes below which a candidate is out of reach: every change makes up for one character that
// there is too many, and one too few. It is much cheaper to have than the number itself.
func (l *likeness) atLeast(candidate string) int {
	rest, length, missing := l.counts, 0, 0
	for _, r := range candidate {
		length++
		if rest[r%64] == 0 {
			missing++
		} else {
			rest[r%64]--
		}
	}
	return max(missing, missing+l.length-length)
}
