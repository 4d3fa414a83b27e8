package costprocessor

import (
	"context"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/otelcol-voice/otelcol-voice/internal/pricing"
	"github.com/otelcol-voice/otelcol-voice/internal/signal/semconv"
	"github.com/otelcol-voice/otelcol-voice/internal/sum"
)

func (e *engine) processLogs(ctx context.Context, ld plog.Logs) (plog.Logs, error) {
	b := bill{engine: e}
	for _, rl := range ld.ResourceLogs().All() {
		for _, sl := range rl.ScopeLogs().All() {
			for _, record := range sl.LogRecords().All() {
				if record.EventName() == semconv.EventCallSummary {
					b.summary(record.Attributes())
				}
			}
		}
	}
	e.telemetry.report(ctx, &e.telemetry.logs, &b.tally)
	return ld, nil
}

// bill is the summaries of one request being priced.
type bill struct {
	*engine
	tally tally
	usage usage // of the entry at hand

	// Of the summary at hand.
	total    sum.Sum
	byType   map[string]*sum.Sum
	complete bool
}

// summary writes what a call cost onto its summary, in the place of the list of what it used. A summary without a list
// has been through a cost processor already.
func (b *bill) summary(attributes pcommon.Map) {
	if list, listed := attributes.Get(semconv.TransitUsage); listed && list.Type() == pcommon.ValueTypeSlice {
		b.addUp(list.Slice())
		b.write(attributes)
	}
	attributes.RemoveIf(func(key string, _ pcommon.Value) bool {
		return strings.HasPrefix(key, semconv.TransitPrefix)
	})
}

func (b *bill) addUp(entries pcommon.Slice) {
	b.total, b.byType, b.complete = sum.Sum{}, map[string]*sum.Sum{}, true
	for _, entry := range entries.All() {
		what := b.entry(entry)
		b.tally.add(what, &b.usage)
		switch what {
		case priced:
			b.cost(b.usage.costType, b.usage.result.USD)
		case covered, ignoredPriced, ignoredZero:
		default:
			b.complete = false
		}
	}
}

func (b *bill) cost(costType string, usd float64) {
	b.total.Add(usd)
	if b.byType[costType] == nil {
		b.byType[costType] = &sum.Sum{}
	}
	b.byType[costType].Add(usd)
}

// entry prices one usage of the list, exactly as its point is.
func (b *bill) entry(entry pcommon.Value) outcome {
	if entry.Type() != pcommon.ValueTypeMap {
		return ignoredMalformed
	}
	fields := entry.Map()
	m, isUsage := meters[text(fields, semconv.UsageName)]
	attributes, described := fields.Get(semconv.UsageAttributes)
	value, valued := fields.Get(semconv.UsageValue)
	if !isUsage || !described || !valued || attributes.Type() != pcommon.ValueTypeMap {
		return ignoredMalformed
	}
	b.usage.read(m, attributes.Map())
	if b.usage.priced {
		return ignoredPriced
	}
	if what := b.usage.quantifyEntry(value); what != unsettled {
		return what
	}
	b.usage.At = b.momentOf(integer(fields, semconv.UsageTime))
	return b.price(&b.usage)
}

func (u *usage) quantifyEntry(value pcommon.Value) outcome {
	switch value.Type() {
	case pcommon.ValueTypeInt:
		return u.count(value.Int())
	case pcommon.ValueTypeDouble:
		return u.measure(value.Double())
	}
	return ignoredMalformed
}

func (b *bill) write(attributes pcommon.Map) {
	attributes.PutDouble(semconv.SummaryCost, b.total.Value())
	byType := attributes.PutEmptyMap(semconv.SummaryCostByType)
	for _, stage := range pricing.Stages {
		if cost, known := b.byType[stage]; known {
			byType.PutDouble(stage, cost.Value())
		}
	}
	attributes.PutBool(semconv.SummaryCostComplete, b.complete)
	attributes.PutStr(semconv.SummaryPriceVersion, b.book.Version())
}

func text(fields pcommon.Map, key string) string {
	if value, ok := fields.Get(key); ok {
		return value.Str()
	}
	return ""
}

func integer(fields pcommon.Map, key string) int64 {
	if value, ok := fields.Get(key); ok {
		return value.Int()
	}
	return 0
}
