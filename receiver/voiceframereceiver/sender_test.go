package voiceframereceiver

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/otelcol-voice/otelcol-voice/internal/call"
)

// The collector's own count of points is of all that are handed on, the active calls of each tenant included.
func TestPointsAreCounted(t *testing.T) {
	b := newBench(t, func(c *Config) { c.Tenant.Header = "X-Tenant-Id" })
	for _, tenant := range []string{"acme", "globex"} {
		_, _ = b.post("/v1/frames/c1", spoken(0), "X-Tenant-Id", tenant)
	}
	before := b.metrics.DataPointCount()
	b.tick(context.Background(), now)
	require.Equal(t, 2, b.metrics.DataPointCount()-before, "a tenant each")
	accepted, err := b.telemetry.GetMetric("otelcol_receiver_accepted_metric_points")
	require.NoError(t, err)
	assert.Equal(t, int64(b.metrics.DataPointCount()), accepted.Data.(metricdata.Sum[int64]).DataPoints[0].Value)
}

// Calls of two tenants are two, and each frame says whose it is.
func TestTenants(t *testing.T) {
	b := newBench(t, func(c *Config) { c.Tenant.Header = "X-Tenant-Id" })
	for _, tenant := range []string{"acme", "globex", ""} {
		for range 2 {
			status, answer := b.post("/v1/frames/c1", spoken(0), "X-Tenant-Id", tenant)
			assert.Equal(t, http.StatusOK, status, answer)
		}
	}
	assert.Equal(t, map[string]int{"acme": 1, "globex": 1, "": 1}, b.calls.Active())
	assert.ElementsMatch(t, []call.Key{{Tenant: "acme", ID: "c1"}, {Tenant: "globex", ID: "c1"}, {ID: "c1"}}, b.calls.Open())
	assert.Equal(t, 3.0, b.totals()["voice.tts.characters.total"])
	owner, _ := b.metrics.AllMetrics()[0].ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics().At(0).Sum().DataPoints().At(0).Attributes().Get("tenant")
	assert.Equal(t, "acme", owner.Str())
}

func TestTenantHeader(t *testing.T) {
	long := strings.Repeat("x", 300)
	for name, test := range map[string]struct {
		config  TenantConfig
		headers []string
		want    string
		reason  string
	}{
		"off":               {TenantConfig{}, []string{"acme"}, "", ""},
		"named":             {TenantConfig{Header: "X-Tenant-Id"}, []string{"acme"}, "acme", ""},
		"none":              {TenantConfig{Header: "X-Tenant-Id"}, nil, "", ""},
		"none, but needed":  {TenantConfig{Header: "X-Tenant-Id", Required: true}, nil, "", "the header X-Tenant-Id is missing"},
		"empty, but needed": {TenantConfig{Header: "X-Tenant-Id", Required: true}, []string{""}, "", "the header X-Tenant-Id is missing"},
		"two":               {TenantConfig{Header: "X-Tenant-Id"}, []string{"acme", "globex"}, "", "more than once"},
		"control character": {TenantConfig{Header: "X-Tenant-Id"}, []string{"a\tb"}, "", "without control characters"},
		"not UTF-8":         {TenantConfig{Header: "X-Tenant-Id"}, []string{"\xff"}, "", "must be UTF-8"},
		"long":              {TenantConfig{Header: "X-Tenant-Id"}, []string{long}, long[:256], ""},
	} {
		t.Run(name, func(t *testing.T) {
			req := httptest.NewRequest(http.MethodPost, "/v1/frames", nil)
			for _, value := range test.headers {
				req.Header.Add("X-Tenant-Id", value)
			}
			from, err := senderOf(req, &test.config)
			if test.reason != "" {
				assert.ErrorContains(t, err, test.reason)
				assert.Equal(t, http.StatusBadRequest, refusalOf(err).status)
				return
			}
			assert.NoError(t, err)
			assert.Equal(t, test.want, from.tenant)
		})
	}
}

// A dialect that the request names is used as it says; a message of another one is not read into it.
func TestDialectNamed(t *testing.T) {
	b := newBench(t, nil)
	metrics := `{"type":"MetricsFrame","data":[{"type":"TTSUsageMetricsData","processor":"CartesiaTTSService#0","value":48}]}`
	status, answer := b.post("/v1/frames/c1?dialect=livekit", metrics)
	assert.Equal(t, http.StatusBadRequest, status, answer)
	status, answer = b.post("/v1/frames/c1?dialect=pipecat", metrics)
	assert.Equal(t, http.StatusOK, status, answer)
	assert.Equal(t, 48.0, b.totals()["voice.tts.characters.total"])

	status, answer = b.post("/v1/frames/c1?dialect=klingon", metrics)
	assert.Equal(t, http.StatusBadRequest, status)
	assert.Equal(t, `{"error":"?dialect=: must be one of [voice pipecat rtvi livekit openai_realtime], or absent"}`, answer)
}
