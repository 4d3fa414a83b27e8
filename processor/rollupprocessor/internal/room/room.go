// Package room gives back what maps keep: a map of Go has the room of the most that it ever held.
package room

import "maps"

const (
	// little is what is not worth a copy.
	little = 1024
	// share of the most that it ever held is what a map has to hold to keep its room.
	share = 8
)

// Fit returns m, or a copy of it when it holds much less than it once did. Most is how much that was, which Fit keeps; so it
// has to be called now and then, and costs nothing to speak of while nothing is given back.
func Fit[K comparable, V any](m map[K]V, most *int) map[K]V {
	*most = max(*most, len(m))
	if *most <= little || len(m) > *most/share {
		return m
	}
	*most = len(m)
	fit := make(map[K]V, len(m))
	maps.Copy(fit, m)
	return fit
}
