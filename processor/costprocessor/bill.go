package costprocessor

import (
	"slices"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/otelcol-voice/otelcol-voice/internal/pricing"
	"github.com/otelcol-voice/otelcol-voice/internal/signal/semconv"
	"github.com/otelcol-voice/otelcol-voice/internal/sum"
)

// bill adds up lists of usage: of a call, on its summary and its span, or of one operation, on its span.
type bill struct {
	pricer
	usage usage // of the entry at hand

	// Of the list at hand. What a platform charges stands beside what we computed: neither undoes the other.
	total, computed, reported sum.Sum
	byType                    map[string]sum.Sum
	counts                    tally
	unpriced                  []unknown // each once
}

// maxUnpriced is how much usage without a price a summary names.
const maxUnpriced = 20

// listOf is the list of usage among attributes. What has none has been through a cost processor already, or is not ours.
func listOf(attributes pcommon.Map) (pcommon.Slice, bool) {
	list, listed := attributes.Get(semconv.TransitUsage)
	if !listed || list.Type() != pcommon.ValueTypeSlice {
		return pcommon.Slice{}, false
	}
	return list.Slice(), true
}

// removeTransit takes off what no backend should see.
func removeTransit(attributes pcommon.Map) {
	attributes.RemoveIf(func(key string, _ pcommon.Value) bool {
		return strings.HasPrefix(key, semconv.TransitPrefix)
	})
}

func (b *bill) addUp(reports pcommon.Slice) {
	b.begin()
	for _, report := range reports.All() {
		b.report(report)
	}
	if b.has(priced) && b.has(reported) {
		difference := b.reported
		difference.Add(-b.computed.Value())
		b.counts.differences = append(b.counts.differences, difference.Value())
	}
}

// take takes what became of the usage at hand.
func (b *bill) take(what outcome) {
	b.counts.add(what, &b.usage)
	switch what {
	case priced:
		b.computed.Add(b.usage.result.USD)
		b.cost(b.usage.result.USD)
	case reported:
		b.reported.Add(b.usage.value)
		b.cost(b.usage.value)
	case unpriced:
		b.name(&b.usage)
	}
}

// begin empties the bill; its map is used again, for a request has many spans.
func (b *bill) begin() {
	byType := b.byType
	if byType == nil {
		byType = make(map[string]sum.Sum, len(pricing.Stages))
	}
	clear(byType)
	*b = bill{pricer: b.pricer, byType: byType, unpriced: b.unpriced[:0]}
}

// name takes note of a usage without a price.
func (b *bill) name(u *usage) {
	what := unknown{u.provider(), u.model(), u.Kind, u.result.Reason}
	if len(b.unpriced) < maxUnpriced && !slices.Contains(b.unpriced, what) {
		b.unpriced = append(b.unpriced, what)
	}
}

func (b *bill) cost(usd float64) {
	b.total.Add(usd)
	stage := b.byType[b.usage.costType]
	stage.Add(usd)
	b.byType[b.usage.costType] = stage
}

// has says whether something on the list had that outcome.
func (b *bill) has(what outcome) bool { return b.counts.outcomes[what] > 0 }

// complete says whether the bill is all that there is to pay: nothing was unpriced or unreadable.
func (b *bill) complete() bool {
	for what, n := range b.counts.outcomes {
		switch outcome(what) {
		case priced, reported, covered, ignoredPriced, ignoredZero:
		default:
			if n > 0 {
				return false
			}
		}
	}
	return true
}

// completeFor says the same of a call, which may not have told what it used, or its platform what it charges.
func (b *bill) completeFor(call pcommon.Map) bool {
	return b.complete() && !isTrue(call, semconv.SummaryUsageMissing) && !isTrue(call, semconv.SummaryCostPending)
}

func isTrue(fields pcommon.Map, key string) bool {
	value, ok := fields.Get(key)
	return ok && value.Bool()
}

