package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"go.opentelemetry.io/collector/confmap"

	"github.com/otelcol-voice/otelcol-voice/internal/pricing"
)

// written are the prices that a configuration itself has. The collector's own decoder reads them, so that what it refuses is
// refused here.
type written struct {
	Overrides []pricing.Row      `mapstructure:"overrides"`
	Discounts []pricing.Discount `mapstructure:"discounts"`
}

func (c *written) read(processor any) error {
	keys, _ := processor.(map[string]any)
	own := map[string]any{}
	var errs []error
	for _, key := range []string{"overrides", "discounts"} {
		if value, is := keys[key]; is {
			own[key] = value
			errs = append(errs, unquoted(key, "", value)...)
		}
	}
	if len(errs) > 0 {
		return errors.Join(errs...)
	}
	return confmap.NewFromStringMap(own).Unmarshal(c)
}

// unquoted is what YAML takes for another thing than text. All that rows and discounts say is text.
func unquoted(place, key string, value any) []error {
	var errs []error
	switch value := value.(type) {
	case nil, string:
	case map[string]any:
		for _, inner := range slices.Sorted(maps.Keys(value)) {
			errs = append(errs, unquoted(place, inner, value[inner])...)
		}
	case []any:
		for i, inner := range value {
			in := place
			if key == "" {
				in = fmt.Sprintf("%s %d", place, i+1)
			}
			errs = append(errs, unquoted(in, key, inner)...)
		}
	default:
		errs = append(errs, fmt.Errorf("%s: %s is not quoted; write %q", place, key, asWritten(value)))
	}
	return errs
}

// asWritten is a value about as it was written: a number without an exponent, a day as the moment it begins.
func asWritten(value any) string {
	switch value := value.(type) {
	case float64:
		return amount(value)
	case time.Time:
		return value.Format(time.RFC3339)
	}
	return fmt.Sprint(value)
}
