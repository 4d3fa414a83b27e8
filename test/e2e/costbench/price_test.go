//go:build unix

package costbench

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/otelcol-voice/otelcol-voice/internal/pricing"
	"github.com/otelcol-voice/otelcol-voice/internal/signal/semconv"
)

// BenchmarkPrice is the pricing alone of BenchmarkCost's points, of 30 models: a price is found and the amount computed, in
// books of as many times the rows of the embedded one. Allocations are those of all points; fastest-ns is of the fastest
// turn, as in BenchmarkRatio.
func BenchmarkPrice(b *testing.B) {
	usages := usagesIn(usage(models(b, 30)))
	for _, times := range []int{1, 10, 100} {
		b.Run(fmt.Sprintf("rows=%dx", times), func(b *testing.B) {
			book, best := book(b, times), fastest(0)
			b.ReportAllocs()
			for b.Loop() {
				best.time(func() { priceAll(b, book, usages) })
			}
			b.ReportMetric(float64(best)/points, "fastest-ns/point")
		})
	}
}

func priceAll(b *testing.B, book *pricing.Book, usages []pricing.Usage) {
	for i := range usages {
		if book.Price(&usages[i]).Reason != pricing.Priced {
			b.Fatal(usages[i])
		}
	}
}

func book(tb testing.TB, times int) *pricing.Book {
	embedded, err := pricing.Embedded()
	require.NoError(tb, err)
	layers := []pricing.Layer{embedded}
	if times > 1 {
		more, err := pricing.Parse("more.yaml", moreRows(tb, times-1))
		require.NoError(tb, err)
		layers = append(layers, pricing.Layer{more})
	}
	book, err := pricing.NewBook(pricing.Settings{}, layers...)
	require.NoError(tb, err)
	return book
}

func usagesIn(md pmetric.Metrics) []pricing.Usage {
	var usages []pricing.Usage
	for _, p := range tokensIn(md).Sum().DataPoints().All() {
		quantity, _ := pricing.Count(p.IntValue())
		provider, _ := p.Attributes().Get(semconv.AttrProvider)
		model, _ := p.Attributes().Get(semconv.AttrModel)
		usages = append(usages, pricing.Usage{
			Provider: provider.Str(), Model: model.Str(), Kind: pricing.PromptText, Quantity: quantity, RequestTokens: 1042,
			At: p.Timestamp().AsTime(),
		})
	}
	return usages
}
