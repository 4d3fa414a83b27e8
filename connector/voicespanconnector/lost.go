package voicespanconnector

import (
	"context"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"github.com/otelcol-voice/otelcol-voice/connector/voicespanconnector/internal/join"
	"github.com/otelcol-voice/otelcol-voice/internal/door"
)

// seldom keeps the log readable: a pipeline may refuse for good each time, and is told of at most once a minute.
type seldom struct{ next atomic.Int64 }

const quiet = time.Minute

// due says whether it may be said now; then it has been.
func (s *seldom) due(now time.Time) bool {
	next := s.next.Load()
	return now.UnixNano() >= next && s.next.CompareAndSwap(next, now.Add(quiet).UnixNano())
}

// tellLost says what the pipeline of summaries refused for good.
func (c *voiceConnector) tellLost(lost error, now time.Time) {
	if lost != nil && c.toldLost.summaries.due(now) {
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
	var gone tally
	for _, span := range spans {
		if span.Held() {
			gone.add(outcome{name: lostSpan, framework: span.Framework}, 1)
		}
	}
	if len(gone) == 0 {
		return
	}
	c.telemetry.spans(ctx, gone)
	if c.toldLost.spans.due(now) {
		c.settings.Logger.Error("Spans that waited for the name of their call are refused for good and lost; said at most once a minute, "+
			"connector_voice_span_spans counts them", zap.Error(why))
	}
}
