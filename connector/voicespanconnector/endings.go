package voicespanconnector

import (
	"slices"
	"sync"
	"time"

	"github.com/otelcol-voice/otelcol-voice/internal/call"
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

func (e *ending) told() *frame.Frame { return &e.frame }

// endOf is the end that a span's frame tells, as a frame of its own.
func endOf(f *frame.Frame, reason string) frame.Frame {
	return frame.Frame{
		Tenant: f.Tenant, CallID: f.CallID, ID: spanframe.EndID(f.ID), Time: f.Time, Trace: f.Trace,
		Events: []frame.Event{{Kind: frame.CallEnded, Name: reason}},
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

// toldEnd is an end that was told before a restart, with when its span came.
type toldEnd struct {
	frame   frame.Frame
	arrival time.Time
}

// resume takes up the ends that were told before a restart and had yet to come: others of their calls are waited for once more, but not
// until the call would end by having fallen silent.
func (e *endings) resume(before map[call.Key][]toldEnd, due time.Time, idle time.Duration) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, ends := range before {
		for _, end := range ends {
			at := due
			if silent := end.arrival.Add(idle); silent.Before(due) {
				at = silent
			}
			e.list = append(e.list, ending{end.frame, at})
		}
	}
	slices.SortStableFunc(e.list, func(a, b ending) int { return a.due.Compare(b.due) })
}
