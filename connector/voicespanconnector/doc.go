//go:generate go tool -modfile=../../tools/go.mod mdatagen metadata.yaml

// Package voicespanconnector makes voice metrics and call summaries of the spans that bots send themselves: of Pipecat, LiveKit
// Agents, OpenInference for Pipecat, and clients that follow the OpenTelemetry conventions for generative AI.
//
// What arrives passes through, in this order: ingest.go (a request from its spans to the pipelines), read.go (spans to frames, by
// way of internal/dialect/spanframe), internal/nest (what spans in each other tell twice), internal/join (spans to calls, by their
// traces) and internal/door (frames to metrics and summaries, as of the receiver). What no request causes (names that nobody told,
// calls that end) is in housekeeping.go; which calls are whole is in courses.go; what a restart needs is in remember.go.
package voicespanconnector
