// Package backend is the far end of the pipeline for tests: a real Prometheus in the process of the test (its OTLP
// handler, TSDB, PromQL engine and rule engine) behind an HTTP server on a loopback port, with the paths and the
// authentication of Grafana Cloud's OTLP gateway.
package backend

import (
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/prometheus/config"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/storage/remote"
	"github.com/prometheus/prometheus/tsdb"
	"github.com/stretchr/testify/require"
)

// Authorization is the header that the backend wants: Basic 123456:glc_test.
const Authorization = "Basic MTIzNDU2OmdsY190ZXN0"

const (
	// lookback is Prometheus's default: how long a sample answers instant queries.
	lookback = 5 * time.Minute
	// outOfOrder is what Grafana Cloud allows; a Prometheus out of the box allows nothing.
	outOfOrder = 2 * time.Hour
	// patience bounds every wait for data; it only matters when a test fails.
	patience = time.Minute
)

// Backend is one running Prometheus. Its methods are safe for concurrent use.
type Backend struct {
	tb      testing.TB
	db      *tsdb.DB
	engine  *promql.Engine
	ingest  http.Handler
	address string

	mu       sync.Mutex
	server   *httptest.Server // nil while connections are refused
	fault    *Fault
	requests []Request
	arrived  chan struct{} // closed when the next request has been answered
}

// Start runs a backend with an empty database until the test ends.
func Start(tb testing.TB) *Backend {
	tb.Helper()
	db := openDB(tb)
	b := &Backend{
		tb:      tb,
		db:      db,
		engine:  newEngine(tb),
		ingest:  otlpHandler(db),
		arrived: make(chan struct{}),
	}
	b.listen("127.0.0.1:0")
	tb.Cleanup(b.Refuse)
	return b
}

// Endpoint is what a bot or a collector sets OTEL_EXPORTER_OTLP_ENDPOINT to.
func (b *Backend) Endpoint() string { return "http://" + b.address + "/otlp" }

// Env is the two variables of the guide's .env file for this backend.
func (b *Backend) Env() map[string]string {
	return map[string]string{
		"OTEL_EXPORTER_OTLP_ENDPOINT": b.Endpoint(),
		"OTEL_EXPORTER_OTLP_HEADERS":  "Authorization=" + Authorization,
	}
}

// Refuse closes the port: connections are refused until Accept.
func (b *Backend) Refuse() {
	b.mu.Lock()
	server := b.server
	b.server = nil
	b.mu.Unlock()
	if server != nil {
		server.CloseClientConnections()
		server.Close()
	}
}

// Accept opens the port again after Refuse.
func (b *Backend) Accept() {
	b.tb.Helper()
	b.listen(b.address)
}

func (b *Backend) listen(address string) {
	b.tb.Helper()
	listener, err := net.Listen("tcp", address)
	require.NoError(b.tb, err)
	server := httptest.NewUnstartedServer(b.routes())
	require.NoError(b.tb, server.Listener.Close())
	server.Listener = listener
	server.Start()

	b.mu.Lock()
	defer b.mu.Unlock()
	b.server, b.address = server, listener.Addr().String()
}

func openDB(tb testing.TB) *tsdb.DB {
	tb.Helper()
	options := tsdb.DefaultOptions()
	options.OutOfOrderTimeWindow = outOfOrder.Milliseconds()
	options.RetentionDuration = 0
	options.EnableExemplarStorage = true
	options.MaxExemplars = 100_000
	db, err := tsdb.Open(tb.TempDir(), slog.New(slog.DiscardHandler), nil, options, tsdb.NewDBStats())
	require.NoError(tb, err)
	tb.Cleanup(func() { require.NoError(tb, db.Close()) })
	return db
}

func newEngine(tb testing.TB) *promql.Engine {
	tb.Helper()
	engine := promql.NewEngine(promql.EngineOpts{
		MaxSamples:           10_000_000,
		Timeout:              patience,
		LookbackDelta:        lookback,
		EnableAtModifier:     true,
		EnableNegativeOffset: true,
		Parser:               parser.NewParser(parser.Options{}),
	})
	tb.Cleanup(func() { require.NoError(tb, engine.Close()) })
	return engine
}

func otlpHandler(db *tsdb.DB) http.Handler {
	settings := func() config.Config { return config.Config{OTLPConfig: config.DefaultOTLPConfig} }
	options := remote.OTLPOptions{LookbackDelta: lookback}
	return remote.NewOTLPWriteHandler(slog.New(slog.DiscardHandler), prometheus.NewRegistry(), db, settings, options)
}
