package call

import (
	"slices"
	"time"

	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// spans is what is pending of a call's trace: the turn that goes on. Its lists are made anew when written, or only grow at
// their end: copies of the state share them.
type spans struct {
	operations  []*Operation
	parts       []Step
	began       time.Time // of the turn: when the user did, or the first thing that happened; zero: by its operations
	byUser      bool      // the user began the turn
	latency     float64
	interrupted bool
	sequence    int
}

// maxOperations bounds what is pending.
const maxOperations = 64

// userStarts begins a turn, unless something was done for it before.
func (p *spans) userStarts(at time.Time) {
	if p.began.IsZero() && len(p.operations) == 0 {
		p.began, p.byUser = at, true
	}
}

// touch begins a turn without the user: a greeting.
func (p *spans) touch(at time.Time) {
	if p.began.IsZero() {
		p.began = at
	}
}

func (s *step) part(e *frame.Event) {
	if s.traced {
		s.spans.parts = appendStep(s.spans.parts, e)
	}
}

// operateLatency puts a latency on its operation.
func (s *step) operateLatency(kind FactKind, source frame.Source, ms float64, cut bool) {
	if !s.traced || s.ended {
		return
	}
	has := func(o *Operation) bool { return kind == Waited && o.TTFB != 0 || kind == Worked && o.Processing != 0 }
	o := s.operation(source, has, milliseconds(ms))
	o.Cut = o.Cut || cut
	if kind == Waited {
		o.TTFB = ms
	} else {
		o.Processing = ms
	}
}

// operationOf is the operation that a usage belongs to, or nil. Totals, money and open time are the call's.
func (s *step) operationOf(e *frame.Event, source frame.Source, quantity Quantity, again bool) *Operation {
	if !s.traced || s.ended || e.Running || !ofOperations(quantity) {
		return nil
	}
	has := func(o *Operation) bool {
		return !again && slices.ContainsFunc(o.Usage, func(u TimedUsage) bool { return u.Quantity == quantity })
	}
	o := s.operation(source, has, 0)
	o.Cut = o.Cut || e.Cut
	return o
}

func ofOperations(quantity Quantity) bool {
	return quantity != Money && quantity != TransportSeconds && quantity != PlatformSeconds
}

func (s *step) operateTool(e *frame.Event) {
	if s.traced && !s.ended {
		o := s.newOperation(frame.Source{}, milliseconds(e.Value))
		o.Tool, o.Outcome = e.Name, e.Outcome
	}
}

// operation is the open operation of a source, to be written to, that ends now and began so long ago at the latest: the last
// one, or a new one where that already has what is to be noted.
func (s *step) operation(source frame.Source, has func(*Operation) bool, took time.Duration) *Operation {
	p := &s.spans
	for i, o := range slices.Backward(p.operations) {
		if o.Tool != "" || !sameSource(o.Source, source) {
			continue
		}
		if has(o) {
			break
		}
		joined := *o
		p.operations = slices.Clone(p.operations)
		p.operations[i] = &joined
		joined.Source = moreExact(joined.Source, source)
		joined.cover(s.at.Add(-took), s.at)
		return &joined
	}
	return s.newOperation(source, took)
}

func (s *step) newOperation(source frame.Source, took time.Duration) *Operation {
	if len(s.spans.operations) >= maxOperations {
		s.sayTurn(&Turn{}, s.spans.operations)
		s.spans.operations = nil
	}
	s.spans.sequence++
	o := &Operation{Source: source, FrameID: s.id, Sequence: s.spans.sequence, Start: s.at.Add(-took), End: s.at}
	s.spans.operations = append(slices.Clip(s.spans.operations), o)
	return o
}

// sameSource says whether two sources may be one: what one leaves unsaid the other may say.
func sameSource(a, b frame.Source) bool {
	return a.Stage == b.Stage && same(a.Processor, b.Processor) && same(a.Provider, b.Provider) && same(a.Model, b.Model)
}

func same(a, b string) bool { return a == b || a == "" || b == "" }

func moreExact(a, b frame.Source) frame.Source {
	return frame.Source{
		Stage: a.Stage, Processor: max(a.Processor, b.Processor), Provider: max(a.Provider, b.Provider), Model: max(a.Model, b.Model),
	}
}

// cover makes the operation last at least from start to end.
func (o *Operation) cover(start, end time.Time) {
	if start.Before(o.Start) {
		o.Start = start
	}
	if end.After(o.End) {
		o.End = end
	}
}

// closeAnswered closes the turn that ended with its answer, after the parts of that.
func (s *step) closeAnswered() {
	if s.closing > 0 {
		number := s.closing
		s.closing = 0
		s.closeTurn(number)
	}
}

// closeTurn says what was done in a turn that has ended. Speech of the user that goes on, and the work to understand it, are
// the next one's.
func (s *step) closeTurn(number int) {
	userStarted := s.talk.userStarted
	var done, next []*Operation
	for _, o := range s.spans.operations {
		if o.Source.Stage == frame.STT && !userStarted.IsZero() && o.End.After(userStarted) {
			next = append(next, o)
		} else {
			done = append(done, o)
		}
	}
	s.sayTurn(s.spans.turn(number), done)
	s.spans = spans{operations: next, sequence: s.spans.sequence, began: userStarted, byUser: !userStarted.IsZero()}
}

// closeRest says what was done since the last turn, at the call's end.
func (s *step) closeRest() {
	if len(s.spans.operations)+len(s.spans.parts) > 0 {
		s.sayTurn(s.spans.turn(0), s.spans.operations)
	}
}

// turn is the turn that goes on, as far as it is not its operations.
func (p *spans) turn(number int) *Turn {
	return &Turn{Number: number, Start: p.began, Latency: p.latency, Interrupted: p.interrupted, Parts: p.parts}
}

func (s *step) sayTurn(turn *Turn, operations []*Operation) {
	if !s.traced {
		return
	}
	turn.End, turn.Trace = s.at, s.context
	turn.Operations = make([]Operation, len(operations))
	for i, o := range operations {
		turn.Operations[i] = *o
	}
	turn.contain(s.spans.byUser && turn.Number > 0)
	turn.since(s.start)
	s.say(Fact{Kind: Traced, Turn: turn})
}

// contain makes a turn last at least as long as its operations. Where the user began the turn, no operation of it begins
// earlier.
func (t *Turn) contain(byUser bool) {
	if t.Start.IsZero() || t.Start.After(t.End) {
		t.Start = t.End
	}
	for i := range t.Operations {
		o := &t.Operations[i]
		switch {
		case byUser && o.Start.Before(t.Start):
			o.Start = t.Start
			o.cover(t.Start, t.Start) // its end as well
		case o.Start.Before(t.Start):
			t.Start = o.Start
		}
		if o.End.After(t.End) {
			t.End = o.End
		}
	}
}

// since cuts off what was before the call began: a call may begin with the news of a measurement.
func (t *Turn) since(start time.Time) {
	t.Start = latest(t.Start, start)
	t.End = latest(t.End, start)
	for i := range t.Operations {
		o := &t.Operations[i]
		o.Start, o.End = latest(o.Start, start), latest(o.End, start)
	}
}
