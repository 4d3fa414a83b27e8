package backend_test

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/plog/plogotlp"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/pmetric/pmetricotlp"

	"github.com/otelcol-voice/otelcol-voice/test/e2e/backend"
)

var start = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

func TestWrittenPointsAreQueryable(t *testing.T) {
	b := backend.Start(t)
	post(t, b, cost("llm", start, 0, start.Add(time.Minute), 3))
	post(t, b, cost("tts", start, 0, start.Add(time.Minute), 0.5))

	at := start.Add(time.Minute)
	assert.Equal(t, backend.Vector{
		backend.Labels("cost_type", "llm"): 3,
		backend.Labels("cost_type", "tts"): 0.5,
	}, b.Query("sum by (cost_type) (voice_cost_usd_total)", at))
	assert.Equal(t, backend.Vector{backend.Labels(): 7}, b.Query("vector(7)", at))
	assert.Equal(t, backend.Vector{backend.Labels(): 7}, b.Query("7", at))

	total, found := b.Value("sum(voice_cost_usd_total)", at)
	assert.True(t, found)
	assert.Equal(t, 3.5, total)
	_, found = b.Value("sum(voice_cost_usd)", at)
	assert.False(t, found, "a counter has _total in its name")

	var names []string
	for _, series := range b.Series() {
		names = append(names, series["__name__"])
	}
	assert.ElementsMatch(t, []string{"voice_cost_usd_total", "voice_cost_usd_total"}, names)
}

// An older point is taken within Grafana Cloud's out-of-order window only.
func TestOutOfOrderWindow(t *testing.T) {
	b := backend.Start(t)
	post(t, b, cost("llm", start, 0, start.Add(3*time.Hour), 3))
	hourOld := cost("llm", start.Add(119*time.Minute), 1, start.Add(2*time.Hour), 2)
	assert.Equal(t, http.StatusOK, send(t, b, metrics, marshal(t, hourOld)))
	tooOld := cost("llm", start.Add(time.Minute), 1, start.Add(2*time.Minute), 1)
	assert.Equal(t, http.StatusBadRequest, send(t, b, metrics, marshal(t, tooOld)))
}

func TestDeltaIsRefused(t *testing.T) {
	b := backend.Start(t)
	data := cost("llm", start, 0, start.Add(time.Minute), 3)
	data.ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics().At(0).Sum().
		SetAggregationTemporality(pmetric.AggregationTemporalityDelta)
	assert.Equal(t, http.StatusInternalServerError, send(t, b, metrics, marshal(t, data)))
	assert.Empty(t, b.Metrics())
	require.Len(t, b.Requests(), 1)
	assert.Contains(t, b.Requests()[0].Answer, "invalid temporality")
}

func TestOnlyTheRightCredentials(t *testing.T) {
	b := backend.Start(t)
	request, err := http.NewRequest(http.MethodPost, b.Endpoint()+metrics, nil)
	require.NoError(t, err)
	request.Header.Set("Authorization", "Bearer glc_test")
	assert.Equal(t, http.StatusUnauthorized, do(t, request))
	assert.Contains(t, b.Requests()[0].Answer, "invalid authentication credentials")
	assert.Equal(t, http.StatusNotFound, send(t, b, "/v1/v1/metrics", nil))
}

func TestLogsAreKept(t *testing.T) {
	b := backend.Start(t)
	data := plog.NewLogs()
	data.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty().LogRecords().AppendEmpty().SetEventName("voice.call.summary")
	body, err := plogotlp.NewExportRequestFromLogs(data).MarshalProto()
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, send(t, b, "/v1/logs", body))
	require.Len(t, b.Logs(), 1)
	assert.Equal(t, data, b.Logs()[0])
	assert.Equal(t, http.StatusOK, send(t, b, "/v1/traces", nil))
	assert.Len(t, b.Traces(), 1)
}

func TestFaults(t *testing.T) {
	b := backend.Start(t)
	b.Fail(backend.Fault{Status: http.StatusTooManyRequests, RetryAfter: 8 * time.Second, Message: "slow down", Times: 1})
	body := marshal(t, cost("llm", start, 0, start.Add(time.Minute), 3))
	assert.Equal(t, http.StatusTooManyRequests, send(t, b, metrics, body))
	assert.Equal(t, http.StatusOK, send(t, b, metrics, body), "the fault was for one request")

	b.Fail(backend.Fault{Status: http.StatusServiceUnavailable})
	assert.Equal(t, http.StatusServiceUnavailable, send(t, b, metrics, body))
	b.Heal()
	assert.Equal(t, http.StatusOK, send(t, b, metrics, body))

	b.Refuse()
	_, err := http.Post(b.Endpoint()+metrics, protobuf, nil)
	require.Error(t, err)
	b.Accept()
	assert.Equal(t, http.StatusOK, send(t, b, metrics, body))
}

func TestAwait(t *testing.T) {
	b := backend.Start(t)
	go send(t, b, metrics, nil)
	assert.True(t, b.Await(func() bool { return len(b.Requests()) == 1 }))
}

const (
	metrics  = "/v1/metrics"
	protobuf = "application/x-protobuf"
)

// cost is a voice.cost.usd series with two points.
func cost(costType string, from time.Time, first float64, to time.Time, last float64) pmetric.Metrics {
	data := pmetric.NewMetrics()
	metric := data.ResourceMetrics().AppendEmpty().ScopeMetrics().AppendEmpty().Metrics().AppendEmpty()
	metric.SetName("voice.cost.usd")
	metric.SetUnit("{USD}")
	sum := metric.SetEmptySum()
	sum.SetIsMonotonic(true)
	sum.SetAggregationTemporality(pmetric.AggregationTemporalityCumulative)
	for _, p := range []struct {
		at    time.Time
		value float64
	}{{from, first}, {to, last}} {
		point := sum.DataPoints().AppendEmpty()
		point.Attributes().PutStr("cost_type", costType)
		point.SetTimestamp(pcommon.NewTimestampFromTime(p.at))
		point.SetDoubleValue(p.value)
	}
	return data
}

func marshal(t *testing.T, data pmetric.Metrics) []byte {
	t.Helper()
	body, err := pmetricotlp.NewExportRequestFromMetrics(data).MarshalProto()
	require.NoError(t, err)
	return body
}

func post(t *testing.T, b *backend.Backend, data pmetric.Metrics) {
	t.Helper()
	require.Equal(t, http.StatusOK, send(t, b, metrics, marshal(t, data)))
}

// send posts a body, compressed, and returns the status.
func send(t *testing.T, b *backend.Backend, path string, body []byte) int {
	t.Helper()
	var zipped bytes.Buffer
	w := gzip.NewWriter(&zipped)
	_, err := w.Write(body)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	request, err := http.NewRequest(http.MethodPost, b.Endpoint()+path, &zipped)
	require.NoError(t, err)
	request.Header.Set("Authorization", backend.Authorization)
	request.Header.Set("Content-Type", protobuf)
	request.Header.Set("Content-Encoding", "gzip")
	return do(t, request)
}

func do(t *testing.T, request *http.Request) int {
	t.Helper()
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	return response.StatusCode
}
