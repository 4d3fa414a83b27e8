package main

import (
	"fmt"
	"io"
	"text/tabwriter"
)

// show prints a line for each call and the totals of the fleet, all from the page.
func show(w io.Writer, p page, calls []demoCall) {
	table := tabwriter.NewWriter(w, 0, 0, 3, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "call\tduration\tprompt\tof it cached\tcompletion\tcharacters\tcost USD\t")
	for _, c := range calls {
		call := label{"call_id", c.id}
		fmt.Fprintf(table, "%s\t%.1f s\t%.0f\t%.0f\t%.0f\t%.0f\t%.6f\t  %s\n", c.id,
			p.sum("voice_session_duration_seconds", call),
			p.sum("voice_llm_tokens_total", call, label{"token_type", "prompt"}),
			p.sum("voice_llm_tokens_total", call, label{"token_kind", "cache_read"}),
			p.sum("voice_llm_tokens_total", call, label{"token_type", "completion"}),
			p.sum("voice_tts_characters_total", call),
			p.sum("voice_cost_usd_total", call), c.about)
	}
	_ = table.Flush()
	showFleet(w, p)
}

func showFleet(w io.Writer, p page) {
	fmt.Fprintln(w, "\nAll calls so far:")
	table := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	fmt.Fprintf(table, "  calls\t%.0f\n", p.sum("voice_calls_total"))
	fmt.Fprintf(table, "  interruptions\t%.0f\n", p.sum("voice_interruptions_total"))
	fmt.Fprintf(table, "  mean time to first byte\t%s\n", p.mean("voice_ttfb_milliseconds"))
	fmt.Fprintf(table, "  mean turn latency\t%s\n", p.mean("voice_turn_latency_milliseconds"))
	fmt.Fprintf(table, "  cost\t%.6f USD\n", p.sum("voice_cost_usd_total"))
	for _, stage := range []string{"stt", "llm", "tts"} {
		fmt.Fprintf(table, "    of it %s\t%.6f USD\n", stage, p.sum("voice_cost_usd_total", label{"cost_type", stage}))
	}
	for _, sample := range p.samples("voice_cost_unpriced_usage_total", nil) {
		fmt.Fprintf(table, "  without a price\t%.0f of %s, model %s: %s\n", sample.GetCounter().GetValue(),
			value(sample, "usage_kind"), value(sample, "model"), value(sample, "reason"))
	}
	_ = table.Flush()
}
