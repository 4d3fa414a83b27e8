package backend

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/rules"
	"github.com/stretchr/testify/require"
)

// Rules is a file of recording and alerting rules, loaded into the backend's rule engine. State (how long an alert has
// been pending) is kept from one evaluation to the next.
type Rules struct {
	backend *Backend
	groups  []*rules.Group
}

// LoadRules reads a rule file in Prometheus's format. A file that Prometheus would refuse fails the test.
func (b *Backend) LoadRules(path string) *Rules {
	b.tb.Helper()
	manager := rules.NewManager(&rules.ManagerOptions{
		Context:    context.Background(),
		Appendable: b.db,
		Queryable:  b.db,
		QueryFunc:  rules.EngineQueryFunc(b.engine, b.db),
		NotifyFunc: func(context.Context, string, ...*rules.Alert) {},
		Registerer: prometheus.NewRegistry(),
	})
	loaded, errs := manager.LoadGroups(time.Minute, labels.EmptyLabels(), "", nil, false, path)
	require.Empty(b.tb, errs)
	file := &Rules{backend: b}
	for _, name := range slices.Sorted(maps.Keys(loaded)) {
		file.groups = append(file.groups, loaded[name])
	}
	return file
}

// Evaluate runs every rule once, as of a moment: records are written, alerts change their state.
func (r *Rules) Evaluate(at time.Time) {
	r.backend.tb.Helper()
	for _, group := range r.groups {
		group.Eval(context.Background(), at)
		for _, rule := range group.Rules() {
			require.NoError(r.backend.tb, rule.LastError(), rule.Name())
		}
	}
}

// Firing is the labels of the alerts that fire since the last evaluation, by the name of the rule. Alerts that wait
// for their `for` are not among them.
func (r *Rules) Firing() map[string][]map[string]string {
	firing := map[string][]map[string]string{}
	for _, group := range r.groups {
		for _, rule := range group.AlertingRules() {
			for _, alert := range rule.ActiveAlerts() {
				if alert.State == rules.StateFiring {
					firing[rule.Name()] = append(firing[rule.Name()], alert.Labels.Map())
				}
			}
		}
	}
	return firing
}

// Recorded is the names of the recording rules, Alerts those of the alerting rules, in the order of the file.
func (r *Rules) Recorded() []string { return r.names(false) }

// Alerts is the names of the alerting rules in the order of the file.
func (r *Rules) Alerts() []string { return r.names(true) }

func (r *Rules) names(alerting bool) []string {
	var names []string
	for _, group := range r.groups {
		for _, rule := range group.Rules() {
			if _, isAlert := rule.(*rules.AlertingRule); isAlert == alerting {
				names = append(names, rule.Name())
			}
		}
	}
	return names
}
