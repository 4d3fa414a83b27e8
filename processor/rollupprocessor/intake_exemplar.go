package rollupprocessor

import (
	"math"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/otelcol-voice/otelcol-voice/internal/signal/semconv"
	"github.com/otelcol-voice/otelcol-voice/processor/rollupprocessor/internal/ident"
	"github.com/otelcol-voice/otelcol-voice/processor/rollupprocessor/internal/series"
)

// exemplify shows the slowest observation of a point if it is the slowest of its series since the last flush. That is one of
// those that the point tells of, else its largest value, if it is known, and the call of the point.
func (in *intake) exemplify(to *series.Series, s *sample) {
	if !in.cfg.Exemplars {
		return
	}
	slowest, v := slowestOf(s.exemplars)
	if slowest < 0 {
		var known bool
		if v, known = in.largest(); !known {
			return
		}
	}
	if !in.store.Slower(to, v) {
		return
	}
	x := series.Exemplar{Value: v, CallID: callOf(s.attributes)}
	if slowest >= 0 {
		x.TraceID, x.SpanID = s.exemplars.At(slowest).TraceID(), s.exemplars.At(slowest).SpanID()
	}
	in.store.Show(to, x)
}

// exemplifySome is for a cumulative point, whose largest value may be of long ago.
func (in *intake) exemplifySome(to *series.Series, s *sample) {
	if s.exemplars.Len() > 0 {
		in.exemplify(to, s)
	}
}

// slowestOf is the place of the largest of some exemplars, or -1.
func slowestOf(exemplars pmetric.ExemplarSlice) (slowest int, v float64) {
	slowest, v = -1, math.Inf(-1)
	for i, x := range exemplars.All() {
		if n := valueOf(x); n > v && !math.IsInf(n, 1) {
			slowest, v = i, n
		}
	}
	return slowest, v
}

func valueOf(x pmetric.Exemplar) float64 {
	if x.ValueType() == pmetric.ExemplarValueTypeInt {
		return float64(x.IntValue())
	}
	return x.DoubleValue()
}

// largest is the largest value of the histogram point at hand.
func (in *intake) largest() (v float64, known bool) {
	switch d := &in.reading; {
	case d.Count == 1:
		return d.Sum, true
	case d.Count > 1 && d.Extremes:
		return d.Max, true
	default:
		return 0, false
	}
}

func callOf(attributes pcommon.Map) string {
	id, ok := attributes.Get(semconv.AttrCallID)
	if !ok {
		return ""
	}
	return ident.Text(id.AsString())
}
