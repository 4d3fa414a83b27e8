package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/coder/websocket"
	"github.com/open-telemetry/opentelemetry-collector-contrib/extension/basicauthextension"
	"github.com/open-telemetry/opentelemetry-collector-contrib/extension/bearertokenauthextension"
	"github.com/open-telemetry/opentelemetry-collector-contrib/extension/storage/filestorage"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/extension"
	"go.opentelemetry.io/collector/extension/extensiontest"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/receiver/receivertest"

	"github.com/otelcol-voice/otelcol-voice/receiver/voiceframereceiver"
	"github.com/otelcol-voice/otelcol-voice/test/e2e/collector"
)

// The receiver in this process with the extensions that the distribution has.

// extended is a host with extensions.
type extended map[component.ID]component.Component

func (e extended) GetExtensions() map[component.ID]component.Component { return e }

// configured is a factory's configuration: its defaults and the options.
func configured(t testing.TB, factory component.Factory, options map[string]any) component.Config {
	t.Helper()
	config := factory.CreateDefaultConfig()
	require.NoError(t, confmap.NewFromStringMap(options).Unmarshal(config))
	require.NoError(t, confmap.Validate(config))
	return config
}

// running is a host with one extension, started.
func running(t testing.TB, factory extension.Factory, options map[string]any) extended {
	t.Helper()
	config := configured(t, factory, options)
	made, err := factory.Create(context.Background(), extensiontest.NewNopSettings(factory.Type()), config)
	require.NoError(t, err)
	require.NoError(t, made.Start(context.Background(), componenttest.NewNopHost()))
	t.Cleanup(func() { assert.NoError(t, made.Shutdown(context.Background())) })
	return extended{component.NewID(factory.Type()): made}
}

// receiving starts a receiver on a free port; it stops before its extensions do.
func receiving(t testing.TB, host extended, server, options map[string]any) (address string, sink *consumertest.MetricsSink) {
	t.Helper()
	address = freeAddress(t)
	endpoint := map[string]any{"endpoint": address}
	options = merged(map[string]any{"protocols": map[string]any{"frames": merged(endpoint, server)}}, options)
	factory := voiceframereceiver.NewFactory()
	set := receivertest.NewNopSettings(factory.Type())
	set.ID = component.NewID(factory.Type()) // the storage goes by it
	sink = &consumertest.MetricsSink{}
	made, err := factory.CreateMetrics(context.Background(), set, configured(t, factory, options), sink)
	require.NoError(t, err)
	require.NoError(t, made.Start(context.Background(), host))
	t.Cleanup(func() { assert.NoError(t, made.Shutdown(context.Background())) })
	t.Cleanup(http.DefaultClient.CloseIdleConnections)
	return address, sink
}

func merged(maps ...map[string]any) map[string]any {
	all := map[string]any{}
	for _, m := range maps {
		for key, value := range m {
			all[key] = value
		}
	}
	return all
}

func freeAddress(t testing.TB) string {
	t.Helper()
	listener, err := net.Listen("tcp", "localhost:0")
	require.NoError(t, err)
	defer listener.Close()
	return listener.Addr().String()
}

// The stock extensions guard POST and WebSocket alike, and what they say of a credential is not repeated.
func TestAuthenticators(t *testing.T) {
	for name, test := range map[string]struct {
		factory   extension.Factory
		options   map[string]any
		good, bad func(*http.Request)
	}{
		"bearer": {
			bearertokenauthextension.NewFactory(),
			map[string]any{"token": "t0ken"},
			func(req *http.Request) { req.Header.Set("Authorization", "Bearer t0ken") },
			func(req *http.Request) { req.Header.Set("Authorization", "Bearer other") },
		},
		"basic": {
			basicauthextension.NewFactory(),
			map[string]any{"htpasswd": map[string]any{"inline": "bot:passw0rd"}},
			func(req *http.Request) { req.SetBasicAuth("bot", "passw0rd") },
			func(req *http.Request) { req.SetBasicAuth("bot", "other") },
		},
	} {
		t.Run(name, func(t *testing.T) {
			host := running(t, test.factory, test.options)
			auth := map[string]any{"auth": map[string]any{"authenticator": test.factory.Type().String()}}
			address, _ := receiving(t, host, auth, nil)
			assertGuarded(t, address, test.good, 200, 101)
			assertGuarded(t, address, test.bad, 401, 401)
			assertGuarded(t, address, func(*http.Request) {}, 401, 401)
		})
	}
}

// assertGuarded posts and dials as somebody.
func assertGuarded(t *testing.T, address string, as func(*http.Request), post, stream int) {
	t.Helper()
	body := strings.NewReader(`{"type":"StartFrame"}`)
	req, err := http.NewRequest(http.MethodPost, "http://"+address+"/v1/frames/c1", body)
	require.NoError(t, err)
	as(req)
	response, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	var said struct{ Error string }
	require.NoError(t, json.NewDecoder(response.Body).Decode(&said))
	require.NoError(t, response.Body.Close())
	assert.Equal(t, post, response.StatusCode)
	if post == 401 {
		assert.Equal(t, "not authorized: check the credentials that the receiver's auth extension asks for", said.Error)
	}
	options := &websocket.DialOptions{HTTPHeader: req.Header}
	conn, response, err := websocket.Dial(t.Context(), "ws://"+address+"/v1/frames/ws/c1", options)
	require.Equal(t, stream == 101, err == nil, err)
	assert.Equal(t, stream, response.StatusCode)
	if err == nil {
		assert.NoError(t, conn.Close(websocket.StatusNormalClosure, ""))
	}
}

