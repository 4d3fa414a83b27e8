package voicemetricsprocessor

import (
	"slices"

	"github.com/otelcol-voice/otelcol-voice/internal/foreign"
	"github.com/otelcol-voice/otelcol-voice/internal/signal/semconv"
)

// catalogue is what is translated, by the name of the metric.
type catalogue struct {
	feeds     map[string]*feed
	latencies map[string]*latency
}

// feed is a metric of usage.
type feed struct {
	family *foreign.Family
	metric foreign.Metric
	newer  *foreign.Family // tells of the same; where it does, this one is not needed
	within string          // the scope in which other metrics tell of the same
}

// latency is a histogram of times.
type latency struct {
	metric string // ours
	stage  string // unless its operation says otherwise; none: it is of no stage
	family *foreign.Family
	newer  string // the metric that tells of the same; where it does, this one is not needed
	within string // the scope in which other metrics tell of the same
	failed string // the attribute that says that it ended in an error
}

// sources is what may be translated. Each adds itself to a catalogue.
var sources = map[string]func(*catalogue){fromLiveKit: addLiveKit, fromGenAI: addGenAI}

func newCatalogue(from []string) catalogue {
	c := catalogue{feeds: map[string]*feed{}, latencies: map[string]*latency{}}
	for _, name := range from {
		sources[name](&c)
	}
	if slices.Contains(from, fromLiveKit) && slices.Contains(from, fromGenAI) {
		c.tellLiveKitOnce()
	}
	return c
}

// liveKitScope is where LiveKit Agents, since 1.8, has metrics by the conventions beside its own.
const liveKitScope = "livekit-agents"

// tellLiveKitOnce takes LiveKit's own metrics for what both tell: they know what was cached, and earlier versions have no
// others. It goes by the scope, because not all are in each request. How long an operation took only the others tell.
func (c *catalogue) tellLiveKitOnce() {
	for _, name := range []string{foreign.GenAITokens, foreign.GenAIUsage} {
		for metric := range foreign.Known()[name].Metrics {
			c.feeds[metric].within = liveKitScope
		}
	}
	for _, name := range []string{genAIFirstChunk, genAIFirstToken} {
		c.latencies[name].within = liveKitScope
	}
}

func (c *catalogue) addUsage(family, newer *foreign.Family) {
	for name, metric := range family.Metrics {
		c.feeds[name] = &feed{family: family, metric: metric, newer: newer}
	}
}

// addLiveKit adds what has a counterpart of the same meaning. LiveKit's other delays (end_of_turn, on_user_turn_completed,
// acquire_time) have none.
func addLiveKit(c *catalogue) {
	family := foreign.Known()[foreign.LiveKit]
	c.addUsage(family, nil)
	for name, stage := range map[string]string{
		"llm_ttft": semconv.StageLLM, "tts_ttfb": semconv.StageTTS, "transcription_delay": semconv.StageSTT,
	} {
		c.latencies["lk.agents.turn."+name] = &latency{metric: semconv.MetricTTFB, stage: stage, family: family}
	}
	c.latencies["lk.agents.turn.e2e_latency"] = &latency{metric: semconv.MetricTurnLatency, family: family}
}

// genAIFirstChunk is the time to the first answer in the conventions; others call its like a token.
const (
	genAIFirstChunk = "gen_ai.client.operation.time_to_first_chunk"
	genAIFirstToken = "gen_ai.client.operation.time_to_first_token"
	genAIDuration   = "gen_ai.client.operation.duration"
)

// addGenAI adds both eras of usage: where a bot sends both, the newer one is taken.
func addGenAI(c *catalogue) {
	known := foreign.Known()
	newer := known[foreign.GenAIUsage]
	c.addUsage(newer, nil)
	c.addUsage(known[foreign.GenAITokens], newer)
	c.latencies[genAIDuration] = &latency{
		metric: semconv.MetricProcessing, stage: semconv.StageLLM, family: newer, failed: semconv.ErrorType,
	}
	c.latencies[genAIFirstChunk] = &latency{metric: semconv.MetricTTFB, stage: semconv.StageLLM, family: newer}
	c.latencies[genAIFirstToken] = &latency{metric: semconv.MetricTTFB, stage: semconv.StageLLM, family: newer, newer: genAIFirstChunk}
}
