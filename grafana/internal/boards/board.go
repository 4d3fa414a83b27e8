package boards

//lint:file-ignore SA1019 The SDK prefers the schema v2, which no Grafana before 12 reads; the classic one is imported everywhere.

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/table"
)

// Board is a dashboard and the name of the file that it is written to.
type Board struct {
	File string
	spec spec
}

// spec is what is particular to a dashboard.
type spec struct {
	uid, title, about string
	from              string // begin of the time range that it opens with
	ofCollector       bool   // about the collector, not about calls
	variables         []variable
	rows              []row
}

// row is panels under a heading. Their widths fill lines of 24 columns.
type row struct {
	title  string
	panels []panel
}

// All is every dashboard, in the order of the documentation.
func All() []Board {
	return []Board{
		{"voice-overview.json", overview()},
		{"voice-cost.json", cost()},
		{"voice-latency.json", latency()},
		{"voice-calls.json", calls()},
		{"voice-collector-health.json", health()},
	}
}

// The uids, which links name.
const (
	uidOverview = "voice-overview"
	uidCost     = "voice-cost"
	uidLatency  = "voice-latency"
	uidCalls    = "voice-calls"
	uidHealth   = "voice-collector-health"
)

// schemaVersion is the version of the classic schema that the SDK's types are of, and that Grafana 10 and later read.
const schemaVersion = 41

// JSON is the dashboard as Grafana imports it. The same code gives the same bytes.
func (b Board) JSON() ([]byte, error) {
	built, err := b.build()
	if err != nil {
		return nil, err
	}
	text, err := json.MarshalIndent(built, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("dashboard %s: %w", b.spec.uid, err)
	}
	return append(readable(text), '\n'), nil
}

func (b Board) build() (dashboard.Dashboard, error) {
	built, err := b.spec.builder().Build()
	if err != nil {
		return built, fmt.Errorf("dashboard %s: %w", b.spec.uid, err)
	}
	built.SchemaVersion = schemaVersion
	number(built.Panels)
	tidy(&built)
	return built, nil
}

// readable takes back the escapes that JSON needs only inside HTML.
func readable(text []byte) []byte {
	for _, escaped := range []struct{ as, character string }{{`\u003e`, ">"}, {`\u003c`, "<"}, {`\u0026`, "&"}} {
		text = bytes.ReplaceAll(text, []byte(escaped.as), []byte(escaped.character))
	}
	return text
}

func (s spec) builder() *dashboard.DashboardBuilder {
	b := dashboard.NewDashboardBuilder(s.title).
		Uid(s.uid).
		Description(s.about).
		Tags(s.tags()).
		Timezone("browser").
		Readonly().
		Tooltip(dashboard.DashboardCursorSyncCrosshair).
		Time(s.from, "now").
		Refresh("1m").
		Links(s.links())
	for _, v := range s.variables {
		b.WithVariable(v)
	}
	for _, r := range s.rows {
		b.WithRow(dashboard.NewRowBuilder(r.title))
		for _, p := range r.panels {
			b.WithPanel(p)
		}
	}
	return b
}

func (s spec) tags() []string {
	if s.ofCollector {
		return []string{tagAll, tagCollector}
	}
	return []string{tagAll, tagCalls}
}

// variable and panel are what the SDK calls so.
type (
	variable = cog.Builder[dashboard.VariableModel]
	panel    = cog.Builder[dashboard.Panel]
)

// tidy takes out defaults of the SDK that the schema does not have, or that are not ours.
func tidy(d *dashboard.Dashboard) {
	for i := range d.Links {
		d.Links[i].Placement = nil // at the top, instead of in a menu
	}
	for i := range d.Templating.List {
		v := &d.Templating.List[i]
		v.Auto, v.AutoMin, v.AutoCount = nil, nil, nil // of variables that are intervals; we have none
	}
	for i := range d.Panels {
		if p := d.Panels[i].Panel; p != nil {
			if options, isTable := p.Options.(*table.Options); isTable {
				options.Footer = nil
			}
		}
	}
}

// number gives rows and panels their ids, in their order.
func number(panels []dashboard.PanelOrRowPanel) {
	for i := range panels {
		id := uint32(i + 1)
		if p := panels[i].Panel; p != nil {
			p.Id = &id
		} else {
			panels[i].RowPanel.Id = id
		}
	}
}
