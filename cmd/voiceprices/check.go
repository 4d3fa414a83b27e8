package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/otelcol-voice/otelcol-voice/internal/pricing"
)

// maxAge is after how many days somebody should look at a price again.
const maxAge = 120

// checkOptions are the flags of check.
type checkOptions struct {
	from   source
	at     moment
	maxAge int
	strict bool
	asJSON bool
}

// check loads prices and says which of them nobody has verified for long. Without files it checks the book.
func check(args []string, w world) error {
	var o checkOptions
	flags := flagsOf("check", "[FILE…]", w)
	o.from.addFlags(flags.FlagSet)
	flags.Var(&o.at, "at", "the `day` that it is (default today)")
	flags.IntVar(&o.maxAge, "max-age", maxAge, "after how many `days` a price should be verified again")
	flags.BoolVar(&o.strict, "strict", false, "let what is only a warning fail the check")
	flags.BoolVar(&o.asJSON, "json", false, "print JSON")
	files, err := flags.parse(args)
	switch {
	case err != nil:
		return err
	case o.maxAge < 0:
		return errors.New("--max-age must not be negative")
	}
	o.from.files = append(o.from.files, files...)
	book, err := o.from.book(w)
	if err != nil {
		return o.refused(w, err)
	}
	found := o.examine(book, w.now())
	found.Files = o.from.read
	if o.asJSON {
		err = writeJSON(w.out, found)
	} else {
		found.show(w)
	}
	if err == nil && o.strict && len(found.Stale)+len(found.Warnings) > 0 {
		err = errFinding
	}
	return err
}

// refused says that prices do not load.
func (o *checkOptions) refused(w world, err error) error {
	if o.asJSON {
		return cmp.Or(writeJSON(w.out, checked{Error: err.Error()}), errFinding)
	}
	fmt.Fprintf(w.err, "error: %s\n", err)
	return errFinding
}

// checked is what check says.
type checked struct {
	Error     string  `json:"error,omitempty"`
	Version   string  `json:"version,omitempty"`
	Providers int     `json:"providers,omitempty"`
	Models    int     `json:"models,omitempty"`
	Prices    int     `json:"prices,omitempty"`
	Rows      int     `json:"rows,omitempty"`
	MaxAge    int     `json:"max_age_days,omitempty"`
	Stale     []stale `json:"stale,omitempty"`
	// Warnings are names that may be slips of the pen.
	Warnings []string `json:"warnings,omitempty"`
	// Files are those that were named.
	Files []readFile `json:"files,omitempty"`
}

// stale are rows of a provider that were last verified on the same day, which is long ago.
type stale struct {
	Provider string `json:"provider"`
	Verified string `json:"verified"`
	Rows     int    `json:"rows"`
	Example  string `json:"example"`
}

func (o *checkOptions) examine(book *pricing.Book, now time.Time) *checked {
	size := book.Size()
	c := &checked{
		Version: book.Version(), MaxAge: o.maxAge, Warnings: book.Warnings(),
		Providers: size.Vendors, Models: size.Models, Prices: size.Prices, Rows: size.Rows,
	}
	c.sortOut(book.Stale(o.at.or(now), time.Duration(o.maxAge)*24*time.Hour))
	return c
}

// sortOut puts rows of a provider and day together, the oldest first.
func (c *checked) sortOut(entries []pricing.Entry) {
	for _, entry := range entries {
		row := entry.Row
		same := func(s stale) bool { return s.Provider == row.Provider && s.Verified == row.Verified }
		at := slices.IndexFunc(c.Stale, same)
		if at < 0 {
			at = len(c.Stale)
			c.Stale = append(c.Stale, stale{Provider: row.Provider, Verified: row.Verified, Example: row.Models[0] + " " + row.Usage})
		}
		c.Stale[at].Rows++
	}
	slices.SortStableFunc(c.Stale, func(a, b stale) int {
		return cmp.Or(cmp.Compare(a.Verified, b.Verified), cmp.Compare(a.Provider, b.Provider))
	})
}

func (c *checked) show(w world) {
	fmt.Fprintf(w.out, "%s: %s, %s, %s, %s\n", c.Version, counted(c.Providers, "provider"), counted(c.Models, "model"),
		counted(c.Prices, "price"), counted(c.Rows, "row"))
	for _, file := range c.Files {
		file.show(w)
	}
	for _, warning := range c.Warnings {
		fmt.Fprintf(w.out, "warning: %s\n", warning)
	}
	if len(c.Stale) == 0 {
		return
	}
	rows := 0
	for _, s := range c.Stale {
		rows += s.Rows
	}
	fmt.Fprintf(w.out, "warning: %s not verified for %d days:\n", counted(rows, "row"), c.MaxAge)
	t := newTable(w.out)
	t.row("PROVIDER", "VERIFIED", "ROWS", "SUCH AS")
	for _, s := range c.Stale {
		t.row(s.Provider, s.Verified, strconv.Itoa(s.Rows), s.Example)
	}
	t.flush()
}
