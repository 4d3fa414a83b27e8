package dialect

import (
	"github.com/otelcol-voice/otelcol-voice/internal/dialect/wire"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// place writes to a frame where its bot says that the call belongs; our own messages say it themselves. Only what could never
// be a traceparent is a fault, and of that field alone: bots without a trace send one of zeros.
func (h *head) place(f *frame.Frame) {
	var text string
	if h.Traceparent.Kind() != '"' || wire.Unmarshal(h.Traceparent, &text) != nil {
		f.Faults = append(f.Faults, frame.Faultf(frame.WrongType, "traceparent", "must be a string"))
		return
	}
	f.Trace, _ = frame.ParseTraceparent(text)
}
