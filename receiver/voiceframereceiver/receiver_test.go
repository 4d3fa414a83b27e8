package voiceframereceiver

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/config/confighttp"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/receiver/receivertest"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/metric/metricdata/metricdatatest"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/otelcol-voice/otelcol-voice/internal/denial"
	"github.com/otelcol-voice/otelcol-voice/internal/door"
	"github.com/otelcol-voice/otelcol-voice/receiver/voiceframereceiver/internal/metadata"
	"github.com/otelcol-voice/otelcol-voice/receiver/voiceframereceiver/internal/metadatatest"
)

var now = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// bench is a receiver with sinks behind it and no socket: requests go straight to its handler.
type bench struct {
	*voiceReceiver
	clock     *clockwork.FakeClock
	metrics   *consumertest.MetricsSink
	logs      *consumertest.LogsSink
	traces    *consumertest.TracesSink
	telemetry *componenttest.Telemetry
	handler   http.Handler
}

func newBench(t testing.TB, change func(*Config)) *bench {
	telemetry := componenttest.NewTelemetry()
	set := receivertest.NewNopSettings(metadata.Type)
	set.TelemetrySettings = telemetry.NewTelemetrySettings()
	config := createDefaultConfig().(*Config)
	config.Protocols.Frames.Get().ServerConfig.NetAddr.Endpoint = "localhost:0"
	if change != nil {
		change(config)
	}
	b := &bench{
		clock: clockwork.NewFakeClockAt(now), telemetry: telemetry,
		metrics: &consumertest.MetricsSink{}, logs: &consumertest.LogsSink{}, traces: &consumertest.TracesSink{},
	}
	factory := NewFactory(WithClock(b.clock))
	metrics, err := factory.CreateMetrics(context.Background(), set, config, b.metrics)
	require.NoError(t, err)
	logs, err := factory.CreateLogs(context.Background(), set, config, b.logs)
	require.NoError(t, err)
	traces, err := factory.CreateTraces(context.Background(), set, config, b.traces)
	require.NoError(t, err)
	require.Same(t, metrics, logs, "pipelines of several signals share one receiver")
	require.Same(t, metrics, traces, "pipelines of several signals share one receiver")
	b.voiceReceiver = metrics.(*voiceReceiver)

	if frames := config.Protocols.Frames.Get(); frames != nil {
		b.handler = b.behind(t, &frames.ServerConfig, newFramesHandler(b.voiceReceiver, frames))
	}
	t.Cleanup(func() {
		assert.NoError(t, b.Shutdown(context.Background()))
		assert.NoError(t, b.Shutdown(context.Background()), "twice")
		assert.NoError(t, telemetry.Shutdown(context.Background()))
	})
	return b
}

// behind is a handler with what the server puts before it.
func (b *bench) behind(t testing.TB, config *confighttp.ServerConfig, handler http.Handler) http.Handler {
	server, err := config.ToServer(context.Background(), nil, b.settings.TelemetrySettings, handler, b.withJSONErrors(config.CompressionAlgorithms))
	require.NoError(t, err)
	return server.Handler
}

func (b *bench) post(path, body string, headers ...string) (int, string) {
	w := b.record(http.MethodPost, path, body, headers...)
	return w.Code, strings.TrimSpace(w.Body.String())
}

func (b *bench) record(method, path, body string, headers ...string) *httptest.ResponseRecorder {
	req := httptest.NewRequest(method, path, strings.NewReader(body))
	req.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	b.handler.ServeHTTP(w, req)
	return w
}

func (b *bench) do(req *http.Request) (int, string) {
	w := httptest.NewRecorder()
	b.handler.ServeHTTP(w, req)
	return w.Code, strings.TrimSpace(w.Body.String())
}

// totals adds up all points by metric name, histograms by their sum.
func (b *bench) totals() map[string]float64 {
	sums := map[string]float64{}
	for _, metrics := range b.metrics.AllMetrics() {
		for _, metric := range metrics.ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics().All() {
			if metric.Type() == pmetric.MetricTypeHistogram {
				for _, point := range metric.Histogram().DataPoints().All() {
					sums[metric.Name()] += point.Sum()
				}
				continue
			}
			for _, point := range metric.Sum().DataPoints().All() {
				sums[metric.Name()] += point.DoubleValue() + float64(point.IntValue())
			}
		}
	}
	return sums
}

func fiveLines(t testing.TB) string {
	lines, err := os.ReadFile("testdata/five_lines.ndjson")
	require.NoError(t, err)
	return string(lines)
}

var fiveLinesTotals = map[string]float64{
	"voice.calls.total":               1,
	"voice.ttfb.milliseconds":         602,
	"voice.processing.milliseconds":   1310,
	"voice.llm.tokens.total":          1079,
	"voice.tts.characters.total":      48,
	"voice.session.duration.seconds":  74.2,
	"voice.stt.session.seconds.total": 74.2,
	"voice.call.duration.seconds":     74.2,
}

