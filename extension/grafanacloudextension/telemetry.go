package grafanacloudextension

import (
	"context"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jonboulle/clockwork"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/otelcol-voice/otelcol-voice/extension/grafanacloudextension/internal/metadata"
)

// signal is what a request carries.
type signal string

const (
	metrics signal = "metrics"
	logs    signal = "logs"
	traces  signal = "traces"
	other   signal = "other"
)

// signalOf reads the signal off the path of a request.
func signalOf(path string) signal {
	path = strings.TrimRight(path, "/")
	for _, s := range []signal{metrics, logs, traces} {
		if strings.HasSuffix(path, "/"+string(s)) {
			return s
		}
	}
	return other
}

// noAnswer is the status of a request that got none.
const noAnswer = "none"

// telemetry counts what comes of requests. It is safe for concurrent use.
type telemetry struct {
	builder *metadata.TelemetryBuilder
	clock   clockwork.Clock

	mu      sync.Mutex
	waiting map[*keeper]since
}

// since is when what a keeper is to send next failed first; zero while the gateway accepts.
type since struct {
	signal signal
	began  time.Time
}

func newTelemetry(set component.TelemetrySettings, clock clockwork.Clock) (*telemetry, error) {
	builder, err := metadata.NewTelemetryBuilder(set)
	if err != nil {
		return nil, err
	}
	t := &telemetry{builder: builder, clock: clock, waiting: map[*keeper]since{}}
	return t, builder.RegisterGrafanaCloudWaitingSecondsCallback(t.observeWaiting)
}

// begin lets the counters that alerts watch start from zero: the first increase of a counter that appears with it is
// invisible to increase().
func (t *telemetry) begin(ctx context.Context) {
	for _, s := range []signal{metrics, logs, traces} {
		t.rejected(ctx, s, 0)
		for _, status := range []int{400, 413} {
			t.dropped(ctx, s, status, 0)
		}
		for _, status := range []int{401, 403, 404} {
			t.held(ctx, s, status, 0)
		}
	}
}

func (t *telemetry) shutdown() { t.builder.Shutdown() }

func (t *telemetry) requested(ctx context.Context, s signal, status string) {
	t.builder.GrafanaCloudRequests.Add(ctx, 1, of(s, status))
}

func (t *telemetry) held(ctx context.Context, s signal, status int, requests int64) {
	t.builder.GrafanaCloudHeldRequests.Add(ctx, requests, of(s, strconv.Itoa(status)))
}

func (t *telemetry) dropped(ctx context.Context, s signal, status int, items int64) {
	t.builder.GrafanaCloudDroppedItems.Add(ctx, items, of(s, strconv.Itoa(status)))
}

func (t *telemetry) rejected(ctx context.Context, s signal, points int64) {
	t.builder.GrafanaCloudRejectedPoints.Add(ctx, points, metric.WithAttributeSet(attribute.NewSet(attribute.String("signal", string(s)))))
}

func of(s signal, status string) metric.MeasurementOption {
	return metric.WithAttributeSet(attribute.NewSet(attribute.String("signal", string(s)), attribute.String("status", status)))
}

// waits notes that what a keeper is to send next has failed.
func (t *telemetry) waits(k *keeper, s signal) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.waiting[k].began.IsZero() {
		t.waiting[k] = since{signal: s, began: t.clock.Now()}
	}
}

// goesOn notes that what a keeper had to send is gone.
func (t *telemetry) goesOn(k *keeper, s signal) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.waiting[k] = since{signal: s}
}

// observeWaiting shows for each signal the longest wait.
func (t *telemetry) observeWaiting(_ context.Context, observer metric.Float64Observer) error {
	longest := map[signal]float64{metrics: 0, logs: 0, traces: 0}
	t.mu.Lock()
	for _, w := range t.waiting {
		waited := 0.0
		if !w.began.IsZero() {
			waited = t.clock.Since(w.began).Seconds()
		}
		longest[w.signal] = max(longest[w.signal], waited)
	}
	t.mu.Unlock()
	for s, seconds := range longest {
		observer.Observe(seconds, metric.WithAttributeSet(attribute.NewSet(attribute.String("signal", string(s)))))
	}
	return nil
}
