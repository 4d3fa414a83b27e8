package rollupprocessor

import (
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/otelcol-voice/otelcol-voice/internal/stream"
	"github.com/otelcol-voice/otelcol-voice/processor/rollupprocessor/internal/input"
	"github.com/otelcol-voice/otelcol-voice/processor/rollupprocessor/internal/value"
)

// exponential takes an exponential histogram to where explicit ones are held. Cumulative ones come here only if the metric is
// ours.
func (in *intake) exponential(m pmetric.Metric, from *origin) {
	h := m.ExponentialHistogram()
	if !ofKnownTemporality(h.AggregationTemporality()) {
		in.report.tally.add(droppedMalformed, stream.Points(m))
		return
	}
	t := in.aimHistogram(m, h.AggregationTemporality(), from)
	for _, p := range h.DataPoints().All() {
		s := sample{p.Attributes(), p.Exemplars(), p.StartTimestamp(), p.Timestamp(), p.Flags().NoRecordedValue()}
		in.note(in.exponentialPoint(t, p, &s), t, s.attributes)
	}
}

func (in *intake) exponentialPoint(t *target, p pmetric.ExponentialHistogramDataPoint, s *sample) outcome {
	if what := in.readable(t, s); what != added {
		return what
	}
	fault := in.wide.Read(p)
	if what := in.sound(t, fault, in.wide.Sum); what != added {
		return what
	}
	if t.Bounds == nil && !in.adopt(t, value.Powers) {
		return droppedLimit
	}
	if t.cumulative {
		in.converted(true)
		return in.cumulativeExponential(t, s)
	}
	in.converted(in.wide.Delta(t.Bounds, &in.reading))
	return in.deltaDistribution(t, s)
}

// cumulativeExponential counts what a stream has more than before. The difference is taken at the scale of the stream, and then
// converted: what it has more in a bucket of ours would not be known from two conversions, whose edges move with the scale.
func (in *intake) cumulativeExponential(t *target, s *sample) outcome {
	stream, sight := in.stream(t, s.start, s.at, s.attributes)
	if stream == nil {
		return unseen(sight)
	}
	in.wide.Extremes = in.wide.Extremes && stream.FromZero
	result := in.wideDifference(t, s, stream, sight)
	stream.Exponential = in.wide.Clone()
	return result
}

func (in *intake) wideDifference(t *target, s *sample, stream *input.Stream, sight input.Sight) outcome {
	was := stream.Exponential
	if sight == input.Baseline || sight == input.Again && was == nil {
		return skippedBaseline
	}
	more, follows := &in.wide, false
	if sight == input.Again {
		more, follows = in.wide.Since(was)
		follows = follows && !(t.ours && in.wide.Sum < was.Sum)
	}
	switch {
	case follows && more.Count == 0:
		return added
	case !in.attach(t, stream, s.attributes):
		return droppedLimit
	case follows:
		more.In(t.Bounds, &in.reading)
		in.store.AddHistogramBuckets(stream.Series, &in.reading, in.wide.Sum, was.Sum)
	default:
		in.reset(sight == input.Again)
		in.wide.In(t.Bounds, &in.reading)
		in.store.AddHistogram(stream.Series, &in.reading)
	}
	in.exemplifySome(stream.Series, s)
	return addedTo(stream.Series)
}
