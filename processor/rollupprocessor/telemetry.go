package rollupprocessor

import (
	"context"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/otelcol-voice/otelcol-voice/processor/rollupprocessor/internal/metadata"
)

// outcome is what became of one input point. Every point has exactly one, so their sum is what was received.
type outcome uint8

const (
	added outcome = iota
	addedOverflow
	addedWithoutLabel
	passedUnmatched
	passedGauge
	passedSummary
	passedExponential
	skippedBaseline
	skippedDuplicate
	skippedLate
	skippedNoValue
	droppedLimit
	droppedMalformed
	droppedNegative
	droppedNoSum
	droppedNotFinite
	droppedUnsupported
	outcomes
)

// outcomeNames are the values of the attributes outcome and reason.
var outcomeNames = [outcomes][2]string{
	added:              {"added", ""},
	addedOverflow:      {"added", "overflow"},
	addedWithoutLabel:  {"added", "label_dropped"},
	passedUnmatched:    {"passed", "unmatched"},
	passedGauge:        {"passed", "gauge"},
	passedSummary:      {"passed", "summary"},
	passedExponential:  {"passed", "exponential"},
	skippedBaseline:    {"skipped", "baseline"},
	skippedDuplicate:   {"skipped", "duplicate"},
	skippedLate:        {"skipped", "late"},
	skippedNoValue:     {"skipped", "no_value"},
	droppedLimit:       {"dropped", "limit"},
	droppedMalformed:   {"dropped", "malformed"},
	droppedNegative:    {"dropped", "negative"},
	droppedNoSum:       {"dropped", "no_sum"},
	droppedNotFinite:   {"dropped", "not_finite"},
	droppedUnsupported: {"dropped", "unsupported"},
}

// tally counts points by outcome.
type tally [outcomes]int64

func (t *tally) add(what outcome, n int) { t[what] += int64(n) }

// result is what became of a flush.
type result string

const (
	accepted  result = "accepted"
	refused   result = "refused"
	empty     result = "empty"     // nothing was due
	postponed result = "postponed" // the clock was set back
)

// telemetry is the processor's own metrics, with the attributes of the hot path made beforehand.
type telemetry struct {
	*metadata.TelemetryBuilder
	outcomes [outcomes][]metric.AddOption
}

func newTelemetry(set component.TelemetrySettings) (*telemetry, error) {
	builder, err := metadata.NewTelemetryBuilder(set)
	if err != nil {
		return nil, err
	}
	t := &telemetry{TelemetryBuilder: builder}
	for what, names := range outcomeNames {
		attributes := attribute.NewSet(attribute.String("outcome", names[0]), attribute.String("reason", names[1]))
		t.outcomes[what] = []metric.AddOption{metric.WithAttributeSet(attributes)}
	}
	return t, nil
}

func (t *telemetry) points(ctx context.Context, counts *tally) {
	for what, n := range counts {
		if n > 0 {
			t.ProcessorRollupInputPoints.Add(ctx, n, t.outcomes[what]...)
		}
	}
}

func (t *telemetry) request(ctx context.Context, r *report) {
	t.points(ctx, &r.tally)
	if r.resets > 0 {
		t.ProcessorRollupResets.Add(ctx, r.resets)
	}
	if r.converted > 0 {
		t.ProcessorRollupConvertedHistograms.Add(ctx, r.converted)
	}
	if r.forgotten > 0 {
		t.ProcessorRollupForgottenIdentities.Add(ctx, r.forgotten)
	}
}

// held is what the processor holds at a flush.
type held struct {
	series, calls, streams, marks int
	stored                        int64 // bytes on disk that a start reads; 0: there is no storage
}

func (t *telemetry) holding(ctx context.Context, h held) {
	t.ProcessorRollupSeries.Record(ctx, int64(h.series))
	t.ProcessorRollupCalls.Record(ctx, int64(h.calls))
	t.ProcessorRollupInputStreams.Record(ctx, int64(h.streams))
	t.ProcessorRollupIdentities.Record(ctx, int64(h.marks))
	if h.stored > 0 {
		t.ProcessorRollupStoredBytes.Record(ctx, h.stored)
	}
}

func (t *telemetry) flushed(ctx context.Context, what result, points int, took time.Duration) {
	t.ProcessorRollupFlushes.Add(ctx, 1, metric.WithAttributes(attribute.String("result", string(what))))
	t.ProcessorRollupFlushDuration.Record(ctx, took.Seconds())
	if what == accepted {
		t.ProcessorRollupOutputPoints.Add(ctx, int64(points))
	}
}