// disk is a receiver that keeps its calls in a directory, until it stops.
func disk(
	t *testing.T, directory string, options map[string]any, use func(send func(body string) collector.Answer),
) map[string]float64 {
	t.Helper()
	var sink *consumertest.MetricsSink
	t.Run("run", func(t *testing.T) {
		var address string
		factory := filestorage.NewFactory()
		host := running(t, factory, merged(map[string]any{"directory": directory}, options))
		address, sink = receiving(t, host, nil, map[string]any{"storage": factory.Type().String()})
		use(func(body string) collector.Answer { return sent(t, address, body) })
	})
	return counters(sink.AllMetrics())
}

func sent(t testing.TB, address, body string) (answer collector.Answer) {
	t.Helper()
	response, err := http.Post("http://"+address+"/v1/frames", "application/json", strings.NewReader(body))
	require.NoError(t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, response.StatusCode, "%s", text)
	require.NoError(t, json.Unmarshal(text, &answer))
	return answer
}

// counters adds up the counters by name.
func counters(exports []pmetric.Metrics) map[string]float64 {
	sums := map[string]float64{}
	for _, metrics := range exports {
		for _, metric := range metrics.ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics().All() {
			if metric.Type() != pmetric.MetricTypeSum {
				continue
			}
			for _, point := range metric.Sum().DataPoints().All() {
				sums[metric.Name()] += point.DoubleValue() + float64(point.IntValue())
			}
		}
	}
	return sums
}

// Calls go on from the disk of file_storage, over stops and starts of the receiver; what was sent before is known.
func TestCallsGoOnOnADisk(t *testing.T) {
	directory := t.TempDir()
	lines := strings.Split(strings.TrimSpace(fiveLines), "\n")
	sums := map[string]float64{}
	for _, part := range []struct {
		lines      []string
		duplicates int
	}{{lines[:2], 0}, {lines[2:4], 0}, {lines[:4], 4}, {lines[4:], 0}, {lines, 5}} {
		run := disk(t, directory, nil, func(send func(string) collector.Answer) {
			answer := send(strings.Join(part.lines, "\n"))
			assert.Equal(t, part.duplicates, answer.Duplicates)
			assert.Equal(t, len(part.lines)-part.duplicates, answer.Accepted)
		})
		for name, value := range run {
			sums[name] += value
		}
	}
	assert.Equal(t, 1.0, sums["voice.calls.total"])
	assert.Equal(t, 1079.0, sums["voice.llm.tokens.total"])
	assert.Equal(t, 48.0, sums["voice.tts.characters.total"])
	assert.InDelta(t, 74.2, sums["voice.session.duration.seconds"], 1e-9)
	assert.InDelta(t, 74.2, sums["voice.stt.session.seconds.total"], 1e-9)
}

// tts is a body of frames of a call, each of one character.
func tts(call string, from, to int, padding string) string {
	var body strings.Builder
	for i := from; i < to; i++ {
		fmt.Fprintf(&body, `{"kind":"tts","call_id":%q,"processor":%q,"characters":1,"timestamp":%d.5}`+"\n", call, padding+"TTSService#0", 1764000000+i)
	}
	return body.String()
}

// As many frames as a body may have, with long names, are one step on the disk.
func TestALargeBodyOnADisk(t *testing.T) {
	directory := t.TempDir()
	body := tts("c", 0, 10_000, strings.Repeat("P", 200))
	run := disk(t, directory, nil, func(send func(string) collector.Answer) {
		assert.Equal(t, 10_000, send(body).Accepted)
	})
	assert.Equal(t, 10_000.0, run["voice.tts.characters.total"])
	run = disk(t, directory, nil, func(send func(string) collector.Answer) {
		assert.Equal(t, 10_000, send(body).Duplicates)
	})
	assert.Empty(t, run)
}

// A disk that is full costs nothing but what a restart would restore, and what fits afterwards is kept.
func TestAFullDisk(t *testing.T) {
	directory := t.TempDir()
	run := disk(t, directory, map[string]any{"max_size": 64 << 10}, func(send func(string) collector.Answer) {
		send(tts("a", 0, 1, ""))
		assert.Equal(t, 9000, send(tts("b", 0, 9000, strings.Repeat("P", 200))).Accepted)
		send(tts("a", 1, 2, ""))
	})
	assert.Equal(t, 9002.0, run["voice.tts.characters.total"])
	disk(t, directory, nil, func(send func(string) collector.Answer) {
		assert.Equal(t, 2, send(tts("a", 0, 2, "")).Duplicates)
		assert.Equal(t, 0, send(tts("b", 0, 1, strings.Repeat("P", 200))).Duplicates, "there was no room for it")
	})
}
