package voiceframereceiver

import (
	"context"
	"errors"

	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/receiver"
	"go.opentelemetry.io/collector/receiver/receiverhelper"

	"github.com/otelcol-voice/otelcol-voice/internal/signal"
)

// pipeline is the consumers behind the receiver; one that is nil was not configured.
type pipeline struct {
	metrics consumer.Metrics
	logs    consumer.Logs
	traces  consumer.Traces
	report  *receiverhelper.ObsReport
}

func newPipeline(set receiver.Settings) (pipeline, error) {
	report, err := receiverhelper.NewObsReport(receiverhelper.ObsReportSettings{
		ReceiverID: set.ID, Transport: "http", ReceiverCreateSettings: set,
	})
	return pipeline{report: report}, err
}

// format names the frames in the collector's own receiver telemetry.
const format = "voice_frame"

// deliver hands a batch on, numbers last: where they are refused and the sender repeats its frames, a span or a summary is
// sent twice, which is harmless, but no number is counted twice. What is lost was refused for good beside numbers that were
// taken; an error is the answer. Where there is no pipeline for numbers, what is refused for good is the answer as well.
func (p *pipeline) deliver(ctx context.Context, batch *signal.Batch) (lost, err error) {
	lost, err = p.deliverRecords(ctx, batch)
	switch {
	case err != nil:
		return nil, err
	case p.metrics == nil:
		return nil, lost
	}
	return lost, p.deliverMetrics(ctx, batch.Metrics(), batch.Points())
}

// deliverRecords hands on spans and summaries. What is lost is refused for good, and takes nothing else with it; an error means
// that they may be taken another time.
func (p *pipeline) deliverRecords(ctx context.Context, batch *signal.Batch) (lost, err error) {
	spans := p.deliverSpans(ctx, batch)
	if again(spans) {
		return nil, spans
	}
	summaries := p.deliverSummaries(ctx, batch)
	if again(summaries) {
		return nil, summaries
	}
	return errors.Join(spans, summaries), nil
}

// again says whether what was refused may be taken another time.
func again(err error) bool { return err != nil && !consumererror.IsPermanent(err) }

func (p *pipeline) deliverSpans(ctx context.Context, batch *signal.Batch) error {
	if p.traces == nil || batch.Spans() == 0 {
		return nil
	}
	ctx = p.report.StartTracesOp(ctx)
	err := p.traces.ConsumeTraces(ctx, batch.Traces())
	p.report.EndTracesOp(ctx, format, batch.Spans(), err)
	return err
}

func (p *pipeline) deliverSummaries(ctx context.Context, batch *signal.Batch) error {
	if p.logs == nil || batch.Summaries() == 0 {
		return nil
	}
	ctx = p.report.StartLogsOp(ctx)
	err := p.logs.ConsumeLogs(ctx, batch.Logs())
	p.report.EndLogsOp(ctx, format, batch.Summaries(), err)
	return err
}

func (p *pipeline) deliverMetrics(ctx context.Context, metrics pmetric.Metrics, points int) error {
	if p.metrics == nil || points == 0 {
		return nil
	}
	ctx = p.report.StartMetricsOp(ctx)
	err := p.metrics.ConsumeMetrics(ctx, metrics)
	p.report.EndMetricsOp(ctx, format, points, err)
	return err
}
