package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// ensureCollector starts a collector unless one answers already. What it returns stops the one that it started.
func (d *demo) ensureCollector(ctx context.Context) (stop func() error, err error) {
	if healthy(ctx, d.health) {
		return func() error { return nil }, nil
	}
	fmt.Printf("No collector is running: starting %s --config %s\n", d.binary, d.config)
	log, err := os.CreateTemp("", "voice-demo-*.log")
	if err != nil {
		return nil, err
	}
	// A second's interval instead of ten: nobody pays for these points, and somebody waits for them.
	collector := exec.Command(d.binary, "--config", d.config, "--config", "yaml:processors::rollup::interval: 1s")
	collector.Stdout, collector.Stderr = log, log
	if err := collector.Start(); err != nil {
		return nil, fmt.Errorf("%w: build it with `make build`", err)
	}
	stop = func() error {
		_ = collector.Process.Signal(syscall.SIGTERM)
		return collector.Wait()
	}
	if err := poll(ctx, func() bool { return healthy(ctx, d.health) }); err != nil {
		_ = stop()
		return nil, fmt.Errorf("the collector did not become healthy: see %s", log.Name())
	}
	return stop, nil
}

func healthy(ctx context.Context, url string) bool {
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
