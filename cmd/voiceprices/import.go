package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/otelcol-voice/otelcol-voice/internal/pricing"
	"github.com/otelcol-voice/otelcol-voice/internal/pricing/importer"
)

// importOptions are the flags of import.
type importOptions struct {
	format string
	out    string
	choice choice
	asJSON bool
}

// importFile turns a catalogue of others into price files of ours.
func importFile(args []string, w world) error {
	var o importOptions
	flags := flagsOf("import", "FILE", w)
	flags.StringVar(&o.format, "format", "", "the `format` of the file, where it cannot be told from it: "+formats())
	flags.StringVar(&o.out, "o", "", "where to write: a `path` of a file, or of a folder for a file a provider")
	o.choice.addFlags(flags.FlagSet)
	flags.BoolVar(&o.asJSON, "json", false, "print the rows and the notes as JSON")
	files, err := flags.parse(args)
	switch {
	case err != nil:
		return err
	case len(files) != 1:
		return errors.New("name the one file to read")
	}
	layer, notes, err := readLayer(files[0], importer.Format(o.format))
	if err != nil {
		return err
	}
	chosen := o.choice.of(layer)
	if len(chosen) == 0 {
		return fmt.Errorf("%s: has no rows of %s; its providers are %s", files[0], &o.choice, providersOf(layer))
	}
	if o.asJSON {
		return writeImported(w, chosen, notes)
	}
	if err := o.write(w, chosen); err != nil {
		return err
	}
	report(w, chosen, notes)
	return nil
}

// imported is what import says to programs.
type imported struct {
	Files []any          `json:"files"`
	Notes importer.Notes `json:"notes"`
}

func writeImported(w world, files pricing.Layer, notes importer.Notes) error {
	out := imported{Notes: notes}
	for _, file := range files {
		keys, err := plain(file)
		if err != nil {
			return err
		}
		out.Files = append(out.Files, keys)
	}
	return writeJSON(w.out, out)
}

func formats() string {
	var names []string
	for _, format := range importer.Formats() {
		names = append(names, string(format))
	}
	return strings.Join(names, ", ")
}

func providersOf(layer pricing.Layer) string {
	var names []string
	for _, file := range layer {
		names = append(names, file.Provider)
	}
	slices.Sort(names)
	return strings.Join(slices.Compact(names), ", ")
}

// write writes the files to where they shall go: a folder has one for each vendor, else rows of several name their own.
func (o *importOptions) write(w world, files pricing.Layer) error {
	if info, err := os.Stat(o.out); o.out != "" && (err == nil && info.IsDir() || strings.HasSuffix(o.out, "/")) {
		return writeFolder(o.out, files)
	}
	file := files[0]
	if len(files) > 1 {
		file = merged(files)
		fmt.Fprintln(w.err, "note: a file of several providers does not say which of them are resellers, nor their aliases and "+
			"defaults; -o prices.d/ writes one for each, which do")
	}
	if o.out == "" {
		return writePriceFile(w.out, &file)
	}
	return createPriceFile(o.out, &file)
}

// merged is one file of several.
func merged(files pricing.Layer) pricing.File {
	var all pricing.File
	for _, file := range files {
		for _, row := range file.Rows {
			row.Provider = cmp.Or(row.Provider, file.Provider)
			row.Source, row.Verified = cmp.Or(row.Source, file.Source), cmp.Or(row.Verified, file.Verified)
			row.Confidence = cmp.Or(row.Confidence, file.Confidence)
			all.Rows = append(all.Rows, row)
		}
		for _, multiplier := range file.Multipliers {
			multiplier.Provider = cmp.Or(multiplier.Provider, file.Provider)
			all.Multipliers = append(all.Multipliers, multiplier)
		}
	}
	return all
}

func writeFolder(folder string, files pricing.Layer) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	for i := range files {
		if err := createPriceFile(filepath.Join(folder, fileName(files[i].Provider)), &files[i]); err != nil {
			return err
		}
	}
	return nil
}

// fileName is a provider's name as that of a file: what leads out of the folder is no name.
func fileName(provider string) string {
	safe := func(r rune) rune {
		if strings.ContainsRune("abcdefghijklmnopqrstuvwxyz0123456789._-", r) {
			return r
		}
		return '_'
	}
	return cmp.Or(strings.TrimLeft(strings.Map(safe, strings.ToLower(provider)), "."), "rows") + ".yaml"
}

func createPriceFile(path string, file *pricing.File) error {
	var text strings.Builder
	if err := writePriceFile(&text, file); err != nil {
		return err
	}
	return os.WriteFile(path, []byte(text.String()), 0o644)
}

// report says what was read and what was not.
func report(w world, files pricing.Layer, notes importer.Notes) {
	fmt.Fprintf(w.err, "%s of %s\n", counted(rowsIn(files), "row"), counted(len(files), "provider"))
	if len(notes) > 0 {
		fmt.Fprintln(w.err, "Left out or changed, in the whole catalogue:")
	}
	for _, note := range notes {
		fmt.Fprintf(w.err, "  %s\n", note)
	}
}
