package grafanacloudextension

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/plog/plogotlp"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/pmetric/pmetricotlp"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.uber.org/zap"
)

// requests are bodies with so many points, records and spans.
func requests(t *testing.T, items int) map[signal]interface {
	MarshalProto() ([]byte, error)
	MarshalJSON() ([]byte, error)
} {
	t.Helper()
	points, records, spans := pmetric.NewMetrics(), plog.NewLogs(), ptrace.NewTraces()
	gauge := points.ResourceMetrics().AppendEmpty().ScopeMetrics().AppendEmpty().Metrics().AppendEmpty().SetEmptyGauge()
	scopeLogs := records.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty()
	scopeSpans := spans.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty()
	for range items {
		gauge.DataPoints().AppendEmpty().SetIntValue(1)
		scopeLogs.LogRecords().AppendEmpty().Body().SetStr("said")
		scopeSpans.Spans().AppendEmpty().SetName("turn")
	}
	return map[signal]interface {
		MarshalProto() ([]byte, error)
		MarshalJSON() ([]byte, error)
	}{
		metrics: pmetricotlp.NewExportRequestFromMetrics(points),
		logs:    plogotlp.NewExportRequestFromLogs(records),
		traces:  ptraceotlp.NewExportRequestFromTraces(spans),
	}
}

var errUnlikely = errors.New("unlikely")

func TestItemsAreCounted(t *testing.T) {
	for s, request := range requests(t, 7) {
		proto, err := request.MarshalProto()
		require.NoError(t, err)
		json, err := request.MarshalJSON()
		require.NoError(t, err)
		for name, tt := range map[string]struct {
			signal   signal
			body     []byte
			header   http.Header
			want     int64
			noRewind bool
		}{
			"protobuf":           {s, proto, http.Header{"Content-Type": {"application/x-protobuf"}}, 7, false},
			"JSON":               {s, json, http.Header{"Content-Type": {"application/json"}}, 7, false},
			"gzip":               {s, zipped(t, proto), http.Header{"Content-Type": {"application/x-protobuf"}, "Content-Encoding": {"gzip"}}, 7, false},
			"no gzip":            {s, proto, http.Header{"Content-Type": {"application/x-protobuf"}, "Content-Encoding": {"gzip"}}, 1, false},
			"another encoding":   {s, proto, http.Header{"Content-Type": {"application/x-protobuf"}, "Content-Encoding": {"zstd"}}, 1, false},
			"another type":       {s, proto, http.Header{"Content-Type": {"text/plain"}}, 1, false},
			"nonsense":           {s, []byte("\xff\xff"), http.Header{"Content-Type": {"application/x-protobuf"}}, 1, false},
			"an unknown signal":  {other, proto, http.Header{"Content-Type": {"application/x-protobuf"}}, 1, false},
			"cannot read it now": {s, proto, http.Header{"Content-Type": {"application/x-protobuf"}}, 1, true},
		} {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, mimirEndpoint, bytes.NewReader(tt.body))
			require.NoError(t, err)
			req.Header = tt.header
			if tt.noRewind {
				req.GetBody = nil
			}
			assert.Equal(t, tt.want, countItems(req, tt.signal), "%s: %s", s, name)
		}
	}
	req := httptest.NewRequest(http.MethodPost, "/", http.NoBody)
	req.GetBody = func() (io.ReadCloser, error) { return nil, errUnlikely }
	assert.Equal(t, int64(1), countItems(req, metrics))
}

func zipped(t *testing.T, body []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, err := w.Write(body)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return out.Bytes()
}

