// Command dashboards writes the dashboards as JSON, and the page that says what their panels show.
//
//	go run ./cmd/dashboards -out dashboards
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"github.com/otelcol-voice/otelcol-voice/grafana/internal/boards"
)

func main() {
	out := flag.String("out", "dashboards", "the directory to write to")
	flag.Parse()
	if err := write(*out); err != nil {
		fmt.Fprintln(os.Stderr, "dashboards:", err)
		os.Exit(1)
	}
}

func write(directory string) error {
	for _, board := range boards.All() {
		text, err := board.JSON()
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(directory, board.File), text, 0o644); err != nil {
			return err
		}
	}
	page, err := boards.Reference()
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(directory, "README.md"), []byte(page), 0o644)
}
