package e2e

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-voice/otelcol-voice/test/e2e/collector"
)

// board is what tests read of a dashboard.
type board struct {
	Title      string       `json:"title"`
	Panels     []boardPanel `json:"panels"`
	Templating struct {
		List []boardVariable `json:"list"`
	} `json:"templating"`
}

type boardPanel struct {
	Title   string        `json:"title"`
	Type    string        `json:"type"`
	Targets []boardTarget `json:"targets"`
}

// boardTarget is a query of a panel: Expr of Prometheus and Loki, Query of Tempo.
type boardTarget struct {
	Expr       string `json:"expr"`
	Query      string `json:"query"`
	Datasource struct {
		Type string `json:"type"`
	} `json:"datasource"`
}

type boardVariable struct {
	Name     string `json:"name"`
	AllValue string `json:"allValue"`
	Current  struct {
		Value any `json:"value"`
	} `json:"current"`
}

// boards is the shipped dashboards by their titles.
func boards(t *testing.T) map[string]board {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(collector.Repository(t), "grafana/dashboards/*.json"))
	require.NoError(t, err)
	all := map[string]board{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		var b board
		require.NoError(t, json.Unmarshal(text, &b), file)
		all[b.Title] = b
	}
	require.Len(t, all, 5)
	return all
}

// question is a Prometheus query of a panel, as it is shown and as it is asked.
type question struct {
	panel, shown, asked string
	index               int
}

// questions are all Prometheus queries of a dashboard as Grafana asks them with its variables as they are when it is opened.
func (b board) questions(t *testing.T, window map[string]string) []question {
	t.Helper()
	var all []question
	for _, panel := range b.Panels {
		for i, target := range panel.Targets {
			if target.Datasource.Type == "prometheus" {
				asked := b.fillIn(t, target.Expr, window)
				all = append(all, question{panel.Title, target.Expr, asked, i})
			}
		}
	}
	require.NotEmpty(t, all, b.Title)
	return all
}

// ask is one of them: the query of a panel by its place.
func (b board) ask(t *testing.T, window map[string]string, panel string, index int) string {
	t.Helper()
	all := b.questions(t, window)
	at := slices.IndexFunc(all, func(q question) bool { return q.panel == panel && q.index == index })
	require.GreaterOrEqual(t, at, 0, "%s has no panel %s with %d queries", b.Title, panel, index+1)
	return all[at].asked
}

var anyVariable = regexp.MustCompile(`\$[a-zA-Z_{]`)

// fillIn does what Grafana does: it puts values in the places of variables. The variables of Grafana itself, which are about
// time, are the window.
func (b board) fillIn(t *testing.T, expr string, window map[string]string) string {
	t.Helper()
	values := maps.Clone(window)
	for _, variable := range b.Templating.List {
		values[variable.Name] = variable.value()
	}
	names := slices.SortedFunc(maps.Keys(values), func(a, b string) int { return len(b) - len(a) }) // none is the beginning of one before it
	for _, name := range names {
		expr = strings.ReplaceAll(expr, "${"+name+":regex}", values[name])
		expr = strings.ReplaceAll(expr, "$"+name, values[name])
	}
	require.NotRegexp(t, anyVariable, expr, "a variable that the dashboard does not have")
	return expr
}

func (v boardVariable) value() string {
	value, _ := v.Current.Value.(string)
	if value == "$__all" {
		return v.AllValue
	}
	return value
}
