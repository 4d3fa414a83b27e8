package voicespanconnector

import (
	"sync"
	"time"

	"github.com/otelcol-voice/otelcol-voice/connector/voicespanconnector/internal/join"
	"github.com/otelcol-voice/otelcol-voice/internal/dialect/spanframe"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// endings are the ends of calls that were told and have yet to come: spans of a call that was told to be over may still be on
// their way, and are not late because their exporter was.
type endings struct {
	mu   sync.Mutex
	list []ending // in the order in which they are due
}

type ending struct {
	frame frame.Frame
	due   time.Time
}

// endOf is the end that a span tells, as a frame of its own.
func endOf(span *join.Span) frame.Frame {
	f := &span.Frame
	return frame.Frame{
		Tenant: f.Tenant, CallID: f.CallID, ID: spanframe.EndID(f.ID), Time: f.Time, Trace: f.Trace,
		Events: []frame.Event{{Kind: frame.CallEnded, Name: span.Reason}},
	}
}

func (e *endings) add(ends []frame.Frame, due time.Time) {
	if len(ends) == 0 {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, end := range ends {
		e.list = append(e.list, ending{end, due})
	}
}

// take takes out those that are due.
func (e *endings) take(now time.Time) []ending {
	e.mu.Lock()
	defer e.mu.Unlock()
	n := 0
	for n < len(e.list) && !e.list[n].due.After(now) {
		n++
	}
	due := e.list[:n:n]
	e.list = e.list[n:]
	return due
}

// giveBack puts back, in front, what could not be delivered.
func (e *endings) giveBack(due []ending) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.list = append(due, e.list...)
}
