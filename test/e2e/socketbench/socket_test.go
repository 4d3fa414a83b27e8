//go:build unix

package socketbench

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/config/confighttp"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/pmetric/pmetricotlp"
	"go.opentelemetry.io/collector/receiver"
	"go.opentelemetry.io/collector/receiver/otlpreceiver"
	"go.opentelemetry.io/collector/receiver/receivertest"

	"github.com/otelcol-voice/otelcol-voice/receiver/voiceframereceiver"
	"github.com/otelcol-voice/otelcol-voice/test/e2e/meter"
)

// sizes are how many frames a body holds.
var sizes = []int{1, 10, 100, 1000}

// BenchmarkSocket is the way of a body from the socket to a consumer that does nothing. voice_frame takes frames as NDJSON;
// otlp_json and otlp_proto are the stock receiver, which takes the very data points that voice_frame makes of the same
// frames; http is the same server with a handler that only reads the body, which is in each of the others. A single
// connection waits for each answer, and the client shares the core, so that frames/s/core is on the careful side.
func BenchmarkSocket(b *testing.B) {
	for _, size := range sizes {
		bot := newBot(size)
		points := emitted(b, bot)
		otlp := pmetricotlp.NewExportRequestFromMetrics(points)
		asJSON, err := otlp.MarshalJSON()
		require.NoError(b, err)
		asProto, err := otlp.MarshalProto()
		require.NoError(b, err)

		frames := request("/v1/frames", "application/x-ndjson", bot.body)
		bot.body = frames[len(frames)-len(bot.body):]
		number := func() { bot.next() }
		same := func() {}

		b.Run(fmt.Sprintf("voice_frame/%d", size), func(b *testing.B) { measure(b, ours(b, consumertest.NewNop()), frames, size, number) })
		b.Run(fmt.Sprintf("otlp_json/%d", size), func(b *testing.B) {
			measure(b, stock(b), request("/v1/metrics", "application/json", asJSON), size, same)
		})
		b.Run(fmt.Sprintf("otlp_proto/%d", size), func(b *testing.B) {
			measure(b, stock(b), request("/v1/metrics", "application/x-protobuf", asProto), size, same)
		})
		b.Run(fmt.Sprintf("http/%d", size), func(b *testing.B) { measure(b, bare(b), frames, size, number) })
	}
}

// measure posts the request over and over; prepare changes it before each.
func measure(b *testing.B, address string, request []byte, frames int, prepare func()) {
	c := dial(b, address)
	b.SetBytes(int64(len(request)))
	b.ReportAllocs()
	cost := meter.Start()
	for b.Loop() {
		prepare()
		status, err := c.post(request)
		if err != nil || status != http.StatusOK {
			b.Fatal(status, err)
		}
	}
	cost.Report(b, b.N*frames, "frame")
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*frames), "ns/frame")
}

// emitted is what voice_frame makes of a bot's body.
func emitted(b *testing.B, bot *bot) pmetric.Metrics {
	sink := &consumertest.MetricsSink{}
	status, err := dial(b, ours(b, sink)).post(request("/v1/frames", "application/x-ndjson", bot.next()))
	require.NoError(b, err)
	require.Equal(b, http.StatusOK, status)
	require.Len(b, sink.AllMetrics(), 1)
	require.GreaterOrEqual(b, sink.DataPointCount(), len(bot.ids))
	return sink.AllMetrics()[0]
}

func ours(b *testing.B, next consumer.Metrics) string {
	return start(b, voiceframereceiver.NewFactory(), "frames", next)
}

func stock(b *testing.B) string {
	return start(b, otlpreceiver.NewFactory(), "http", consumertest.NewNop())
}

// start starts a receiver on a free port, with its defaults but for a body size that holds the largest of all bodies here.
func start(b *testing.B, factory receiver.Factory, protocol string, next consumer.Metrics) string {
	address := free(b)
	config := factory.CreateDefaultConfig()
	require.NoError(b, confmap.NewFromStringMap(map[string]any{"protocols": map[string]any{
		protocol: map[string]any{"endpoint": address, "max_request_body_size": 64 << 20},
	}}).Unmarshal(config))
	r, err := factory.CreateMetrics(context.Background(), receivertest.NewNopSettings(factory.Type()), config, next)
	require.NoError(b, err)
	run(b, r)
	return address
}

func run(b *testing.B, c component.Component) {
	require.NoError(b, c.Start(context.Background(), componenttest.NewNopHost()))
	b.Cleanup(func() { require.NoError(b, c.Shutdown(context.Background())) })
}

// bare is the server of both receivers with nothing behind it.
func bare(b *testing.B) string {
	config := confighttp.NewDefaultServerConfig()
	config.NetAddr.Endpoint = free(b)
	handler := http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		_, _ = io.ReadAll(req.Body)
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"accepted":1,"duplicates":0,"ignored":0,"rejected":[]}`)
	})
	server, err := config.ToServer(context.Background(), nil, componenttest.NewNopTelemetrySettings(), handler)
	require.NoError(b, err)
	listener, err := config.ToListener(context.Background())
	require.NoError(b, err)
	go func() { _ = server.Serve(listener) }()
	b.Cleanup(func() { require.NoError(b, server.Close()) })
	return config.NetAddr.Endpoint
}

// free is an address that nobody listens on.
func free(b *testing.B) string {
	listener, err := net.Listen("tcp", "localhost:0")
	require.NoError(b, err)
	defer func() { require.NoError(b, listener.Close()) }()
	return listener.Addr().String()
}
