package voicemetricsprocessor

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/otelcol-voice/otelcol-voice/processor/voicemetricsprocessor/internal/metadata"
)

// outcome is what became of one point of a metric that is ours to deal with. Every point has exactly one.
type outcome uint8

const (
	unsettled outcome = iota
	translated
	repaired
	droppedCopy      // a bot's metric that says once more what another one says
	droppedEmpty     // nothing but observations that are none
	droppedLimit     // no room to remember its stream
	droppedMalformed // what it is to say cannot be made of it
	droppedOwnCost   // a bot's own guess at its cost
	droppedRepeated  // other points tell of the same use
	droppedUnwatched // when it began or changed is before our time
	droppedZero      // no use
	leftContainer    // of an operation that is made of others
	leftFailed       // of an operation that failed
	leftMalformed
	leftNoSum
	leftNotCounter
	leftNoValue
	leftPriced   // a cost that says where it comes from
	leftUnjoined // a part of a use, without its whole
	leftUnknown  // nobody knows what it counts
	outcomes
)

var outcomeNames = [outcomes][2]string{
	unsettled:        {"left", "unknown"},
	translated:       {"translated", ""},
	repaired:         {"repaired", ""},
	droppedCopy:      {"dropped", "copy"},
	droppedEmpty:     {"dropped", "empty"},
	droppedLimit:     {"dropped", "limit"},
	droppedMalformed: {"dropped", "malformed"},
	droppedOwnCost:   {"dropped", "own_cost"},
	droppedRepeated:  {"dropped", "repeated"},
	droppedUnwatched: {"dropped", "unwatched"},
	droppedZero:      {"dropped", "zero"},
	leftContainer:    {"left", "container"},
	leftFailed:       {"left", "failed"},
	leftMalformed:    {"left", "malformed"},
	leftNoSum:        {"left", "no_sum"},
	leftNotCounter:   {"left", "not_a_counter"},
	leftNoValue:      {"left", "no_value"},
	leftPriced:       {"left", "priced"},
	leftUnjoined:     {"left", "unjoined"},
	leftUnknown:      {"left", "unknown"},
}

// stays says whether a point with this outcome stays where it is.
func (o outcome) stays() bool { return o == unsettled || o >= leftContainer }

// tally counts points by what became of them.
type tally struct {
	outcomes [outcomes]int64
	calls    int64
}

func (t *tally) add(what outcome, n int) { t.outcomes[what] += int64(n) }

// telemetry is the processor's own metrics, with their attributes made beforehand.
type telemetry struct {
	*metadata.TelemetryBuilder
	options [outcomes]metric.MeasurementOption
}

func newTelemetry(builder *metadata.TelemetryBuilder) *telemetry {
	t := &telemetry{TelemetryBuilder: builder}
	for what, names := range outcomeNames {
		kv := []attribute.KeyValue{attribute.String("outcome", names[0])}
		if names[1] != "" {
			kv = append(kv, attribute.String("reason", names[1]))
		}
		t.options[what] = metric.WithAttributeSet(attribute.NewSet(kv...))
	}
	return t
}

func (t *telemetry) report(ctx context.Context, of *tally) {
	for what, n := range of.outcomes {
		if n > 0 {
			t.ProcessorVoiceMetricsInputPoints.Add(ctx, n, t.options[what])
		}
	}
	if of.calls > 0 {
		t.ProcessorVoiceMetricsMadeCalls.Add(ctx, of.calls)
	}
}
