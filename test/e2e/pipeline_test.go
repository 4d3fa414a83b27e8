package e2e

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"
	"github.com/open-telemetry/opentelemetry-collector-contrib/extension/storage/filestorage"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/confmap/provider/envprovider"
	"go.opentelemetry.io/collector/confmap/provider/fileprovider"
	"go.opentelemetry.io/collector/confmap/provider/yamlprovider"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/extension/extensiontest"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/pmetric/pmetricotlp"
	"go.opentelemetry.io/collector/processor"
	"go.opentelemetry.io/collector/processor/processortest"
	"go.opentelemetry.io/collector/receiver/receivertest"

	"github.com/otelcol-voice/otelcol-voice/processor/costprocessor"
	"github.com/otelcol-voice/otelcol-voice/processor/rollupprocessor"
	"github.com/otelcol-voice/otelcol-voice/receiver/voiceframereceiver"
	"github.com/otelcol-voice/otelcol-voice/test/e2e/backend"
	"github.com/otelcol-voice/otelcol-voice/test/e2e/collector"
)

// pipeline is receiver, cost and rollup of config/collector.yaml in this process, by a clock that the test moves. It
// stands for the whole where hours have to pass; what it leaves out (memory limit, disk queue) has no clock in it.
type pipeline struct {
	t       *testing.T
	clock   *clockwork.FakeClock
	backend *backend.Backend
	frames  string // where to post
	began   time.Time
	storage component.Component
}

// GetExtensions makes the pipeline a host that has the storage of the shipped configuration.
func (p *pipeline) GetExtensions() map[component.ID]component.Component {
	return map[component.ID]component.Component{component.MustNewID("file_storage"): p.storage}
}

// flushEvery is the interval of the shipped configuration.
const flushEvery = 10 * time.Second

func startPipeline(t *testing.T, b *backend.Backend) *pipeline {
	t.Helper()
	// A moment in the past: a backend refuses what comes from the future.
	p := &pipeline{t: t, backend: b, began: time.Unix(1764000000, 0).UTC()}
	p.clock = clockwork.NewFakeClockAt(p.began)
	t.Setenv("OTELCOL_VOICE_DATA", t.TempDir())
	conf, port := p.shipped()
	p.storage = p.startStorage(conf)
	p.frames = fmt.Sprintf("http://localhost:%d/v1/frames", port)

	export, err := consumer.NewMetrics(p.export)
	require.NoError(t, err)
	rollup := p.processor(rollupprocessor.NewFactory(rollupprocessor.WithClock(p.clock)), conf, export)
	cost := p.processor(costprocessor.NewFactory(), conf, rollup)
	factory := voiceframereceiver.NewFactory(voiceframereceiver.WithClock(p.clock))
	receiver, err := factory.CreateMetrics(t.Context(), receivertest.NewNopSettings(factory.Type()),
		p.config(factory, conf, "receivers"), cost)
	require.NoError(t, err)
	p.run(receiver)

	const tickers = 2 // the receiver's and rollup's
	require.NoError(t, p.clock.BlockUntilContext(t.Context(), tickers))
	return p
}

// shipped is the configuration as the collector would resolve it, and the port of the frames.
func (p *pipeline) shipped() (*confmap.Conf, int) {
	p.t.Helper()
	for name, value := range p.backend.Env() {
		p.t.Setenv(name, value)
	}
	file := filepath.Join(collector.Repository(p.t), cloudConfig)
	overlay, ports := collector.MovePorts(p.t, file)
	resolver, err := confmap.NewResolver(confmap.ResolverSettings{
		URIs:              []string{"file:" + file, "yaml:" + overlay},
		ProviderFactories: []confmap.ProviderFactory{fileprovider.NewFactory(), envprovider.NewFactory(), yamlprovider.NewFactory()},
		DefaultScheme:     "env",
	})
	require.NoError(p.t, err)
	conf, err := resolver.Resolve(p.t.Context())
	require.NoError(p.t, err)
	return conf, ports[4319]
}

// config is the configuration of the component that a factory makes: its defaults and what the file says.
func (p *pipeline) config(factory component.Factory, conf *confmap.Conf, kind string) component.Config {
	p.t.Helper()
	written, err := conf.Sub(kind + "::" + factory.Type().String())
	require.NoError(p.t, err)
	cfg := factory.CreateDefaultConfig()
	require.NoError(p.t, written.Unmarshal(cfg))
	require.NoError(p.t, confmap.Validate(cfg))
	return cfg
}

// processor makes and starts a processor in front of next.
func (p *pipeline) processor(factory processor.Factory, conf *confmap.Conf, next consumer.Metrics) processor.Metrics {
	p.t.Helper()
	made, err := factory.CreateMetrics(p.t.Context(), processortest.NewNopSettings(factory.Type()),
		p.config(factory, conf, "processors"), next)
	require.NoError(p.t, err)
	p.run(made)
	return made
}

func (p *pipeline) startStorage(conf *confmap.Conf) component.Component {
	p.t.Helper()
	factory := filestorage.NewFactory()
	made, err := factory.Create(p.t.Context(), extensiontest.NewNopSettings(factory.Type()), p.config(factory, conf, "extensions"))
	require.NoError(p.t, err)
	p.run(made)
	return made
}

// run starts a component; what starts last is stopped first, as in a collector.
func (p *pipeline) run(c component.Component) {
	p.t.Helper()
	require.NoError(p.t, c.Start(context.Background(), p))
	p.t.Cleanup(func() { require.NoError(p.t, c.Shutdown(context.Background())) })
}

// export hands metrics to the backend.
func (p *pipeline) export(ctx context.Context, metrics pmetric.Metrics) error {
	return exportTo(ctx, p.backend, metrics)
}

// exportTo hands metrics to a backend over HTTP.
func exportTo(ctx context.Context, b *backend.Backend, metrics pmetric.Metrics) error {
	body, err := pmetricotlp.NewExportRequestFromMetrics(metrics).MarshalProto()
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, b.Endpoint()+"/v1/metrics", bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", backend.Authorization)
	request.Header.Set("Content-Type", "application/x-protobuf")
	return send(request)
}

func send(request *http.Request) error {
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", request.URL, response.Status)
	}
	return nil
}

// post sends a body of frames.
func (p *pipeline) post(body []byte) {
	p.t.Helper()
	request, err := http.NewRequest(http.MethodPost, p.frames, bytes.NewReader(body))
	require.NoError(p.t, err)
	request.Header.Set("Content-Type", "application/json")
	require.NoError(p.t, send(request))
}

// flush lets an interval pass and waits until the backend has what was rolled up.
func (p *pipeline) flush() {
	p.t.Helper()
	before := len(p.backend.Requests())
	p.clock.Advance(flushEvery)
	require.True(p.t, p.backend.Await(func() bool { return len(p.backend.Requests()) > before }), "nothing was flushed")
}
