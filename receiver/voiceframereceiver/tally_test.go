package voiceframereceiver

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/metric/metricdata/metricdatatest"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/otelcol-voice/otelcol-voice/internal/call"
	"github.com/otelcol-voice/otelcol-voice/internal/dialect"
	"github.com/otelcol-voice/otelcol-voice/internal/door"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
	"github.com/otelcol-voice/otelcol-voice/receiver/voiceframereceiver/internal/metadatatest"
)

func TestTally(t *testing.T) {
	var one, other tally
	pipecat := outcome{name: accepted, dialect: dialect.Pipecat}
	livekit := outcome{name: accepted, dialect: dialect.LiveKit}
	wrong := outcome{name: rejected, reason: frame.WrongType, dialect: dialect.Unknown}
	one.add(pipecat)
	one.add(pipecat)
	one.add(wrong)
	other.add(livekit)
	other.add(wrong)
	one.join(other)
	assert.Equal(t, tally{{pipecat, 2}, {wrong, 2}, {livekit, 1}}, one)
	assert.Equal(t, 3, one.sum(accepted))
	assert.Equal(t, 2, one.sum(rejected))
	assert.Zero(t, one.sum(late))
}

// What facts say that is no signal is counted, and a bot that reports no usage is told how, once.
func TestFindings(t *testing.T) {
	b := newBench(t, nil)
	core, logs := observer.New(zapcore.WarnLevel)
	b.settings.Logger = zap.New(core)
	for range 2 {
		var f door.Findings
		f.Frame(&frame.Frame{Time: now.Add(-time.Second), Sentinels: 2})
		f.Frame(&frame.Frame{Time: now.Add(-3 * time.Second)})
		f.Frame(&frame.Frame{})
		f.Facts([]call.Fact{
			{Kind: call.Opened},
			{Kind: call.Disregarded, Name: call.ReasonInterrupted},
			{Kind: call.Disregarded, Name: call.ReasonSnapshot},
			{Kind: call.Disregarded, Name: call.ReasonSnapshot},
			{Kind: call.UsageMissing, Call: call.Key{ID: "c1"}},
		})
		b.found(context.Background(), &f, now)
	}
	ignore := []metricdatatest.Option{metricdatatest.IgnoreTimestamp(), metricdatatest.IgnoreExemplars()}
	dropped := func(n int64, reason string) metricdata.DataPoint[int64] {
		return metricdata.DataPoint[int64]{Value: n, Attributes: attribute.NewSet(attribute.String("reason", reason))}
	}
	metadatatest.AssertEqualReceiverVoiceFrameDataDropped(t, b.telemetry, []metricdata.DataPoint[int64]{
		dropped(4, "sentinel"), dropped(2, "interrupted"), dropped(4, "snapshot"),
	}, ignore...)
	metadatatest.AssertEqualReceiverVoiceFrameCallsWithoutUsage(t, b.telemetry, []metricdata.DataPoint[int64]{{Value: 2}}, ignore...)
	delay, err := b.telemetry.GetMetric("otelcol_receiver_voice_frame_delay")
	require.NoError(t, err)
	point := delay.Data.(metricdata.Histogram[float64]).DataPoints[0]
	assert.Equal(t, uint64(2), point.Count)
	assert.Equal(t, 6.0, point.Sum)

	require.Equal(t, 1, logs.Len())
	assert.Contains(t, logs.All()[0].Message, "PipelineParams(enable_metrics=True, enable_usage_metrics=True)")
	assert.Empty(t, logs.All()[0].ContextMap(), "a call's id may be a telephone number")
}

// Numbers are handed on last, for they are what must not come twice.
func TestNumbersAreDeliveredLast(t *testing.T) {
	b := newBench(t, nil)
	var order []string
	metrics, err := consumer.NewMetrics(func(context.Context, pmetric.Metrics) error { order = append(order, "metrics"); return nil })
	require.NoError(t, err)
	logs, err := consumer.NewLogs(func(context.Context, plog.Logs) error { order = append(order, "logs"); return nil })
	require.NoError(t, err)
	traces, err := consumer.NewTraces(func(context.Context, ptrace.Traces) error { order = append(order, "traces"); return nil })
	require.NoError(t, err)
	b.pipeline.Metrics, b.pipeline.Logs, b.pipeline.Traces = metrics, logs, traces
	_, _ = b.post("/v1/frames", fiveLines(t))
	assert.Equal(t, []string{"traces", "logs", "metrics"}, order)
}
