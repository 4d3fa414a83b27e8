package catalogue

import (
	"fmt"

	"go.uber.org/zap"

	"github.com/otelcol-voice/otelcol-voice/internal/pricing"
)

const (
	// maxListed is how many prices a message names.
	maxListed = 20
	// drastic is by how much a price may go up or down without a warning.
	drastic = 2
)

// logChanges says what another book changes, and warns of prices that look like a slip of the pen.
func (c *Catalogue) logChanges(older, newer *pricing.Book, sources []*source) {
	var names []string
	for _, s := range sources {
		names = append(names, s.name)
	}
	d := summarise(pricing.Diff(older, newer))
	from := zap.Strings("from", names)
	c.Logger.Info("price book changed",
		zap.String("old_version", older.Version()), zap.String("version", newer.Version()), from,
		zap.Int("added", d.added), zap.Int("removed", d.removed), zap.Int("changed", d.changed),
		zap.Strings("changes", d.all.lines), zap.Int("not_listed", d.all.more))
	if len(d.gone.lines) > 0 {
		c.Logger.Warn("prices are gone: such usage has no price from now on, unless another row is for it; put them back if that is not meant",
			from, zap.Strings("changes", d.gone.lines), zap.Int("not_listed", d.gone.more))
	}
	if len(d.moved.lines) > 0 {
		c.Logger.Warn("prices moved by more than a factor of 2; correct them if that is not what they cost",
			from, zap.Strings("changes", d.moved.lines), zap.Int("not_listed", d.moved.more))
	}
}

// difference is what is said of changes.
type difference struct {
	added, removed, changed int
	all, moved, gone        listed
}

func summarise(changes []pricing.Change) difference {
	var d difference
	for i := range changes {
		c := &changes[i]
		switch {
		case c.Old == "":
			d.added++
		case c.New == "":
			d.removed++
			d.gone.add(c)
		default:
			d.changed++
		}
		d.all.add(c)
		if c.Exceeds(drastic) {
			d.moved.add(c)
		}
	}
	return d
}

// listed is the first of many changes, in words.
type listed struct {
	lines []string
	more  int
}

func (l *listed) add(change *pricing.Change) {
	if len(l.lines) == maxListed {
		l.more++
		return
	}
	l.lines = append(l.lines, describe(change))
}

func describe(c *pricing.Change) string {
	text := fmt.Sprintf("%s/%s %s", c.Provider, c.Model, c.Usage)
	for _, part := range []struct{ word, value string }{{"", c.Conditions}, {"from ", c.From}, {"until ", c.Until}} {
		if part.value != "" {
			text += " " + part.word + part.value
		}
	}
	switch {
	case c.Old == "":
		return text + ": new, " + c.New
	case c.New == "":
		return text + ": gone, was " + c.Old
	}
	return text + ": " + c.Old + " -> " + c.New
}
