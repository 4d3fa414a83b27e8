package pricing

import (
	"errors"
	"fmt"

	"go.yaml.in/yaml/v3"
)

// checkWriting looks for what YAML takes for another thing than was meant: a number that is not quoted, which is a binary
// fraction to others that read YAML, and a single model where there must be a list. Numbers that would be wrong in quotes too, and all else, are left to the decoder.
func checkWriting(text []byte) error {
	var document struct{ Rows, Multipliers []map[string]yaml.Node }
	if yaml.Unmarshal(text, &document) != nil {
		return nil
	}
	var errs []error
	for i, row := range document.Rows {
		errs = append(errs, slips("row", i+1, row)...)
	}
	for i, multiplier := range document.Multipliers {
		errs = append(errs, slips("multipliers", i+1, multiplier)...)
	}
	return errors.Join(errs...)
}

// slips is what is wrong in the writing of one of the rows or multipliers.
func slips(what string, number int, keys map[string]yaml.Node) []error {
	var errs []error
	for _, key := range []string{"price", "per", "multiplier"} {
		value := keys[key]
		if _, err := parseDecimal(value.Value); err == nil && (value.Tag == "!!int" || value.Tag == "!!float") {
			errs = append(errs, fmt.Errorf("%s %d (line %d): %s is not quoted; write %s: %q", what, number, value.Line, key, key, value.Value))
		}
	}
	if models := keys["models"]; models.Kind == yaml.ScalarNode && models.Value != "" {
		errs = append(errs, fmt.Errorf("%s %d (line %d): models is a list: [%s]", what, number, models.Line, models.Value))
	}
	return errs
}