// report takes a report of the list: of one amount, or of tokens, which its points have apart.
func (b *bill) report(report pcommon.Value) {
	if report.Type() != pcommon.ValueTypeMap {
		b.take(ignoredMalformed)
		return
	}
	fields := report.Map()
	name := text(fields, semconv.UsageName)
	m, isUsage := meters[name]
	tokens, apart := fields.Get(semconv.UsageTokens)
	switch {
	case name == semconv.MetricCost:
		b.take(b.money(fields))
	case !isUsage:
		b.take(ignoredMalformed)
	case apart:
		b.read(m, fields)
		b.leaves(m, tokens)
	default:
		b.read(m, fields)
		b.take(b.amount(fields))
	}
}

// read takes what all amounts of a report have in common.
func (b *bill) read(m meter, fields pcommon.Map) {
	b.usage.read(m, fields)
	b.usage.At = b.momentOf(integer(fields, semconv.UsageTime))
	b.usage.Single = b.usage.frameID != ""
}

func (b *bill) leaves(m meter, tokens pcommon.Value) {
	if m.kind != pricing.Unknown || tokens.Type() != pcommon.ValueTypeMap {
		b.take(ignoredMalformed)
		return
	}
	common := b.usage
	for leaf, count := range tokens.Map().All() {
		b.usage = common
		tokenType, tokenKind, _ := strings.Cut(leaf, ".")
		b.usage.Kind = pricing.TokenKind(tokenType, tokenKind)
		b.take(b.settle(count))
	}
}

func (b *bill) amount(fields pcommon.Map) outcome {
	value, valued := fields.Get(semconv.UsageValue)
	if !valued {
		return ignoredMalformed
	}
	return b.settle(value)
}

// settle prices so much of the usage at hand, exactly as its point is.
func (b *bill) settle(value pcommon.Value) outcome {
	if b.usage.priced {
		return ignoredPriced
	}
	if what := b.usage.quantifyValue(value); what != unsettled {
		return what
	}
	return b.price(&b.usage)
}

// money is what a platform charges, as it is: a zero as well, because nothing and unknown are two things.
func (b *bill) money(fields pcommon.Map) outcome {
	value, valued := fields.Get(semconv.UsageValue)
	if !valued || text(fields, semconv.AttrCostSource) != semconv.CostProvider {
		return ignoredMalformed
	}
	b.usage.readMoney(fields)
	what := b.usage.quantifyValue(value)
	if what == unsettled || what == ignoredZero {
		return reported
	}
	return what
}

func (u *usage) quantifyValue(value pcommon.Value) outcome {
	switch value.Type() {
	case pcommon.ValueTypeInt:
		return u.count(value.Int())
	case pcommon.ValueTypeDouble:
		return u.measure(value.Double())
	}
	return ignoredMalformed
}

// putByType writes what each stage costs, in their order.
func (b *bill) putByType(attributes pcommon.Map) {
	byType := attributes.PutEmptyMap(semconv.SummaryCostByType)
	for _, stage := range pricing.Stages {
		if cost, known := b.byType[stage]; known {
			byType.PutDouble(stage, cost.Value())
		}
	}
}

// putBySource writes who says so, where it is not the price book alone.
func (b *bill) putBySource(attributes pcommon.Map) {
	if !b.has(reported) {
		return
	}
	bySource := attributes.PutEmptyMap(semconv.SummaryCostBySource)
	if b.has(priced) {
		bySource.PutDouble(semconv.CostComputed, b.computed.Value())
	}
	bySource.PutDouble(semconv.CostProvider, b.reported.Value())
}

// putUnpriced names what has no price, where there is such.
func (b *bill) putUnpriced(attributes pcommon.Map) {
	if len(b.unpriced) == 0 {
		return
	}
	list := attributes.PutEmptySlice(semconv.SummaryUnpriced)
	for _, u := range b.unpriced {
		list.AppendEmpty().SetStr(u.String())
	}
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
