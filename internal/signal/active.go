package signal

import (
	"maps"
	"slices"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/otelcol-voice/otelcol-voice/internal/call"
)

// Active is voice.calls.active as observed at a moment: the one metric that is a state and not an event, and so the one
// that is cumulative (since the observer's start) and has no call_id. It has a point for each tenant, in their order.
func (p *Producer) Active(calls map[string]int, since, now time.Time) pmetric.Metrics {
	b := p.NewBatch()
	open := p.byTenant(calls)
	for _, tenant := range slices.Sorted(maps.Keys(open)) {
		b.turnTo(tenant)
		point := b.active().DataPoints().AppendEmpty()
		point.SetIntValue(int64(open[tenant]))
		point.SetStartTimestamp(pcommon.NewTimestampFromTime(since))
		point.SetTimestamp(pcommon.NewTimestampFromTime(now))
		if p.settings.Resource == nil {
			put(point.Attributes(), p.settings.TenantAttribute, tenant)
		}
	}
	return b.metrics
}

func (b *Batch) active() pmetric.Sum {
	metric, open := b.metric(callsActive)
	if !open {
		metric.SetEmptySum().SetAggregationTemporality(pmetric.AggregationTemporalityCumulative)
	}
	return metric.Sum()
}

// byTenant adds up calls whose tenants are written alike: two points of one stream would be one of them to a backend. That
// there are no calls is also something to say.
func (p *Producer) byTenant(calls map[string]int) map[string]int {
	if p.settings.Resource != nil {
		return calls
	}
	open := make(map[string]int, len(calls))
	for tenant, n := range calls {
		open[p.tenant(call.Key{Tenant: tenant})] += n
	}
	if len(open) == 0 {
		open[""] = 0
	}
	return open
}
