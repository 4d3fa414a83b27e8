package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-voice/otelcol-voice/test/e2e/collector"
)

// What the first page shows is what happens, after other calls as well: the posted lines, the answer and what is on the metrics page of
// this call, to the letter.
func TestReadme(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(collector.Repository(t), "README.md"))
	require.NoError(t, err)
	posted := between(t, string(text), "--data-binary @- <<'EOF'\n", "EOF\n")
	answer := between(t, string(text), "```json\n", "```")
	shown := between(t, string(text), "| sort\n```\n\n```\n", "```")
	call := between(t, string(text), "metrics | grep ", " |")

	c := collector.Start(t, collector.Settings{Config: localConfig, Overlay: quick})
	status, _ := c.Post(4319, "/v1/frames", []byte(strings.ReplaceAll(posted, call, "another-call")), "")
	require.Equal(t, 200, status)
	status, got := c.Post(4319, "/v1/frames", []byte(posted), "")
	assert.Equal(t, 200, status)
	assert.Equal(t, answer, string(got))
	eventually(t, "the call is on the metrics page", func() bool {
		return readPage(t, c).sum("voice_calls_total") == 2
	})
	assert.Equal(t, shown, asShown(c.Get(pagePort, "/metrics"), call))
	c.Stop()
}

func between(t *testing.T, text, before, after string) string {
	t.Helper()
	_, rest, found := strings.Cut(text, before)
	require.True(t, found, "README.md has no %q", before)
	inside, _, found := strings.Cut(rest, after)
	require.True(t, found)
	return inside
}

// asShown is what the README's grep, sed and sort make of the page.
func asShown(page, call string) string {
	perRun := regexp.MustCompile(`(call_id|instance|job)="[^"]*",?`)
	var lines []string
	for line := range strings.Lines(page) {
		if !strings.Contains(line, call) {
			continue
		}
		line = perRun.ReplaceAllString(line, "")
		line = strings.Replace(line, ",}", "}", 1)
		lines = append(lines, strings.Replace(line, "{}", "", 1))
	}
	slices.Sort(lines)
	return strings.Join(lines, "")
}

// So is what the demo prints, but for the names of its calls.
func TestReadmeDemo(t *testing.T) {
	root := collector.Repository(t)
	text, err := os.ReadFile(filepath.Join(root, "README.md"))
	require.NoError(t, err)
	shown := "            call   duration" + between(t, string(text), "```\n            call   duration", "```")

	demo := exec.Command("go", "run", ".", "-own",
		"-collector", collector.Binary(t), "-config", filepath.Join(root, localConfig))
	demo.Dir = filepath.Join(root, "cmd", "voice-demo")
	demo.Env = append(os.Environ(), "OTELCOL_VOICE_DATA="+t.TempDir())
	printed, err := demo.CombinedOutput()
	require.NoError(t, err, string(printed))
	_, table, _ := strings.Cut(string(printed), "\n\n")
	assert.Equal(t, unnamed(shown), unnamed(table))
	assertReport(t, table)
}

// unnamed is the demo's output without what differs from run to run: the names of calls, the folder of the report.
func unnamed(table string) string {
	table = regexp.MustCompile(`demo-\d+-`).ReplaceAllString(table, "demo-")
	return regexp.MustCompile(`file://\S+/`).ReplaceAllString(table, "file:///")
}

// assertReport: the report at the address that the demo prints has each call with the cost that the table has, the table's total, and
// finds that metrics page, summaries and spans agree in all that it compares.
func assertReport(t *testing.T, table string) {
	t.Helper()
	_, address, found := strings.Cut(table, "Report of these calls: file://")
	require.True(t, found)
	html, err := os.ReadFile(strings.TrimSpace(address))
	require.NoError(t, err)
	page := string(html)

	costs := regexp.MustCompile(`(?m)^ *(demo-\d+-\d) .* (\d\.\d{6})  `).FindAllStringSubmatch(table, -1)
	require.Len(t, costs, 5)
	for _, call := range costs {
		row := between(t, page, "<span class=\"sub\">"+call[1], "</tr>")
		assert.Contains(t, row, "$"+call[2], call[1])
	}
	total := between(t, table, "  cost                      ", " USD")
	assert.Contains(t, page, `id="cost">$`+total+"<")
	assert.Equal(t, 6, strings.Count(page, ">agree<"))
	assert.NotContains(t, page, ">differ<")
	assert.Contains(t, page, "unpriced: openai/acme-llm-1 prompt.text: no_model")
}
