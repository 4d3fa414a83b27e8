// Package ruletest runs unit tests of Prometheus rules, written in the format of `promtool test rules`, with Prometheus's own
// engine in the process of the test. promtool gives the same verdicts; to build it takes minutes, which a test has not got.
package ruletest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"go.yaml.in/yaml/v3"
)

// File is a file of tests. What it does not name here, promtool has and our files do not use; Load refuses it.
type File struct {
	// RuleFiles are paths from the file's directory; Load makes them whole.
	RuleFiles []string `yaml:"rule_files"`
	// EvaluationInterval is how often rules are evaluated.
	EvaluationInterval model.Duration `yaml:"evaluation_interval"`
	Tests              []Test         `yaml:"tests"`
}

// Test is what was measured, and what the rules make of it.
type Test struct {
	Name string `yaml:"name"`
	// Interval is the time between two samples of the input.
	Interval    model.Duration `yaml:"interval"`
	InputSeries []Series       `yaml:"input_series"`
	Alerts      []AlertTest    `yaml:"alert_rule_test"`
	Exprs       []ExprTest     `yaml:"promql_expr_test"`
}

// Series is a series and its samples, in PromQL's notation for tests.
type Series struct {
	Series string `yaml:"series"`
	Values string `yaml:"values"`
}

// AlertTest says which alerts of a rule fire, so long after the first sample; none where it names none.
type AlertTest struct {
	EvalTime model.Duration `yaml:"eval_time"`
	Alert    string         `yaml:"alertname"`
	Firing   []Alert        `yaml:"exp_alerts"`
}

// Alert is an alert that fires: its labels without alertname, and its annotations.
type Alert struct {
	Labels      map[string]string `yaml:"exp_labels"`
	Annotations map[string]string `yaml:"exp_annotations"`
}

// ExprTest says what an expression gives, so long after the first sample.
type ExprTest struct {
	Expr     string         `yaml:"expr"`
	EvalTime model.Duration `yaml:"eval_time"`
	Samples  []Sample       `yaml:"exp_samples"`
}

// Sample is one element of a vector, its labels in PromQL's notation.
type Sample struct {
	Labels string  `yaml:"labels"`
	Value  float64 `yaml:"value"`
}

// Load reads a file of tests. A field that is not known, and a test without a name or an interval, is an error.
func Load(path string) (File, error) {
	var file File
	opened, err := os.Open(path)
	if err != nil {
		return file, err
	}
	defer opened.Close()
	decoder := yaml.NewDecoder(opened)
	decoder.KnownFields(true)
	if err := decoder.Decode(&file); err != nil {
		return file, fmt.Errorf("%s: %w", path, err)
	}
	for i, rules := range file.RuleFiles {
		file.RuleFiles[i] = filepath.Join(filepath.Dir(path), rules)
	}
	return file, file.check(path)
}

func (f File) check(path string) error {
	if f.EvaluationInterval == 0 || len(f.RuleFiles) == 0 {
		return fmt.Errorf("%s: evaluation_interval or rule_files is missing", path)
	}
	for i, test := range f.Tests {
		if test.Name == "" || test.Interval == 0 {
			return fmt.Errorf("%s: test %d has no name or no interval", path, i+1)
		}
	}
	return nil
}

// input is the series as PromQL's test language loads them.
func (t Test) input() string {
	var load strings.Builder
	fmt.Fprintf(&load, "load %ds\n", int(time.Duration(t.Interval).Seconds()))
	for _, series := range t.InputSeries {
		fmt.Fprintf(&load, "  %s %s\n", series.Series, series.Values)
	}
	return load.String()
}

// end is when the last thing is asked.
func (t Test) end() time.Duration {
	var end model.Duration
	for _, alert := range t.Alerts {
		end = max(end, alert.EvalTime)
	}
	for _, expr := range t.Exprs {
		end = max(end, expr.EvalTime)
	}
	return time.Duration(end)
}
