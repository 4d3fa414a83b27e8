// Package costbench measures what it costs to price points of usage, beside the stock transform processor doing the
// arithmetic and beside the floor, the least that any processor does that adds a point for each:
// `go test -bench . -cpu 1 ./costbench`. It holds benchmarks only.
package costbench
