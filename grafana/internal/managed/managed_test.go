package managed

import (
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestSplit(t *testing.T) {
	for _, test := range []struct {
		expr  string
		query string // empty: refused
		limit threshold
	}{
		{"sum(x) > 10", "sum(x)", threshold{"gt", 10}},
		{"x / y < 0.5", "x / y", threshold{"lt", 0.5}},
		{"x > -1 and y >= 20", "x and y >= 20", threshold{"gt", -1}},
		{"x > 2 and on (job) y >= 20", "x and on (job) y >= 20", threshold{"gt", 2}},
		{"x > 10 unless y > 0 and on () count(z)", "x unless y > 0 and on () count(z)", threshold{"gt", 10}},
		{"(x or y) > 0", "(x or y)", threshold{"gt", 0}},
		{"absent(x)", "absent(x)", threshold{"gt", 0}},
		{"absent(x) > 0", "absent(x)", threshold{"gt", 0}},
		{"x > 5 or y > 5", "", threshold{}}, // an x of 4 would hide a y of 6
		{"x > bool 5", "", threshold{}},
		{"x > y", "", threshold{}},
		{"x >= 5", "", threshold{}}, // older Grafanas have no such threshold
		{"x", "", threshold{}},
		{"rate(x[5m])", "", threshold{}},
	} {
		t.Run(test.expr, func(t *testing.T) {
			expr, err := parser.NewParser(parser.Options{}).ParseExpr(test.expr)
			require.NoError(t, err)
			query, limit, err := split(expr)
			if test.query == "" {
				assert.ErrorIs(t, err, errNoThreshold)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, test.query, query.String())
			assert.Equal(t, test.limit, limit)
		})
	}
}

func TestConvert(t *testing.T) {
	rule := rulefmt.Rule{
		Alert: "Slow", Expr: "x > 2000", For: model.Duration(5 * time.Minute), Labels: map[string]string{"severity": "warning"},
		Annotations: map[string]string{"summary": "Slow (> $2).", "description": `{{ $labels.job }}: {{ $value | printf "%.0f" }} ms.`},
	}
	file, err := Convert([]rulefmt.RuleGroup{
		{Name: "records", Rules: []rulefmt.Rule{{Record: "y", Expr: "x"}}},
		{Name: "alerts", Rules: []rulefmt.Rule{{Record: "z", Expr: "x"}, rule}},
	}, "prom")
	require.NoError(t, err)
	require.Len(t, file.Groups, 1, "a group of records only is left out")
	require.Len(t, file.Groups[0].Rules, 1)
	got := file.Groups[0].Rules[0]
	assert.Equal(t, "slow", got.UID)
	assert.Equal(t, "C", got.Condition)
	assert.Equal(t, "5m", got.For)
	assert.Equal(t, "OK", got.NoDataState)
	assert.Equal(t, rule.Labels, got.Labels)
	assert.Equal(t, map[string]string{
		"summary": "Slow (> $2).", "description": `{{ $labels.job }}: {{ $values.B.Value | printf "%.0f" }} ms.`,
	}, got.Annotations)
	require.Len(t, got.Data, 3)
	assert.Equal(t, Model{RefID: "A", DataSource: DataSource{"prometheus", "prom"}, Expr: "x", Instant: true}, got.Data[0].Model)
	assert.Equal(t, "prom", got.Data[0].DataSourceUID)
	assert.Equal(t, "A", got.Data[1].Model.Expression)
	assert.Equal(t, "B", got.Data[2].Model.Expression)
	assert.Equal(t, []Condition{{Evaluator{Type: "gt", Params: []float64{2000}}}}, got.Data[2].Model.Conditions)
}

func TestConvertRefuses(t *testing.T) {
	for name, rule := range map[string]rulefmt.Rule{
		"no threshold":                  {Alert: "A", Expr: "x"},
		"no expression":                 {Alert: "A", Expr: "x >"},
		"a variable of the environment": {Alert: "A", Expr: "x > 1", Annotations: map[string]string{"description": "${{ $value }}"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Convert([]rulefmt.RuleGroup{{Name: "g", Rules: []rulefmt.Rule{rule}}}, "prom")
			assert.ErrorContains(t, err, "A: ")
		})
	}
}
