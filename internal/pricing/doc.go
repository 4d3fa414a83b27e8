// Package pricing is the price book: rows of data become the price of a usage. Only this room knows money.
//
// A row says what one quantity of one model costs: price and per stay decimals apart (0.0077 a minute has no exact price
// a second), and an amount is computed exactly and rounded once, to the float64 that leaves. Rows come in layers: what a
// later layer says holds over what an earlier one does, row by row, and discounts multiply what came of them. Which row
// applies is a matter of rules alone, never of order or likeness: the most specific name of the model, then the later layer,
// then the narrower conditions. What these leave open is refused when the book is loaded, or has no price.
//
// Whatever can be done once is done when the book is loaded or a model is first seen: discounts are rates of their own,
// globs and aliases are a look into a cache. So a price takes the same short time however many rows there are, and allocates
// nothing. The book is immutable and safe for concurrent use.
//
// The package is pure: no clock, nothing of the collector; it reads no file but those embedded in package prices.
package pricing
