package managed

import (
	"fmt"
	"strings"

	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
)

const (
	folder   = "Voice bots"
	interval = "1m"
	// expressions is the data source that Grafana itself is.
	expressions = "__expr__"
	// window is what the query is told to look at, in seconds. An instant query does not go by it.
	window = 600
)

// Convert makes Grafana-managed rules of the alerts in groups, which ask the Prometheus data source of that UID. Records are left
// out: they belong to where the series are.
func Convert(groups []rulefmt.RuleGroup, dataSource string) (File, error) {
	file := File{APIVersion: 1}
	for _, group := range groups {
		converted, err := convertGroup(group, dataSource)
		if err != nil {
			return File{}, err
		}
		if len(converted.Rules) > 0 {
			file.Groups = append(file.Groups, converted)
		}
	}
	return file, nil
}

func convertGroup(group rulefmt.RuleGroup, dataSource string) (Group, error) {
	converted := Group{OrgID: 1, Name: group.Name, Folder: folder, Interval: interval}
	for _, rule := range group.Rules {
		if rule.Alert == "" {
			continue
		}
		alert, err := convertRule(rule, dataSource)
		if err != nil {
			return Group{}, fmt.Errorf("%s: %w", rule.Alert, err)
		}
		converted.Rules = append(converted.Rules, alert)
	}
	return converted, nil
}

func convertRule(rule rulefmt.Rule, dataSource string) (Rule, error) {
	expr, err := parser.NewParser(parser.Options{}).ParseExpr(rule.Expr)
	if err != nil {
		return Rule{}, err
	}
	query, limit, err := split(expr)
	if err != nil {
		return Rule{}, err
	}
	annotations, err := convertAnnotations(rule.Annotations)
	return Rule{
		UID:           strings.ToLower(rule.Alert),
		Title:         rule.Alert,
		Condition:     "C",
		Data:          []Query{ask(parser.Prettify(query), dataSource), reduce(), compare(limit)},
		NoDataState:   "OK",
		ExecErrState:  "Error",
		MissingSeries: 1,
		For:           rule.For.String(),
		Annotations:   annotations,
		Labels:        rule.Labels,
	}, err
}

// convertAnnotations says where the number is: $value is text in Grafana. What looks like a variable of the environment
// would be replaced when the file is read.
func convertAnnotations(of map[string]string) (map[string]string, error) {
	converted := map[string]string{}
	for name, text := range of {
		if strings.Contains(text, "${") {
			return nil, fmt.Errorf("annotation %s has ${, which Grafana takes for a variable: write it otherwise", name)
		}
		converted[name] = strings.ReplaceAll(text, "$value ", "$values.B.Value ")
	}
	return converted, nil
}

func ask(expr, dataSource string) Query {
	source := DataSource{Type: "prometheus", UID: dataSource}
	return Query{
		RefID: "A", RelativeTimeRange: TimeRange{From: window}, DataSourceUID: dataSource,
		Model: Model{RefID: "A", DataSource: source, Expr: expr, Instant: true},
	}
}

func reduce() Query {
	return expression("B", Model{Type: "reduce", Expression: "A", Reducer: "last"})
}

func compare(limit threshold) Query {
	evaluator := Evaluator{Type: limit.operator, Params: []float64{limit.number}}
	return expression("C", Model{Type: "threshold", Expression: "B", Conditions: []Condition{{Evaluator: evaluator}}})
}

func expression(refID string, model Model) Query {
	model.RefID, model.DataSource = refID, DataSource{Type: expressions, UID: expressions}
	return Query{RefID: refID, RelativeTimeRange: TimeRange{From: window}, DataSourceUID: expressions, Model: model}
}