func TestFiveLines(t *testing.T) {
	b := newBench(t, nil)
	status, answer := b.post("/v1/frames", fiveLines(t))
	assert.Equal(t, http.StatusOK, status)
	assert.Equal(t, `{"accepted":5,"duplicates":0,"ignored":0,"rejected":[]}`, answer)
	assert.InDeltaMapValues(t, fiveLinesTotals, b.totals(), 1e-9)
	assert.Equal(t, 1, b.logs.LogRecordCount())

	status, answer = b.post("/v1/frames", fiveLines(t))
	assert.Equal(t, http.StatusOK, status)
	assert.Equal(t, `{"accepted":0,"duplicates":5,"ignored":0,"rejected":[]}`, answer)
	assert.InDeltaMapValues(t, fiveLinesTotals, b.totals(), 1e-9)
	assert.Equal(t, 1, b.logs.LogRecordCount())
}

// However a call's lines are cut into requests, the totals are the same.
func TestShapesOfABody(t *testing.T) {
	lines := strings.Split(strings.TrimSpace(fiveLines(t)), "\n")
	for name, bodies := range map[string][]string{
		"NDJSON":             {strings.Join(lines, "\n")},
		"array":              {"[" + strings.Join(lines, ",") + "]"},
		"one by one":         lines,
		"two requests":       {strings.Join(lines[:2], "\n"), "[" + strings.Join(lines[2:], ",") + "]"},
		"with blank lines":   {"\n\n" + strings.Join(lines, "\r\n\r\n")},
		"everything twice":   {strings.Join(append(lines, lines...), "\n")},
		"each line thrice":   {strings.Join(lines, "\n"), lines[0], strings.Join(lines, "\n"), lines[4]},
		"the end come first": {lines[0], lines[4], strings.Join(lines[1:4], "\n")},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, nil)
			for _, body := range bodies {
				status, _ := b.post("/v1/frames", body)
				assert.Equal(t, http.StatusOK, status)
			}
			assert.InDeltaMapValues(t, fiveLinesTotals, b.totals(), 1e-9)
		})
	}
}

func TestWhereTheCallIDComesFrom(t *testing.T) {
	frame := func(id string) string { return `{"type":"StartFrame"` + id + `}` }
	for name, test := range map[string]struct {
		path, body, header string
		want               string
	}{
		"body":                {"/v1/frames", frame(`,"call_id":"body"`), "", "body"},
		"vendor's, last":      {"/v1/frames", `{"type":"response.done","response":{"id":"r","conversation_id":"conv"}}`, "", "conv"},
		"before the vendor's": {"/v1/frames?call_id=query", `{"type":"response.done","response":{"id":"r","conversation_id":"conv"}}`, "", "query"},
		"body before others":  {"/v1/frames/path?call_id=query", frame(`,"call_id":"body"`), "header", "body"},
		"pipecatCallId":       {"/v1/frames", frame(`,"pipecatCallId":"roark"`), "", "roark"},
		"path":                {"/v1/frames/path?call_id=query", frame(""), "header", "path"},
		"escaped path":        {"/v1/frames/a%2Fb", frame(""), "", "a/b"},
		"header":              {"/v1/frames?call_id=query", frame(""), "header", "header"},
		"query":               {"/v1/frames?call_id=query", frame(""), "", "query"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, nil)
			status, _ := b.post(test.path, test.body, "X-Call-Id", test.header)
			require.Equal(t, http.StatusOK, status)
			points := b.metrics.AllMetrics()[0].ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics().At(0).Sum().DataPoints()
			id, _ := points.At(0).Attributes().Get("call_id")
			assert.Equal(t, test.want, id.Str())
		})
	}
}

