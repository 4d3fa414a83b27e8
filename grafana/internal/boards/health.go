package boards

import (
	"github.com/grafana/grafana-foundation-sdk/go/units"
)

// The collector's own metrics, as each component's metadata.yaml and the collector's own parts name them. A test compares.
const (
	ownPrefix = "otelcol_"

	receiver = ownPrefix + "receiver_voice_frame_"
	spanner  = ownPrefix + "connector_voice_span_"
	pricer   = ownPrefix + "processor_cost_"
	rollup   = ownPrefix + "processor_rollup_"
	gateway  = ownPrefix + "grafana_cloud_"
	exporter = ownPrefix + "exporter_"
	process  = ownPrefix + "process_"
	uptime   = process + "uptime_seconds_total"

	self = "otelcol-voice" // the service.name that it gives itself
)

// items is what exporters count, by signal.
var items = []struct{ name, signal string }{{"metric_points", "metrics"}, {"log_records", "logs"}, {"spans", "traces"}}

func health() spec {
	return spec{
		uid: uidHealth, title: "Voice collector health", from: "now-6h", ofCollector: true,
		about:     "Whether the collector takes, prices and delivers what bots send. Its own metrics go to the backend beside those of the calls.",
		variables: append([]variable{metrics.choice()}, perSeries(receiver+"active_calls", self)...), // not other collectors of the same backend
		rows: []row{
			{"What ought to be zero", append(healthAlarms(), healthWarnings()...)},
			{"The process", healthProcess()},
			{"In: what bots send", append(healthRequests(), healthFrames()...)},
			{"Prices", healthPrices()},
			{"Series", healthRollup()},
			{"Out: to the backend", healthExporter()},
		},
	}
}

// risen is by how much counters of the collector have grown in the range, together; 0 if they are not there.
func risen(selectors ...string) string {
	expr := ""
	for i, selector := range selectors {
		if i > 0 {
			expr += " + "
		}
		expr += orZero(sum(grown(selector)))
	}
	return expr
}

// perSignal is counters that differ in what they count.
func perSignal(prefix string) []string {
	selectors := make([]string, len(items))
	for i, item := range items {
		selectors[i] = of(prefix + item.name + "_total")
	}
	return selectors
}

// healthAlarms are what is lost, or will be.
func healthAlarms() []panel {
	return []panel{
		alarm(4, "Frames rejected", "Frames of bots that were not taken, in the time range. A panel below says why.",
			risen(of(receiver+"frames_total", equal("outcome", "rejected")))),
		alarm(4, "Held back by credentials", "Answers 401, 403 and 404 of the gateway in the time range: credentials or path are wrong. "+
			"Nothing is lost while they are: what is to be sent waits on disk.", risen(of(gateway+"held_requests_total"))),
		alarm(4, "Rejected by the backend", "Points, log records and spans that the backend rejected in the time range inside requests that it "+
			"accepted: too many series, too old, or twice.", risen(of(gateway+"rejected_points_total"))),
		alarm(4, "Refused for good", "Points, log records and spans that the exporter dropped in the time range, because the backend refused "+
			"them in a way that asking again does not mend.", risen(perSignal(exporter+"send_failed_")...)),
		alarm(4, "Queue full", "Points, log records and spans that found no room in the queue in the time range. Metrics wait in rollup; "+
			"summaries and spans come again if the bot asks again.", risen(perSignal(exporter+"enqueue_failed_")...)),
		figure(4, "Oldest waiting", "For how long what is to be sent next has been waiting since its first failure.", units.Seconds,
			ask(highest(of(gateway+"waiting_seconds"), "signal"), named("signal"))).Thresholds(redFrom(60)),
	}
}

// healthWarnings are what somebody should look at one day.
func healthWarnings() []panel {
	return []panel{
		alarm(6, "Requests refused", "Requests that were answered with 503 in the time range: the pipeline had no room. Bots send them again.",
			risen(of(receiver+"requests_total", equal("status_code", "503")))),
		alarm(6, "Storage errors", "Writes to the disk that failed, and places on it that could not be read, of all components, in the time range.",
			risen(of(receiver+"journal_errors_total"), of(receiver+"journal_damaged_total"), of(spanner+"journal_errors_total"),
				of(spanner+"journal_damaged_total"), of(pricer+"storage_failures_total"), of(pricer+"storage_damaged_total"),
				of(rollup+"damaged_states_total"), of(rollup+"commits_total", equal("result", "failed")))),
		alarm(6, "Price loads that failed", "Looks at price files and requests to price_url that failed in the time range. The prices before stay.",
			risen(of(pricer+"price_reloads_total", equal("outcome", "failed")))),
		alarm(6, "Identities forgotten", "Points that would count twice if they came again, for want of room, in the time range.",
			risen(of(rollup+"forgotten_identities_total"))),
	}
}

