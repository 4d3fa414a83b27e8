package grafanacloudextension

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/config/configopaque"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/metric/metricdata/metricdatatest"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/otelcol-voice/otelcol-voice/extension/grafanacloudextension/internal/metadatatest"
)

const (
	refusedLine  = "The gateway refuses data. It is kept and sent again for as long as the exporter's retry_on_failure and queue allow"
	acceptedLine = "The gateway accepts data again. What was kept is being sent"
)

// The phrases are those of Grafana Cloud's gateway.
func TestExplain(t *testing.T) {
	for name, tt := range map[string]struct {
		status int
		answer string
		want   refusal
	}{
		"no instance id": {401, `{"status":"error","error":"authentication error: legacy auth cannot be upgraded because the host is not found"}`, refusedPairless},
		"wrong token":    {401, `{"status":"error","error":"authentication error: invalid authentication credentials"}`, refusedCredential},
		"no words":       {401, "", refusedCredential},
		"other words":    {401, "<html>Unauthorized</html>", refusedCredential},
		"scope, 401":     {401, "authentication error: Invalid scope requested", refusedScope},
		"scope, 403":     {403, "authentication error: invalid scope requested", refusedScope},
		"403":            {403, "", refusedScope},
		"404":            {404, "404 page not found", refusedPath},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, tt.want, explain(tt.status, tt.answer))
		})
	}
}

func TestRefusalIsHandedOnAsUnavailable(t *testing.T) {
	for name, tt := range map[string]struct {
		status int
		answer string
		want   refusal
	}{
		"no instance id": {401, "legacy auth cannot be upgraded because the host is not found", refusedPairless},
		"wrong token":    {401, "invalid authentication credentials", refusedCredential},
		"scope":          {403, "invalid scope requested", refusedScope},
		"path":           {404, "404 page not found", refusedPath},
	} {
		t.Run(name, func(t *testing.T) {
			g := startGateway(t)
			g.answerWith(tt.status, tt.answer)
			resp := g.post(t)

			assert.Equal(t, 503, resp.StatusCode)
			assert.Equal(t, "503 Service Unavailable", resp.Status)
			assert.Equal(t, http.Header{"Content-Type": {"application/x-protobuf"}, "Retry-After": {"30"}}, resp.Header)
			assert.Equal(t, fmt.Sprintf("the gateway answered %d: %s. Remedy: %s", tt.status, tt.want.meaning, tt.want.remedy), statusMessage(t, resp))
			g.assertRefusals(t, map[int]int64{tt.status: 1})

			require.Equal(t, 1, g.logs.Len())
			entry := g.logs.All()[0]
			assert.Equal(t, zap.ErrorLevel, entry.Level)
			assert.Equal(t, refusedLine, entry.Message)
			assert.Empty(t, entry.Stack)
			assert.Equal(t, map[string]any{
				"status_code": int64(tt.status), "meaning": tt.want.meaning, "remedy": tt.want.remedy,
				"host": strings.TrimPrefix(g.url, "http://"), "path": "/otlp/v1/metrics",
			}, entry.ContextMap())
		})
	}
}

func TestOtherAnswersAreHandedOnUntouched(t *testing.T) {
	for _, status := range []int{200, 204, 302, 400, 405, 413, 415, 429, 500, 502, 503} {
		t.Run(http.StatusText(status), func(t *testing.T) {
			want := &http.Response{StatusCode: status, Body: http.NoBody}
			tripper := newTripper(t, "Authorization=Basic YTpi", func(*http.Request) (*http.Response, error) { return want, nil })
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, testEndpoint, http.NoBody)
			require.NoError(t, err)
			got, err := tripper.RoundTrip(req)
			require.NoError(t, err)
			require.NoError(t, got.Body.Close())
			assert.Same(t, want, got)
			assert.Equal(t, &http.Response{StatusCode: status, Body: http.NoBody}, got)
		})
	}
}

func TestRefusalsAreLoggedWhenTheyBeginAndEnd(t *testing.T) {
	g := startGateway(t)
	for _, status := range []int{200, 401, 401, 429, 503, 401, 404, 404, 200, 200, 403, 200} {
		g.answerWith(status, "")
		g.post(t)
	}
	assert.Equal(t, []string{
		"error 401 " + refusedLine, "error 404 " + refusedLine, "info <nil> " + acceptedLine,
		"error 403 " + refusedLine, "info <nil> " + acceptedLine,
	}, g.lines())
	g.assertRefusals(t, map[int]int64{401: 3, 403: 1, 404: 2})
}

// One signal may be refused while another is accepted: the scopes of a token are one for each.
func TestEachExporterHasItsOwnRefusals(t *testing.T) {
	g := startGateway(t)
	other := clientOf(t, g.url, g.ext)
	for range 3 {
		g.answerWith(http.StatusForbidden, "")
		g.post(t)
		g.answerWith(http.StatusOK, "")
		resp, err := other.Post(g.url+"/otlp/v1/logs", "", http.NoBody)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
	}
	assert.Equal(t, []string{"error 403 " + refusedLine}, g.lines())
	g.assertRefusals(t, map[int]int64{403: 3})
}

func TestConcurrentRefusalsAreLoggedOnce(t *testing.T) {
	g := startGateway(t)
	for _, status := range []int{401, 200} {
		g.answerWith(status, "")
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				for range 20 {
					g.post(t)
				}
			})
		}
		wg.Wait()
	}
	assert.Equal(t, []string{"error 401 " + refusedLine, "info <nil> " + acceptedLine}, g.lines())
	g.assertRefusals(t, map[int]int64{401: 160})
}

