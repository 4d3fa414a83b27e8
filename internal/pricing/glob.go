package pricing

import "strings"

// isGlob says whether a model id of a row stands for all ids that are like it.
func isGlob(id string) bool { return strings.Contains(id, "*") }

// literals is how many characters of a glob stand for themselves: the more there are, the more specific it is.
func literals(glob string) int { return len(glob) - strings.Count(glob, "*") }

// matches says whether a glob stands for an id. Its * is any characters or none, a slash as well; nothing else is special.
func matches(glob, id string) bool {
	first, rest, several := strings.Cut(glob, "*")
	if !several {
		return glob == id
	}
	if !strings.HasPrefix(id, first) {
		return false
	}
	id = id[len(first):]
	for {
		part, after, more := strings.Cut(rest, "*")
		if !more {
			return strings.HasSuffix(id, part)
		}
		at := strings.Index(id, part)
		if at < 0 {
			return false
		}
		id, rest = id[at+len(part):], after
	}
}
