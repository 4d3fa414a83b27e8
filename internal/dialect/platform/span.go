package platform

import (
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect/wire"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// Span is when a call took place. Both times are zero where the platform says neither.
type Span struct {
	Start, End time.Time

	faults []frame.Fault
}

// Moment is a time of the report; zero where it is not there, or wrong.
func (s *Span) Moment(raw jsontext.Value, path string) time.Time {
	var at wire.Time
	if wire.Absent(raw) {
		return at.Time
	}
	if err := wire.Field(raw, path, &at); err != nil {
		s.faults = append(s.faults, wire.Fault(err))
	}
	return at.Time
}

// Length is a duration of the report, in a unit; zero where it is not there, or wrong.
func (s *Span) Length(raw jsontext.Value, path string, unit time.Duration) time.Duration {
	if wire.Absent(raw) {
		return 0
	}
	n, err := wire.Number(raw, path, 0, frame.MaxSeconds/unit.Seconds())
	if err != nil {
		s.faults = append(s.faults, wire.Fault(err))
		return 0
	}
	return time.Duration(n * float64(unit)).Round(time.Microsecond)
}

// Between sets when the call began and ended. Length stands in for a time that is not known. An end that cannot be is
// dropped, for a wrong digit would be years of session time.
func (s *Span) Between(start, end time.Time, length time.Duration) {
	switch {
	case start.IsZero() && !end.IsZero():
		start = end.Add(-length)
	case end.IsZero() && !start.IsZero():
		end = start.Add(length)
	}
	if lasted := end.Sub(start); lasted < 0 || lasted > frame.MaxSeconds*time.Second {
		s.faults = append(s.faults, frame.Faultf(frame.BadValue, "",
			"the call ends before it begins, or more than %d s after: its end is not taken", int64(frame.MaxSeconds)))
		end = start
	}
	s.Start, s.End = start, end
}