// What the exporter drops is counted to the item and told once for each signal and cause; what it tries again is not counted.
func TestDroppedItems(t *testing.T) {
	g := startGateway(t)
	bodies := requests(t, 7)
	for _, status := range []int{400, 413, 413, 415, 422, 500, 501, 429, 502, 503, 504} {
		g.answerWith(status, "sent: "+testPair)
		for _, s := range []signal{metrics, traces} {
			body, err := bodies[s].MarshalProto()
			require.NoError(t, err)
			assert.Equal(t, status, g.send(t, "/otlp/v1/"+string(s), string(body)).StatusCode)
		}
	}
	for _, s := range []string{"metrics", "traces"} {
		for status, items := range map[string]int64{"400": 7, "413": 14, "415": 7, "422": 7, "500": 7, "501": 7} {
			assert.Equal(t, items, g.counted(t, "grafana_cloud_dropped_items")[s+" "+status], "%s %s", s, status)
		}
	}
	assert.Len(t, g.counted(t, "grafana_cloud_dropped_items"), 12)
	assert.Equal(t, int64(2), g.counted(t, "grafana_cloud_requests")["traces 413"])
	var lost []string
	for _, entry := range g.logs.FilterMessage(lineLost).All() {
		assert.Equal(t, zap.ErrorLevel, entry.Level)
		lost = append(lost, fmt.Sprint(entry.ContextMap()["signal"], " ", entry.ContextMap()["status_code"], " ", entry.ContextMap()["items"]))
	}
	assert.Equal(t, []string{
		"metrics 400 7", "traces 400 7", "metrics 413 7", "traces 413 7", "metrics 415 7", "traces 415 7", "metrics 422 7", "traces 422 7",
		"metrics 500 7", "traces 500 7",
	}, lost)
	assertNoSecret(t, g.everything(t))
}

// A redirect that the client follows with the data is no loss; any other that is not a page is one, for the exporter drops what is
// not accepted and not a 429, 502, 503 or 504.
func TestRedirectsWithoutAnEndAreLosses(t *testing.T) {
	g := startGateway(t)
	g.handler.Store(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		switch step := req.URL.Query().Get("step"); step {
		case "":
			w.Header().Set("Location", req.URL.Path+"?step=307")
			w.WriteHeader(http.StatusTemporaryRedirect)
		case "307":
			w.Header().Set("Location", req.URL.Path+"?step=308")
			w.WriteHeader(http.StatusPermanentRedirect)
		}
	}))
	assert.Equal(t, http.StatusOK, g.post(t).StatusCode)
	assert.Empty(t, g.counted(t, "grafana_cloud_dropped_items"))
	assert.Equal(t, map[string]int64{"metrics 307": 1, "metrics 308": 1, "metrics 200": 1}, g.counted(t, "grafana_cloud_requests"))
	for _, status := range []int{300, 304, 307, 308} {
		g.answerWith(status, "")
		assert.Equal(t, status, g.post(t).StatusCode)
	}
	assert.Equal(t, map[string]int64{"metrics 300": 1, "metrics 304": 1, "metrics 307": 1, "metrics 308": 1}, g.counted(t, "grafana_cloud_dropped_items"))
	assert.Equal(t, []string{"error 300 " + lineLost}, g.lines())
}

// partial is an accepting answer that rejects.
func partial(t *testing.T, s signal, rejected int64, message string) []byte {
	t.Helper()
	var body []byte
	var err error
	switch s {
	case logs:
		answer := plogotlp.NewExportResponse()
		answer.PartialSuccess().SetRejectedLogRecords(rejected)
		answer.PartialSuccess().SetErrorMessage(message)
		body, err = answer.MarshalProto()
	case traces:
		answer := ptraceotlp.NewExportResponse()
		answer.PartialSuccess().SetRejectedSpans(rejected)
		answer.PartialSuccess().SetErrorMessage(message)
		body, err = answer.MarshalProto()
	default:
		answer := pmetricotlp.NewExportResponse()
		answer.PartialSuccess().SetRejectedDataPoints(rejected)
		answer.PartialSuccess().SetErrorMessage(message)
		body, err = answer.MarshalProto()
	}
	require.NoError(t, err)
	return body
}

// What the gateway takes out of an accepted request is counted and told once for each cause, and the exporter sees the answer as it was.
func TestRejectedPoints(t *testing.T) {
	g := startGateway(t)
	send := func(s signal, rejected int64, message string) {
		want := partial(t, s, rejected, message)
		g.handler.Store(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/x-protobuf")
			_, _ = w.Write(want)
		}))
		got, err := io.ReadAll(g.send(t, "/otlp/v1/"+string(s), "points").Body)
		require.NoError(t, err)
		assert.Equal(t, string(want), string(got))
	}
	tooMany := "per-user series limit of 150000 exceeded (err-mimir-max-series-per-user) " + testPair
	send(metrics, 3, tooMany)
	send(metrics, 4, tooMany)
	send(metrics, 5, "failed: (err-mimir-sample-timestamp-too-old)")
	send(logs, 1, "entry too far behind")
	send(traces, 2, "")
	send(metrics, 0, "a warning")
	send(other, 9, "")
	assert.Equal(t, map[string]int64{"metrics": 12, "logs": 1, "traces": 2}, g.counted(t, "grafana_cloud_rejected_points"))
	var told []string
	for _, entry := range g.logs.All() {
		assert.Equal(t, "warn "+linePartial, entry.Level.String()+" "+entry.Message)
		told = append(told, fmt.Sprint(entry.ContextMap()["signal"], " ", entry.ContextMap()["items"], " ", entry.ContextMap()["meaning"]))
	}
	assert.Equal(t, []string{
		"metrics 3 " + rejectedSeries.meaning, "metrics 5 " + rejectedOld.meaning, "logs 1 " + rejectedOther.meaning, "traces 2 " + rejectedOther.meaning,
	}, told)
	assertNoSecret(t, g.everything(t))
}

