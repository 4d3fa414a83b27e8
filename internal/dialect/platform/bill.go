package platform

import (
	"math"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect/wire"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// Round rounds away the noise that binary fractions add to decimal ones: a trillionth is far below what platforms bill by.
func Round(amount float64) float64 { return math.Round(amount*1e12) / 1e12 }

// USD is an amount of the report in US dollars.
func USD(raw jsontext.Value, path string) (float64, error) {
	return wire.Number(raw, path, 0, frame.MaxUSD)
}

// Cents is an amount of the report in cents, as US dollars: 14.2 cents are 0.142.
func Cents(raw jsontext.Value, path string) (float64, error) {
	cents, err := wire.Number(raw, path, 0, 100*frame.MaxUSD)
	return math.Round(cents*1e10) / 1e12, err
}

// Seconds is an amount of the report in minutes, as seconds.
func Seconds(raw jsontext.Value, path string) (float64, error) {
	minutes, err := wire.Number(raw, path, 0, frame.MaxSeconds/60)
	return frame.Milliseconds(minutes*60) / 1000, err
}

// Tokens is a number of tokens of the report; none where it is not there. SDKs have it as a fraction that is whole.
func Tokens(raw jsontext.Value, path string) (int64, error) {
	if wire.Absent(raw) {
		return 0, nil
	}
	n, err := wire.WholeNumber(raw, path, frame.MaxTokens)
	return int64(n), err
}

// Bill is what a platform charges for a call, item by item: events of kind Charged.
type Bill []frame.Event

// Charge adds an item.
func (b *Bill) Charge(source frame.Source, usd float64) {
	if usd > 0 {
		*b = append(*b, frame.Event{Kind: frame.Charged, Source: source, Value: usd})
	}
}

// Sum is what the items add up to.
func (b Bill) Sum() float64 {
	var sum float64
	for i := range b {
		sum += b[i].Value
	}
	return Round(sum)
}

// Settle makes the bill add up to its total, which is what the customer pays. What no item names goes to rest. Items that are
// more than the total contain a discount that the platform does not divide: it is theirs in proportion.
func (b *Bill) Settle(total float64, rest frame.Source) {
	sum := b.Sum()
	if total >= sum {
		b.Charge(rest, Round(total-sum))
		return
	}
	for i := range *b {
		(*b)[i].Value = Round((*b)[i].Value * total / sum)
	}
}

// Into takes the items into a fact.
func (b Bill) Into(fact *Fact) {
	for i := range b {
		fact.Take(b[i], nil)
	}
}
