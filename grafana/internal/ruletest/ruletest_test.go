package ruletest

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const someRules = `
groups:
  - name: g
    rules:
      - record: doubled
        expr: x * 2
      - alert: High
        expr: x > 5
        for: 2m
        labels: {severity: warning}
        annotations: {summary: "{{ $labels.job }} is at {{ $value }}"}
`

// What a test says is compared to the letter: the alert, its labels, its annotations, its time, and what there is beside it.
func TestRunTellsWhatDiffers(t *testing.T) {
	for name, test := range map[string]struct {
		asserts  string
		failures int
	}{
		"right": {`
    alert_rule_test:
      - {eval_time: 1m59s, alertname: High}
      - eval_time: 3m
        alertname: High
        exp_alerts: [{exp_labels: {severity: warning, job: a}, exp_annotations: {summary: a is at 6}}]
    promql_expr_test: [{expr: doubled, eval_time: 3m, exp_samples: [{labels: 'doubled{job="a"}', value: 12}]}]`, 0},
		"it fires":           {`alert_rule_test: [{eval_time: 3m, alertname: High}]`, 1},
		"it does not fire":   {`alert_rule_test: [{eval_time: 1m, alertname: High, exp_alerts: [{exp_labels: {severity: warning, job: a}}]}]`, 1},
		"without annotation": {`alert_rule_test: [{eval_time: 3m, alertname: High, exp_alerts: [{exp_labels: {severity: warning, job: a}}]}]`, 1},
		"another label":      {`alert_rule_test: [{eval_time: 3m, alertname: High, exp_alerts: [{exp_labels: {job: b}, exp_annotations: {summary: a is at 6}}]}]`, 1},
		"another value":      {`promql_expr_test: [{expr: doubled, eval_time: 3m, exp_samples: [{labels: 'doubled{job="a"}', value: 13}]}]`, 1},
		"nothing expected":   {`promql_expr_test: [{expr: doubled, eval_time: 3m}]`, 1},
	} {
		t.Run(name, func(t *testing.T) {
			file, err := Load(write(t, "    "+test.asserts))
			require.NoError(t, err)
			failures, err := file.Run(file.Tests[0])
			require.NoError(t, err)
			assert.Len(t, failures, test.failures)
		})
	}
}

func TestLoadRefuses(t *testing.T) {
	for name, asserts := range map[string]string{
		"a field that is not known": "    external_labels: {a: b}",
		"a test without a name":     "  - interval: 1m",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Load(write(t, asserts))
			assert.ErrorContains(t, err, "test.yaml")
		})
	}
	_, err := Load(filepath.Join(t.TempDir(), "none.yaml"))
	assert.ErrorIs(t, err, os.ErrNotExist)
}

func TestRunRefuses(t *testing.T) {
	file, err := Load(write(t, ""))
	require.NoError(t, err)
	broken := file.Tests[0]
	broken.InputSeries = []Series{{Series: "x{", Values: "1"}}
	_, err = file.Run(broken)
	assert.ErrorContains(t, err, "input_series")
	file.RuleFiles = []string{filepath.Join(t.TempDir(), "none.yaml")}
	_, err = file.Run(file.Tests[0])
	assert.Error(t, err)
}

// write makes a file of one test, at 6 from the first minute on, and the rules beside it.
func write(t *testing.T, asserts string) string {
	t.Helper()
	directory := t.TempDir()
	path := filepath.Join(directory, "test.yaml")
	text := `
rule_files: [rules.yaml]
evaluation_interval: 1m
tests:
  - name: six
    interval: 1m
    input_series: [{series: 'x{job="a"}', values: 6x10}]
` + asserts + "\n"
	require.NoError(t, os.WriteFile(filepath.Join(directory, "rules.yaml"), []byte(someRules), 0o600))
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}