func healthProcess() []panel {
	return []panel{
		figure(6, "Up for", "Since the last start, each collector.", units.Seconds,
			ask(highest(of(uptime), "job", "instance"), named("job", "instance"))).Height(heightGraph),
		lines(6, "Memory", "Resident memory of each collector.", units.BytesIEC, ask(of(process+"memory_rss_bytes"), named("instance"))),
		lines(6, "CPU", "Share of a core that each collector uses.", units.PercentUnit, ask(rate(of(process+"cpu_seconds_total")), named("instance"))),
		lines(6, "Calls", "Calls that have begun and not ended, by the receiver; calls that have series, by rollup: these linger for five minutes.",
			units.Short,
			ask(sum(of(receiver+"active_calls")), "active"),
			ask(sum(of(rollup+"calls")), "with series")),
	}
}

func healthRequests() []panel {
	return []panel{
		lines(8, "Requests", "Requests of bots in a second, by status code.", units.RequestsPerSecond,
			ask(sum(rate(of(receiver+"requests_total")), "status_code"), named("status_code"))),
		lines(8, "Time to answer", "How long requests of bots took, and how old the oldest frame in them was when it was accepted.", units.Seconds,
			ask(quantile("0.95", receiver+"request_duration_seconds", rate, nil), "request, p95"),
			ask(quantile("0.95", receiver+"delay_seconds", rate, nil), "age of frames, p95")),
		lines(8, "Bytes", "Bytes of bodies and messages in a second, uncompressed, and those that have been read and not been answered.", units.BytesIEC,
			ask(sum(rate(of(receiver+"bytes_total"))), "received per second"),
			ask(sum(of(receiver+"in_flight_bytes")), "in flight")),
		lines(8, "WebSocket connections", "Connections of bots that stream.", units.Short,
			ask(sum(of(receiver+"websocket_connections")), "open")),
		bars(8, "Webhooks", "Posts of platforms in the time range, and those that were not taken.", units.Short,
			ask(risen(of(receiver+"webhooks_total")), "all"),
			ask(risen(of(receiver+"webhooks_total", equal("outcome", "unauthorized"))), "unauthorized"),
			ask(risen(of(receiver+"webhooks_total", oneOf("outcome", "rejected|refused"))), "rejected or refused")),
		lines(8, "OTLP", "Points, log records and spans in a second that came by OTLP or were made of frames.", units.CountsPerSecond,
			receivedItems()...),
	}
}

func receivedItems() []asked {
	var all []asked
	for _, item := range items {
		all = append(all, ask(sum(rate(of("otelcol_receiver_accepted_"+item.name+"_total")), "receiver"), item.signal+" "+named("receiver")))
	}
	return all
}

func healthFrames() []panel {
	return []panel{
		lines(8, "Frames", "Frames in a second, by what became of them. Duplicates are re-sent ones, and count once.", units.CountsPerSecond,
			ask(sum(rate(of(receiver+"frames_total")), "outcome"), named("outcome"))),
		bars(8, "Data that count nowhere", "Data in accepted frames that were left out in the time range, and why: sentinels are a framework's "+
			"word for no value.", units.Short, ask(sum(grown(of(receiver+"data_dropped_total")), "reason"), named("reason"))),
		bars(8, "What bots ought to mend", "In the time range: data rejected inside accepted frames, calls without any usage, and labels with too many values.",
			units.Short,
			ask(risen(of(receiver+"data_rejected_total")), "data rejected"),
			ask(risen(of(receiver+"calls_without_usage_total")), "calls without usage"),
			ask(risen(of(receiver+"values_replaced_total")), "values replaced")),
		grid(24, "Frames by dialect", "Frames in the time range, by how they were worded and what became of them.", []column{
			col("dialect", "Dialect"), col("outcome", "Outcome"), col("reason", "Reason"), value("A", "Frames", units.Short),
		}, ask(sum(grown(of(receiver+"frames_total")), "dialect", "outcome", "reason")+" > 0", "")),
	}
}

