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

// takeNumber counts one sound number point.
type takeNumber func(*intake, *target, pmetric.NumberDataPoint, value.Number) outcome

func (in *intake) sum(m pmetric.Metric, from *origin) {
	take := numberTaker(m.Sum())
	if take == nil {
		in.report.tally.add(droppedMalformed, stream.Points(m))
		return
	}
	t := in.aim(m, kindOf(m.Sum()), m.Sum().AggregationTemporality(), from)
	for _, p := range m.Sum().DataPoints().All() {
		in.note(in.number(t, p, take), t, p.Attributes())
	}
}

func kindOf(sum pmetric.Sum) series.Kind {
	if sum.IsMonotonic() {
		return series.Counter
	}
	return series.UpDown
}

func numberTaker(sum pmetric.Sum) takeNumber {
	switch sum.AggregationTemporality() {
	case pmetric.AggregationTemporalityDelta:
		return (*intake).deltaNumber
	case pmetric.AggregationTemporalityCumulative:
		if sum.IsMonotonic() {
			return (*intake).cumulativeNumber
		}
		return (*intake).observedNumber
	default:
		return nil
	}
}

func (in *intake) number(t *target, p pmetric.NumberDataPoint, take takeNumber) outcome {
	if p.Flags().NoRecordedValue() {
		return skippedNoValue
	}
	n, ok := value.Of(p)
	switch {
	case !ok, p.Attributes().Len() > ident.MaxAttributes:
		return droppedMalformed
	case !n.Finite():
		return droppedNotFinite
	case t.Kind == series.Counter && n.Negative():
		return droppedNegative
	case math.Abs(n.Float()) > t.largest:
		return droppedMalformed
	}
	return take(in, t, p, n)
}

func (in *intake) deltaNumber(t *target, p pmetric.NumberDataPoint, n value.Number) outcome {
	in.read(t, p.Attributes())
	if in.comesAgain(t) {
		return skippedDuplicate
	}
	s := in.series(t)
	if s == nil {
		return droppedLimit
	}
	in.counted()
	in.store.Add(s, n)
	return addedTo(s)
}

// cumulativeNumber counts what a stream has more than before. A stream that stands still touches nothing: SDKs report
// all that ever happened in each collection, and that must not keep the series of old calls alive.
func (in *intake) cumulativeNumber(t *target, p pmetric.NumberDataPoint, n value.Number) outcome {
	stream, sight := in.stream(t, p.StartTimestamp(), p.Timestamp(), p.Attributes())
	if stream == nil {
		return unseen(sight)
	}
	was := stream.Number
	stream.Number = n
	switch {
	case sight == input.Baseline:
		return skippedBaseline
	case sight == input.Again && n.Equal(was):
		return added
	}
	if !in.attach(t, stream, p.Attributes()) {
		return droppedLimit
	}
	if sight == input.Whole || in.reset(n.Less(was)) {
		in.store.Add(stream.Series, n)
	} else {
		in.store.AddSince(stream.Series, n, was)
	}
	return addedTo(stream.Series)
}

// attach makes sure that the stream has a series to be added to; false when there is no room.
func (in *intake) attach(t *target, stream *input.Stream, attributes pcommon.Map) bool {
	if !stream.Series.Alive() {
		in.read(t, attributes)
		stream.Series = in.series(t)
	}
	return stream.Series != nil
}

// reset passes on whether a stream began anew, and counts it.
func (in *intake) reset(began bool) bool {
	if began {
		in.report.resets++
	}
	return began
}

func unseen(sight input.Sight) outcome {
	if sight == input.NoRoom {
		return droppedLimit
	}
	return skippedLate
}

// observedNumber makes n the stream's part of its series. A stream that stands still does not bring back a series that
// has ended.
func (in *intake) observedNumber(t *target, p pmetric.NumberDataPoint, n value.Number) outcome {
	id := t.from.Then(t.metric).Then(in.hasher.Set(p.Attributes()))
	seen, sight := in.observations.See(id, in.timeOf(p.Timestamp()), in.now)
	if seen == nil {
		return unseen(sight)
	}
	was := seen.Number
	seen.Number = n
	switch {
	case seen.Series.Alive():
		in.move(seen.Series, n, was)
		return addedTo(seen.Series)
	case seen.Series != nil && n.Equal(was):
		return added
	}
	in.read(t, p.Attributes())
	seen.Series = in.series(t)
	if seen.Series == nil {
		return droppedLimit
	}
	in.store.Join(seen.Series, n)
	return addedTo(seen.Series)
}

func (in *intake) move(s *series.Series, n, was value.Number) {
	if !n.Equal(was) {
		in.store.Move(s, n, was)
	}
}
