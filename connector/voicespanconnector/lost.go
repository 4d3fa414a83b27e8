package voicespanconnector

import (
	"context"
	"fmt"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/otelcol-voice/otelcol-voice/connector/voicespanconnector/internal/join"
	"github.com/otelcol-voice/otelcol-voice/internal/door"
)

// tellLost says what the pipeline of summaries refused for good.
func (c *voiceConnector) tellLost(lost error, now time.Time) {
	if lost != nil && c.toldLost.summaries.Due(now) {
		c.settings.Logger.Error("Summaries are refused for good and lost, their metrics are not; said at most once a minute",
			zap.Error(lost))
	}
}

// refused deals with spans that were not taken. Those that waited were accepted before, and nobody sends them again: they wait on, or
// are lost where they are refused for good. The sender of this request is told of its own alone.
func (c *voiceConnector) refused(ctx context.Context, spans []*join.Span, why error, now time.Time) {
	if door.Again(why) {
		c.joiner.Return(spans)
		return
	}
	if c.countLost(ctx, spans) > 0 && c.toldLost.spans.Due(now) {
		c.settings.Logger.Error("Spans that waited for the name of their call are refused for good and lost; said at most once a minute, "+
			"connector_voice_span_spans counts them", zap.Error(why))
	}
}

// countLost counts those of spans that had been accepted.
func (c *voiceConnector) countLost(ctx context.Context, spans []*join.Span) (n int) {
	var gone tally
	for _, span := range spans {
		if span.Held() {
			gone.add(outcome{name: lostSpan, framework: span.Framework}, 1)
			n++
		}
	}
	c.telemetry.spans(ctx, gone)
	return n
}

// givenUp is how many spans are, since the connector stops.
type givenUp struct {
	mu sync.Mutex
	n  int
}

// giveUp counts the spans that wait when the connector stops and cannot be taken, and says why not. It may come twice: for those that a
// pipeline gives back when nobody waits for it any more.
func (c *voiceConnector) giveUp(ctx context.Context, why error) error {
	c.givenUp.mu.Lock()
	defer c.givenUp.mu.Unlock()
	c.givenUp.n += c.countLost(context.WithoutCancel(ctx), c.joiner.Rest())
	switch {
	case c.givenUp.n == 0 || why == nil:
		return why
	case ctx.Err() != nil:
		return fmt.Errorf("%d spans that waited are lost, there was no time left to hand them on: %w", c.givenUp.n, why)
	}
	return fmt.Errorf("%d spans that waited are lost, they were refused to the last: %w", c.givenUp.n, why)
}
