//go:generate go tool -modfile=../../tools/go.mod mdatagen metadata.yaml

// Package voiceframereceiver receives what voice bots say about their calls as JSON frames over HTTP and turns it into
// metrics and call summaries.
//
// A request passes through, in this order: http.go (method, path, type, size), body.go (bytes to frames, by way of
// internal/dialect), ingest.go (frames to the pipeline, by way of internal/call and internal/signal). What no request
// causes (calls that end by silence, the number of active calls) is in housekeeping.go.
package voiceframereceiver
