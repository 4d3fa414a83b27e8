package importer

import (
	"slices"
	"strings"
)

// Globs are model ids in which * stands for any characters, none included. Of two that match an id the book takes the one
// with more literal characters.

// maxMeets bounds the globs that the intersection of two may take, and their length: catalogues are not to be trusted.
const (
	maxMeets  = 32
	maxLength = 200
)

func isGlob(pattern string) bool { return strings.Contains(pattern, "*") }

// literals is how many characters of a pattern are literal.
func literals(pattern string) int { return len(pattern) - strings.Count(pattern, "*") }

// covers says whether everything that matches pattern matches glob. A * of pattern counts as a character that only a * of
// glob matches.
func covers(glob, pattern string) bool {
	before, rest, star := strings.Cut(glob, "*")
	if !star {
		return glob == pattern
	}
	if !strings.HasPrefix(pattern, before) {
		return false
	}
	pattern = pattern[len(before):]
	for {
		part, more, star := strings.Cut(rest, "*")
		if !star {
			return strings.HasSuffix(pattern, part)
		}
		at := strings.Index(pattern, part)
		if at < 0 {
			return false
		}
		pattern, rest = pattern[at+len(part):], more
	}
}

// meet is what matches both of two patterns, as patterns of which none covers another. It is false if that is too many.
func meet(a, b string) (meets []string, ok bool) {
	m := meeting{a: a, b: b, memo: map[[2]int][]string{}}
	found := m.at(0, 0)
	for _, pattern := range found {
		if !slices.ContainsFunc(found, func(other string) bool { return other != pattern && covers(other, pattern) }) {
			meets = append(meets, pattern)
		}
	}
	return meets, !m.tooMany
}

// meetAll is what matches one of each of two lists of patterns. It is false if that is too many.
func meetAll(some, others []string) (meets []string, ok bool) {
	for _, a := range some {
		for _, b := range others {
			both, ok := meet(a, b)
			if meets = append(meets, both...); !ok || len(meets) > maxMeets {
				return nil, false
			}
		}
	}
	return meets, true
}

// meeting is the work of meet: what the rests of both patterns have in common, by where they begin.
type meeting struct {
	a, b    string
	memo    map[[2]int][]string
	tooMany bool
}

func (m *meeting) at(i, j int) []string {
	if found, done := m.memo[[2]int{i, j}]; done {
		return found
	}
	found := m.find(i, j)
	slices.Sort(found)
	found = slices.Compact(found)
	if len(found) > 4*maxMeets || len(m.a)+len(m.b) > maxLength {
		m.tooMany, found = true, nil
	}
	m.memo[[2]int{i, j}] = found
	return found
}

func (m *meeting) find(i, j int) []string {
	a, b := m.a[i:], m.b[j:]
	switch {
	case m.tooMany:
		return nil
	case a == "" || b == "":
		if strings.Trim(a+b, "*") == "" {
			return []string{""}
		}
		return nil
	case a[0] == '*' && b[0] == '*':
		return prepend("*", append(slices.Clone(m.at(i+1, j)), m.at(i, j+1)...))
	case a[0] == '*':
		return append(slices.Clone(m.at(i+1, j)), prepend(b[:1], m.at(i, j+1))...)
	case b[0] == '*':
		return append(slices.Clone(m.at(i, j+1)), prepend(a[:1], m.at(i+1, j))...)
	case a[0] == b[0]:
		return prepend(a[:1], m.at(i+1, j+1))
	}
	return nil
}

// prepend puts a character before patterns; ** is *.
func prepend(character string, patterns []string) []string {
	longer := make([]string, len(patterns))
	for i, pattern := range patterns {
		longer[i] = pattern
		if character != "*" || !strings.HasPrefix(pattern, "*") {
			longer[i] = character + pattern
		}
	}
	return longer
}
