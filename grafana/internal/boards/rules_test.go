package boards

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/grafana/grafana-foundation-sdk/go/units"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// board is what the rules read of a dashboard's JSON.
type board struct {
	UID        string       `json:"uid"`
	Title      string       `json:"title"`
	Editable   *bool        `json:"editable"`
	Panels     []boardPanel `json:"panels"`
	Links      []boardLink  `json:"links"`
	Templating struct {
		List []boardVariable `json:"list"`
	} `json:"templating"`
}

type boardLink struct {
	URL string `json:"url"`
}

type boardVariable struct {
	Name       string    `json:"name"`
	Type       string    `json:"type"`
	Label      string    `json:"label"`
	Query      string    `json:"query"`
	Datasource sourceRef `json:"datasource"`
	Multi      bool      `json:"multi"`
	AllValue   string    `json:"allValue"`
	Refresh    int       `json:"refresh"`
}

type sourceRef struct {
	Type string `json:"type"`
	UID  string `json:"uid"`
}

type boardPanel struct {
	ID          int           `json:"id"`
	Type        string        `json:"type"`
	Title       string        `json:"title"`
	Description string        `json:"description"`
	Datasource  sourceRef     `json:"datasource"`
	Targets     []boardTarget `json:"targets"`
	GridPos     struct {
		X, Y, W, H int
	} `json:"gridPos"`
	FieldConfig struct {
		Defaults struct {
			Unit string `json:"unit"`
		} `json:"defaults"`
	} `json:"fieldConfig"`
}

type boardTarget struct {
	RefID      string    `json:"refId"`
	Legend     string    `json:"legendFormat"`
	Expr       string    `json:"expr"`
	Query      string    `json:"query"`
	Instant    bool      `json:"instant"`
	Datasource sourceRef `json:"datasource"`
}

// finding is where a rule does not hold, and how.
type finding struct{ panel, what string }

// rules are those of Grafana's dashboard-linter under its names, and after them our own.
var rules = map[string]func(board) []finding{
	"template-datasource-rule":            templateDatasource,
	"template-job-rule":                   seriesVariable("job", "Job"),
	"template-instance-rule":              seriesVariable("instance", "Instance"),
	"template-label-promql-rule":          ofQueryVariables(labelQuery),
	"template-on-time-change-reload-rule": ofQueryVariables(reloads),
	"template-unused-rule":                unusedVariables,
	"panel-datasource-rule":               ofPanels(templatedSource),
	"panel-title-description-rule":        ofPanels(described),
	"panel-units-rule":                    ofPanels(knownUnit),
	"panel-no-targets-rule":               ofPanels(asks),
	"panel-legend-rule":                   ofPanels(legends),
	"target-promql-rule":                  ofTargets(parses),
	"target-rate-interval-rule":           ofNodes(rateInterval),
	"target-job-rule":                     ofNodes(matched("job")),
	"target-instance-rule":                ofNodes(matched("instance")),
	"target-counter-agg-rule":             ofNodes(counterAggregated),
	"uneditable-dashboard":                uneditable,

	"panel-layout-rule":              layout,
	"panel-instant-rule":             ofPanels(instant),
	"link-rule":                      deadLinks,
	"unique-rule":                    unique,
	"call-id-rule":                   ofNodes(lastOfCalls),
	"one-name-of-cost-rule":          ofTargets(costByVariable),
	"target-divides-by-nothing-rule": ofNodes(guarded),
	"target-own-counters-rule":       ofNodes(ownCounters),
	"target-environment-rule":        ofNodes(ofEnvironment),
}

func ofPanels(check func(boardPanel) string) func(board) []finding {
	return func(d board) []finding {
		var found []finding
		for _, p := range d.Panels {
			if p.Type == "row" {
				continue
			}
			if what := check(p); what != "" {
				found = append(found, finding{p.Title, what})
			}
		}
		return found
	}
}

