package call

import (
	"slices"
	"time"

	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// reports is what has to be known of earlier reports of usage, so that what a call tells in two ways counts once. Its lists
// are empty for calls that tell everything once. They are made anew when written: copies of the state share them.
type reports struct {
	singles  uint64    // which quantities of which stages single reports flow of, a bit each
	requests []request // lately told by senders that repeat a request's usage while it goes on
	totals   []total
	credits  []credit
}

// request is what was counted of a request.
type request struct {
	source  frame.Source
	at      time.Time // of its last report
	counted amounts
}

// total is the last one that was told of a source.
type total struct {
	source   frame.Source
	quantity Quantity
	amounts  amounts
}

// credit is what was counted from totals before single reports flowed. They are swallowed up to it, for it is the same use.
type credit struct {
	stage    frame.Stage
	quantity Quantity
	amounts  amounts
}

// snapshots is how far apart the reports of one request that goes on can be.
const snapshots = 2 * time.Second

// Bounds of the lists. A call has a handful of sources and one or two requests at a time.
const (
	maxRequests = 8
	maxTotals   = 64
)

// grow takes a report of a request that may have been reported before: the same source, the same prompt, not long ago. It
// leaves what is new and says whether the request was known. The order of the reports does not matter.
func (r *reports) grow(source frame.Source, at time.Time, a *amounts) bool {
	prompt := a.prompt()
	if prompt.zero() {
		return false
	}
	i := slices.IndexFunc(r.requests, func(known request) bool {
		return known.source == source && known.at.Sub(at).Abs() <= snapshots && known.counted.prompt() == prompt
	})
	if i < 0 {
		r.note(request{source, at, *a})
		return false
	}
	r.requests = slices.Clone(r.requests)
	known := &r.requests[i]
	if at.After(known.at) {
		known.at = at
	}
	*a = known.counted.raise(a)
	return true
}

// note keeps a request, and lets go of those that are long over.
func (r *reports) note(latest request) {
	kept := make([]request, 0, len(r.requests)+1)
	for _, known := range r.requests[max(0, len(r.requests)-maxRequests+1):] {
		if latest.at.Sub(known.at) <= 4*snapshots {
			kept = append(kept, known)
		}
	}
	r.requests = append(kept, latest)
}

// difference makes a total what it adds to the source's last one. It is false where too many sources tell totals.
func (r *reports) difference(source frame.Source, quantity Quantity, a *amounts) bool {
	i := slices.IndexFunc(r.totals, func(t total) bool { return t.source == source && t.quantity == quantity })
	switch {
	case i >= 0:
		r.totals = slices.Clone(r.totals)
	case len(r.totals) >= maxTotals:
		return false
	default:
		i = len(r.totals)
		r.totals = append(slices.Clone(r.totals), total{source: source, quantity: quantity})
	}
	*a = r.totals[i].amounts.raise(a)
	r.credit(source.Stage, quantity, a)
	return true
}

func (r *reports) credit(stage frame.Stage, quantity Quantity, more *amounts) {
	r.credits = slices.Clone(r.credits)
	i := r.creditOf(stage, quantity)
	if i < 0 {
		i = len(r.credits)
		r.credits = append(r.credits, credit{stage: family(stage), quantity: quantity})
	}
	r.credits[i].amounts.add(more)
}

func (r *reports) creditOf(stage frame.Stage, quantity Quantity) int {
	return slices.IndexFunc(r.credits, func(c credit) bool { return c.stage == family(stage) && c.quantity == quantity })
}

// single takes a single report, and from it what totals have counted already. It says whether there was any.
func (r *reports) single(stage frame.Stage, quantity Quantity, a *amounts) bool {
	r.singles |= mark(stage, quantity)
	i := r.creditOf(stage, quantity)
	if i < 0 || r.credits[i].amounts.zero() {
		return false
	}
	r.credits = slices.Clone(r.credits)
	return a.reduce(&r.credits[i].amounts)
}

// singly says whether single reports flow.
func (r *reports) singly(stage frame.Stage, quantity Quantity) bool {
	return r.singles&mark(stage, quantity) != 0
}

// family is the stage that totals and single reports agree on: LiveKit's totals have realtime models among the others.
func family(stage frame.Stage) frame.Stage {
	if stage == frame.Realtime {
		return frame.LLM
	}
	return stage
}

var stages = []frame.Stage{frame.STT, frame.LLM, frame.TTS, frame.Transport, frame.Platform}

// mark is the bit of a quantity of a stage; unknown stages are one.
func mark(stage frame.Stage, quantity Quantity) uint64 {
	return 1 << ((slices.Index(stages, family(stage))+1)*int(Quantities) + int(quantity))
}
