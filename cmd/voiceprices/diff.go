package main

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/otelcol-voice/otelcol-voice/internal/pricing"
)

// leap is the factor from which on a change of a price is more likely a mistake.
const leap = 2.0

// diffOptions are the flags of diff.
type diffOptions struct {
	over   bool
	common bool
	strict bool
	asJSON bool
	factor float64
	choice choice
}

// diff says what differs between two price books, of any format.
func diff(args []string, w world) error {
	var o diffOptions
	flags := flagsOf("diff", "OLD NEW", w)
	flags.BoolVar(&o.over, "over", false, "lay NEW over OLD, as price_files does, instead of comparing it alone")
	flags.BoolVar(&o.common, "common", false, "only prices that both have")
	flags.Float64Var(&o.factor, "factor", leap, "warn where a price changes by more than this `factor`")
	flags.BoolVar(&o.strict, "strict", false, "let a warning fail the diff")
	flags.BoolVar(&o.asJSON, "json", false, "print JSON")
	o.choice.addFlags(flags.FlagSet)
	files, err := flags.parse(args)
	switch {
	case err != nil:
		return err
	case len(files) != 2:
		return fmt.Errorf("name two price files or folders; %s is the book that is built in", embeddedName)
	case o.factor <= 1 || math.IsNaN(o.factor):
		return errors.New("--factor must be more than 1")
	}
	changes, err := o.changes(files[0], files[1])
	if err != nil {
		return err
	}
	return o.show(w, changes)
}

func (o *diffOptions) changes(oldPath, newPath string) ([]pricing.Change, error) {
	oldLayer, _, err := readLayer(oldPath, "")
	if err != nil {
		return nil, err
	}
	newLayer, _, err := readLayer(newPath, "")
	if err != nil {
		return nil, err
	}
	older, err := pricing.NewBook(pricing.Settings{}, oldLayer)
	if err != nil {
		return nil, err
	}
	layers := []pricing.Layer{newLayer}
	if o.over {
		layers = []pricing.Layer{oldLayer, newLayer}
	}
	newer, err := pricing.NewBook(pricing.Settings{}, layers...)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(pricing.Diff(older, newer), func(c pricing.Change) bool { return !o.wants(&c) }), nil
}

func (o *diffOptions) wants(c *pricing.Change) bool {
	return o.choice.has(c) && (!o.common || c.Old != "" && c.New != "")
}

func (c *choice) has(change *pricing.Change) bool {
	return like(c.providers, change.Provider) && like(c.models, change.Model) && like(c.usages, change.Usage)
}

func (o *diffOptions) show(w world, changes []pricing.Change) error {
	leaps := 0
	for i := range changes {
		if changes[i].Exceeds(o.factor) {
			leaps++
		}
	}
	if o.asJSON {
		if err := writeJSON(w.out, changesForJSON(changes, o.factor)); err != nil {
			return err
		}
	} else {
		o.showTable(w, changes, leaps)
	}
	if o.strict && leaps > 0 {
		return errFinding
	}
	return nil
}

// changeForJSON is a change and whether it is to be warned of.
type changeForJSON struct {
	pricing.Change
	Warning bool `json:"warning,omitempty"`
}

func changesForJSON(changes []pricing.Change, factor float64) []changeForJSON {
	out := make([]changeForJSON, len(changes))
	for i := range changes {
		out[i] = changeForJSON{changes[i], changes[i].Exceeds(factor)}
	}
	return out
}

func (o *diffOptions) showTable(w world, changes []pricing.Change, leaps int) {
	t := newTable(w.out)
	if len(changes) > 0 {
		t.row("", "PROVIDER", "MODEL", "USAGE", "OLD", "NEW", "CHANGE", "WHEN")
	}
	for i := range changes {
		c := &changes[i]
		mark := ""
		if c.Exceeds(o.factor) {
			mark = "!"
		}
		t.row(mark, c.Provider, c.Model, c.Usage, orDash(c.Old), orDash(c.New), moved(c), whenChanged(c))
	}
	t.flush()
	fmt.Fprintln(w.out, counted(len(changes), "change")+".")
	if leaps > 0 {
		fmt.Fprintf(w.out, "warning: %s by more than a factor of %g (!): is that right?\n", counted(leaps, "price")+" moved", o.factor)
	}
}

func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

// moved is how much a price changed: "+25 %".
func moved(c *pricing.Change) string {
	switch {
	case c.Old == "":
		return "added"
	case c.New == "":
		return "removed"
	case c.Ratio == 0:
		return ""
	}
	percent := strconv.FormatFloat((c.Ratio-1)*100, 'f', 1, 64)
	if c.Ratio >= 1 {
		percent = "+" + percent
	}
	return strings.TrimSuffix(percent, ".0") + " %"
}

func whenChanged(c *pricing.Change) string {
	var words []string
	if c.Conditions != "" {
		words = append(words, c.Conditions)
	}
	if c.From != "" {
		words = append(words, "from "+day(c.From))
	}
	if c.Until != "" {
		words = append(words, "until "+day(c.Until))
	}
	return strings.Join(words, ", ")
}
