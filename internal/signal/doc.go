// Package signal turns the facts of calls into pdata: metrics, one data point per report, and the summary log of each
// call. Only this room knows our metrics and their attributes (package semconv names them, design.md 3 explains them).
//
// Metrics are deltas with call_id on every point. Attributes with the prefix voice.tx. travel with them for the cost and
// rollup processors and are removed there.
package signal
