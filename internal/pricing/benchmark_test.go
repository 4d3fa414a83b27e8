package pricing

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// imported is a layer as an importer makes one of a catalogue: so many models of 50 vendors, three prices each.
func imported(models int) Layer {
	layer := make(Layer, 50)
	for i := range layer {
		layer[i] = File{Name: fmt.Sprintf("catalogue.json#vendor-%d", i), Provider: fmt.Sprintf("vendor-%d", i), Verified: "2026-10-01"}
	}
	for i := range models {
		file := &layer[i%len(layer)]
		model := fmt.Sprintf("maker/model-%d-%x", i, i*7919)
		for kind, price := range map[string]string{"prompt.text": "0.000000125", "prompt.cache_read": "0.00000002777777777777778", "completion.text": "0.0000005"} {
			file.Rows = append(file.Rows, Row{Models: []string{model}, Usage: kind, Unit: "token", Price: price, Per: "1"})
		}
		if i%20 == 0 {
			file.Rows = append(file.Rows, Row{Models: []string{model + "-*"}, Usage: "prompt.text", Unit: "token", Price: "1", Per: "1000000"})
		}
	}
	return layer
}

// A price takes as long in a book of a hundred times the rows.
func BenchmarkPrice(b *testing.B) {
	for _, size := range []struct {
		name   string
		models int
	}{{"embedded", 0}, {"40000models", 40_000}} {
		b.Run(size.name, func(b *testing.B) { benchmarkPrice(b, embedded(b, nil, imported(size.models))) })
	}
}

func benchmarkPrice(b *testing.B, book *Book) {
	usages := []Usage{
		{Provider: "openai", Model: "gpt-4o", Kind: CompletionText, Quantity: count(37), At: today},
		{Provider: "openai", Model: "gpt-5.6-sol", Kind: PromptText, Quantity: count(146), RequestTokens: 3000, At: today},
		{Provider: "cartesia", Kind: Characters, Quantity: count(48), At: today},
		{Provider: "gladia", Kind: STTSession, Quantity: measure(74.2), At: today},
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		book.Price(&usages[i%len(usages)])
	}
}

// Rounding, discounts and conditions have their price.
func BenchmarkPriceWithEverything(b *testing.B) {
	base, err := Embedded()
	require.NoError(b, err)
	book, err := NewBook(Settings{Discounts: []Discount{
		{Provider: "twilio", Multiplier: "0.9"},
		{Provider: "twilio", Multiplier: "1.1", When: Conditions{Region: "eu"}},
		{Provider: "twilio", Multiplier: "0.8", When: Conditions{TimeOfDay: "22:00-06:00"}},
	}}, base)
	require.NoError(b, err)
	usage := Usage{Provider: "twilio", Model: "voice-inbound", Kind: Transport, Quantity: measure(61.2), Single: true, Region: "EU", At: today}
	b.ReportAllocs()
	for b.Loop() {
		book.Price(&usage)
	}
}

func BenchmarkFirstSight(b *testing.B) {
	for _, size := range []struct {
		name   string
		models int
	}{{"embedded", 0}, {"10000models", 10_000}} {
		book := embedded(b, nil, imported(size.models))
		for _, named := range []struct{ provider, model string }{{"", "openai/gpt-4o-2024-08-06"}, {"vendor-1", "unheard-of"}, {"", "unheard-of"}} {
			b.Run(size.name+"/"+named.provider+"/"+named.model, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					book.makeQuote(named.provider, named.model, PromptText)
				}
			})
		}
	}
}

func BenchmarkNearest(b *testing.B) {
	book := embedded(b, nil, imported(10_000))
	for b.Loop() {
		book.Nearest("", "maker/model-4x12-abc")
	}
}

// A book is loaded at the start, and whenever a file of prices changes.
func BenchmarkLoad(b *testing.B) {
	for _, size := range []struct {
		name   string
		models int
	}{{"embedded", 0}, {"10000rows", 3_300}, {"40000models", 40_000}} {
		layer := imported(size.models)
		b.Run(size.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				embedded(b, nil, layer)
			}
		})
	}
}
