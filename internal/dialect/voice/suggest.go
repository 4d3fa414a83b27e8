package voice

import "strings"

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
	nearest, least := "", len(name)/3+1
	for _, candidate := range known {
		if strings.HasPrefix(candidate, name+"_") {
			return candidate
		}
		if d := changes(name, candidate); d <= least {
			nearest, least = candidate, d-1
		}
	}
	return nearest
}

// maxName is the length of a name above which it resembles nothing.
const maxName = 64

// changes is how many bytes must be changed, added or taken away to make a into b. Names that are too long for ours are not
// compared.
func changes(a, b string) int {
	if a == "" || len(a) > maxName {
		return max(len(a), len(b))
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0]++
		for j := range len(b) {
			replaced := diagonal
			if a[i] != b[j] {
				replaced++
			}
			diagonal = row[j+1]
			row[j+1] = min(replaced, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
