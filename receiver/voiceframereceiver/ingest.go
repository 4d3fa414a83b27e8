package voiceframereceiver

import (
	"context"
	"errors"
	"net/http"
	"time"

	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/otelcol-voice/otelcol-voice/internal/call"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// take applies the frames to their calls and hands on what follows. Calls have changed only if all of it was accepted.
func (r *voiceReceiver) take(ctx context.Context, in intake, now time.Time) (*answer, error) {
	tx, err := r.calls.Begin(keys(in.frames))
	if err != nil {
		return nil, err
	}
	defer tx.Rollback()

	var seen tally
	batch := r.signals.NewBatch()
	for i := range in.frames {
		f := &in.frames[i]
		facts, verdict := tx.Apply(&f.frame, now)
		batch.Add(facts)
		seen.add(verdict, f, &in.faults)
	}
	if err := ctx.Err(); err != nil {
		return nil, err // the receiver has stopped, or the sender is gone and will ask again
	}
	if err := r.pipeline.deliver(ctx, batch); err != nil {
		return nil, err
	}
	tx.Commit()
	r.count(ctx, &seen, &in)
	return seen.answer(&in), nil
}

func keys(frames []indexed) []call.Key {
	keys := make([]call.Key, len(frames))
	for i := range frames {
		keys[i] = call.KeyOf(&frames[i].frame)
	}
	return keys
}

// refusalOf words an error for the sender: whatever is not about the request itself is a pipeline that cannot take it now,
// and senders retry a 503.
func refusalOf(err error) refusal {
	var refused refusal
	switch {
	case errors.As(err, &refused):
		return refused
	case errors.Is(err, call.ErrTooManyCalls):
		return refusal{http.StatusServiceUnavailable, "too many calls are open at once: raise max_calls or send again later"}
	case consumererror.IsPermanent(err):
		return refusal{http.StatusBadRequest, "the pipeline refuses this data for good: see the collector's log"}
	}
	return refusal{http.StatusServiceUnavailable, "the pipeline cannot take more now: send again later"}
}

// tally counts what became of a request's frames.
type tally struct {
	accepted, duplicates, late, sentinels int
}

func (t *tally) add(verdict call.Verdict, f *indexed, rejected *faults) {
	switch verdict {
	case call.Accepted:
		t.accepted++
	case call.Late:
		t.late++
	case call.Duplicate:
		t.duplicates++
		return
	case call.TooLong:
		rejected.frame(f.index, frame.Faultf(frame.CallTooLong, "", "its call has had %d events already", call.MaxEvents))
		return
	}
	t.sentinels += f.frame.Sentinels
}

func (t *tally) answer(in *intake) *answer {
	return &answer{
		Accepted: t.accepted + t.late, Duplicates: t.duplicates, Ignored: in.ignored,
		Rejected: in.faults.rejections(),
	}
}

// count is self-telemetry; frames of a refused request are not counted, for they come again.
func (r *voiceReceiver) count(ctx context.Context, t *tally, in *intake) {
	r.countFrames(ctx, "accepted", "", t.accepted)
	r.countFrames(ctx, "late", "", t.late)
	r.countFrames(ctx, "duplicate", "", t.duplicates)
	r.countFrames(ctx, "ignored", "", in.ignored)
	for class, n := range in.faults.frames {
		r.countFrames(ctx, "rejected", class, n)
	}
	r.telemetry.ReceiverVoiceFrameSentinels.Add(ctx, int64(t.sentinels))
	for class, n := range in.faults.data {
		r.telemetry.ReceiverVoiceFrameDataRejected.Add(ctx, int64(n),
			metric.WithAttributes(attribute.String("reason", string(class))))
	}
}

func (r *voiceReceiver) countFrames(ctx context.Context, outcome string, reason frame.Class, n int) {
	if n == 0 {
		return
	}
	r.telemetry.ReceiverVoiceFrameFrames.Add(ctx, int64(n), metric.WithAttributes(
		attribute.String("outcome", outcome), attribute.String("reason", string(reason))))
}
