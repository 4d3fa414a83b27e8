package costprocessor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/extension/extensionauth"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/processor/processortest"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/metric/metricdata/metricdatatest"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/otelcol-voice/otelcol-voice/internal/signal/semconv"
	"github.com/otelcol-voice/otelcol-voice/processor/costprocessor/internal/metadata"
	"github.com/otelcol-voice/otelcol-voice/processor/costprocessor/internal/metadatatest"
)

// pricedBench is an engine whose prices change, with a clock, a price file and a log in the test's hands.
type pricedBench struct {
	*testing.T
	*engine
	clock    *clockwork.FakeClock
	path     string
	own      *componenttest.Telemetry
	messages *observer.ObservedLogs
	loops    int
}

// newPricedBench makes an engine that is not started.
func newPricedBench(t *testing.T, conf map[string]any) *pricedBench {
	t.Helper()
	core, messages := observer.New(zap.InfoLevel)
	b := &pricedBench{
		T: t, clock: clockwork.NewFakeClockAt(noon), path: filepath.Join(t.TempDir(), "prices.yaml"),
		own: componenttest.NewTelemetry(), messages: messages,
	}
	t.Cleanup(func() { require.NoError(t, b.own.Shutdown(context.Background())) })
	b.write(1)
	cfg := createDefaultConfig().(*Config)
	if conf == nil {
		conf = map[string]any{"price_files": []any{b.path}}
		b.loops = 1
	}
	require.NoError(t, confmap.NewFromStringMap(conf).Unmarshal(cfg))
	require.NoError(t, confmap.Validate(cfg))
	set := processortest.NewNopSettings(metadata.Type)
	set.TelemetrySettings = b.own.NewTelemetrySettings()
	set.Logger = zap.New(core)
	var err error
	b.engine, err = newEngine(set, cfg, b.clock)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, b.shutdown(context.Background())) })
	return b
}

func (b *pricedBench) startWith(host component.Host) {
	b.Helper()
	require.NoError(b, b.start(context.Background(), host))
}

// write gives a character a price in the file.
func (b *pricedBench) write(price int) {
	b.Helper()
	require.NoError(b, os.WriteFile(b.path+".new", []byte(homePrice(price)), 0o600))
	require.NoError(b, os.Rename(b.path+".new", b.path))
}

// homePrice is a price file.
func homePrice(price int) string {
	return fmt.Sprintf("provider: home\nrows:\n"+
		"- {models: [m], usage: characters, unit: character, price: \"%d\", per: \"1\"}\n", price)
}

// pass lets time pass, and what is due then happen.
func (b *pricedBench) pass(d time.Duration) {
	b.Helper()
	b.clock.Advance(d)
	require.NoError(b, b.clock.BlockUntilContext(b.Context(), b.loops))
}

// reload lets the file be looked at until it is taken.
func (b *pricedBench) reload(price int) {
	b.Helper()
	b.write(price)
	b.pass(b.config.ReloadInterval)
	b.pass(time.Second)
}

// characters is a request with so many points of one character each.
func characters(points int) pmetric.Metrics {
	b := newBatch()
	sum := b.sum(semconv.MetricTTSCharacters, delta)
	for range points {
		point(sum, 1, "provider", "home", "model", "m")
	}
	return b.Metrics
}

func (b *pricedBench) costOf(md pmetric.Metrics) float64 {
	b.Helper()
	out, err := b.processMetrics(context.Background(), md)
	require.NoError(b, err)
	return total(out, semconv.MetricCost)
}

// Whenever the book is swapped, each request is priced by one book as a whole, and by none older than the request before.
func TestRequestIsPricedByOneBook(t *testing.T) {
	const points, prices, workers = 50, 5, 2
	b := newPricedBench(t, nil)
	b.startWith(componenttest.NewNopHost())
	done := make(chan struct{})
	var working sync.WaitGroup
	for range workers {
		working.Go(func() {
			last := 0.0
			for running := true; running; {
				select {
				case <-done:
					running = false
				default:
				}
				price := b.costOf(characters(points)) / points
				assert.Equal(t, math.Trunc(price), price, "two prices in one request")
				assert.GreaterOrEqual(t, price, last)
				last = price
			}
			assert.EqualValues(t, prices, last)
		})
	}
	for price := 2; price <= prices; price++ {
		b.reload(price)
	}
	close(done)
	working.Wait()
}

