package voiceframereceiver

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/coder/websocket"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/otelcol-voice/otelcol-voice/internal/door"
	"github.com/otelcol-voice/otelcol-voice/receiver/voiceframereceiver/internal/metadata"
)

// selfTelemetry is what the receiver says about itself. What is refused as a whole is counted as a request alone, for its
// frames come again.
type selfTelemetry struct {
	*metadata.TelemetryBuilder

	outcomes  labels[outcome]
	statuses  labels[int]
	warnUsage sync.Once
}

func newSelfTelemetry(set component.TelemetrySettings) (*selfTelemetry, error) {
	builder, err := metadata.NewTelemetryBuilder(set)
	return &selfTelemetry{
		TelemetryBuilder: builder,
		outcomes:         labels[outcome]{write: outcome.attributes},
		statuses:         labels[int]{write: statusAttributes},
	}, err
}

// intake counts the frames of a request that was answered.
func (t *selfTelemetry) intake(ctx context.Context, in *intake) {
	for _, c := range in.seen {
		t.ReceiverVoiceFrameFrames.Add(ctx, int64(c.n), t.outcomes.of(c.outcome).add...)
	}
	for class, n := range in.faults.data {
		t.ReceiverVoiceFrameDataRejected.Add(ctx, int64(n), metric.WithAttributes(attribute.String("reason", string(class))))
	}
}

func (o outcome) attributes() attribute.Set {
	return attribute.NewSet(
		attribute.String("outcome", o.name),
		attribute.String("reason", string(o.reason)),
		attribute.String("dialect", string(o.dialect)),
	)
}

func statusAttributes(code int) attribute.Set {
	return attribute.NewSet(attribute.Int("status_code", code))
}

// labels are sets of attributes, made once each: a set costs more than what is counted by it.
type labels[K comparable] struct {
	write func(K) attribute.Set
	mu    sync.RWMutex
	made  map[K]label
}

// label is a set of attributes as instruments take it.
type label struct {
	add    []metric.AddOption
	record []metric.RecordOption
}

func (l *labels[K]) of(key K) label {
	l.mu.RLock()
	made, known := l.made[key]
	l.mu.RUnlock()
	if !known {
		made = l.make(key)
	}
	return made
}

func (l *labels[K]) make(key K) label {
	set := metric.WithAttributeSet(l.write(key))
	made := label{add: []metric.AddOption{set}, record: []metric.RecordOption{set}}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.made == nil {
		l.made = map[K]label{}
	}
	l.made[key] = made
	return made
}

// request counts an answer.
func (t *selfTelemetry) request(ctx context.Context, status int) {
	t.ReceiverVoiceFrameRequests.Add(ctx, 1, t.statuses.of(status).add...)
}

// closed counts the end of a WebSocket.
func (t *selfTelemetry) closed(ctx context.Context, code websocket.StatusCode) {
	t.ReceiverVoiceFrameWebsocketClosed.Add(ctx, 1, metric.WithAttributes(attribute.Int("code", int(code))))
}

// answered counts an answer that a handler of ours gave.
func (t *selfTelemetry) answered(ctx context.Context, status int, took time.Duration) {
	code := t.statuses.of(status)
	t.ReceiverVoiceFrameRequests.Add(ctx, 1, code.add...)
	t.ReceiverVoiceFrameRequestDuration.Record(ctx, took.Seconds(), code.record...)
}

func (t *selfTelemetry) webhook(ctx context.Context, platform, outcome string) {
	t.ReceiverVoiceFrameWebhooks.Add(ctx, 1, metric.WithAttributes(
		attribute.String("platform", platform), attribute.String("outcome", outcome)))
}

// found counts what a request or the end of a call brought to light.
func (r *voiceReceiver) found(ctx context.Context, f *door.Findings, now time.Time) {
	for reason, n := range f.Dropped {
		r.telemetry.ReceiverVoiceFrameDataDropped.Add(ctx, int64(n), metric.WithAttributes(attribute.String("reason", reason)))
	}
	if !f.Oldest.IsZero() {
		r.telemetry.ReceiverVoiceFrameDelay.Record(ctx, max(now.Sub(f.Oldest), 0).Seconds())
	}
	if f.WithoutUsage > 0 {
		r.telemetry.ReceiverVoiceFrameCallsWithoutUsage.Add(ctx, int64(f.WithoutUsage))
		r.telemetry.warnUsage.Do(func() {
			// Without the call's id, which may be a telephone number.
			r.settings.Logger.Warn("A call told latency but no usage, so that its cost is unknown. Said once; " +
				"receiver_voice_frame_calls_without_usage counts them. For Pipecat: " +
				"PipelineParams(enable_metrics=True, enable_usage_metrics=True)")
		})
	}
}

// observe registers what is read when somebody looks.
func (r *voiceReceiver) observe() error {
	return errors.Join(
		r.telemetry.RegisterReceiverVoiceFrameActiveCallsCallback(observed(r.openCalls)),
		r.telemetry.RegisterReceiverVoiceFrameInFlightBytesCallback(observed(r.inFlight)),
		r.telemetry.RegisterReceiverVoiceFrameWebsocketConnectionsCallback(observed(r.connections.Load)),
		r.telemetry.RegisterReceiverVoiceFrameValuesReplacedCallback(r.observeReplaced),
	)
}

func (r *voiceReceiver) observeReplaced(_ context.Context, o metric.Int64Observer) error {
	for key, n := range r.signals.Replaced() {
		o.Observe(n, metric.WithAttributes(attribute.String("attribute", key)))
	}
	return nil
}

func observed(value func() int64) metric.Int64Callback {
	return func(_ context.Context, o metric.Int64Observer) error {
		o.Observe(value())
		return nil
	}
}

func (r *voiceReceiver) openCalls() int64 {
	var open int
	for _, n := range r.calls.Active() {
		open += n
	}
	return int64(open)
}

func (r *voiceReceiver) inFlight() int64 {
	var bytes int64
	for _, a := range r.admissions {
		bytes += a.inUse()
	}
	return bytes
}
