package boards

import (
	"fmt"
	"strings"

	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
)

// Reference is the page that says what each panel shows: its own description, so that page and panel cannot differ.
func Reference() (string, error) {
	var page strings.Builder
	page.WriteString("<!-- Made by make generate from internal/boards. Do not edit. -->\n# What the panels show\n\n" +
		"How to import the dashboards: [grafana](../README.md).\n")
	for _, b := range All() {
		built, err := b.build()
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&page, "\n## %s\n\n%s %s\n", *built.Title, *built.Description, "["+b.File+"]("+b.File+")")
		for i := range built.Panels {
			describe(&page, &built.Panels[i])
		}
	}
	return page.String(), nil
}

func describe(page *strings.Builder, p *dashboard.PanelOrRowPanel) {
	if row := p.RowPanel; row != nil {
		fmt.Fprintf(page, "\n### %s\n\n| panel | |\n|---|---|\n", *row.Title)
		return
	}
	fmt.Fprintf(page, "| %s | %s |\n", *p.Panel.Title, strings.ReplaceAll(*p.Panel.Description, "|", `\|`))
}
