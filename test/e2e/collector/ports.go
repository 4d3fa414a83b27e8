package collector

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"regexp"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

var localPort = regexp.MustCompile(`localhost:(\d+)`)

// MovePorts finds every localhost:PORT in a configuration file. It returns YAML that lays other, free ports over
// them, and which port has become which.
func MovePorts(tb testing.TB, file string) (string, map[int]int) {
	tb.Helper()
	text, err := os.ReadFile(file)
	require.NoError(tb, err)
	var tree map[string]any
	require.NoError(tb, yaml.Unmarshal(text, &tree), file)
	m := mover{tb: tb, ports: map[int]int{}}
	moved, _ := m.move(tree)
	if !telemetryConfigured(tree) {
		moved.(map[string]any)["service"] = m.telemetry()
	}
	overlay, err := yaml.Marshal(moved)
	require.NoError(tb, err)
	return string(overlay), m.ports
}

// telemetryConfigured says whether a configuration says where the collector's own metrics go.
func telemetryConfigured(tree map[string]any) bool {
	service, _ := tree["service"].(map[string]any)
	telemetry, _ := service["telemetry"].(map[string]any)
	return telemetry["metrics"] != nil
}

// telemetry is the reader that a collector has by default, on another port than its usual one.
func (m *mover) telemetry() map[string]any {
	const usual = 8888
	m.ports[usual] = freePort(m.tb)
	exporter := map[string]any{"prometheus": map[string]any{"host": "localhost", "port": m.ports[usual]}}
	reader := map[string]any{"pull": map[string]any{"exporter": exporter}}
	return map[string]any{"telemetry": map[string]any{"metrics": map[string]any{"readers": []any{reader}}}}
}

type mover struct {
	tb    testing.TB
	ports map[int]int
}

// move returns the part of a tree that names ports, with other ports. Lists are replaced as a whole by the collector,
// so of a list with a port everything is returned.
func (m *mover) move(node any) (moved any, found bool) {
	switch node := node.(type) {
	case string:
		return localPort.ReplaceAllStringFunc(node, m.exchange), localPort.MatchString(node)
	case map[string]any:
		return m.moveMap(node)
	case []any:
		return m.moveList(node)
	}
	return node, false
}

func (m *mover) moveMap(node map[string]any) (any, bool) {
	part := map[string]any{}
	for key, value := range node {
		if moved, found := m.move(value); found {
			part[key] = moved
		}
	}
	return part, len(part) > 0
}

func (m *mover) moveList(node []any) (any, bool) {
	whole := make([]any, len(node))
	anyFound := false
	for i, value := range node {
		whole[i] = m.moveWhole(value, &anyFound)
	}
	return whole, anyFound
}

// moveWhole is move without leaving anything out.
func (m *mover) moveWhole(node any, found *bool) any {
	if branch, ok := node.(map[string]any); ok {
		whole := map[string]any{}
		for key, value := range branch {
			whole[key] = m.moveWhole(value, found)
		}
		return whole
	}
	moved, here := m.move(node)
	*found = *found || here
	return moved
}

func (m *mover) exchange(address string) string {
	configured, err := strconv.Atoi(localPort.FindStringSubmatch(address)[1])
	require.NoError(m.tb, err)
	if m.ports[configured] == 0 {
		m.ports[configured] = freePort(m.tb)
	}
	return fmt.Sprintf("localhost:%d", m.ports[configured])
}

// Ports below those that the kernel gives to clients and to listeners on port 0: one that a killed process leaves is there for its
// next start.
const (
	lowestPort = 10_000
	portsAbove = 20_000
)

// freePort is a port that was free a moment ago.
func freePort(tb testing.TB) int {
	tb.Helper()
	for range 1000 {
		port := lowestPort + rand.IntN(portsAbove)
		listener, err := net.Listen("tcp", fmt.Sprintf("localhost:%d", port))
		if err == nil {
			require.NoError(tb, listener.Close())
			return port
		}
	}
	require.FailNow(tb, "no port is free")
	return 0
}
