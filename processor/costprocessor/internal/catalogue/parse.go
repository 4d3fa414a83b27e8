package catalogue

import (
	"fmt"

	"github.com/otelcol-voice/otelcol-voice/internal/pricing"
)

// CheckFormat says whether a format of price files is known.
func CheckFormat(format string) error {
	if format != "" && format != "voice" {
		return fmt.Errorf("format: got %q; must be voice, or left out to be found by the content", format)
	}
	return nil
}

// parse makes a layer of the text of a price file.
func parse(name string, text []byte, _ string) (pricing.Layer, error) {
	file, err := pricing.Parse(name, text)
	if err != nil {
		return nil, err
	}
	return pricing.Layer{file}, nil
}
