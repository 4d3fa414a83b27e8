package boards

import (
	"github.com/grafana/grafana-foundation-sdk/go/tempo"
	"github.com/grafana/grafana-foundation-sdk/go/units"

	"github.com/otelcol-voice/otelcol-voice/internal/signal/semconv"
)

func calls() spec {
	variables := append([]variable{metrics.choice(), logs.choice(), traces.choice()}, callSelection()...)
	return spec{
		uid: uidCalls, title: "Voice calls", from: "now-3h",
		about:     "Calls and how they went; from a call_id to its numbers, its summary and its trace.",
		variables: append(variables, service(), callID(), traceID()),
		rows: []row{
			{"All calls", callFigures()},
			{"How they went", callCourse()},
			{"Calls by their series", []panel{callSeries()}},
			{"Calls by their summaries", []panel{dearestCalls(summaries()), slowestCalls(), callRecords()}},
			{"Calls by their traces", []panel{
				traceGrid(12, "Traces", "The latest calls that ended, of all environments: one trace each.", callsInTempo(), tempo.SearchTableTypeTraces),
				traceGrid(12, "Slow requests", "Requests to models that took longer than a second to their first byte, of all environments.", slowInTempo(), tempo.SearchTableTypeSpans),
				oneTrace(24, "Trace", "The call with the trace id above, turn by turn. A click on a trace id in a table fills it in."),
			}},
		},
	}
}

func callFigures() []panel {
	return []panel{
		figure(4, "Active calls", "Calls that have begun and not ended.", units.Short,
			ask(sum(of(series(semconv.MetricCallsActive))), "")).Decimals(0),
		figure(4, "Calls", "Calls that began in the time range.", units.Short, ask(counted(semconv.MetricCalls), "")).Decimals(0),
		figure(4, "Mean length", "Of the calls that ended in the time range.", units.Seconds, ask(mean(duration, increase, nil), "")),
		figure(4, "Length, p95", "95 of 100 calls that ended in the time range were shorter.", units.Seconds,
			ask(quantile("0.95", duration, increase, nil), "")),
		figure(4, "Turns per call", "Turns divided by the calls that began, in the time range.", units.Short,
			ask(perCall(counted(semconv.MetricTurns)), "")),
		figure(4, "Calls that failed", "Share of the ended calls that an error ended.", units.PercentUnit, ask(failed(), "")),
	}
}

func callCourse() []panel {
	return []panel{
		bars(8, "Ended by", "Calls that ended in the time range, by what ended them.", units.Short,
			ask(sum(increase(of(duration+"_count")), semconv.AttrEndReason), named(semconv.AttrEndReason))),
		heat(8, "Length", "How many calls that ended lasted how long.", units.Seconds,
			sum(increaseOver(of(duration+"_bucket"), "$__rate_interval"), "le")),
		lines(8, "Length of the calls that go on", "The mean, and the longest: one that stays is a call without an end. Calls that ended stay for five minutes.", units.Seconds,
			ask("avg("+of(series(semconv.MetricSessionDuration))+")", "mean"),
			ask(highest(of(series(semconv.MetricSessionDuration))), "longest")),
		grid(12, "Functions called", "Function calls of bots in the time range, by how they came out.", []column{
			col(semconv.AttrFunctionName, "Function"), col(semconv.AttrOutcome, "Outcome"), value("A", "Calls", units.Short),
		}, ask(counted(semconv.MetricToolCalls, semconv.AttrFunctionName, semconv.AttrOutcome), "")),
		grid(12, "Errors", "Errors that bots reported in the time range.", []column{
			col(semconv.AttrProcessor, "Part of the bot"), col(semconv.AttrCategory, "Category"), value("A", "Errors", units.Short),
		}, ask(counted(semconv.MetricErrors, semconv.AttrProcessor, semconv.AttrCategory), "")),
	}
}

// callSeries is the calls that have series: those of the time range, live ones among them.
func callSeries() panel {
	ofCalls := func(name string, matchers ...string) string {
		matchers = append(matchers, semconv.AttrCallID+"=~"+chosenCalls)
		return sum(last(of(name, matchers...)), semconv.AttrCallID)
	}
	columns := []column{
		col(semconv.AttrCallID, "Call").leading(ofCall()),
		value("A", "Prompt tokens", units.Short), value("B", "Completion tokens", units.Short), value("C", "Characters", units.Short),
		value("D", "Audio", units.Seconds), value("E", "Length", units.Seconds),
	}
	return grid(24, "What calls used", "The calls of the time range, those that go on among them. A click leads to the call.", columns,
		ask(ofCalls(tokens, equal(semconv.AttrTokenType, semconv.TokenPrompt)), ""),
		ask(ofCalls(tokens, equal(semconv.AttrTokenType, semconv.TokenCompletion)), ""),
		ask(ofCalls(characters), ""),
		ask(ofCalls(series(semconv.MetricSTTAudio)), ""),
		ask(ofCalls(series(semconv.MetricSessionDuration)), ""))
}

func slowestCalls() panel {
	labels := []column{
		col(semconv.AttrCallID, "Call").leading(ofCall()),
		col("trace_id", "Trace").leading(ofTrace()),
		col(semconv.SummaryModels, "Models"),
		col(semconv.SummaryTurns, "Turns").in(units.Short).asNumber(),
		col(semconv.SummaryTTFBP95, "First byte, p95").in(units.Milliseconds).asNumber(),
	}
	return logGrid(24, "Slowest calls", "The 25 calls that ended in the time range and in which users waited longest.",
		append(labels, value("A", "Answer, p95", units.Milliseconds)), most(summaries(), semconv.SummaryTurnLatencyP95, fields(labels)...))
}

func callRecords() panel {
	return records(24, "Summaries", "The summary of each call that ended: open a line for all that it says.", summaries())
}
