package costprocessor

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
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
	for i := 0; i < len(attributes); i += 2 {
		set(e, attributes[i].(string), attributes[i+1])
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
		"no attributes":    func(l pcommon.Slice) { entry(l, semconv.MetricTTSCharacters, 7) },
		"tokens of a text": func(l pcommon.Slice) { entry(l, semconv.MetricLLMTokens, nil).PutStr(semconv.UsageTokens, "7") },
		"tokens of speech": func(l pcommon.Slice) { entry(l, semconv.MetricTTSCharacters, 7).PutEmptyMap(semconv.UsageTokens) },
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

// Tokens that are one report are priced as their points, which have them apart. What is none of them is told, and costs nothing.
func TestSummaryOfTokens(t *testing.T) {
	for name, test := range map[string]struct {
		tokens   map[string]any
		usd      float64
		complete bool
	}{
		"leaves":       {map[string]any{"prompt.text": 146, "prompt.cache_read": 896, "completion.text": 37}, 0.001855, true},
		"none":         {map[string]any{}, 0, true},
		"zero":         {map[string]any{"prompt.text": 146, "completion.text": 0}, 0.000365, true},
		"unsplit":      {map[string]any{"total": 5, "prompt.text": 146}, 0.000365, false},
		"of no kind":   {map[string]any{"prompt.smell": 5, "prompt.text": 146}, 0.000365, false},
		"negative":     {map[string]any{"prompt.text": -146}, 0, false},
		"not a number": {map[string]any{"prompt.text": "146"}, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			logs, list := summaryLogs()
			report := entry(list, semconv.MetricLLMTokens, nil, "provider", "openai", "model", "gpt-4o")
			require.NoError(t, report.PutEmptyMap(semconv.UsageTokens).FromRaw(test.tokens))
			got := newHarness(t, nil).summarise(logs)
			assert.InDelta(t, test.usd, got[semconv.SummaryCost], 1e-12)
			assert.Equal(t, test.complete, got[semconv.SummaryCostComplete])
		})
	}
}

// What has no price is named: each once, and no more than a few.
func TestSummaryNamesWhatIsUnpriced(t *testing.T) {
	logs, list := summaryLogs()
	long := strings.Repeat("m", 200)
	for range 2 {
		entry(list, semconv.MetricLLMTokens, 7, "model", "gpt-9", "token_type", "prompt")
		entry(list, semconv.MetricTTSCharacters, 48, "provider", "acme")
		entry(list, semconv.MetricTTSCharacters, 48, "provider", "acme", "model", long)
		entry(list, semconv.MetricTTSCharacters, 48, "provider", "cartesia")
	}
	h := newHarness(t, nil)
	assert.Equal(t, []any{
		"gpt-9 prompt.text: no_model", "acme characters: no_provider", "acme/" + long[:128] + "... characters: no_provider",
	}, h.summarise(logs)[semconv.SummaryUnpriced])

	logs, list = summaryLogs()
	for i := range 30 {
		entry(list, semconv.MetricTTSCharacters, 48, "provider", "acme", "model", fmt.Sprint(i))
	}
	assert.Len(t, h.summarise(logs)[semconv.SummaryUnpriced], 20)
}

