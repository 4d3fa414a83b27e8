// Package collector runs the built binary in tests, as its users do: as a process with the shipped configuration
// files, its variables and its ports. Files of the run go to a directory of the test.
package collector

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	// BinaryVariable names the binary to test; without it, it is the one of this tree.
	BinaryVariable = "OTELCOL_VOICE_BIN"
	defaultBinary  = "bin/otelcol-voice"

	healthPort = 13133
	// patience bounds every wait; it only matters when a test fails.
	patience  = time.Minute
	pollEvery = 20 * time.Millisecond
)

// Settings say how to run the binary.
type Settings struct {
	// Config is the configuration file, as the path from the root of the repository.
	Config string
	// Overlay is YAML that is laid over it.
	Overlay string
	// EnvFile is a .env file that is read, unless empty.
	EnvFile string
	// Env is the variables that are set, beside PATH and HOME.
	Env map[string]string
}

// Collector is the binary with its settings; it may be started again after it has ended. Ports and directory stay.
type Collector struct {
	tb        testing.TB
	binary    string
	arguments []string
	env       []string
	directory string
	ports     map[int]int
	logs      *logs

	command *exec.Cmd
	ended   chan struct{} // closed when command has ended
}

// New prepares a run. Every localhost port that the configuration names is exchanged for a free one, so that runs do
// not get in each other's way; apart from that, the file itself is run.
func New(tb testing.TB, settings Settings) *Collector {
	tb.Helper()
	root := Repository(tb)
	c := &Collector{tb: tb, binary: findBinary(tb, root), directory: tb.TempDir(), logs: &logs{}}
	file := filepath.Join(root, settings.Config)
	var overlay string
	overlay, c.ports = MovePorts(tb, file)
	if settings.EnvFile != "" {
		c.arguments = []string{"--config", "dotenv:" + settings.EnvFile}
	}
	c.arguments = append(c.arguments, "--config", file, "--config", "yaml:"+overlay, "--config", "yaml:"+jsonLogs)
	if settings.Overlay != "" {
		c.arguments = append(c.arguments, "--config", "yaml:"+settings.Overlay)
	}
	c.env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + c.directory}
	for name, value := range settings.Env {
		c.env = append(c.env, name+"="+value)
	}
	tb.Cleanup(c.cleanUp)
	return c
}

// Start prepares a run and starts it.
func Start(tb testing.TB, settings Settings) *Collector {
	tb.Helper()
	c := New(tb, settings)
	c.Start()
	return c
}

// Start starts the process and waits until it is healthy.
func (c *Collector) Start() {
	c.tb.Helper()
	require.True(c.tb, c.TryStart(), "the collector has ended: %v", c.command.ProcessState)
}

// TryStart starts the process and waits until it is healthy, or has ended, which is false.
func (c *Collector) TryStart() bool {
	c.tb.Helper()
	c.command = exec.Command(c.binary, c.arguments...)
	c.command.Dir, c.command.Env, c.command.Stdout, c.command.Stderr = c.directory, c.env, c.logs, c.logs
	require.NoError(c.tb, c.command.Start())
	ended := make(chan struct{})
	c.ended = ended
	command := c.command
	go func() {
		_ = command.Wait() // the outcome is in ProcessState
		close(ended)
	}()
	return c.awaitHealth()
}

// cleanUp ends a process that a test has left, and shows the logs of a test that failed.
func (c *Collector) cleanUp() {
	if c.running() {
		c.Kill()
	}
	if c.tb.Failed() {
		c.tb.Logf("the collector's log:\n%s", c.logs)
	}
}

func (c *Collector) running() bool {
	if c.ended == nil {
		return false
	}
	select {
	case <-c.ended:
		return false
	default:
		return true
	}
}

func (c *Collector) awaitHealth() bool {
	c.tb.Helper()
	ticker := time.NewTicker(pollEvery)
	defer ticker.Stop()
	deadline := time.After(patience)
	for {
		select {
		case <-ticker.C:
			if c.healthy() {
				return true
			}
		case <-c.ended:
			return false
		case <-deadline:
			require.FailNow(c.tb, "the collector did not become healthy")
			return false
		}
	}
}

func (c *Collector) healthy() bool {
	response, err := http.Get(c.URL(healthPort, "/"))
	if err != nil {
		return false
	}
	defer response.Body.Close()
	return response.StatusCode == http.StatusOK
}

// Stop ends the process as an operator does, by SIGTERM. It has to end well and without a complaint in its log, but for
// those that contain one of the expected texts.
func (c *Collector) Stop(expected ...string) {
	c.tb.Helper()
	require.NoError(c.tb, c.command.Process.Signal(syscall.SIGTERM))
	select {
	case <-c.ended:
	case <-time.After(patience):
		require.FailNow(c.tb, "the collector did not end within "+patience.String()+" of SIGTERM")
	}
	assert.Equal(c.tb, 0, c.command.ProcessState.ExitCode(), "exit code")
	assert.Empty(c.tb, c.Complaints(expected...), "warnings and errors in the log")
}

// Kill ends the process at once, as a crash does.
func (c *Collector) Kill() {
	c.tb.Helper()
	require.NoError(c.tb, c.command.Process.Kill())
	<-c.ended
}

// URL is an address of the collector: the port is the one that the configuration names.
func (c *Collector) URL(configured int, path string) string {
	c.tb.Helper()
	port, known := c.ports[configured]
	require.True(c.tb, known, "the configuration names no port %d", configured)
	return fmt.Sprintf("http://localhost:%d%s", port, path)
}

// File is where a relative path of the configuration lies.
func (c *Collector) File(path string) string { return filepath.Join(c.directory, path) }

// Repository is the root of the tree: the nearest directory above that has the manifest of the distribution.
func Repository(tb testing.TB) string {
	tb.Helper()
	directory, err := os.Getwd()
	require.NoError(tb, err)
	for ; ; directory = filepath.Dir(directory) {
		if _, err := os.Stat(filepath.Join(directory, "builder-config.yaml")); err == nil {
			return directory
		}
		require.NotEqual(tb, directory, filepath.Dir(directory), "not inside the repository")
	}
}

// Binary is the collector to run: the one that `make build` makes, or what BinaryVariable names.
func Binary(tb testing.TB) string {
	tb.Helper()
	return findBinary(tb, Repository(tb))
}

func findBinary(tb testing.TB, root string) string {
	tb.Helper()
	path := os.Getenv(BinaryVariable)
	if path == "" {
		path = filepath.Join(root, defaultBinary)
	}
	path, err := filepath.Abs(path)
	require.NoError(tb, err)
	_, err = os.Stat(path)
	require.NoError(tb, err, "the collector is not built: run `make build`, or set "+BinaryVariable)
	return path
}
