package main

import (
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/otelcol-voice/otelcol-voice/internal/pricing"
	"github.com/otelcol-voice/otelcol-voice/internal/pricing/importer"
)

// source says which prices to ask: the book that is built in, what a collector's configuration lays over it, and what the
// command line does.
type source struct {
	files     many
	plans     pairs
	configs   many
	processor string

	read []readFile // what the files were
}

// readFile is a price file that was read.
type readFile struct {
	Path  string         `json:"path"`
	Rows  int            `json:"rows"`
	Notes importer.Notes `json:"notes,omitempty"`
}

func (f *readFile) show(w world) {
	fmt.Fprintf(w.out, "%s: %s\n", f.Path, counted(f.Rows, "row"))
	for _, note := range f.Notes {
		fmt.Fprintf(w.out, "  %s\n", note)
	}
}

func (s *source) addFlags(flags *flag.FlagSet) {
	flags.Var(&s.files, "prices", "a price `file` to lay over the book, in any format; may be given several times")
	flags.Var(&s.plans, "plan", "the account's plan at a provider, as `provider=plan`; may be given several times")
	flags.Var(&s.configs, "config", "a collector configuration `file`, whose cost processor says what is laid over the book; "+
		"several are merged as the collector does")
	flags.StringVar(&s.processor, "processor", "", "the `id` of the cost processor, where the configuration has several")
}

// book puts the prices together as the processor would, then adds what the command line says.
func (s *source) book(w world) (*pricing.Book, error) {
	c, err := s.configured()
	if err != nil {
		return nil, err
	}
	if c.PriceURL != nil {
		fmt.Fprintf(w.err, "note: the prices of price_url are left out; download them and add --prices FILE\n")
	}
	layers, err := c.layers()
	if err != nil {
		return nil, err
	}
	extra, err := s.readFiles()
	if err != nil {
		return nil, err
	}
	settings := pricing.Settings{Plans: c.plansWith(s.plans), Discounts: c.Discounts}
	return pricing.NewBook(settings, append(layers, extra...)...)
}

func (s *source) readFiles() ([]pricing.Layer, error) {
	var layers []pricing.Layer
	for _, path := range s.files {
		layer, notes, err := readLayer(path, "")
		if err != nil {
			return nil, err
		}
		layers = append(layers, layer)
		s.read = append(s.read, readFile{path, rowsIn(layer), notes})
	}
	return layers, nil
}

func rowsIn(layer pricing.Layer) int {
	rows := 0
	for _, file := range layer {
		rows += len(file.Rows)
	}
	return rows
}

// embeddedName stands for the book that is built in, where a file is asked for.
const embeddedName = "embedded"

// readLayer reads a price file, all price files of a folder, or the book that is built in.
func readLayer(path string, format importer.Format) (pricing.Layer, importer.Notes, error) {
	if path == embeddedName {
		layer, err := pricing.Embedded()
		return layer, nil, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, nil, err
	}
	if info.IsDir() {
		layer, err := readFolder(path)
		return layer, nil, err
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, nil, err
	}
	return importer.Read(path, text, format)
}

// readFolder makes one layer of a folder like prices/.
func readFolder(path string) (pricing.Layer, error) {
	names, err := fs.Glob(os.DirFS(path), "*.yaml")
	if err != nil {
		return nil, err
	}
	var all pricing.Layer
	for _, name := range names {
		layer, _, err := readLayer(filepath.Join(path, name), importer.Voice)
		if err != nil {
			return nil, err
		}
		all = append(all, layer...)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%s: has no price files (*.yaml)", path)
	}
	return all, nil
}
