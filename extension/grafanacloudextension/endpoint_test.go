package grafanacloudextension

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestParseEndpoint(t *testing.T) {
	for endpoint, host := range map[string]string{
		testEndpoint:                         "otlp-gateway-prod-ap-south-1.grafana.net",
		testEndpoint + "/":                   "otlp-gateway-prod-ap-south-1.grafana.net",
		"http://localhost:9009/otlp":         "localhost:9009",
		"http://127.0.0.1:4318":              "127.0.0.1:4318",
		"http://[::1]:9090/api/v1/otlp":      "[::1]:9090",
		"HTTPS://mimir.example.com/otlp?x=1": "mimir.example.com",
	} {
		t.Run(endpoint, func(t *testing.T) {
			got, err := parseEndpoint(endpoint)
			require.NoError(t, err)
			assert.Equal(t, host, got.Host)
		})
	}
}

func TestParseEndpointRefuses(t *testing.T) {
	for name, tt := range map[string]struct {
		endpoint string
		want     error
	}{
		"nothing":             {"", errEndpointEmpty},
		"word":                {"grafana", errEndpointNotURL},
		"no scheme":           {"otlp-gateway-prod-ap-south-1.grafana.net/otlp", errEndpointNotURL},
		"host and port only":  {"localhost:4318", errEndpointNotURL},
		"gRPC":                {"grpc://localhost:4317", errEndpointNotURL},
		"no host":             {"https:///otlp", errEndpointNotURL},
		"port only":           {"https://:443/otlp", errEndpointNotURL},
		"bad port":            {"https://host:4318x/otlp", errEndpointNotURL},
		"bad escape":          {"https://host%zz/" + testToken, errEndpointNotURL},
		"space":               {testEndpoint + " ", errEndpointSpace},
		"carriage return":     {testEndpoint + "\r", errEndpointSpace},
		"control":             {"https://host/\x01", errEndpointSpace},
		"quotes":              {`"` + testEndpoint + `"`, errEndpointQuoted},
		"placeholder":         {"https://otlp-gateway-<zone>.grafana.net/otlp", errEndpointPlaceholder},
		"user":                {"https://" + testInstance + ":glc_9f8e7d6c5b4a@host/otlp", errEndpointUserinfo},
		"the headers instead": {"Authorization=Basic " + b64(testPair), errEndpointSpace},
		"headers with %20":    {"Authorization=Basic%20" + b64(testPair), errEndpointNotURL},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := parseEndpoint(tt.endpoint)
			require.ErrorIs(t, err, tt.want)
			assertNoSecret(t, err.Error())
		})
	}
}
