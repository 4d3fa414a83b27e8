package rollupprocessor

import (
	"math"

	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/otelcol-voice/otelcol-voice/processor/rollupprocessor/internal/ident"
	"github.com/otelcol-voice/otelcol-voice/processor/rollupprocessor/internal/input"
	"github.com/otelcol-voice/otelcol-voice/processor/rollupprocessor/internal/series"
	"github.com/otelcol-voice/otelcol-voice/processor/rollupprocessor/internal/value"
)

// takeDistribution counts one sound histogram point, which is in in.reading.
type takeDistribution func(*intake, *target, pmetric.HistogramDataPoint) outcome

func (in *intake) histogram(m pmetric.Metric, from *origin) {
	take := distributionTaker(m.Histogram())
	if take == nil {
		in.report.tally.add(droppedMalformed, points(m))
		return
	}
	t := in.aim(m, series.Histogram, m.Histogram().AggregationTemporality(), from)
	if t.Bounds = boundsOf(t.Name); t.Bounds == nil {
		t.Bounds = in.store.Bounds(t.Name)
	}
	for _, p := range m.Histogram().DataPoints().All() {
		in.note(in.distribution(t, p, take), t, p.Attributes())
	}
}

func distributionTaker(h pmetric.Histogram) takeDistribution {
	switch h.AggregationTemporality() {
	case pmetric.AggregationTemporalityDelta:
		return (*intake).deltaDistribution
	case pmetric.AggregationTemporalityCumulative:
		return (*intake).cumulativeDistribution
	default:
		return nil
	}
}

var faults = [...]outcome{
	value.Malformed: droppedMalformed,
	value.NotFinite: droppedNotFinite,
	value.NoSum:     droppedNoSum,
}

func (in *intake) distribution(t *target, p pmetric.HistogramDataPoint, take takeDistribution) outcome {
	switch {
	case p.Flags().NoRecordedValue():
		return skippedNoValue
	case p.Attributes().Len() > ident.MaxAttributes:
		return droppedMalformed
	case t.Bounds == nil:
		if refused := in.adopt(t, p); refused != added {
			return refused
		}
	}
	converted, fault := in.reading.Read(p, t.Bounds)
	switch {
	case fault != value.Sound:
		return faults[fault]
	case math.Abs(in.reading.Sum) > t.largest, t.ours && in.reading.Sum < 0:
		return droppedMalformed
	}
	if converted {
		in.report.converted++
	}
	return take(in, t, p)
}

// adopt makes the bounds of p, the first histogram of its name, those of the name.
func (in *intake) adopt(t *target, p pmetric.HistogramDataPoint) outcome {
	bounds, ok := value.Bounds(p)
	switch {
	case !ok:
		return droppedMalformed
	case !in.store.Adopt(t.Name, bounds):
		return droppedLimit
	}
	t.Bounds = bounds
	return added
}

func (in *intake) deltaDistribution(t *target, p pmetric.HistogramDataPoint) outcome {
	in.read(t, p.Attributes())
	if in.comesAgain(t) {
		return skippedDuplicate
	}
	s := in.series(t)
	if s == nil {
		return droppedLimit
	}
	in.counted()
	in.store.AddHistogram(s, &in.reading)
	in.exemplify(s, p)
	return addedTo(s)
}

// cumulativeDistribution counts what a stream has more than before. Its smallest and largest value are those of its
// whole life, so they are known only of a stream that was counted whole.
func (in *intake) cumulativeDistribution(t *target, p pmetric.HistogramDataPoint) outcome {
	stream, sight := in.stream(t, p.StartTimestamp(), p.Timestamp(), p.Attributes())
	if stream == nil {
		return unseen(sight)
	}
	in.reading.Extremes = in.reading.Extremes && stream.FromZero
	if stream.Distribution == nil {
		stream.Distribution = new(value.Distribution)
	}
	result := in.difference(t, p, stream, sight)
	stream.Distribution.CopyFrom(&in.reading)
	return result
}

func (in *intake) difference(t *target, p pmetric.HistogramDataPoint, stream *input.Stream, sight input.Sight) outcome {
	d, was := &in.reading, stream.Distribution
	follows := sight == input.Again && d.Follows(was)
	fell := t.ours && d.Sum < was.Sum
	switch {
	case sight == input.Baseline, sight == input.Again && len(d.Counts) != len(was.Counts): // it was read by another version
		return skippedBaseline
	case follows && d.Count == was.Count:
		return added
	case !in.attach(t, stream, p.Attributes()):
		return droppedLimit
	case follows && !fell:
		in.store.AddHistogramSince(stream.Series, d, was)
	default:
		in.reset(sight == input.Again)
		in.store.AddHistogram(stream.Series, d)
	}
	if p.Exemplars().Len() > 0 { // its largest value may be of long ago
		in.exemplify(stream.Series, p)
	}
	return addedTo(stream.Series)
}
