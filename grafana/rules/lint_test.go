package rules_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/prometheus/prometheus/promql/parser"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	// What a tenant of Mimir and Grafana Cloud may have.
	maxRulesOfGroup = 20
	maxGroups       = 35

	runbook    = "../../docs/operations.md"
	runbookURL = "https://github.com/otelcol-voice/otelcol-voice/blob/main/docs/operations.md#"
)

var alertName = regexp.MustCompile(`^Voice(Bot|Collector)[A-Z][A-Za-z0-9]+$`)

// As `promtool check rules` has it, and the limits of a tenant.
func TestRulesAreWellFormed(t *testing.T) {
	all := groups(t, shipped)
	assert.LessOrEqual(t, len(all), maxGroups)
	names := map[string]bool{}
	for _, group := range all {
		assert.LessOrEqual(t, len(group.Rules), maxRulesOfGroup, group.Name)
		for _, rule := range group.Rules {
			name := rule.Record + rule.Alert
			assert.False(t, names[name], "%s is there twice", name)
			names[name] = true
		}
	}
}

// What whoever is woken by an alert needs.
func TestAlertsSayWhatToDo(t *testing.T) {
	page, err := os.ReadFile(runbook)
	require.NoError(t, err)
	for _, alert := range alerts(t) {
		assert.Regexp(t, alertName, alert.Alert)
		assert.Contains(t, []string{"critical", "warning", "info"}, alert.Labels["severity"], alert.Alert)
		summary, description := alert.Annotations["summary"], alert.Annotations["description"]
		assert.True(t, strings.HasSuffix(summary, ".") && !strings.Contains(summary, "{{"), "%s: %q is no sentence of its own", alert.Alert, summary)
		assert.True(t, strings.HasSuffix(description, "."), "%s: %q", alert.Alert, description)
		assert.Equal(t, runbookURL+strings.ToLower(alert.Alert), alert.Annotations["runbook_url"])
		assert.Regexp(t, `(?m)^### `+alert.Alert+`$`, string(page), "the runbook has no such heading")
	}
}

// The page about the rules has each alert, and so its threshold.
func TestEachAlertIsExplained(t *testing.T) {
	page, err := os.ReadFile("README.md")
	require.NoError(t, err)
	for _, alert := range alerts(t) {
		assert.Contains(t, string(page), "`"+alert.Alert+"`")
	}
}

// The runbook has an entry for each alert and for none that is gone.
func TestRunbookHasNoAlertThatIsGone(t *testing.T) {
	page, err := os.ReadFile(runbook)
	require.NoError(t, err)
	known := map[string]bool{"VoiceBotCallCost": true} // of Loki
	for _, alert := range alerts(t) {
		known[alert.Alert] = true
	}
	for _, heading := range regexp.MustCompile(`(?m)^### (Voice\w+)$`).FindAllStringSubmatch(string(page), -1) {
		assert.True(t, known[heading[1]], heading[1])
	}
}

// An expression that asks for what nobody sends is silent for ever.
func TestMetricsExist(t *testing.T) {
	known := knownSeries(t)
	for _, group := range groups(t, shipped) {
		for _, rule := range group.Rules {
			for _, name := range selected(t, rule.Expr) {
				assert.True(t, known[name], "%s%s: nobody sends %s", rule.Alert, rule.Record, name)
			}
		}
	}
}

// selected is the names of the series that an expression reads.
func selected(t *testing.T, text string) []string {
	t.Helper()
	expr, err := parser.NewParser(parser.Options{}).ParseExpr(text)
	require.NoError(t, err)
	names := map[string]bool{}
	parser.Inspect(expr, func(node parser.Node, _ []parser.Node) error {
		if selector, is := node.(*parser.VectorSelector); is {
			names[selector.Name] = true
		}
		return nil
	})
	return sorted(names)
}
