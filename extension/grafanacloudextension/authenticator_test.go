package grafanacloudextension

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/config/configauth"
	"go.opentelemetry.io/collector/config/confighttp"
	"go.opentelemetry.io/collector/config/configopaque"
	"go.opentelemetry.io/collector/config/configoptional"
	"go.opentelemetry.io/collector/extension"
	"go.opentelemetry.io/collector/extension/extensiontest"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/otelcol-voice/otelcol-voice/extension/grafanacloudextension/internal/metadata"
)

func TestStartSaysWhatIsConfigured(t *testing.T) {
	for name, tt := range map[string]struct {
		endpoint, pair string
		want           map[string]any
	}{
		"Grafana Cloud": {
			testEndpoint, testPair,
			map[string]any{
				"endpoint_host": "otlp-gateway-prod-ap-south-1.grafana.net", "zone": "prod-ap-south-1", "instance_id": testInstance,
			},
		},
		"own Mimir": {
			"http://localhost:9009/otlp", "voice:" + testToken,
			map[string]any{"endpoint_host": "localhost:9009"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			core, logs := observer.New(zap.DebugLevel)
			set := extensiontest.NewNopSettings(metadata.Type)
			set.Logger = zap.New(core)
			ext, err := NewFactory().Create(t.Context(), set, &Config{
				Endpoint: tt.endpoint, Headers: configopaque.String("Authorization=Basic " + b64(tt.pair)), Preflight: PreflightOff,
			})
			require.NoError(t, err)
			require.NoError(t, ext.Start(t.Context(), componenttest.NewNopHost()))
			require.NoError(t, ext.(*authenticator).Ready())
			require.NoError(t, ext.Shutdown(t.Context()))

			require.Equal(t, 1, logs.Len())
			entry := logs.All()[0]
			assert.Equal(t, zap.InfoLevel, entry.Level)
			assert.Equal(t, "OpenTelemetry configured for Grafana Cloud, unchecked: preflight is off", entry.Message)
			assert.Equal(t, tt.want, entry.ContextMap())
			line, err := json.Marshal(entry.ContextMap())
			require.NoError(t, err)
			assertNoSecret(t, string(line))
		})
	}
}

func TestCreateRefusesWhatValidateRefuses(t *testing.T) {
	for name, tt := range badCredentials {
		t.Run(name, func(t *testing.T) {
			core, logs := observer.New(zap.DebugLevel)
			set := extensiontest.NewNopSettings(metadata.Type)
			set.Logger = zap.New(core)
			_, err := NewFactory().Create(t.Context(), set, &Config{Endpoint: testEndpoint, Headers: configopaque.String(tt.list), Preflight: PreflightOn})
			require.ErrorIs(t, err, tt.want)
			assertNoSecret(t, err.Error())
			assert.Zero(t, logs.Len())
		})
	}
	_, err := NewFactory().Create(t.Context(), extensiontest.NewNopSettings(metadata.Type), &Config{Headers: "Authorization=Basic YTpi", Preflight: PreflightOn})
	require.ErrorIs(t, err, errEndpointEmpty)
}

func TestShutdownWithoutStartAndTwice(t *testing.T) {
	ext := newExtension(t, mimirEndpoint, "Authorization=Basic YTpi", zap.NewNop())
	require.NoError(t, ext.Shutdown(t.Context()))
	require.NoError(t, ext.Shutdown(t.Context()))
}

// The stock otlp_http exporter makes its client with confighttp, so this is the way that a request goes.
func TestHeadersReachTheServerThroughStockClient(t *testing.T) {
	server, seen := recordingServer(t)
	client := stockClient(t, server.URL, "Authorization=Basic%20"+b64(testPair)+", X-Scope-OrgID=voice")

	resp, err := client.Post(server.URL+"/otlp/v1/metrics", "application/x-protobuf", strings.NewReader("body"))
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())

	got := <-seen
	user, password, ok := got.BasicAuth()
	require.True(t, ok)
	assert.Equal(t, testInstance, user)
	assert.Equal(t, testToken, password)
	assert.Equal(t, []string{"Basic " + b64(testPair)}, got.Header["Authorization"])
	assert.Equal(t, []string{"voice"}, got.Header["X-Scope-Orgid"])
	assert.Equal(t, "application/x-protobuf", got.Header.Get("Content-Type"))
}

func TestRoundTripLeavesTheRequestAlone(t *testing.T) {
	var sent *http.Request
	tripper := newTripper(t, "Authorization=Basic YTpi,x=new", func(req *http.Request) (*http.Response, error) {
		sent = req
		return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}, nil
	})
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, testEndpoint, strings.NewReader("body"))
	require.NoError(t, err)
	req.Header.Set("X", "old")

	resp, err := tripper.RoundTrip(req)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	assert.Equal(t, http.Header{"X": {"old"}}, req.Header)
	assert.Equal(t, http.Header{"X": {"new"}, "Authorization": {"Basic YTpi"}}, sent.Header)
	assert.Equal(t, req.Context(), sent.Context())
	body, err := io.ReadAll(sent.Body)
	require.NoError(t, err)
	assert.Equal(t, "body", string(body))
}

