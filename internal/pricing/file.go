package pricing

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"sync"

	"go.yaml.in/yaml/v3"

	"github.com/otelcol-voice/otelcol-voice/prices"
)

// File is one price file as written. Keys that describe a vendor need the file's Provider.
type File struct {
	// Name is where the file was read from, for messages.
	Name string `yaml:"-" json:"-"`
	// Catalogue marks a file of somebody else, whose names are not ours to doubt.
	Catalogue bool `yaml:"-" json:"-"`
	// Provider is the vendor, and the provider of rows that name none.
	Provider string `yaml:"provider,omitempty"`
	// ProviderAliases are other names of the vendor.
	ProviderAliases []string `yaml:"provider_aliases,omitempty"`
	// Reseller marks a vendor that serves models of others: its prices never apply to a usage that names no provider.
	Reseller bool `yaml:"reseller,omitempty"`
	// Defaults are the models meant by a usage that names the vendor only, by stage.
	Defaults map[string]string `yaml:"defaults,omitempty"`
	// ModelAliases are other names of models.
	ModelAliases map[string]string `yaml:"model_aliases,omitempty"`
	// Source, Verified and Confidence are those of rows that have none.
	Source     string `yaml:"source,omitempty"`
	Verified   string `yaml:"verified,omitempty"`
	Confidence string `yaml:"confidence,omitempty"`
	Rows       []Row  `yaml:"rows"`
	// Multipliers are what the vendor asks more or less for under a condition, such as a regional endpoint.
	Multipliers []Discount `yaml:"multipliers,omitempty"`
}

// Layer is rows that are each other's equals: they must not overlap. A later layer holds over an earlier one.
type Layer []File

// Parse reads a price file. It is strict: a key that it does not know is an error.
func Parse(name string, text []byte) (File, error) {
	if err := checkWriting(text); err != nil {
		return File{}, fmt.Errorf("%s: %w", name, err)
	}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	file := File{}
	if err := decoder.Decode(&file); err != nil {
		if errors.Is(err, io.EOF) {
			err = errors.New("the file is empty")
		}
		return File{}, fmt.Errorf("%s: %w", name, err)
	}
	if !errors.Is(decoder.Decode(new(any)), io.EOF) {
		return File{}, fmt.Errorf("%s: a price file is one YAML document; this has more", name)
	}
	file.Name = name
	return file, nil
}

// Embedded is the price book that comes with the program. It is read once; callers share it and must not change it.
var Embedded = sync.OnceValues(func() (Layer, error) { return readLayer(prices.Files) })

// BuiltIn is the book of the embedded prices alone. It is made once: a book never changes, and can be shared.
var BuiltIn = sync.OnceValues(func() (*Book, error) {
	embedded, err := Embedded()
	if err != nil {
		return nil, err
	}
	return NewBook(Settings{}, embedded)
})

func readLayer(files fs.FS) (Layer, error) {
	names, err := fs.Glob(files, "*.yaml")
	if err != nil {
		return nil, err
	}
	var layer Layer
	var errs []error
	for _, name := range names {
		text, readErr := fs.ReadFile(files, name)
		file, parseErr := Parse(path.Join("prices", name), text)
		layer = append(layer, file)
		errs = append(errs, readErr, parseErr)
	}
	return layer, errors.Join(errs...)
}

// Overrides is a layer of rows that are in no file. Each must name its provider.
func Overrides(name string, rows []Row) Layer {
	return Layer{{Name: name, Rows: rows}}
}

// rows are the file's rows with what they leave to the file filled in.
func (f *File) rows() []Row {
	rows := make([]Row, len(f.Rows))
	for i, row := range f.Rows {
		row.Provider = cmp.Or(row.Provider, f.Provider)
		row.Source = cmp.Or(row.Source, f.Source)
		row.Verified = cmp.Or(row.Verified, f.Verified)
		row.Confidence = cmp.Or(row.Confidence, f.Confidence)
		rows[i] = row
	}
	return rows
}
