// Package frame is the one vocabulary between what bots say and what the collector makes of it. A dialect
// turns a vendor's bytes into Frames; everything behind it knows Frames only. Units are fixed here:
// latencies are milliseconds, durations seconds, money never appears.
package frame

import (
	"math"
	"time"
)

// Frame is one message of a bot about one call. Its events stand in the order in which the bot said them.
type Frame struct {
	// CallID names the call, or is empty where the message leaves that to the transport (path, header, query).
	CallID string
	// Conversation is the vendor's own name of the conversation. It names the call only where neither the message nor the
	// transport does.
	Conversation string
	// ID is the message's identity within its call; see Identify.
	ID ID
	// Time is when the bot says it happened; zero where the message has no timestamp.
	Time time.Time
	// Events is what the message says. It may be empty: a sign of life is also a message.
	Events []Event
	// Faults are the data of this message that could not be taken; its Events are what remains.
	Faults []Fault
	// Sentinels counts values that a vendor sends for "no value" (an initial 0.0, -1): dropped, not faulty.
	Sentinels int
}

// Kind says which fields of an Event carry its meaning.
type Kind uint8

// Kinds of events. The fields that each one uses are named beside it.
const (
	CallStarted        Kind = iota + 1 // Models
	CallEnded                          // Name: reason, as the bot words it
	TTFB                               // Source, Value: ms to the first byte, token or word
	Processing                         // Source, Value: ms of work
	TokensUsed                         // Source, Tokens
	CharactersUsed                     // Source, Value: Unicode code points sent to speech synthesis
	AudioTranscribed                   // Source, Value: seconds of audio sent to speech recognition
	RealtimeConnected                  // Source, Value: seconds that a session with a realtime model was open
	UserStartedTalking                 // -
	UserStoppedTalking                 // -
	BotStartedTalking                  // -
	BotStoppedTalking                  // -
	Answered                           // Value: ms from the user's last word to the bot's first, measured by the bot
	Interrupted                        // -
	ToolCalled                         // Name: function, Outcome
	Failed                             // Source, Name: category
)

// Event is one thing that a message says.
type Event struct {
	Kind   Kind
	Source Source
	Value  float64
	Tokens Tokens
	// Paired says that the same use is also told by another event of the message, in another quantity: the vendor bills
	// one of them.
	Paired bool
	Name   string
	// Outcome of a tool call: completed, failed, timed_out, cancelled.
	Outcome string
	// Models are the call's defaults, one a stage, for events that name none.
	Models []Source
}

// Stage is the part of a voice pipeline that did the work; also what its cost is filed under.
type Stage string

// The stages.
const (
	STT       Stage = "stt"
	LLM       Stage = "llm"
	TTS       Stage = "tts"
	Realtime  Stage = "realtime"
	Transport Stage = "transport"
	Platform  Stage = "platform"
)

// Source says who did it. Empty fields are unknown; Processor is the class name without its instance counter.
type Source struct {
	Stage     Stage
	Processor string
	Provider  string
	Model     string
}

// Limits of what one report can mean. Values above them are faults of the sender (a counter in the wrong
// unit, a pointer), not usage; they are far beyond any real report.
const (
	MaxTokens     = 1_000_000_000
	MaxCharacters = 100_000_000
	MaxSeconds    = 7 * 24 * 3600
)

// Milliseconds converts seconds, as most bots report latency, to milliseconds. Nanoseconds are the finest
// that a clock gives, so the noise that binary fractions add below that is rounded away: 0.19 s is 190 ms.
func Milliseconds(seconds float64) float64 {
	return math.Round(seconds*1e9) / 1e6
}
