// Package socketbench measures what a frame costs from the socket to the next component, beside what the stock OTLP
// receiver takes for the same data points: `go test -bench Socket -cpu 1 ./socketbench`. It holds benchmarks only.
package socketbench
