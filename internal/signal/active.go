package signal

import (
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/otelcol-voice/otelcol-voice/internal/signal/semconv"
)

// Active is voice.calls.active as observed at a moment: the one metric that is a state and not an event, and so the one
// that is cumulative (since the observer's start) and has no call_id.
// It has a point for each tenant.
func (p *Producer) Active(calls map[string]int, since, now time.Time) pmetric.Metrics {
	b := p.NewBatch()
	metric, _ := b.metric(semconv.MetricCallsActive, semconv.UnitCall)
	sum := metric.SetEmptySum()
	sum.SetAggregationTemporality(pmetric.AggregationTemporalityCumulative)
	if len(calls) == 0 {
		calls = map[string]int{"": 0}
	}
	for _, open := range calls {
		point := sum.DataPoints().AppendEmpty()
		point.SetIntValue(int64(open))
		point.SetStartTimestamp(pcommon.NewTimestampFromTime(since))
		point.SetTimestamp(pcommon.NewTimestampFromTime(now))
	}
	return b.metrics
}
