package costprocessor

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/otel/sdk/metric/metricdata/metricdatatest"

	"github.com/otelcol-voice/otelcol-voice/internal/signal/semconv"
	"github.com/otelcol-voice/otelcol-voice/processor/costprocessor/internal/metadatatest"
)

// summaryLogs is one record with the event name of a call summary; list is what it used.
func summaryLogs() (logs plog.Logs, list pcommon.Slice) {
	logs = plog.NewLogs()
	record := logs.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty().LogRecords().AppendEmpty()
	record.SetEventName(semconv.EventCallSummary)
	record.Attributes().PutStr(semconv.AttrCallID, "c")
	record.Attributes().PutStr(semconv.TransitID, "1")
	return logs, record.Attributes().PutEmptySlice(semconv.TransitUsage)
}

func entry(list pcommon.Slice, name string, value any, attributes ...any) pcommon.Map {
	e := list.AppendEmpty().SetEmptyMap()
	e.PutStr(semconv.UsageName, name)
	switch value := value.(type) {
	case int:
		e.PutInt(semconv.UsageValue, int64(value))
	case float64:
		e.PutDouble(semconv.UsageValue, value)
	case string:
		e.PutStr(semconv.UsageValue, value)
	}
	e.PutInt(semconv.UsageTime, int64(moment))
	m := e.PutEmptyMap(semconv.UsageAttributes)
	for i := 0; i < len(attributes); i += 2 {
		set(m, attributes[i].(string), attributes[i+1])
	}
	return e
}

func (h *harness) summarise(logs plog.Logs) map[string]any {
	h.t.Helper()
	return h.consumeLogs(logs).ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(0).Attributes().AsRaw()
}

func TestSummary(t *testing.T) {
	logs, list := summaryLogs()
	entry(list, semconv.MetricLLMTokens, 1000.0, "provider", "openai", "model", "gpt-4o", "token_type", "prompt")
	entry(list, semconv.MetricLLMTokens, 1000, "provider", "openai", "model", "gpt-4o", "token_type", "completion")
	entry(list, semconv.MetricTTSCharacters, 48, "provider", "cartesia")
	entry(list, semconv.MetricSTTAudio, 7.5, "provider", "gladia", "voice.tx.pair", true)
	entry(list, semconv.MetricSTTSession, 3600.0, "provider", "gladia", "voice.tx.pair", true)
	entry(list, semconv.MetricPlatformSeconds, 60.0, "provider", "vapi", "voice.tx.priced", true)
	entry(list, semconv.MetricTTSCharacters, 0, "provider", "acme")
	h := newHarness(t, nil)
	got := h.summarise(logs)

	version, _ := got[semconv.SummaryPriceVersion].(string)
	assert.NotEmpty(t, version)
	delete(got, semconv.SummaryPriceVersion)
	assert.Equal(t, map[string]any{
		"call_id":          "c",
		"cost_usd":         0.0025 + 0.01 + 0.0024 + 0.75,
		"cost_usd_by_type": map[string]any{"stt": 0.75, "llm": 0.0025 + 0.01, "tts": 0.0024},
		"cost_complete":    true,
	}, got, "the list and what else travelled is gone")

	metadatatest.AssertEqualProcessorCostPricedPoints(t, h.own, dataPoints(map[string]int64{"": 4}, "", "logs"),
		metricdatatest.IgnoreTimestamp())
	metadatatest.AssertEqualProcessorCostCoveredPoints(t, h.own, dataPoints(map[string]int64{"": 1}, "", "logs"),
		metricdatatest.IgnoreTimestamp())
	metadatatest.AssertEqualProcessorCostIgnoredPoints(t, h.own,
		dataPoints(map[string]int64{"already_priced": 1, "zero": 1}, "reason", "logs"), metricdatatest.IgnoreTimestamp())
}

func TestSummaryIsIncomplete(t *testing.T) {
	for name, add := range map[string]func(pcommon.Slice){
		"an unknown model": func(l pcommon.Slice) { entry(l, semconv.MetricLLMTokens, 7, "model", "gpt-9", "token_type", "prompt") },
		"a negative value": func(l pcommon.Slice) { entry(l, semconv.MetricTTSCharacters, -7, "provider", "cartesia") },
		"not a number":     func(l pcommon.Slice) { entry(l, semconv.MetricTTSCharacters, math.NaN(), "provider", "cartesia") },
		"a text":           func(l pcommon.Slice) { entry(l, semconv.MetricTTSCharacters, "7", "provider", "cartesia") },
		"no value":         func(l pcommon.Slice) { entry(l, semconv.MetricTTSCharacters, nil, "provider", "cartesia") },
		"not a usage":      func(l pcommon.Slice) { entry(l, "voice.calls.total", 1) },
		"no attributes":    func(l pcommon.Slice) { entry(l, semconv.MetricTTSCharacters, 7).Remove(semconv.UsageAttributes) },
		"no name":          func(l pcommon.Slice) { entry(l, semconv.MetricTTSCharacters, 7).Remove(semconv.UsageName) },
		"not a map":        func(l pcommon.Slice) { l.AppendEmpty().SetStr("48 characters") },
	} {
		t.Run(name, func(t *testing.T) {
			logs, list := summaryLogs()
			entry(list, semconv.MetricTTSCharacters, 48, "provider", "cartesia")
			add(list)
			got := newHarness(t, nil).summarise(logs)
			assert.Equal(t, 0.0024, got[semconv.SummaryCost])
			assert.Equal(t, false, got[semconv.SummaryCostComplete])
		})
	}
}

