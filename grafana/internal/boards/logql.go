package boards

import (
	"strings"

	"github.com/otelcol-voice/otelcol-voice/internal/signal/semconv"
)

// chosenCalls matches the calls whose call_id begins as the user has typed, in PromQL, LogQL and TraceQL alike. The quotes are those
// inside which a backslash is one, for Grafana escapes what means something else in a regular expression.
const chosenCalls = "`${" + varCall + ":regex}.*`"

// summaries is the summaries of the chosen calls in LogQL.
func summaries() string { return summariesOf(" =~ " + chosenCalls) }

// allSummaries is summaries on a dashboard that has no variable for the call.
func allSummaries() string { return summariesOf(` != ""`) }

// summariesOf finds summaries by their body, which is the event's name: Loki keeps the name beside it only since 2026
// (grafana/loki#21229).
func summariesOf(calls string) string {
	return `{service_name=~"$` + varService + `"} |= "` + semconv.EventCallSummary + `" | ` + oneOf(labelPlace, "$"+varPlace) +
		" | " + semconv.AttrCallID + calls
}

// most is the calls of which a number is largest, each with its other attributes as labels. A summary that arrived twice counts
// once.
func most(from, number string, columns ...string) string {
	by := strings.Join(columns, ", ")
	return "topk(25, max by (" + by + ") (max_over_time(" + from + " | unwrap " + number + ` | __error__="" [$__range])))`
}

// callsInTempo is the traces of the chosen calls in TraceQL, with what their root says about them.
func callsInTempo() string {
	shown := []string{semconv.AttrCallID, semconv.SpanCallCost, semconv.AttrEndReason, semconv.SummaryTurns, semconv.SummaryInterruptions}
	for i := range shown {
		shown[i] = "span." + shown[i]
	}
	return `{ resource.service.name =~ "$` + varService + `" && name = "` + semconv.SpanCall + `" && span.` + semconv.AttrCallID +
		" =~ " + chosenCalls + " } | select(" + strings.Join(shown, ", ") + ")"
}

// slowInTempo is the operations of the chosen calls that took longer than a second to their first byte.
func slowInTempo() string {
	return `{ resource.service.name =~ "$` + varService + `" && span.` + semconv.AttrCallID + " =~ " + chosenCalls + " && span." +
		semconv.SpanTTFB + ` > 1000 } | select(span.` + semconv.AttrCallID + ", span." + semconv.SpanTTFB + ", span." + semconv.GenAIModel + ")"
}
