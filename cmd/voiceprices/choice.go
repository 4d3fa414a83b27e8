package main

import (
	"errors"
	"flag"
	"fmt"
	"path"
	"reflect"
	"slices"
	"strings"

	"github.com/otelcol-voice/otelcol-voice/internal/pricing"
)

// choice narrows rows down by provider, model and kind of usage; none of a sort is all of it.
type choice struct{ providers, models, usages many }

func (c *choice) addFlags(flags *flag.FlagSet) {
	flags.Var(&c.providers, "provider", "only the provider of this `name` or glob; may be given several times")
	flags.Var(&c.models, "model", "only models of this `id` or glob; may be given several times")
	flags.Var(&c.usages, "usage", "only this `kind` of usage or glob; may be given several times")
}

func (c *choice) String() string {
	return fmt.Sprintf("provider %s, model %s, usage %s", orAll(c.providers), orAll(c.models), orAll(c.usages))
}

func orAll(names many) string {
	if len(names) == 0 {
		return "*"
	}
	return strings.Join(names, " or ")
}

// of is what is left of a layer. Rows keep only the models that were chosen. Multipliers go where a model that they may name
// has gone.
func (c *choice) of(layer pricing.Layer) pricing.Layer {
	var left pricing.Layer
	for _, file := range layer {
		rows := c.rows(&file)
		if !reflect.DeepEqual(rows, file.Rows) {
			file.Rows, file.Multipliers = rows, nil
		}
		if len(rows) > 0 {
			left = append(left, file)
		}
	}
	return left
}

func (c *choice) rows(file *pricing.File) []pricing.Row {
	var rows []pricing.Row
	for _, row := range file.Rows {
		provider := row.Provider
		if provider == "" {
			provider = file.Provider
		}
		if !like(c.providers, provider) || !like(c.usages, row.Usage) {
			continue
		}
		row.Models = slices.DeleteFunc(slices.Clone(row.Models), func(model string) bool { return !like(c.models, model) })
		if len(row.Models) > 0 {
			rows = append(rows, row)
		}
	}
	return rows
}

// check says which provider or kind of usage there is none of.
func (c *choice) check(book *pricing.Book) error {
	var providers []string
	for entry := range book.Rows() {
		providers = append(providers, entry.Row.Provider)
	}
	slices.Sort(providers)
	return errors.Join(
		none("provider", c.providers, slices.Compact(providers)),
		none("usage", c.usages, pricing.KindNames()),
	)
}

// none says which of those that are wanted is like no known name.
func none(what string, wanted many, known []string) error {
	for _, glob := range wanted {
		if !slices.ContainsFunc(known, func(name string) bool { return like(many{glob}, name) }) {
			return fmt.Errorf("--%s %q is unknown; it must be one of %s", what, glob, strings.Join(known, ", "))
		}
	}
	return nil
}

// like says whether a name is one of those that are wanted. Case does not matter, and * stands for anything.
func like(wanted many, name string) bool {
	return len(wanted) == 0 || slices.ContainsFunc(wanted, func(glob string) bool {
		// path.Match stops at slashes, which model ids have.
		is, err := path.Match(strings.ToLower(noSlash(glob)), strings.ToLower(noSlash(name)))
		return err == nil && is
	})
}

func noSlash(text string) string { return strings.ReplaceAll(text, "/", "\x00") }
