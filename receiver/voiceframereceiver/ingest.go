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
	"github.com/otelcol-voice/otelcol-voice/internal/signal"
)

// take applies the frames to their calls and hands on what follows. Calls have changed only if all of it was accepted.
func (r *voiceReceiver) take(ctx context.Context, in intake, now time.Time) (*answer, error) {
	tx, err := r.calls.Begin(callIDs(in.frames))
	if err != nil {
		return nil, err
	}
	defer tx.Rollback()

	var seen tally
	batch := signal.NewBatch(r.config.ServiceName)
	for i := range in.frames {
		f := &in.frames[i].frame
		facts, verdict := tx.Apply(f.CallID, f, now)
		batch.Add(facts)
		seen.add(verdict, f)
	}
	if err := r.pipeline.deliver(ctx, batch); err != nil {
		return nil, err
	}
	tx.Commit()
	r.count(ctx, &seen, &in)
	return seen.answer(&in), nil
}

func callIDs(frames []indexed) []string {
	ids := make([]string, len(frames))
	for i := range frames {
		ids[i] = frames[i].frame.CallID
	}
	return ids
}

// refusalOf words an error for the sender: whatever is not about the request itself is a pipeline that cannot take it now,
// and senders retry a 503.
func refusalOf(err error) refusal {
	var refused refusal
	switch {
	case errors.As(err, &refused):
		return refused
	case errors.Is(err, call.ErrTooManyCalls):
		return refusal{http.StatusServiceUnavailable, "too many calls are open at once: raise max_active_calls or send again later"}
	case consumererror.IsPermanent(err):
		return refusal{http.StatusBadRequest, "the pipeline refuses this data for good: see the collector's log"}
	}
	return refusal{http.StatusServiceUnavailable, "the pipeline cannot take more now: send again later"}
}

// tally counts what became of a request's frames.
type tally struct {
	accepted, duplicates, late, sentinels int
}

func (t *tally) add(verdict call.Verdict, f *frame.Frame) {
	switch verdict {
	case call.Accepted:
		t.accepted++
	case call.Late:
		t.late++
	case call.Duplicate:
		t.duplicates++
		return
	}
	t.sentinels += f.Sentinels
}

func (t *tally) answer(in *intake) *answer {
	a := &answer{
		Accepted: t.accepted + t.late, Duplicates: t.duplicates, Ignored: in.ignored,
		Rejected: make([]rejection, len(in.faults)),
	}
	for i, f := range in.faults {
		a.Rejected[i] = rejection{Index: f.index, Reason: f.fault.Error()}
	}
	return a
}

// count is self-telemetry; frames of a refused request are not counted, for they come again.
func (r *voiceReceiver) count(ctx context.Context, t *tally, in *intake) {
	r.countFrames(ctx, "accepted", "", t.accepted)
	r.countFrames(ctx, "late", "", t.late)
	r.countFrames(ctx, "duplicate", "", t.duplicates)
	r.countFrames(ctx, "ignored", "", in.ignored)
	r.telemetry.ReceiverVoiceFrameSentinels.Add(ctx, int64(t.sentinels))
	for _, f := range in.faults {
		if f.datum {
			r.telemetry.ReceiverVoiceFrameDataRejected.Add(ctx, 1,
				metric.WithAttributes(attribute.String("reason", string(f.fault.Class))))
			continue
		}
		r.countFrames(ctx, "rejected", f.fault.Class, 1)
	}
}

func (r *voiceReceiver) countFrames(ctx context.Context, outcome string, reason frame.Class, n int) {
	if n == 0 {
		return
	}
	r.telemetry.ReceiverVoiceFrameFrames.Add(ctx, int64(n), metric.WithAttributes(
		attribute.String("outcome", outcome), attribute.String("reason", string(reason))))
}
