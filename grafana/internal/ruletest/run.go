package ruletest

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/promql/promqltest"
	"github.com/prometheus/prometheus/rules"
)

// start is when the first sample of a test is.
var start = time.Unix(0, 0).UTC()

// Run runs one test of the file and returns where the rules do otherwise than it says.
func (f File) Run(test Test) (failures []string, err error) {
	loader, err := promqltest.NewLazyLoader(test.input(), promqltest.LazyLoaderOpts{EnableAtModifier: true, EnableNegativeOffset: true})
	if err != nil {
		return nil, fmt.Errorf("input_series: %w", err)
	}
	defer func() { _ = loader.Close() }() // what is in memory needs no end that succeeds
	r := runner{test: test, loader: loader, step: time.Duration(f.EvaluationInterval)}
	if err := r.load(f.RuleFiles, time.Duration(test.Interval)); err != nil {
		return nil, err
	}
	if err := r.evaluate(); err != nil {
		return nil, err
	}
	err = r.checkExprs()
	return r.failures, err
}

type runner struct {
	test     Test
	loader   *promqltest.LazyLoader
	step     time.Duration
	groups   []*rules.Group
	failures []string
}

func (r *runner) load(files []string, interval time.Duration) error {
	manager := rules.NewManager(&rules.ManagerOptions{
		Context:    context.Background(),
		Appendable: r.loader.Storage(),
		QueryFunc:  rules.EngineQueryFunc(r.loader.QueryEngine(), r.loader.Storage()),
		NotifyFunc: func(context.Context, string, ...*rules.Alert) {},
	})
	groups, errs := manager.LoadGroups(interval, labels.EmptyLabels(), "", nil, false, files...)
	if len(errs) > 0 {
		return errs[0]
	}
	for _, name := range slices.Sorted(maps.Keys(groups)) {
		r.groups = append(r.groups, groups[name])
	}
	return nil
}

// evaluate makes time pass, and looks at the alerts where the test does.
func (r *runner) evaluate() error {
	for at := time.Duration(0); at <= r.test.end(); at += r.step {
		if err := r.evaluateAt(start.Add(at)); err != nil {
			return err
		}
		for _, want := range r.test.Alerts {
			if asked := time.Duration(want.EvalTime); at <= asked && asked < at+r.step {
				r.checkAlert(want)
			}
		}
	}
	return nil
}

func (r *runner) evaluateAt(at time.Time) (err error) {
	r.loader.WithSamplesTill(at, func(failed error) {
		err = failed
		for _, group := range r.groups {
			group.Eval(r.loader.Context(), at)
			for _, rule := range group.Rules() {
				if failed := rule.LastError(); failed != nil && err == nil {
					err = fmt.Errorf("%s at %s: %w", rule.Name(), at.Sub(start), failed)
				}
			}
		}
	})
	return err
}

func (r *runner) checkAlert(want AlertTest) {
	var expected []string
	for _, alert := range want.Firing {
		named := maps.Clone(alert.Labels)
		if named == nil {
			named = map[string]string{}
		}
		named[labels.AlertName] = want.Alert
		expected = append(expected, shown(labels.FromMap(named), labels.FromMap(alert.Annotations)))
	}
	r.compare(fmt.Sprintf("%s at %s", want.Alert, want.EvalTime), expected, r.firing(want.Alert))
}

// firing is the alerts of a rule that fire since the last evaluation.
func (r *runner) firing(name string) []string {
	var firing []string
	for _, group := range r.groups {
		for _, rule := range group.AlertingRules() {
			for _, alert := range rule.ActiveAlerts() {
				if rule.Name() == name && alert.State == rules.StateFiring {
					firing = append(firing, shown(alert.Labels, alert.Annotations))
				}
			}
		}
	}
	return firing
}

func shown(of, annotations labels.Labels) string {
	return of.String() + "\n    " + annotations.String()
}

func (r *runner) checkExprs() error {
	for _, test := range r.test.Exprs {
		got, err := r.query(test.Expr, start.Add(time.Duration(test.EvalTime)))
		if err != nil {
			return fmt.Errorf("%s: %w", test.Expr, err)
		}
		var expected []string
		for _, sample := range test.Samples {
			metric, err := parser.NewParser(parser.Options{}).ParseMetric(sample.Labels)
			if err != nil {
				return fmt.Errorf("%s: %w", sample.Labels, err)
			}
			expected = append(expected, fmt.Sprintf("%s %v", metric, sample.Value))
		}
		r.compare(fmt.Sprintf("%s at %s", test.Expr, test.EvalTime), expected, got)
	}
	return nil
}

func (r *runner) query(expr string, at time.Time) ([]string, error) {
	query, err := r.loader.QueryEngine().NewInstantQuery(r.loader.Context(), r.loader.Queryable(), nil, expr, at)
	if err != nil {
		return nil, err
	}
	defer query.Close()
	vector, err := query.Exec(r.loader.Context()).Vector()
	return texts(vector), err
}

func texts(vector promql.Vector) []string {
	var all []string
	for _, sample := range vector {
		all = append(all, fmt.Sprintf("%s %v", sample.Metric, sample.F))
	}
	return all
}

// compare notes a failure where two lists do not hold the same, in any order.
func (r *runner) compare(what string, expected, got []string) {
	slices.Sort(expected)
	slices.Sort(got)
	if !slices.Equal(expected, got) {
		r.failures = append(r.failures, fmt.Sprintf("%s:\n  expected %s\n  got      %s", what, list(expected), list(got)))
	}
}

func list(texts []string) string {
	if len(texts) == 0 {
		return "nothing"
	}
	return strings.Join(texts, "\n           ")
}