func ofTargets(check func(expr string) string) func(board) []finding {
	return func(d board) []finding {
		var found []finding
		for _, p := range d.Panels {
			for _, target := range p.Targets {
				if target.Datasource.Type != metrics.kind {
					continue
				}
				if what := check(target.Expr); what != "" {
					found = append(found, finding{p.Title, what + ": " + target.Expr})
				}
			}
		}
		return found
	}
}

// ofNodes asks of every node of every expression that can be parsed, with the nodes that it is in.
func ofNodes(check func(node parser.Node, path []parser.Node) string) func(board) []finding {
	return ofTargets(func(expr string) string {
		parsed, err := parsePromQL(expr)
		if err != nil {
			return "" // another rule finds it
		}
		var what string
		parser.Inspect(parsed, func(node parser.Node, path []parser.Node) error {
			what = cmp.Or(what, check(node, path))
			return nil
		})
		return what
	})
}

// What variables of Grafana itself stand for while an expression is parsed; rateWindow is a window that nobody would write.
const rateWindow = 11277964 * time.Millisecond

var placeholders = strings.NewReplacer(
	"$__rate_interval", fmt.Sprint(rateWindow.Milliseconds(), "ms"), "$__range_s", "3600", "$__range", "1h", "$"+varCost, "voice_cost_usd_total",
	"$"+varBudget, "10", "${"+varCall+":regex}", "", // names that are matched against stay: $job is a fine regular expression
)

func parsePromQL(expr string) (parser.Expr, error) {
	return parser.NewParser(parser.Options{}).ParseExpr(placeholders.Replace(expr))
}

func templateDatasource(d board) []finding {
	var found []finding
	var kinds []string
	for _, v := range d.Templating.List {
		if v.Type != "datasource" {
			continue
		}
		kinds = append(kinds, v.Query)
		title := strings.ToUpper(v.Query[:1]) + v.Query[1:] + " data source"
		if v.Name != v.Query+"_datasource" || v.Label != title {
			found = append(found, finding{"", v.Name + " is labelled " + v.Label})
		}
	}
	if len(kinds) == 0 || kinds[0] != metrics.kind {
		found = append(found, finding{"", "Prometheus is not the first data source"})
	}
	return found
}

func seriesVariable(name, label string) func(board) []finding {
	return func(d board) []finding {
		at := slices.IndexFunc(d.Templating.List, func(v boardVariable) bool { return v.Name == name })
		if at < 0 {
			return []finding{{"", "there is none"}}
		}
		v := d.Templating.List[at]
		if v.Type != "query" || v.Label != label || !v.Multi || v.AllValue != ".+" || v.Datasource.UID != "${"+varMetrics+"}" {
			return []finding{{"", fmt.Sprintf("%+v", v)}}
		}
		return nil
	}
}

func ofQueryVariables(check func(boardVariable) string) func(board) []finding {
	return func(d board) []finding {
		var found []finding
		for _, v := range d.Templating.List {
			if v.Type != "query" {
				continue
			}
			if what := check(v); what != "" {
				found = append(found, finding{"", v.Name + ": " + what})
			}
		}
		return found
	}
}

var labelValues = regexp.MustCompile(`^label_values\((.+), (\w+)\)$`)

func labelQuery(v boardVariable) string {
	parts := labelValues.FindStringSubmatch(v.Query)
	if parts == nil {
		return "no label_values: " + v.Query
	}
	if _, err := parsePromQL(parts[1]); err != nil {
		return err.Error()
	}
	return ""
}

func reloads(v boardVariable) string {
	if v.Refresh != 2 {
		return "does not reload when the time range changes"
	}
	return ""
}

// unusedVariables are those that no query reads; a data source is read by its panels.
func unusedVariables(d board) []finding {
	var texts []string
	for _, v := range d.Templating.List {
		texts = append(texts, v.Query, v.Datasource.UID)
	}
	for _, p := range d.Panels {
		texts = append(texts, p.Datasource.UID)
		for _, target := range p.Targets {
			texts = append(texts, target.Expr, target.Query)
		}
	}
	all := strings.Join(texts, "\n")
	var found []finding
	for _, v := range d.Templating.List {
		if !strings.Contains(all, "$"+v.Name) && !strings.Contains(all, "${"+v.Name) && v.Name != varTraces {
			found = append(found, finding{"", v.Name})
		}
	}
	return found
}

