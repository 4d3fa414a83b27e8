// Package join finds the call of a span by its trace: of most frameworks, only some spans name the call, and those arrive last.
// It is pure: no clock (times are handed in), no I/O.
package join

import (
	"encoding/hex"
	"errors"
	"slices"
	"sync"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/otelcol-voice/otelcol-voice/internal/call"
	"github.com/otelcol-voice/otelcol-voice/internal/dialect/spanframe"
)

// Config bounds what is remembered.
type Config struct {
	// Window is how long spans wait for one of their trace that names the call.
	Window time.Duration
	// Keep is how long a trace is remembered after it was last heard of; at least Window.
	Keep time.Duration
	// MaxTraces is how many traces are known at once.
	MaxTraces int
	// MaxHeld is how many spans wait at once.
	MaxHeld int
}

// Span is a span on its way to its call.
type Span struct {
	Trace [16]byte
	// Owner is whose the span is: the resource that sent it.
	Owner string
	// Root says that it is the first of its trace, and so the last to end.
	Root bool
	spanframe.Span
	// Tells says that it has a frame. One that has none may name the call all the same.
	Tells bool
	// End is when it ended, and Place where it stands in its request.
	End   pcommon.Timestamp
	Place int

	// Joined says that its call, once it has one, is that of its trace; Rank how that was found.
	Joined bool
	Rank   spanframe.Rank

	held bool // it was taken before, and nobody will send it again
}

// Outcome is how the call of a trace was found.
type Outcome string

// The outcomes.
const (
	Named    Outcome = "named"    // a span of it named the call
	Complete Outcome = "complete" // its first span came, and nobody had named the call
	Waited   Outcome = "waited"   // nobody named the call within the window
	Crowded  Outcome = "crowded"  // too many spans were waiting
	Evicted  Outcome = "evicted"  // too many traces were known while it waited
)

// Joiner remembers which call a trace belongs to. It is safe for concurrent use, and is not held while anything is delivered: what a
// trace belongs to is true whether a request that says so is accepted or not, and spans that wait have been accepted.
type Joiner struct {
	config Config

	mu      sync.Mutex
	traces  map[[16]byte]*trace
	oldest  *trace // of which nothing was heard for longest
	newest  *trace
	waiting []waiting // traces that have spans waiting, or had, in the order of when the first came
	held    int
	overdue []*Span // that have a call and could not be delivered yet
	found   map[Outcome]int
}

// trace is what is known of one.
type trace struct {
	id           [16]byte
	call         call.Key // its ID is empty: not found yet
	rank         spanframe.Rank
	owner        string
	seen         time.Time
	held         []*Span
	older, newer *trace
}

type waiting struct {
	trace [16]byte
	since time.Time
}

// New makes a joiner that knows nothing.
func New(config Config) *Joiner {
	return &Joiner{config: config, traces: map[[16]byte]*trace{}, found: map[Outcome]int{}}
}

// Assign finds the calls of spans, which stand in the order of their ends. Ready are those whose call is known now, with what
// waited for it; rest has to be held if the request is accepted.
func (j *Joiner) Assign(spans []*Span, now time.Time) (ready, rest []*Span) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, span := range spans {
		j.learn(span, now)
	}
	ready = make([]*Span, 0, len(spans))
	for _, span := range spans {
		t := j.traces[span.Trace]
		switch {
		case span.alone():
			if span.Tells {
				span.to(span.named())
				ready = append(ready, span)
			}
		case t == nil:
		case t.call.ID == "":
			if span.Tells {
				rest = append(rest, span)
			}
		default:
			ready = append(ready, j.release(t)...)
			if span.Tells {
				t.give(span)
				ready = append(ready, span)
			}
		}
	}
	return ready, rest
}

// learn notes what a span says of its trace.
func (j *Joiner) learn(span *Span, now time.Time) {
	if span.alone() {
		return
	}
	t := j.traces[span.Trace]
	if t == nil {
		if !span.Tells && !(span.Name.ID != "" && span.Name.Strong()) {
			return // of a trace that is none of a bot's, so far as is known
		}
		t = j.enter(span.Trace, span.Owner, now)
	}
	j.touch(t, now)
	switch {
	case t.call.ID != "":
	case span.Name.ID != "":
		j.bind(t, span.named(), span.Name.Rank, Named)
	case span.Root:
		j.bindByID(t, Complete)
	}
}

// callOf is the call of a span of the trace. A trace may hold several conversations; then each span that names one belongs to it. So
// may it hold several bots: one that names a call no worse than the first did has its own, whatever that is called.
func (t *trace) callOf(span *Span) call.Key {
	other := span.Owner != t.call.Tenant
	if span.Name.ID != "" && (span.Name.Rank == t.rank || other && span.Name.Rank < t.rank) {
		return span.named()
	}
	return t.call
}

