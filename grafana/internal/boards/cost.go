package boards

import (
	"github.com/grafana/grafana-foundation-sdk/go/units"

	"github.com/otelcol-voice/otelcol-voice/internal/signal/semconv"
)

func cost() spec {
	variables := append([]variable{metrics.choice(), logs.choice(), traces.choice()}, callSelection()...)
	return spec{
		uid: uidCost, title: "Voice cost", from: "now-24h",
		about:     "What calls cost, what it is spent on, and what has no price.",
		variables: append(variables, service(), costMetric(), budget()),
		rows: []row{
			{"In all", costFigures()},
			{"Over time", costTrends()},
			{"Where it goes", costParts()},
			{"What was used", costUsage()},
			{"Calls (from their summaries)", []panel{dearestCalls(allSummaries())}},
		},
	}
}

func costFigures() []panel {
	return []panel{
		figure(4, "Cost", "Cost in the time range. Usage without a known price is not in it.", units.Dollars, ask(spent(), "")),
		figure(4, "Cost in the last hour", "Cost in the hour before the end of the time range. The alert on cost reads the same number.",
			units.Dollars, ask(spentLastHour(), "")),
		figure(4, "In a month at this rate", "30 days like the time range. Choose a range that stands for them: a whole day or week.",
			units.Dollars, ask(spent()+" / $__range_s * 86400 * 30", "")),
		figure(4, "Cost per call", "Cost divided by the calls that began, in the time range.", units.Dollars, ask(costPerCall(), "")),
		figure(4, "Cost per minute of talk", "Cost divided by the length of the calls that ended, in the time range.", units.Dollars,
			ask(costPerMinute(), "")),
		figure(4, "Prompt from cache", "Share of the prompts' tokens that came from a cache, where they are cheaper.", units.PercentUnit,
			ask(cached(), "")),
	}
}

func costTrends() []panel {
	source := []string{semconv.AttrCostType, semconv.AttrProvider, semconv.AttrModel}
	return []panel{
		costByTypeOverTime(12),
		stacked(12, "Cost per hour by model", "At the rate of the moment.", units.Dollars, ask(spentHourly(source...), named(source...))),
		lines(12, "Cost of the last hour, now and a week ago", "What the hour before each moment cost, and the same hour a week earlier.",
			units.Dollars,
			ask(spentLastHour(), "now"),
			ask(orZero(sum("increase("+usd()+"[1h] offset 1w)")), "a week ago")),
		lines(12, "Cost per call", "Cost of the hour before each moment, divided by the calls that began in it.", units.Dollars,
			ask(ratio(spentLastHour(), sum(increaseOver(of(series(semconv.MetricCalls)), "1h"))), "cost per call")),
	}
}

func costParts() []panel {
	source := []string{semconv.AttrCostType, semconv.AttrProvider, semconv.AttrModel, semconv.AttrCostSource}
	unpriced := []string{semconv.AttrCostType, semconv.AttrProvider, semconv.AttrModel, semconv.AttrUsageKind, semconv.AttrReason}
	return []panel{
		bars(6, "By type", "Cost in the time range, by what it was spent on.", units.Dollars,
			ask(spent(semconv.AttrCostType), named(semconv.AttrCostType))),
		bars(6, "By source", "Cost in the time range: computed from the price book, or reported by the provider.", units.Dollars,
			ask(spent(semconv.AttrCostSource), named(semconv.AttrCostSource))),
		grid(12, "By model", "Cost in the time range, and its share.", []column{
			col(semconv.AttrCostType, "Type"), col(semconv.AttrProvider, "Provider"), col(semconv.AttrModel, "Model"),
			col(semconv.AttrCostSource, "Source"),
			value("B", "Share", units.PercentUnit), value("A", "Cost", units.Dollars),
		},
			ask(spent(source...), ""),
			ask(spent(source...)+" / ignoring("+join(source)+") group_left() ("+spent()+" > 0)", "")),
		grid(24, "Without a price", "What was used in the time range and is not in the cost, and why. no_model: the price book does not know it; "+
			"unit_mismatch: it is billed in another quantity, which the bot does not report.", []column{
			col(semconv.AttrCostType, "Type"), col(semconv.AttrProvider, "Provider"), col(semconv.AttrModel, "Model"),
			col(semconv.AttrUsageKind, "Quantity"), col(semconv.AttrReason, "Reason"), value("A", "Used", units.Short),
		}, ask(counted(semconv.MetricUnpricedUsage, unpriced...)+" > 0", "")),
	}
}

func costUsage() []panel {
	model := []string{semconv.AttrProvider, semconv.AttrModel}
	kinds := append(append([]string{}, model...), semconv.AttrTokenType, semconv.AttrTokenKind)
	return []panel{
		grid(12, "Tokens", "Tokens that the calls of the time range have used, in parts that do not overlap.", []column{
			col(semconv.AttrProvider, "Provider"), col(semconv.AttrModel, "Model"), col(semconv.AttrTokenType, "Type"),
			col(semconv.AttrTokenKind, "Kind"), value("A", "Tokens", units.Short),
		}, ask(used(tokens, kinds...), "")),
		bars(6, "Characters", "Characters that the calls of the time range have sent to speech synthesis.", units.Short,
			ask(used(characters, model...), named(model...))),
		bars(6, "Seconds", "Audio and open time that the calls of the time range have used, as vendors bill it.", units.Seconds, secondsUsed()...),
	}
}

// dearestCalls is from the summaries: series of cost have no call_id.
func dearestCalls(from string) panel {
	labels := callColumns()
	return logGrid(24, "Most expensive calls", "The 25 most expensive calls that ended in the time range. A click leads to the call.",
		append(labels, value("A", "Cost", units.Dollars)), most(from, semconv.SummaryCost, fields(labels)...))
}

// callColumns is what the summary of a call says about it.
func callColumns() []column {
	return []column{
		col(semconv.AttrCallID, "Call").leading(ofCall()),
		col("trace_id", "Trace").leading(ofTrace()),
		col(semconv.SummaryModels, "Models"),
		col(semconv.AttrEndReason, "Ended by"),
		col(semconv.SummaryCostComplete, "Cost complete"),
		col(semconv.SummaryTurns, "Turns").in(units.Short).asNumber(),
		col(semconv.SummaryDuration, "Length").in(units.Seconds).asNumber(),
		col(semconv.SummaryTurnLatencyP95, "Answer, p95").in(units.Milliseconds).asNumber(),
	}
}

func fields(columns []column) []string {
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = c.field
	}
	return names
}
