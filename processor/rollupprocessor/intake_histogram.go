package rollupprocessor

import (
	"math"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/otelcol-voice/otelcol-voice/internal/stream"
	"github.com/otelcol-voice/otelcol-voice/processor/rollupprocessor/internal/ident"
	"github.com/otelcol-voice/otelcol-voice/processor/rollupprocessor/internal/input"
	"github.com/otelcol-voice/otelcol-voice/processor/rollupprocessor/internal/series"
	"github.com/otelcol-voice/otelcol-voice/processor/rollupprocessor/internal/value"
)

// sample is what the histogram point at hand says beside its numbers, whichever of the two sorts it is.
type sample struct {
	attributes pcommon.Map
	exemplars  pmetric.ExemplarSlice
	start, at  pcommon.Timestamp
	noValue    bool
}

func sampleOf(p pmetric.HistogramDataPoint) sample {
	return sample{p.Attributes(), p.Exemplars(), p.StartTimestamp(), p.Timestamp(), p.Flags().NoRecordedValue()}
}

func (in *intake) histogram(m pmetric.Metric, from *origin) {
	h := m.Histogram()
	if !ofKnownTemporality(h.AggregationTemporality()) {
		in.report.tally.add(droppedMalformed, stream.Points(m))
		return
	}
	t := in.aimHistogram(m, h.AggregationTemporality(), from)
	for _, p := range h.DataPoints().All() {
		s := sampleOf(p)
		in.note(in.distribution(t, p, &s), t, s.attributes)
	}
}

func ofKnownTemporality(t pmetric.AggregationTemporality) bool {
	return t == pmetric.AggregationTemporalityDelta || t == pmetric.AggregationTemporalityCumulative
}

// aimHistogram sets the target of a histogram's points. Its bounds may not be known yet.
func (in *intake) aimHistogram(m pmetric.Metric, temporality pmetric.AggregationTemporality, from *origin) *target {
	if in.cfg.Histograms == HistogramsExponential {
		t := in.aim(m, series.Exponential, temporality, from)
		t.Bounds = value.Grid
		return t
	}
	t := in.aim(m, series.Histogram, temporality, from)
	if t.Bounds = boundsOf(t.Name); t.Bounds == nil {
		t.Bounds = in.store.Bounds(t.Name)
	}
	return t
}

var faults = [...]outcome{
	value.Malformed: droppedMalformed,
	value.NotFinite: droppedNotFinite,
	value.NoSum:     droppedNoSum,
}

func (in *intake) distribution(t *target, p pmetric.HistogramDataPoint, s *sample) outcome {
	if what := in.readable(t, s); what != added {
		return what
	}
	if t.Bounds == nil {
		bounds, ok := value.Bounds(p)
		if !ok {
			return droppedMalformed
		}
		if !in.adopt(t, bounds) {
			return droppedLimit
		}
	}
	converted, fault := in.reading.Read(p, t.Bounds)
	if what := in.sound(t, fault, in.reading.Sum); what != added {
		return what
	}
	if t.cumulative {
		in.converted(converted)
		return in.cumulativeDistribution(t, s)
	}
	in.converted(converted && !in.reading.Single(p, t.Bounds))
	return in.deltaDistribution(t, s)
}

// readable and sound are what has to hold of every point, before and after it was read; added means that it does.
func (in *intake) readable(_ *target, s *sample) outcome {
	switch {
	case s.noValue:
		return skippedNoValue
	case s.attributes.Len() > ident.MaxAttributes:
		return droppedMalformed
	default:
		return added
	}
}

func (in *intake) sound(t *target, fault value.Fault, sum float64) outcome {
	switch {
	case fault != value.Sound:
		return faults[fault]
	case math.Abs(sum) > t.largest, t.ours && sum < 0:
		return droppedMalformed
	default:
		return added
	}
}

func (in *intake) converted(was bool) {
	if was {
		in.report.converted++
	}
}

// adopt makes the bounds of the first histogram of its name those of the name. It is false when there is no room.
func (in *intake) adopt(t *target, bounds []float64) bool {
	t.Bounds = bounds
	return in.store.Adopt(t.Name, bounds)
}

// deltaDistribution counts what is in in.reading.
func (in *intake) deltaDistribution(t *target, s *sample) outcome {
	in.read(t, s.attributes)
	if in.comesAgain(t) {
		return skippedDuplicate
	}
	to := in.series(t)
	if to == nil {
		return droppedLimit
	}
	in.counted()
	in.store.AddHistogram(to, &in.reading)
	in.exemplify(to, s)
	return addedTo(to)
}

// cumulativeDistribution counts what a stream has more than before. Its smallest and largest value are those of its
// whole life, so they are known only of a stream that was counted whole.
func (in *intake) cumulativeDistribution(t *target, s *sample) outcome {
	stream, sight := in.stream(t, s.start, s.at, s.attributes)
	if stream == nil {
		return unseen(sight)
	}
	in.reading.Extremes = in.reading.Extremes && stream.FromZero
	if stream.Distribution == nil {
		stream.Distribution = new(value.Distribution)
	}
	result := in.difference(t, s, stream, sight)
	stream.Distribution.CopyFrom(&in.reading)
	return result
}

func (in *intake) difference(t *target, s *sample, stream *input.Stream, sight input.Sight) outcome {
	d, was := &in.reading, stream.Distribution
	follows := sight == input.Again && d.Follows(was)
	fell := t.ours && d.Sum < was.Sum
	switch {
	case sight == input.Baseline, sight == input.Again && len(d.Counts) != len(was.Counts): // it was read in other bounds
		return skippedBaseline
	case follows && d.Count == was.Count:
		return added
	case !in.attach(t, stream, s.attributes):
		return droppedLimit
	case follows && !fell:
		in.store.AddHistogramSince(stream.Series, d, was)
	default:
		in.reset(sight == input.Again)
		in.store.AddHistogram(stream.Series, d)
	}
	in.exemplifySome(stream.Series, s)
	return addedTo(stream.Series)
}
