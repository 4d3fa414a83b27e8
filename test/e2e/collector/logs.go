package collector

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"sync"
)

// jsonLogs makes levels readable; log lines are otherwise as shipped.
const jsonLogs = `{service: {telemetry: {logs: {encoding: json}}}}`

// logs keeps what the process writes.
type logs struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// Logs is everything that the process has written so far.
func (c *Collector) Logs() string { return c.logs.String() }

// Complaints is the log lines from warning upwards, and those that are not the logger's at all, such as a panic. Lines
// that contain one of the expected texts are left out.
func (c *Collector) Complaints(expected ...string) []string {
	var found []string
	for line := range strings.Lines(c.Logs()) {
		if isComplaint(line) && !containsAny(line, expected) {
			found = append(found, strings.TrimSpace(line))
		}
	}
	return found
}

func isComplaint(line string) bool {
	var entry struct {
		Level string `json:"level"`
	}
	known := json.Unmarshal([]byte(line), &entry) == nil
	return !known || entry.Level != "debug" && entry.Level != "info"
}

func containsAny(line string, texts []string) bool {
	return slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(line, text) })
}
