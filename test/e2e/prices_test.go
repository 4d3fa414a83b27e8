package e2e

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-voice/otelcol-voice/test/e2e/collector"
)

// contract is a price file: a model of the house, at so many dollars for a million characters.
func contract(price string) string {
	return fmt.Sprintf(`{provider: home, source: contract, verified: "2026-11-01", confidence: high, rows: [
  {models: [piper], usage: characters, unit: character, price: %q, per: "1000000"}]}`, price)
}

// speak posts a call that has a million characters spoken by the model of the house.
func speak(t *testing.T, c *collector.Collector, call string) {
	t.Helper()
	post(t, c, fmt.Appendf(nil, `{"call_id":%q,"type":"voice.tts","id":"1","provider":"home","model":"piper","characters":1000000}`, call), "", 1)
}

// A price file that is replaced while the collector runs holds for what comes from then on, and one that is no good for
// nothing: the prices of before stay. What was billed stays billed.
func TestPriceFileIsReplaced(t *testing.T) {
	path := filepath.Join(t.TempDir(), "contract.yaml")
	replace := func(text string) {
		require.NoError(t, os.WriteFile(path+".new", []byte(text), 0o600))
		require.NoError(t, os.Rename(path+".new", path))
	}
	replace(contract("2"))
	overlay := fmt.Sprintf(`{processors: {rollup: {interval: 200ms}, cost: {price_files: [%q], reload_interval: 1s}}}`, path)
	c := collector.Start(t, collector.Settings{Config: localConfig, Overlay: overlay})
	cost := func() float64 { return readPage(t, c).sum("voice_cost_usd_total", "provider", "home") }

	speak(t, c, "first")
	eventually(t, "the first call costs 2", func() bool { return near(2, cost()) })
	replace(contract("5"))
	eventually(t, "the new prices are told", func() bool { return strings.Contains(c.Logs(), "price book changed") })
	speak(t, c, "second")
	eventually(t, "the second call costs 5", func() bool { return near(7, cost()) })
	replace(contract("-1"))
	eventually(t, "what is wrong is told", func() bool { return strings.Contains(c.Logs(), `price \"-1\" must not be negative`) })
	speak(t, c, "third")
	eventually(t, "the third call costs 5", func() bool { return near(12, cost()) })
	c.Stop("moved by more than", "prices could not be renewed")
}

// A nightly download of somebody else's catalogue prices as it is.
func TestCatalogueOfOthers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "model_prices_and_context_window.json")
	require.NoError(t, os.WriteFile(path, []byte(`{"home/talk-1": {
		"litellm_provider": "home", "mode": "chat", "input_cost_per_token": 2e-06, "output_cost_per_token": 8e-06}}`), 0o600))
	overlay := fmt.Sprintf(`{processors: {rollup: {interval: 200ms}, cost: {price_files: [%q]}}}`, path)
	c := collector.Start(t, collector.Settings{Config: localConfig, Overlay: overlay})
	post(t, c, []byte(`{"call_id":"c","type":"voice.llm","id":"1","provider":"home","model":"talk-1","tokens":{"prompt":{"text":1000},"completion":{"text":500}}}`), "", 1)
	eventually(t, "1000 of $2 and 500 of $8 a million", func() bool {
		return near(0.006, readPage(t, c).sum("voice_cost_usd_total", "provider", "home"))
	})
	c.Stop()
}

// Prices of an address are there at the start; what was last good is there after a crash as well, when the address is not.
func TestPriceURL(t *testing.T) {
	var asked atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		_, _ = w.Write([]byte(contract("3")))
	}))
	defer server.Close()
	overlay := fmt.Sprintf(`{processors: {rollup: {interval: 200ms}, cost: {price_url: {endpoint: %q}}}}`, server.URL)
	c := collector.Start(t, collector.Settings{Config: localConfig, Overlay: overlay})
	cost := func() float64 { return readPage(t, c).sum("voice_cost_usd_total", "provider", "home") }
	speak(t, c, "first")
	eventually(t, "a call costs 3", func() bool { return near(3, cost()) })
	c.Kill()

	server.Close()
	c.Start()
	speak(t, c, "second")
	eventually(t, "a call costs 3 still", func() bool { return near(3+3, cost()) })
	assert.Equal(t, int64(1), asked.Load())
	c.Stop("prices could not be renewed")
}

