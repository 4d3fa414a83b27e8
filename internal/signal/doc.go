// Package signal turns the facts of calls into pdata: metrics, one data point per report, the summary log of each call
// and its trace. Only this room knows our metrics and their attributes (package semconv names them, design.md 3 explains them).
//
// producer.go is what all signals have in common; metrics.go collects facts and makes points of them, usage.go writes what
// was used, summary.go the log, traces.go and operation.go the spans, identity.go their ids. vocabulary.go bounds the values
// of attributes that bots fill in freely, for all signals alike.
//
// Metrics are deltas with call_id on every point. Attributes with the prefix voice.tx. travel with them for the cost and
// rollup processors and are removed there.
package signal
