package grafanacloudextension

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componentstatus"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/config/configopaque"
	"go.opentelemetry.io/collector/extension/extensiontest"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/otelcol-voice/otelcol-voice/extension/grafanacloudextension/internal/metadata"
)

// Tokens with which the fake gateway does what the real one does.
const (
	scopelessToken = "glc_9f8e7d6c5b4a~~~scope"
	revokedToken   = "glc_9f8e7d6c5b4a~~~wrong"
)

// grafanaGateway answers as Grafana Cloud's gateway: with its messages to what is sent to it.
func grafanaGateway(w http.ResponseWriter, req *http.Request) {
	signal, found := strings.CutPrefix(req.URL.Path, "/otlp/v1/")
	scheme, credential, _ := strings.Cut(req.Header.Get("Authorization"), " ")
	text, err := base64.StdEncoding.DecodeString(credential)
	user, token, isPair := strings.Cut(string(text), ":")
	switch {
	case !found || signal != "metrics" && signal != "logs" && signal != "traces":
		http.Error(w, "404 page not found", http.StatusNotFound)
	case scheme != "Basic" || err != nil || !isPair:
		refuse(w, http.StatusUnauthorized, "legacy auth cannot be upgraded because the host is not found")
	case token == scopelessToken:
		refuse(w, http.StatusForbidden, "invalid scope requested")
	case user != testInstance || token != testToken:
		refuse(w, http.StatusUnauthorized, "invalid authentication credentials")
	case req.Header.Get("Content-Type") != "application/x-protobuf":
		http.Error(w, "unsupported content type", http.StatusUnsupportedMediaType)
	default:
		w.Header().Set("Content-Type", "application/x-protobuf")
	}
}

func refuse(w http.ResponseWriter, status int, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"status":"error","error":"authentication error: %s"}`, message)
}

// gateway is a server with changing answers, the extension in front of it, and a client that goes by way of that.
type gateway struct {
	handler   atomic.Value // http.HandlerFunc
	url       string
	ext       *authenticator
	client    *http.Client
	clock     *clockwork.FakeClock
	logs      *observer.ObservedLogs
	telemetry *componenttest.Telemetry
	host      *statusHost
}

// startGateway starts one that takes everything, with the right credential and a preflight that is off.
func startGateway(t *testing.T) *gateway {
	t.Helper()
	return startGatewayWith(t, func(c *Config) { c.Preflight = PreflightOff })
}

func startGatewayWith(t *testing.T, configure func(*Config)) *gateway {
	t.Helper()
	g := &gateway{telemetry: componenttest.NewTelemetry(), clock: clockwork.NewFakeClockAt(time.Unix(1764000000, 0)), host: &statusHost{Host: componenttest.NewNopHost()}}
	t.Cleanup(func() { assert.NoError(t, g.telemetry.Shutdown(context.Background())) })
	g.handler.Store(http.HandlerFunc(grafanaGateway))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		w.Header().Set("Date", g.clock.Now().UTC().Format(http.TimeFormat))
		g.handler.Load().(http.HandlerFunc)(w, req)
	}))
	t.Cleanup(server.Close)
	g.url = server.URL
	g.start(t, configure)
	return g
}

func (g *gateway) start(t *testing.T, configure func(*Config)) {
	t.Helper()
	core, logs := observer.New(zap.DebugLevel)
	set := extensiontest.NewNopSettings(metadata.Type)
	set.ID = component.NewID(metadata.Type)
	set.TelemetrySettings = g.telemetry.NewTelemetrySettings()
	set.Logger, g.logs = zap.New(core, zap.AddStacktrace(zap.ErrorLevel)), logs
	cfg := createDefaultConfig().(*Config)
	cfg.Endpoint = g.url + "/otlp"
	configure(cfg)
	if cfg.Headers == "" && !cfg.hasPair() && cfg.HeadersFile == "" {
		cfg.Headers = configopaque.String("Authorization=Basic " + b64(testPair))
	}
	ext, err := newFactory(g.clock).Create(t.Context(), set, cfg)
	require.NoError(t, err)
	g.ext = ext.(*authenticator)
	require.NoError(t, g.ext.Start(t.Context(), g.host))
	t.Cleanup(func() { assert.NoError(t, g.ext.Shutdown(context.Background())) })
	g.client = clientOf(t, g.url, ext)
	g.logs.TakeAll() // what the start says is for other tests
}

// statusHost remembers what is reported to it.
type statusHost struct {
	component.Host
	mu     sync.Mutex
	events []*componentstatus.Event
}

func (h *statusHost) Report(event *componentstatus.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.events = append(h.events, event)
}

// statuses gives each event as "status: error".
func (h *statusHost) statuses() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	var all []string
	for _, event := range h.events {
		text := event.Status().String()
		if event.Err() != nil {
			text += ": " + event.Err().Error()
		}
		all = append(all, text)
	}
	return all
}

func (g *gateway) answerWith(status int, answer string) {
	g.handler.Store(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		fmt.Fprint(w, answer)
	}))
}

// post sends a request of metrics and reads the whole answer, whose body can be read again.
func (g *gateway) post(t *testing.T) *http.Response {
	return g.send(t, "/otlp/v1/metrics", "points")
}

func (g *gateway) send(t *testing.T, path, body string) *http.Response {
	resp, err := g.client.Post(g.url+path, "application/x-protobuf", strings.NewReader(body))
	if !assert.NoError(t, err) {
		return nil
	}
	answer, err := io.ReadAll(resp.Body)
	assert.NoError(t, err)
	assert.NoError(t, resp.Body.Close())
	resp.Body = io.NopCloser(strings.NewReader(string(answer)))
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

// everything is all that the extension has shown to anybody: log and status.
func (g *gateway) everything(t *testing.T) string {
	t.Helper()
	shown := strings.Join(g.host.statuses(), "\n")
	for _, entry := range g.logs.All() {
		fields, err := json.Marshal(entry.ContextMap())
		require.NoError(t, err)
		shown += "\n" + entry.Message + string(fields) + entry.Stack
	}
	return shown
}

// counted gives the points of a counter, those of zero left out, by "signal status" or "signal".
func (g *gateway) counted(t *testing.T, name string) map[string]int64 {
	t.Helper()
	metric, err := g.telemetry.GetMetric("otelcol_" + name)
	require.NoError(t, err)
	all := map[string]int64{}
	for _, point := range metric.Data.(metricdata.Sum[int64]).DataPoints {
		signal, _ := point.Attributes.Value("signal")
		status, hasStatus := point.Attributes.Value("status")
		key := signal.AsString()
		if hasStatus {
			key += " " + status.AsString()
		}
		if point.Value != 0 {
			all[key] = point.Value
		}
	}
	return all
}

// assertHeld compares the held requests for metrics by status.
func (g *gateway) assertHeld(t *testing.T, want map[string]int64) {
	t.Helper()
	byKey := map[string]int64{}
	for status, count := range want {
		byKey["metrics "+status] = count
	}
	assert.Equal(t, byKey, g.counted(t, "grafana_cloud_held_requests"))
}
