// Package grafanacloudextension implements the client side of Grafana Cloud's OTLP authentication: it takes the
// credential in the form in which Grafana hands it out, the value of OTEL_EXPORTER_OTLP_HEADERS, and adds it to the
// requests of any exporter that names it as its authenticator. While the gateway refuses them, it sees to it that the
// exporter keeps its data.
//
//go:generate go tool -modfile=../../tools/go.mod mdatagen metadata.yaml
package grafanacloudextension