func TestWhatIsNotTaken(t *testing.T) {
	start := `{"type":"StartFrame","call_id":"c1","timestamp":1764000000.0}`
	deep := strings.Repeat(`{"a":`, 33) + "1" + strings.Repeat("}", 33)
	for name, test := range map[string]struct {
		body   string
		status int
		answer string
	}{
		"empty":                        {"", 400, `{"error":"the body holds no frame: send a JSON object, an array of objects or NDJSON"}`},
		"empty array":                  {"[]", 400, `{"error":"the body holds no frame: send a JSON object, an array of objects or NDJSON"}`},
		"not JSON":                     {"hello", 400, `{"accepted":0,"duplicates":0,"ignored":0,"rejected":[{"index":0,"reason":"expected a JSON object"}]}`},
		"a form":                       {"call_id=1", 400, `{"accepted":0,"duplicates":0,"ignored":0,"rejected":[{"index":0,"reason":"expected a JSON object"}]}`},
		"cut off":                      {start + "\n" + `{"type":"EndFr`, 200, `{"accepted":1,"duplicates":0,"ignored":0,"rejected":[{"index":1,"reason":"the message breaks off inside a string"}]}`},
		"wrong type":                   {`[{"type":"EndFrame","call_id":3},` + start + `]`, 200, `{"accepted":1,"duplicates":0,"ignored":0,"rejected":[{"index":0,"reason":"call_id: must be a string"}]}`},
		"no call id":                   {`{"type":"EndFrame"}`, 400, `{"accepted":0,"duplicates":0,"ignored":0,"rejected":[{"index":0,"reason":"no call id: set call_id in the frame, or the path /v1/frames/{call_id}, the header X-Call-Id or ?call_id="}]}`},
		"long call id":                 {`{"type":"EndFrame","call_id":"` + strings.Repeat("x", 257) + `"}`, 400, `{"accepted":0,"duplicates":0,"ignored":0,"rejected":[{"index":0,"reason":"call_id: longer than 256 bytes"}]}`},
		"control character in call id": {`{"type":"EndFrame","call_id":"a\u0000b"}`, 400, `{"accepted":0,"duplicates":0,"ignored":0,"rejected":[{"index":0,"reason":"call_id: must be UTF-8 without control characters"}]}`},
		"future":                       {`{"type":"EndFrame","call_id":"c1","timestamp":1795435801}`, 400, `{"accepted":0,"duplicates":0,"ignored":0,"rejected":[{"index":0,"reason":"timestamp: more than 10m0s in the future: check the bot's clock"}]}`},
		"too deep":                     {deep + "\n" + start, 200, `{"accepted":1,"duplicates":0,"ignored":0,"rejected":[{"index":0,"reason":"nested deeper than 32 levels"}]}`},
		"ignored":                      {`{"type":"HeartbeatFrame","call_id":"c1"}`, 200, `{"accepted":0,"duplicates":0,"ignored":1,"rejected":[]}`},
		"NaN costs its datum": {
			`{"type":"MetricsFrame","call_id":"c1","data":[{"type":"TTFBMetricsData","value":NaN},{"type":"TTFBMetricsData","value":0.1},{"type":"TTSUsageMetricsData","value":Infinity}]}`,
			200, `{"accepted":1,"duplicates":0,"ignored":0,"rejected":[{"index":0,"reason":"data[0].value: must be a finite number"},{"index":0,"reason":"data[2].value: must be a finite number"}]}`,
		},
		"absurd": {
			`{"type":"MetricsFrame","call_id":"c1","data":[{"type":"LLMUsageMetricsData","value":{"prompt_tokens":1000000000000000}}]}`,
			400, `{"accepted":0,"duplicates":0,"ignored":0,"rejected":[{"index":0,"reason":"data[0].value.prompt_tokens: must be between 0 and 1000000000 tokens"}]}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, nil)
			status, answer := b.post("/v1/frames", test.body)
			assert.Equal(t, test.status, status)
			assert.Equal(t, test.answer, answer)
		})
	}
}

func TestRequestsThatAreRefused(t *testing.T) {
	b := newBench(t, func(c *Config) { c.Protocols.Frames.Get().MaxFrames = 3 })
	gzipped := func(data string) io.Reader {
		var body bytes.Buffer
		w := gzip.NewWriter(&body)
		_, _ = w.Write([]byte(data))
		_ = w.Close()
		return &body
	}
	request := func(method, path string, body io.Reader, headers ...string) *http.Request {
		req := httptest.NewRequest(method, path, body)
		for i := 0; i < len(headers); i += 2 {
			req.Header.Set(headers[i], headers[i+1])
		}
		return req
	}
	start := `{"type":"StartFrame","call_id":"c1"}`
	for name, test := range map[string]struct {
		req    *http.Request
		status int
		reason string
	}{
		"method":           {request("GET", "/v1/frames", nil), 405, "only POST"},
		"path":             {request("POST", "/v1/frame", strings.NewReader(start)), 404, "POST to /v1/frames"},
		"deeper path":      {request("POST", "/v1/frames/a/b", strings.NewReader(start)), 404, "POST to /v1/frames"},
		"content type":     {request("POST", "/v1/frames", strings.NewReader(start), "Content-Type", "application/x-www-form-urlencoded"), 415, "Content-Type: application/json"},
		"bad content type": {request("POST", "/v1/frames", strings.NewReader(start), "Content-Type", ";;"), 415, "Content-Type: application/json"},
		"encoding":         {request("POST", "/v1/frames", strings.NewReader(start), "Content-Encoding", "br"), 415, "Content-Encoding must be gzip"},
		"zstd":             {request("POST", "/v1/frames", strings.NewReader(start), "Content-Encoding", "zstd"), 415, "Content-Encoding must be gzip"},
		"not gzip":         {request("POST", "/v1/frames", strings.NewReader(start), "Content-Encoding", "gzip"), 400, "not gzip"},
		"cut-off gzip":     {request("POST", "/v1/frames", io.LimitReader(gzipped(strings.Repeat(start, 3)), 30), "Content-Encoding", "gzip"), 400, "cut off"},
		"5 MiB":            {request("POST", "/v1/frames", strings.NewReader(strings.Repeat(" ", 5<<20))), 413, "larger than 4194304 bytes"},
		"gzip bomb":        {request("POST", "/v1/frames", gzipped(strings.Repeat(" ", 64<<20)), "Content-Encoding", "gzip"), 413, "larger than 4194304 bytes"},
		"too many frames":  {request("POST", "/v1/frames", strings.NewReader(strings.Repeat(start, 4))), 413, "more than 3 frames and data"},
		"nothing wrong":    {request("POST", "/v1/frames", gzipped(start), "Content-Encoding", "gzip"), 200, `"accepted":1`},
	} {
		t.Run(name, func(t *testing.T) {
			status, answer := b.do(test.req)
			assert.Equal(t, test.status, status)
			assert.Contains(t, answer, test.reason)
			assert.True(t, json.Valid([]byte(answer)))
		})
	}
	assert.Equal(t, map[string]float64{"voice.calls.total": 1}, b.totals())
}

// What the pipeline refuses has changed nothing: the same request is taken whole when it comes again.
func TestRefusedRequestsAreTakenWhenTheyComeAgain(t *testing.T) {
	for name, test := range map[string]struct {
		err    error
		status int
	}{
		"overload":  {errors.New("data refused due to high memory usage"), http.StatusServiceUnavailable},
		"permanent": {consumererror.NewPermanent(errors.New("no")), http.StatusBadRequest},
	} {
		t.Run(name, func(t *testing.T) {
			for _, refusing := range []string{"metrics", "logs", "traces"} {
				if refusing != "metrics" && consumererror.IsPermanent(test.err) {
					continue // the numbers are taken all the same, see below
				}
				b := newBench(t, nil)
				refuse := consumertest.NewErr(test.err)
				switch refusing {
				case "metrics":
					b.pipeline.Metrics = refuse
				case "logs":
					b.pipeline.Logs = refuse
				case "traces":
					b.pipeline.Traces = refuse
				}
				status, answer := b.post("/v1/frames", fiveLines(t))
				assert.Equal(t, test.status, status)
				assert.NotContains(t, answer, test.err.Error())
				assert.Zero(t, b.calls.Active()[""])

				b.pipeline.Metrics, b.pipeline.Logs, b.pipeline.Traces = b.metrics, b.logs, b.traces
				status, answer = b.post("/v1/frames", fiveLines(t))
				assert.Equal(t, http.StatusOK, status)
				assert.Contains(t, answer, `"accepted":5`)
				assert.InDeltaMapValues(t, fiveLinesTotals, b.totals(), 1e-9)
			}
		})
	}
}

// Why a component of ours refuses is told, cut to what is worth reading; what others say may hold secrets.
func TestReasonOfARefusal(t *testing.T) {
	ours := denial.Error{Reason: `there is no price for "talk-2"`}
	for name, test := range map[string]struct {
		err  error
		want string
	}{
		"ours":            {ours, `: there is no price for "talk-2"`},
		"ours of two":     {errors.Join(errors.New("s3cret"), ours), `: there is no price for "talk-2"`},
		"ours, very long": {denial.Error{Reason: strings.Repeat("é", 600)}, ": " + strings.Repeat("é", 256) + "..."},
		"another's":       {errors.New("s3cret"), ": see the collector's log"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, nil)
			b.pipeline.Metrics = consumertest.NewErr(consumererror.NewPermanent(test.err))
			status, answer := b.post("/v1/frames", fiveLines(t))
			assert.Equal(t, http.StatusBadRequest, status)
			var body errorBody
			require.NoError(t, json.Unmarshal([]byte(answer), &body))
			assert.Equal(t, "the pipeline refuses this data for good"+test.want, body.Error)
		})
	}
}

// Spans or summaries that are refused for good cost no number, and no answer but where there is nothing else.
func TestWhatIsRefusedForGoodTakesNoMetricsWithIt(t *testing.T) {
	never := consumertest.NewErr(consumererror.NewPermanent(errors.New("no")))
	for name, refuse := range map[string]func(*door.Outlet){
		"spans":     func(p *door.Outlet) { p.Traces = never },
		"summaries": func(p *door.Outlet) { p.Logs = never },
		"both":      func(p *door.Outlet) { p.Traces, p.Logs = never, never },
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, nil)
			core, logs := observer.New(zapcore.ErrorLevel)
			b.settings.Logger = zap.New(core)
			refuse(&b.pipeline)
			for _, line := range strings.Split(strings.TrimSpace(fiveLines(t)), "\n") {
				status, answer := b.post("/v1/frames", line)
				assert.Equal(t, http.StatusOK, status)
				assert.Contains(t, answer, `"accepted":1`)
			}
			assert.InDeltaMapValues(t, fiveLinesTotals, b.totals(), 1e-9)
			assert.Equal(t, 1, logs.FilterMessageSnippet("refused for good and lost").Len())

			b.clock.Advance(time.Minute)
			_, _ = b.post("/v1/frames", strings.ReplaceAll(fiveLines(t), "550e8400", "660e8400"))
			assert.Equal(t, 2, logs.Len())

			b.pipeline.Metrics = nil
			status, answer := b.post("/v1/frames", strings.ReplaceAll(fiveLines(t), "550e8400", "770e8400"))
			assert.Equal(t, http.StatusBadRequest, status)
			assert.Contains(t, answer, "refuses this data for good")
		})
	}
}

// A call id that is not UTF-8 would make backends refuse the whole export that it is in.
func TestCallIDMustBeText(t *testing.T) {
	b := newBench(t, nil)
	for _, path := range []string{"/v1/frames/%ff%fe", "/v1/frames?call_id=%ff", "/v1/frames/a%00b"} {
		status, answer := b.post(path, `{"type":"StartFrame"}`)
		assert.Equal(t, http.StatusBadRequest, status)
		assert.Contains(t, answer, "call_id: must be UTF-8 without control characters")
	}
	status, _ := b.post("/v1/frames", `{"type":"StartFrame"}`, "X-Call-Id", "\xff")
	assert.Equal(t, http.StatusBadRequest, status)
}

// What a few kilobytes can claim is bounded: in data, before any is taken, and in the answer.
func TestABodyOfManyData(t *testing.T) {
	b := newBench(t, nil)
	frameOf := func(n int, datum string) string {
		return `{"type":"MetricsFrame","call_id":"c1","data":[` + datum + strings.Repeat(","+datum, n-1) + "]}\n"
	}
	good := `{"type":"TTFBMetricsData","value":0.1}`

	status, answer := b.post("/v1/frames", strings.Repeat(frameOf(1000, good), 11))
	assert.Equal(t, http.StatusRequestEntityTooLarge, status)
	assert.Equal(t, `{"error":"more than 10000 frames and data in one body: send fewer at once"}`, answer)
	assert.Empty(t, b.metrics.AllMetrics())

	status, answer = b.post("/v1/frames", frameOf(100_000, "{}"))
	assert.Equal(t, http.StatusBadRequest, status)
	assert.Contains(t, answer, "data: more than 1000 data in one frame")

	status, answer = b.post("/v1/frames", strings.Repeat(frameOf(1000, "{}"), 9))
	assert.Equal(t, http.StatusBadRequest, status)
	var got struct {
		Rejected []rejection `json:"rejected"`
	}
	require.NoError(t, json.Unmarshal([]byte(answer), &got))
	require.Len(t, got.Rejected, 101)
	assert.Equal(t, rejection{Index: 8, Reason: "and 8900 more up to here"}, got.Rejected[100])
}

// Frames that have no identity of their own take it from the request, so that it can be sent again.
func TestIdempotencyKey(t *testing.T) {
	b := newBench(t, nil)
	body := `{"kind":"tts","call_id":"c1","characters":5}` + "\n" + `{"kind":"tts","call_id":"c1","characters":5}`
	for _, want := range []string{`"accepted":2,"duplicates":0`, `"accepted":0,"duplicates":2`} {
		_, answer := b.post("/v1/frames", body, "Idempotency-Key", "batch-1")
		assert.Contains(t, answer, want)
	}
	_, answer := b.post("/v1/frames", body, "Idempotency-Key", "batch-2")
	assert.Contains(t, answer, `"accepted":2`)
	_, answer = b.post("/v1/frames", body)
	assert.Contains(t, answer, `"accepted":2`)
	assert.Equal(t, 30.0, b.totals()["voice.tts.characters.total"])
}

func TestRetryAfter(t *testing.T) {
	b := newBench(t, func(c *Config) { c.MaxCalls = 1 })
	_, _ = b.post("/v1/frames/one", `{"type":"StartFrame"}`)
	req := httptest.NewRequest(http.MethodPost, "/v1/frames/two", strings.NewReader(`{"type":"StartFrame"}`))
	w := httptest.NewRecorder()
	b.handler.ServeHTTP(w, req)
	assert.Equal(t, http.StatusServiceUnavailable, w.Code)
	assert.Equal(t, "1", w.Header().Get("Retry-After"))
	assert.Contains(t, w.Body.String(), "max_calls")
}

// A body that alone begins more calls than may be open can never be taken, and says so.
func TestBodyOfTooManyCalls(t *testing.T) {
	b := newBench(t, func(c *Config) { c.MaxCalls = 1 })
	status, answer := b.post("/v1/frames", `[{"call_id":"one","type":"StartFrame"},{"call_id":"two","type":"StartFrame"}]`)
	assert.Equal(t, http.StatusRequestEntityTooLarge, status)
	assert.Contains(t, answer, "max_calls")
	assert.Empty(t, b.totals())
}

func TestIdleCallsEndAndActiveCallsAreReported(t *testing.T) {
	b := newBench(t, nil)
	require.NoError(t, b.Start(context.Background(), componenttest.NewNopHost()))
	_, _ = b.post("/v1/frames/c1", `{"type":"StartFrame"}`)
	assert.Equal(t, 1, b.calls.Active()[""])

	require.NoError(t, b.clock.BlockUntilContext(context.Background(), 1))
	for range 30 {
		b.clock.Advance(10 * time.Second)
		require.Eventually(t, func() bool { return b.reported(b.clock.Now()) }, 5*time.Second, time.Millisecond)
	}
	assert.Zero(t, b.calls.Active()[""])
	require.Equal(t, 1, b.logs.LogRecordCount())
	reason, _ := b.logs.AllLogs()[0].ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(0).Attributes().Get("end_reason")
	assert.Equal(t, "idle_timeout", reason.Str())
}

// During an outage of the metrics pipeline an idle call is ended once, when it is over, with one summary.
func TestIdleCallDuringAnOutage(t *testing.T) {
	b := newBench(t, nil)
	_, _ = b.post("/v1/frames/c1", `{"type":"StartFrame"}`)
	b.pipeline.Metrics = consumertest.NewErr(errors.New("queue is full"))
	for i := range 30 {
		b.tick(context.Background(), now.Add(5*time.Minute+time.Duration(i)*10*time.Second))
	}
	assert.Equal(t, 1, b.calls.Active()[""])
	b.pipeline.Metrics = b.metrics
	b.tick(context.Background(), now.Add(11*time.Minute))
	assert.Zero(t, b.calls.Active()[""])
	assert.Equal(t, 1, b.logs.LogRecordCount())
	assert.Equal(t, 1.0, b.totals()["voice.calls.total"])

	// One that is refused for good does not keep the others from ending.
	_, _ = b.post("/v1/frames/c2", `{"type":"StartFrame"}`)
	b.pipeline.Metrics = consumertest.NewErr(consumererror.NewPermanent(errors.New("no")))
	b.tick(context.Background(), now.Add(17*time.Minute))
	assert.Zero(t, b.calls.Active()[""])
}

// A summary that is refused for good does not take the call's last metrics with it, and is not tried again while they wait.
func TestIdleCallWhoseSummaryIsRefusedForGood(t *testing.T) {
	b := newBench(t, nil)
	_, _ = b.post("/v1/frames/c1", `{"type":"StartFrame","stt_model":"gladia","timestamp":1764000000}`+"\n"+`{"type":"BotStartedSpeakingFrame","timestamp":1764000030}`)
	b.pipeline.Logs = consumertest.NewErr(consumererror.NewPermanent(errors.New("no")))
	b.pipeline.Metrics = consumertest.NewErr(errors.New("queue is full"))
	b.tick(context.Background(), now.Add(5*time.Minute))
	assert.Equal(t, 1, b.calls.Active()[""])
	b.pipeline.Logs, b.pipeline.Metrics = b.logs, b.metrics
	b.tick(context.Background(), now.Add(6*time.Minute))
	assert.Zero(t, b.calls.Active()[""])
	assert.Zero(t, b.logs.LogRecordCount())
	assert.Equal(t, 30.0, b.totals()["voice.stt.session.seconds.total"])
	assert.Equal(t, 1.0, b.totals()["voice.turns.total"])
}

// Session time of speech recognition is held back until a call ends; the collector's end is as good.
func TestShutdownSettlesOpenCalls(t *testing.T) {
	b := newBench(t, nil)
	lines := strings.Split(fiveLines(t), "\n")
	_, _ = b.post("/v1/frames", strings.Join(lines[:4], "\n"))
	assert.NotContains(t, b.totals(), "voice.stt.session.seconds.total")
	require.NoError(t, b.Shutdown(context.Background()))
	assert.InDelta(t, 3.4, b.totals()["voice.stt.session.seconds.total"], 1e-9)
}

// reported says whether the active calls of a tick are in the sink.
func (b *bench) reported(tick time.Time) bool {
	for _, metrics := range b.metrics.AllMetrics() {
		metric := metrics.ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics().At(0)
		if metric.Name() == "voice.calls.active" && metric.Sum().DataPoints().At(0).Timestamp().AsTime().Equal(tick) {
			return true
		}
	}
	return false
}

func TestSelfTelemetry(t *testing.T) {
	b := newBench(t, nil)
	require.NoError(t, b.observe())
	_, _ = b.post("/v1/frames", fiveLines(t))
	_, _ = b.post("/v1/frames", fiveLines(t))
	_, _ = b.post("/v1/frames/550e8400-e29b-41d4-a716-446655440000", `{"kind":"stt","audio_seconds":5,"timestamp":1764000080}`)
	second := `{"type":"MetricsFrame","data":[{"type":"TTFBMetricsData","value":0},{"type":"TTFBMetricsData","value":"x"}]}` + "\n{}\nhello\n" + `{"kind":"ttfa"}`
	_, _ = b.post("/v1/frames/c2", second)
	_, _ = b.post("/v1/frames", "")
	_, _ = b.post("/v1/frames", "{}", "Content-Encoding", "zstd")
	_, _ = b.post("/v1/frames", "{}", "Content-Encoding", "gzip")

	outcome := func(n int64, outcome, reason, dialect string) metricdata.DataPoint[int64] {
		return metricdata.DataPoint[int64]{Value: n, Attributes: attribute.NewSet(
			attribute.String("outcome", outcome), attribute.String("reason", reason), attribute.String("dialect", dialect))}
	}
	one := func(n int64, attributes ...attribute.KeyValue) metricdata.DataPoint[int64] {
		return metricdata.DataPoint[int64]{Value: n, Attributes: attribute.NewSet(attributes...)}
	}
	ignore := []metricdatatest.Option{metricdatatest.IgnoreTimestamp(), metricdatatest.IgnoreExemplars()}
	metadatatest.AssertEqualReceiverVoiceFrameFrames(t, b.telemetry, []metricdata.DataPoint[int64]{
		outcome(6, "accepted", "", "pipecat"), outcome(5, "duplicate", "", "pipecat"), outcome(1, "late", "", "pipecat"),
		outcome(1, "ignored", "", "pipecat"),
		outcome(1, "rejected", "unknown_message", "unknown"), outcome(1, "rejected", "wrong_type", "unknown"),
	}, ignore...)
	metadatatest.AssertEqualReceiverVoiceFrameDataDropped(t, b.telemetry, []metricdata.DataPoint[int64]{
		one(1, attribute.String("reason", "sentinel")),
	}, ignore...)
	metadatatest.AssertEqualReceiverVoiceFrameDataRejected(t, b.telemetry, []metricdata.DataPoint[int64]{
		one(1, attribute.String("reason", "wrong_type")),
	}, ignore...)
	metadatatest.AssertEqualReceiverVoiceFrameActiveCalls(t, b.telemetry, []metricdata.DataPoint[int64]{one(1)}, ignore...)
	metadatatest.AssertEqualReceiverVoiceFrameInFlightBytes(t, b.telemetry, []metricdata.DataPoint[int64]{one(0)}, ignore...)
	metadatatest.AssertEqualReceiverVoiceFrameWebsocketConnections(t, b.telemetry, []metricdata.DataPoint[int64]{one(0)}, ignore...)
	metadatatest.AssertEqualReceiverVoiceFrameBytes(t, b.telemetry, []metricdata.DataPoint[int64]{
		one(int64(2*len(fiveLines(t)) + len(`{"kind":"stt","audio_seconds":5,"timestamp":1764000080}`) + len(second))),
	}, ignore...)
	metadatatest.AssertEqualReceiverVoiceFrameRequests(t, b.telemetry, []metricdata.DataPoint[int64]{
		one(4, attribute.Int("status_code", 200)), one(2, attribute.Int("status_code", 400)), one(1, attribute.Int("status_code", 415)),
	}, ignore...)

	delay, err := b.telemetry.GetMetric("otelcol_receiver_voice_frame_delay")
	require.NoError(t, err)
	points := delay.Data.(metricdata.Histogram[float64]).DataPoints
	require.Len(t, points, 1)
	assert.Equal(t, uint64(2), points[0].Count, "one a request, where a frame has a timestamp")
	assert.InDelta(t, now.Sub(time.Unix(1764000000, 0)).Seconds()+now.Sub(time.Unix(1764000080, 0)).Seconds(), points[0].Sum, 1e-6)

	duration, err := b.telemetry.GetMetric("otelcol_receiver_voice_frame_request_duration")
	require.NoError(t, err)
	assert.Len(t, duration.Data.(metricdata.Histogram[float64]).DataPoints, 2, "200 and 400")
}

// 64 posters over real sockets and a shutdown in their midst: what was answered 200 is in the sink, exactly once.
func TestConcurrentPostersAndShutdown(t *testing.T) {
	b, address := started(t, nil)
	transport := &http.Transport{MaxIdleConnsPerHost: 64}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport}

	var answered [64][]int // by poster, the frames that were
	var taken atomic.Int64
	enough := make(chan struct{})
	once := sync.OnceFunc(func() { close(enough) })
	var posters sync.WaitGroup
	for p := range answered {
		posters.Go(func() {
			for i := range 10_000 {
				for range 2 { // a retry of the same frame must not count twice
					path := fmt.Sprintf("http://%s/v1/frames/call-%d", address, (p+i)%16)
					answer, err := client.Post(path, "application/json", strings.NewReader(spoken(i*64+p)))
					if err != nil {
						return
					}
					_ = answer.Body.Close()
					if answer.StatusCode == http.StatusOK {
						answered[p] = append(answered[p], i)
					}
					if taken.Add(1) >= 3000 {
						once()
					}
				}
			}
		})
	}
	<-enough
	require.NoError(t, b.Shutdown(context.Background()))
	posters.Wait()
	seen := b.timesSeen()
	for p, frames := range answered {
		for _, i := range frames {
			if times := seen[fmt.Sprintf("call-%d", (p+i)%16)][int64(1764000000+i*64+p)]; times != 1 {
				t.Errorf("frame %d of poster %d is there %d times", i, p, times)
			}
		}
	}
	assert.Equal(t, b.totals()["voice.tts.characters.total"], float64(len(b.identities())), "no identity is there twice")
}

// identities are the calls and voice.tx.id of what was spoken.
func (b *bench) identities() map[[2]string]bool {
	ids := map[[2]string]bool{}
	for _, metrics := range b.metrics.AllMetrics() {
		for _, metric := range metrics.ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics().All() {
			if metric.Name() != "voice.tts.characters.total" {
				continue
			}
			for _, point := range metric.Sum().DataPoints().All() {
				call, _ := point.Attributes().Get("call_id")
				id, _ := point.Attributes().Get("voice.tx.id")
				ids[[2]string{call.Str(), id.Str()}] = true
			}
		}
	}
	return ids
}

func freeAddress(t *testing.T) string {
	listener, err := net.Listen("tcp", "localhost:0")
	require.NoError(t, err)
	defer listener.Close()
	return listener.Addr().String()
}

// A shutdown that runs out of time cuts requests off, and does not wait for what they wait for.
func TestShutdownOutOfTime(t *testing.T) {
	address := freeAddress(t)
	b := newBench(t, func(c *Config) { c.Protocols.Frames.Get().ServerConfig.NetAddr.Endpoint = address })
	stuck, release := make(chan struct{}), make(chan struct{})
	next, err := consumer.NewMetrics(func(context.Context, pmetric.Metrics) error {
		close(stuck)
		<-release
		return nil
	})
	require.NoError(t, err)
	b.pipeline.Metrics = next
	require.NoError(t, b.Start(context.Background(), componenttest.NewNopHost()))
	answered := make(chan error)
	go func() {
		_, err := http.Post("http://"+address+"/v1/frames/c1", "application/json", strings.NewReader(`{"type":"StartFrame"}`))
		answered <- err
	}()
	<-stuck
	expired, cancel := context.WithCancel(context.Background())
	cancel()
	require.ErrorIs(t, b.Shutdown(expired), context.Canceled)
	assert.Error(t, <-answered, "its connection is closed")
	close(release)
	b.handling.Wait()
	b.running.Wait()
	b.stopErr = nil
}

// A request that is cut off before it was delivered has changed nothing, and is not answered 200.
func TestRequestsThatAreCutOff(t *testing.T) {
	b := newBench(t, nil)
	ended, end := context.WithCancel(context.Background())
	end()
	status, _ := b.do(httptest.NewRequest(http.MethodPost, "/v1/frames/c1", strings.NewReader(spoken(0))).WithContext(ended))
	assert.Equal(t, http.StatusServiceUnavailable, status)
	assert.Empty(t, b.metrics.AllMetrics())
	assert.Zero(t, b.openCalls())
	_, answer := b.post("/v1/frames/c1", spoken(0))
	assert.Contains(t, answer, `"accepted":1`)
}

func TestStartFailsOnATakenPort(t *testing.T) {
	listener, err := net.Listen("tcp", "localhost:0")
	require.NoError(t, err)
	defer listener.Close()
	b := newBench(t, func(c *Config) {
		c.Protocols.Frames.Get().ServerConfig.NetAddr.Endpoint = listener.Addr().String()
	})
	err = b.Start(context.Background(), componenttest.NewNopHost())
	assert.ErrorContains(t, err, "protocols::frames::endpoint")
}

func TestAnySubsetOfSignals(t *testing.T) {
	for _, on := range []struct{ metrics, logs, traces bool }{{true, false, false}, {false, true, false}, {false, false, true}, {true, false, true}} {
		b := newBench(t, nil)
		b.pipeline.Metrics, b.pipeline.Logs, b.pipeline.Traces = nil, nil, nil
		if on.metrics {
			b.pipeline.Metrics = b.metrics
		}
		if on.logs {
			b.pipeline.Logs = b.logs
		}
		if on.traces {
			b.pipeline.Traces = b.traces
		}
		status, answer := b.post("/v1/frames", fiveLines(t))
		assert.Equal(t, http.StatusOK, status)
		assert.Contains(t, answer, `"accepted":5`)
		assert.Equal(t, on.metrics, len(b.metrics.AllMetrics()) > 0)
		assert.Equal(t, on.logs, b.logs.LogRecordCount() == 1)
		assert.Equal(t, on.traces, b.traces.SpanCount() > 0)
	}
}

// What a request announces is no more than its word: it gets no memory for it, and the largest number is one like another.
func TestRequestsThatAnnounceTooMuch(t *testing.T) {
	for name, test := range map[string]struct {
		b          *bench
		path, body string
	}{
		"frames":   {newBench(t, nil), "/v1/frames/c1", spoken(0)},
		"webhooks": {hooked(t, nil), "/v1/webhooks/vapi", "c1"},
	} {
		t.Run(name, func(t *testing.T) {
			req := httptest.NewRequest(http.MethodPost, test.path, strings.NewReader(test.body))
			req.ContentLength = math.MaxInt64
			status, answer := test.b.do(req)
			assert.Equal(t, http.StatusOK, status, answer)
		})
	}
	assert.Equal(t, int64(64<<10+bytes.MinRead), roomFor(math.MaxInt64))
	assert.Equal(t, int64(bytes.MinRead), roomFor(-1), "where nothing is announced")
	assert.Equal(t, int64(10+bytes.MinRead), roomFor(10))
}
