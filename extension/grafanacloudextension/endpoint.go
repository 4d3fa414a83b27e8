package grafanacloudextension

import (
	"errors"
	"net/url"
	"regexp"
	"strings"
	"unicode"
)

const endpointExample = "https://otlp-gateway-<zone>.grafana.net/otlp"

const (
	gatewayPrefix = "otlp-gateway-"
	gatewayDomain = ".grafana.net"
	gatewayPath   = "/otlp"
	grpcPort      = "4317"
)

// The errors about the endpoint are constants for the same reason as those about the headers: who swaps the two
// variables has the secret in here.
var (
	errEndpointEmpty = errors.New("endpoint is empty: set the environment variable OTEL_EXPORTER_OTLP_ENDPOINT, " +
		"for example OTEL_EXPORTER_OTLP_ENDPOINT=" + endpointExample + " " +
		"(a .env file is read with --config dotenv:.env)")
	errEndpointSpace = errors.New("endpoint has a space or line break in it: " +
		"write OTEL_EXPORTER_OTLP_ENDPOINT on one line and without surrounding spaces")
	errEndpointQuoted = errors.New("endpoint has kept its quotes: " +
		"write OTEL_EXPORTER_OTLP_ENDPOINT without quotes (docker --env-file keeps them)")
	errEndpointPlaceholder = errors.New("endpoint still holds a placeholder in angle brackets: " +
		"put the URL of your own OTLP gateway into OTEL_EXPORTER_OTLP_ENDPOINT")
	errEndpointNotURL = errors.New("endpoint is not an http or https URL with a host: " +
		"OTEL_EXPORTER_OTLP_ENDPOINT must look like " + endpointExample)
	errEndpointUserinfo = errors.New("endpoint holds a user name before its host: " +
		"take it out of OTEL_EXPORTER_OTLP_ENDPOINT, credentials belong into OTEL_EXPORTER_OTLP_HEADERS")
)

// What cannot work at Grafana Cloud.
var (
	errEndpointHTTP = errors.New("endpoint begins with http://, which would send the token unencrypted and is not served: " +
		"begin OTEL_EXPORTER_OTLP_ENDPOINT with https://")
	errEndpointGRPC = errors.New("endpoint has the gRPC port 4317, and Grafana Cloud's gateway has no gRPC: " +
		"take the port out of OTEL_EXPORTER_OTLP_ENDPOINT")
	errEndpointPort = errors.New("endpoint has a port, and Grafana Cloud's gateway serves 443 only: " +
		"take the port out of OTEL_EXPORTER_OTLP_ENDPOINT")
	errEndpointProduct = errors.New("endpoint is the address of one product (Prometheus, Loki, Tempo), not of the OTLP gateway: " +
		"take the URL from OpenTelemetry > Configure on your stack's page, " + endpointExample)
	errEndpointNotGateway = errors.New("endpoint is an address of Grafana Cloud, but not its OTLP gateway: " +
		"take the URL from OpenTelemetry > Configure on your stack's page, " + endpointExample)
	errEndpointSignal = errors.New("endpoint ends in the path of a signal, which the exporter adds itself: " +
		"take /v1/metrics (or /v1/logs, /v1/traces) off OTEL_EXPORTER_OTLP_ENDPOINT, so that it ends in /otlp")
	errEndpointPath = errors.New("endpoint does not end in /otlp, and the gateway takes data nowhere else: " +
		"write OTEL_EXPORTER_OTLP_ENDPOINT=" + endpointExample)
)

// What is odd, but may work.
var (
	errOddEndpointZone = errors.New("endpoint has a zone that is not spelled as Grafana Cloud's are, prod-<region>-<number>: " +
		"compare it with OpenTelemetry > Configure on your stack's page")
	errOddEndpointGRPC = errors.New("endpoint has the port of gRPC, 4317, and this extension is for exporters that speak HTTP: " +
		"the port of HTTP is usually 4318")
	errOddEndpointSignal = errors.New("endpoint ends in the path of a signal, which the exporter adds itself: " +
		"take /v1/metrics (or /v1/logs, /v1/traces) off OTEL_EXPORTER_OTLP_ENDPOINT")
)

var zoneSpelling = regexp.MustCompile(`^prod-[a-z]+(-[a-z]+)*-\d+$`)

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

// checkEndpoint says what cannot work, and what is odd, about the address of a gateway.
func checkEndpoint(u *url.URL) (warning, err error) {
	if !isGrafana(u) {
		return checkForeignEndpoint(u), nil
	}
	host := strings.ToLower(u.Hostname())
	switch {
	case isProduct(host):
		return nil, errEndpointProduct
	case !strings.HasPrefix(host, gatewayPrefix) && !isPrivate(host):
		return nil, errEndpointNotGateway
	case u.Port() == grpcPort:
		return nil, errEndpointGRPC
	case u.Scheme != "https":
		return nil, errEndpointHTTP
	case u.Port() != "" && u.Port() != "443":
		return nil, errEndpointPort
	case endsInSignal(u):
		return nil, errEndpointSignal
	case strings.TrimRight(u.Path, "/") != gatewayPath:
		return nil, errEndpointPath
	case !isPrivate(host) && !zoneSpelling.MatchString(zoneOf(u)):
		return errOddEndpointZone, nil
	}
	return nil, nil
}

// checkForeignEndpoint says what is odd about an address that is not Grafana Cloud's, where anything may be right.
func checkForeignEndpoint(u *url.URL) error {
	switch {
	case u.Port() == grpcPort:
		return errOddEndpointGRPC
	case endsInSignal(u):
		return errOddEndpointSignal
	}
	return nil
}

// isGrafana reports whether the host is one of Grafana Cloud's.
func isGrafana(u *url.URL) bool {
	host := "." + strings.ToLower(u.Hostname())
	return strings.HasSuffix(host, gatewayDomain) || strings.HasSuffix(host, ".grafana.com")
}

// isPrivate knows the hosts of private links into Grafana Cloud, whose names follow other rules.
func isPrivate(host string) bool {
	return strings.HasSuffix(host, gatewayDomain) && strings.Contains(host, "privatelink")
}

func isProduct(host string) bool {
	for _, product := range []string{"prometheus-", "tempo-", "logs-", "graphite-", "profiles-", "influx-"} {
		if strings.HasPrefix(host, product) {
			return true
		}
	}
	return false
}

func endsInSignal(u *url.URL) bool {
	path := strings.TrimRight(u.Path, "/")
	for _, signal := range []string{"metrics", "logs", "traces"} {
		if strings.HasSuffix(path, "/v1/"+signal) {
			return true
		}
	}
	return false
}

// zoneOf returns the zone in the host of a gateway of Grafana Cloud, or "".
func zoneOf(u *url.URL) string {
	zone, isGateway := strings.CutPrefix(strings.ToLower(u.Hostname()), gatewayPrefix)
	zone, isCloud := strings.CutSuffix(zone, gatewayDomain)
	if !isGateway || !isCloud {
		return ""
	}
	return zone
}

func isSpaceOrControl(r rune) bool {
	return unicode.IsSpace(r) || unicode.IsControl(r)
}
