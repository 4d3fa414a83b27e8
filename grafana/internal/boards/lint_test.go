package boards

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

const shipped = "../../dashboards"

// The files are what the code makes.
func TestFilesAreGenerated(t *testing.T) {
	var names []string
	for _, b := range All() {
		want, err := b.JSON()
		require.NoError(t, err)
		got, err := os.ReadFile(filepath.Join(shipped, b.File))
		require.NoError(t, err)
		assert.Equal(t, string(want), string(got), "%s is out of date: run make generate", b.File)
		names = append(names, b.File)
	}
	page, err := Reference()
	require.NoError(t, err)
	got, err := os.ReadFile(filepath.Join(shipped, "README.md"))
	require.NoError(t, err)
	assert.Equal(t, page, string(got))
	files, err := filepath.Glob(shipped + "/*.json")
	require.NoError(t, err)
	for _, file := range files {
		assert.Contains(t, names, filepath.Base(file), "nobody makes this file")
	}
}

// The rules hold, but for what .lint leaves out; and it leaves out nothing that would hold.
func TestRules(t *testing.T) {
	excluded := readExclusions(t)
	for _, b := range All() {
		text, err := b.JSON()
		require.NoError(t, err)
		d := parse(t, string(text))
		for name, rule := range rules {
			for _, found := range rule(d) {
				if !excluded.covers(name, d.Title, found.panel) {
					assert.Fail(t, name, "%s: %s: %s", d.Title, found.panel, found.what)
				}
			}
		}
	}
	assert.Empty(t, excluded.unused(), "entries of .lint that nothing needs")
}

// Each rule finds what it is for: a dashboard that is right but for one thing.
func TestRulesFindFaults(t *testing.T) {
	faults := map[string][2]string{
		"template-datasource-rule":            {`"name": "prometheus_datasource"`, `"name": "prom"`},
		"template-job-rule":                   {`"allValue": ".+"`, `"allValue": ".*"`},
		"template-instance-rule":              {`"label": "Instance"`, `"label": "instance"`},
		"template-label-promql-rule":          {`label_values(voice_calls_total, job)`, `label_values(voice_calls_total{, job)`},
		"template-on-time-change-reload-rule": {`"refresh": 2`, `"refresh": 1`},
		"template-unused-rule":                {`$cost_metric`, `voice_cost_usd_total`},
		"panel-datasource-rule":               {`"uid": "${prometheus_datasource}"`, `"uid": "grafanacloud-prom"`},
		"panel-title-description-rule":        {`"description": "Calls that have begun and not ended."`, `"description": ""`},
		"panel-units-rule":                    {`"unit": "currencyUSD"`, `"unit": "USD"`},
		"panel-no-targets-rule":               {`"targets": [`, `"queries": [`},
		"panel-layout-rule":                   {`"w": 4`, `"w": 5`},
		"target-promql-rule":                  {`sum(voice_calls_active{`, `sum(voice_calls_active(`},
		"target-rate-interval-rule":           {`[$__rate_interval]`, `[5m]`},
		"target-job-rule":                     {`job=~\"$job\"`, `job=\"$job\"`},
		"target-instance-rule":                {`instance=~\"$instance\"`, `instance=~\".+\"`},
		"target-counter-agg-rule":             {`sum(increase(voice_calls_total`, `sum(max_over_time(voice_calls_total`},
		"uneditable-dashboard":                {`"editable": false`, `"editable": true`},
		"link-rule":                           {`/d/voice-collector-health?`, `/d/collector?`},
		"call-id-rule":                        {`last_over_time(voice_llm_tokens_total`, `increase(voice_llm_tokens_total`},
		"one-name-of-cost-rule":               {`$cost_metric{`, `voice_cost_usd_total{`},
		"unique-rule":                         {`"id": 3,`, `"id": 2,`},
		"target-divides-by-nothing-rule":      {`$__range])) > 0)`, `$__range])) >= 0)`},
		"target-own-counters-rule":            {`sum(increase(voice_turns_total`, `sum(increase(otelcol_x_total`},
		"target-environment-rule":             {`deployment_environment_name=~\"$environment\"`, `deployment_environment_name=~\".*\"`},
		"panel-instant-rule":                  {`"instant": true`, `"range": true`},
		"panel-legend-rule":                   {`"legendFormat": "active"`, `"legendFormat": ""`},
	}
	for rule := range rules {
		assert.Contains(t, faults, rule, "a rule without its fault")
	}
	for rule, change := range faults {
		t.Run(rule, func(t *testing.T) {
			require.Contains(t, rules, rule)
			good, err := All()[0].JSON()
			require.NoError(t, err)
			bad := strings.Replace(string(good), change[0], change[1], -1)
			require.NotEqual(t, string(good), bad)
			assert.NotEmpty(t, rules[rule](parse(t, bad)))
		})
	}
}

func parse(t *testing.T, text string) board {
	t.Helper()
	var d board
	require.NoError(t, json.Unmarshal([]byte(text), &d))
	return d
}

// exclusions is the part of a .lint file that says which findings are meant so, by rule.
type exclusions struct {
	byRule map[string][]exclusion
	used   map[exclusion]bool
}

// exclusion is a dashboard, or one of its panels.
type exclusion struct {
	Dashboard string `yaml:"dashboard"`
	Panel     string `yaml:"panel"`
}

func readExclusions(t *testing.T) exclusions {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(shipped, ".lint"))
	require.NoError(t, err)
	var file struct {
		Exclusions map[string]struct {
			Reason  string      `yaml:"reason"`
			Entries []exclusion `yaml:"entries"`
		} `yaml:"exclusions"`
	}
	require.NoError(t, yaml.Unmarshal(text, &file))
	read := exclusions{byRule: map[string][]exclusion{}, used: map[exclusion]bool{}}
	for rule, excluded := range file.Exclusions {
		assert.NotEmpty(t, excluded.Reason, rule)
		assert.NotEmpty(t, excluded.Entries, rule)
		read.byRule[rule] = excluded.Entries
	}
	return read
}

func (e exclusions) covers(rule, dashboard, panel string) bool {
	for _, entry := range e.byRule[rule] {
		if entry.Dashboard == dashboard && (entry.Panel == "" || entry.Panel == panel) {
			e.used[entry] = true
			return true
		}
	}
	return false
}

func (e exclusions) unused() []exclusion {
	var unused []exclusion
	for _, rule := range slices.Sorted(maps.Keys(e.byRule)) {
		for _, entry := range e.byRule[rule] {
			if !e.used[entry] {
				unused = append(unused, entry)
			}
		}
	}
	return unused
}
