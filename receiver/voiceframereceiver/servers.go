package voiceframereceiver

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componentstatus"
	"go.opentelemetry.io/collector/config/confighttp"
	"go.uber.org/zap"
)

func (r *voiceReceiver) newAdmission(total, perClient int64) *admission {
	a := newAdmission(total, perClient)
	r.admissions = append(r.admissions, a)
	return a
}

func (r *voiceReceiver) serveFrames(ctx context.Context, host component.Host) error {
	frames := r.config.Protocols.Frames.Get()
	if frames == nil {
		return nil
	}
	return r.listen(ctx, host, "frames", &frames.ServerConfig, newFramesHandler(r, frames))
}

func (r *voiceReceiver) serveWebhooks(ctx context.Context, host component.Host) error {
	webhooks := r.config.Protocols.Webhooks.Get()
	if webhooks == nil {
		return nil
	}
	handler, err := newWebhooksHandler(r, webhooks)
	if err != nil {
		return err
	}
	if webhooks.open() {
		r.settings.Logger.Warn("Anybody who can reach the webhooks can post calls to them: set the secret of each platform, " +
			"and require_signatures to refuse the platforms that have none")
	}
	return r.listen(ctx, host, "webhooks", &webhooks.ServerConfig, handler)
}

func (r *voiceReceiver) listen(
	ctx context.Context, host component.Host, protocol string, config *confighttp.ServerConfig, handler http.Handler,
) error {
	server, err := config.ToServer(ctx, host.GetExtensions(), r.settings.TelemetrySettings, handler, r.withJSONErrors(config.CompressionAlgorithms))
	if err != nil {
		return fmt.Errorf("protocols::%s: %w", protocol, err)
	}
	listener, err := config.ToListener(ctx)
	if err != nil {
		return fmt.Errorf("protocols::%s::endpoint: %w", protocol, err)
	}
	r.settings.Logger.Info("Listening for "+protocol, zap.String("endpoint", listener.Addr().String()))
	server.BaseContext = func(net.Listener) context.Context { return r.lifetime }
	r.servers = append(r.servers, server)
	r.running.Go(func() { r.accept(server, listener) })
	return nil
}

// accept serves until the server is shut down. Any other end is one of the collector.
func (r *voiceReceiver) accept(server *http.Server, listener net.Listener) {
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		r.hosts.Report(componentstatus.NewFatalErrorEvent(err))
	}
}

// drain is how long requests under way have to finish: whatever ends the collector often kills it after ten seconds, and the
// last flush comes behind.
const drain = 5 * time.Second

// stopServers ends the intake: requests finish, connections are told to go away when what was read of them is answered.
func (r *voiceReceiver) stopServers(ctx context.Context) error {
	defer r.stop()
	close(r.draining)
	ctx, cancel := context.WithTimeout(ctx, drain)
	defer cancel()
	errs := make([]error, len(r.servers))
	var stopping sync.WaitGroup
	for i, server := range r.servers {
		stopping.Go(func() { errs[i] = stopServer(ctx, server) })
	}
	stopping.Wait()
	_ = until(ctx, &r.handling) // a server does not know its WebSockets; those that take too long are cut off like bodies
	return errors.Join(errs...)
}

func stopServer(ctx context.Context, server *http.Server) error {
	err := server.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		return server.Close() // bodies that never end are nobody's loss
	}
	if err != nil {
		err = errors.Join(err, server.Close())
	}
	return err
}

// wait waits for all that runs, but not beyond ctx.
func (r *voiceReceiver) wait(ctx context.Context) error {
	return until(ctx, &r.running, &r.handling)
}

func until(ctx context.Context, groups ...*sync.WaitGroup) error {
	done := make(chan struct{})
	go func() {
		defer close(done)
		for _, group := range groups {
			group.Wait()
		}
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