func templatedSource(p boardPanel) string {
	refs := []sourceRef{p.Datasource}
	for _, target := range p.Targets {
		refs = append(refs, target.Datasource)
	}
	for _, ref := range refs {
		if ref.Type == "" || ref.UID != "${"+ref.Type+"_datasource}" || ref.Type != p.Datasource.Type {
			return fmt.Sprintf("%+v", ref)
		}
	}
	return ""
}

func described(p boardPanel) string {
	if p.Title == "" || p.Description == "" {
		return "no title or no description"
	}
	return ""
}

// knownUnits are those that we use; Grafana knows them all.
var knownUnits = []string{
	units.Short, units.Dollars, units.Milliseconds, units.Seconds, units.PercentUnit, units.BytesIEC, units.RequestsPerSecond, units.CountsPerSecond, units.NoUnit,
}

func knownUnit(p boardPanel) string {
	if p.Type != "traces" && !slices.Contains(knownUnits, p.FieldConfig.Defaults.Unit) {
		return "unit " + p.FieldConfig.Defaults.Unit
	}
	return ""
}

func asks(p boardPanel) string {
	if len(p.Targets) == 0 {
		return "no query"
	}
	return ""
}

// legends is that series over time, of which there may be several, have names.
func legends(p boardPanel) string {
	for _, target := range p.Targets {
		if p.Type == "timeseries" && target.Legend == "" {
			return "no legend: " + target.Expr
		}
	}
	return ""
}

func parses(expr string) string {
	if _, err := parsePromQL(expr); err != nil {
		return err.Error()
	}
	return ""
}

func rateInterval(node parser.Node, path []parser.Node) string {
	window, ok := node.(*parser.MatrixSelector)
	if ok && slices.Contains([]string{"rate", "irate"}, caller(path, 1)) && window.Range != rateWindow {
		return "a rate over " + window.Range.String()
	}
	return ""
}

// caller is the function that a node is an argument of, so many levels up.
func caller(path []parser.Node, up int) string {
	for i := len(path) - 1; i >= 0; i-- {
		if _, wrapped := path[i].(*parser.ParenExpr); wrapped {
			continue
		}
		if up--; up == 0 {
			if call, ok := path[i].(*parser.Call); ok {
				return call.Func.Name
			}
			return ""
		}
	}
	return ""
}

func matched(label string) func(node parser.Node, path []parser.Node) string {
	return func(node parser.Node, _ []parser.Node) string {
		selector, ok := node.(*parser.VectorSelector)
		if !ok || slices.ContainsFunc(selector.LabelMatchers, func(m *labels.Matcher) bool {
			return m.Name == label && m.Type == labels.MatchRegexp && m.Value == "$"+label
		}) {
			return ""
		}
		return selector.Name + " is not matched by $" + label
	}
}

// ofEnvironment asks of series of bots, not of the collector's own, that those of one environment can be chosen.
func ofEnvironment(node parser.Node, _ []parser.Node) string {
	selector, ok := node.(*parser.VectorSelector)
	if !ok || strings.HasPrefix(selector.Name, ownPrefix) || slices.ContainsFunc(selector.LabelMatchers, func(m *labels.Matcher) bool {
		return m.String() == oneOf(labelPlace, "$"+varPlace)
	}) {
		return ""
	}
	return selector.Name + " is of all environments"
}

func counterAggregated(node parser.Node, path []parser.Node) string {
	selector, ok := node.(*parser.VectorSelector)
	if !ok || !strings.HasSuffix(selector.Name, "_total") || slices.Contains([]string{"rate", "irate", "increase"}, caller(path, 2)) {
		return ""
	}
	return selector.Name + " is read as it is"
}

func uneditable(d board) []finding {
	if d.Editable == nil || *d.Editable {
		return []finding{{"", "can be edited"}}
	}
	return nil
}

