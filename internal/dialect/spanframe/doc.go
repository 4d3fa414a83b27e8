// Package spanframe turns spans of a bot's own tracing into frames: of Pipecat, LiveKit Agents, OpenInference for Pipecat and
// clients that follow the OpenTelemetry conventions for generative AI. What a span used is read by package spanusage; the rest,
// how long it took, turns, tools, errors and what the call is named, is read here.
//
// reader.go says which span is what, said.go takes the attributes, pipecat.go and livekit.go know the spans of these frameworks
// that are no requests, operation.go those that are. Nothing that somebody said is read: attributes are taken by name, and none of
// those holds content.
package spanframe
