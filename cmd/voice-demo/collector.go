package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// ensureCollector starts a collector unless one answers already. What it returns stops the one that it started.
func (d *demo) ensureCollector(ctx context.Context) (stop func() error, err error) {
	// A second's interval instead of ten: nobody pays for these points, and somebody waits for them.
	overlay := "yaml:processors::rollup::interval: 1s"
	switch {
	case d.own:
		if overlay, err = d.moveToFreePorts(); err != nil {
			return nil, err
		}
	case answers(ctx, d.page):
		return func() error { return nil }, nil
	case answers(ctx, d.health):
		return nil, fmt.Errorf("a collector is running, but it has no %s: it may be sending to your own backend, "+
			"where these calls do not belong; stop it, or use -own", d.page)
	}
	return d.startCollector(ctx, overlay)
}

// moveToFreePorts returns configuration that does so.
func (d *demo) moveToFreePorts() (string, error) {
	var addresses [6]any
	for i := range addresses {
		listener, err := net.Listen("tcp", "localhost:0")
		if err != nil {
			return "", err
		}
		defer listener.Close()
		addresses[i] = listener.Addr().String()
	}
	d.frames = fmt.Sprintf("http://%s/v1/frames", addresses[0])
	d.page = fmt.Sprintf("http://%s/metrics", addresses[1])
	d.health = fmt.Sprintf("http://%s", addresses[2])
	return fmt.Sprintf(`yaml:
receivers: {voice_frame: {protocols: {frames: {endpoint: %q}, webhooks: {endpoint: %[6]q}}}, otlp: {protocols: {grpc: {endpoint: %[4]q}, http: {endpoint: %[5]q}}}}
exporters: {prometheus: {endpoint: %[2]q}}
extensions: {health_check: {endpoint: %[3]q}}
processors: {rollup: {interval: 1s}}
service: {telemetry: {metrics: {level: none, readers: []}}}
`, addresses[:]...), nil
}

func (d *demo) startCollector(ctx context.Context, overlay string) (stop func() error, err error) {
	fmt.Printf("Starting %s --config %s\n", d.binary, d.config)
	log, err := os.CreateTemp("", "voice-demo-*.log")
	if err != nil {
		return nil, err
	}
	collector := exec.Command(d.binary, "--config", d.config, "--config", overlay)
	collector.Env = append(os.Environ(), "OTELCOL_VOICE_DATA="+d.data)
	collector.Stdout, collector.Stderr = log, log
	if err := collector.Start(); err != nil {
		return nil, fmt.Errorf("%w: build it with `make build`", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- collector.Wait() }()
	stop = func() error {
		_ = collector.Process.Signal(syscall.SIGTERM)
		if err := <-ended; err != nil {
			return fmt.Errorf("the collector stopped with %w: see %s", err, log.Name())
		}
		return errors.Join(log.Close(), os.Remove(log.Name()))
	}
	if err := d.awaitHealth(ctx, ended, log.Name()); err != nil {
		_ = collector.Process.Kill()
		return nil, err
	}
	return stop, nil
}

// awaitHealth waits until the collector that was started answers, or has ended.
func (d *demo) awaitHealth(ctx context.Context, ended <-chan error, log string) error {
	var end error
	err := poll(ctx, func() bool {
		select {
		case end = <-ended:
			return true
		default:
			return answers(ctx, d.health)
		}
	})
	switch {
	case end != nil:
		return fmt.Errorf("the collector did not start: %s (all of it is in %s)", lastError(log), log)
	case err != nil:
		return fmt.Errorf("the collector did not become healthy: see %s", log)
	}
	return nil
}

// lastError is what a collector that did not start says at the end of its log.
func lastError(log string) string {
	text, err := os.ReadFile(log)
	if err != nil {
		return err.Error()
	}
	_, last, _ := strings.Cut(string(text), "\nError: ")
	first, _, _ := strings.Cut(last, "\n")
	return cmp.Or(first, "it does not say why")
}

func answers(ctx context.Context, url string) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return false
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	defer res.Body.Close()
	return res.StatusCode == http.StatusOK
}

// poll asks ten times a second until ready or the context is done.
func poll(ctx context.Context, ready func() bool) error {
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	for !ready() {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
	}
	return nil
}

// post sends a call's frames in one request and makes sure that all of them were taken.
func post(ctx context.Context, url string, frames []frame) error {
	var body bytes.Buffer
	for _, f := range frames {
		if err := json.NewEncoder(&body).Encode(f); err != nil {
			return err
		}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, &body)
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-ndjson")
	res, err := http.DefaultClient.Do(req)
	if errors.Is(err, syscall.ECONNREFUSED) {
		return fmt.Errorf("%w: if the collector takes frames elsewhere, name it with -frames (make demo DEMO=\"-frames URL\"), or use -own", err)
	}
	if err != nil {
		return err
	}
	defer res.Body.Close()
	var answer struct {
		Accepted int
		Rejected []struct{ Reason string }
		Error    string
	}
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil {
		return fmt.Errorf("%s answered %s: %w", url, res.Status, err)
	}
	if answer.Accepted != len(frames) || len(answer.Rejected) > 0 {
		return fmt.Errorf("%s answered %s and took %d of %d frames: %v %s",
			url, res.Status, answer.Accepted, len(frames), answer.Rejected, answer.Error)
	}
	return nil
}
