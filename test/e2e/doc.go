// Package e2e tests the whole: the built binary with the shipped configuration files against a real Prometheus, with
// bots that post frames or export OTLP. Where hours have to pass, the components run in the test's process instead, with
// the same configuration and a clock that the test moves.
//
// The module is apart so that what Prometheus pins stays out of the product's go.mod.
package e2e

//go:generate go run ./gencalls -out testdata
