package costprocessor

import (
	"context"
	"errors"
	"math"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/otelcol-voice/otelcol-voice/internal/pricing"
	"github.com/otelcol-voice/otelcol-voice/internal/signal/semconv"
	"github.com/otelcol-voice/otelcol-voice/processor/costprocessor/internal/catalogue"
	"github.com/otelcol-voice/otelcol-voice/processor/costprocessor/internal/metadata"
)

// outcome is what became of one usage. Every usage has exactly one, so their sum is what was received.
type outcome uint8

const (
	unsettled outcome = iota
	priced
	covered  // its price bills another quantity that is reported beside it
	unpriced // for the reason in the usage's result
	reported // money that a platform charges: no usage, and so in none of our metrics
	ignoredContainer
	ignoredContains
	ignoredForeign
	ignoredMalformed
	ignoredNegative
	ignoredNoSum
	ignoredNoValue
	ignoredNotCounter
	ignoredNotFinite
	ignoredPriced
	ignoredSource
	ignoredStage
	ignoredUnjoined
	ignoredZero
	outcomes
)

// ignoredReasons are the values of the attribute reason of ignored usage.
var ignoredReasons = [outcomes]string{
	ignoredContainer:  "container",
	ignoredContains:   "contains_priced",
	ignoredForeign:    "foreign_cost",
	ignoredMalformed:  "malformed",
	ignoredNegative:   "negative",
	ignoredNoSum:      "no_sum",
	ignoredNoValue:    "no_value",
	ignoredNotCounter: "not_a_counter",
	ignoredNotFinite:  "not_finite",
	ignoredPriced:     "already_priced",
	ignoredSource:     "source_off",
	ignoredStage:      "other_stage",
	ignoredUnjoined:   "unjoined",
	ignoredZero:       "zero",
}

// tally counts usages by what became of them, and points of foreign cost.
type tally struct {
	outcomes                    [outcomes]int64
	reasons                     [pricing.Reasons]int64 // of unpriced
	doubts                      [doubts]int64          // of priced; exact is not counted
	foreignDropped, foreignKept int64
	untracked                   int64 // priced as well, but without what the counter was before
	// differences are what platforms charge for a call more than we computed for it, of calls with both.
	differences []float64
}

func (t *tally) add(what outcome, u *usage) {
	t.outcomes[what]++
	switch what {
	case unpriced:
		t.reasons[u.result.Reason]++
	case priced:
		t.doubts[u.doubt()]++
	}
}

// merge adds the counts of a bill.
func (t *tally) merge(of *tally) {
	for what, n := range of.outcomes {
		t.outcomes[what] += n
	}
	for reason, n := range of.reasons {
		t.reasons[reason] += n
	}
	for doubt, n := range of.doubts {
		t.doubts[doubt] += n
	}
	t.differences = append(t.differences, of.differences...)
}

// telemetry is the processor's own metrics, with their attributes made beforehand.
type telemetry struct {
	*metadata.TelemetryBuilder
	metrics, logs, traces signal
	dropped, kept         metric.MeasurementOption
	reloads               [catalogue.Sources][catalogue.Outcomes]metric.MeasurementOption
	ages                  [catalogue.Sources]metric.MeasurementOption
}

// signal is the attributes of one signal's metrics.
type signal struct {
	name     string
	plain    metric.MeasurementOption
	computed metric.MeasurementOption // more than was reported
	reported metric.MeasurementOption // as much as computed, or more
	unpriced [pricing.Reasons]metric.MeasurementOption
	doubtful [doubts]metric.MeasurementOption
	ignored  [outcomes]metric.MeasurementOption
}

func newTelemetry(set component.TelemetrySettings, of *counters) (*telemetry, error) {
	builder, err := metadata.NewTelemetryBuilder(set)
	if err != nil {
		return nil, err
	}
	err = errors.Join(
		builder.RegisterProcessorCostCountersCallback(observe(func() int { return of.held() })),
		builder.RegisterProcessorCostCountersLimitCallback(observe(func() int { return of.limit })),
	)
	if err != nil {
		return nil, err
	}
	t := &telemetry{
		TelemetryBuilder: builder,
		metrics:          newSignal("metrics"),
		logs:             newSignal("logs"),
		traces:           newSignal("traces"),
		dropped:          attributes(attribute.String("action", "dropped")),
		kept:             attributes(attribute.String("action", "kept")),
	}
	t.prepareSources()
	return t, nil
}

