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

// frontOf is the first configuration of docs/scaling.md, with its collectors where they are in this test, and a page of health.
func frontOf(t *testing.T, behind []*collector.Collector) collector.Settings {
	t.Helper()
	root := collector.Repository(t)
	text, err := os.ReadFile(filepath.Join(root, "docs", "scaling.md"))
	require.NoError(t, err)
	var tree map[string]any
	require.NoError(t, yaml.Unmarshal([]byte(between(t, string(text), "```yaml\n", "```")), &tree))
	tree["extensions"] = map[string]any{"health_check": map[string]any{"endpoint": "localhost:13133"}}
	tree["service"].(map[string]any)["extensions"] = []string{"health_check"}
	moved, err := yaml.Marshal(tree)
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "front.yaml")
	require.NoError(t, os.WriteFile(file, moved, 0o600))
	config, err := filepath.Rel(root, file)
	require.NoError(t, err)

	var hosts []string
	for _, c := range behind {
		hosts = append(hosts, strings.TrimPrefix(c.URL(4317, ""), "http://"))
	}
	resolver := fmt.Sprintf("{resolver: {static: {hostnames: [%s]}}}", strings.Join(hosts, ", "))
	overlay := fmt.Sprintf("{exporters: {load_balancing/metrics: %s, load_balancing/traces: %s}}", resolver, resolver)
	return collector.Settings{Config: config, Overlay: overlay}
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
