package costprocessor

import (
	"errors"
	"fmt"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/config/configoptional"

	"github.com/otelcol-voice/otelcol-voice/internal/pricing"
)

// Config of the cost processor.
type Config struct {
	// PriceFiles are price files (docs/prices.md) that are laid over the embedded price book and PriceURL, in this order.
	PriceFiles []PriceFileConfig `mapstructure:"price_files"`
	// PriceURL is the address of a price file that is laid over the embedded price book.
	PriceURL configoptional.Optional[PriceURLConfig] `mapstructure:"price_url"`
	// ReloadInterval is how often price files are looked at for changes; 0: at the start only.
	ReloadInterval time.Duration `mapstructure:"reload_interval"`
	// Overrides are price rows that are laid over all files.
	Overrides []pricing.Row `mapstructure:"overrides"`
	// Plans are the plan that the account has with a provider, by provider. Without one, list prices hold.
	Plans map[string]string `mapstructure:"plans"`
	// Discounts multiply prices, whatever layer they are from, one after the other.
	Discounts []pricing.Discount `mapstructure:"discounts"`
	// Sources are usage metrics of others that are priced as well.
	Sources Sources `mapstructure:"sources"`
	// OnUnknown is what becomes of usage without a price, beside the processor's own metrics: count makes
	// voice.cost.unpriced.usage.total of it, drop nothing, and fail refuses the whole request.
	OnUnknown string `mapstructure:"on_unknown"`
	// KeepForeignCost keeps points of voice.cost.usd that say nothing of their source, instead of dropping them. The usage
	// that came with them is then not priced.
	KeepForeignCost bool `mapstructure:"keep_foreign_cost"`
	// Storage is the extension that keeps what must outlive a restart. Without one it lives in memory alone.
	Storage *component.ID `mapstructure:"storage"`
	// PointAttributes are what points of cost say beside who was paid for what: price_version, basis.
	PointAttributes []string `mapstructure:"point_attributes"`

	_ struct{}
}

// Values of OnUnknown.
const (
	onUnknownCount = "count"
	onUnknownDrop  = "drop"
	onUnknownFail  = "fail"
)

func createDefaultConfig() component.Config {
	return &Config{
		PriceURL:       configoptional.Default(newDefaultPriceURLConfig()),
		ReloadInterval: 30 * time.Second,
		OnUnknown:      onUnknownCount,
	}
}

// Validate returns all that is wrong, each with its key, the value and what to do. Price files are read at the start.
func (c *Config) Validate() error {
	return errors.Join(c.validateOnUnknown(), c.validateReloadInterval(), c.validateSources(), c.validatePointAttributes(), c.validatePrices())
}

func (c *Config) validateOnUnknown() error {
	switch c.OnUnknown {
	case onUnknownCount, onUnknownDrop, onUnknownFail:
		return nil
	}
	return fmt.Errorf("on_unknown: got %q; must be %s, %s or %s", c.OnUnknown, onUnknownCount, onUnknownDrop, onUnknownFail)
}