// The version on a summary is that of the prices on it.
func TestSummaryHasOneVersion(t *testing.T) {
	b := newPricedBench(t, nil)
	b.startWith(componenttest.NewNopHost())
	var working sync.WaitGroup
	var mu sync.Mutex
	costs := map[string]map[float64]bool{} // by version
	for range 2 {
		working.Go(func() {
			for range 100 {
				version, cost := b.summary()
				mu.Lock()
				if costs[version] == nil {
					costs[version] = map[float64]bool{}
				}
				costs[version][cost] = true
				mu.Unlock()
			}
		})
	}
	for price := 2; price <= 4; price++ {
		b.reload(price)
	}
	working.Wait()
	for version, cost := range costs {
		assert.Len(t, cost, 1, version)
	}
}

// summary prices a summary of 50 characters, one by one.
func (b *pricedBench) summary() (version string, cost float64) {
	ld := plog.NewLogs()
	record := ld.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty().LogRecords().AppendEmpty()
	record.SetEventName(semconv.EventCallSummary)
	list := record.Attributes().PutEmptySlice(semconv.TransitUsage)
	for range 50 {
		entry := list.AppendEmpty().SetEmptyMap()
		entry.PutStr(semconv.UsageName, semconv.MetricTTSCharacters)
		entry.PutInt(semconv.UsageValue, 1)
		entry.PutStr("provider", "home")
		entry.PutStr("model", "m")
	}
	_, err := b.processLogs(context.Background(), ld)
	require.NoError(b, err)
	amount, _ := record.Attributes().Get(semconv.SummaryCost)
	of, _ := record.Attributes().Get(semconv.SummaryPriceVersion)
	return of.Str(), amount.Double()
}

// What was logged as unknown is logged again by another book: it has other prices.
func TestUnknownIsLoggedAgain(t *testing.T) {
	b := newPricedBench(t, nil)
	b.startWith(componenttest.NewNopHost())
	ask := func() int {
		md := newBatch()
		point(md.sum(semconv.MetricTTSCharacters, delta), 1, "provider", "home", "model", "n")
		assert.Zero(t, b.costOf(md.Metrics))
		return b.messages.FilterMessage("usage without a price").Len()
	}
	assert.Equal(t, []int{1, 1}, []int{ask(), ask()})
	b.reload(2)
	assert.Equal(t, []int{2, 2}, []int{ask(), ask()})
}

// The processor's own metrics tell of the book and of what it is made of.
func TestOwnMetricsOfPrices(t *testing.T) {
	b := newPricedBench(t, nil)
	require.NoError(t, os.Chtimes(b.path, noon, noon.Add(-time.Minute)))
	b.startWith(componenttest.NewNopHost())
	before := b.gauge("otelcol_processor_cost_prices").(metricdata.Gauge[int64]).DataPoints[0].Value
	assert.Greater(t, before, int64(200))
	ages := map[string]float64{}
	for _, p := range b.gauge("otelcol_processor_cost_price_age").(metricdata.Gauge[float64]).DataPoints {
		source, _ := p.Attributes.Value("source")
		ages[source.AsString()] = p.Value
	}
	assert.Equal(t, 60.0, ages["file"])
	assert.Greater(t, ages["embedded"], 86400.0)
	assert.NotContains(t, ages, "url")

	b.reload(2)
	require.NoError(t, os.WriteFile(b.path, []byte("rows: ["), 0o600))
	b.pass(b.config.ReloadInterval)
	b.pass(time.Second)
	b.pass(b.config.ReloadInterval)
	metadatatest.AssertEqualProcessorCostPriceReloads(t, b.own, []metricdata.DataPoint[int64]{
		reloads("loaded", "file", 2), reloads("failed", "file", 2),
	}, metricdatatest.IgnoreTimestamp())
}

