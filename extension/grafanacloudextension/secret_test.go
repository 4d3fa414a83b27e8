package grafanacloudextension

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// The credential of the tests. Its base64 has "+", "/" and "==" in it.
const (
	testInstance  = "123456"
	testToken     = "glc_9f8e7d6c5b4a~~~???xy"
	testPair      = testInstance + ":" + testToken
	mimirEndpoint = "http://localhost:9009/otlp"
	testEndpoint  = "https://otlp-gateway-prod-ap-south-1.grafana.net/otlp"
)

func b64(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

// assertNoSecret fails if text holds six neighbouring bytes of the token or of one of the shapes that the tests give
// to it.
func assertNoSecret(t *testing.T, text string) {
	t.Helper()
	shapes := []string{
		testToken, b64(testPair), b64(testToken), b64(b64(testPair)), b64(testToken + ":" + testInstance),
		base64.URLEncoding.EncodeToString([]byte(testPair)), b64(testPair + "\n"),
	}
	for _, shape := range shapes {
		for i := range len(shape) - 5 {
			if strings.Contains(text, shape[i:i+6]) {
				assert.Failf(t, "secret in text", "%q shows bytes %d to %d of a secret", text, i, i+6)
				return
			}
		}
	}
}
