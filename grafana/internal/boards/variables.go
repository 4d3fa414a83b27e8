package boards

import (
	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"

	"github.com/otelcol-voice/otelcol-voice/internal/signal/semconv"
)

// Names of variables, as queries and links use them.
const (
	varMetrics = "prometheus_datasource"
	varLogs    = "loki_datasource"
	varTraces  = "tempo_datasource"
	varJob     = "job"
	varPlace   = "environment"
	varStage   = "stage"
	varService = "service"
	varCost    = "cost_metric"
	varBudget  = "budget"
	varCall    = "call_id"
	varTrace   = "trace_id"
)

// source is a data source: which variable names it, and its type.
type source struct{ variable, kind, label string }

var (
	metrics = source{varMetrics, "prometheus", "Prometheus data source"}
	logs    = source{varLogs, "loki", "Loki data source"}
	traces  = source{varTraces, "tempo", "Tempo data source"}
)

func (s source) ref() common.DataSourceRef {
	return common.DataSourceRef{Type: cog.ToPtr(s.kind), Uid: cog.ToPtr("${" + s.variable + "}")}
}

// choice lets the user choose the data source: an import by hand asks for nothing else.
func (s source) choice() variable {
	return dashboard.NewDatasourceVariableBuilder(s.variable).
		Label(s.label).
		Type(s.kind)
}

// perSeries are the two variables by which series are chosen; the metric is one that whatever is to be chosen from has. Jobs are all
// of them, or the one that is named.
func perSeries(metric string, only ...string) []variable {
	job := ofLabel(varJob, "Job", "label_values("+metric+", job)",
		"What sent the series: service.namespace/service.name, or service.name alone.").AllValue(".+")
	for _, name := range only {
		job.Current(option(name, name))
	}
	return []variable{job, ofLabel("instance", "Instance", "label_values("+metric+`{job=~"$job"}, instance)`,
		"Which collector sent them: its service.instance.id.").AllValue(".+")}
}

// callSelection is the variables by which series of calls are chosen. A bot need not say what its environment is: all of them have those
// without.
func callSelection() []variable {
	calls := series(semconv.MetricCalls)
	place := ofLabel(varPlace, "Environment", "label_values("+calls+`{job=~"$job"}, `+labelPlace+")",
		"The bots' deployment.environment.name; all of them have the bots without.").AllValue(".*")
	return append(perSeries(calls), place)
}

func ofLabel(name, label, query, about string) *dashboard.QueryVariableBuilder {
	return dashboard.NewQueryVariableBuilder(name).
		Label(label).
		Description(about).
		Datasource(metrics.ref()).
		Query(text(query)).
		Refresh(dashboard.VariableRefreshOnTimeRangeChanged).
		Sort(dashboard.VariableSortAlphabeticalAsc).
		Multi(true).
		IncludeAll(true).
		Current(option("All", "$__all"))
}

// service is the jobs without their namespace, which is what logs and traces know. All of them are those of the chosen jobs.
func service() variable {
	query := "label_values(" + series(semconv.MetricCalls) + `{job=~"$job"}, job)`
	return ofLabel(varService, "Service", query, "The chosen jobs by service.name alone, for logs and traces.").
		Regex(`/(?:.*\/)?(.+)/`).
		Hide(dashboard.VariableHideHideVariable)
}

// costMetric is the name of the cost series, the only one that depends on the backend.
func costMetric() variable {
	named, bare := series(semconv.MetricCost), bareName(semconv.MetricCost)
	return dashboard.NewCustomVariableBuilder(varCost).
		Label("Cost series").
		Description(named + " on Prometheus and Grafana Cloud; " + bare + " on a Mimir that adds no suffixes.").
		Values(text(named + "," + bare)).
		Options([]dashboard.VariableOption{chosen(named), option(bare, bare)}).
		Current(chosen(named))
}

func stages() variable {
	const all = semconv.StageSTT + "," + semconv.StageLLM + "," + semconv.StageTTS + "," + semconv.StageRealtime
	return dashboard.NewCustomVariableBuilder(varStage).
		Label("Stage").
		Description("Speech recognition, language model, speech synthesis or a realtime model.").
		Values(text(all)).
		Multi(true).
		IncludeAll(true).
		AllValue(".+").
		Current(option("All", "$__all"))
}

func budget() variable {
	return dashboard.NewTextBoxVariableBuilder(varBudget).
		Label("Budget, USD an hour").
		Description("The line in the panels of cost per hour; the alert that we ship fires above 10.").
		DefaultValue(text("10")).
		Current(option("10", "10"))
}

func callID() variable {
	return dashboard.NewTextBoxVariableBuilder(varCall).
		Label("Call").
		Description("A call_id or its beginning; empty shows all calls.").
		DefaultValue(text("")).
		Current(option("", ""))
}

func traceID() variable {
	return dashboard.NewTextBoxVariableBuilder(varTrace).
		Label("Trace").
		Description("A trace id, which a click on one in a table fills in.").
		DefaultValue(text("")).
		Current(option("", ""))
}

func text(s string) dashboard.StringOrMap { return dashboard.StringOrMap{String: &s} }

func option(label, value string) dashboard.VariableOption {
	return dashboard.VariableOption{
		Text:  dashboard.StringOrArrayOfString{String: &label},
		Value: dashboard.StringOrArrayOfString{String: &value},
	}
}

func chosen(value string) dashboard.VariableOption {
	o := option(value, value)
	o.Selected = cog.ToPtr(true)
	return o
}
