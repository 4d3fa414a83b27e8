package boards

import (
	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/cog/variants"
	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	logspanel "github.com/grafana/grafana-foundation-sdk/go/logs"
	"github.com/grafana/grafana-foundation-sdk/go/loki"
	"github.com/grafana/grafana-foundation-sdk/go/table"
	"github.com/grafana/grafana-foundation-sdk/go/tempo"
	"github.com/grafana/grafana-foundation-sdk/go/units"
)

// column is a column of a table: the field it shows, its heading, its unit and where its cells lead.
type column struct {
	field, title, unit string
	links              []dataLink
	number             bool // a number that arrives as a label, so as text
}

func col(field, title string) column { return column{field: field, title: title} }

func (c column) in(unit string) column { c.unit = unit; return c }

func (c column) asNumber() column { c.number = true; return c }

func (c column) leading(links []dataLink) column { c.links = links; return c }

// value is the column of the numbers of a query: Grafana calls it Value if it is the only one, and Value #A and so on if not.
func value(ref, title, unit string) column {
	return column{field: "Value #" + ref, title: title, unit: unit}
}

// grid is a table of numbers of the whole range: a row for each set of labels, a column for each label and query.
func grid(width uint32, title, about string, columns []column, all ...asked) panel {
	return dress(tableOf(columns), metrics, width, heightTable, title, about, units.Short, inTable.queries(all))
}

// logGrid is the same from logs.
func logGrid(width uint32, title, about string, columns []column, expr string) panel {
	query := loki.NewDataqueryBuilder().
		RefId("A").
		Datasource(logs.ref()).
		Expr(expr).
		QueryType("instant").
		Instant(true).
		EditorMode(loki.QueryEditorModeCode)
	return dress(tableOf(columns), logs, width, heightTable, title, about, units.Short, []cog.Builder[variants.Dataquery]{query})
}

// tableOf is a table with these columns in this order, sorted by the last.
func tableOf(columns []column) *table.PanelBuilder {
	b := cells().
		SortBy([]cog.Builder[common.TableSortByFieldState]{
			common.NewTableSortByFieldStateBuilder().DisplayName(columns[len(columns)-1].title).Desc(true),
		}).
		WithTransformation(dashboard.DataTransformerConfig{Id: "merge", Options: map[string]any{}}).
		WithTransformation(numbers(columns)).
		WithTransformation(order(columns))
	for _, c := range columns {
		if properties := c.properties(); len(properties) > 0 {
			b.OverrideByName(c.title, properties)
		}
	}
	return b
}

func cells() *table.PanelBuilder {
	return table.NewPanelBuilder().
		CellHeight(common.TableCellHeightSm).
		CellOptions(common.TableCellOptions{TableAutoCellOptions: common.NewTableAutoCellOptions()})
}

func (c column) properties() []dashboard.DynamicConfigValue {
	var properties []dashboard.DynamicConfigValue
	if c.unit != "" {
		properties = append(properties, dashboard.DynamicConfigValue{Id: "unit", Value: c.unit})
	}
	if c.links != nil {
		properties = append(properties, dashboard.DynamicConfigValue{Id: "links", Value: c.links})
	}
	return properties
}

// numbers makes numbers of labels that are numbers.
func numbers(columns []column) dashboard.DataTransformerConfig {
	conversions := []any{}
	for _, c := range columns {
		if c.number {
			conversions = append(conversions, map[string]any{"targetField": c.field, "destinationType": "number"})
		}
	}
	return dashboard.DataTransformerConfig{Id: "convertFieldType", Options: map[string]any{
		"conversions": conversions, "fields": map[string]any{},
	}}
}

// order names and orders the columns, and leaves out the time, which is the same in all rows.
func order(columns []column) dashboard.DataTransformerConfig {
	index, names := map[string]int{}, map[string]string{}
	for i, c := range columns {
		index[c.field], names[c.field] = i, c.title
		if c.field == "Value #A" {
			index["Value"], names["Value"] = i, c.title
		}
	}
	return dashboard.DataTransformerConfig{Id: "organize", Options: map[string]any{
		"excludeByName": map[string]bool{"Time": true}, "indexByName": index, "renameByName": names,
	}}
}

// records are log lines, each with its attributes.
func records(width uint32, title, about, expr string) panel {
	b := logspanel.NewPanelBuilder().
		ShowTime(true).
		EnableLogDetails(true).
		SortOrder(common.LogsSortOrderDescending).
		DedupStrategy(common.LogsDedupStrategyNone).
		ShowLabels(false).
		ShowCommonLabels(false).
		WrapLogMessage(true).
		PrettifyLogMessage(false)
	query := loki.NewDataqueryBuilder().
		RefId("A").
		Datasource(logs.ref()).
		Expr(expr).
		QueryType("range").
		MaxLines(100).
		EditorMode(loki.QueryEditorModeCode)
	return dress(b, logs, width, heightTable, title, about, units.NoUnit, []cog.Builder[variants.Dataquery]{query})
}

// traceGrid is a table of traces or spans; Grafana links their ids to the trace by itself.
func traceGrid(width uint32, title, about, query string, of tempo.SearchTableType) panel {
	b := cells()
	return dress(b, traces, width, heightTable, title, about, units.Short, tempoQuery(query, of))
}

// oneTrace is a trace as Explore shows it.
func oneTrace(width uint32, title, about string) panel {
	b := dashboard.NewPanelBuilder().Type("traces")
	return dress(b, traces, width, 2*heightTable, title, about, units.NoUnit, tempoQuery("${"+varTrace+"}", tempo.SearchTableTypeTraces))
}

func tempoQuery(query string, of tempo.SearchTableType) []cog.Builder[variants.Dataquery] {
	return []cog.Builder[variants.Dataquery]{tempo.NewDataqueryBuilder().
		RefId("A").
		Datasource(traces.ref()).
		QueryType("traceql").
		Query(query).
		TableType(of).
		Limit(20)}
}
