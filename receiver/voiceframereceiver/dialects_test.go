package voiceframereceiver

import (
	"context"
	"maps"
	"math"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"
)

// sameCallTotals are by metric and compared attributes; histograms have a count and a sum.
var sameCallTotals = map[string]float64{
	"voice.calls.total":                                          1,
	"voice.turns.total":                                          3,
	"voice.interruptions.total":                                  1,
	"voice.turn.latency.milliseconds count":                      3,
	"voice.turn.latency.milliseconds sum":                        1600 + 904 + 850,
	"voice.ttfb.milliseconds stt deepgram nova-3 count":          3,
	"voice.ttfb.milliseconds stt deepgram nova-3 sum":            250 + 240 + 230,
	"voice.ttfb.milliseconds llm openai gpt-4o count":            3,
	"voice.ttfb.milliseconds llm openai gpt-4o sum":              390 + 200 + 412,
	"voice.ttfb.milliseconds llm openai gpt-4o-mini count":       1,
	"voice.ttfb.milliseconds llm openai gpt-4o-mini sum":         300,
	"voice.ttfb.milliseconds tts cartesia sonic-3 count":         3,
	"voice.ttfb.milliseconds tts cartesia sonic-3 sum":           190 + 180 + 200,
	"voice.processing.milliseconds llm openai gpt-4o count":      3,
	"voice.processing.milliseconds llm openai gpt-4o sum":        450 + 500 + 1310,
	"voice.processing.milliseconds llm openai gpt-4o-mini count": 1,
	"voice.processing.milliseconds llm openai gpt-4o-mini sum":   800,
	"voice.processing.milliseconds tts cartesia sonic-3 count":   3,
	"voice.processing.milliseconds tts cartesia sonic-3 sum":     900 + 620 + 700,
	"voice.llm.tokens.total openai gpt-4o prompt text":           146 + 76 + 156,
	"voice.llm.tokens.total openai gpt-4o prompt cache_read":     896 + 1024 + 1024,
	"voice.llm.tokens.total openai gpt-4o completion text":       37 + 20 + 64,
	"voice.llm.tokens.total openai gpt-4o-mini prompt text":      1260,
	"voice.llm.tokens.total openai gpt-4o-mini completion text":  45,
	"voice.tts.characters.total cartesia sonic-3":                48 + 90 + 60,
	"voice.stt.audio.seconds.total deepgram nova-3":              14.23, // 3.25 + 6.99 + 3.99
	"voice.stt.session.seconds.total deepgram nova-3":            20,
	"voice.session.duration.seconds":                             20,
	"voice.call.duration.seconds count":                          1,
	"voice.call.duration.seconds sum":                            20,
	"voice.tool.calls.total search_orders completed":             1,
	"voice.errors.total connection":                              1,
}

// compared are the attributes in which dialects must agree. Not among them: processor, which is the framework's own word for
// who did the work (OpenAILLMService, openai.LLM), and end_reason, which is its word for an end; records and RTVI have none.
var compared = []string{"stage", "provider", "model", "token_type", "token_kind", "function_name", "outcome", "category"}

// unsaid is what a dialect cannot say: which totals differ from sameCallTotals, and what they are instead. Zero: nothing.
var unsaid = map[string]map[string]float64{
	// Pipecat's observers leave processing time out.
	"Pipecat records": {
		"voice.processing.milliseconds llm openai gpt-4o count":      0,
		"voice.processing.milliseconds llm openai gpt-4o sum":        0,
		"voice.processing.milliseconds llm openai gpt-4o-mini count": 0,
		"voice.processing.milliseconds llm openai gpt-4o-mini sum":   0,
		"voice.processing.milliseconds tts cartesia sonic-3 count":   0,
		"voice.processing.milliseconds tts cartesia sonic-3 sum":     0,
	},
	// LiveKit's errors say where, not what: the type of the error is its category.
	"LiveKit Python":     {"voice.errors.total connection": 0, "voice.errors.total tts_error": 1},
	"LiveKit JavaScript": {"voice.errors.total connection": 0, "voice.errors.total tts_error": 1},
	"RTVI": {
		// Its errors have no category.
		"voice.errors.total connection": 0, "voice.errors.total unknown": 1,
		// Its tokens have no model: all are of the call's default.
		"voice.llm.tokens.total openai gpt-4o prompt text":          146 + 76 + 156 + 1260,
		"voice.llm.tokens.total openai gpt-4o completion text":      37 + 20 + 64 + 45,
		"voice.llm.tokens.total openai gpt-4o-mini prompt text":     0,
		"voice.llm.tokens.total openai gpt-4o-mini completion text": 0,
		// It does not say how long the detector waited, here 200 ms, until it was sure that the voice had ended.
		"voice.turn.latency.milliseconds sum": 1600 + 904 + 850 - 3*200,
	},
}

// totalsIn are the totals of the same call in a dialect.
func totalsIn(dialect string) map[string]float64 {
	want := maps.Clone(sameCallTotals)
	maps.Copy(want, unsaid[dialect])
	maps.DeleteFunc(want, func(_ string, value float64) bool { return value == 0 })
	return want
}

func TestTheSameCallInEveryDialect(t *testing.T) {
	for dialect, messages := range sameCall {
		t.Run(dialect, func(t *testing.T) {
			b := newBench(t, nil)
			b.play(t, messages)
			assert.Equal(t, totalsIn(dialect), b.details())
			assert.Equal(t, 1, b.logs.LogRecordCount())
		})
	}
}

// play posts each message when it is said, and lets the call fall silent.
func (b *bench) play(t *testing.T, messages []said) {
	for _, m := range messages {
		moment := now.Add(time.Duration(m.at) * time.Millisecond)
		b.clock.Advance(moment.Sub(b.clock.Now()))
		status, answer := b.post("/v1/frames/c1", m.sentAt(moment))
		require.Equal(t, http.StatusOK, status, answer)
		require.Contains(t, answer, `"rejected":[]`, m.message)
	}
	b.silence()
}

// silence ends the call where it has not ended.
func (b *bench) silence() {
	b.clock.Advance(b.config.IdleTimeout)
	b.door().EndIdle(context.Background(), b.clock.Now())
}

// details adds up all points by metric and the compared attributes.
func (b *bench) details() map[string]float64 {
	sums := map[string]float64{}
	for _, metrics := range b.metrics.AllMetrics() {
		for _, metric := range metrics.ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics().All() {
			if metric.Type() == pmetric.MetricTypeHistogram {
				for _, point := range metric.Histogram().DataPoints().All() {
					key := key(metric.Name(), point.Attributes())
					sums[key+" count"] += float64(point.Count())
					sums[key+" sum"] += point.Sum()
				}
				continue
			}
			for _, point := range metric.Sum().DataPoints().All() {
				sums[key(metric.Name(), point.Attributes())] += point.DoubleValue() + float64(point.IntValue())
			}
		}
	}
	for name, sum := range sums {
		sums[name] = math.Round(sum*1e6) / 1e6 // what adding binary fractions in another order changes lies below
	}
	return sums
}

func key(name string, attributes pcommon.Map) string {
	words := []string{name}
	for _, attribute := range compared {
		if value, ok := attributes.Get(attribute); ok {
			words = append(words, value.Str())
		}
	}
	return strings.Join(words, " ")
}
