// Package docs_test holds the documents to what they say of the program and of each other.
package docs_test

import (
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const root = ".."

// A runbook that quotes what no program says sends whoever needs it astray. So each line of its log blocks, but for the parts that
// "…" stands for, is somewhere in our code or in that of the stock components.
func TestRunbookQuotesTheProgram(t *testing.T) {
	page, err := os.ReadFile("operations.md")
	require.NoError(t, err)
	program := ourCode(t) + stockCode(t)
	quotes := quoted(string(page))
	require.NotEmpty(t, quotes)
	for _, quote := range quotes {
		for part := range strings.SplitSeq(quote, "…") {
			assert.True(t, strings.Contains(program, part), "nobody says %q, of %q", part, quote)
		}
	}
	assert.False(t, strings.Contains(program, quotes[0]+"?"), "the test would find anything")
}

var (
	metricConstant = regexp.MustCompile(`(?m)^\tMetric\w+ += "(voice\.[a-z.]+)"`)
	metricInTable  = regexp.MustCompile("`(voice\\.[a-z.]+)`")
)

// The page of the metrics has each that we make, and no other.
func TestMetricsPageIsWhole(t *testing.T) {
	page := read(t, "metrics.md")
	table, _, found := strings.Cut(page, "\n## ")
	require.True(t, found)
	made := captured(metricConstant, read(t, filepath.Join(root, "internal", "signal", "semconv", "semconv.go")))
	require.NotEmpty(t, made)
	var told []string
	for line := range strings.Lines(table) {
		if name, _, isRow := strings.Cut(strings.TrimPrefix(line, "| "), " | "); isRow {
			told = append(told, captured(metricInTable, name)...)
		}
	}
	assert.ElementsMatch(t, made, told)
}

// captured is the first group of every match.
func captured(pattern *regexp.Regexp, text string) []string {
	var found []string
	for _, match := range pattern.FindAllStringSubmatch(text, -1) {
		found = append(found, match[1])
	}
	return found
}

var logBlock = regexp.MustCompile("(?ms)^ *```log\n(.*?)^ *```")

// quoted is the lines of all log blocks.
func quoted(page string) []string {
	var lines []string
	for _, block := range logBlock.FindAllStringSubmatch(page, -1) {
		for line := range strings.Lines(block[1]) {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return lines
}

func ourCode(t *testing.T) string {
	t.Helper()
	var code strings.Builder
	for _, room := range []string{"extension", "receiver", "processor", "connector", "confmap", "internal"} {
		code.WriteString(textsIn(t, filepath.Join(root, room)))
	}
	return code.String()
}

// stockCode is that of the modules whose messages the runbook quotes, as the distribution is built of them.
func stockCode(t *testing.T) string {
	t.Helper()
	var code strings.Builder
	for _, module := range []string{"exporter/exporterhelper", "exporter/otlphttpexporter", "internal/memorylimiter"} {
		command := exec.Command("go", "mod", "download", "-json", "go.opentelemetry.io/collector/"+module)
		command.Dir = filepath.Join(root, "cmd", "otelcol-voice")
		answer, err := command.Output()
		require.NoError(t, err, "%s: %s", module, answer)
		var at struct{ Dir string }
		require.NoError(t, json.Unmarshal(answer, &at))
		code.WriteString(textsIn(t, at.Dir))
	}
	return code.String()
}

// concatenation is between two texts that are one.
var concatenation = regexp.MustCompile(`"\s*\+\s*(?:\w+\s*\+\s*)?"`)

// textsIn is the Go code below a directory, without tests; texts that are written in parts are put together.
func textsIn(t *testing.T, directory string) string {
	t.Helper()
	var code strings.Builder
	err := filepath.WalkDir(directory, func(path string, entry fs.DirEntry, err error) error {
		if os.IsNotExist(err) {
			return nil // a room that is not there yet
		}
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		code.Write(text)
		return err
	})
	require.NoError(t, err)
	return strings.ReplaceAll(concatenation.ReplaceAllString(code.String(), ""), `\"`, `"`)
}
