// Package voice reads our own format (docs/frames.md, docs/frames.schema.json): for bots that are made by no framework.
//
// It is ours, so nothing in it is guessed and nothing vanishes: a field that a message does not have is a fault by name, while
// the rest of the message is taken. The structs here, the schema and the page say the same; the tests hold them to it.
package voice
