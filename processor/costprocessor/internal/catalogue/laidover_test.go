package catalogue

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-voice/otelcol-voice/internal/pricing"
)

const differs = "price book differs from the built-in one"

// The start says what is laid over the built-in book, whatever does it.
func TestLaidOver(t *testing.T) {
	sonic := pricing.Row{Provider: "cartesia", Models: []string{"sonic"}, Usage: "characters", Unit: "character", Price: "50", Per: "1000"}
	for name, test := range map[string]struct {
		configure func(*bench)
		numbers   []any // added, removed, changed
		changes   []any
	}{
		"a file": {
			func(b *bench) { b.file("a.yaml", home("m", "1")) },
			[]any{int64(1), int64(0), int64(0)},
			[]any{"home/m characters: new, $1.00 / character"},
		},
		"an override": {
			func(b *bench) { b.settings.Overrides = []pricing.Row{sonic} },
			[]any{int64(0), int64(0), int64(1)},
			[]any{"cartesia/sonic characters: $5.00 / 1,000 characters -> $50.00 / 1,000 characters"},
		},
		"a discount": {
			func(b *bench) {
				b.settings.Account.Discounts = []pricing.Discount{{Provider: "cartesia", Multiplier: "0.5"}}
			},
			[]any{int64(0), int64(0), int64(1)},
			nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			test.configure(b)
			b.start()
			said := b.messages.FilterMessage(differs).All()
			require.Len(t, said, 1)
			fields := said[0].ContextMap()
			assert.Equal(t, test.numbers, []any{fields["added"], fields["removed"], fields["changed"]})
			if test.changes != nil {
				assert.Equal(t, test.changes, fields["changes"])
			}
		})
	}
}

func TestNothingLaidOver(t *testing.T) {
	b := newBench(t)
	b.start()
	assert.Zero(t, b.messages.FilterMessage(differs).Len())
}

// Of a whole catalogue only the numbers are said.
func TestVeryMuchLaidOver(t *testing.T) {
	var models []string
	for i := range maxLaidOver + 1 {
		models = append(models, fmt.Sprint("m", i), "1")
	}
	b := newBench(t)
	b.file("a.yaml", home(models...))
	b.start()
	fields := b.messages.FilterMessage(differs).All()[0].ContextMap()
	assert.Empty(t, fields["changes"])
	assert.Equal(t, []any{int64(1001), int64(1001)}, []any{fields["added"], fields["not_listed"]})
}
