package grafanacloudextension

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/config/configopaque"
	"go.uber.org/zap"
)

// probing starts a gateway that has been asked once at the start.
func probing(t *testing.T, configure func(*Config), handler http.HandlerFunc) *gateway {
	t.Helper()
	g := startGatewayWith(t, configure)
	if handler != nil {
		g.handler.Store(handler)
	}
	require.NoError(t, g.ext.Ready())
	return g
}

func withPair(pair string) func(*Config) {
	return func(c *Config) { c.Headers = configopaque.String("Authorization=Basic " + b64(pair)) }
}

// patience only matters when a test fails; tick is how often is looked until then.
const (
	patience = 10 * time.Second
	tick     = time.Millisecond
)

// awaitLog waits for an entry; it does not sleep away a time of its own.
func (g *gateway) awaitLog(t *testing.T, message string) map[string]any {
	t.Helper()
	var fields map[string]any
	require.Eventually(t, func() bool {
		for _, entry := range g.logs.All() {
			if entry.Message == message {
				fields = entry.ContextMap()
				return true
			}
		}
		return false
	}, patience, tick, "%s is not in %q", message, g.lines())
	return fields
}

// awaitTimer waits until the probe that failed has set its timer.
func (g *gateway) awaitTimer(t *testing.T) {
	t.Helper()
	require.NoError(t, g.clock.BlockUntilContext(t.Context(), 1))
}

func TestPreflightSaysThatItWorks(t *testing.T) {
	var seen *http.Request
	g := probing(t, func(*Config) {}, func(w http.ResponseWriter, req *http.Request) {
		seen = req
		grafanaGateway(w, req)
	})
	fields := g.awaitLog(t, "OpenTelemetry configured for Grafana Cloud")
	assert.Equal(t, map[string]any{"endpoint_host": strings.TrimPrefix(g.url, "http://"), "instance_id": testInstance}, fields)
	assert.Equal(t, "POST /otlp/v1/metrics", seen.Method+" "+seen.URL.Path)
	assert.Zero(t, seen.ContentLength)
	assert.Equal(t, "application/x-protobuf", seen.Header.Get("Content-Type"))
	assert.Equal(t, []string{"info <nil> " + lineConfigured}, g.lines())
	assert.Equal(t, []string{"StatusOK"}, g.host.statuses())
	assert.Empty(t, g.counted(t, "grafana_cloud_held_requests"), "the counters are those of exporters")
	require.NoError(t, g.ext.Ready(), "once more does nothing")
}

// The gateway's own messages, and what is made of them.
func TestPreflightSaysWhatIsWrong(t *testing.T) {
	page := func(status int, contentType string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", contentType)
			w.Header().Set("Location", "/login")
			w.Header().Set("Retry-After", "8")
			w.WriteHeader(status)
		}
	}
	for name, tt := range map[string]struct {
		configure func(*Config)
		handler   http.HandlerFunc
		level     string
		status    int
		line      string
		want      verdict
	}{
		"no instance id": {func(c *Config) { c.Headers = "Authorization=Bearer " + testToken }, nil, "error", 401, lineRefused, refusedPairless},
		"wrong token":    {withPair(testInstance + ":" + revokedToken), nil, "error", 401, lineRefused, refusedCredential},
		"scope":          {withPair(testInstance + ":" + scopelessToken), nil, "error", 403, lineRefused, refusedScope(metrics)},
		"path":           {func(c *Config) { c.Endpoint += "/wrong" }, nil, "error", 404, lineRefused, refusedPath},
		"rate":           {func(*Config) {}, page(429, ""), "warn", 429, lineWaiting, throttled},
		"out of service": {func(*Config) {}, page(503, ""), "warn", 503, lineWaiting, unavailable},
		"broken":         {func(*Config) {}, page(500, ""), "warn", 500, lineWaiting, unavailable},
		"a page":         {func(*Config) {}, page(200, "text/html; charset=utf-8"), "error", 200, lineRefused, refusedPage},
		"to a login":     {func(*Config) {}, page(302, ""), "error", 302, lineRefused, refusedPage},
		"not allowed":    {func(*Config) {}, page(405, ""), "error", 405, lineRefused, refusedPath},
		"elsewhere":      {func(*Config) {}, page(308, ""), "error", 308, lineNotGateway, probeOther},
		"wrong type":     {func(*Config) {}, page(415, ""), "error", 415, lineNotGateway, probeOther},
	} {
		t.Run(name, func(t *testing.T) {
			g := probing(t, tt.configure, tt.handler)
			fields := g.awaitLog(t, tt.line)
			assert.Equal(t, tt.want.meaning, fields["meaning"])
			assert.Equal(t, remedy(tt.want), fields["remedy"])
			assert.Equal(t, []string{fmt.Sprintf("%s %d %s", tt.level, tt.status, tt.line)}, g.lines())
			assert.Equal(t, []string{"StatusRecoverableError: " + tt.want.meaning + ". Remedy: " + remedy(tt.want)}, g.host.statuses())
			assertNoSecret(t, g.everything(t))
		})
	}
}

