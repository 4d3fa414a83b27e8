package voiceframereceiver

import (
	"context"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/otelcol-voice/otelcol-voice/internal/call"
	"github.com/otelcol-voice/otelcol-voice/internal/door"
)

// keepHouse does at every tick what no request causes.
func (r *voiceReceiver) keepHouse(ctx context.Context, ticker clockwork.Ticker) {
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-ticker.Chan():
			r.tick(ctx, now)
		}
	}
}

func (r *voiceReceiver) tick(ctx context.Context, now time.Time) {
	door := r.door()
	door.EndIdle(ctx, now)
	door.Observe(ctx, r.started, now)
	// After that, so that a tenant of whose calls none is open any more has been told of.
	r.keeper.Forget(ctx, r.calls.Forget(now))
}

// door is the receiver's way into its table of calls.
func (r *voiceReceiver) door() *door.Door {
	return &door.Door{
		Calls: r.calls, Signals: r.signals, Outlet: &r.pipeline, Logger: r.settings.Logger, Keep: r.keeper.End, Found: r.foundEnd,
	}
}

func (r *voiceReceiver) foundEnd(ctx context.Context, facts []call.Fact, now time.Time) {
	var found door.Findings
	found.Facts(facts)
	r.found(ctx, &found, now)
}
