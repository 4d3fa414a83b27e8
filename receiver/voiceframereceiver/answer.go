package voiceframereceiver

import (
	"fmt"
	"net/http"
	"strconv"

	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// answer is what a request is told: how many of its frames were taken and which were not, and why.
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

// answer is the intake's, once its frames have been applied.
func (in *intake) answer() *answer {
	return &answer{
		Accepted:   in.seen.sum(accepted) + in.seen.sum(late),
		Duplicates: in.seen.sum(duplicate),
		Ignored:    in.seen.sum(ignored),
		Rejected:   in.faults.rejections(),
	}
}

// status is 200 when anything was taken, known or a duplicate.
func (a *answer) status() int {
	if a.Accepted+a.Duplicates+a.Ignored > 0 {
		return http.StatusOK
	}
	return http.StatusBadRequest
}

// text is the answer as JSON. Nearly all have counts alone, and are not worth an encoder.
func (a *answer) text() []byte {
	if len(a.Rejected) > 0 {
		return asJSON(a)
	}
	text := make([]byte, 0, 96)
	text = strconv.AppendInt(append(text, `{"accepted":`...), int64(a.Accepted), 10)
	text = strconv.AppendInt(append(text, `,"duplicates":`...), int64(a.Duplicates), 10)
	text = strconv.AppendInt(append(text, `,"ignored":`...), int64(a.Ignored), 10)
	return append(text, `,"rejected":[]}`...)
}

// faults is what could not be taken: data as counts (frames are in the tally), and the first of all of it word for word.
// Without that bound a few kilobytes would be answered with many megabytes.
type faults struct {
	data   map[frame.Class]int
	told   []rejection
	untold int
	last   int // index of the last that was not told
}

const mostTold = 100

// datum notes that a datum was rejected alone.
func (f *faults) datum(index int, fault frame.Fault) {
	f.count(fault.Class, 1)
	f.tell(index, fault)
}

func (f *faults) tell(index int, fault frame.Fault) {
	f.append(rejection{Index: index, Reason: fault.Error()})
}

func (f *faults) append(r rejection) {
	if len(f.told) == mostTold {
		f.untold++
		f.last = r.Index
		return
	}
	f.told = append(f.told, r)
}

// join appends the faults of one message of a connection, which has the place.
func (f *faults) join(message *faults, place int) {
	for class, n := range message.data {
		f.count(class, n)
	}
	for _, r := range message.told {
		f.append(rejection{Index: place, Reason: r.Reason})
	}
	if message.untold > 0 {
		f.untold += message.untold
		f.last = place
	}
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

func (f *faults) count(class frame.Class, n int) {
	if f.data == nil {
		f.data = map[frame.Class]int{}
	}
	f.data[class] += n
}
