package costprocessor

import (
	"context"
	"fmt"
	"runtime"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/processor"

	"github.com/otelcol-voice/otelcol-voice/internal/pricing"
	"github.com/otelcol-voice/otelcol-voice/processor/costprocessor/internal/catalogue"
)

// maxPriceFile bounds a price file, uncompressed.
const maxPriceFile = 64 << 20

// openPrices loads the price book and has it follow the files and the address that it is made of.
func (e *engine) openPrices(ctx context.Context, host component.Host) error {
	address, err := e.config.catalogueURL(ctx, host, e.settings)
	if err != nil {
		return err
	}
	embedded, err := pricing.Embedded()
	if err != nil {
		return err
	}
	builtIn, err := pricing.BuiltIn()
	if err != nil {
		return err
	}
	e.catalogue = catalogue.New(catalogue.Settings{
		Embedded: embedded, BuiltIn: builtIn, Files: e.config.catalogueFiles(), URL: address, Overrides: e.config.Overrides, Account: e.config.account(),
		LookInterval: e.config.ReloadInterval, MaxBytes: maxPriceFile,
		Clock: e.clock, Logger: e.logger, Storage: e.storage,
		Count: e.telemetry.reloaded, Swapped: e.unknown.forget,
	})
	e.prices = e.catalogue.Book
	if err := e.catalogue.Open(ctx); err != nil {
		return fmt.Errorf("the price book cannot be used: %w", err)
	}
	return e.telemetry.observe(e.catalogue)
}

// bookCanChange says whether requests to come may be priced by another book than those before.
func (e *engine) bookCanChange() bool { return e.catalogue.Changes() }

func (c *Config) catalogueFiles() []catalogue.File {
	files := make([]catalogue.File, len(c.PriceFiles))
	for i, file := range c.PriceFiles {
		files[i] = catalogue.File{Path: file.Path, Format: file.Format}
	}
	return files
}

func (c *Config) catalogueURL(ctx context.Context, host component.Host, set processor.Settings) (*catalogue.URL, error) {
	at := c.PriceURL.Get()
	if at == nil {
		return nil, nil
	}
	client, err := at.ClientConfig.ToClient(ctx, host.GetExtensions(), set.TelemetrySettings)
	if err != nil {
		return nil, fmt.Errorf("price_url: %w", err)
	}
	return &catalogue.URL{
		Endpoint: at.ClientConfig.Endpoint, Format: at.Format, Interval: at.Interval, Client: client, Secrets: at.secrets(),
		UserAgent: fmt.Sprintf("%s/%s (%s/%s)", set.BuildInfo.Description, set.BuildInfo.Version, runtime.GOOS, runtime.GOARCH),
	}, nil
}