func reloads(outcome, source string, n int64) metricdata.DataPoint[int64] {
	return metricdata.DataPoint[int64]{
		Value: n, Attributes: attribute.NewSet(attribute.String("outcome", outcome), attribute.String("source", source)),
	}
}

func (b *pricedBench) gauge(name string) metricdata.Aggregation {
	b.Helper()
	metric, err := b.own.GetMetric(name)
	require.NoError(b, err)
	return metric.Data
}

func TestBookCanChange(t *testing.T) {
	for name, test := range map[string]struct {
		conf map[string]any
		want bool
	}{
		"never":          {map[string]any{"overrides": []any{}}, false},
		"with files":     {map[string]any{"price_files": []any{"testdata/prices.yaml"}}, true},
		"of the start":   {map[string]any{"price_files": []any{"testdata/prices.yaml"}, "reload_interval": "0s"}, false},
		"with a request": {map[string]any{"price_url": map[string]any{"endpoint": "http://localhost:1"}, "reload_interval": "0s"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			b := newPricedBench(t, test.conf)
			b.startWith(componenttest.NewNopHost())
			assert.Equal(t, test.want, b.bookCanChange())
		})
	}
}

// tokens is an extension that signs requests.
type tokens struct {
	component.Component
	extensionauth.HTTPClient
}

type signed struct{ base http.RoundTripper }

func (tokens) RoundTripper(base http.RoundTripper) (http.RoundTripper, error) {
	return signed{base}, nil
}

func (s signed) RoundTrip(r *http.Request) (*http.Response, error) {
	r.Header.Set("Authorization", "Bearer s3cret-token")
	return s.base.RoundTrip(r)
}

const unrenewed = "prices could not be renewed; those of before stay in force"

// What is secret reaches the endpoint, nobody else, and no log.
func TestSecretsReachTheEndpointOnly(t *testing.T) {
	var mu sync.Mutex
	var heard []string
	other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		heard = append(heard, "other "+r.Header.Get("Authorization")+r.Header.Get("X-Token"))
	}))
	t.Cleanup(other.Close)
	answer := func(w http.ResponseWriter) { http.Error(w, "s3cret", http.StatusUnauthorized) }
	endpoint := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		heard = append(heard, r.Header.Get("Authorization")+" "+r.Header.Get("X-Token"))
		answer(w)
	}))
	t.Cleanup(endpoint.Close)
	b := newPricedBench(t, map[string]any{"price_url": map[string]any{
		"endpoint": endpoint.URL + "/prices.yaml?sig=s3cret-sig",
		"headers":  map[string]any{"X-Token": "s3cret-header"},
		"auth":     map[string]any{"authenticator": "tokens"},
	}})
	b.loops = 1
	b.startWith(extended{component.MustNewID("tokens"): tokens{}})
	assert.Equal(t, []string{"Bearer s3cret-token s3cret-header"}, heard)
	for _, next := range []func(http.ResponseWriter){
		func(w http.ResponseWriter) {
			w.Header().Set("Location", other.URL+"/?sig=s3cret-sig")
			w.WriteHeader(http.StatusFound)
		},
		func(w http.ResponseWriter) { _, _ = io.WriteString(w, "provider: s3cret: [") },
		func(http.ResponseWriter) { panic(http.ErrAbortHandler) },
		func(w http.ResponseWriter) { _, _ = io.WriteString(w, homePrice(7)) },
	} {
		mu.Lock()
		answer = next
		mu.Unlock()
		b.pass(time.Hour)
	}
	endpoint.Close()
	b.pass(time.Hour)
	assert.Len(t, heard, 5)
	assert.NotContains(t, strings.Join(heard, "\n"), "other")
	assert.Equal(t, 5, b.messages.FilterMessage(unrenewed).Len())
	for _, entry := range b.messages.All() {
		assert.NotContains(t, fmt.Sprint(entry.Message, entry.ContextMap()), "s3cret")
	}
}

