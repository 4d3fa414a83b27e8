package e2e

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kfake"
	"go.yaml.in/yaml/v3"

	"github.com/otelcol-voice/otelcol-voice/test/e2e/backend"
	"github.com/otelcol-voice/otelcol-voice/test/e2e/collector"
)

// The front of docs/scaling.md before two collectors with their own states: each bot's counter is at one of them, and the sum over
// both is what the bots said, also after one of the two was killed.
func TestLoadBalancing(t *testing.T) {
	const bots = 12
	b := backend.Start(t)
	behind := []*collector.Collector{}
	for range 2 {
		behind = append(behind, collector.Start(t, collector.Settings{Config: cloudConfig, Env: b.Env(), Overlay: durable}))
	}
	front := collector.Start(t, frontOf(t, behind))
	begun := time.Now()
	for round := 1; round <= 3; round++ {
		for bot := range bots {
			say(t, front, bot, begun, round*(bot+1))
		}
		behind[round%2].Kill()
		behind[round%2].Start()
	}
	total := float64(3 * bots * (bots + 1) / 2)
	assert.True(t, b.Await(func() bool { sum, _ := b.Value("sum(voice_calls_total)", time.Now()); return sum == total }))
	assertVector(t, backend.Vector{"{}": 2}, b.Query("count(count by (instance) (voice_calls_total))", time.Now()), "both have some")
	assertVector(t, backend.Vector{"{}": bots}, b.Query("count(voice_calls_total)", time.Now()), "each bot is at one")
	front.Stop("createTransport failed", "Exporting failed")
	for _, c := range behind {
		c.Stop("the clock is behind the points")
	}
}

// frontOf is the first configuration of docs/scaling.md, with its collectors where they are in this test.
func frontOf(t *testing.T, behind []*collector.Collector) collector.Settings {
	t.Helper()
	var hosts []string
	for _, c := range behind {
		hosts = append(hosts, strings.TrimPrefix(c.URL(4317, ""), "http://"))
	}
	resolver := fmt.Sprintf("{resolver: {static: {hostnames: [%s]}}}", strings.Join(hosts, ", "))
	overlay := fmt.Sprintf("{exporters: {load_balancing/metrics: %s, load_balancing/traces: %s}}", resolver, resolver)
	return collector.Settings{Config: shown(t, 0), Overlay: overlay}
}

// shown is the file of a configuration that docs/scaling.md shows, counted from 0, with a page of health.
func shown(t *testing.T, n int) string {
	t.Helper()
	root := collector.Repository(t)
	text, err := os.ReadFile(filepath.Join(root, "docs", "scaling.md"))
	require.NoError(t, err)
	blocks := strings.Split(string(text), "```yaml\n")
	block, _, _ := strings.Cut(blocks[n+1], "```")
	var tree map[string]any
	require.NoError(t, yaml.Unmarshal([]byte(block), &tree))
	service := tree["service"].(map[string]any)
	listed, _ := service["extensions"].([]any)
	service["extensions"] = append(listed, "health_check")
	extensions, _ := tree["extensions"].(map[string]any)
	if extensions == nil {
		extensions = map[string]any{}
	}
	extensions["health_check"] = map[string]any{"endpoint": "localhost:13133"}
	tree["extensions"] = extensions
	written, err := yaml.Marshal(tree)
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "shown.yaml")
	require.NoError(t, os.WriteFile(file, written, 0o600))
	config, err := filepath.Rel(root, file)
	require.NoError(t, err)
	return config
}

// Kafka as docs/scaling.md shows it: what bots post to the front is counted once behind it, each call at one collector, also when the
// consumers change.
func TestKafka(t *testing.T) {
	const calls = 20
	broker, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(4, "voice_metrics"))
	require.NoError(t, err)
	defer broker.Close()
	at := fmt.Sprintf("{brokers: [%q]}", broker.ListenAddrs()[0])
	b := backend.Start(t)
	front := collector.Start(t, collector.Settings{
		Config: shown(t, 1), Env: b.Env(), Overlay: fmt.Sprintf("{exporters: {kafka/frames: %s, kafka/otlp: %s}}", at, at),
	})
	consumer := func() *collector.Collector {
		return collector.Start(t, collector.Settings{Config: shown(t, 2), Env: b.Env(), Overlay: fmt.Sprintf(
			`{receivers: {kafka: {brokers: [%q], group_instance_id: ""}}, processors: {rollup: {interval: 200ms}}}`, broker.ListenAddrs()[0])})
	}
	behind := []*collector.Collector{consumer(), consumer()}
	said := 0.0
	turn := func(name string, n int) {
		for call := range calls {
			talk(t, front, fmt.Sprint(name, call), n)
			said += 7
		}
		query := "sum(last_over_time(voice_llm_tokens_total[1d]))"
		assert.True(t, b.Await(func() bool { sum, _ := b.Value(query, time.Now()); return sum == said }), "turn %d of %s", n, name)
	}
	both := func() bool {
		n, _ := b.Value("count(count by (instance) (voice_cost_usd_total))", time.Now())
		return n == 2
	}
	for n := 1; !both(); n++ {
		require.Less(t, n, 100, "both consumers have some")
		turn("early", n)
	}
	turn("call", 1)
	turn("call", 2)
	query := `count(last_over_time(voice_llm_tokens_total{call_id=~"call.*"}[1d]))`
	assertVector(t, backend.Vector{"{}": calls}, b.Query(query, time.Now()), "each call is at one")
	behind[0].Stop()
	turn("call", 3)
	behind[1].Stop()
	front.Stop()
}

// talk is a turn of a call, as a bot behind a proxy posts it, until it is taken.
func talk(t *testing.T, c *collector.Collector, call string, n int) {
	t.Helper()
	eventually(t, "it is taken", func() bool {
		request, err := http.NewRequest(http.MethodPost, c.URL(4319, "/v1/frames"), strings.NewReader(fmt.Sprintf(turnFrame, call, 1764000000+n, 7, 7)))
		require.NoError(t, err)
		request.Header.Set("Content-Type", "application/json")
		request.Header.Set("X-Call-Id", call)
		response, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		defer response.Body.Close()
		return response.StatusCode == http.StatusOK
	})
}

// say is a bot's counter as its SDK exports it, until it is taken.
func say(t *testing.T, c *collector.Collector, bot int, begun time.Time, calls int) {
	t.Helper()
	body := fmt.Appendf(nil, `{"resourceMetrics":[{"resource":{"attributes":[
		{"key":"service.name","value":{"stringValue":"voice-bot"}},{"key":"service.instance.id","value":{"stringValue":"bot-%d"}}]},
		"scopeMetrics":[{"metrics":[{"name":"voice.calls.total","sum":{"aggregationTemporality":2,"isMonotonic":true,"dataPoints":[
			{"startTimeUnixNano":"%d","timeUnixNano":"%d","asInt":"%d","attributes":[{"key":"bot","value":{"intValue":"%d"}}]}]}}]}]}]}`,
		bot, begun.UnixNano(), time.Now().UnixNano(), calls, bot)
	eventually(t, "it is taken", func() bool {
		status, _ := c.Post(otlpPort, "/v1/metrics", body, "")
		require.Contains(t, []int{http.StatusOK, http.StatusServiceUnavailable}, status, "an SDK does not repeat after another")
		return status == http.StatusOK
	})
}
