// Package door is the way of frames into a table of calls, and of what follows from them out to the pipelines: the same for the
// receiver, to which bots send frames, and for the connector, which makes frames of their spans.
//
// outlet.go hands on signals, door.go applies frames and ends calls that have fallen silent, findings.go collects what is no
// signal but telemetry of whoever has the door, seldom.go keeps what may be said with each request from filling the log.
package door

import (
	"context"
	"errors"

	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/otelcol-voice/otelcol-voice/internal/signal"
)

// Outlet is the consumers behind the door; one that is nil was not configured.
type Outlet struct {
	Metrics consumer.Metrics
	Logs    consumer.Logs
	Traces  consumer.Traces
	// Report counts what is handed on.
	Report Report
}

// Report is told of each signal that is handed on, before and after: a receiverhelper.ObsReport.
type Report interface {
	StartMetricsOp(ctx context.Context) context.Context
	EndMetricsOp(ctx context.Context, format string, points int, err error)
	StartLogsOp(ctx context.Context) context.Context
	EndLogsOp(ctx context.Context, format string, records int, err error)
	StartTracesOp(ctx context.Context) context.Context
	EndTracesOp(ctx context.Context, format string, spans int, err error)
}

// format names the frames in the collector's own receiver telemetry.
const format = "voice_frame"

// Deliver hands a batch on, numbers last: where they are refused and the sender repeats its frames, a span or a summary is
// sent twice, which is harmless, but no number is counted twice. What is lost was refused for good beside numbers that were
// taken; an error is the answer. Where there is no pipeline for numbers, what is refused for good is the answer as well.
func (o *Outlet) Deliver(ctx context.Context, batch *signal.Batch) (lost, err error) {
	lost, err = o.DeliverRecords(ctx, batch)
	switch {
	case err != nil:
		return nil, err
	case o.Metrics == nil:
		return nil, lost
	}
	return lost, o.DeliverMetrics(ctx, batch.Metrics(), batch.Points())
}

// DeliverRecords hands on spans and summaries. What is lost is refused for good, and takes nothing else with it; an error means
// that they may be taken another time.
func (o *Outlet) DeliverRecords(ctx context.Context, batch *signal.Batch) (lost, err error) {
	spans := o.deliverSpans(ctx, batch)
	if Again(spans) {
		return nil, spans
	}
	summaries := o.deliverSummaries(ctx, batch)
	if Again(summaries) {
		return nil, summaries
	}
	return errors.Join(spans, summaries), nil
}

// Again says whether what was refused may be taken another time.
func Again(err error) bool { return err != nil && !consumererror.IsPermanent(err) }

func (o *Outlet) deliverSpans(ctx context.Context, batch *signal.Batch) error {
	if o.Traces == nil || batch.Spans() == 0 {
		return nil
	}
	ctx = o.Report.StartTracesOp(ctx)
	err := o.Traces.ConsumeTraces(ctx, batch.Traces())
	o.Report.EndTracesOp(ctx, format, batch.Spans(), err)
	return err
}

func (o *Outlet) deliverSummaries(ctx context.Context, batch *signal.Batch) error {
	if o.Logs == nil || batch.Summaries() == 0 {
		return nil
	}
	ctx = o.Report.StartLogsOp(ctx)
	err := o.Logs.ConsumeLogs(ctx, batch.Logs())
	o.Report.EndLogsOp(ctx, format, batch.Summaries(), err)
	return err
}

// DeliverMetrics hands on metrics of so many points.
func (o *Outlet) DeliverMetrics(ctx context.Context, metrics pmetric.Metrics, points int) error {
	if o.Metrics == nil || points == 0 {
		return nil
	}
	ctx = o.Report.StartMetricsOp(ctx)
	err := o.Metrics.ConsumeMetrics(ctx, metrics)
	o.Report.EndMetricsOp(ctx, format, points, err)
	return err
}

// Unreported is the Report of whoever has nobody to report to: what passes between components, the collector counts itself.
type Unreported struct{}

// StartMetricsOp does nothing.
func (Unreported) StartMetricsOp(ctx context.Context) context.Context { return ctx }

// EndMetricsOp does nothing.
func (Unreported) EndMetricsOp(context.Context, string, int, error) {}

// StartLogsOp does nothing.
func (Unreported) StartLogsOp(ctx context.Context) context.Context { return ctx }

// EndLogsOp does nothing.
func (Unreported) EndLogsOp(context.Context, string, int, error) {}

// StartTracesOp does nothing.
func (Unreported) StartTracesOp(ctx context.Context) context.Context { return ctx }

// EndTracesOp does nothing.
func (Unreported) EndTracesOp(context.Context, string, int, error) {}