func TestRoundTripIsSafeForConcurrency(t *testing.T) {
	tripper := newTripper(t, "Authorization=Basic YTpi,x=1", func(req *http.Request) (*http.Response, error) {
		req.Header.Add("X", "2") // a wrapped transport may do this: it owns the copy
		return &http.Response{StatusCode: http.StatusOK, Header: req.Header, Body: http.NoBody}, nil
	})
	shared, err := http.NewRequestWithContext(t.Context(), http.MethodPost, testEndpoint, http.NoBody)
	require.NoError(t, err)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 100 {
				resp, err := tripper.RoundTrip(shared)
				if assert.NoError(t, err) {
					assert.Equal(t, http.Header{"Authorization": {"Basic YTpi"}, "X": {"1", "2"}}, resp.Header)
					assert.NoError(t, resp.Body.Close())
				}
			}
		})
	}
	wg.Wait()
	assert.Empty(t, shared.Header)
}

func TestRedirectKeepsTheSecretAtItsOrigin(t *testing.T) {
	elsewhere, seenElsewhere := recordingServer(t)
	seenHere := make(chan *http.Request, 1)
	mux := http.NewServeMux()
	mux.Handle("/moved", http.RedirectHandler("/here", http.StatusTemporaryRedirect))
	mux.Handle("/away", http.RedirectHandler(elsewhere.URL+"/first", http.StatusTemporaryRedirect))
	mux.HandleFunc("/here", func(_ http.ResponseWriter, req *http.Request) { seenHere <- req })
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	client := stockClient(t, server.URL, "Authorization=Basic "+b64(testPair))

	for path, tt := range map[string]struct {
		seen chan *http.Request
		want string
	}{
		"/moved": {seenHere, "Basic " + b64(testPair)},
		"/away":  {seenElsewhere, ""},
	} {
		resp, err := client.Post(server.URL+path, "application/x-protobuf", strings.NewReader("body"))
		require.NoError(t, err, path)
		require.NoError(t, resp.Body.Close())
		assert.Equal(t, tt.want, (<-tt.seen).Header.Get("Authorization"), path)
	}
}

func TestRedirectChainElsewhereStaysUnsigned(t *testing.T) {
	elsewhere, seen := recordingServer(t)
	hop := httptest.NewServer(http.RedirectHandler(elsewhere.URL+"/last", http.StatusTemporaryRedirect))
	t.Cleanup(hop.Close)
	server := httptest.NewServer(http.RedirectHandler(hop.URL, http.StatusTemporaryRedirect))
	t.Cleanup(server.Close)

	resp, err := stockClient(t, server.URL, "Authorization=Basic "+b64(testPair)).Get(server.URL)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	assert.Empty(t, (<-seen).Header.Get("Authorization"))
}

func TestRoundTripHandsOnTheBaseError(t *testing.T) {
	tripper := newTripper(t, "Authorization=Basic "+b64(testPair), func(*http.Request) (*http.Response, error) {
		return nil, context.DeadlineExceeded
	})
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, testEndpoint, http.NoBody)
	require.NoError(t, err)
	_, err = tripper.RoundTrip(req) //nolint:bodyclose // there is no response
	require.ErrorIs(t, err, context.DeadlineExceeded)
	assertNoSecret(t, err.Error())
}

func BenchmarkRoundTrip(b *testing.B) {
	accepted := &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}
	tripper := newTripper(b, "Authorization=Basic "+b64(testPair), func(*http.Request) (*http.Response, error) {
		return accepted, nil
	})
	req, err := http.NewRequestWithContext(b.Context(), http.MethodPost, testEndpoint, http.NoBody)
	require.NoError(b, err)
	b.ReportAllocs()
	for b.Loop() {
		_, _ = tripper.RoundTrip(req) //nolint:bodyclose // there is no body
	}
}

func newExtension(tb testing.TB, endpoint, headers string, logger *zap.Logger) extension.Extension {
	tb.Helper()
	set := extensiontest.NewNopSettings(metadata.Type)
	set.Logger = logger
	ext, err := NewFactory().Create(tb.Context(), set, &Config{
		Endpoint: endpoint, Headers: configopaque.String(headers), Preflight: PreflightOn,
	})
	require.NoError(tb, err)
	return ext
}

type roundTripperFunc func(*http.Request) (*http.Response, error)

func (f roundTripperFunc) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

func newTripper(tb testing.TB, headers string, base roundTripperFunc) http.RoundTripper {
	tb.Helper()
	ext := newExtension(tb, mimirEndpoint, headers, zap.NewNop())
	tripper, err := ext.(*authenticator).RoundTripper(base)
	require.NoError(tb, err)
	return tripper
}

func stockClient(t *testing.T, endpoint, headers string) *http.Client {
	t.Helper()
	return clientOf(t, endpoint, newExtension(t, endpoint, headers, zap.NewNop()))
}

// clientOf makes a client as the stock otlp_http exporter does.
func clientOf(t *testing.T, endpoint string, ext extension.Extension) *http.Client {
	t.Helper()
	id := component.NewID(metadata.Type)
	cfg := confighttp.NewDefaultClientConfig()
	cfg.Endpoint = endpoint
	cfg.Auth = configoptional.Some(configauth.Config{AuthenticatorID: id})
	extensions := map[component.ID]component.Component{id: ext}
	client, err := cfg.ToClient(t.Context(), extensions, componenttest.NewNopTelemetrySettings())
	require.NoError(t, err)
	t.Cleanup(client.CloseIdleConnections)
	return client
}

// recordingServer answers 200 and hands out each request that it has seen.
func recordingServer(t *testing.T) (*httptest.Server, chan *http.Request) {
	t.Helper()
	seen := make(chan *http.Request, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		fmt.Fprint(w, "ok")
		seen <- req
	}))
	t.Cleanup(server.Close)
	return server, seen
}
