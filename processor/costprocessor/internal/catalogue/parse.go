package catalogue

import (
	"fmt"
	"slices"

	"go.uber.org/zap"

	"github.com/otelcol-voice/otelcol-voice/internal/pricing/importer"
)

// CheckFormat says what is wrong with the name of a format of price files.
func CheckFormat(format string) error {
	if format == "" || slices.Contains(importer.Formats(), importer.Format(format)) {
		return nil
	}
	return fmt.Errorf("format: got %q; must be one of %q, or left out to be found by the content", format, importer.Formats())
}

// parse makes an offer of the text of a price file.
func parse(name string, text []byte, format string) (*offer, error) {
	layer, notes, err := importer.Read(name, text, importer.Format(format))
	if err != nil {
		return nil, err
	}
	return &offer{layer: layer, notes: notes}, nil
}

// logNotes says what a file of others has that is not in the book.
func (c *Catalogue) logNotes(s *source) {
	if len(s.offer.notes) > 0 {
		c.Logger.Info("not all of a price file can be used",
			zap.Stringer("source", s.kind), zap.String("from", s.name), zap.Stringer("left_out", s.offer.notes))
	}
}
