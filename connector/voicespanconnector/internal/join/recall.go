package join

import (
	"slices"
	"time"

	"github.com/otelcol-voice/otelcol-voice/internal/call"
	"github.com/otelcol-voice/otelcol-voice/internal/dialect/spanframe"
)

// Memory is what a trace is known by after a restart.
type Memory struct {
	Trace [16]byte
	Call  call.Key
	// Rank is how the call was found.
	Rank spanframe.Rank
	// Seen is when something was last heard of the trace.
	Seen time.Time
}

// Recall makes traces known again, each once, before any span comes. None is counted as found: that was before the restart.
func (j *Joiner) Recall(memories []Memory) {
	j.mu.Lock()
	defer j.mu.Unlock()
	slices.SortFunc(memories, func(a, b Memory) int { return a.Seen.Compare(b.Seen) })
	for i := range memories {
		m := &memories[i]
		t := j.enter(m.Trace, m.Call.Tenant, m.Seen)
		t.call, t.rank = m.Call, m.Rank
	}
}
