package grafanacloudextension

import (
	"errors"
	"net/url"
	"strings"
	"unicode"
)

// The errors about the endpoint are constants for the same reason as those about the headers: who swaps the two
// variables has the secret in here.
var (
	errEndpointEmpty = errors.New("endpoint is empty: set the environment variable OTEL_EXPORTER_OTLP_ENDPOINT, " +
		"for example OTEL_EXPORTER_OTLP_ENDPOINT=https://otlp-gateway-<zone>.grafana.net/otlp " +
		"(a .env file is read with --config dotenv:.env)")
	errEndpointSpace = errors.New("endpoint has a space or line break in it: " +
		"write OTEL_EXPORTER_OTLP_ENDPOINT on one line and without surrounding spaces")
	errEndpointQuoted = errors.New("endpoint has kept its quotes: " +
		"write OTEL_EXPORTER_OTLP_ENDPOINT without quotes (docker --env-file keeps them)")
	errEndpointPlaceholder = errors.New("endpoint still holds a placeholder in angle brackets: " +
		"put the URL of your own OTLP gateway into OTEL_EXPORTER_OTLP_ENDPOINT")
	errEndpointNotURL = errors.New("endpoint is not an http or https URL with a host: " +
		"OTEL_EXPORTER_OTLP_ENDPOINT must look like https://otlp-gateway-<zone>.grafana.net/otlp")
	errEndpointUserinfo = errors.New("endpoint holds a user name before its host: " +
		"take it out of OTEL_EXPORTER_OTLP_ENDPOINT, credentials belong into OTEL_EXPORTER_OTLP_HEADERS")
)

// parseEndpoint reads an absolute http or https URL.
func parseEndpoint(endpoint string) (*url.URL, error) {
	switch {
	case endpoint == "":
		return nil, errEndpointEmpty
	case strings.ContainsFunc(endpoint, isSpaceOrControl):
		return nil, errEndpointSpace
	case isQuoted(endpoint):
		return nil, errEndpointQuoted
	case isPlaceholder(endpoint):
		return nil, errEndpointPlaceholder
	}
	u, err := url.Parse(endpoint)
	switch {
	case err != nil || u.Hostname() == "" || (u.Scheme != "http" && u.Scheme != "https"):
		return nil, errEndpointNotURL // not err: it quotes its input
	case u.User != nil:
		return nil, errEndpointUserinfo
	}
	return u, nil
}

func isSpaceOrControl(r rune) bool {
	return unicode.IsSpace(r) || unicode.IsControl(r)
}
