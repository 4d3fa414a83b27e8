package costprocessor

import (
	"context"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/otelcol-voice/otelcol-voice/internal/signal/semconv"
)

func (e *engine) processLogs(ctx context.Context, ld plog.Logs) (plog.Logs, error) {
	batch := logsBatch{bill: bill{pricer: e.pricer()}}
	for _, rl := range ld.ResourceLogs().All() {
		for _, sl := range rl.ScopeLogs().All() {
			for _, record := range sl.LogRecords().All() {
				if record.EventName() == semconv.EventCallSummary {
					batch.summary(record.Attributes())
				}
			}
		}
	}
	if err := batch.bill.refused(ctx, &e.telemetry.logs); err != nil {
		return ld, err
	}
	e.telemetry.report(ctx, &e.telemetry.logs, &batch.tally)
	return ld, nil
}

// logsBatch is the summaries of one request being priced.
type logsBatch struct {
	bill  bill // of the summary at hand
	tally tally
}

// summary writes what a call cost onto its summary, in the place of the list of what it used.
func (b *logsBatch) summary(attributes pcommon.Map) {
	list, listed := listOf(attributes)
	if listed {
		b.bill.addUp(list)
		b.tally.merge(&b.bill.counts)
	}
	removeTransit(attributes)
	if listed {
		b.bill.writeSummary(attributes)
	}
}

func (b *bill) writeSummary(attributes pcommon.Map) {
	attributes.PutDouble(semconv.SummaryCost, b.total.Value())
	b.putByType(attributes)
	b.putBySource(attributes)
	attributes.PutBool(semconv.SummaryCostComplete, b.completeFor(attributes))
	b.putUnpriced(attributes)
	attributes.PutStr(semconv.SummaryPriceVersion, b.book.Version())
}
