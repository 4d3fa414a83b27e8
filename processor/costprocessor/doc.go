//go:generate go tool -modfile=../../tools/go.mod mdatagen metadata.yaml

// Package costprocessor gives usage its price: for each point of tokens, characters or seconds a point of voice.cost.usd
// beside it, or one of voice.cost.unpriced.usage.total with the reason why there is none; and for each call summary, each
// span of a call and each span of an operation in it what it cost, be the span ours or a bot's own.
//
// metrics.go finds usage in points, usage.go reads it, engine.go has it priced by package pricing, and points.go writes the
// answer. What cumulative usage came to is remembered: counters.go says where a stream stands, accounts.go what it came to
// under which name, and shelf.go keeps both in a storage, as counters_state.go writes it. sources.go finds usage in the metrics
// of others, of which package foreign knows what they mean, and sources_price.go prices it. refusal.go is for requests that must
// have a price, estimates.go for amounts that are near it. On call summaries and spans usage is a list: bill.go adds it up,
// logs.go and traces.go write what it came to. Bots' own spans have attributes instead, which package spanusage reads:
// botspans.go prices what they say, containers.go knows which of them only repeat others.
//
// All pipelines of one processor share an engine (shared.go), so that the book is loaded once and an unknown model is logged
// once. Where the book comes from, and how it is renewed while requests are priced, is the matter of internal/catalogue;
// prices.go tells it what is configured.
package costprocessor
