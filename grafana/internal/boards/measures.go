package boards

import (
	"strings"

	"github.com/otelcol-voice/otelcol-voice/internal/signal/semconv"
)

// Names of series that several dashboards read.
var (
	ttfb        = series(semconv.MetricTTFB)
	turnLatency = series(semconv.MetricTurnLatency)
	processing  = series(semconv.MetricProcessing)
	duration    = series(semconv.MetricCallDuration)
	tokens      = series(semconv.MetricLLMTokens)
	characters  = series(semconv.MetricTTSCharacters)
)

// slow is the bound, in milliseconds, from which callers notice that they wait; the guide's alert has it too.
const slow = "2000"

// counted is how often something happened in the range.
func counted(metric string, by ...string) string { return sum(increase(of(series(metric))), by...) }

// hourly is how often something happens in an hour, over time.
func hourly(metric string, by ...string) string { return sum(perHour(of(series(metric))), by...) }

func spent(by ...string) string { return sum(increase(usd()), by...) }

func spentHourly(by ...string) string { return sum(perHour(usd()), by...) }

func spentLastHour() string { return sum(increaseOver(usd(), "1h")) }

func costPerCall() string { return ratio(spent(), counted(semconv.MetricCalls)) }

// costPerMinute is by the length of the calls that have ended.
func costPerMinute() string {
	return ratio(spent(), "("+sum(increase(of(duration+"_sum")))+" / 60)")
}

// failed is the share of the ended calls that an error ended.
func failed() string {
	errors := sum(increase(of(duration+"_count", equal(semconv.AttrEndReason, semconv.EndReasonError))))
	return ratio(orZero(errors), sum(increase(of(duration+"_count"))))
}

// withoutPrice is of how many models and quantities nobody knows the price.
func withoutPrice() string {
	unknown := counted(semconv.MetricUnpricedUsage, semconv.AttrProvider, semconv.AttrModel, semconv.AttrUsageKind)
	return "count(" + unknown + " > 0)"
}

// used is the quantity that the calls of the range have used.
func used(name string, by ...string) string { return sum(last(of(name)), by...) }

// perCall divides by the calls that began in the range.
func perCall(quantity string) string { return ratio(quantity, counted(semconv.MetricCalls)) }

// cached is the share of the prompt's tokens that came from a cache.
func cached() string {
	read := last(of(tokens, oneOf(semconv.AttrTokenKind, ".*"+semconv.KindCacheRead)))
	return ratio(orZero(sum(read)), sum(last(of(tokens, equal(semconv.AttrTokenType, semconv.TokenPrompt)))))
}

// secondsUsed is the quantities in seconds, each with its name.
func secondsUsed() []asked {
	var all []asked
	for _, quantity := range []struct{ metric, name string }{
		{semconv.MetricSTTAudio, "speech recognition, audio"},
		{semconv.MetricSTTSession, "speech recognition, session"},
		{semconv.MetricRealtimeSession, "realtime session"},
		{semconv.MetricTransportSeconds, "transport"},
		{semconv.MetricPlatformSeconds, "platform"},
	} {
		all = append(all, ask(used(series(quantity.metric)), quantity.name))
	}
	return all
}

// named is the legend of series with these labels.
func named(labels ...string) string {
	return "{{" + strings.Join(labels, "}} {{") + "}}"
}

func join(labels []string) string { return strings.Join(labels, ", ") }
