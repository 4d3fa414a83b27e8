// Package boards is the dashboards that we ship, as code: what each panel asks and what the answer means. Names of metrics and
// attributes come from semconv, so that a panel and what the collector sends cannot drift apart. cmd/dashboards writes
// them as JSON of the classic schema, which every Grafana imports.
//
// How a series has to be read is decided in promql.go and nowhere else.
package boards
