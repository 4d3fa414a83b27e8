package voicespanconnector

import (
	"context"
	"time"

	"github.com/jonboulle/clockwork"
	"go.uber.org/zap"

	"github.com/otelcol-voice/otelcol-voice/connector/voicespanconnector/internal/join"
	"github.com/otelcol-voice/otelcol-voice/internal/call"
	"github.com/otelcol-voice/otelcol-voice/internal/door"
	"github.com/otelcol-voice/otelcol-voice/internal/signal"
)

// interval is how often what waits is looked at.
const interval = time.Second

// keepHouse does at every tick what no request causes.
func (c *voiceConnector) keepHouse(ctx context.Context, ticker clockwork.Ticker) {
	defer ticker.Stop()
	observed := c.started
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-ticker.Chan():
			c.tick(ctx, now)
			if now.Sub(observed) >= c.config.ObserveInterval {
				c.observe(ctx, now)
				observed = now
			}
		}
	}
}

func (c *voiceConnector) tick(ctx context.Context, now time.Time) {
	c.takeHeld(ctx, now)
	c.finish(ctx, now)
	c.telemetry.traces(ctx, c.joiner.Found())
}

// observe ends what has fallen silent, and says how many calls there are.
func (c *voiceConnector) observe(ctx context.Context, now time.Time) {
	c.door.EndIdle(ctx, now)
	c.door.Observe(ctx, c.started, now)
	c.keeper.Forget(ctx, c.door.Calls.Forget(now))
}

// portion is how many spans without a request are delivered at a time: never of more calls than may be open.
func (c *voiceConnector) portion() int { return min(1000, c.config.MaxCalls) }

// takeHeld delivers what has waited for long enough, and what was refused. What is refused again, and all behind it, waits on.
func (c *voiceConnector) takeHeld(ctx context.Context, now time.Time) {
	if err := c.deliver(ctx, c.joiner.Overdue(now), now); err != nil {
		c.settings.Logger.Warn("Spans that waited for the name of their call are refused, will try again", zap.Error(err))
	}
}

// deliver says why spans are refused that may be taken another time.
func (c *voiceConnector) deliver(ctx context.Context, spans []*join.Span, now time.Time) error {
	for len(spans) > 0 {
		some := spans[:min(c.portion(), len(spans))]
		spans = spans[len(some):]
		if err := c.apply(ctx, some, now); door.Again(err) {
			c.joiner.Return(spans)
			return c.worded(err)
		}
	}
	return nil
}

// finish ends the calls whose end was told and is due.
func (c *voiceConnector) finish(ctx context.Context, now time.Time) {
	due := c.endings.take(now)
	for len(due) > 0 {
		some := due[:min(c.portion(), len(due))]
		err := c.end(ctx, some, now)
		switch {
		case door.Again(err):
			c.endings.giveBack(due)
			c.settings.Logger.Warn("Ends of calls are refused, will try again", zap.Error(err))
			return
		case err != nil:
			c.settings.Logger.Error("Ends of calls are refused for good and lost", zap.Error(err))
		}
		due = due[len(some):]
	}
}

func (c *voiceConnector) end(ctx context.Context, some []ending, now time.Time) error {
	s := c.newStep()
	lost, err := c.door.Take(ctx, door.Keys(some, (*ending).told), func(tx *call.Tx, batch *signal.Batch) {
		for i := range some {
			facts, verdict := tx.Apply(&some[i].frame, now)
			batch.Add(facts)
			s.facts(facts)
			s.keep(&some[i].frame, note{}, facts, verdict, now)
		}
	}, func() { c.keeper.Append(ctx, s.steps) })
	if err != nil {
		return err
	}
	c.tellLost(lost, now)
	c.found(ctx, &s.found, s.ended, now)
	return nil
}
