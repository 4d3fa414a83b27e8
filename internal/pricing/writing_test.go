package pricing

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestWritingOfRows(t *testing.T) {
	for text, want := range map[string]string{
		`{provider: a, rows: [{models: [m], usage: prompt.text, unit: token, price: 10, per: "1"}]}`:      `a.yaml: row 1 (line 1): price is not quoted; write price: "10"`,
		`{provider: a, rows: [{models: [m], usage: prompt.text, unit: token, price: "1", per: 1.5}]}`:     `per is not quoted; write per: "1.5"`,
		`{provider: a, rows: [{models: talker3, usage: prompt.text, unit: token, price: "1", per: "1"}]}`: `models is a list: [talker3]`,
		`{provider: a, rows: [], multipliers: [{multiplier: 0.8}]}`:                                       `multipliers 1 (line 1): multiplier is not quoted; write multiplier: "0.8"`,
	} {
		_, err := Parse("a.yaml", []byte(text))
		assert.ErrorContains(t, err, want)
	}
}
