package main

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/otelcol-voice/otelcol-voice/cmd/voice-demo/internal/metrics"
	"github.com/otelcol-voice/otelcol-voice/cmd/voice-demo/internal/report"
)

// show prints a line for each call and the totals of the fleet, all from the page.
func show(w io.Writer, page metrics.Page, calls []demoCall) {
	table := tabwriter.NewWriter(w, 0, 0, 3, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "call\tduration\tprompt\tof it cached\tcompletion\tcharacters\tcost USD\t")
	for _, c := range calls {
		r := report.NewRow(page, c.id)
		fmt.Fprintf(table, "%s\t%.1f s\t%.0f\t%.0f\t%.0f\t%.0f\t%s\t  %s\n", c.id,
			r.Seconds, r.Prompt, r.Cached, r.Completion, r.Characters, report.USD(r.Cost), c.about)
	}
	_ = table.Flush()
	showFleet(w, report.NewFleet(page))
}

func showFleet(w io.Writer, fleet report.Fleet) {
	fmt.Fprintln(w, "\nAll calls so far:")
	table := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	fmt.Fprintf(table, "  calls\t%.0f\n", fleet.Calls)
	fmt.Fprintf(table, "  interruptions\t%.0f\n", fleet.Interruptions)
	fmt.Fprintf(table, "  mean time to first byte\t%s\n", fleet.TTFB.Text())
	fmt.Fprintf(table, "  mean turn latency\t%s\n", fleet.TurnLatency.Text())
	fmt.Fprintf(table, "  cost\t%s USD%s\n", report.USD(fleet.Cost), ofWhich(&fleet))
	for _, stage := range fleet.Stages {
		fmt.Fprintf(table, "    of it %s\t%s USD\n", stage.Stage, report.USD(stage.Cost))
	}
	for _, u := range fleet.Unpriced {
		fmt.Fprintf(table, "  without a price\t%.0f of %s, model %s: %s\n", u.Amount, u.Kind, u.Model, u.Reason)
	}
	_ = table.Flush()
}

// ofWhich says that the cost is not of all calls, where it is not.
func ofWhich(fleet *report.Fleet) string {
	if !fleet.CostOfShown() {
		return ""
	}
	return fmt.Sprintf(" (of %d of the %.0f calls: the page has forgotten the others)", fleet.Shown, fleet.Calls)
}
