package voice

import (
	"strings"

	"github.com/agnivade/levenshtein"
)

// suggest says what was meant by a name that is not known: the nearest that is, or any of them where none is near.
func suggest(name string, known []string) string {
	if nearest := nearestOf(name, known); nearest != "" {
		return "did you mean " + nearest + "?"
	}
	return "it is one of " + strings.Join(known, ", ")
}

// nearestOf is the known name that is most like a name. One that lacks no more than its unit (ttfb for ttfb_ms) is like no
// other.
func nearestOf(name string, known []string) string {
	if len(name) > maxName {
		return ""
	}
	nearest, least := "", len(name)/3+1
	for _, candidate := range known {
		if strings.HasPrefix(candidate, name+"_") {
			return candidate
		}
		if d := levenshtein.ComputeDistance(name, candidate); d <= least {
			nearest, least = candidate, d-1
		}
	}
	return nearest
}

// maxName is the length of a name above which it resembles nothing.
const maxName = 64
