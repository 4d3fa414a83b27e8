package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/otelcol-voice/otelcol-voice/internal/pricing"
)

// listRows shows the rows of the book.
func listRows(args []string, w world) error {
	var from source
	var only choice
	var at moment
	var asJSON bool
	flags := flagsOf("list", "", w)
	from.addFlags(flags.FlagSet)
	only.addFlags(flags.FlagSet)
	flags.Var(&at, "at", "only rows that hold at this `moment`")
	flags.BoolVar(&asJSON, "json", false, "print JSON")
	rest, err := flags.parse(args)
	switch {
	case err != nil:
		return err
	case len(rest) > 0:
		return fmt.Errorf("%q: list takes no arguments; narrow it down with --provider, --model and --usage", rest[0])
	}
	book, err := from.book(w)
	if err != nil {
		return err
	}
	if err := only.check(book); err != nil {
		return err
	}
	rows := only.ofBook(book, at.Time)
	if asJSON {
		return writeRows(w, rows)
	}
	showRows(w, rows)
	return nil
}

// ofBook are the rows that were chosen, in order. With a moment, they hold at it.
func (c *choice) ofBook(book *pricing.Book, at time.Time) []pricing.Row {
	var rows []pricing.Row
	for entry := range book.Rows() {
		file := pricing.File{Rows: []pricing.Row{*entry.Row}}
		rows = append(rows, c.rows(&file)...)
	}
	rows = slices.DeleteFunc(rows, func(row pricing.Row) bool { return !at.IsZero() && !holds(&row, at) })
	slices.SortStableFunc(rows, func(a, b pricing.Row) int {
		return cmp.Or(cmp.Compare(a.Provider, b.Provider), cmp.Compare(a.Models[0], b.Models[0]))
	})
	return rows
}

// holds says whether a row, which was checked when the book was made, holds at a moment.
func holds(row *pricing.Row, at time.Time) bool {
	from, fromErr := time.Parse(time.RFC3339, row.EffectiveFrom)
	until, untilErr := time.Parse(time.RFC3339, row.EffectiveUntil)
	return (fromErr != nil || !at.Before(from)) && (untilErr != nil || at.Before(until))
}

func writeRows(w world, rows []pricing.Row) error {
	out := make([]any, len(rows))
	for i := range rows {
		row, err := plain(rows[i])
		if err != nil {
			return err
		}
		out[i] = row
	}
	return writeJSON(w.out, out)
}

func showRows(w world, rows []pricing.Row) {
	t := newTable(w.out)
	t.row("PROVIDER", "MODELS", "USAGE", "PRICE", "WHEN", "VERIFIED", "CONFIDENCE")
	for i := range rows {
		row := &rows[i]
		t.row(row.Provider, strings.Join(row.Models, " "), row.Usage, priceOf(row), when(row), row.Verified, row.Confidence)
	}
	t.flush()
}

// priceOf is what a row asks: "$2.5 / 1M tokens", "$0.0048 / minute".
func priceOf(row *pricing.Row) string {
	short := map[string]string{"1000": "1k", "1000000": "1M"}
	if row.Per == "1" {
		return "$" + row.Price + " / " + row.Unit
	}
	return "$" + row.Price + " / " + cmp.Or(short[row.Per], row.Per) + " " + row.Unit + "s"
}

// when are the conditions of a row and its times, in words.
func when(row *pricing.Row) string {
	var words []string
	add := func(before, text string) {
		if text != "" {
			words = append(words, before+text)
		}
	}
	add("context ", row.When.ContextTokens)
	add("tier ", row.When.ServiceTier)
	add("region ", row.When.Region)
	add("plan ", row.When.Plan)
	add("hours ", row.When.TimeOfDay)
	add("from ", day(row.EffectiveFrom))
	add("until ", day(row.EffectiveUntil))
	return strings.Join(words, ", ")
}

// day is a moment as short as it can be without saying less.
func day(moment string) string { return strings.TrimSuffix(moment, "T00:00:00Z") }
