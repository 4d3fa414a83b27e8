package voiceframereceiver

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jonboulle/clockwork"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/receiver"
	"go.opentelemetry.io/collector/receiver/receiverhelper"

	"github.com/otelcol-voice/otelcol-voice/internal/call"
	"github.com/otelcol-voice/otelcol-voice/internal/door"
	"github.com/otelcol-voice/otelcol-voice/internal/hosts"
	"github.com/otelcol-voice/otelcol-voice/internal/keep"
	"github.com/otelcol-voice/otelcol-voice/internal/signal"
)

// voiceReceiver is the listeners and one table of calls, shared by the pipelines that name it.
type voiceReceiver struct {
	config    *Config
	settings  receiver.Settings
	clock     clockwork.Clock
	started   time.Time
	platforms map[string]platform
	calls     *call.Table
	pipeline  door.Outlet
	telemetry *selfTelemetry
	signals   *signal.Producer
	keeper    *keep.Keeper // nil without storage
	toldLost  door.Seldom  // of spans and summaries
	hosts     hosts.All

	startOnce, stopOnce sync.Once
	startErr, stopErr   error
	servers             []*http.Server
	admissions          []*admission
	connections         atomic.Int64  // WebSockets that are open
	draining            chan struct{} // closed when no more is to be read of them
	lifetime            context.Context
	stop                context.CancelFunc // ends lifetime
	running             sync.WaitGroup     // the servers and the housekeeping
	handling            sync.WaitGroup     // requests and connections
	forget              func()
}

func newReceiver(
	set receiver.Settings, cfg *Config, clock clockwork.Clock, forget func(),
) (*voiceReceiver, error) {
	telemetry, err := newSelfTelemetry(set.TelemetrySettings)
	if err != nil {
		return nil, err
	}
	report, err := receiverhelper.NewObsReport(receiverhelper.ObsReportSettings{
		ReceiverID: set.ID, Transport: "http", ReceiverCreateSettings: set,
	})
	if err != nil {
		return nil, err
	}
	r := &voiceReceiver{
		config: cfg, settings: set, clock: clock, started: clock.Now(), forget: forget, platforms: platforms(),
		signals:  signal.NewProducer(cfg.signalSettings()),
		pipeline: door.Outlet{Report: report}, telemetry: telemetry, draining: make(chan struct{}),
	}
	r.calls = r.newTable(false)
	r.lifetime, r.stop = context.WithCancel(context.Background())
	return r, nil
}

// trace adds a pipeline for traces. It comes before the start, when nothing has touched the table of calls.
func (r *voiceReceiver) trace(next consumer.Traces) {
	r.pipeline.Traces = next
	r.calls = r.newTable(true)
}

func (r *voiceReceiver) newTable(trace bool) *call.Table {
	config := r.config.callConfig()
	config.Trace = trace
	config.Mark = func() uint64 { return r.keeper.Mark() } // there is a keeper from the start on
	return call.NewTable(config)
}

// Start is called once for each pipeline; the first call counts, and each host hears how it goes.
func (r *voiceReceiver) Start(ctx context.Context, host component.Host) error {
	r.hosts.Add(host)
	r.startOnce.Do(func() {
		if r.startErr = r.start(ctx, host); r.startErr != nil {
			r.startErr = errors.Join(r.startErr, r.Shutdown(ctx))
		}
	})
	return r.startErr
}

// start opens the calls that were stored before anybody can add to them.
func (r *voiceReceiver) start(ctx context.Context, host component.Host) error {
	if err := r.remember(ctx, host); err != nil {
		return err
	}
	if err := r.serveFrames(ctx, host); err != nil {
		return err
	}
	if err := r.serveWebhooks(ctx, host); err != nil {
		return err
	}
	ticker := r.clock.NewTicker(r.config.ObserveInterval)
	r.running.Go(func() { r.keepHouse(r.lifetime, ticker) })
	return r.observe()
}

// remember begins to keep calls, if they are to be kept, after those that were kept before are open again.
func (r *voiceReceiver) remember(ctx context.Context, host component.Host) (err error) {
	if r.config.Storage == nil {
		return nil
	}
	if r.keeper, err = keep.Open(ctx, host, r.keepSettings(*r.config.Storage)); err != nil {
		return err
	}
	return r.keeper.Resume(ctx, r.calls, nil)
}

func (r *voiceReceiver) keepSettings(storage component.ID) keep.Settings {
	return keep.Settings{
		Storage: storage, Kind: component.KindReceiver, ID: r.settings.ID, Logger: r.settings.Logger, Report: r.hosts.Report,
		Errors: r.telemetry.ReceiverVoiceFrameJournalErrors, Damaged: r.telemetry.ReceiverVoiceFrameJournalDamaged,
	}
}

// Shutdown stops the intake first and lets requests under way finish, as long as ctx allows; then it cuts them off, and
// they are not answered 200. Calls that are stored go on after the next start; others will not be seen again.
func (r *voiceReceiver) Shutdown(ctx context.Context) error {
	r.stopOnce.Do(func() {
		r.stopErr = errors.Join(r.stopServers(ctx), r.wait(ctx))
		if r.keeper == nil {
			r.door().Settle(ctx)
		}
		r.stopErr = errors.Join(r.stopErr, r.keeper.Close(ctx))
		r.telemetry.Shutdown()
		r.forget()
	})
	return r.stopErr
}
