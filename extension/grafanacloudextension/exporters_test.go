package grafanacloudextension

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/extension/extensioncapabilities"
	"go.opentelemetry.io/collector/extension/extensiontest"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/otelcol-voice/otelcol-voice/extension/grafanacloudextension/internal/metadata"
)

// healthyPlumbing is what the collector shows of config/collector.yaml, as far as it matters.
const healthyPlumbing = `
processors:
  rollup: {histograms: explicit}
exporters:
  otlp_http:
    endpoint: https://otlp-gateway-prod-ap-south-1.grafana.net/otlp
    metrics_endpoint: ""
    compression: gzip
    auth: {authenticator: grafana_cloud}
    retry_on_failure: {enabled: true, max_elapsed_time: 0s}
    sending_queue: {storage: file_storage}
  debug: {verbosity: basic}
service:
  pipelines:
    metrics: {receivers: [voice_frame, otlp], processors: [memory_limiter, cost, rollup], exporters: [otlp_http, debug]}
    logs: {receivers: [voice_frame], processors: [memory_limiter, cost], exporters: [otlp_http]}
    metrics/other: {receivers: [voice_frame], exporters: [debug]}
`

var oddPlumbings = []struct {
	overlay string
	of      string
	want    error
}{
	{"exporters: {otlp_http: {auth: {authenticator: basicauth}}}", "grafana_cloud", errUnused},
	{"exporters: {otlp_http: {endpoint: https://otlp-gateway-prod-eu-west-2.grafana.net/otlp}}", "otlp_http", errOtherEndpoint},
	{"exporters: {otlp_http: {metrics_endpoint: https://otlp-gateway-prod-ap-south-1.grafana.net/otlp}}", "otlp_http", errVerbatim},
	{"exporters: {otlp_http: {retry_on_failure: {max_elapsed_time: 5m0s}}}", "otlp_http", errGivesUp},
	{"exporters: {otlp_http: {sending_queue: {storage: null}}}", "otlp_http", errInMemory},
	{"exporters: {otlp_http: {compression: zstd}}", "otlp_http", errCompression},
	{"service: {pipelines: {metrics: {processors: [memory_limiter, cost]}}}", "metrics", errNoRollup},
	{"processors: {rollup: {histograms: exponential}}", "metrics", errExponential},
}

func TestOddPlumbing(t *testing.T) {
	assert.Empty(t, checkPlumbing(t, ""))
	for _, tt := range oddPlumbings {
		t.Run(tt.overlay, func(t *testing.T) {
			assert.Equal(t, []odd{{tt.of, tt.want}}, checkPlumbing(t, tt.overlay))
		})
	}
	for name, overlay := range map[string]string{
		"a slash at the end":          "exporters: {otlp_http: {endpoint: https://otlp-gateway-prod-ap-south-1.grafana.net/otlp/}}",
		"whole address of a signal":   "exporters: {otlp_http: {metrics_endpoint: https://otlp-gateway-prod-ap-south-1.grafana.net/otlp/v1/metrics}}",
		"bots' own metrics unchanged": "service: {pipelines: {metrics: {receivers: [otlp], processors: []}}}",
		"no compression":              "exporters: {otlp_http: {compression: none}}",
	} {
		t.Run(name, func(t *testing.T) { assert.Empty(t, checkPlumbing(t, overlay)) })
	}
	assert.Equal(t, []odd{{"otlp_http", errGivesUp}}, checkPlumbing(t, "exporters: {otlp_http: {retry_on_failure: {enabled: false}}}"))
}

func checkPlumbing(t *testing.T, overlay string) []odd {
	t.Helper()
	conf := plumbingOf(t, overlay)
	return plumbing{conf: conf, self: component.NewID(metadata.Type)}.check(testEndpoint, true)
}

func plumbingOf(t *testing.T, overlay string) *confmap.Conf {
	t.Helper()
	conf := confmap.New()
	for _, yaml := range []string{healthyPlumbing, overlay} {
		retrieved, err := confmap.NewRetrievedFromYAML([]byte(yaml))
		require.NoError(t, err)
		part, err := retrieved.AsConf()
		require.NoError(t, err)
		require.NoError(t, conf.Merge(part))
	}
	return conf
}

func TestPlumbingIsToldAtTheStart(t *testing.T) {
	core, logs := observer.New(zap.InfoLevel)
	set := extensiontest.NewNopSettings(metadata.Type)
	set.ID, set.Logger = component.NewID(metadata.Type), zap.New(core)
	config := basic(testPair)
	config.Preflight = PreflightOff
	ext, err := NewFactory().Create(t.Context(), set, &config)
	require.NoError(t, err)
	require.NoError(t, ext.Start(t.Context(), componenttest.NewNopHost()))
	logs.TakeAll()
	watcher := ext.(extensioncapabilities.ConfigSnapshotWatcher)
	conf := plumbingOf(t, "exporters: {otlp_http: {sending_queue: {storage: null}}}")
	require.NoError(t, watcher.NotifyConfigSnapshot(t.Context(), extensioncapabilities.NewConfigSnapshot(conf, nil)))
	require.NoError(t, ext.Shutdown(t.Context()))
	require.Equal(t, 1, logs.Len())
	assert.Equal(t, "The configuration is odd: "+errInMemory.Error(), logs.All()[0].Message)
	assert.Equal(t, map[string]any{"of": "otlp_http"}, logs.All()[0].ContextMap())
	require.NoError(t, watcher.NotifyConfigSnapshot(t.Context(), extensioncapabilities.NewConfigSnapshot(nil, nil)))
}

func TestOddPlumbingIsOnThePage(t *testing.T) {
	var rows strings.Builder
	for _, tt := range oddPlumbings {
		fmt.Fprintf(&rows, "- %s\n", quoted(tt.want.Error()))
	}
	assertBlock(t, "plumbing", rows.String())
}