// An address whose certificate is nobody's is refused, by default.
func TestCertificateOfTheEndpoint(t *testing.T) {
	endpoint := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, homePrice(7))
	}))
	endpoint.Config.ErrorLog = log.New(io.Discard, "", 0) // of handshakes
	endpoint.StartTLS()
	t.Cleanup(endpoint.Close)
	for name, test := range map[string]struct {
		tls  map[string]any
		want float64
	}{
		"unknown": {map[string]any{}, 0},
		"trusted": {map[string]any{"insecure_skip_verify": true}, 7},
	} {
		t.Run(name, func(t *testing.T) {
			b := newPricedBench(t, map[string]any{"price_url": map[string]any{"endpoint": endpoint.URL, "tls": test.tls}})
			b.startWith(componenttest.NewNopHost())
			assert.Equal(t, test.want, b.costOf(characters(1)))
			errs := b.messages.FilterMessage(unrenewed).All()
			if test.want == 0 {
				require.Len(t, errs, 1)
				assert.Contains(t, errs[0].ContextMap()["error"], "certificate signed by unknown authority")
			}
		})
	}
}

func TestStartRefusesAuthenticator(t *testing.T) {
	b := newPricedBench(t, map[string]any{"price_url": map[string]any{
		"endpoint": "https://prices.example", "auth": map[string]any{"authenticator": "nobody"},
	}})
	assert.ErrorContains(t, b.start(context.Background(), extended{}), `price_url: failed to resolve authenticator "nobody"`)
}

// The prices of the address are kept in the processor's storage.
func TestPricesAreKept(t *testing.T) {
	var down atomic.Bool
	endpoint := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if down.Load() {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		_, _ = io.WriteString(w, homePrice(7))
	}))
	t.Cleanup(endpoint.Close)
	host := extended{component.MustNewID("file_storage"): newDisk()}
	conf := map[string]any{"price_url": map[string]any{"endpoint": endpoint.URL}, "storage": "file_storage"}
	for _, away := range []bool{false, true} {
		down.Store(away)
		b := newPricedBench(t, conf)
		b.startWith(host)
		assert.Equal(t, 7.0, b.costOf(characters(1)))
		require.NoError(t, b.shutdown(context.Background()))
	}
}

// The last pipeline to end stops the renewal; goleak holds the tests to it.
func TestPipelinesShareTheRenewal(t *testing.T) {
	ctx, set, factory := context.Background(), processortest.NewNopSettings(metadata.Type), NewFactory()
	cfg := createDefaultConfig().(*Config)
	cfg.PriceFiles = []PriceFileConfig{{Path: filepath.Join("testdata", "prices.yaml"), Format: "voice"}}
	metrics, err := factory.CreateMetrics(ctx, set, cfg, consumertest.NewNop())
	require.NoError(t, err)
	logs, err := factory.CreateLogs(ctx, set, cfg, consumertest.NewNop())
	require.NoError(t, err)
	unstarted, err := factory.CreateTraces(ctx, set, cfg, consumertest.NewNop())
	require.NoError(t, err)
	startCtx, cancel := context.WithCancel(ctx)
	require.NoError(t, errors.Join(metrics.Start(startCtx, componenttest.NewNopHost()), logs.Start(startCtx, componenttest.NewNopHost())))
	cancel() // the context of the start ends with it
	require.NoError(t, metrics.Shutdown(ctx))
	require.NoError(t, logs.ConsumeLogs(ctx, plog.NewLogs()))
	require.NoError(t, logs.Shutdown(ctx))
	require.NoError(t, unstarted.Shutdown(ctx))
	require.NoError(t, unstarted.Shutdown(ctx))
}
