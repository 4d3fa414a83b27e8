package costprocessor

import (
	"fmt"
	"slices"

	"github.com/otelcol-voice/otelcol-voice/internal/pricing"
	"github.com/otelcol-voice/otelcol-voice/internal/signal/semconv"
)

// doubt says why an amount is an estimate: those of package pricing, and one that is ours.
type doubt uint8

const (
	exact      = doubt(pricing.Exact)
	doubtParts = doubt(pricing.Estimates) // the source does not tell what was cached, or of what
	doubts     = doubtParts + 1
)

// doubtReasons are the values of the attribute reason of estimated usage.
var doubtReasons = [doubts]string{
	pricing.EstimateRounding: "rounding", pricing.EstimateContext: "context_size", doubtParts: "parts",
}

// doubt is why the amount of a usage is an estimate.
func (u *usage) doubt() doubt {
	switch {
	case u.repeated != exact:
		return u.repeated
	case u.result.Estimate == pricing.Exact && u.unclear:
		return doubtParts
	}
	return doubt(u.result.Estimate)
}

// Values of point_attributes.
const (
	pointPriceVersion = "price_version"
	pointBasis        = "basis"
)

// price asks for the price of a usage, and notes what its point of cost is to say of it.
func (b *metricsBatch) price(u *usage) outcome {
	what := b.pricer.price(u)
	if what != priced || len(b.config.PointAttributes) == 0 {
		return what
	}
	for _, name := range b.config.PointAttributes {
		switch {
		case name == pointPriceVersion:
			u.version = b.book.Version()
		case u.doubt() == exact:
			u.basis = semconv.BasisExact
		default:
			u.basis = semconv.BasisEstimate
		}
	}
	return what
}

func (c *Config) validatePointAttributes() error {
	for i, name := range c.PointAttributes {
		switch {
		case name != pointPriceVersion && name != pointBasis:
			return fmt.Errorf("point_attributes: got %q; must be %s or %s", name, pointPriceVersion, pointBasis)
		case slices.Contains(c.PointAttributes[:i], name):
			return fmt.Errorf("point_attributes: got %q twice; remove one", name)
		}
	}
	return nil
}
