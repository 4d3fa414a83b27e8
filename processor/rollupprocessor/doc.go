//go:generate go tool -modfile=../../tools/go.mod mdatagen metadata.yaml

// Package rollupprocessor turns what bots and receivers report into series that a Prometheus-type backend counts right:
// deltas and other people's cumulative values become long-lived cumulative series of our own, each with its start and an
// explicit zero, sent on the processor's own clock.
//
// A request passes through, in this order: route.go (what is not ours goes on at once, untouched), books.go (who may count now),
// intake.go (each point to its series, by way of internal/ident, internal/once, internal/input and internal/value). flusher.go
// sends what is due, as internal/series decides; processor.go holds both together. contract.go is what is known of each metric
// beforehand.
//
// With a storage, durable.go is the books: what happens is written to internal/wal first, as record.go has it, and happens
// then; state.go is the whole intake as a snapshot. open.go reads both again, through the same intake.
package rollupprocessor
