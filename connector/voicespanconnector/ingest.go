package voicespanconnector

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-voice/otelcol-voice/connector/voicespanconnector/internal/join"
	"github.com/otelcol-voice/otelcol-voice/internal/call"
	"github.com/otelcol-voice/otelcol-voice/internal/door"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
	"github.com/otelcol-voice/otelcol-voice/internal/keep"
	"github.com/otelcol-voice/otelcol-voice/internal/signal"
)

// consume takes the spans of a request. Calls have changed only if what follows was accepted; a sender that was refused sends the
// same again, and what is known by then is not counted again.
func (c *voiceConnector) consume(ctx context.Context, td ptrace.Traces) error {
	now := c.clock.Now()
	r := c.requests.Get().(*request)
	defer func() {
		if r.leave(); cap(r.spans) <= largest {
			c.requests.Put(r)
		}
	}()
	r.take(td, c.config.ServiceName, c.witnesses, now)
	r.unnest(c.nest, now)
	ready, rest := c.joiner.Assign(r.order, now)
	if err := c.apply(ctx, ready, now); err != nil {
		r.untell(c.nest, r.order, now)
		return c.worded(err)
	}
	late, err := c.joiner.Hold(rest, now)
	if err != nil {
		r.untell(c.nest, rest, now)
		return c.worded(err)
	}
	// What is refused of these waits on, or is lost, as what waited before: the request is taken, and its sender sends nothing again.
	_ = c.apply(ctx, late, now)
	c.counted(ctx, r)
	if c.config.EndDelay == 0 {
		c.finish(ctx, now)
	}
	return nil
}

// worded says of what is refused by a bound of ours which that is, and what to do.
func (c *voiceConnector) worded(err error) error {
	switch {
	case errors.Is(err, call.ErrTooManyInOne):
		return consumererror.NewPermanent(fmt.Errorf("max_calls: %d: %w: send less in one request, or raise max_calls", c.config.MaxCalls, err))
	case errors.Is(err, call.ErrTooManyCalls):
		return fmt.Errorf("max_calls: %d: %w: send again later, or raise max_calls", c.config.MaxCalls, err)
	case errors.Is(err, join.ErrTooMuchHeld):
		return fmt.Errorf("max_held_spans: %d: %w: send again later. If it lasts, see why the pipeline refuses them, which the log says; "+
			"else so many come without the name of their call: raise max_held_spans", c.config.MaxHeldSpans, err)
	}
	return err
}

// apply applies spans to their calls, hands on what follows and counts them: of a request that is refused after that, they are
// duplicates when it comes again. What nobody sends again and may be taken another time, is tried again later.
func (c *voiceConnector) apply(ctx context.Context, spans []*join.Span, now time.Time) error {
	if len(spans) == 0 {
		return nil
	}
	s := c.newStep()
	lost, err := c.door.Take(ctx, door.Keys(spans, frameOf), func(tx *call.Tx, batch *signal.Batch) { s.apply(spans, tx, batch, now) }, func() {
		c.courses.note(s.turns)
		c.keeper.Append(ctx, s.steps)
	})
	if err != nil {
		c.refused(ctx, spans, err, now)
		return err
	}
	c.telemetry.spans(ctx, s.tally)
	c.endings.add(s.ends, now.Add(c.config.EndDelay))
	c.tellLost(lost, now)
	c.found(ctx, &s.found, s.ended, now)
	return nil
}

// step is what one transaction brings to light.
type step struct {
	tally tally
	found door.Findings
	turns []turn
	ends  []frame.Frame
	ended []call.Fact // that calls did

	steps *keep.Steps // nil: nothing is kept
}

func (c *voiceConnector) newStep() step { return step{steps: c.keeper.Steps()} }

func (s *step) apply(spans []*join.Span, tx *call.Tx, batch *signal.Batch, now time.Time) {
	for i := range spans {
		span := spans[i]
		facts, verdict := tx.Apply(&span.Frame, now)
		batch.Add(facts)
		s.facts(facts)
		s.judge(span, verdict)
		s.keep(&span.Frame, noteOf(span, verdict), facts, verdict, now)
	}
}

func (s *step) facts(facts []call.Fact) {
	s.found.Facts(facts)
	s.ended = append(s.ended, ends(facts)...)
}

// ends are the facts that calls have ended.
func ends(facts []call.Fact) (ended []call.Fact) {
	for i := range facts {
		if facts[i].Kind == call.Ended {
			ended = append(ended, facts[i])
		}
	}
	return ended
}

// judge counts what became of a span, and notes what its call learns by it.
func (s *step) judge(span *join.Span, verdict call.Verdict) {
	became := outcome{framework: span.Framework}
	switch verdict {
	case call.Accepted:
		became.name = accepted
		s.taken(span)
	case call.Late:
		became.name = late
	case call.Duplicate:
		became.name = duplicate
	default:
		became.name, became.reason = rejected, frame.CallTooLong
	}
	if verdict == call.Accepted || verdict == call.Late {
		s.found.Frame(&span.Frame)
		s.tally.faults(span.Frame.Faults)
	}
	s.tally.add(became, 1)
}

func (s *step) taken(span *join.Span) {
	if span.Turn > 0 {
		s.turns = append(s.turns, turn{call.KeyOf(&span.Frame), span.Turn})
	}
	if span.Ends {
		s.ends = append(s.ends, endOf(&span.Frame, span.Reason))
	}
}

func frameOf(span **join.Span) *frame.Frame { return &(*span).Frame }
