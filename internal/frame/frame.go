// Package frame is the one vocabulary between what bots say and what the collector makes of it. A dialect
// turns a vendor's bytes into Frames; everything behind it knows Frames only. Units are fixed here:
// latencies are milliseconds, durations seconds, money US dollars.
package frame

import (
	"math"
	"time"
)

// Frame is one message of a bot about one call. Its events stand in the order in which the bot said them.
type Frame struct {
	// Tenant is who the bot belongs to, where the collector serves several: the transport says so, never the message.
	Tenant string
	// CallID names the call, or is empty where the message leaves that to the transport (path, header, query).
	CallID string
	// Conversation is the vendor's own name of the conversation. It names the call only where neither the message nor the
	// transport does.
	Conversation string
	// ID is the message's identity within its call; see NameID and DigestID.
	ID ID
	// Time is when the bot says it happened; zero where the message has no timestamp.
	Time time.Time
	// Trace is the trace that the bot says the call belongs to; zero where it says none.
	Trace Trace
	// Form is which of a framework's own formats the message is in, where a bot may send the same in several: frames, records
	// or rtvi of Pipecat. Of what two forms tell, the call counts one.
	Form string
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
	CallStarted        Kind = iota + 1 // Models; Began, where it began before the frame's time
	CallHungUp                         // Name: reason. The call is over, but what it used is still to be told
	CallEnded                          // Name: reason, as the bot words it; empty: what CallHungUp said; Running: totals may follow
	StartedUp                          // Name: what was ready (pipeline, bot, client), Value: ms that it took
	TTFB                               // Source, Value: ms to the first byte, token or word; Cut, Echo
	Processing                         // Source, Value: ms of work; Cut
	TokensUsed                         // Source, Tokens, Terms; Running, Growing, Priced, Paired
	CharactersUsed                     // Source, Value: Unicode code points sent to speech synthesis; as TokensUsed
	AudioTranscribed                   // Source, Value: seconds of audio sent to speech recognition; as TokensUsed
	RealtimeConnected                  // Source, Value: seconds that a session with a realtime model was open; as TokensUsed
	TransportUsed                      // Source, Value: seconds of a telephony or WebRTC leg; as TokensUsed
	PlatformUsed                       // Source, Value: seconds on a managed platform; as TokensUsed
	Charged                            // Source, Value: US dollars that a platform says this cost
	UserStartedTalking                 // Echo
	UserStoppedTalking                 // Echo
	BotStartedTalking                  // -
	BotStoppedTalking                  // -
	Answered                           // Value: ms from the user's last word to the bot's first, measured by the bot; Echo
	AnswerPart                         // Name: what was waited for, Value: ms; the parts of an answer add up to it
	Interrupted                        // Cut: it is certain that the bot was speaking
	TurnDone                           // Number: of the turn, from 1 (0: unknown); Cut: the user interrupted it, or, Echo, the call's end
	ToolCalled                         // Name: function, Outcome; Value: ms that it ran, 0 unknown
	Failed                             // Source, Name: category
)

// Event is one thing that a message says.
type Event struct {
	Kind   Kind
	Source Source
	Value  float64
	Tokens Tokens
	Terms  Terms
	// Paired says that the same use is also told by another event of the message, in another quantity: the vendor bills
	// one of them.
	Paired bool
	// Running says that the amount is the sum of all that the call has used so far of this source, not what was added; of an
	// end, that such sums may still follow.
	Running bool
	// Growing says that the sender is known to repeat a request's usage while the request goes on, each time as if it were
	// another request's.
	Growing bool
	// Priced says that the platform charges for this use by itself (Charged): it has no other price.
	Priced bool
	// Cut says that an answer was cut off, so that its latency is not that of an answer.
	Cut bool
	// Echo says that the bot may tell the same by another message, which is the one to go by: this event counts only in a
	// call that has told no event of the kind (and stage) without it.
	Echo   bool
	Name   string
	Number int
	// Outcome of a tool call: ToolCompleted, ToolFailed, ToolTimedOut, ToolCancelled.
	Outcome string
	// Models are the call's defaults, one a stage, for events that name none.
	Models []Source
	Began  time.Time
}

// How a tool call ends.
const (
	ToolCompleted = "completed"
	ToolFailed    = "failed"
	ToolTimedOut  = "timed_out"
	ToolCancelled = "cancelled"
)

// Terms are conditions that some prices have. Empty or zero means unknown.
type Terms struct {
	ServiceTier string
	Region      string
	Channels    int64
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
	MaxUSD        = 1_000_000
)

// Milliseconds converts seconds, as most bots report latency, to milliseconds. Nanoseconds are the finest
// that a clock gives, so the noise that binary fractions add below that is rounded away: 0.19 s is 190 ms.
func Milliseconds(seconds float64) float64 {
	return math.Round(seconds*1e9) / 1e6
}