// livekit is what a LiveKit bot's counter of characters says, since a minute before the test.
func livekit(t *testing.T, c *collector.Collector, begun time.Time, characters int) {
	t.Helper()
	body := fmt.Sprintf(`{"resourceMetrics":[{"scopeMetrics":[{"scope":{"name":"livekit-agents"},"metrics":[
		{"name":"lk.agents.usage.tts_characters","sum":{"aggregationTemporality":2,"isMonotonic":true,"dataPoints":[
			{"startTimeUnixNano":"%d","timeUnixNano":"%d","asInt":"%d","attributes":[
				{"key":"model_provider","value":{"stringValue":"home"}},{"key":"model_name","value":{"stringValue":"piper"}}]}]}}]}]}]}`,
		begun.UnixNano(), time.Now().UnixNano(), characters)
	code, answer := c.Post(otlpPort, "/v1/metrics", []byte(body), "")
	require.Equalf(t, http.StatusOK, code, "%s", answer)
}

// A counter that runs through a crash and a change of the price keeps what was billed of it, where there is a storage.
func TestCountersOutliveACrash(t *testing.T) {
	path := filepath.Join(t.TempDir(), "contract.yaml")
	require.NoError(t, os.WriteFile(path, []byte(contract("2")), 0o600))
	c := collector.Start(t, collector.Settings{Config: localConfig, Overlay: fmt.Sprintf(`{
		processors: {cost: {storage: file_storage, price_files: [%q], sources: {lk.agents.usage: true}}},
		extensions: {file_storage: {directory: storage, create_directory: true}},
		service: {extensions: [health_check, file_storage], pipelines: {metrics: {processors: [memory_limiter, cost]}}}}`, path)})
	cost := func() float64 { return readPage(t, c).sum("voice_cost_usd_total", "provider", "home") }
	begun := time.Now().Add(-time.Minute)
	livekit(t, c, begun, 1_000_000)
	eventually(t, "a million costs 2", func() bool { return near(2, cost()) })
	c.Kill()

	require.NoError(t, os.WriteFile(path, []byte(contract("5")), 0o600))
	c.Start()
	livekit(t, c, begun, 2_000_000)
	eventually(t, "one more costs 5", func() bool { return near(7, cost()) })
	c.Stop()
}

// Spans that bots export themselves leave with what each operation cost; the turn that contains it has no cost of its own.
func TestBotSpans(t *testing.T) {
	overlay := `{processors: {rollup: {interval: 200ms}}, service: {pipelines: {traces: {receivers: [otlp]}}}}`
	c := collector.Start(t, collector.Settings{Config: localConfig, Overlay: overlay})
	status, answer := c.Post(otlpPort, "/v1/traces", []byte(`{"resourceSpans": [{"scopeSpans": [{"scope": {"name": "pipecat"}, "spans": [
		{"traceId": "0af7651916cd43dd8448eb211c80319c", "spanId": "b7ad6b7169203331", "name": "turn", "attributes": [
			{"key": "conversation.id", "value": {"stringValue": "c"}}]},
		{"traceId": "0af7651916cd43dd8448eb211c80319c", "spanId": "b7ad6b7169203332", "parentSpanId": "b7ad6b7169203331", "name": "llm",
		 "startTimeUnixNano": "1764000003000000000", "endTimeUnixNano": "1764000004000000000", "attributes": [
			{"key": "gen_ai.operation.name", "value": {"stringValue": "chat"}},
			{"key": "gen_ai.provider.name", "value": {"stringValue": "openai"}},
			{"key": "gen_ai.request.model", "value": {"stringValue": "gpt-4o"}},
			{"key": "gen_ai.usage.input_tokens", "value": {"intValue": "1042"}},
			{"key": "gen_ai.usage.cache_read.input_tokens", "value": {"intValue": "896"}},
			{"key": "gen_ai.usage.output_tokens", "value": {"intValue": "37"}}]}]}]}]}`), "")
	require.Equal(t, http.StatusOK, status, "%s", answer)
	var spans string
	eventually(t, "both spans are written", func() bool {
		text, err := os.ReadFile(c.File("data/spans.jsonl"))
		spans = string(text)
		return err == nil && strings.Contains(spans, `"name":"llm"`)
	})
	assert.Equal(t, 1, strings.Count(spans, `"key":"gen_ai.usage.cost.amount","value":{"doubleValue":0.001855}`), "%s", spans)
	assert.Equal(t, 1, strings.Count(spans, `"key":"voice.cost.usd","value":{"doubleValue":0.001855}`), "%s", spans)
	c.Stop()
}