// What a platform charges is added as it is, and shown beside what we computed.
func TestSummaryWithMoneyOfAPlatform(t *testing.T) {
	for name, test := range map[string]struct {
		used             []func(pcommon.Slice)
		total            float64
		byType, bySource map[string]any
		complete         bool
	}{
		"alone": {
			[]func(pcommon.Slice){charged(0.0812, "cost_type", "llm"), charged(0.06, "cost_type", "platform"), included},
			0.1412,
			map[string]any{"llm": 0.0812, "platform": 0.06},
			map[string]any{"provider": 0.1412},
			true,
		},
		"beside ours": {
			[]func(pcommon.Slice){speech, charged(0.002, "cost_type", "tts")},
			0.0044,
			map[string]any{"tts": 0.0044},
			map[string]any{"computed": 0.0024, "provider": 0.002},
			true,
		},
		"for what is no stage": {
			[]func(pcommon.Slice){charged(1, "cost_type", "tax")},
			1,
			map[string]any{"platform": 1.0},
			map[string]any{"provider": 1.0},
			true,
		},
		"for nothing": {
			[]func(pcommon.Slice){charged(0)},
			0,
			map[string]any{"platform": 0.0},
			map[string]any{"provider": 0.0},
			true,
		},
		"beside what is unpriced": {
			[]func(pcommon.Slice){charged(1), nobodys},
			1,
			map[string]any{"platform": 1.0},
			map[string]any{"provider": 1.0},
			false,
		},
		"below zero":   {[]func(pcommon.Slice){charged(-1.0)}, 0, map[string]any{}, nil, false},
		"not a number": {[]func(pcommon.Slice){charged(math.NaN())}, 0, map[string]any{}, nil, false},
		"a text":       {[]func(pcommon.Slice){charged("1")}, 0, map[string]any{}, nil, false},
		"not of a provider": {
			[]func(pcommon.Slice){func(l pcommon.Slice) { entry(l, semconv.MetricCost, 1.0) }}, 0, map[string]any{}, nil, false,
		},
	} {
		t.Run(name, func(t *testing.T) {
			logs, list := summaryLogs()
			for _, add := range test.used {
				add(list)
			}
			got := newHarness(t, nil).summarise(logs)
			assert.Equal(t, test.total, got[semconv.SummaryCost])
			assert.Equal(t, test.byType, got[semconv.SummaryCostByType])
			bySource, _ := got[semconv.SummaryCostBySource].(map[string]any)
			assert.Equal(t, test.bySource, bySource)
			assert.Equal(t, test.complete, got[semconv.SummaryCostComplete])
		})
	}
}

// A call that told latencies and no usage did cost something.
func TestSummaryWithoutUsageIsIncomplete(t *testing.T) {
	logs, _ := summaryLogs()
	logs.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(0).Attributes().PutBool(semconv.SummaryUsageMissing, true)
	got := newHarness(t, nil).summarise(logs)
	assert.Equal(t, 0.0, got[semconv.SummaryCost])
	assert.Equal(t, false, got[semconv.SummaryCostComplete])
}

