// Package platform holds what the reports of managed platforms have in common. A platform posts about a call two to four times
// (ended, analyzed, billed), tries again where it hears nothing, and each post tells all that is known by then. So every fact
// of a call has a fixed identity: it counts once, whichever post is the first to have it. Where a later post may say more of the
// same, the fact is a running total with an identity of what the post says: it counts by what it adds.
package platform

import (
	"time"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect/wire"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// Report is what one post says about a call, fact by fact.
type Report struct {
	// Platform is who posts; it is part of the facts' identities.
	Platform string
	CallID   string
	Span     Span

	facts []*Fact
}

// Begin is the fact that the call took place, by which it opens. Models are its defaults. What was wrong with the call's
// times is a fault of this fact.
func (r *Report) Begin(models ...frame.Source) {
	fact := r.add("start", r.Span.Start)
	fact.Faults = r.Span.faults
	fact.Take(frame.Event{Kind: frame.CallStarted, Models: models, Began: r.Span.Start}, nil)
}

// Fact is one that became known with the call's end; name is its identity within the call.
func (r *Report) Fact(name string) *Fact { return r.add(name, r.Span.End) }

// HangUp says that the call is over while its money is still to be told.
func (r *Report) HangUp(reason string) {
	r.Fact("hangup").Take(frame.Event{Kind: frame.CallHungUp, Name: wire.Word(reason, "end")}, nil)
}

// End says that the call is over and that nothing more is to be told.
func (r *Report) End(reason string) {
	r.Fact("end").Take(frame.Event{Kind: frame.CallEnded, Name: wire.Word(reason, "end")}, nil)
}

// Frames are the facts as frames of the call, in the order in which they were told. A fact of which nothing could be taken
// has no identity: it is not known yet, and a later post may tell it.
func (r *Report) Frames() []frame.Frame {
	frames := make([]frame.Frame, 0, len(r.facts))
	for _, fact := range r.facts {
		switch {
		case len(fact.Events) > 0:
			fact.ID = frame.NameID(r.Platform, fact.name)
		case len(fact.Faults) == 0:
			continue
		}
		frames = append(frames, fact.Frame)
	}
	return frames
}

func (r *Report) add(name string, at time.Time) *Fact {
	fact := &Fact{name: name, Frame: frame.Frame{CallID: r.CallID, Time: at}}
	r.facts = append(r.facts, fact)
	return fact
}

// Fact is a frame in the making, named within its call.
type Fact struct {
	frame.Frame
	name string
}

// Take adds an event, or the fault why there is none. Amounts of one source are added up: a report lists a call's money and
// usage by assistant or by purpose, and what a running total means is the source's sum.
func (f *Fact) Take(event frame.Event, err error) {
	limit, isAmount := limits[event.Kind]
	switch {
	case err != nil:
		f.Reject(err)
	case !isAmount:
		wire.Take(&f.Frame, event)
	case event.Value == 0 && event.Tokens.Zero(): // nothing was used
	default:
		f.sum(event, limit)
	}
}

// Reject notes a datum that could not be taken.
func (f *Fact) Reject(err error) { f.Faults = append(f.Faults, wire.Fault(err)) }

// limits are the kinds of events that are amounts, and the most that a call's sum can be.
var limits = map[frame.Kind]float64{
	frame.Charged:           frame.MaxUSD,
	frame.TokensUsed:        frame.MaxTokens,
	frame.CharactersUsed:    frame.MaxCharacters,
	frame.AudioTranscribed:  frame.MaxSeconds,
	frame.RealtimeConnected: frame.MaxSeconds,
	frame.TransportUsed:     frame.MaxSeconds,
	frame.PlatformUsed:      frame.MaxSeconds,
}

func (f *Fact) sum(event frame.Event, limit float64) {
	same := f.like(&event)
	if same == nil {
		f.Events = append(f.Events, event)
		return
	}
	total := *same
	total.Value = Round(total.Value + event.Value)
	total.Priced = total.Priced || event.Priced
	for leaf, count := range event.Tokens {
		total.Tokens[leaf] += count
	}
	if total.Value > limit || float64(sumOf(&total.Tokens)) > limit {
		f.Reject(frame.Faultf(frame.BadValue, "", "the amounts of one source add up to more than a call can have"))
		return
	}
	*same = total
}

func (f *Fact) like(event *frame.Event) *frame.Event {
	for i := range f.Events {
		if f.Events[i].Kind == event.Kind && f.Events[i].Source == event.Source {
			return &f.Events[i]
		}
	}
	return nil
}

func sumOf(tokens *frame.Tokens) (sum int64) {
	for _, count := range tokens {
		sum += count
	}
	return sum
}
