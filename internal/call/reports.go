package call

import (
	"slices"
	"time"

	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// reports is what has to be known of earlier reports of usage, so that what a call tells in two ways counts once. Its lists
// are empty for calls that tell everything once. They are made anew when written: copies of the state share them.
type reports struct {
	singles  []tellable // of which single reports flow
	requests []request  // lately told by senders that repeat a request's usage while it goes on
	totals   []total
	credits  []credit
}

// request is what was counted of a request.
type request struct {
	source  frame.Source
	at      time.Time // of its last report
	counted amounts
}

// tellable is what can be told singly or in totals: a quantity of a model. LiveKit's totals have realtime models among the
// others, so the two are one stage here.
type tellable struct {
	stage           frame.Stage
	provider, model string
	quantity        Quantity
}

func tellableOf(u *Usage) tellable {
	return tellable{stage: family(u.Source.Stage), provider: u.Source.Provider, model: u.Source.Model, quantity: u.Quantity}
}

// family makes of a realtime model what it is to bots that know only LLMs.
func family(stage frame.Stage) frame.Stage {
	if stage == frame.Realtime {
		return frame.LLM
	}
	return stage
}

// covers says whether single reports are the same use as totals. What one leaves unsaid the other may say; and what a platform
// charges for is all that there was, however the models are called.
func (t tellable) covers(total tellable, priced bool) bool {
	return t.stage == total.stage && t.quantity == total.quantity &&
		(priced || same(t.provider, total.provider) && same(t.model, total.model))
}

// total is the last one that was told of a source.
type total struct {
	source   frame.Source
	quantity Quantity
	amounts  amounts
}

// credit is what was counted from totals before single reports flowed. They are swallowed up to it, for it is the same use.
type credit struct {
	tellable
	amounts amounts
}

// snapshots is how far apart the reports of one request that goes on can be.
const snapshots = 2 * time.Second

// Bounds of the lists. A call has a handful of sources and one or two requests at a time.
const (
	maxRequests = 8
	maxTotals   = 64
	maxSingles  = 64
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
func (r *reports) difference(u *Usage, a *amounts) bool {
	i := slices.IndexFunc(r.totals, func(t total) bool { return t.source == u.Source && t.quantity == u.Quantity })
	switch {
	case i >= 0:
		r.totals = slices.Clone(r.totals)
	case len(r.totals) >= maxTotals:
		return false
	default:
		i = len(r.totals)
		r.totals = append(slices.Clone(r.totals), total{source: u.Source, quantity: u.Quantity})
	}
	*a = r.totals[i].amounts.raise(a)
	r.credit(tellableOf(u), a)
	return true
}

func (r *reports) credit(of tellable, more *amounts) {
	r.credits = slices.Clone(r.credits)
	i := r.creditOf(of)
	if i < 0 {
		i = len(r.credits)
		r.credits = append(r.credits, credit{tellable: of})
	}
	r.credits[i].amounts.add(more)
}

func (r *reports) creditOf(of tellable) int {
	return slices.IndexFunc(r.credits, func(c credit) bool { return c.tellable == of })
}

// single takes a single report, and from it what totals have counted already. It says whether there was any.
func (r *reports) single(u *Usage, a *amounts) bool {
	of := tellableOf(u)
	if !slices.Contains(r.singles, of) && len(r.singles) < maxSingles {
		r.singles = append(slices.Clip(r.singles), of)
	}
	i := r.creditOf(of)
	if i < 0 || r.credits[i].amounts.zero() {
		return false
	}
	r.credits = slices.Clone(r.credits)
	return a.reduce(&r.credits[i].amounts)
}

// singly says whether single reports tell what a total tells.
func (r *reports) singly(u *Usage) bool {
	of := tellableOf(u)
	return slices.ContainsFunc(r.singles, func(single tellable) bool { return single.covers(of, u.Priced) })
}
