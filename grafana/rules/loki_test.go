package rules_test

import (
	"os"
	"strings"
	"testing"

	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/otelcol-voice/otelcol-voice/internal/signal/semconv"
)

// No Loki runs here. So its rule is held to what is on the log that we send, as text, and to what alerts have to say.
func TestLokiRuleReadsWhatIsOnTheSummary(t *testing.T) {
	text, err := os.ReadFile("voice.loki.rules.yaml")
	require.NoError(t, err)
	var file rulefmt.RuleGroups
	require.NoError(t, yaml.Unmarshal(text, &file))
	require.Len(t, file.Groups, 1)
	require.Len(t, file.Groups[0].Rules, 1)
	rule := file.Groups[0].Rules[0]
	assert.Contains(t, rule.Expr, `|= "`+semconv.EventCallSummary+`"`, "the body of the record")
	assert.Contains(t, rule.Expr, "unwrap "+semconv.SummaryCost+" ")
	assert.Contains(t, rule.Expr, "max by (service_name, "+semconv.AttrCallID+")")
	assert.Equal(t, "VoiceBotCallCost", rule.Alert)
	assert.Equal(t, runbookURL+strings.ToLower(rule.Alert), rule.Annotations["runbook_url"])
	assert.Equal(t, "warning", rule.Labels["severity"])
	page, err := os.ReadFile(runbook)
	require.NoError(t, err)
	assert.Contains(t, string(page), "\n### "+rule.Alert+"\n")
}
