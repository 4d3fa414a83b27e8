//go:generate go tool -modfile=../../tools/go.mod mdatagen metadata.yaml

// Package voicemetricsprocessor makes voice metrics of what others send: metrics of frameworks under names of their own, and
// voice metrics of a bot that are wrong. What comes out is what our receiver would have made of the same, but for its
// temporality: cumulative stays cumulative, with the same start and time, and rollup differences it.
//
// batch.go goes through a request. usage.go finds the points that tell of the same uses, of which package foreign knows what
// they mean; divide.go makes disjoint parts of them and emit.go writes those. latency.go translates histograms of times, of
// which histogram.go changes the unit. ragbot.go repairs one bot's metrics. What cannot be known from a request alone is in
// memory.go, divisions.go and sessions.go.
package voicemetricsprocessor
