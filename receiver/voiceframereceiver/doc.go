//go:generate go tool -modfile=../../tools/go.mod mdatagen metadata.yaml

// Package voiceframereceiver receives what voice bots say about their calls, as JSON over HTTP or WebSocket, and what platforms
// post about them, and turns it into metrics, call summaries and traces.
//
// What arrives passes through, in this order: frames.go, upgrade.go and stream.go, or webhooks.go (method, path, type, size,
// signature), sender.go (what a request says of all its frames), admission.go (how much is read at once), body.go (bytes to
// frames, by way of internal/dialect), ingest.go (frames to the pipeline, by way of internal/call and internal/signal, kept for a
// restart by internal/keep). What no request causes (calls that end by silence, the number of active calls) is in
// housekeeping.go; listeners and their end are in servers.go.
package voiceframereceiver
