package voicespanconnector

import (
	"context"
	"errors"
	"sync"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/otelcol-voice/otelcol-voice/connector/voicespanconnector/internal/join"
	"github.com/otelcol-voice/otelcol-voice/connector/voicespanconnector/internal/metadata"
	"github.com/otelcol-voice/otelcol-voice/internal/call"
	"github.com/otelcol-voice/otelcol-voice/internal/door"
)

// selfTelemetry is what the connector says about itself. Spans that are refused are not counted, for they come again.
type selfTelemetry struct {
	*metadata.TelemetryBuilder

	warnUsage, warnSampled, warnTwice sync.Once
}

func newSelfTelemetry(set component.TelemetrySettings) (*selfTelemetry, error) {
	builder, err := metadata.NewTelemetryBuilder(set)
	return &selfTelemetry{TelemetryBuilder: builder}, err
}

func by(key, value string) metric.AddOption {
	return metric.WithAttributes(attribute.String(key, value))
}

// counted counts the spans of a request that was accepted, but for those that calls have taken.
func (c *voiceConnector) counted(ctx context.Context, r *request) {
	t := c.telemetry
	t.spans(ctx, r.tally)
	if r.nested > 0 {
		t.ConnectorVoiceSpanDataDropped.Add(ctx, int64(r.nested), by("reason", "nested"))
	}
	if r.sampled > 0 {
		t.ConnectorVoiceSpanSampledSpans.Add(ctx, int64(r.sampled))
		t.warnSampled.Do(func() {
			c.settings.Logger.Warn("Spans were sampled on their way, so that all sums are too low: sample behind the connector. Said once; " +
				"connector_voice_span_sampled_spans counts them")
		})
	}
}

func (t *selfTelemetry) spans(ctx context.Context, counts tally) {
	for _, c := range counts {
		if c.name == datum {
			t.ConnectorVoiceSpanDataRejected.Add(ctx, int64(c.n), by("reason", string(c.reason)))
			continue
		}
		t.ConnectorVoiceSpanSpans.Add(ctx, int64(c.n), metric.WithAttributes(
			attribute.String("outcome", c.name), attribute.String("reason", string(c.reason)), attribute.String("framework", string(c.framework)),
		))
	}
}

func (t *selfTelemetry) traces(ctx context.Context, found map[join.Outcome]int) {
	for how, n := range found {
		t.ConnectorVoiceSpanTraces.Add(ctx, int64(n), by("outcome", string(how)))
	}
}

// found counts what a request or the end of calls brought to light.
func (c *voiceConnector) found(ctx context.Context, f *door.Findings, ended []call.Fact, now time.Time) {
	for reason, n := range f.Dropped {
		c.telemetry.ConnectorVoiceSpanDataDropped.Add(ctx, int64(n), by("reason", reason))
	}
	if !f.Oldest.IsZero() {
		c.telemetry.ConnectorVoiceSpanDelay.Record(ctx, max(now.Sub(f.Oldest), 0).Seconds())
	}
	for i := range ended {
		c.ended(ctx, &ended[i])
	}
	if f.WithoutUsage > 0 {
		c.telemetry.ConnectorVoiceSpanCallsWithoutUsage.Add(ctx, int64(f.WithoutUsage))
		c.telemetry.warnUsage.Do(func() {
			// Without the call's id, which may be a telephone number.
			c.settings.Logger.Warn("A call told latency but no usage, so that its cost is unknown. Said once; " +
				"connector_voice_span_calls_without_usage counts them. For Pipecat: " +
				"PipelineParams(enable_metrics=True, enable_usage_metrics=True)")
		})
	}
}

// ended counts a call that has ended.
func (c *voiceConnector) ended(ctx context.Context, f *call.Fact) {
	c.telemetry.ConnectorVoiceSpanCalls.Add(ctx, 1, by("outcome", c.courses.end(f)))
	if !c.witnesses.know(f.Call.ID) {
		return
	}
	c.telemetry.ConnectorVoiceSpanCallsToldTwice.Add(ctx, 1)
	c.telemetry.warnTwice.Do(func() {
		c.settings.Logger.Warn("A bot sends frames and spans of the same call, so that all it uses counts twice: send one of them. " +
			"Said once; connector_voice_span_calls_told_twice counts such calls")
	})
}

// register registers what is read when somebody looks.
func (c *voiceConnector) register() error {
	t := c.telemetry
	return errors.Join(
		t.RegisterConnectorVoiceSpanActiveCallsCallback(observed(c.openCalls)),
		t.RegisterConnectorVoiceSpanHeldSpansCallback(observed(c.joiner.Held)),
		t.RegisterConnectorVoiceSpanTracesKnownCallback(observed(c.joiner.Known)),
		t.RegisterConnectorVoiceSpanValuesReplacedCallback(c.observeReplaced),
	)
}

func observed(value func() int) metric.Int64Callback {
	return func(_ context.Context, o metric.Int64Observer) error {
		o.Observe(int64(value()))
		return nil
	}
}

func (c *voiceConnector) observeReplaced(_ context.Context, o metric.Int64Observer) error {
	for key, n := range c.door.Signals.Replaced() {
		o.Observe(n, metric.WithAttributes(attribute.String("attribute", key)))
	}
	return nil
}

func (c *voiceConnector) openCalls() (open int) {
	for _, n := range c.door.Calls.Active() {
		open += n
	}
	return open
}