// give makes a span one of its call.
func (t *trace) give(span *Span) {
	key := t.callOf(span)
	span.to(key)
	span.Joined, span.Rank = key == t.call, t.rank
}

// Held says that the span waited, so that nobody sends it again.
func (span *Span) Held() bool { return span.held }

// alone says that the span is of no trace. Such spans have nothing in common; one that tells something names its call.
func (span *Span) alone() bool { return span.Trace == [16]byte{} }

// named is the call that the span names.
func (span *Span) named() call.Key { return call.Key{Tenant: span.Owner, ID: span.Name.ID} }

func (span *Span) to(key call.Key) { span.Frame.Tenant, span.Frame.CallID = key.Tenant, key.ID }

func (j *Joiner) bind(t *trace, key call.Key, rank spanframe.Rank, how Outcome) {
	t.call, t.rank = key, rank
	j.found[how]++
}

// bindByID makes the trace's own id the name of its call, which it stays: part of what the call tells has gone out under it.
func (j *Joiner) bindByID(t *trace, how Outcome) {
	j.bind(t, call.Key{Tenant: t.owner, ID: hex.EncodeToString(t.id[:])}, spanframe.Unnamed, how)
}

// release returns what waited for the call of a trace, which is known now.
func (j *Joiner) release(t *trace) []*Span {
	spans := t.held
	for _, span := range spans {
		t.give(span)
	}
	j.held -= len(spans)
	t.held = nil
	return spans
}

// ErrTooMuchHeld says that no more spans can wait: those that have waited are not delivered yet, or cannot be.
var ErrTooMuchHeld = errors.New("too many spans wait for the name of their call, or to be delivered")

// Hold keeps spans of a request that was accepted until their calls are known. Ready are those whose calls have become known
// meanwhile, which have been accepted with it.
func (j *Joiner) Hold(spans []*Span, now time.Time) (ready []*Span, err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(spans) > 0 && len(j.overdue) >= j.config.MaxHeld {
		return nil, ErrTooMuchHeld
	}
	for _, span := range spans {
		t := j.traces[span.Trace]
		if t == nil {
			t = j.enter(span.Trace, span.Owner, now)
		}
		if t.call.ID != "" {
			kept := span.kept()
			t.give(kept)
			ready = append(ready, kept)
			continue
		}
		j.hold(t, span, now)
	}
	return ready, nil
}

func (j *Joiner) hold(t *trace, span *Span, now time.Time) {
	if len(t.held) == 0 {
		j.waiting = append(j.waiting, waiting{t.id, now})
	}
	t.held = append(t.held, span.kept())
	j.held++
	for j.held > j.config.MaxHeld && len(j.waiting) > 0 {
		j.giveUp(Crowded)
	}
}

// kept is the span, whose room is used again, as it waits.
func (span *Span) kept() *Span {
	kept := *span
	kept.held = true
	kept.Frame.Events = slices.Clone(span.Frame.Events)
	return &kept
}

// giveUp takes what waits longest, by the id of its trace.
func (j *Joiner) giveUp(how Outcome) {
	t := j.traces[j.waiting[0].trace]
	j.waiting = j.waiting[1:]
	if t == nil || len(t.held) == 0 {
		return // it was taken before
	}
	j.bindByID(t, how)
	j.overdue = append(j.overdue, j.release(t)...)
}

// Return takes back what could not be delivered: what was held before, which nobody sends again.
func (j *Joiner) Return(spans []*Span) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, span := range spans {
		if span.held {
			j.overdue = append(j.overdue, span)
		}
	}
}

// Overdue returns what has a call and is to be delivered without a request: what has waited for long enough, and what was refused.
// It also forgets traces of which nothing was heard for long.
func (j *Joiner) Overdue(now time.Time) []*Span {
	j.mu.Lock()
	defer j.mu.Unlock()
	for len(j.waiting) > 0 && now.Sub(j.waiting[0].since) >= j.config.Window {
		j.giveUp(Waited)
	}
	for j.oldest != nil && now.Sub(j.oldest.seen) >= j.config.Keep {
		j.forget(j.oldest)
	}
	return j.takeOverdue()
}

// Rest returns all that is held, because there will be no more.
func (j *Joiner) Rest() []*Span {
	j.mu.Lock()
	defer j.mu.Unlock()
	for len(j.waiting) > 0 {
		j.giveUp(Waited)
	}
	return j.takeOverdue()
}

func (j *Joiner) takeOverdue() []*Span {
	spans := j.overdue
	j.overdue = nil
	return spans
}

// Held is how many spans wait, for the name of their call or to be delivered.
func (j *Joiner) Held() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.held + len(j.overdue)
}

// Known is how many traces are remembered.
func (j *Joiner) Known() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return len(j.traces)
}

// Found is of how many traces the call was found since it was last asked, by how.
func (j *Joiner) Found() map[Outcome]int {
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.found) == 0 {
		return nil
	}
	found := j.found
	j.found = map[Outcome]int{}
	return found
}
