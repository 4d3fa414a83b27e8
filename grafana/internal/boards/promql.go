package boards

import (
	"strings"

	"github.com/otelcol-voice/otelcol-voice/internal/signal/semconv"
)

// How to read which series. Counters and histograms without call_id live as long as the collector and begin with a zero point:
// increase() and rate() are exact. Series with call_id live as long as their call, so that increase() would extrapolate
// over their ends: their last value is what the call used. Counters of the collector itself begin with their first
// value, which increase() does not see: see grown.

// histograms and gauges among our metrics: all others are counters.
var (
	gauges     = map[string]bool{semconv.MetricCallsActive: true, semconv.MetricSessionDuration: true}
	histograms = map[string]bool{
		semconv.MetricTTFB: true, semconv.MetricProcessing: true, semconv.MetricTurnLatency: true, semconv.MetricCallDuration: true,
	}
)

// series is the name of a metric of ours in PromQL; of a histogram it has yet to get its suffix.
func series(metric string) string {
	name := bareName(metric)
	if gauges[metric] || histograms[metric] || strings.HasSuffix(name, "_total") {
		return name
	}
	return name + "_total"
}

func bareName(metric string) string { return strings.ReplaceAll(metric, ".", "_") }

// labelPlace is the environment of a bot. The collector's own series have none.
const labelPlace = "deployment_environment_name"

// of is the chosen series of a name that have these labels too.
func of(name string, matchers ...string) string {
	all := []string{`job=~"$job"`, `instance=~"$instance"`}
	if !strings.HasPrefix(name, ownPrefix) {
		all = append(all, oneOf(labelPlace, "$"+varPlace))
	}
	return name + "{" + strings.Join(append(all, matchers...), ", ") + "}"
}

func equal(label, value string) string { return label + `="` + value + `"` }

func oneOf(label, values string) string { return label + `=~"` + values + `"` }

// usd is the cost; the name of its series depends on the backend.
func usd(matchers ...string) string { return of("$"+varCost, matchers...) }

func rate(selector string) string { return "rate(" + selector + "[$__rate_interval])" }

func perHour(selector string) string { return rate(selector) + " * 3600" }

func increase(selector string) string { return increaseOver(selector, "$__range") }

func increaseOver(selector, window string) string {
	return "increase(" + selector + "[" + window + "])"
}

// last is the last value of each series within the range.
func last(selector string) string { return lastOver(selector, "$__range") }

func lastOver(selector, window string) string {
	return "last_over_time(" + selector + "[" + window + "])"
}

// grown is by how much each of the collector's own counters has grown within the range. They have no zero point, and each process
// has series of its own, so what was not there when the range began has grown from 0. increase() would lose the first
// value, which of a counter of failures is often the only one.
func grown(selector string) string {
	before := lastOver(selector, "1h") // a backend without data for an hour has forgotten the process
	before = strings.TrimSuffix(before, ")") + " offset $__range)"
	return "(" + last(selector) + " - (" + before + " or " + last(selector) + " * 0))"
}

func sum(expr string, by ...string) string { return aggregate("sum", expr, by) }

func highest(expr string, by ...string) string { return aggregate("max", expr, by) }

func aggregate(how, expr string, by []string) string {
	if len(by) == 0 {
		return how + "(" + expr + ")"
	}
	return how + " by (" + strings.Join(by, ", ") + ") (" + expr + ")"
}

// ratio leaves out what would be divided by nothing.
func ratio(over, under string) string { return over + " / (" + under + " > 0)" }

// orZero is for a sum whose absence means that nothing happened.
func orZero(expr string) string { return "(" + expr + " or vector(0))" }

// mean is the mean of a histogram, by labels.
func mean(name string, read func(string) string, matchers []string, by ...string) string {
	return ratio(sum(read(of(name+"_sum", matchers...)), by...), sum(read(of(name+"_count", matchers...)), by...))
}

// quantile is a quantile of a histogram, by labels.
func quantile(q, name string, read func(string) string, matchers []string, by ...string) string {
	return "histogram_quantile(" + q + ", " + sum(read(of(name+"_bucket", matchers...)), append([]string{"le"}, by...)...) + ")"
}

// above is the share of a histogram above one of its bounds. Backends write bounds as 2000 or as 2000.0.
func above(name, bound string, read func(string) string, matchers ...string) string {
	within := append([]string{oneOf("le", bound+`(\\.0)?`)}, matchers...)
	return "1 - " + ratio(sum(read(of(name+"_bucket", within...))), sum(read(of(name+"_count", matchers...))))
}
