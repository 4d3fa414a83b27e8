package voicespanconnector

import (
	"hash/maphash"
	"sync"

	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-voice/otelcol-voice/internal/signal/semconv"
)

// maxWitnessed is how many calls of frames are remembered, in each of two generations.
const maxWitnessed = 100_000

// witnesses are the calls of which frames have told: the spans that a component of ours made of those name them. A bot that sends
// spans of the same call is counted twice. Calls are remembered by a digest; the older half goes as a whole.
type witnesses struct {
	mu         sync.Mutex
	seed       maphash.Seed
	young, old map[uint64]struct{}
}

func newWitnesses() *witnesses {
	return &witnesses{seed: maphash.MakeSeed(), young: map[uint64]struct{}{}}
}

// note takes the names of calls from spans of ours.
func (w *witnesses) note(spans ptrace.SpanSlice) {
	w.mu.Lock()
	defer w.mu.Unlock()
	last := ""
	for _, span := range spans.All() {
		id, named := span.Attributes().Get(semconv.AttrCallID)
		if !named || id.Str() == last {
			continue
		}
		last = id.Str()
		w.remember(maphash.String(w.seed, last))
	}
}

func (w *witnesses) remember(call uint64) {
	if len(w.young) >= maxWitnessed {
		w.old, w.young = w.young, map[uint64]struct{}{}
	}
	w.young[call] = struct{}{}
}

// know says whether frames have told of a call of this name.
func (w *witnesses) know(id string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	call := maphash.String(w.seed, id)
	if _, young := w.young[call]; young {
		return true
	}
	_, old := w.old[call]
	return old
}