func healthPrices() []panel {
	ofMetrics := equal("signal", "metrics")
	points := func(name string) string { return risen(of(pricer+name+"_points_total", ofMetrics)) }
	return []panel{
		bars(8, "Usage", "Usage on metrics in the time range, by what became of it. Summaries and spans hold the same usage.", units.Short,
			ask(points("priced"), "priced"),
			ask(points("estimated"), "of these by estimate"),
			ask(points("covered"), "covered by another quantity"),
			ask(points("ignored"), "not asked for"),
			ask(points("unpriced"), "without a price")),
		lines(8, "Usage without a price", "Usage on metrics in a second, by why it has no price.", units.CountsPerSecond,
			ask(sum(rate(of(pricer+"unpriced_points_total", ofMetrics)), "reason"), named("reason"))),
		figure(8, "Age of prices", "How old they are: those that are built in, those of files, those of a URL.",
			units.Seconds, ask(highest(of(pricer+"price_age_seconds"), "source"), named("source"))).Height(heightGraph),
		figure(12, "Prices", "Prices in the book, one for each row and model.", units.Short, ask(highest(of(pricer+"prices")), "")).Decimals(0),
		figure(12, "Counters remembered", "Cumulative counters of bots, as a share of the number that can be remembered.", units.PercentUnit,
			ask(highest(of(pricer+"counters")+" / "+of(pricer+"counters_limit")), "")),
	}
}

func healthRollup() []panel {
	return []panel{
		lines(8, "Series", "Series that live, which is what a backend bills, and identities that are remembered to count once.", units.Short,
			ask(sum(of(rollup+"series")), "series"),
			ask(sum(of(rollup+"identities")), "identities")),
		lines(8, "Points in", "Data points in a second, by what became of them. Skipped ones were counted before.", units.CountsPerSecond,
			ask(sum(rate(of(rollup+"input_points_total")), "outcome", "reason"), named("outcome", "reason"))),
		lines(8, "Points out", "Data points in a second that the next component accepted.", units.CountsPerSecond,
			ask(sum(rate(of(rollup+"output_points_total"))), "points")),
		lines(8, "Flushes", "Flushes in a minute, by what became of them. Of refused ones nothing is lost: they come again.", units.Short,
			ask(sum(rate(of(rollup+"flushes_total"))+" * 60", "result"), named("result"))),
		lines(8, "Time of a flush", "With the answer of the next component.", units.Seconds,
			ask(quantile("0.95", rollup+"flush_duration_seconds", rate, nil), "p95")),
		lines(8, "Bytes on disk", "What a start reads, of the snapshot and the log.", units.BytesIEC, ask(sum(of(rollup+"stored_bytes")), "stored")),
	}
}

func healthExporter() []panel {
	var sent []asked
	for _, item := range items {
		sent = append(sent, ask(sum(rate(of(exporter+"sent_"+item.name+"_total"))), item.signal))
	}
	return []panel{
		lines(8, "Sent", "Points, log records and spans in a second that the backend took.", units.CountsPerSecond, sent...),
		lines(8, "Queue", "How full the queue on disk is, by signal. It fills while the backend does not answer.", units.PercentUnit,
			ask(highest(of(exporter+"queue_size")+" / "+of(exporter+"queue_capacity"), "data_type"), named("data_type"))).Max(1),
		lines(8, "Answers of the gateway", "Requests to the backend in a minute, by signal and HTTP status; none: there was no answer.", units.Short,
			ask(sum(rate(of(gateway+"requests_total"))+" * 60", "signal", "status"), named("signal", "status"))),
		lines(12, "Waiting", "For how long what is to be sent next has been waiting since its first failure.", units.Seconds,
			ask(highest(of(gateway+"waiting_seconds"), "signal"), named("signal"))),
		grid(12, "Refused for good, by status", "Points, log records and spans that were dropped in the time range, by the gateway's HTTP status. "+
			"413: the requests are too large; 400: something in them is wrong, and the backend may have kept the rest.", []column{
			col("signal", "Signal"), col("status", "Status"), value("A", "Dropped", units.Short),
		}, ask(sum(grown(of(gateway+"dropped_items_total")), "signal", "status")+" > 0", "")),
	}
}
