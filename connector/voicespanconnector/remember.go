package voicespanconnector

import (
	"context"
	"maps"
	"slices"
	"time"

	"go.opentelemetry.io/collector/component"

	"github.com/otelcol-voice/otelcol-voice/connector/voicespanconnector/internal/join"
	"github.com/otelcol-voice/otelcol-voice/internal/call"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
	"github.com/otelcol-voice/otelcol-voice/internal/journal"
	"github.com/otelcol-voice/otelcol-voice/internal/keep"
)

// remember begins to keep calls, if they are to be kept, after those that were kept before are open again.
func (c *voiceConnector) remember(ctx context.Context, host component.Host) (err error) {
	if c.config.Storage == nil {
		return nil
	}
	if c.keeper, err = keep.Open(ctx, host, c.keepSettings(*c.config.Storage)); err != nil {
		return err
	}
	return c.resume(ctx)
}

func (c *voiceConnector) keepSettings(storage component.ID) keep.Settings {
	return keep.Settings{
		Storage: storage, Kind: component.KindConnector, ID: c.settings.ID, Logger: c.settings.Logger, Report: c.hosts.Report,
		Errors: c.telemetry.ConnectorVoiceSpanJournalErrors, Damaged: c.telemetry.ConnectorVoiceSpanJournalDamaged,
	}
}

// resume takes up the calls that were kept, and what the connector knew beside them: which call a trace belongs to, which turns were
// there, and which ends have been told and are yet to come.
func (c *voiceConnector) resume(ctx context.Context) error {
	known := recollection{courses: &c.courses, traces: map[[16]byte]join.Memory{}, ends: map[call.Key][]toldEnd{}}
	if err := c.keeper.Resume(ctx, c.door.Calls, known.step); err != nil {
		return err
	}
	c.joiner.Recall(slices.Collect(maps.Values(known.traces)))
	c.endings.resume(known.ends, c.clock.Now().Add(c.config.EndDelay), c.config.IdleTimeout)
	return nil
}

// keep adds a frame that has changed its call to what is kept of it: a span's, with its note, or an end's that was told before.
func (s *step) keep(f *frame.Frame, known note, facts []call.Fact, verdict call.Verdict, now time.Time) {
	if s.steps == nil || verdict != call.Accepted && verdict != call.Late {
		return
	}
	s.steps.Add(call.KeyOf(f), journal.Entry{Frame: f, Arrival: now, Note: known.String()})
	s.steps.Facts(facts)
}

// recollection is what the steps of calls tell beside the calls themselves.
type recollection struct {
	courses *courses
	traces  map[[16]byte]join.Memory
	ends    map[call.Key][]toldEnd // of calls that are open
}

func (r *recollection) step(step *journal.Entry, facts []call.Fact, verdict call.Verdict) {
	if step.Frame != nil {
		r.span(step.Frame, readNote(step.Note), verdict, step.Arrival)
	}
	for _, ended := range ends(facts) {
		r.courses.end(&ended)
		delete(r.ends, ended.Call)
	}
}

func (r *recollection) span(f *frame.Frame, known note, verdict call.Verdict, arrival time.Time) {
	key, trace := call.KeyOf(f), f.Trace.TraceID
	if before, is := r.traces[trace]; known.joined && (!is || !arrival.Before(before.Seen)) {
		r.traces[trace] = join.Memory{Trace: trace, Call: key, Rank: known.rank, Seen: arrival}
	}
	if verdict != call.Accepted {
		return
	}
	for i := range f.Events {
		if f.Events[i].Kind == frame.TurnDone && f.Events[i].Number > 0 {
			r.courses.note([]turn{{key, f.Events[i].Number}})
		}
	}
	if known.ends {
		r.ends[key] = append(r.ends[key], toldEnd{endOf(f, known.reason), arrival})
	}
}
