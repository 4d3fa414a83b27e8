// Package grafana is what a Grafana stack is given: dashboards, rules, and the files by which it is provisioned with them. It is a module of
// its own, so that what makes dashboards stays out of the product's go.mod.
package grafana

//go:generate go run ./cmd/dashboards -out dashboards
