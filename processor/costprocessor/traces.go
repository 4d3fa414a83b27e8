package costprocessor

import (
	"context"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-voice/otelcol-voice/internal/signal/semconv"
)

func (e *engine) processTraces(ctx context.Context, td ptrace.Traces) (ptrace.Traces, error) {
	batch := tracesBatch{bill: bill{pricer: e.pricer()}, bots: spanRooms.Get().(*botSpans)}
	defer batch.bots.leave()
	for _, rs := range td.ResourceSpans().All() {
		for _, ss := range rs.ScopeSpans().All() {
			batch.scope(ss)
		}
	}
	batch.priceBots()
	if err := batch.bill.refused(ctx, &e.telemetry.traces); err != nil {
		e.containers.unlearn(batch.bots.news)
		return td, err
	}
	e.telemetry.report(ctx, &e.telemetry.traces, &batch.tally)
	return td, nil
}

// tracesBatch is the spans of one request being priced.
type tracesBatch struct {
	bill  bill // of the span of ours at hand
	bots  *botSpans
	tally tally
}

// scope deals with spans that are ours, by their scope or by what they list, and with those of bots.
func (b *tracesBatch) scope(ss ptrace.ScopeSpans) {
	scope := ss.Scope().Name()
	for _, span := range ss.Spans().All() {
		switch {
		case scope == semconv.ScopeName:
			b.ours(span.Attributes())
		case !b.bot(span, scope):
			b.listed(span, scope)
		}
	}
}

// listed deals with a span that has been through other hands, but has still what is between us: a list, or if not even that,
// attributes to be taken off.
func (b *tracesBatch) listed(span ptrace.Span, scope string) {
	if listed := b.ours(span.Attributes()); !listed {
		b.bot(span, scope)
	}
}

// ours writes what was done in a span of ours cost, in the place of the list of what it used; it says whether there is one.
//
// The spans of a call's operations hold parts of what its own span holds, so only that one is counted, and only the parts
// have the conventions' attributes, which are added up by whoever reads them.
func (b *tracesBatch) ours(attributes pcommon.Map) bool {
	list, listed := listOf(attributes)
	whole := isWhole(attributes)
	if listed {
		b.bill.addUp(list)
	}
	removeTransit(attributes)
	switch {
	case !listed:
	case whole:
		b.tally.merge(&b.bill.counts)
		b.bill.writeCall(attributes)
	default:
		b.bill.writeOperation(attributes)
	}
	return listed
}

func isWhole(attributes pcommon.Map) bool {
	whole, marked := attributes.Get(semconv.TransitWhole)
	return marked && whole.Bool()
}

func (b *bill) writeCall(attributes pcommon.Map) {
	attributes.PutDouble(semconv.SpanCallCost, b.total.Value())
	attributes.PutBool(semconv.SummaryCostComplete, b.completeFor(attributes))
}

// writeOperation says nothing of an amount where none is known: that would read as free.
func (b *bill) writeOperation(attributes pcommon.Map) {
	if !b.complete() {
		attributes.PutBool(semconv.SummaryCostComplete, false)
	}
	if b.has(priced) || b.has(reported) {
		writeCost(attributes, b.total.Value(), b.source())
	}
}

func writeCost(attributes pcommon.Map, usd float64, source string) {
	const written = 4
	attributes.EnsureCapacity(attributes.Len() + written)
	attributes.PutDouble(semconv.GenAICostAmount, usd)
	attributes.PutStr(semconv.GenAICostCurrency, semconv.CurrencyUSD)
	attributes.PutStr(semconv.GenAICostSource, source)
	attributes.PutDouble(semconv.SpanCost, usd)
}

// source is who knows the amount, in the conventions' words: as soon as a part of it is ours, it is computed.
func (b *bill) source() string {
	if b.has(priced) {
		return semconv.GenAICostLocal
	}
	return semconv.GenAICostProvider
}