func (t *telemetry) prepareSources() {
	for source := range t.reloads {
		from := attribute.String("source", catalogue.Source(source).String())
		t.ages[source] = attributes(from)
		for outcome := range t.reloads[source] {
			t.reloads[source][outcome] = attributes(from, attribute.String("outcome", catalogue.Outcome(outcome).String()))
		}
	}
}

// reloaded counts a look at a price file or a request for one.
func (t *telemetry) reloaded(source catalogue.Source, outcome catalogue.Outcome) {
	t.ProcessorCostPriceReloads.Add(context.Background(), 1, t.reloads[source][outcome])
}

// observe reports on the price book of now, until the shutdown.
func (t *telemetry) observe(prices *catalogue.Catalogue) error {
	return errors.Join(
		t.RegisterProcessorCostPriceAgeCallback(func(_ context.Context, o metric.Float64Observer) error {
			for source := range t.ages {
				if age, known := prices.Age(catalogue.Source(source)); known {
					o.Observe(age.Seconds(), t.ages[source])
				}
			}
			return nil
		}),
		t.RegisterProcessorCostPricesCallback(func(_ context.Context, o metric.Int64Observer) error {
			o.Observe(int64(prices.Book().Size().Prices))
			return nil
		}),
	)
}

func newSignal(name string) signal {
	which := attribute.String("signal", name)
	s := signal{
		name:     name,
		plain:    attributes(which),
		computed: attributes(which, attribute.String("larger", semconv.CostComputed)),
		reported: attributes(which, attribute.String("larger", semconv.CostProvider)),
	}
	for reason := range s.unpriced {
		s.unpriced[reason] = attributes(which, attribute.String("reason", pricing.Reason(reason).String()))
	}
	for doubt := range s.doubtful {
		s.doubtful[doubt] = attributes(which, attribute.String("reason", doubtReasons[doubt]))
	}
	for what := range s.ignored {
		s.ignored[what] = attributes(which, attribute.String("reason", ignoredReasons[what]))
	}
	return s
}

// observe makes a measurement of a number that is looked at when it is asked for.
func observe(number func() int) metric.Int64Callback {
	return func(_ context.Context, o metric.Int64Observer) error {
		o.Observe(int64(number()))
		return nil
	}
}

func attributes(kv ...attribute.KeyValue) metric.MeasurementOption {
	return metric.WithAttributeSet(attribute.NewSet(kv...))
}

// report adds a tally to the processor's own metrics.
func (t *telemetry) report(ctx context.Context, of *signal, counts *tally) {
	add(ctx, t.ProcessorCostPricedPoints, counts.outcomes[priced], of.plain)
	add(ctx, t.ProcessorCostCoveredPoints, counts.outcomes[covered], of.plain)
	for reason, n := range counts.reasons {
		add(ctx, t.ProcessorCostUnpricedPoints, n, of.unpriced[reason])
	}
	for doubt := exact + 1; doubt < doubts; doubt++ {
		add(ctx, t.ProcessorCostEstimatedPoints, counts.doubts[doubt], of.doubtful[doubt])
	}
	for what := ignoredContainer; what < outcomes; what++ {
		add(ctx, t.ProcessorCostIgnoredPoints, counts.outcomes[what], of.ignored[what])
	}
	for _, difference := range counts.differences {
		t.ProcessorCostReportedDifference.Record(ctx, math.Abs(difference), of.larger(difference))
	}
	add(ctx, t.ProcessorCostUntrackedPoints, counts.untracked, of.plain)
	add(ctx, t.ProcessorCostForeignPoints, counts.foreignDropped, t.dropped)
	add(ctx, t.ProcessorCostForeignPoints, counts.foreignKept, t.kept)
}

// larger is the attributes of a difference, by its sign.
func (s *signal) larger(difference float64) metric.MeasurementOption {
	if difference < 0 {
		return s.computed
	}
	return s.reported
}

func add(ctx context.Context, counter metric.Int64Counter, n int64, with metric.MeasurementOption) {
	if n > 0 {
		counter.Add(ctx, n, with)
	}
}
