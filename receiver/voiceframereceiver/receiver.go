package voiceframereceiver

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/jonboulle/clockwork"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componentstatus"
	"go.opentelemetry.io/collector/receiver"
	"go.opentelemetry.io/otel/metric"
	"go.uber.org/zap"

	"github.com/otelcol-voice/otelcol-voice/internal/call"
	"github.com/otelcol-voice/otelcol-voice/internal/signal"
	"github.com/otelcol-voice/otelcol-voice/receiver/voiceframereceiver/internal/metadata"
)

// voiceReceiver is one listener and one table of calls, shared by the pipelines that name it.
type voiceReceiver struct {
	config    *Config
	settings  receiver.Settings
	clock     clockwork.Clock
	started   time.Time
	calls     *call.Table
	pipeline  pipeline
	telemetry *metadata.TelemetryBuilder
	signals   *signal.Producer

	startOnce, stopOnce sync.Once
	startErr, stopErr   error
	server              *http.Server
	stop                context.CancelFunc
	running             sync.WaitGroup // the server and the housekeeping
	handling            sync.WaitGroup // requests
	forget              func()
}

func newReceiver(
	set receiver.Settings, cfg *Config, clock clockwork.Clock, forget func(),
) (*voiceReceiver, error) {
	telemetry, err := metadata.NewTelemetryBuilder(set.TelemetrySettings)
	if err != nil {
		return nil, err
	}
	pipeline, err := newPipeline(set)
	if err != nil {
		return nil, err
	}
	r := &voiceReceiver{
		config: cfg, settings: set, clock: clock, started: clock.Now(), forget: forget,
		calls: call.NewTable(cfg.callConfig()), signals: signal.NewProducer(signal.Settings{Service: cfg.ServiceName}), pipeline: pipeline, telemetry: telemetry,
	}
	err = telemetry.RegisterReceiverVoiceFrameActiveCallsCallback(func(_ context.Context, o metric.Int64Observer) error {
		var open int
		for _, n := range r.calls.Active() {
			open += n
		}
		o.Observe(int64(open))
		return nil
	})
	return r, err
}

// Start is called once for each pipeline; the first call counts.
func (r *voiceReceiver) Start(ctx context.Context, host component.Host) error {
	r.startOnce.Do(func() {
		if r.startErr = r.start(ctx, host); r.startErr != nil {
			r.startErr = errors.Join(r.startErr, r.Shutdown(ctx))
		}
	})
	return r.startErr
}

func (r *voiceReceiver) start(ctx context.Context, host component.Host) error {
	frames := r.config.Protocols.Frames.Get()
	server, err := frames.ServerConfig.ToServer(ctx, host.GetExtensions(), r.settings.TelemetrySettings,
		newHandler(r, frames.limits()), r.withJSONErrors())
	if err != nil {
		return err
	}
	listener, err := frames.ServerConfig.ToListener(ctx)
	if err != nil {
		return fmt.Errorf("protocols::frames::endpoint: %w", err)
	}
	r.settings.Logger.Info("Listening for bot frames", zap.String("endpoint", listener.Addr().String()))
	lifetime, stop := context.WithCancel(context.Background())
	server.BaseContext = func(net.Listener) context.Context { return lifetime }
	r.server, r.stop = server, stop
	r.running.Go(func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			componentstatus.ReportStatus(host, componentstatus.NewFatalErrorEvent(err))
		}
	})
	ticker := r.clock.NewTicker(r.config.ObserveInterval)
	r.running.Go(func() { r.keepHouse(lifetime, ticker) })
	return nil
}

// Shutdown stops the intake first and lets requests under way finish, as long as ctx allows; then it cuts them off, and
// they are not answered 200.
func (r *voiceReceiver) Shutdown(ctx context.Context) error {
	r.stopOnce.Do(func() {
		r.stopErr = errors.Join(r.stopServer(ctx), r.wait(ctx))
		r.settle(ctx)
		r.telemetry.Shutdown()
		r.forget()
	})
	return r.stopErr
}

// drain is how long requests under way have to finish: whatever ends the collector often kills it after ten seconds, and the
// last flush comes behind.
const drain = 5 * time.Second

func (r *voiceReceiver) stopServer(ctx context.Context) error {
	if r.server == nil {
		return nil
	}
	defer r.stop()
	ctx, cancel := context.WithTimeout(ctx, drain)
	defer cancel()
	err := r.server.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		return r.server.Close() // bodies that never end are nobody's loss
	}
	if err != nil {
		err = errors.Join(err, r.server.Close())
	}
	return err
}

// wait waits for all that runs, but not beyond ctx.
func (r *voiceReceiver) wait(ctx context.Context) error {
	done := make(chan struct{})
	go func() {
		defer close(done)
		r.running.Wait()
		r.handling.Wait()
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
