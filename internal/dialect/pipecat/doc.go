// Package pipecat reads what Pipecat bots send: frames as JSON with the class name as "type" (any Pipecat version;
// the bot serialises them) and the flat records of Pipecat's own observers ("kind").
//
// Pipecat reports latencies in seconds and usage as deltas, and names its processors by class with a counter
// (OpenAILLMService#57) that grows for every pipeline of the process.
package pipecat
