package costprocessor

import (
	"errors"
	"fmt"
	"os"
	"slices"

	"go.opentelemetry.io/collector/component"

	"github.com/otelcol-voice/otelcol-voice/internal/pricing"
)

// Config of the cost processor.
type Config struct {
	// PriceFiles are price files (docs/prices.md) that are laid over the embedded price book, in this order.
	PriceFiles []string `mapstructure:"price_files"`
	// Overrides are price rows that are laid over all files.
	Overrides []pricing.Row `mapstructure:"overrides"`
	// Plans are the plan that the account has with a provider, by provider. Without one, list prices hold.
	Plans map[string]string `mapstructure:"plans"`
	// OnUnknown is what becomes of usage without a price, beside the processor's own metrics: count makes
	// voice.cost.unpriced.usage.total of it, drop nothing.
	OnUnknown string `mapstructure:"on_unknown"`
	// KeepForeignCost keeps points of voice.cost.usd that say nothing of their source, instead of dropping them. The usage
	// that came with them is then not priced.
	KeepForeignCost bool `mapstructure:"keep_foreign_cost"`

	_ struct{}
}

// Values of OnUnknown.
const (
	onUnknownCount = "count"
	onUnknownDrop  = "drop"
)

func createDefaultConfig() component.Config {
	return &Config{OnUnknown: onUnknownCount}
}

// Validate returns all that is wrong, each with its key, the value and what to do. Price files are read at the start.
func (c *Config) Validate() error {
	return errors.Join(c.validateOnUnknown(), c.validatePriceFiles(), c.validatePrices())
}

func (c *Config) validateOnUnknown() error {
	if c.OnUnknown != onUnknownCount && c.OnUnknown != onUnknownDrop {
		return fmt.Errorf("on_unknown: got %q; must be %s or %s", c.OnUnknown, onUnknownCount, onUnknownDrop)
	}
	return nil
}

func (c *Config) validatePriceFiles() error {
	if slices.Contains(c.PriceFiles, "") {
		return errors.New("price_files: got an empty path; name a file or take the entry away")
	}
	return nil
}

// validatePrices checks overrides and plans together with the embedded book. Plans may also be of rows in price files,
// so they are left to the start if there are any.
func (c *Config) validatePrices() error {
	plans := c.Plans
	if len(c.PriceFiles) > 0 {
		plans = nil
	}
	_, err := newBook(plans, nil, c.Overrides)
	return err
}

// loadBook puts the price book together as configured.
func (c *Config) loadBook() (*pricing.Book, error) {
	var files []pricing.Layer
	var errs []error
	for _, path := range c.PriceFiles {
		layer, err := readPriceFile(path)
		files, errs = append(files, layer), append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return newBook(c.Plans, files, c.Overrides)
}

func newBook(plans map[string]string, files []pricing.Layer, overrides []pricing.Row) (*pricing.Book, error) {
	embedded, err := pricing.Embedded()
	if err != nil {
		return nil, err
	}
	layers := append([]pricing.Layer{embedded}, files...)
	layers = append(layers, pricing.Overrides("overrides", overrides))
	return pricing.NewBook(pricing.Settings{Plans: plans}, layers...)
}

func readPriceFile(path string) (pricing.Layer, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("price_files: %w", err)
	}
	file, err := pricing.Parse(path, text)
	return pricing.Layer{file}, err
}
