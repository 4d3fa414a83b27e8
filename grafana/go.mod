module github.com/otelcol-voice/otelcol-voice/grafana

go 1.26.0

require (
	github.com/grafana/grafana-foundation-sdk/go v0.0.22
	github.com/otelcol-voice/otelcol-voice v0.1.0
)

replace github.com/otelcol-voice/otelcol-voice => ..
