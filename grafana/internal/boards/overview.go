package boards

import (
	"github.com/grafana/grafana-foundation-sdk/go/units"

	"github.com/otelcol-voice/otelcol-voice/internal/signal/semconv"
)

func overview() spec {
	return spec{
		uid: uidOverview, title: "Voice overview", from: "now-6h",
		about:     "Calls, what they cost and how fast the bots answer, at a glance.",
		variables: append([]variable{metrics.choice()}, append(callSelection(), costMetric(), budget())...),
		rows: []row{
			{"At a glance", append(overviewMoney(), overviewQuality()...)},
			{"Over time", overviewTrends()},
			{"Usage", overviewUsage()},
		},
	}
}

func overviewMoney() []panel {
	return []panel{
		figure(4, "Active calls", "Calls that have begun and not ended.", units.Short,
			ask(sum(of(series(semconv.MetricCallsActive))), "")).Decimals(0),
		figure(4, "Calls", "Calls that began in the time range.", units.Short, ask(counted(semconv.MetricCalls), "")).Decimals(0),
		figure(4, "Cost", "Cost in the time range. Usage without a known price is not in it.", units.Dollars, ask(spent(), "")),
		figure(4, "Cost in the last hour", "Cost in the hour before the end of the time range. The alert on cost reads the same number.",
			units.Dollars, ask(spentLastHour(), "")),
		figure(4, "Cost per call", "Cost divided by the calls that began, in the time range.", units.Dollars, ask(costPerCall(), "")),
		figure(4, "Cost per minute of talk", "Cost divided by the length of the calls that ended, in the time range.", units.Dollars,
			ask(costPerMinute(), "")),
	}
}

func overviewQuality() []panel {
	return []panel{
		figure(4, "Time to answer, p95", "From the user's last word to the bot's first: 95 of 100 turns were faster.",
			units.Milliseconds, ask(quantile("0.95", turnLatency, increase, nil), "")).Thresholds(redFrom(2000)),
		figure(8, "Time to first byte, p95", "By stage: 95 of 100 requests were faster to their first byte, token or word.",
			units.Milliseconds, ask(quantile("0.95", ttfb, increase, nil, semconv.AttrStage), named(semconv.AttrStage))).
			Thresholds(redFrom(2000)),
		figure(4, "Turns slower than 2 s", "Share of the turns in which the user waited longer than two seconds.",
			units.PercentUnit, ask(above(turnLatency, slow, increase), "")),
		figure(4, "Calls that failed", "Share of the ended calls that an error ended.", units.PercentUnit, ask(failed(), "")),
		alarm(4, "Without a price", "Models and quantities that were used and have no known price: the cost is too low by theirs. "+
			"The dashboard of cost lists them.", orZero(withoutPrice())),
	}
}

func overviewTrends() []panel {
	return []panel{
		lines(12, "Calls", "Calls that go on, and how many begin in an hour.", units.Short,
			ask(sum(of(series(semconv.MetricCallsActive))), "active"),
			ask(hourly(semconv.MetricCalls), "begun per hour")),
		costByTypeOverTime(12),
		lines(12, "Time to first byte, p95", "By stage.", units.Milliseconds,
			ask(quantile("0.95", ttfb, rate, nil, semconv.AttrStage), named(semconv.AttrStage))),
		lines(12, "Time to answer", "From the user's last word to the bot's first.", units.Milliseconds,
			ask(quantile("0.50", turnLatency, rate, nil), "p50"),
			ask(quantile("0.95", turnLatency, rate, nil), "p95")),
		lines(12, "Turns and interruptions", "How many turns bots spoke in, and how often users cut them off, in an hour.", units.Short,
			ask(hourly(semconv.MetricTurns), "turns per hour"),
			ask(hourly(semconv.MetricInterruptions), "interruptions per hour")),
		lines(12, "Errors", "Errors that bots reported, in an hour, by part of the bot and category.", units.Short,
			ask(hourly(semconv.MetricErrors, semconv.AttrProcessor, semconv.AttrCategory), named(semconv.AttrProcessor, semconv.AttrCategory))),
	}
}

// costByTypeOverTime is what is spent in an hour, against the budget.
func costByTypeOverTime(width uint32) panel {
	const line = "budget"
	return stacked(width, "Cost per hour by type", "At the rate of the moment, by what it is spent on; the dashed line is the budget.",
		units.Dollars,
		ask(spentHourly(semconv.AttrCostType), named(semconv.AttrCostType)),
		ask("vector($"+varBudget+")", line)).
		OverrideByName(line, aside(line, "red"))
}

func overviewUsage() []panel {
	return []panel{
		bars(8, "Tokens", "Tokens that the calls of the time range have used, in parts that do not overlap.", units.Short,
			ask(used(tokens, semconv.AttrTokenType, semconv.AttrTokenKind), named(semconv.AttrTokenType, semconv.AttrTokenKind))),
		bars(8, "Per call", "What a call uses on average.", units.Short,
			ask(perCall(used(tokens)), "tokens"),
			ask(perCall(used(characters)), "characters of speech synthesis"),
			ask(perCall(counted(semconv.MetricTurns)), "turns")),
		bars(8, "Seconds", "Audio and open time that the calls of the time range have used, as vendors bill it.", units.Seconds, secondsUsed()...),
	}
}
