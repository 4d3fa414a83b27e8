package costprocessor

import (
	"context"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-voice/otelcol-voice/internal/signal/semconv"
)

func (e *engine) processTraces(ctx context.Context, td ptrace.Traces) (ptrace.Traces, error) {
	batch := tracesBatch{bill: bill{pricer: e.pricer()}}
	for _, rs := range td.ResourceSpans().All() {
		for _, ss := range rs.ScopeSpans().All() {
			for _, span := range ss.Spans().All() {
				batch.span(span.Attributes())
			}
		}
	}
	if err := batch.bill.refused(ctx, &e.telemetry.traces); err != nil {
		return td, err
	}
	e.telemetry.report(ctx, &e.telemetry.traces, &batch.tally)
	return td, nil
}

// tracesBatch is the spans of one request being priced.
type tracesBatch struct {
	bill  bill // of the span at hand
	tally tally
}

// span writes what was done in a span cost, in the place of the list of what it used. Only a span with such a list is ours
// to price.
//
// The spans of a call's operations hold parts of what its own span holds, so only that one is counted, and only the parts
// have the conventions' attributes, which are added up by whoever reads them.
func (b *tracesBatch) span(attributes pcommon.Map) {
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
	if !b.has(priced) && !b.has(reported) {
		return
	}
	attributes.PutDouble(semconv.GenAICostAmount, b.total.Value())
	attributes.PutStr(semconv.GenAICostCurrency, semconv.CurrencyUSD)
	attributes.PutStr(semconv.GenAICostSource, b.source())
	attributes.PutDouble(semconv.SpanCost, b.total.Value())
}

// source is who knows the amount, in the conventions' words: as soon as a part of it is ours, it is computed.
func (b *bill) source() string {
	if b.has(priced) {
		return semconv.GenAICostLocal
	}
	return semconv.GenAICostProvider
}
