package series

import (
	"unicode/utf8"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/otelcol-voice/otelcol-voice/internal/signal/semconv"
	"github.com/otelcol-voice/otelcol-voice/processor/rollupprocessor/internal/value"
)

// histogram is what a series of histograms holds.
type histogram struct {
	value.Histogram
	slowest Exemplar
	shown   uint64 // epoch of the flush that has it; 0: there is none
}

func newHistogram(bounds []float64) *histogram {
	return &histogram{Histogram: *value.NewHistogram(bounds)}
}

// Exemplar is one observation of a histogram that leads to its call: a dot on a panel.
type Exemplar struct {
	Value   float64
	TraceID pcommon.TraceID
	SpanID  pcommon.SpanID
	CallID  string
}

// Slower says whether an observation would be the slowest that the flush to come has of s.
func (st *Store) Slower(s *Series, v float64) bool {
	return s.histogram.shown != st.epoch || v > s.histogram.slowest.Value
}

// Show makes x what is shown of s with the flush to come, in place of what was shown before.
func (st *Store) Show(s *Series, x Exemplar) {
	s.histogram.slowest, s.histogram.shown = x.fit(), st.epoch
}

// What a backend takes of an exemplar: so many characters, of names and values together. Else it drops all but the trace.
const (
	maxExemplar = 128
	traceTakes  = len("trace_id") + 32
	spanTakes   = len("span_id") + 16
)

// fit leaves out what is too long: the span before the call, for the call's id leads as far, and the call before the trace.
func (x Exemplar) fit() Exemplar {
	size := 0
	if x.CallID != "" {
		size = len(semconv.AttrCallID) + utf8.RuneCountInString(x.CallID)
	}
	if !x.TraceID.IsEmpty() {
		size += traceTakes
	} else {
		x.SpanID = pcommon.SpanID{} // which means nothing alone
	}
	switch {
	case size > maxExemplar:
		x.CallID = ""
	case size+spanTakes > maxExemplar:
		x.SpanID = pcommon.SpanID{}
	}
	return x
}

// leads says whether there is anything to follow.
func (x *Exemplar) leads() bool { return x.CallID != "" || !x.TraceID.IsEmpty() }

// showSlowest adds the exemplar, until a flush with it was accepted. It gets the time of the flush: backends refuse
// what is older than what they have.
func (h *histogram) showSlowest(dest pmetric.ExemplarSlice, r *round) {
	if h.shown <= r.accepted || !h.slowest.leads() {
		return
	}
	x := dest.AppendEmpty()
	x.SetDoubleValue(h.slowest.Value)
	x.SetTimestamp(r.at)
	x.SetTraceID(h.slowest.TraceID)
	x.SetSpanID(h.slowest.SpanID)
	if h.slowest.CallID != "" {
		x.FilteredAttributes().PutStr(semconv.AttrCallID, h.slowest.CallID)
	}
}