// Where a platform reports money of a call that was priced live, how far the two are apart is counted by signal.
func TestDifferenceOfReportedMoney(t *testing.T) {
	h := newHarness(t, nil)
	for _, used := range [][]func(pcommon.Slice){
		{speech, charged(0.0034)}, {speech, charged(0.0024)}, {speech, charged(0.0004)}, // 0.001 more, the same, 0.002 less
		{speech}, {charged(1)}, {nobodys, charged(1)}, {included, charged(1)}, // nothing to compare
	} {
		logs, list := summaryLogs()
		for _, add := range used {
			add(list)
		}
		h.summarise(logs)
	}
	bounds := []float64{0, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10}
	point := func(larger string, sum float64, low, high float64, counts ...uint64) metricdata.HistogramDataPoint[float64] {
		p := metricdata.HistogramDataPoint[float64]{
			Attributes: attribute.NewSet(attribute.String("larger", larger), attribute.String("signal", "logs")),
			Bounds:     bounds, BucketCounts: make([]uint64, len(bounds)+1), Sum: sum,
			Min: metricdata.NewExtrema(low), Max: metricdata.NewExtrema(high),
		}
		for i, n := range counts {
			p.BucketCounts[i], p.Count = n, p.Count+n
		}
		return p
	}
	const more, less = 0.0034 - 0.0024, 0.0024 - 0.0004
	metadatatest.AssertEqualProcessorCostReportedDifference(t, h.own, []metricdata.HistogramDataPoint[float64]{
		point("provider", more, 0, more, 1, 1), point("computed", less, less, less, 0, 0, 1),
	}, metricdatatest.IgnoreTimestamp())
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

// ledger is the same usage as points, as entries of a summary, and as entries of spans.
type ledger struct {
	points batch
	sums   map[string]pmetric.Sum
	logs   plog.Logs
	traces ptrace.Traces
	lists  []pcommon.Slice // of the summary, the call's span, and those of its operations
}

func newLedger(operations int) *ledger {
	logs, summary := summaryLogs()
	traces, root := spanTraces(true)
	l := &ledger{points: newBatch(), sums: map[string]pmetric.Sum{}, logs: logs, traces: traces, lists: []pcommon.Slice{summary, root}}
	for range operations {
		span := traces.ResourceSpans().At(0).ScopeSpans().At(0).Spans().AppendEmpty()
		l.lists = append(l.lists, span.Attributes().PutEmptySlice(semconv.TransitUsage))
	}
	return l
}

// use notes one usage, of an operation or (below 0) of none.
func (l *ledger) use(operation int, name string, value any, attributes ...any) {
	if _, known := l.sums[name]; !known {
		l.sums[name] = l.points.sum(name, delta)
	}
	point(l.sums[name], value, attributes...)
	lists := l.lists[:2]
	if operation >= 0 {
		lists = append(slices.Clone(lists), l.lists[2+operation])
	}
	for _, list := range lists {
		entry(list, name, value, attributes...)
	}
}

// The cost on a summary and on the call's span is the sum of the cost points of the same usage, whatever was used: priced,
// paid for in a platform's price, unknown, or money that a platform charges. So is the cost of the operations with what
// belongs to none of them.
func TestSummaryAndTraceEqualMetric(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	pick := func(choices ...string) string { return choices[random.IntN(len(choices))] }
	const operations = 20
	l := newLedger(operations)
	for range 2000 {
		request, n, seconds := random.IntN(400_000), random.IntN(100_000), random.Float64()*600
		operation := random.IntN(operations)
		l.use(operation, semconv.MetricLLMTokens, n,
			"model", pick("gpt-4o", "gpt-5.4", "gpt-realtime-2.1", "claude-sonnet-4-5", "gpt-9"),
			"token_type", pick("prompt", "completion"), "token_kind", pick("text", "cache_read", "audio", "reasoning"),
			"voice.tx.stage", pick("llm", "realtime"), "voice.tx.request_tokens", request,
			"voice.tx.priced", random.IntN(4) == 0)
		l.use(operation, semconv.MetricTTSCharacters, n%500, "provider", pick("cartesia", "elevenlabs", "acme"))
		heard := []any{"provider", pick("gladia", "deepgram"), "voice.tx.pair", true}
		l.use(operation, semconv.MetricSTTAudio, seconds, heard...)
		l.use(operation, semconv.MetricSTTSession, seconds*2, heard...)
		l.use(operation, semconv.MetricCost, random.Float64(), "cost_source", "provider", "cost_type", pick("llm", "tts"))
	}
	const leg = 0.0085
	l.use(-1, semconv.MetricCost, leg, "cost_source", "provider", "cost_type", "transport")

	h := newHarness(t, nil)
	sum := total(h.consumeMetrics(l.points.Metrics), semconv.MetricCost)
	require.Greater(t, sum, 1000.0)
	summary := h.summarise(l.logs)
	assert.InEpsilon(t, sum, summary[semconv.SummaryCost], 1e-12)
	assert.InEpsilon(t, sum, sumOf(summary[semconv.SummaryCostByType]), 1e-12)
	assert.InEpsilon(t, sum, sumOf(summary[semconv.SummaryCostBySource]), 1e-12)
	assert.Equal(t, false, summary[semconv.SummaryCostComplete])

	spans := h.consumeTraces(l.traces).ResourceSpans().At(0).ScopeSpans().At(0).Spans()
	parts := leg
	for i := 1; i < spans.Len(); i++ {
		cost, _ := spans.At(i).Attributes().Get(semconv.SpanCost)
		parts += cost.Double()
	}
	assert.InEpsilon(t, sum, spans.At(0).Attributes().AsRaw()[semconv.SpanCallCost], 1e-12)
	assert.InEpsilon(t, sum, parts, 1e-12)
}

func sumOf(costs any) float64 {
	sum := 0.0
	for _, cost := range costs.(map[string]any) {
		sum += cost.(float64)
	}
	return sum
}
