package collector

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

const config = `
receivers:
  voice_frame: {service_name: bot, protocols: {frames: {endpoint: localhost:4319}}}
exporters:
  debug: {verbosity: basic}
service:
  telemetry:
    metrics:
      readers:
        - periodic: {interval: 10000, exporter: {otlp: {endpoint: "http://localhost:4318"}}}
        - pull: {host: "${env:HOST:-localhost:8888}"}
`

func TestPortsAreMoved(t *testing.T) {
	file := filepath.Join(t.TempDir(), "c.yaml")
	require.NoError(t, os.WriteFile(file, []byte(config), 0o600))
	overlay, ports := MovePorts(t, file)
	require.Len(t, ports, 3)

	var tree map[string]any
	require.NoError(t, yaml.Unmarshal([]byte(overlay), &tree))
	exchanged := func(configured int) string {
		return fmt.Sprintf("localhost:%d", ports[configured])
	}
	assert.Equal(t, map[string]any{
		"receivers": map[string]any{"voice_frame": map[string]any{"protocols": map[string]any{
			"frames": map[string]any{"endpoint": exchanged(4319)},
		}}},
		"service": map[string]any{"telemetry": map[string]any{"metrics": map[string]any{"readers": []any{
			map[string]any{"periodic": map[string]any{
				"interval": 10000, "exporter": map[string]any{"otlp": map[string]any{"endpoint": "http://" + exchanged(4318)}},
			}},
			map[string]any{"pull": map[string]any{"host": "${env:HOST:-" + exchanged(8888) + "}"}},
		}}}},
	}, tree, "what names no port is left to the file, but lists are replaced as a whole")
}

func TestComplaints(t *testing.T) {
	c := &Collector{logs: &logs{}}
	for _, line := range []string{
		`{"level":"info","msg":"Everything is ready"}`,
		`{"level":"warn","msg":"Partial success response"}`,
		`{"level":"debug","msg":"x"}`,
		`panic: runtime error`,
	} {
		_, err := c.logs.Write([]byte(line + "\n"))
		require.NoError(t, err)
	}
	assert.Equal(t, []string{
		`{"level":"warn","msg":"Partial success response"}`,
		`panic: runtime error`,
	}, c.Complaints())
	assert.Equal(t, []string{`panic: runtime error`}, c.Complaints("something else", "Partial success"))
}

// failing records that a test has failed, instead of failing.
type failing struct {
	testing.TB
	message string
}

func (f *failing) Helper() {}

func (f *failing) Errorf(format string, values ...any) { f.message += fmt.Sprintf(format, values...) }

func (f *failing) FailNow() { panic(f) }

// A test without a binary fails: a suite that skips itself would be green for nothing.
func TestMissingBinaryFails(t *testing.T) {
	t.Setenv(BinaryVariable, filepath.Join(t.TempDir(), "none"))
	f := &failing{TB: t}
	assert.PanicsWithValue(t, f, func() { findBinary(f, "") })
	assert.Contains(t, f.message, "make build")
}
