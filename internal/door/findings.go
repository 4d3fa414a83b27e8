package door

import (
	"time"

	"github.com/otelcol-voice/otelcol-voice/internal/call"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// Sentinel is, beside those of package call, why a datum is dropped: it is what the vendor sends where it has none.
const Sentinel = "sentinel"

// Findings is what facts and frames say that is no signal but telemetry of ours.
type Findings struct {
	Dropped      map[string]int // data, by reason
	WithoutUsage int            // calls that ended so
	Oldest       time.Time      // of the timestamps of frames that were accepted
}

// Facts looks through what follows from a frame.
func (f *Findings) Facts(facts []call.Fact) {
	for i := range facts {
		switch facts[i].Kind {
		case call.Disregarded:
			f.drop(facts[i].Name, 1)
		case call.UsageMissing:
			f.WithoutUsage++
		}
	}
}

// Frame looks at a frame that was accepted.
func (f *Findings) Frame(accepted *frame.Frame) {
	f.drop(Sentinel, accepted.Sentinels)
	if at := accepted.Time; !at.IsZero() && (f.Oldest.IsZero() || at.Before(f.Oldest)) {
		f.Oldest = at
	}
}

func (f *Findings) drop(reason string, n int) {
	if n == 0 {
		return
	}
	if f.Dropped == nil {
		f.Dropped = map[string]int{}
	}
	f.Dropped[reason] += n
}
