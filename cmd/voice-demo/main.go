// Command voice-demo plays a handful of calls to a collector, as a bot would, and shows what the collector makes of them:
// everything in the table is read back from the collector's metrics page.
//
// It uses a collector that runs with config/local.yaml, or starts one for as long as it takes. With -own it starts one in any
// case, on ports of its own.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"time"
)

func main() {
	var d demo
	flag.StringVar(&d.frames, "frames", "http://localhost:4319/v1/frames", "where to post frames")
	flag.StringVar(&d.page, "metrics", "http://localhost:9464/metrics", "the metrics page to read back")
	flag.StringVar(&d.health, "health", "http://localhost:13133", "the collector's health check")
	flag.StringVar(&d.binary, "collector", "bin/otelcol-voice", "the collector to start if none is running")
	flag.StringVar(&d.config, "config", "config/local.yaml", "the configuration to start it with")
	flag.BoolVar(&d.own, "own", false, "start a collector on free ports even if one is running")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	if err := d.run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "voice-demo:", err)
		os.Exit(1)
	}
}

type demo struct {
	frames, page, health, binary, config string
	own                                  bool
}

func (d *demo) run(ctx context.Context) (err error) {
	stop, err := d.ensureCollector(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stop()) }()

	calls := script(time.Now())
	fmt.Printf("Playing %d calls to %s …\n", len(calls), d.frames)
	for _, c := range calls {
		if err := post(ctx, d.frames, c.frames); err != nil {
			return err
		}
	}
	fmt.Printf("Waiting for the next export on %s …\n\n", d.page)
	page, err := d.await(ctx, calls)
	if err != nil {
		return err
	}
	show(os.Stdout, page, calls)
	return nil
}
