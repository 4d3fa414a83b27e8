package catalogue

import (
	"go.uber.org/zap"

	"github.com/otelcol-voice/otelcol-voice/internal/pricing"
)

// maxLaidOver is how many prices may differ from the built-in book before none of them is named: a whole catalogue was laid
// over it, and any twenty of it tell nothing.
const maxLaidOver = 1000

// logLaidOver says what the first book has that the built-in one has not: a slip in a contract's prices shows here, before
// anything is billed by them.
func (c *Catalogue) logLaidOver(book *pricing.Book) {
	if c.BuiltIn.Version() == book.Version() {
		return
	}
	d := summarise(pricing.Diff(c.BuiltIn, book))
	if n := d.added + d.removed + d.changed; n > maxLaidOver {
		d.all = listed{more: n}
	}
	c.Logger.Info("price book differs from the built-in one",
		zap.String("built_in_version", c.BuiltIn.Version()), zap.String("version", book.Version()),
		zap.Int("added", d.added), zap.Int("removed", d.removed), zap.Int("changed", d.changed),
		zap.Strings("changes", d.all.lines), zap.Int("not_listed", d.all.more))
}
