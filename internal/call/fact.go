// Package call turns the frames of calls into facts: a call opened, a turn ended, usage happened. Only this room knows
// order, defaults and time-outs. It is pure: no clock (times are handed in), no I/O, nothing of the collector.
package call

import (
	"time"

	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// FactKind says which fields of a Fact carry its meaning.
type FactKind uint8

// Kinds of facts. The fields that each one uses beside CallID, FrameID and Time are named beside it.
const (
	Opened      FactKind = iota + 1 // -
	Lasted                          // Value: seconds that the call has gone on since this was last said
	Waited                          // Source, Value: ms to the first byte (TTFB)
	Worked                          // Source, Value: ms of processing
	Used                            // Usage
	Answered                        // Value: ms from the user's last word to the bot's first
	TurnEnded                       // -
	Interrupted                     // -
	ToolCalled                      // Name: function, Outcome
	Failed                          // Source, Name: category
	Ended                           // Value: seconds the call lasted, Name: reason, Summary
)

// Fact is one thing that is true of a call, with the identity of the frame that made it known (zero: no frame did).
type Fact struct {
	Kind    FactKind
	CallID  string
	FrameID frame.ID
	Time    time.Time
	Source  frame.Source
	Value   float64
	Name    string
	Outcome string
	Usage   Usage
	Summary *Summary
}

// Quantity is what a usage counts.
type Quantity uint8

// The quantities.
const (
	Tokens          Quantity = iota + 1 // of one frame.Leaf
	Characters                          // sent to speech synthesis
	AudioSeconds                        // of audio sent to speech recognition
	STTSession                          // seconds that speech recognition was open
	RealtimeSession                     // seconds that a session with a realtime model was open
	Quantities                          // one more than the last
)

// Usage is one quantity that was used and may cost money.
type Usage struct {
	Source   frame.Source
	Quantity Quantity
	Leaf     frame.Leaf // of Tokens
	Amount   float64
	// Request is the input tokens of the request that the tokens belong to.
	Request int64
	// Paired says that the same use is also reported in another quantity, of which the vendor bills one.
	Paired bool
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
}

// TimedUsage is a usage with its moment, which decides about its price.
type TimedUsage struct {
	Usage
	Time    time.Time
	FrameID frame.ID
}
