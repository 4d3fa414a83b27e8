package boards

import (
	"github.com/grafana/grafana-foundation-sdk/go/bargauge"
	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/cog/variants"
	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/heatmap"
	"github.com/grafana/grafana-foundation-sdk/go/prometheus"
	"github.com/grafana/grafana-foundation-sdk/go/stat"
	"github.com/grafana/grafana-foundation-sdk/go/timeseries"
	"github.com/grafana/grafana-foundation-sdk/go/units"
)

// Heights of panels by kind, in lines of the grid.
const (
	heightStat  = 4
	heightGraph = 8
	heightTable = 9
)

// asked is a query of a panel and how its answer is named.
type asked struct{ expr, legend string }

func ask(expr, legend string) asked { return asked{expr, legend} }

// asking is how a panel asks its queries.
type asking struct {
	instant bool
	format  prometheus.PromQueryFormat
}

var (
	overTime = asking{format: prometheus.PromQueryFormatTimeSeries}
	atOnce   = asking{instant: true, format: prometheus.PromQueryFormatTimeSeries}
	inTable  = asking{instant: true, format: prometheus.PromQueryFormatTable}
	inBins   = asking{format: prometheus.PromQueryFormatHeatmap}
)

func (a asking) queries(all []asked) []cog.Builder[variants.Dataquery] {
	queries := make([]cog.Builder[variants.Dataquery], len(all))
	for i, one := range all {
		query := prometheus.NewDataqueryBuilder().
			RefId(string(rune('A' + i))).
			Datasource(metrics.ref()).
			Expr(one.expr).
			LegendFormat(one.legend).
			EditorMode(prometheus.QueryEditorModeCode).
			Format(a.format)
		if a.instant {
			query.Instant()
		} else {
			query.Range()
		}
		queries[i] = query
	}
	return queries
}

// dressable is what the SDK's builders of panels have in common.
type dressable[B any] interface {
	Title(title string) B
	Description(description string) B
	Unit(unit string) B
	Span(width uint32) B
	Height(height uint32) B
	Datasource(datasource common.DataSourceRef) B
	Targets(targets []cog.Builder[variants.Dataquery]) B
}

// dress gives a panel what every panel has.
func dress[B dressable[B]](b B, from source, width, height uint32, title, about, unit string, queries []cog.Builder[variants.Dataquery]) B {
	b.Title(title)
	b.Description(about)
	b.Unit(unit)
	b.Span(width)
	b.Height(height)
	b.Datasource(from.ref())
	return b.Targets(queries)
}

// figure is one number, or one for each series, of the whole range.
func figure(width uint32, title, about, unit string, all ...asked) *stat.PanelBuilder {
	b := stat.NewPanelBuilder().
		GraphMode(common.BigValueGraphModeNone).
		ColorMode(common.BigValueColorModeValue).
		TextMode(common.BigValueTextModeAuto).
		Orientation(common.VizOrientationAuto).
		ReduceOptions(lastValue())
	return dress(b, metrics, width, heightStat, title, about, unit, atOnce.queries(all))
}

// alarm is a number that ought to be 0, and is red if it is not. The expression has to answer 0, too.
func alarm(width uint32, title, about, expr string) *stat.PanelBuilder {
	return figure(width, title, about, units.Short, ask(expr, "")).
		Decimals(0).
		Thresholds(redFrom(1))
}

func redFrom(limit float64) cog.Builder[dashboard.ThresholdsConfig] {
	return dashboard.NewThresholdsConfigBuilder().
		Mode(dashboard.ThresholdsModeAbsolute).
		Steps([]dashboard.Threshold{{Color: "green"}, {Value: &limit, Color: "red"}})
}

// bars compare the numbers of the whole range.
func bars(width uint32, title, about, unit string, all ...asked) panel {
	b := bargauge.NewPanelBuilder().
		Orientation(common.VizOrientationHorizontal).
		DisplayMode(common.BarGaugeDisplayModeBasic).
		ReduceOptions(lastValue()).
		Min(0)
	return dress(b, metrics, width, heightGraph, title, about, unit, atOnce.queries(all))
}

func lastValue() cog.Builder[common.ReduceDataOptions] {
	return common.NewReduceDataOptionsBuilder().Calcs([]string{"lastNotNull"})
}

// lines are series over time.
func lines(width uint32, title, about, unit string, all ...asked) *timeseries.PanelBuilder {
	b := timeseries.NewPanelBuilder().
		LineWidth(1).
		FillOpacity(10).
		ShowPoints(common.VisibilityModeNever).
		SpanNulls(common.BoolOrFloat64{Bool: cog.ToPtr(false)}).
		AxisSoftMin(0).
		Legend(common.NewVizLegendOptionsBuilder().
			ShowLegend(true).
			DisplayMode(common.LegendDisplayModeList).
			Placement(common.LegendPlacementBottom).
			Calcs([]string{})).
		Tooltip(common.NewVizTooltipOptionsBuilder().
			Mode(common.TooltipDisplayModeMulti).
			Sort(common.SortOrderDescending))
	return dress(b, metrics, width, heightGraph, title, about, unit, overTime.queries(all))
}

// stacked are series over time whose sum means something.
func stacked(width uint32, title, about, unit string, all ...asked) *timeseries.PanelBuilder {
	return lines(width, title, about, unit, all...).
		FillOpacity(40).
		Stacking(common.NewStackingConfigBuilder().Mode(common.StackingModeNormal).Group("A"))
}

// aside draws a series of a stacked panel as a line that is not part of the sum.
func aside(legend, color string) []dashboard.DynamicConfigValue {
	return []dashboard.DynamicConfigValue{
		{Id: "custom.stacking", Value: map[string]any{"mode": "none", "group": legend}},
		{Id: "custom.fillOpacity", Value: 0},
		{Id: "custom.lineStyle", Value: map[string]any{"fill": "dash", "dash": []int{10, 10}}},
		{Id: "color", Value: map[string]any{"mode": "fixed", "fixedColor": color}},
	}
}

// heat is a histogram over time; its exemplars are the way from a slow answer to its trace.
func heat(width uint32, title, about, unit, expr string) panel {
	b := heatmap.NewPanelBuilder().
		Calculate(false).
		YAxis(heatmap.NewYAxisConfigBuilder().Unit(unit).AxisPlacement(common.AxisPlacementLeft)).
		Color(heatmap.NewHeatmapColorOptionsBuilder().
			Mode(heatmap.HeatmapColorModeScheme).
			Scheme("Oranges").
			Fill("dark-orange").
			Scale(heatmap.HeatmapColorScaleExponential).
			Exponent(0.5).
			Steps(64)).
		CellGap(1).
		ExemplarsColor("rgba(255,0,255,0.7)").
		Tooltip(heatmap.NewHeatmapTooltipBuilder().Mode(common.TooltipDisplayModeSingle))
	query := prometheus.NewDataqueryBuilder().
		RefId("A").
		Datasource(metrics.ref()).
		Expr(expr).
		LegendFormat("{{le}}").
		EditorMode(prometheus.QueryEditorModeCode).
		Format(inBins.format).
		Exemplar(true).
		Range()
	return dress(b, metrics, width, heightGraph, title, about, unit, []cog.Builder[variants.Dataquery]{query})
}
