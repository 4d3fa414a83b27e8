package grafanacloudextension

import (
	"context"
	"errors"
	"net/http"
	"sync"

	"github.com/jonboulle/clockwork"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/extension"
	"go.opentelemetry.io/collector/extension/extensionauth"
	"go.opentelemetry.io/collector/extension/extensioncapabilities"
	"go.uber.org/zap"
)

// authenticator hands out round-trippers that sign requests and keep data from being lost unseen. Any number of exporters may
// use it.
type authenticator struct {
	config    *Config
	id        component.ID
	found     finding
	secrets   *secrets
	clock     clockwork.Clock
	logger    *zap.Logger
	telemetry *telemetry
	standing  *standing

	mu        sync.Mutex
	transport http.RoundTripper // an exporter's own, the first that came
	preflight *preflight        // nil before Ready and where it is off

	stop    context.CancelFunc
	running sync.WaitGroup
}

var (
	_ extension.Extension                         = (*authenticator)(nil)
	_ extensionauth.HTTPClient                    = (*authenticator)(nil)
	_ extensioncapabilities.PipelineWatcher       = (*authenticator)(nil)
	_ extensioncapabilities.ConfigSnapshotWatcher = (*authenticator)(nil)
)

func newAuthenticator(cfg *Config, set extension.Settings, clock clockwork.Clock) (*authenticator, error) {
	found := examine(cfg)
	if err := joined(found.errs); err != nil {
		return nil, err
	}
	telemetry, err := newTelemetry(set.TelemetrySettings, clock)
	if err != nil {
		return nil, err
	}
	// The stack of an HTTP client says nothing about a wrong token and would bury the line that does.
	logger := set.Logger.WithOptions(zap.AddStacktrace(zap.DPanicLevel))
	return &authenticator{
		config: cfg, id: set.ID, found: found, secrets: holding(found.credentials), clock: clock,
		logger: logger, telemetry: telemetry, standing: newStanding(logger, cfg.applied()),
		stop: func() {},
	}, nil
}

// applied says how a mended configuration takes effect.
func (c *Config) applied() string {
	if len(c.files()) > 0 {
		return applyFile
	}
	return applyEnvironment
}

// Start tells what is odd and begins to follow the credential's files. It waits for nothing.
func (a *authenticator) Start(ctx context.Context, host component.Host) error {
	a.standing.meet(host)
	a.telemetry.begin(ctx)
	warn(a.logger, a.found.warnings)
	if a.config.Preflight == PreflightOff {
		a.logger.Info(lineConfigured+", unchecked: preflight is off", a.configured()...)
	}
	ctx, a.stop = context.WithCancel(context.WithoutCancel(ctx))
	if len(a.config.files()) > 0 {
		w := &watcher{config: a.config, secrets: a.secrets, clock: a.clock, logger: a.logger, changed: a.repeatPreflight}
		a.running.Go(func() { w.run(ctx) })
	}
	return nil
}

// NotifyConfigSnapshot compares the configuration of the exporters with what the extension was told.
func (a *authenticator) NotifyConfigSnapshot(_ context.Context, snapshot extensioncapabilities.ConfigSnapshot) error {
	conf := snapshot.Effective()
	if conf == nil {
		return nil
	}
	for _, odd := range (plumbing{conf: conf, self: a.id}).check(a.config.Endpoint, a.found.atGrafana) {
		a.logger.Warn("The configuration is odd: "+odd.err.Error(), zap.String("of", odd.id))
	}
	return nil
}

// Ready asks the gateway, by the way of the exporters' requests, which is known now.
func (a *authenticator) Ready() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.config.Preflight == PreflightOff || a.transport == nil || a.preflight != nil {
		return nil
	}
	ctx, cancel := context.WithCancel(context.Background())
	stop := a.stop
	a.stop = func() { cancel(); stop() }
	p := &preflight{
		endpoint: a.config.Endpoint, tripper: &signer{base: a.transport, secrets: a.secrets}, secrets: a.secrets, clock: a.clock,
		standing: a.standing, logger: a.logger, fields: a.configured, again: make(chan struct{}, 1), proof: make(chan struct{}, 1),
	}
	a.preflight = p
	a.standing.asks(p, p.prove)
	a.running.Go(func() { p.run(ctx) })
	return nil
}

// NotReady does nothing: what runs ends at Shutdown.
func (*authenticator) NotReady() error { return nil }

// Shutdown waits for what runs and unregisters the extension's own metrics.
func (a *authenticator) Shutdown(context.Context) error {
	a.stop()
	a.running.Wait()
	a.telemetry.shutdown()
	return nil
}

// RoundTripper implements extensionauth.HTTPClient. A stock exporter calls it once for each of its signals.
func (a *authenticator) RoundTripper(base http.RoundTripper) (http.RoundTripper, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.transport == nil {
		a.transport = base
	}
	return &keeper{base: &signer{base: base, secrets: a.secrets}, standing: a.standing, telemetry: a.telemetry}, nil
}

func (a *authenticator) repeatPreflight() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.preflight != nil {
		a.preflight.repeat()
	}
}

// configured is what may be shown of the configuration.
func (a *authenticator) configured() []zap.Field {
	fields := []zap.Field{zap.String("endpoint_host", a.found.endpoint)}
	if a.found.zone != "" {
		fields = append(fields, zap.String("zone", a.found.zone))
	}
	return append(fields, instanceField(*a.secrets.current.Load())...)
}

func joined(errs []error) error { return errors.Join(errs...) }

func warn(logger *zap.Logger, warnings []error) {
	for _, warning := range warnings {
		logger.Warn("The configuration is odd: " + warning.Error())
	}
}
