package catalogue

import (
	"maps"
	"slices"
	"time"

	"go.uber.org/zap"

	"github.com/otelcol-voice/otelcol-voice/internal/pricing"
)

// compose makes the first book, of all that is offered. A file that does not fit is an error, and so are plans and discounts.
// An answer of the address that does not is none: what was kept of the one before takes its place, or nothing does.
func (c *Catalogue) compose(kept *offer) error {
	offering := c.offering()
	err := c.adopt(offering)
	if err == nil || c.remote == nil {
		return err
	}
	r := &c.remote.source
	if r.offer == nil {
		return c.composeWithout()
	}
	files := slices.DeleteFunc(slices.Clone(offering), func(s *source) bool { return s == r })
	if c.adoptKept(kept) || !c.fitsOtherwise(offering) && c.adopt(files) == nil {
		c.fail(r, refused(err))
		return nil
	}
	return err
}

// fitsOtherwise says whether offers make a book without the account's plans and discounts.
func (c *Catalogue) fitsOtherwise(offers []*source) bool {
	_, err := pricing.NewBook(pricing.Settings{}, c.layersWith(offers)...)
	return err == nil
}

// adoptKept adopts what was kept of the address instead of what it answers, which stays an offer.
func (c *Catalogue) adoptKept(kept *offer) bool {
	if kept == nil {
		return false
	}
	answered := c.remote.offer
	c.remote.offer = kept
	err := c.adopt(c.offering())
	c.remote.offer = answered
	return err == nil
}

// composeWithout makes the first book although nothing is known of the address. What does not fit may lack what only the
// address tells: it is no error, and is tried again with it.
func (c *Catalogue) composeWithout() error {
	if err := c.adopt(nil); err != nil {
		return err
	}
	c.renew()
	return nil
}

// offering are the sources that have an offer, also one that was refused: it may fit when others have changed.
func (c *Catalogue) offering() []*source {
	var offering []*source
	for _, s := range c.sources {
		if s.offer != nil {
			offering = append(offering, s)
		}
	}
	return offering
}

// renew takes what is offered, all at once if that makes a book, else each for itself.
func (c *Catalogue) renew() {
	offering := c.offering()
	if len(offering) == 0 || c.adopt(offering) == nil {
		return
	}
	for _, s := range offering {
		if err := c.adopt([]*source{s}); err != nil {
			c.fail(s, refused(err))
		}
	}
}

func refused(err error) *trouble {
	return &trouble{error: err, remedy: "correct what the error names"}
}

// adopt takes the offers of sources if a book can be made with them, and puts that in the place of the one of before. If not,
// nothing has changed.
func (c *Catalogue) adopt(offers []*source) error {
	book, err := c.bind(offers)
	if err != nil {
		return err
	}
	for _, s := range offers {
		c.logNotes(s)
		s.accept()
		c.works(s)
	}
	c.swap(book, offers)
	return nil
}

// bind makes a book of what the sources have, and of those that are named of what they offer.
func (c *Catalogue) bind(offers []*source) (*pricing.Book, error) {
	if c.hasNothingOver() {
		return c.BuiltIn, nil
	}
	layers := c.layersWith(offers)
	book, err := pricing.NewBook(c.Account, layers...)
	if err != nil && c.awaitsAddress(offers) {
		return pricing.NewBook(c.knownAccount(layers), layers...)
	}
	return book, err
}

// hasNothingOver says whether there is nothing but the built-in prices, nor can be.
func (c *Catalogue) hasNothingOver() bool {
	return len(c.sources)+len(c.Overrides)+len(c.Account.Plans)+len(c.Account.Discounts) == 0
}

func (c *Catalogue) layersWith(offers []*source) []pricing.Layer {
	layers := []pricing.Layer{c.Embedded}
	for _, s := range c.sources {
		layer := s.layer
		if slices.Contains(offers, s) {
			layer = s.offer.layer
		}
		layers = append(layers, layer)
	}
	if len(c.Overrides) > 0 {
		layers = append(layers, pricing.Overrides("overrides", c.Overrides))
	}
	return layers
}

// awaitsAddress says whether a book has nothing of the address yet.
func (c *Catalogue) awaitsAddress(offers []*source) bool {
	return c.remote != nil && c.remote.layer == nil && !slices.Contains(offers, &c.remote.source)
}

// knownAccount is the plans and discounts that fit layers. The others are of vendors that only the address knows.
func (c *Catalogue) knownAccount(layers []pricing.Layer) pricing.Settings {
	fits := func(s pricing.Settings) bool {
		_, err := pricing.NewBook(s, layers...)
		return err == nil
	}
	known := pricing.Settings{Plans: maps.Clone(c.Account.Plans)}
	maps.DeleteFunc(known.Plans, func(provider, plan string) bool {
		return !fits(pricing.Settings{Plans: map[string]string{provider: plan}})
	})
	for _, discount := range c.Account.Discounts {
		if fits(pricing.Settings{Discounts: []pricing.Discount{discount}}) {
			known.Discounts = append(known.Discounts, discount)
		}
	}
	c.Logger.Warn("plans and discounts that do not fit the price book wait for the prices of price_url",
		zap.Int("plans", len(c.Account.Plans)-len(known.Plans)),
		zap.Int("discounts", len(c.Account.Discounts)-len(known.Discounts)))
	return known
}

// swap puts a book in force. Requests under way finish with the one that they began with.
func (c *Catalogue) swap(book *pricing.Book, from []*source) {
	old := c.book.Swap(book)
	switch {
	case old == nil:
		size := book.Size()
		c.Logger.Info("price book loaded",
			zap.String("version", book.Version()), zap.Int("providers", size.Vendors), zap.Int("prices", size.Prices))
		c.logLaidOver(book)
	case old.Version() != book.Version():
		c.Swapped()
		c.logChanges(old, book, from)
	default:
		return
	}
	if doubts := book.Warnings(); len(doubts) > 0 {
		c.Logger.Warn("price rows may have a slip of the pen", zap.Strings("rows", doubts))
	}
}

// newest is the newest day on which a price of a layer was verified.
func newest(layer pricing.Layer) time.Time {
	day := ""
	for _, file := range layer {
		day = max(day, file.Verified)
		for _, row := range file.Rows {
			day = max(day, row.Verified)
		}
	}
	at, _ := time.Parse(time.DateOnly, day) // none: the zero time
	return at
}
