package grafanacloudextension

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/extension/extensiontest"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/otelcol-voice/otelcol-voice/extension/grafanacloudextension/internal/metadata"
)

// echo is a gateway that repeats whatever it was sent, wherever an answer has room for it.
func echo(t *testing.T, status int) http.HandlerFunc {
	return func(w http.ResponseWriter, req *http.Request) {
		sent := req.Header.Get("Authorization") + " " + testPair
		w.Header().Set("X-Sent", sent)
		w.Header().Set("Retry-After", sent)
		w.Header().Set("Location", "/"+testToken)
		w.Header().Set("Content-Type", "application/x-protobuf")
		w.WriteHeader(status)
		_, _ = w.Write(partial(t, signalOf(req.URL.Path), 1, sent))
	}
}

// Whatever is configured and whatever the gateway answers, to a probe and to each signal: no line of the log, no error and no
// status holds any six letters of the secret, or of its base64.
func TestNothingEverShowsTheSecret(t *testing.T) {
	for _, row := range ills {
		assertNoSecret(t, configured(t, row.prepared()))
	}
	for _, status := range []int{200, 204, 302, 307, 400, 401, 403, 404, 405, 408, 413, 415, 422, 429, 500, 502, 503, 504} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			g := probing(t, func(*Config) {}, echo(t, status))
			require.Eventually(t, func() bool { return g.logs.Len() > 0 }, patience, tick)
			for _, s := range []signal{metrics, logs, traces} {
				req := httptest.NewRequest(http.MethodPost, g.url+"/otlp/v1/"+string(s), http.NoBody)
				tripper, err := g.ext.RoundTripper(http.DefaultTransport)
				require.NoError(t, err)
				resp, err := tripper.RoundTrip(req)
				require.NoError(t, err)
				if resp.StatusCode == http.StatusServiceUnavailable && isRefusal(status) {
					assertNoSecret(t, readAnswer(resp.Body))
				}
				assert.NoError(t, resp.Body.Close())
			}
			assertNoSecret(t, g.everything(t))
		})
	}
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
}

// configured is all that is shown of a configuration: what Validate and Create say, or else what the start logs.
func configured(t *testing.T, config *Config) string {
	t.Helper()
	core, seen := observer.New(zap.DebugLevel)
	set := extensiontest.NewNopSettings(metadata.Type)
	set.Logger = zap.New(core)
	ext, err := NewFactory().Create(t.Context(), set, config)
	shown := fmt.Sprintf("%v %+v %#v %v %+v", config.Validate(), err, err, config, *config)
	if config.Endpoint != testEndpoint {
		shown = fmt.Sprintf("%v %+v %#v", config.Validate(), err, err) // an endpoint is no secret, and is shown as it is
	}
	if err == nil {
		require.NoError(t, ext.Start(t.Context(), componenttest.NewNopHost()))
		require.NoError(t, ext.Shutdown(t.Context()))
	}
	for _, entry := range seen.All() {
		shown += "\n" + entry.Message + fmt.Sprint(entry.ContextMap())
	}
	return shown
}
