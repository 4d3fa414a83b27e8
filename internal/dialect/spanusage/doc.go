// Package spanusage reads what a span of a bot's own tracing used: tokens, characters, seconds, and who provided them. It
// knows the OpenTelemetry conventions for generative AI in both eras of their names, Pipecat, LiveKit Agents and OpenInference.
//
// A span is an operation, which used something itself, or a container, which tells the sum of what is in it; only the former
// is usage. Nothing that somebody said is read: attributes are taken by name, and none of those holds content.
package spanusage
