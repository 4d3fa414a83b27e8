package rules_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/otelcol-voice/otelcol-voice/grafana/internal/managed"
	"github.com/otelcol-voice/otelcol-voice/grafana/internal/ruletest"
)

const (
	shipped    = "voice.rules.yaml"
	forGrafana = "provisioning/voice-alerts.yaml"
)

// Every alert below its threshold and above it, and what it then says.
func TestRules(t *testing.T) {
	for path, file := range testFiles(t) {
		runAll(t, path, file)
	}
}

// So do the rules that Grafana is given: query and threshold, put together again, are right for the same loads.
func TestRulesOfGrafana(t *testing.T) {
	path := asPrometheus(t)
	for name, file := range testFiles(t) {
		file.RuleFiles = []string{path}
		file.Tests = withoutExprs(file.Tests) // of the record, which Grafana does not have
		runAll(t, name, file)
	}
}

func runAll(t *testing.T, path string, file ruletest.File) {
	t.Helper()
	for _, test := range file.Tests {
		t.Run(filepath.Base(path)+"/"+test.Name, func(t *testing.T) {
			t.Parallel()
			failures, err := file.Run(test)
			require.NoError(t, err)
			for _, failure := range failures {
				assert.Fail(t, failure)
			}
		})
	}
}

// A test of an alert that never fires, or always does, would be none.
func TestEachAlertIsTestedOnBothSides(t *testing.T) {
	firing, silent := map[string]int{}, map[string]int{}
	for _, file := range testFiles(t) {
		for _, test := range file.Tests {
			for _, alert := range test.Alerts {
				if len(alert.Firing) > 0 {
					firing[alert.Alert]++
				} else {
					silent[alert.Alert]++
				}
			}
		}
	}
	for _, alert := range alerts(t) {
		assert.Positive(t, firing[alert.Alert], "%s fires", alert.Alert)
		assert.Positive(t, silent[alert.Alert], "%s does not fire", alert.Alert)
		delete(firing, alert.Alert)
		delete(silent, alert.Alert)
	}
	assert.Empty(t, firing, "tests of alerts that are not there")
	assert.Empty(t, silent, "tests of alerts that are not there")
}

func withoutExprs(tests []ruletest.Test) []ruletest.Test {
	var without []ruletest.Test
	for _, test := range tests {
		test.Exprs = nil
		without = append(without, test)
	}
	return without
}

// asPrometheus writes Grafana's rules as Prometheus's and returns the path.
func asPrometheus(t *testing.T) string {
	t.Helper()
	var rules rulefmt.RuleGroups
	for _, group := range grafanaFile(t).Groups {
		converted := rulefmt.RuleGroup{Name: group.Name}
		for _, rule := range group.Rules {
			converted.Rules = append(converted.Rules, prometheusRule(t, rule))
		}
		rules.Groups = append(rules.Groups, converted)
	}
	text, err := yaml.Marshal(rules)
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "rules.yaml")
	require.NoError(t, os.WriteFile(path, text, 0o600))
	return path
}

func prometheusRule(t *testing.T, rule managed.Rule) rulefmt.Rule {
	t.Helper()
	require.Len(t, rule.Data, 3, rule.Title)
	evaluator := rule.Data[2].Model.Conditions[0].Evaluator
	sign := map[string]string{"gt": ">", "lt": "<"}[evaluator.Type]
	duration, err := model.ParseDuration(rule.For)
	require.NoError(t, err)
	annotations := map[string]string{}
	for name, text := range rule.Annotations {
		annotations[name] = strings.ReplaceAll(text, "$values.B.Value", "$value")
	}
	return rulefmt.Rule{
		Alert: rule.Title, For: duration, Labels: rule.Labels, Annotations: annotations,
		Expr: fmt.Sprintf("(%s) %s %g", rule.Data[0].Model.Expr, sign, evaluator.Params[0]),
	}
}

func testFiles(t *testing.T) map[string]ruletest.File {
	t.Helper()
	paths, err := filepath.Glob("tests/*.test.yaml")
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	files := map[string]ruletest.File{}
	for _, path := range paths {
		files[path], err = ruletest.Load(path)
		require.NoError(t, err)
	}
	return files
}

func grafanaFile(t *testing.T) managed.File {
	t.Helper()
	text, err := os.ReadFile(forGrafana)
	require.NoError(t, err)
	var file managed.File
	require.NoError(t, yaml.Unmarshal(text, &file))
	return file
}

// groups is the rules of a file, as Prometheus reads them.
func groups(t *testing.T, path string) []rulefmt.RuleGroup {
	t.Helper()
	rules, errs := rulefmt.ParseFile(path, false, model.UTF8Validation, parser.NewParser(parser.Options{}), nil)
	require.Empty(t, errs)
	return rules.Groups
}

func alerts(t *testing.T) []rulefmt.Rule {
	t.Helper()
	var all []rulefmt.Rule
	for _, group := range groups(t, shipped) {
		for _, rule := range group.Rules {
			if rule.Alert != "" {
				all = append(all, rule)
			}
		}
	}
	return all
}

func sorted(set map[string]bool) []string { return slices.Sorted(maps.Keys(set)) }
