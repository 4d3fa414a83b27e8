package catalogue

import (
	"go.uber.org/zap"

	"github.com/otelcol-voice/otelcol-voice/internal/pricing"
)

// logChanges says what another book changes.
func (c *Catalogue) logChanges(old, book *pricing.Book, from []*source) {
	names := make([]string, len(from))
	for i, s := range from {
		names[i] = s.name
	}
	c.Logger.Info("price book changed",
		zap.String("old_version", old.Version()), zap.String("version", book.Version()), zap.Strings("from", names))
}
