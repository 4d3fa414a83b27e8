package e2e

import (
	"fmt"
	"testing"
	"time"

	"github.com/otelcol-voice/otelcol-voice/test/e2e/backend"
)

// Calls that say when they are over end then; the others end when nothing was heard of them for five minutes.
func TestIdleCallsEnd(t *testing.T) {
	b := backend.Start(t)
	p := startPipeline(t, b)
	start := float64(p.began.Unix())
	for call := range 3 {
		p.post(fmt.Appendf(nil, `{"type":"StartFrame","call_id":"call-%d","timestamp":%f}`, call, start))
	}
	p.post(fmt.Appendf(nil, `{"type":"EndFrame","call_id":"call-0","timestamp":%f}`, start+5))
	p.flushUntil("sum(voice_calls_active) == 2")
	assertVector(t, backend.Vector{"{}": 2}, b.Query("sum(voice_calls_active)", p.clock.Now()), "active calls")
	assertVector(t, backend.Vector{"{}": 1}, b.Query("sum(voice_call_duration_seconds_count)", p.clock.Now()), "ended calls")

	for range int(5 * time.Minute / flushEvery) {
		p.flush()
	}
	p.flushUntil("sum(voice_calls_active) == 0")
	assertVector(t, backend.Vector{"{}": 0}, b.Query("sum(voice_calls_active)", p.clock.Now()), "active calls")
	assertVector(t, backend.Vector{"{}": 3}, b.Query("sum(voice_call_duration_seconds_count)", p.clock.Now()), "ended calls")
	assertVector(t, backend.Vector{"{}": 3}, b.Query("sum(voice_calls_total)", p.clock.Now()), "calls")
	assertVector(t, backend.Vector{"{}": 5}, b.Query("sum(voice_call_duration_seconds_sum)", p.clock.Now()), "their length")
}

// flushUntil flushes until a query has an answer, or for hours: the receiver and rollup tick at the same moment, in either order,
// and the receiver, which has a disk to wait for, skips the ticks that it is late for.
func (p *pipeline) flushUntil(query string) {
	for range 1000 {
		if p.flush(); len(p.backend.Query(query, p.clock.Now())) > 0 {
			return
		}
	}
}
