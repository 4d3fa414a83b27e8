package importer

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Note is a reason for which something of a catalogue is not in the layer, or is there changed.
type Note struct {
	Reason string `json:"reason"`
	// Count is how many prices, models or rules it concerns.
	Count int `json:"count"`
	// Example is one of them, as provider/model and the key of the catalogue.
	Example string `json:"example"`
}

// String is a note in a line.
func (n Note) String() string {
	return fmt.Sprintf("%s (%d, such as %s)", n.Reason, n.Count, n.Example)
}

// Notes are all reasons, the most frequent first.
type Notes []Note

// String has a line for each note.
func (n Notes) String() string {
	lines := make([]string, len(n))
	for i, note := range n {
		lines[i] = note.String()
	}
	return strings.Join(lines, "\n")
}

// Reasons of notes that several formats have.
const (
	noteNoKind        = "a price of something that is not counted"
	noteBadPrice      = "a price that is not a number of US dollars"
	noteBadModel      = "a model whose entry makes no sense"
	noteRounded       = "a price with more digits than a row can hold, rounded to eighteen"
	noteFree          = "a model whose every price is 0, which may mean that they are unknown"
	noteZero          = "a model with a price of 0 beside others, which may mean that it is unknown"
	noteSecondPrice   = "another price of a model that already has one"
	noteOtherQuantity = "a price for another quantity than the one that the book knows to be billed"
	noteSameUse       = "a price for another quantity of a use that has a price in the catalogue: with both it would be billed twice"
	noteWildcard      = "a model id with a *"
)

// notebook collects notes.
type notebook map[string]*Note

// add notes one thing; example names it.
func (n notebook) add(reason, example string) {
	if note := n[reason]; note != nil {
		note.Count++
		return
	}
	n[reason] = &Note{Reason: reason, Count: 1, Example: example}
}

func (n notebook) notes() Notes {
	var notes Notes
	for _, note := range n {
		notes = append(notes, *note)
	}
	slices.SortFunc(notes, func(a, b Note) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Reason, b.Reason))
	})
	return notes
}
