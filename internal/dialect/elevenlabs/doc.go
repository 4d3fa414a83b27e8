// Package elevenlabs reads what ElevenLabs Agents posts about a call when it is over: post_call_transcription, once a call.
// Latency is seconds. Money is US dollars (prices) or credits (charges), which no price list converts: what only credits tell
// is refused, and the use that they are for is left to the price book.
package elevenlabs
