// Package call turns the frames of calls into facts: a call opened, a turn ended, usage happened. Only this room knows
// order, defaults and time-outs. It is pure: no clock (times are handed in), no I/O, nothing of the collector.
package call

import (
	"time"

	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// Key names a call. Calls of two tenants are two, whatever they are called.
type Key struct {
	Tenant string
	ID     string
}

// KeyOf is the call that a frame is about.
func KeyOf(f *frame.Frame) Key { return Key{Tenant: f.Tenant, ID: f.CallID} }

// FactKind says which fields of a Fact carry its meaning.
type FactKind uint8

// Kinds of facts. The fields that each one uses beside Call, FrameID and Time are named beside it.
const (
	Opened       FactKind = iota + 1 // -
	Lasted                           // Value: seconds that the call has gone on since this was last said
	Waited                           // Source, Value: ms to the first byte (TTFB)
	Worked                           // Source, Value: ms of processing
	Used                             // Usage
	Answered                         // Value: ms from the user's last word to the bot's first
	TurnEnded                        // -
	Interrupted                      // -
	ToolCalled                       // Name: function, Outcome
	Failed                           // Source, Name: category
	Disregarded                      // Name: why (one of the Reason constants): a datum that counts nowhere
	Traced                           // Turn: its spans are complete
	UsageMissing                     // the call has ended with latencies but without any usage
	Ended                            // Value: seconds the call lasted, Name: reason, Summary
)

// Reasons why a datum is disregarded.
const (
	ReasonInterrupted = "interrupted" // the latency of an answer that was cut off: on its span, in no histogram
	ReasonSnapshot    = "snapshot"    // usage of a request that was reported before, while it went on
	ReasonClock       = "clock"       // a latency that no answer has, of a timestamp that is wrong
	ReasonRepeated    = "repeated"    // usage that the call has told in another way: totals beside single reports
)

// Fact is one thing that is true of a call, with the identity of the frame that made it known (zero: no frame did).
type Fact struct {
	Kind    FactKind
	Call    Key
	FrameID frame.ID
	Time    time.Time
	Source  frame.Source
	Value   float64
	Name    string
	Outcome string
	Usage   Usage
	Turn    *Turn
	Summary *Summary
	// Parent is the bot's span that the call belongs to, and Traced says that the call has spans of its own. Both are known of
	// latencies while the call goes on.
	Parent frame.Trace
	Traced bool
}

// latency says whether the fact is how long something took.
func (k FactKind) latency() bool { return k == Waited || k == Worked || k == Answered || k == Ended }

// Quantity is what a usage counts.
type Quantity uint8

// The quantities.
const (
	Tokens           Quantity = iota + 1 // of one frame.Leaf
	Characters                           // sent to speech synthesis
	AudioSeconds                         // of audio sent to speech recognition
	STTSession                           // seconds that speech recognition was open
	RealtimeSession                      // seconds that a session with a realtime model was open
	TransportSeconds                     // of a telephony or WebRTC leg
	PlatformSeconds                      // on a managed platform
	Money                                // US dollars that a platform says it charges
	Quantities                           // one more than the last
)

// Usage is one quantity that was used and may cost money.
type Usage struct {
	Source   frame.Source
	Quantity Quantity
	Leaf     frame.Leaf // of Tokens
	Amount   float64
	// Request is the input tokens of the request that the tokens belong to; 0 where they are of several.
	Request int64
	Terms   frame.Terms
	// Paired says that the same use is also reported in another quantity, of which the vendor bills one.
	Paired bool
	// Priced says that a platform's Money covers this use.
	Priced bool
}

// Summary is a call as a whole, at its end.
type Summary struct {
	Start         time.Time
	Duration      time.Duration
	Reason        string
	Turns         int
	Interruptions int
	TurnLatencies []float64 // ms, in order of occurrence
	TTFBs         []float64 // ms, in order of occurrence
	Usage         []TimedUsage
	// UsageMissing says that the call told latencies but no usage: its cost is not known to be zero.
	UsageMissing bool
	// CostPending says that the call was over and what it cost was still to be told when it was given up.
	CostPending bool
	Startup     []Step
	Trace       TraceContext
}

// TimedUsage is a usage with its moment, which decides about its price.
type TimedUsage struct {
	Usage
	Time    time.Time
	FrameID frame.ID
}

// Step is something that took a time of its own: a part of the start or of an answer.
type Step struct {
	Name  string
	Value float64 // ms
}

// TraceContext is how a call's trace hangs together with the bot's.
type TraceContext struct {
	// Parent is the bot's span that the call belongs to, if its first frame named one.
	Parent frame.Trace
	// Links are the other traces that later frames named, each once.
	Links []frame.Trace
}

// Turn is one exchange with all that was done for it, for its spans.
type Turn struct {
	// Number counts the call's turns from 1. It is 0 for what was done outside of any turn: of a bot that does not tell
	// when somebody speaks, that is everything.
	Number      int
	Start, End  time.Time
	Latency     float64 // ms from the user's last word to the bot's first; 0 unknown
	Interrupted bool
	Parts       []Step // of the latency
	Operations  []Operation
	Trace       TraceContext
}

// Operation is one piece of work: a request to a model, a spoken text, a function call.
type Operation struct {
	// Source says who did it; its stage is empty for a function call.
	Source     frame.Source
	FrameID    frame.ID // of the first frame that told of it
	Sequence   int      // within the call, from 1; with FrameID it tells operations apart
	Start, End time.Time
	TTFB       float64 // ms; 0 unknown
	Processing float64 // ms; 0 unknown
	Cut        bool    // the user interrupted it
	Usage      []TimedUsage
	Tool       string // the function's name
	Outcome    string // of the function call
}
