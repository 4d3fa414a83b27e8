package pricing

import (
	"iter"
	"time"
)

// Entry is a row of the book and where it is written.
type Entry struct {
	// Place is the file and the number of the row in it, from 1.
	Place string
	// Row has what it leaves to its file filled in. It must not be changed.
	Row *Row
}

// Rows are all rows, in the order of layers and files: those of plans that the account does not have, and those that a later
// layer hides, are among them.
func (b *Book) Rows() iter.Seq[Entry] {
	return func(yield func(Entry) bool) {
		for _, o := range b.rows {
			if !yield(Entry{o.place(), o.row}) {
				return
			}
		}
	}
}

// Newest is the last day on which a row was verified, or the zero time where no row says.
func (b *Book) Newest() time.Time {
	var newest time.Time
	for _, o := range b.rows {
		if day, known := o.row.verifiedOn(); known && day.After(newest) {
			newest = day
		}
	}
	return newest
}

// Stale are the rows that were last verified longer ago than age. Rows that do not say when are not among them: nobody
// promised to verify them.
func (b *Book) Stale(now time.Time, age time.Duration) []Entry {
	var stale []Entry
	for entry := range b.Rows() {
		if day, known := entry.Row.verifiedOn(); known && now.Sub(day) > age {
			stale = append(stale, entry)
		}
	}
	return stale
}

func (r *Row) verifiedOn() (time.Time, bool) {
	day, err := time.Parse(time.DateOnly, r.Verified)
	return day, err == nil
}
