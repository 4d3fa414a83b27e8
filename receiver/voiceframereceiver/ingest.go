package voiceframereceiver

import (
	"context"
	"time"

	"go.uber.org/zap"

	"github.com/otelcol-voice/otelcol-voice/internal/call"
	"github.com/otelcol-voice/otelcol-voice/internal/door"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
	"github.com/otelcol-voice/otelcol-voice/internal/journal"
	"github.com/otelcol-voice/otelcol-voice/internal/signal"
)

// take applies the frames to their calls and hands on what follows. Calls have changed only if all of it was accepted.
func (r *voiceReceiver) take(ctx context.Context, in intake, now time.Time) (*answer, error) {
	var found door.Findings
	steps := r.keeper.Steps()
	lost, err := r.door().Take(ctx, door.Keys(in.frames, frameOf), func(tx *call.Tx, batch *signal.Batch) {
		for i := range in.frames {
			f := &in.frames[i]
			facts, verdict := tx.Apply(&f.frame, now)
			batch.Add(facts)
			found.Facts(facts)
			if in.judge(f, verdict) {
				found.Frame(&f.frame)
				steps.Add(call.KeyOf(&f.frame), journal.Entry{Frame: &f.frame, Arrival: now})
				steps.Facts(facts)
			}
		}
	}, func() { r.keeper.Append(ctx, steps) })
	if err != nil {
		return nil, err
	}
	r.tellLost(lost, now)
	r.telemetry.intake(ctx, &in)
	r.found(ctx, &found, now)
	return in.answer(), nil
}

// tellLost says what the pipelines of spans or summaries refused for good: once in a while, for they may do so to each request.
func (r *voiceReceiver) tellLost(lost error, now time.Time) {
	if lost != nil && r.toldLost.Due(now) {
		r.settings.Logger.Error("Spans or summaries are refused for good and lost, their metrics are not; said at most once a minute",
			zap.Error(lost))
	}
}

func frameOf(f *indexed) *frame.Frame { return &f.frame }

// judge counts what became of a frame, and says whether its call has changed by it.
func (in *intake) judge(f *indexed, verdict call.Verdict) bool {
	switch verdict {
	case call.Accepted:
		in.seen.add(outcome{name: accepted, dialect: f.dialect})
		return true
	case call.Late:
		in.seen.add(outcome{name: late, dialect: f.dialect})
		return true
	case call.Duplicate:
		in.seen.add(outcome{name: duplicate, dialect: f.dialect})
	case call.TooLong:
		in.reject(f.index, f.dialect, frame.Faultf(frame.CallTooLong, "", "its call has had %d events already", call.MaxEvents))
	}
	return false
}