func TestSummaryOfACallThatUsedNothing(t *testing.T) {
	logs, _ := summaryLogs()
	got := newHarness(t, nil).summarise(logs)
	assert.Equal(t, 0.0, got[semconv.SummaryCost])
	assert.Equal(t, true, got[semconv.SummaryCostComplete])
	assert.Empty(t, got[semconv.SummaryCostByType])
}

// An entry without a time is priced at arrival.
func TestSummaryEntryWithoutTime(t *testing.T) {
	logs, list := summaryLogs()
	entry(list, semconv.MetricLLMTokens, 1_000_000, "model", "gpt-5.6-sol", "token_type", "prompt").Remove(semconv.UsageTime)
	assert.Equal(t, 4.0, newHarness(t, nil).summarise(logs)[semconv.SummaryCost])
}

// What has been through a cost processor, or comes without a list, keeps what it says.
func TestSummaryInSeries(t *testing.T) {
	logs, list := summaryLogs()
	entry(list, semconv.MetricTTSCharacters, 48, "provider", "cartesia")
	h := newHarness(t, nil)
	once := h.consumeLogs(logs)
	want := once.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(0).Attributes().AsRaw()
	second := newHarness(t, func(cfg *Config) { cfg.Plans = map[string]string{"cartesia": "scale"} })
	assert.Equal(t, want, second.summarise(once))
}

func TestOtherLogsPassOn(t *testing.T) {
	logs, _ := summaryLogs()
	record := logs.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(0)
	record.SetEventName("something.else")
	want := record.Attributes().AsRaw()
	assert.Equal(t, want, newHarness(t, nil).summarise(logs))
}

// The cost on a summary is the sum of the cost points of the same usage, whatever was used.
func TestSummaryEqualsMetric(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	pick := func(choices ...string) string { return choices[random.IntN(len(choices))] }
	b := newBatch()
	tokens, characters := b.sum(semconv.MetricLLMTokens, delta), b.sum(semconv.MetricTTSCharacters, delta)
	audio, session := b.sum(semconv.MetricSTTAudio, delta), b.sum(semconv.MetricSTTSession, delta)
	logs, list := summaryLogs()
	for range 2000 {
		request := random.IntN(400_000)
		spent := []any{
			"model", pick("gpt-4o", "gpt-5.4", "gpt-realtime-2.1", "claude-sonnet-4-5", "gpt-9"),
			"token_type", pick("prompt", "completion"), "token_kind", pick("text", "cache_read", "audio", "reasoning"),
			"voice.tx.stage", pick("llm", "realtime"), "voice.tx.request_tokens", request,
		}
		n := random.IntN(100_000)
		point(tokens, n, spent...)
		entry(list, semconv.MetricLLMTokens, float64(n), spent...)

		spoken := []any{"provider", pick("cartesia", "elevenlabs", "acme")}
		point(characters, n%500, spoken...)
		entry(list, semconv.MetricTTSCharacters, float64(n%500), spoken...)

		heard := []any{"provider", pick("gladia", "deepgram"), "voice.tx.pair", true}
		seconds := random.Float64() * 600
		point(audio, seconds, heard...)
		entry(list, semconv.MetricSTTAudio, seconds, heard...)
		point(session, seconds*2, heard...)
		entry(list, semconv.MetricSTTSession, seconds*2, heard...)
	}
	h := newHarness(t, nil)
	out := h.consumeMetrics(b.Metrics)
	got := h.summarise(logs)

	sum := total(out, semconv.MetricCost)
	require.Greater(t, sum, 1.0)
	assert.InEpsilon(t, sum, got[semconv.SummaryCost], 1e-12)
	byType := 0.0
	for _, cost := range got[semconv.SummaryCostByType].(map[string]any) {
		byType += cost.(float64)
	}
	assert.InEpsilon(t, sum, byType, 1e-12)
	assert.Equal(t, false, got[semconv.SummaryCostComplete])
}
