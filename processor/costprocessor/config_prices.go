package costprocessor

import (
	"errors"
	"fmt"
	"net/url"
	"time"

	"go.opentelemetry.io/collector/config/confighttp"

	"github.com/otelcol-voice/otelcol-voice/internal/pricing"
	"github.com/otelcol-voice/otelcol-voice/processor/costprocessor/internal/catalogue"
)

// PriceFileConfig is a price file. In the configuration a path alone is one as well.
type PriceFileConfig struct {
	// Path may be relative to the directory in which the collector is started.
	Path string `mapstructure:"path"`
	// Format is what the file is written in. Without it, it is found out from what is in it.
	Format string `mapstructure:"format"`

	_ struct{}
}

// UnmarshalText reads a path that stands alone.
func (c *PriceFileConfig) UnmarshalText(path []byte) error {
	c.Path = string(path)
	return nil
}

// Validate checks all but the file, which is read at the start.
func (c *PriceFileConfig) Validate() error {
	var errs []error
	if c.Path == "" {
		errs = append(errs, errors.New("path: is empty; name a file or take the entry away"))
	}
	return errors.Join(append(errs, catalogue.CheckFormat(c.Format))...)
}

// PriceURLConfig is an address that answers with a price file.
type PriceURLConfig struct {
	ClientConfig confighttp.ClientConfig `mapstructure:",squash"`

	// Interval is how often it is asked.
	Interval time.Duration `mapstructure:"interval"`
	// Format is what the answer is written in. Without it, it is found out from what is in it.
	Format string `mapstructure:"format"`

	_ struct{}
}

const minURLInterval = time.Minute

func newDefaultPriceURLConfig() PriceURLConfig {
	client := confighttp.NewDefaultClientConfig()
	client.Timeout = 30 * time.Second
	return PriceURLConfig{ClientConfig: client, Interval: time.Hour}
}

// Validate checks what the types cannot.
func (c *PriceURLConfig) Validate() error {
	errs := []error{c.validateEndpoint(), catalogue.CheckFormat(c.Format)}
	if c.Interval < minURLInterval {
		errs = append(errs, fmt.Errorf("interval: got %v; must be at least %v", c.Interval, minURLInterval))
	}
	if c.ClientConfig.Timeout <= 0 {
		errs = append(errs, fmt.Errorf("timeout: got %v; must be more than 0, or one request may take for ever", c.ClientConfig.Timeout))
	}
	if c.ClientConfig.Compression.IsCompressed() {
		errs = append(errs, fmt.Errorf("compression: got %q; take it away: it is for what is sent, and nothing is. "+
			"Answers may be compressed without it", c.ClientConfig.Compression))
	}
	return errors.Join(errs...)
}

// validateEndpoint does not repeat the endpoint, which may have something secret in it.
func (c *PriceURLConfig) validateEndpoint() error {
	if c.ClientConfig.Endpoint == "" {
		return errors.New("endpoint: is empty; name the address of a price file, or take price_url away")
	}
	at, err := url.Parse(c.ClientConfig.Endpoint)
	switch {
	case err != nil || at.Scheme != "https" && at.Scheme != "http" || at.Host == "":
		return errors.New("endpoint: is not an address; write it as https://prices.example/prices.yaml")
	case at.User != nil:
		return errors.New("endpoint: has a user in it, which logs would show; use auth or headers instead")
	}
	return nil
}

// secrets says whether a request has something in it that is for nobody but the endpoint.
func (c *PriceURLConfig) secrets() bool {
	at, err := url.Parse(c.ClientConfig.Endpoint)
	return err != nil || at.RawQuery != "" || len(c.ClientConfig.Headers) > 0 || c.ClientConfig.Auth.HasValue()
}

const minReloadInterval = time.Second

func (c *Config) validateReloadInterval() error {
	if c.ReloadInterval != 0 && c.ReloadInterval < minReloadInterval {
		return fmt.Errorf("reload_interval: got %v; must be at least %v, or 0 to read files at the start only",
			c.ReloadInterval, minReloadInterval)
	}
	return nil
}

// validatePrices checks overrides, plans and discounts together with the embedded book. What plans and discounts refer to may
// also be in rows that are read at the start, and is left to it if there are any.
func (c *Config) validatePrices() error {
	if len(c.Overrides)+len(c.Plans)+len(c.Discounts) == 0 {
		return nil
	}
	embedded, err := pricing.Embedded()
	if err != nil {
		return err
	}
	overrides := pricing.Overrides("overrides", c.Overrides)
	if len(c.PriceFiles) == 0 && !c.PriceURL.HasValue() {
		_, err = pricing.NewBook(c.account(), embedded, overrides)
		return err
	}
	_, err = pricing.NewBook(pricing.Settings{}, embedded, overrides)
	return errors.Join(err, c.checkDiscounts())
}

func (c *Config) checkDiscounts() error {
	var errs []error
	for i := range c.Discounts {
		if err := c.Discounts[i].Check(); err != nil {
			errs = append(errs, fmt.Errorf("discounts[%d]: %w", i, err))
		}
	}
	return errors.Join(errs...)
}

func (c *Config) account() pricing.Settings {
	return pricing.Settings{Plans: c.Plans, Discounts: c.Discounts}
}
