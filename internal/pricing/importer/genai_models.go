package importer

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
)

// lineup is the models of a provider in the order in which genai-prices tries them. It takes the first that matches an id,
// the book the most specific; resolve gives each model such ids and globs that both find the same for every id that is in
// the catalogue, and for every other but those that two globs match of which neither covers the other.
type lineup struct {
	models []*genaiModel
	named  map[string]int // the first model that is equal to an id
	loose  []int          // the models that match other ids than those that they are equal to
	ids    []map[string]bool
	globs  [][]string
}

// maxGlobs bounds the work on globs, which is quadratic. The largest provider has some hundreds.
const maxGlobs = 2000

// Reasons of notes about matching.
const (
	noteClause = "a rule of matching that ids and globs cannot express; the ids that it names are read"
	noteShadow = "a glob of ids of which some belong to an earlier model"
	noteGlobs  = "a glob beyond the first 2000 of a provider"
)

func newLineup(models []*genaiModel) *lineup {
	l := &lineup{
		models: models, named: map[string]int{}, ids: make([]map[string]bool, len(models)), globs: make([][]string, len(models)),
	}
	for i, model := range models {
		l.ids[i] = map[string]bool{}
		for _, id := range model.Match.names() {
			if _, has := l.named[id]; !has {
				l.named[id] = i
			}
		}
		if model.Match.isLoose() {
			l.loose = append(l.loose, i)
		}
	}
	return l
}

// resolve uses ids of the whole catalogue to find out where both ways would differ.
func (l *lineup) resolve(catalogue []string, notes notebook) {
	l.collectGlobs(notes)
	for i, model := range l.models {
		l.assign(model)
		unlike := func(stem string) bool { return l.owner(stem) != i }
		if model.reach.partial || slices.ContainsFunc(model.reach.stems, unlike) {
			notes.add(noteClause, model.place())
		}
	}
	l.settle(notes)
	for _, id := range catalogue {
		if owner := l.owner(id); owner >= 0 && l.picked(id) != owner {
			l.ids[owner][id] = true
		}
	}
	for i := range l.models {
		l.uncover(i, notes)
	}
}

func (l *lineup) collectGlobs(notes notebook) {
	count := 0
	for i, model := range l.models {
		for _, pattern := range model.reach.patterns {
			switch {
			case !isGlob(pattern) || slices.Contains(l.globs[i], pattern):
			case count == maxGlobs:
				notes.add(noteGlobs, model.place()+" "+pattern)
			default:
				l.globs[i] = append(l.globs[i], pattern)
				count++
			}
		}
	}
}

// assign gives the ids that a model names to those models that have them.
func (l *lineup) assign(model *genaiModel) {
	for _, id := range model.candidates() {
		if i := l.owner(id); i >= 0 {
			l.ids[i][id] = true
		}
	}
}

// candidates are the ids that a model names, and the other way to write their dates.
func (m *genaiModel) candidates() []string {
	named := append([]string{fold(m.ID)}, m.reach.stems...)
	for _, pattern := range m.reach.patterns {
		named = append(named, strings.Trim(pattern, "*"))
	}
	var ids []string
	for _, id := range named {
		if id != "" && !isGlob(id) {
			ids = append(ids, id, compactDates(id))
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// owner is the first model that an id means, or -1.
func (l *lineup) owner(id string) int {
	for _, id := range []string{id, longDates(id)} {
		named, has := l.named[id]
		for _, i := range l.loose {
			if (!has || i < named) && l.models[i].Match.match(id) {
				return i
			}
		}
		if has {
			return named
		}
	}
	return -1
}

// settle drops globs that an earlier model's glob covers: genai-prices never comes to them. It also drops those that the
// book could not rank behind an earlier one.
func (l *lineup) settle(notes notebook) {
	for i := range l.models {
		for j := i + 1; j < len(l.models); j++ {
			l.globs[j] = slices.DeleteFunc(l.globs[j], func(later string) bool {
				unranked := slices.ContainsFunc(l.globs[i], func(glob string) bool {
					return covers(later, glob) && literals(later) >= literals(glob) && !samePrices(l.models[i], l.models[j])
				})
				if unranked && !coveredBy(l.globs[i], later) {
					notes.add(noteShadow, l.models[j].place()+" "+later)
				}
				return unranked || coveredBy(l.globs[i], later)
			})
		}
	}
}

func coveredBy(globs []string, pattern string) bool {
	return slices.ContainsFunc(globs, func(glob string) bool { return covers(glob, pattern) })
}

// picked is the model whose glob the book would take for an id, or -1 where there is none or no single one.
func (l *lineup) picked(id string) int {
	picked, most := -1, -1
	for i := range l.models {
		for _, glob := range l.globs[i] {
			switch n := literals(glob); {
			case n < most || !covers(glob, id):
			case n > most:
				picked, most = i, n
			case picked != i:
				picked = -1
			}
		}
	}
	return picked
}

// uncover takes those globs away that match an id of a model without prices, which must not get one.
func (l *lineup) uncover(i int, notes notebook) {
	if len(l.models[i].periods) > 0 {
		return
	}
	for j, model := range l.models {
		l.globs[j] = slices.DeleteFunc(l.globs[j], func(glob string) bool {
			shadowed := false
			for id := range l.ids[i] {
				shadowed = shadowed || covers(glob, id)
			}
			if shadowed && len(model.periods) > 0 {
				notes.add(noteShadow, model.place()+" "+glob)
			}
			return shadowed
		})
	}
}

// names are the ids and globs of a model.
func (l *lineup) names(i int) []string {
	return append(slices.Sorted(maps.Keys(l.ids[i])), l.globs[i]...)
}

// Dates in ids, -20240806 and -2024-08-06: genai-prices reads the first as the second.
var (
	compactDate = regexp.MustCompile(`-(20\d{6})(-|:|$)`)
	longDate    = regexp.MustCompile(`-(20\d{2}-\d{2}-\d{2})(-|:|$)`)
)

func longDates(id string) string { return rewriteDates(id, compactDate, "20060102", "2006-01-02") }

func compactDates(id string) string { return rewriteDates(id, longDate, "2006-01-02", "20060102") }

func rewriteDates(id string, dates *regexp.Regexp, from, to string) string {
	return dates.ReplaceAllStringFunc(id, func(found string) string {
		parts := dates.FindStringSubmatch(found)
		date, err := time.Parse(from, parts[1])
		if err != nil {
			return found
		}
		return "-" + date.Format(to) + parts[2]
	})
}
