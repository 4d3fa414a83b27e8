package voiceframereceiver

import (
	"fmt"
	"net/http"

	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// answer is what a POST is told: how many of its frames were taken and which were not, and why.
type answer struct {
	Accepted   int         `json:"accepted"`
	Duplicates int         `json:"duplicates"`
	Ignored    int         `json:"ignored"`
	Rejected   []rejection `json:"rejected"`
}

// rejection is a frame, by its index in the body, or one datum of it, by the path that the reason begins with.
type rejection struct {
	Index  int    `json:"index"`
	Reason string `json:"reason"`
}

// status is 200 when anything was taken, known or a duplicate.
func (a *answer) status() int {
	if a.Accepted+a.Duplicates+a.Ignored > 0 {
		return http.StatusOK
	}
	return http.StatusBadRequest
}

// faults is what could not be taken of a body: all of it as counts, and the first of it word for word. Without that bound
// a few kilobytes would be answered with many megabytes.
type faults struct {
	frames, data map[frame.Class]int
	told         []rejection
	untold       int
	last         int // index of the last that was not told
}

const mostTold = 100

// frame notes that a frame was rejected.
func (f *faults) frame(index int, fault frame.Fault) {
	count(&f.frames, fault.Class)
	f.tell(index, fault)
}

// datum notes that a datum was rejected alone.
func (f *faults) datum(index int, fault frame.Fault) {
	count(&f.data, fault.Class)
	f.tell(index, fault)
}

func (f *faults) tell(index int, fault frame.Fault) {
	if len(f.told) == mostTold {
		f.untold++
		f.last = index
		return
	}
	f.told = append(f.told, rejection{Index: index, Reason: fault.Error()})
}

// rejections is the list for the answer; its last entry says how many there are beyond it.
func (f *faults) rejections() []rejection {
	if f.untold > 0 {
		return append(f.told, rejection{Index: f.last, Reason: fmt.Sprintf("and %d more up to here", f.untold)})
	}
	if f.told == nil {
		return []rejection{}
	}
	return f.told
}

func count(counts *map[frame.Class]int, class frame.Class) {
	if *counts == nil {
		*counts = map[frame.Class]int{}
	}
	(*counts)[class]++
}