// layout is that lines of panels fill the 24 columns and no panel lies on another.
func layout(d board) []finding {
	var found []finding
	taken := map[[2]int]string{}
	columns := map[int]int{} // how many of a line's are taken, at the top of its panels
	for _, p := range d.Panels {
		columns[p.GridPos.Y] += p.GridPos.W
		for x := p.GridPos.X; x < p.GridPos.X+p.GridPos.W; x++ {
			for y := p.GridPos.Y; y < p.GridPos.Y+p.GridPos.H; y++ {
				if other := taken[[2]int{x, y}]; other != "" || x >= 24 {
					found = append(found, finding{p.Title, "lies on " + other})
				}
				taken[[2]int{x, y}] = p.Title
			}
		}
	}
	for line, width := range columns {
		if width != 24 {
			found = append(found, finding{"", fmt.Sprintf("the line at %d is %d columns wide", line, width)})
		}
	}
	return found
}

// instant is that one number is asked for once, not at every moment of the range.
func instant(p boardPanel) string {
	if !slices.Contains([]string{"stat", "bargauge", "table"}, p.Type) || p.Datasource.Type == traces.kind {
		return ""
	}
	for _, target := range p.Targets {
		if !target.Instant {
			return target.Expr
		}
	}
	return ""
}

var boardURL = regexp.MustCompile(`^/d/([a-z-]+)\?`)

func deadLinks(d board) []finding {
	known := []string{uidOverview, uidCost, uidLatency, uidCalls, uidHealth}
	var found []finding
	for _, link := range d.Links {
		if to := boardURL.FindStringSubmatch(link.URL); link.URL != "" && (to == nil || !slices.Contains(known, to[1])) {
			found = append(found, finding{"", link.URL})
		}
	}
	return found
}

func unique(d board) []finding {
	var found []finding
	ids := map[int]bool{}
	for _, p := range d.Panels {
		if p.ID == 0 || ids[p.ID] {
			found = append(found, finding{p.Title, fmt.Sprint("id ", p.ID)})
		}
		ids[p.ID] = true
		for i, target := range p.Targets {
			if target.RefID != string(rune('A'+i)) {
				found = append(found, finding{p.Title, "refId " + target.RefID})
			}
		}
	}
	return found
}

// ofCalls are the counters that have call_id.
var ofCalls = regexp.MustCompile(`^voice_(llm_tokens|tts_characters|stt_audio_seconds|stt_session_seconds|realtime_session_seconds|transport_seconds|platform_seconds)_total$`)

// lastOfCalls is that counters with call_id are read by their last value.
func lastOfCalls(node parser.Node, path []parser.Node) string {
	selector, ok := node.(*parser.VectorSelector)
	if ok && ofCalls.MatchString(selector.Name) && caller(path, 2) != "last_over_time" {
		return selector.Name + " has call_id"
	}
	return ""
}

func costByVariable(expr string) string {
	if strings.Contains(expr, "voice_cost_usd") {
		return "the name depends on the backend"
	}
	return ""
}

// guarded is that nothing is divided by what may be 0, other than a capacity or a constant.
func guarded(node parser.Node, _ []parser.Node) string {
	division, ok := node.(*parser.BinaryExpr)
	if !ok || division.Op != parser.DIV {
		return ""
	}
	under := division.RHS
	for {
		inner, wrapped := under.(*parser.ParenExpr)
		if !wrapped {
			break
		}
		under = inner.Expr
	}
	switch under := under.(type) {
	case *parser.NumberLiteral:
		return ""
	case *parser.VectorSelector:
		if strings.HasSuffix(under.Name, "_capacity") || strings.HasSuffix(under.Name, "_limit") {
			return ""
		}
	case *parser.BinaryExpr:
		if under.Op == parser.GTR {
			return ""
		}
	}
	return "divides by what may be 0"
}

// ownCounters is that increase() is not asked of the collector's own counters, of which it does not see the first value.
func ownCounters(node parser.Node, path []parser.Node) string {
	selector, ok := node.(*parser.VectorSelector)
	if ok && strings.HasPrefix(selector.Name, "otelcol_") && caller(path, 2) == "increase" {
		return selector.Name
	}
	return ""
}
