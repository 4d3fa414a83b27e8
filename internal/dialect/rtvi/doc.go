// Package rtvi reads RTVI, the messages by which Pipecat tells a client what its bot does (label "rtvi-ai"), as a client or
// relay passes them on: as they are, or as the text of a MessageFrame of Pipecat's protobuf serializer written as JSON.
//
// The numbers in them are Pipecat's own and are read as such. What the client hears and says also travels in RTVI; such
// messages are known by their type and never read further.
package rtvi