func TestAnswersThatCannotBeReadAreTheExportersToJudge(t *testing.T) {
	for name, body := range map[string]io.ReadCloser{
		"broken":   struct{ io.ReadCloser }{brokenBody{}},
		"nonsense": io.NopCloser(strings.NewReader("\xff\xff")),
	} {
		tripper := newTripper(t, "Authorization=Basic YTpi", func(*http.Request) (*http.Response, error) {
			header := http.Header{"Content-Type": {"application/x-protobuf"}}
			return &http.Response{StatusCode: http.StatusOK, Header: header, Body: body, ContentLength: -1}, nil
		})
		req := httptest.NewRequest(http.MethodPost, "/otlp/v1/metrics", http.NoBody)
		resp, err := tripper.RoundTrip(req)
		require.NoError(t, err)
		got, err := io.ReadAll(resp.Body)
		assert.Equal(t, name == "broken", err != nil)
		assert.Equal(t, name == "nonsense", string(got) == "\xff\xff")
		require.NoError(t, resp.Body.Close())
	}
}

func TestLossesAreExplained(t *testing.T) {
	for message, want := range map[string]verdict{
		"(err-mimir-max-series-per-user)":        rejectedSeries,
		"(err-mimir-max-series-per-metric)":      rejectedSeries,
		"(err-mimir-sample-duplicate-timestamp)": rejectedDuplicate,
		"(err-mimir-sample-timestamp-too-old)":   rejectedOld,
		"(err-mimir-sample-out-of-order)":        rejectedOld,
		"Out of Order sample":                    rejectedOld,
		"(err-mimir-too-far-in-future)":          rejectedFuture,
		"":                                       rejectedOther,
	} {
		assert.Equal(t, want, explainRejection(message), message)
	}
	for status, want := range map[int]verdict{400: lostBad, 413: lostTooLarge, 415: lostMediaType, 405: lostOther, 500: lostServer, 501: lostServer} {
		assert.Equal(t, want, explainLoss(status), status)
	}
}

func TestNetworkErrorsAreExplained(t *testing.T) {
	in := func(err error) error { return &url.Error{Op: "Post", URL: mimirEndpoint, Err: err} }
	for name, tt := range map[string]struct {
		err  error
		want verdict
	}{
		"name":           {&net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", IsNotFound: true}}, networkName},
		"refused":        {&net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}, networkRefused},
		"proxy":          {&net.OpError{Op: "proxyconnect", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}, networkProxy},
		"authority":      {&tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}, networkAuthority},
		"other name":     {x509.HostnameError{Certificate: &x509.Certificate{}, Host: "x"}, networkCertificate},
		"expired":        {x509.CertificateInvalidError{Cert: &x509.Certificate{}, Reason: x509.Expired}, networkCertificate},
		"no TLS":         {tls.RecordHeaderError{Msg: "first record does not look like a TLS handshake"}, networkPlain},
		"HTTP to HTTPS":  {errors.New("http: server gave HTTP response to HTTPS client"), networkPlain},
		"deadline":       {context.DeadlineExceeded, networkTimeout},
		"time-out":       {&net.OpError{Op: "read", Err: os.ErrDeadlineExceeded}, networkTimeout},
		"anything else":  {io.ErrUnexpectedEOF, networkOther},
		"cut":            {&net.OpError{Op: "read", Err: os.NewSyscallError("read", syscall.ECONNRESET)}, networkOther},
		"name in a name": {fmt.Errorf("wrapped: %w", &net.DNSError{Err: "server misbehaving"}), networkName},
	} {
		t.Run(name, func(t *testing.T) { assert.Equal(t, tt.want, explainNetwork(in(tt.err))) })
	}
}

