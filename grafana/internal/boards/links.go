package boards

import (
	"encoding/json"
	"net/url"
	"regexp"
	"strings"

	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"

	"github.com/otelcol-voice/otelcol-voice/internal/signal/semconv"
)

// Tags, by which dashboards find each other.
const (
	tagAll       = "otelcol-voice"
	tagCalls     = "voice-calls"
	tagCollector = "voice-collector"
)

// links lead to the other dashboards. Those of calls keep each other's choices; the collector's job is another than that of
// the calls, so between these two worlds only the data source goes along.
func (s spec) links() []cog.Builder[dashboard.DashboardLink] {
	if s.ofCollector {
		return []cog.Builder[dashboard.DashboardLink]{toBoard("Voice overview", uidOverview)}
	}
	others := dashboard.NewDashboardLinkBuilder("Voice").
		Type(dashboard.DashboardLinkTypeDashboards).
		Tags([]string{tagCalls}).
		AsDropdown(true).
		IncludeVars(true).
		KeepTime(true)
	return []cog.Builder[dashboard.DashboardLink]{others, toBoard("Collector health", uidHealth)}
}

func toBoard(title, uid string) *dashboard.DashboardLinkBuilder {
	return dashboard.NewDashboardLinkBuilder(title).
		Type(dashboard.DashboardLinkTypeLink).
		Icon("dashboard").
		Url("/d/" + uid + "?${" + varMetrics + ":queryparam}").
		KeepTime(true)
}

// dataLink is where a click on a cell leads.
type dataLink struct {
	Title string `json:"title"`
	URL   string `json:"url"`
	Blank bool   `json:"targetBlank"`
}

// ofCall are the ways from a call_id: the dashboard of calls, its log and its trace.
func ofCall() []dataLink {
	return []dataLink{
		{"The call on the dashboard of calls", toCalls(varCall), false},
		{"Its summary in Explore", explore(logs, map[string]any{
			"expr": `{service_name=~".+"} |= "` + semconv.EventCallSummary + `" | ` + semconv.AttrCallID + ` = "${__value.raw}"`,
		}), true},
		{"Its trace in Explore", explore(traces, map[string]any{
			"queryType": "traceql", "query": "{ span." + semconv.AttrCallID + ` = "${__value.raw}" }`,
		}), true},
	}
}

// ofTrace are the ways from a trace id.
func ofTrace() []dataLink {
	return []dataLink{
		{"The trace on the dashboard of calls", toCalls(varTrace), false},
		{"The trace in Explore", explore(traces, map[string]any{"queryType": "traceql", "query": "${__value.raw}"}), true},
	}
}

// toCalls is the dashboard of calls with the clicked cell as one of its variables, and with the choices of this one.
func toCalls(name string) string {
	parts := []string{"${__url_time_range}", "var-" + name + "=${__value.raw}"}
	for _, kept := range []string{varMetrics, varLogs, varTraces, varJob, varPlace} {
		parts = append(parts, "${"+kept+":queryparam}")
	}
	return "/d/" + uidCalls + "?" + strings.Join(parts, "&")
}

// explore is a query in Explore, over the time range of the dashboard.
func explore(from source, query map[string]any) string {
	uid := "${" + from.variable + "}"
	query["refId"] = "A"
	query["datasource"] = map[string]any{"type": from.kind, "uid": uid}
	panes, err := json.Marshal(map[string]any{"call": map[string]any{
		"datasource": uid,
		"queries":    []any{query},
		"range":      map[string]any{"from": "${__from}", "to": "${__to}"},
	}})
	if err != nil {
		panic(err) // of strings and maps only
	}
	return "/explore?schemaVersion=1&panes=" + escape(string(panes))
}

var reference = regexp.MustCompile(`\$\{[^}]*\}`)

// escape makes a text part of a query string, but for the variables in it, which Grafana fills in.
func escape(text string) string {
	var b strings.Builder
	rest := 0
	for _, at := range reference.FindAllStringIndex(text, -1) {
		b.WriteString(quote(text[rest:at[0]]))
		b.WriteString(text[at[0]:at[1]])
		rest = at[1]
	}
	b.WriteString(quote(text[rest:]))
	return b.String()
}

func quote(text string) string { return strings.ReplaceAll(url.QueryEscape(text), "+", "%20") }
