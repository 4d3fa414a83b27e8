package boards

import (
	"github.com/grafana/grafana-foundation-sdk/go/units"

	"github.com/otelcol-voice/otelcol-voice/internal/signal/semconv"
)

// worker is who took the time: part of the bot and model.
var worker = []string{semconv.AttrStage, semconv.AttrProcessor, semconv.AttrProvider, semconv.AttrModel}

// ofStage is the chosen stages.
var ofStage = []string{oneOf(semconv.AttrStage, "$"+varStage)}

func latency() spec {
	variables := append([]variable{metrics.choice()}, callSelection()...)
	return spec{
		uid: uidLatency, title: "Voice latency", from: "now-6h",
		about:     "How long users wait, and for which stage, part of the bot and model.",
		variables: append(variables, stages()),
		rows: []row{
			{"Turns: the user's last word to the bot's first", latencyOfTurns()},
			{"Stages: request to first byte, token or word", latencyOfStages()},
			{"Models", []panel{latencyByWorker()}},
		},
	}
}

func latencyOfTurns() []panel {
	return []panel{
		figure(6, "Time to answer", "Of all turns in the time range.", units.Milliseconds,
			ask(quantile("0.50", turnLatency, increase, nil), "p50"),
			ask(quantile("0.95", turnLatency, increase, nil), "p95"),
			ask(quantile("0.99", turnLatency, increase, nil), "p99")),
		figure(6, "Mean time to answer", "Of all turns in the time range.", units.Milliseconds, ask(mean(turnLatency, increase, nil), "")),
		figure(6, "Turns slower than 2 s", "Share of the turns in the time range.", units.PercentUnit, ask(above(turnLatency, slow, increase), "")),
		figure(6, "Turns", "Turns in the time range in which it is known how long the user waited.", units.Short,
			ask(sum(increase(of(turnLatency+"_count"))), "")).Decimals(0),
		lines(12, "Time to answer", "Over time.", units.Milliseconds,
			ask(quantile("0.50", turnLatency, rate, nil), "p50"),
			ask(quantile("0.95", turnLatency, rate, nil), "p95"),
			ask(quantile("0.99", turnLatency, rate, nil), "p99")),
		lines(12, "Turns slower than 2 s", "Share of the turns, over time.", units.PercentUnit, ask(above(turnLatency, slow, rate), "slower")).Max(1),
		heat(24, "Time to answer, each turn", "How many turns took how long. The points are exemplars: each is a turn, and leads to its trace.",
			units.Milliseconds, sum(increaseOver(of(turnLatency+"_bucket"), "$__rate_interval"), "le")),
	}
}

func latencyOfStages() []panel {
	const whole = "time to answer"
	return []panel{
		stacked(12, "Where an answer's time goes", "Mean time to first byte of each stage, one on the other, and the mean time to answer that "+
			"they are part of: what is between them is turn detection, the network and the bot itself.", units.Milliseconds,
			ask(mean(ttfb, rate, ofStage, semconv.AttrStage), named(semconv.AttrStage)),
			ask(mean(turnLatency, rate, nil), whole)).
			OverrideByName(whole, aside(whole, "text")),
		heat(12, "Time to first byte, each request", "How many requests took how long. The points are exemplars: each leads to its trace.",
			units.Milliseconds, sum(increaseOver(of(ttfb+"_bucket", ofStage...), "$__rate_interval"), "le")),
		lines(12, "Time to first byte, p50", "By part of the bot and model.", units.Milliseconds,
			ask(quantile("0.50", ttfb, rate, ofStage, worker...), named(worker...))),
		lines(12, "Time to first byte, p95", "By part of the bot and model.", units.Milliseconds,
			ask(quantile("0.95", ttfb, rate, ofStage, worker...), named(worker...))),
		lines(12, "Time to first byte, p99", "By part of the bot and model.", units.Milliseconds,
			ask(quantile("0.99", ttfb, rate, ofStage, worker...), named(worker...))),
		lines(12, "Time of work, p95", "From the request to the end of the answer, by part of the bot and model.", units.Milliseconds,
			ask(quantile("0.95", processing, rate, ofStage, worker...), named(worker...))),
	}
}

func latencyByWorker() panel {
	columns := []column{
		col(semconv.AttrStage, "Stage"), col(semconv.AttrProcessor, "Part of the bot"), col(semconv.AttrProvider, "Provider"),
		col(semconv.AttrModel, "Model"), value("A", "Requests", units.Short), value("B", "Mean", units.Milliseconds),
		value("C", "p50", units.Milliseconds), value("D", "p95", units.Milliseconds),
	}
	return grid(24, "Time to first byte by model", "All requests of the time range.", columns,
		ask(sum(increase(of(ttfb+"_count", ofStage...)), worker...)+" > 0", ""),
		ask(mean(ttfb, increase, ofStage, worker...), ""),
		ask(quantile("0.50", ttfb, increase, ofStage, worker...), ""),
		ask(quantile("0.95", ttfb, increase, ofStage, worker...), ""))
}
