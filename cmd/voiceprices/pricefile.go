package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/otelcol-voice/otelcol-voice/internal/pricing"
)

// writePriceFile writes a file in the form of those in prices/: a line a row. Text is quoted as JSON is, which YAML reads.
func writePriceFile(out io.Writer, file *pricing.File) error {
	var text strings.Builder
	for _, line := range header(file) {
		fmt.Fprintln(&text, line)
	}
	fmt.Fprintln(&text, "rows:")
	for i := range file.Rows {
		fmt.Fprintf(&text, "  - {%s}\n", strings.Join(fields(own(file, file.Rows[i])), ", "))
	}
	if len(file.Multipliers) > 0 {
		fmt.Fprintln(&text, "multipliers:")
	}
	for i := range file.Multipliers {
		fmt.Fprintf(&text, "  - {%s}\n", strings.Join(multiplier(&file.Multipliers[i]), ", "))
	}
	_, err := io.WriteString(out, text.String())
	return err
}

// own is what a row says beyond what it has from its file.
func own(file *pricing.File, row pricing.Row) *pricing.Row {
	for _, part := range []struct{ value, inherited *string }{
		{&row.Provider, &file.Provider},
		{&row.Source, &file.Source},
		{&row.Verified, &file.Verified},
		{&row.Confidence, &file.Confidence},
	} {
		if *part.value == *part.inherited {
			*part.value = ""
		}
	}
	return &row
}

// header are the keys for the vendor as a whole.
func header(file *pricing.File) []string {
	reseller := ""
	if file.Reseller {
		reseller = "true"
	}
	return said(
		"provider", quote(file.Provider), "provider_aliases", quoteAll(file.ProviderAliases), "reseller", reseller,
		"defaults", mapping(file.Defaults), "model_aliases", mapping(file.ModelAliases), "source", quote(file.Source),
		"verified", quote(file.Verified), "confidence", file.Confidence,
	)
}

// fields are the keys of a row that say something.
func fields(row *pricing.Row) []string {
	return said(
		"provider", quote(row.Provider), "models", quoteAll(row.Models), "usage", row.Usage, "unit", row.Unit,
		"price", quote(row.Price), "per", quote(row.Per), "when", conditions(&row.When),
		"effective_from", quote(row.EffectiveFrom), "effective_until", quote(row.EffectiveUntil),
		"rounding", rounding(&row.Rounding), "source", quote(row.Source), "verified", quote(row.Verified),
		"confidence", row.Confidence, "note", quote(row.Note),
	)
}

// multiplier are the keys of a multiplier that say something.
func multiplier(d *pricing.Discount) []string {
	return said(
		"provider", quote(d.Provider), "models", quoteAll(d.Models), "usage", quoteAll(d.Usage), "multiplier", quote(d.Multiplier), "when", conditions(&d.When),
		"effective_from", quote(d.EffectiveFrom), "effective_until", quote(d.EffectiveUntil), "note", quote(d.Note),
	)
}

func conditions(when *pricing.Conditions) string {
	return flow("context_tokens", when.ContextTokens, "service_tier", when.ServiceTier, "region", when.Region,
		"plan", when.Plan, "time_of_day", when.TimeOfDay)
}

func rounding(r *pricing.Rounding) string {
	return flow("minimum", r.Minimum, "up_to", r.UpTo, "per", r.Per)
}

// flow is a mapping on one line of the keys that have a value; of none it is nothing.
func flow(keysAndValues ...string) string {
	for i := 1; i < len(keysAndValues); i += 2 {
		keysAndValues[i] = quote(keysAndValues[i])
	}
	return braced(said(keysAndValues...))
}

// said are the keys that have a value, each with it.
func said(keysAndValues ...string) []string {
	var all []string
	for pair := range slices.Chunk(keysAndValues, 2) {
		if pair[1] != "" {
			all = append(all, pair[0]+": "+pair[1])
		}
	}
	return all
}

func braced(all []string) string {
	if len(all) == 0 {
		return ""
	}
	return "{" + strings.Join(all, ", ") + "}"
}

func mapping(values map[string]string) string {
	var all []string
	for _, key := range slices.Sorted(maps.Keys(values)) {
		all = append(all, quote(key)+": "+quote(values[key]))
	}
	return braced(all)
}

func quoteAll(values []string) string {
	if len(values) == 0 {
		return ""
	}
	quoted := make([]string, len(values))
	for i, value := range values {
		quoted[i] = quote(value)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

// quote is a text in the quotes of JSON, or nothing where there is none.
func quote(text string) string {
	if text == "" {
		return ""
	}
	var quoted bytes.Buffer
	encoder := json.NewEncoder(&quoted)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(text) // a text and a buffer cannot fail
	return strings.TrimSpace(quoted.String())
}