// A gateway that repeats in its answer whatever it was sent is as bad as it gets.
func TestRefusalShowsNoSecret(t *testing.T) {
	for _, status := range []int{401, 403, 404} {
		g := startGateway(t)
		g.handler.Store(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			sent := req.Header.Get("Authorization")
			w.Header().Set("X-Sent", sent)
			w.WriteHeader(status)
			fmt.Fprintf(w, "invalid authentication credentials %s %s", sent, testPair)
		}))
		resp := g.post(t)
		assertNoSecret(t, statusMessage(t, resp))
		assertNoSecret(t, fmt.Sprint(resp.Header, resp.Request.Header))
		require.Equal(t, 1, g.logs.Len())
		line, err := json.Marshal(g.logs.All()[0].ContextMap())
		require.NoError(t, err)
		assertNoSecret(t, string(line))
	}
}

func TestBodyOfRefusalIsClosedAndItsReadingLimited(t *testing.T) {
	body := &endlessBody{}
	tripper := newTripper(t, "Authorization=Basic YTpi", func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusUnauthorized, Body: body}, nil
	})
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, testEndpoint, http.NoBody)
	require.NoError(t, err)
	resp, err := tripper.RoundTrip(req)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	assert.Equal(t, http.StatusServiceUnavailable, resp.StatusCode)
	assert.Equal(t, maxAnswerBytes, body.read)
	assert.True(t, body.closed)
}

func TestRefusalWithBrokenBodyIsStillKept(t *testing.T) {
	tripper := newTripper(t, "Authorization=Basic YTpi", func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusUnauthorized, Body: brokenBody{}}, nil
	})
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, testEndpoint, http.NoBody)
	require.NoError(t, err)
	resp, err := tripper.RoundTrip(req)
	require.NoError(t, err)
	assert.Equal(t, http.StatusServiceUnavailable, resp.StatusCode)
	assert.Contains(t, statusMessage(t, resp), refusedCredential.meaning)
}

// gateway is a server with changing answers, and a client that goes to it by way of the extension.
type gateway struct {
	handler   atomic.Value // http.HandlerFunc
	url       string
	ext       *authenticator
	client    *http.Client
	logs      *observer.ObservedLogs
	telemetry *componenttest.Telemetry
}

func startGateway(t *testing.T) *gateway {
	t.Helper()
	g := &gateway{telemetry: componenttest.NewTelemetry()}
	t.Cleanup(func() { assert.NoError(t, g.telemetry.Shutdown(context.Background())) })
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		g.handler.Load().(http.HandlerFunc)(w, req)
	}))
	t.Cleanup(server.Close)
	g.url = server.URL

	core, logs := observer.New(zap.DebugLevel)
	set := metadatatest.NewSettings(g.telemetry)
	set.Logger, g.logs = zap.New(core, zap.AddStacktrace(zap.ErrorLevel)), logs
	cfg := &Config{Endpoint: server.URL + "/otlp", Headers: configopaque.String("Authorization=Basic " + b64(testPair))}
	ext, err := NewFactory().Create(t.Context(), set, cfg)
	require.NoError(t, err)
	g.ext = ext.(*authenticator)
	g.client = clientOf(t, server.URL, ext)
	return g
}

func (g *gateway) answerWith(status int, answer string) {
	g.handler.Store(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		fmt.Fprint(w, answer)
	}))
}

// post sends an empty request and reads the whole answer, whose body can be read again.
func (g *gateway) post(t *testing.T) *http.Response {
	resp, err := g.client.Post(g.url+"/otlp/v1/metrics", "application/x-protobuf", strings.NewReader("points"))
	if !assert.NoError(t, err) {
		return nil
	}
	body, err := io.ReadAll(resp.Body)
	assert.NoError(t, err)
	assert.NoError(t, resp.Body.Close())
	resp.Body = io.NopCloser(strings.NewReader(string(body)))
	return resp
}

// lines gives each log entry as "level status message".
func (g *gateway) lines() []string {
	var lines []string
	for _, entry := range g.logs.All() {
		lines = append(lines, fmt.Sprint(entry.Level, " ", entry.ContextMap()["status_code"], " ", entry.Message))
	}
	return lines
}

func (g *gateway) assertRefusals(t *testing.T, want map[int]int64) {
	t.Helper()
	var points []metricdata.DataPoint[int64]
	for status, count := range want {
		points = append(points, metricdata.DataPoint[int64]{
			Attributes: attribute.NewSet(attribute.Int("status_code", status)), Value: count,
		})
	}
	metadatatest.AssertEqualExtensionGrafanaCloudRefusals(t, g.telemetry, points, metricdatatest.IgnoreTimestamp())
}

// statusMessage decodes a google.rpc.Status that has field 2 alone.
func statusMessage(t *testing.T, resp *http.Response) string {
	t.Helper()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	assert.Equal(t, resp.ContentLength, int64(len(body)))
	require.NotEmpty(t, body)
	require.Equal(t, byte(0x12), body[0])
	size, n := binary.Uvarint(body[1:])
	require.Positive(t, n)
	message := string(body[1+n:])
	require.Len(t, message, int(size))
	return message
}

type endlessBody struct {
	read   int
	closed bool
}

func (b *endlessBody) Read(p []byte) (int, error) {
	b.read += len(p)
	return len(p), nil
}

func (b *endlessBody) Close() error {
	b.closed = true
	return nil
}

type brokenBody struct{}

func (brokenBody) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func (brokenBody) Close() error { return nil }
