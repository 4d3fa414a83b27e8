//go:generate go tool -modfile=../../tools/go.mod mdatagen metadata.yaml

// Package rollupprocessor turns what bots and receivers report into series that a Prometheus-type backend counts right:
// deltas and other people's cumulative values become long-lived cumulative series of our own, each with its start and an
// explicit zero, sent on the processor's own clock.
//
// A request passes through, in this order: route.go (what is not ours goes on at once, untouched), intake.go (each point
// to its series, by way of internal/ident, internal/input and internal/value). flusher.go sends what is due, as
// internal/series decides; processor.go holds both together. contract.go is what is known of each metric beforehand.
package rollupprocessor
