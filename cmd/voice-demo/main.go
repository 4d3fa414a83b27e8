// Command voice-demo plays a handful of calls to a collector, as a bot would, and shows what the collector makes of them:
// everything in the table is read back from the collector's metrics page. It ends with a report of the calls, an HTML page, from
// the metrics page and from the files to which the collector writes summaries and spans.
//
// It uses a collector that runs with config/local.yaml, or starts one for as long as it takes. With -own it starts one in any
// case, on ports and with files of its own.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"time"
)

// inData stands for report.html where the collector's files are.
const inData = "DATA/report.html"

func main() {
	var d demo
	flag.StringVar(&d.frames, "frames", "http://localhost:4319/v1/frames", "where to post frames")
	flag.StringVar(&d.page, "metrics", "http://localhost:9464/metrics", "the metrics page to read back")
	flag.StringVar(&d.health, "health", "http://localhost:13133", "the collector's health check")
	flag.StringVar(&d.binary, "collector", "bin/otelcol-voice", "the collector to start if none is running")
	flag.StringVar(&d.config, "config", "config/local.yaml", "the configuration to start it with")
	flag.StringVar(&d.data, "data", cmp.Or(os.Getenv("OTELCOL_VOICE_DATA"), "data"), "where the collector writes calls.jsonl and spans.jsonl (default OTELCOL_VOICE_DATA, else data)")
	flag.StringVar(&d.report, "report", inData, "the report to write; empty for none")
	flag.BoolVar(&d.own, "own", false, "start a collector on free ports, with files in own/ of the data folder, even if one is running")
	flag.Parse()
	if d.own {
		d.data = filepath.Join(d.data, "own") // for the files of the one that may be running are locked
	}
	if d.report == inData {
		d.report = filepath.Join(d.data, "report.html")
	}

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
	frames, page, health, binary, config, data, report string
	own                                                bool
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
	if d.report == "" {
		return nil
	}
	address, err := d.writeReport(ctx, page, calls)
	if err != nil {
		return err
	}
	fmt.Printf("\nReport of these calls: %s\n", address)
	return nil
}