// What is wrong is told once, however often the probe is repeated, and its end is the line of success.
func TestPreflightIsRepeatedUntilItWorks(t *testing.T) {
	g := probing(t, withPair(testInstance+":"+revokedToken), nil)
	for range 3 {
		g.awaitTimer(t)
		g.clock.Advance(preflightEvery)
	}
	g.awaitTimer(t)
	g.handler.Store(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	g.clock.Advance(preflightEvery)
	g.awaitLog(t, lineConfigured)
	assert.Equal(t, []string{"error 401 " + lineRefused, "info <nil> " + lineConfigured}, g.lines())
	assert.Equal(t, "StatusOK", g.host.statuses()[1])
}

// A cause that the preflight has told is not told again by the signals that have it too, and its end is told when all are out.
func TestOneCauseIsToldOnce(t *testing.T) {
	g := probing(t, withPair(testInstance+":"+revokedToken), nil)
	g.awaitLog(t, lineRefused)
	other := clientOf(t, g.url, g.ext)
	g.post(t)
	resp, err := other.Post(g.url+"/otlp/v1/logs", "", http.NoBody)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	assert.Equal(t, []string{"error 401 " + lineRefused}, g.lines())
	assert.Equal(t, map[string]int64{"metrics 401": 1, "logs 401": 1}, g.counted(t, "grafana_cloud_held_requests"))
}

// tenants starts a gateway that takes requests with data only, as a Mimir does whose tenant is in a header that the exporter adds
// and the preflight does not know of. It counts the others.
func tenants(t *testing.T) (g *gateway, probes *atomic.Int64) {
	t.Helper()
	probes = &atomic.Int64{}
	g = probing(t, func(*Config) {}, func(w http.ResponseWriter, req *http.Request) {
		if req.ContentLength == 0 {
			probes.Add(1)
			w.WriteHeader(http.StatusUnauthorized)
		}
	})
	g.awaitLog(t, lineRefused)
	g.awaitTimer(t)
	return g, probes
}

// Metrics that an exporter gets through prove more than the preflight: it ends, without asking again.
func TestMetricsThatGetThroughEndThePreflight(t *testing.T) {
	g, probes := tenants(t)
	for range 3 {
		g.post(t)
	}
	g.awaitLog(t, lineConfigured)
	assert.Equal(t, []string{"error 401 " + lineRefused, "info <nil> " + lineConfigured}, g.lines())
	assert.Equal(t, "StatusOK", g.host.statuses()[1])
	for range 3 {
		g.clock.Advance(preflightEvery)
		g.post(t)
	}
	require.NoError(t, g.ext.Shutdown(t.Context()))
	assert.EqualValues(t, 1, probes.Load())
	assert.Len(t, g.lines(), 2)
}

// Logs that get through say nothing about metrics, and cause no probes: there may be many a second.
func TestLogsThatGetThroughLeaveThePreflightAlone(t *testing.T) {
	g, probes := tenants(t)
	for range 10 {
		assert.Equal(t, http.StatusOK, g.send(t, "/otlp/v1/logs", "records").StatusCode)
	}
	g.clock.Advance(preflightEvery)
	require.Eventually(t, func() bool { return probes.Load() == 2 }, patience, tick)
	g.awaitTimer(t)
	assert.EqualValues(t, 2, probes.Load())
	assert.Equal(t, []string{"error 401 " + lineRefused}, g.lines())
}

func TestPreflightWithoutAnswer(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, listener.Close())
	g := probing(t, func(c *Config) { c.Endpoint = "http://" + listener.Addr().String() + "/otlp" }, nil)
	fields := g.awaitLog(t, lineUnreachable)
	assert.Equal(t, networkRefused.meaning, fields["meaning"])
	assertNoSecret(t, g.everything(t))
}

// A probe at which the collector stops says nothing.
func TestPreflightEndsWithTheCollector(t *testing.T) {
	asked := make(chan struct{})
	release := make(chan struct{})
	defer close(release)
	g := probing(t, func(*Config) {}, func(_ http.ResponseWriter, req *http.Request) {
		close(asked)
		select {
		case <-req.Context().Done():
		case <-release:
		}
	})
	<-asked
	require.NoError(t, g.ext.Shutdown(t.Context()))
	assert.Empty(t, g.lines())
}

func TestPreflightWithoutExporter(t *testing.T) {
	ext := newExtension(t, mimirEndpoint, "Authorization=Basic YTpi", zap.NewNop()).(*authenticator)
	require.NoError(t, ext.Start(t.Context(), &statusHost{}))
	require.NoError(t, ext.Ready())
	ext.repeatPreflight()
	require.NoError(t, ext.NotReady())
	require.NoError(t, ext.Shutdown(t.Context()))
}