// Real connections, so that the errors are those of net/http.
func TestRealNetworkErrors(t *testing.T) {
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	encrypted := httptest.NewUnstartedServer(http.NotFoundHandler())
	encrypted.Config.ErrorLog = log.New(io.Discard, "", 0)
	encrypted.StartTLS()
	defer encrypted.Close()
	for name, tt := range map[string]struct {
		url       string
		transport *http.Transport
		want      verdict
	}{
		"no TLS":    {"https" + strings.TrimPrefix(plain.URL, "http"), &http.Transport{}, networkPlain},
		"authority": {encrypted.URL, &http.Transport{}, networkAuthority},
		"proxy":     {encrypted.URL, &http.Transport{Proxy: http.ProxyURL(&url.URL{Scheme: "http", Host: "127.0.0.1:1"})}, networkProxy},
		"refused":   {"http://127.0.0.1:1", &http.Transport{}, networkRefused},
	} {
		t.Run(name, func(t *testing.T) {
			defer tt.transport.CloseIdleConnections()
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, tt.url, http.NoBody)
			require.NoError(t, err)
			_, err = tt.transport.RoundTrip(req) //nolint:bodyclose // there is no response
			require.Error(t, err)
			assert.Equal(t, tt.want, explainNetwork(err), "%v", err)
		})
	}
}

// waited is the gauge by signal.
func (g *gateway) waited(t *testing.T) map[string]float64 {
	t.Helper()
	metric, err := g.telemetry.GetMetric("otelcol_grafana_cloud_waiting_seconds")
	require.NoError(t, err)
	all := map[string]float64{}
	for _, point := range metric.Data.(metricdata.Gauge[float64]).DataPoints {
		s, _ := point.Attributes.Value("signal")
		all[s.AsString()] = point.Value
	}
	return all
}

func TestWaitingIsMeasured(t *testing.T) {
	g := startGateway(t)
	waits := func(want float64) {
		t.Helper()
		assert.Equal(t, map[string]float64{"metrics": want, "logs": 0, "traces": 0}, g.waited(t))
	}
	answer := func(status int) {
		g.answerWith(status, "")
		g.post(t)
		g.clock.Advance(30 * time.Second)
	}
	waits(0)
	answer(200)
	waits(0)
	answer(401)
	waits(30)
	answer(503)
	answer(429)
	waits(90)
	answer(200)
	waits(0)
	answer(429)
	waits(30)
	answer(413)
	waits(0) // it was dropped, nothing waits
	assert.Equal(t, []string{
		"error 401 " + lineRefused, "info <nil> " + lineAgain, "warn 429 " + lineWaiting, "error 413 " + lineLost,
	}, g.lines())
}

// No answer is told with its cause and counted; what the exporter itself gives up, as at a stop, is neither.
func TestNoAnswer(t *testing.T) {
	g := startGateway(t)
	tripper, err := g.ext.RoundTripper(roundTripperFunc(func(req *http.Request) (*http.Response, error) {
		if err := req.Context().Err(); err != nil {
			return nil, err
		}
		return nil, &net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
	}))
	require.NoError(t, err)
	given, cancel := context.WithCancel(t.Context())
	cancel()
	for _, ctx := range []context.Context{given, t.Context(), t.Context()} {
		_, err = tripper.RoundTrip(httptest.NewRequest(http.MethodPost, "/otlp/v1/metrics", http.NoBody).WithContext(ctx)) //nolint:bodyclose // none
		require.Error(t, err)
	}
	assert.Equal(t, map[string]int64{"metrics none": 2}, g.counted(t, "grafana_cloud_requests"))
	require.Equal(t, []string{"warn <nil> " + lineWaiting}, g.lines())
	assert.Equal(t, networkRefused.meaning, g.logs.All()[0].ContextMap()["meaning"])
	g.clock.Advance(time.Minute)
	assert.Equal(t, 60.0, g.waited(t)["metrics"])
}

// A counter that an alert watches is there, and 0, before anything happens.
func TestCountersBeginAtZero(t *testing.T) {
	g := startGateway(t)
	for name, series := range map[string]int{"held_requests": 9, "dropped_items": 6, "rejected_points": 3} {
		metric, err := g.telemetry.GetMetric("otelcol_grafana_cloud_" + name)
		require.NoError(t, err)
		points := metric.Data.(metricdata.Sum[int64]).DataPoints
		assert.Len(t, points, series, name)
		for _, point := range points {
			assert.Zero(t, point.Value, name)
		}
	}
}
