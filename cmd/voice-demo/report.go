package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/otelcol-voice/otelcol-voice/cmd/voice-demo/internal/metrics"
	"github.com/otelcol-voice/otelcol-voice/cmd/voice-demo/internal/recorded"
	"github.com/otelcol-voice/otelcol-voice/cmd/voice-demo/internal/report"
)

// patience is how long the collector gets to write its files, which it does every second.
const patience = 10 * time.Second

// writeReport waits until the collector has written the calls to its files, and writes the report of them. It returns its
// address for a browser.
func (d *demo) writeReport(ctx context.Context, page metrics.Page, calls []demoCall) (address string, err error) {
	in := report.Input{Page: page, Source: report.Source{
		Page: d.page, Calls: filepath.Join(d.data, "calls.jsonl"), Spans: filepath.Join(d.data, "spans.jsonl"), At: time.Now(),
	}}
	for _, c := range calls {
		in.Played = append(in.Played, report.Played{ID: c.id, About: c.about})
	}
	if err := awaitFiles(ctx, &in); err != nil {
		return "", err
	}
	path, err := filepath.Abs(d.report)
	if err != nil {
		return "", err
	}
	return "file://" + filepath.ToSlash(path), writeTo(path, report.New(&in))
}

func writeTo(path string, r *report.Report) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(report.Write(file, r), file.Close())
}

// awaitFiles reads the files until they hold every call and its own span, which are the last things that a call leaves.
func awaitFiles(ctx context.Context, in *report.Input) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var readErr error
	err := poll(ctx, func() bool {
		readErr = readFiles(in)
		return readErr != nil || summaries(in) == len(in.Played) && traces(in) == len(in.Played)
	})
	if readErr != nil {
		return readErr
	}
	if err != nil {
		return fmt.Errorf("no report: %s has %d of the %d calls, %s has %d. %s; -report= leaves the report out",
			in.Source.Calls, summaries(in), len(in.Played), in.Source.Spans, traces(in), remedy(in))
	}
	return nil
}

// readFiles reads what the collector has written so far.
func readFiles(in *report.Input) (err error) {
	played := map[string]bool{}
	for _, p := range in.Played {
		played[p.ID] = true
	}
	wanted := func(callID string) bool { return played[callID] }
	var tornCalls, tornSpans int
	err = errors.Join(
		reading(in.Source.Calls, func(r io.Reader) (err error) { in.Calls, tornCalls, err = recorded.Calls(r, wanted); return }),
		reading(in.Source.Spans, func(r io.Reader) (err error) { in.Spans, tornSpans, err = recorded.Spans(r, wanted); return }))
	in.Torn = tornCalls + tornSpans
	return err
}

// reading hands a file to read. One that is not there yet is empty.
func reading(path string, read func(io.Reader) error) error {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer file.Close()
	if err := read(file); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// remedy is what to do about files that lack calls: where one has them, it is not the folder.
func remedy(in *report.Input) string {
	switch {
	case summaries(in) > 0 && traces(in) == 0:
		return "Does the collector's traces pipeline have voice_frame among its receivers and file/spans among its exporters?"
	case traces(in) > 0 && summaries(in) == 0:
		return "Does the collector's logs pipeline have voice_frame among its receivers and file among its exporters?"
	}
	return "Does the collector write to another folder? Name it with -data (make demo DATA=…). " +
		"Was this one removed while the collector ran? It still writes to what is gone: start it again"
}

// summaries is how many of the calls have left their summary.
func summaries(in *report.Input) int {
	return countPlayed(in, func(id string) bool { _, ended := in.Calls[id]; return ended })
}

// traces is how many of the calls have left their own span.
func traces(in *report.Input) int {
	return countPlayed(in, func(id string) bool { return hasRoot(in.Spans[id]) })
}

func countPlayed(in *report.Input, has func(id string) bool) int {
	n := 0
	for _, played := range in.Played {
		if has(played.ID) {
			n++
		}
	}
	return n
}

func hasRoot(spans []recorded.Span) bool {
	for i := range spans {
		if spans[i].Root() {
			return true
		}
	}
	return false
}
