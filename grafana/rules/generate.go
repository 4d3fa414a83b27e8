// Package rules is a directory of rules for Prometheus, Mimir, Loki and Grafana; see README.md.
package rules

//go:generate go run ../cmd/rules -from voice.rules.yaml -to provisioning/voice-alerts.yaml