func TestClocksAreCompared(t *testing.T) {
	for skew, told := range map[time.Duration]string{
		0: "", 5 * time.Minute: "", -5 * time.Minute: "", 6 * time.Minute: "360s", -6 * time.Minute: "-360s",
	} {
		t.Run(skew.String(), func(t *testing.T) {
			g := startGatewayWith(t, func(*Config) {})
			g.handler.Store(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Date", g.clock.Now().Add(-skew).UTC().Format(http.TimeFormat))
			}))
			require.NoError(t, g.ext.Ready())
			g.awaitLog(t, lineConfigured)
			if told == "" {
				assert.Equal(t, 1, g.logs.Len())
				return
			}
			assert.Equal(t, told, g.awaitLog(t, lineClock)["ahead_by"])
		})
	}
}

// A clock that is wrong is told of once, however often the probe is repeated, and again after it was right.
func TestClockIsToldOnce(t *testing.T) {
	g := startGatewayWith(t, func(*Config) {})
	var skew atomic.Int64
	skew.Store(int64(time.Hour))
	g.handler.Store(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Date", g.clock.Now().Add(-time.Duration(skew.Load())).UTC().Format(http.TimeFormat))
		w.WriteHeader(http.StatusUnauthorized)
	}))
	require.NoError(t, g.ext.Ready())
	for _, at := range []time.Duration{time.Hour, time.Hour, 0, time.Hour} {
		g.awaitTimer(t)
		skew.Store(int64(at))
		g.clock.Advance(preflightEvery)
	}
	g.awaitTimer(t)
	assert.Equal(t, 2, g.logs.FilterMessage(lineClock).Len())
}

// rotating is a gateway with an extension that reads its token from a file.
func rotating(t *testing.T, token string) (g *gateway, write func(string)) {
	t.Helper()
	path := t.TempDir() + "/token"
	write = func(token string) { require.NoError(t, os.WriteFile(path, []byte(token+"\n"), 0o600)) }
	write(token)
	g = probing(t, func(c *Config) { c.InstanceID, c.TokenFile = testInstance, path }, nil)
	return g, write
}

// look lets the watcher look at its files, and waits until it has.
func (g *gateway) look(t *testing.T) {
	t.Helper()
	w := &watcher{config: g.ext.config, secrets: g.ext.secrets, clock: g.clock, logger: g.ext.logger, changed: g.ext.repeatPreflight}
	w.look()
}

// A token that was revoked is replaced in its file; what was held is sent with the new one, without a restart.
func TestRotation(t *testing.T) {
	g, write := rotating(t, revokedToken)
	fields := g.awaitLog(t, lineRefused)
	assert.Contains(t, fields["remedy"], "a changed credential file is read within 10 s")
	assert.Equal(t, http.StatusServiceUnavailable, g.post(t).StatusCode)

	write(testToken)
	require.NoError(t, g.clock.BlockUntilContext(t.Context(), 2)) // the watcher's ticker and the probe's timer
	g.clock.Advance(lookEvery)
	assert.Equal(t, map[string]any{"instance_id": testInstance}, g.awaitLog(t, lineRotated))
	g.awaitLog(t, lineConfigured)
	assert.Equal(t, http.StatusOK, g.post(t).StatusCode)
	g.awaitLog(t, lineAgain)
	assertNoSecret(t, g.everything(t))
}

// A file that cannot be used is told of once, and changes nothing.
func TestRotationToNonsense(t *testing.T) {
	g, write := rotating(t, testToken)
	g.awaitLog(t, lineConfigured)
	w := &watcher{config: g.ext.config, secrets: g.ext.secrets, clock: g.clock, logger: g.ext.logger, changed: func() { t.Error("nothing has changed") }}
	w.look()
	for range 3 {
		write("")
		w.look()
	}
	write(b64(testPair))
	w.look()
	require.NoError(t, os.Remove(g.ext.config.TokenFile))
	w.look()
	write(testToken)
	w.look()
	write("")
	w.look()
	assert.Equal(t, []string{
		"info <nil> " + lineConfigured, "error <nil> " + lineNotRotated, "error <nil> " + lineNotRotated, "error <nil> " + lineNotRotated,
		"error <nil> " + lineNotRotated,
	}, g.lines(), "empty, base64 of the pair, gone, and empty again")
	assert.Equal(t, http.StatusOK, g.post(t).StatusCode)
	assertNoSecret(t, g.everything(t))
}

func TestRequestsDuringRotationAreSignedWhole(t *testing.T) {
	g, write := rotating(t, testToken)
	g.awaitLog(t, lineConfigured)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 50 {
			write(scopelessToken)
			g.look(t)
			write(testToken)
			g.look(t)
		}
	}()
	for range 50 {
		assert.Contains(t, []int{200, 503}, g.post(t).StatusCode)
	}
	<-done
	assert.Equal(t, http.StatusOK, g.post(t).StatusCode)
	assert.NotContains(t, g.counted(t, "grafana_cloud_held_requests"), "metrics 401")
}
