package costprocessor

import (
	"context"
	"math"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/metric/metricdata/metricdatatest"

	"github.com/otelcol-voice/otelcol-voice/internal/signal/semconv"
	"github.com/otelcol-voice/otelcol-voice/processor/costprocessor/internal/metadatatest"
)

// botTraces is spans of one scope.
type botTraces struct {
	ptrace.Traces
	scope ptrace.ScopeSpans
}

func newBotTraces(scope string) botTraces {
	td := ptrace.NewTraces()
	ss := td.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty()
	ss.Scope().SetName(scope)
	return botTraces{td, ss}
}

// span adds a span of trace 1, whose number is its id.
func (b botTraces) span(t testing.TB, name string, id, parent byte, attributes map[string]any) ptrace.Span {
	t.Helper()
	span := b.scope.Spans().AppendEmpty()
	span.SetName(name)
	span.SetTraceID(pcommon.TraceID{15: 1})
	span.SetSpanID(pcommon.SpanID{7: id})
	if parent != 0 {
		span.SetParentSpanID(pcommon.SpanID{7: parent})
	}
	span.SetStartTimestamp(moment)
	span.SetEndTimestamp(moment)
	require.NoError(t, span.Attributes().FromRaw(attributes))
	return span
}

// Spans as bots make them: a request of 1042 tokens, of which 896 were cached, answered with 37. None of what was said may
// change anything, so it says "secret".
var (
	conventionsChat = map[string]any{
		"gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai", "gen_ai.request.model": "gpt-4o",
		"gen_ai.response.model": "gpt-4o-2024-08-06", "gen_ai.response.id": "chatcmpl-x", "gen_ai.output.type": "text",
		"gen_ai.request.temperature": 0.7, "gen_ai.request.max_tokens": 256, "gen_ai.response.finish_reasons": []any{"stop"},
		"server.address": "api.openai.com", "server.port": 443, "openai.response.service_tier": "default",
		"gen_ai.usage.input_tokens": 1042, "gen_ai.usage.output_tokens": 37, "gen_ai.usage.cache_read.input_tokens": 896,
	}
	pipecatLLM = map[string]any{
		"gen_ai.provider.name": "openai", "gen_ai.request.model": "gpt-4o", "gen_ai.operation.name": "chat", "gen_ai.output.type": "text",
		"stream": true, "input": "secret", "output": "secret", "tools": "secret", "tool_count": 2, "tool_choice": "auto",
		"gen_ai.system_instructions": "secret", "gen_ai.request.temperature": 0.7, "settings.model": "gpt-4o", "metrics.ttfb": 0.412,
		"gen_ai.usage.input_tokens": 1042, "gen_ai.usage.output_tokens": 37, "gen_ai.usage.cache_read.input_tokens": 896,
	}
	liveKitRequest = map[string]any{
		"gen_ai.operation.name": "chat", "gen_ai.provider.name": "api.openai.com", "gen_ai.request.model": "gpt-4o",
		"gen_ai.usage.input_tokens": 1042, "gen_ai.usage.cache_read.input_tokens": 896, "gen_ai.usage.output_tokens": 37,
		"lk.llm_metrics": `{"type":"llm_metrics","label":"livekit.plugins.openai.llm.LLM","request_id":"chatcmpl-x",` +
			`"timestamp":1764000003.1,"duration":1.42,"ttft":0.52,"cancelled":false,"completion_tokens":37,"prompt_tokens":1042,` +
			`"prompt_cached_tokens":896,"cache_creation_tokens":0,"total_tokens":1079,"tokens_per_second":26.05,"speech_id":"speech_a1",` +
			`"metadata":{"model_name":"gpt-4o","model_provider":"api.openai.com"}}`,
		"langfuse.observation.completion_start_time": `"2025-11-24T16:00:02.2+00:00"`,
	}
	httpRequest = map[string]any{
		"http.request.method": "POST", "url.full": "https://api.openai.com/v1/chat/completions", "server.address": "api.openai.com",
		"server.port": 443, "http.response.status_code": 200, "network.protocol.version": "1.1", "user_agent.original": "OpenAI/Python",
		"http.request.body.size": 4711, "http.response.body.size": 1234, "network.peer.address": "192.0.2.1", "network.peer.port": 443,
		"thread.id": 1, "thread.name": "main", "code.function.name": "send", "code.line.number": 17,
	}
)

// enriched is attributes and more of them.
func enriched(base map[string]any, more ...any) map[string]any {
	all := map[string]any{}
	for key, value := range base {
		all[key] = value
	}
	for i := 0; i < len(more); i += 2 {
		all[more[i].(string)] = more[i+1]
	}
	return all
}

// costOf is what a span says it cost; known is whether it says so.
func costOf(attributes pcommon.Map) (usd float64, known bool) {
	cost, known := attributes.Get(semconv.SpanCost)
	if !known {
		return 0, false
	}
	return cost.Double(), true
}

// One operation each, as frameworks tell of it. The dollars are computed by hand from the vendors' prices for a million.
func TestBotSpans(t *testing.T) {
	anthropic := func(more ...any) map[string]any {
		return enriched(map[string]any{
			"gen_ai.operation.name": "chat", "gen_ai.provider.name": "anthropic", "gen_ai.request.model": "claude-haiku-4-5",
			"gen_ai.usage.output_tokens": 100, "gen_ai.usage.cache_read.input_tokens": 1800, "gen_ai.usage.cache_creation.input_tokens": 200,
		}, more...)
	}
	realtime := map[string]any{
		"gen_ai.operation.name": "llm_response", "gen_ai.provider.name": "openai", "gen_ai.request.model": "gpt-realtime-2.1",
		"gen_ai.usage.input_tokens": 1000, "gen_ai.usage.output_tokens": 500, "gen_ai.usage.cache_read.input_tokens": 400,
		"gen_ai.usage.audio.input_tokens": 250, "gen_ai.usage.image.input_tokens": 150, "gen_ai.usage.audio.output_tokens": 300,
		"gen_ai.usage.audio.cache_read.input_tokens": 100, "gen_ai.usage.image.cache_read.input_tokens": 50,
	}
	for name, test := range map[string]struct {
		scope, span string
		attributes  map[string]any
		want        float64
	}{
		// 146 x 2.5 + 896 x 1.25 + 37 x 10
		"conventions": {"opentelemetry.instrumentation.openai_v2", "chat gpt-4o", conventionsChat, 0.001855},
		"conventions of 2024": {"opentelemetry.instrumentation.openai", "openai.chat", map[string]any{
			"gen_ai.system": "OpenAI", "gen_ai.request.model": "gpt-4o", "gen_ai.usage.prompt_tokens": 1042,
			"gen_ai.usage.completion_tokens": 37, "llm.usage.total_tokens": 1079, "gen_ai.usage.cache_read_input_tokens": 896,
		}, 0.001855},
		"Pipecat": {"pipecat", "llm", pipecatLLM, 0.001855},
		"LiveKit": {"livekit-agents", "llm_request", liveKitRequest, 0.001855},
		"OpenInference": {"openinference.instrumentation.openai", "ChatCompletion", map[string]any{
			"openinference.span.kind": "LLM", "llm.model_name": "gpt-4o", "llm.provider": "openai", "llm.token_count.prompt": 1042,
			"llm.token_count.completion": 37, "llm.token_count.total": 1079, "llm.token_count.prompt_details.cache_read": 896,
		}, 0.001855},
		// 50 x 1 + 1800 x 0.1 + 200 x 1.25 + 100 x 5
		"Anthropic by Pipecat, net":           {"pipecat", "llm", anthropic("gen_ai.usage.input_tokens", 50), 0.00098},
		"Anthropic by the conventions, gross": {"x", "chat", anthropic("gen_ai.usage.input_tokens", 2050), 0.00098},
		// 120 x 0.3 + (300 + 200) x 2.5
		"Gemini by Pipecat, thoughts beside": {"pipecat", "llm", map[string]any{
			"gen_ai.operation.name": "chat", "gen_ai.provider.name": "gcp.gemini", "gen_ai.request.model": "gemini-2.5-flash",
			"gen_ai.usage.input_tokens": 120, "gen_ai.usage.output_tokens": 300, "gen_ai.usage.reasoning.output_tokens": 200,
		}, 0.001286},
		// cost.md V2: 350 x 4 + 150 x 32 + 100 x 5 + 250 x 0.4 + 100 x 0.4 + 50 x 0.5 + 200 x 24 + 300 x 64
		"realtime model, by Pipecat": {"pipecat", "llm_response", realtime, 0.030865},
		// 600 x 0.75 + 200 x 3 + 100 x 1 + 100 x 1 + 200 x 4.5 + 300 x 12
		"Gemini Live, with video": {"x", "generate_content", map[string]any{
			"gen_ai.operation.name": "generate_content", "gen_ai.provider.name": "gcp.gemini",
			"gen_ai.request.model": "gemini-3.1-flash-live-preview", "gen_ai.usage.input_tokens": 1000, "gen_ai.usage.output_tokens": 500,
			"gen_ai.usage.audio.input_tokens": 200, "gen_ai.usage.image.input_tokens": 100, "gen_ai.usage.video.input_tokens": 100,
			"gen_ai.usage.audio.output_tokens": 300,
		}, 0.00575},
		// 55 x 4 + 64 x 0.4 + 13 x 32 + 30 x 16 + 91 x 64
		"realtime model, by LiveKit": {"livekit-agents", "agent_turn", map[string]any{
			"gen_ai.operation.name": "chat", "gen_ai.provider.name": "api.openai.com", "gen_ai.request.model": "gpt-realtime",
			"gen_ai.usage.input_tokens": 132, "gen_ai.usage.output_tokens": 121, "gen_ai.usage.input_cached_tokens": 64,
			"lk.realtime_model_metrics": `{"type":"realtime_model_metrics","request_id":"r","timestamp":1764000003.1,"input_tokens":132,` +
				`"output_tokens":121,"input_token_details":{"audio_tokens":13,"text_tokens":119,"cached_tokens":64,` +
				`"cached_tokens_details":{"audio_tokens":0,"text_tokens":64}},"output_token_details":{"text_tokens":30,"audio_tokens":91},` +
				`"metadata":{"model_name":"gpt-realtime","model_provider":"api.openai.com"}}`,
		}, 0.0069656},
		// 7.5 s of 4.80 an hour; the tokens are the same use
		"realtime model that bills its session": {"livekit-agents", "agent_turn", map[string]any{
			"lk.realtime_model_metrics": `{"type":"realtime_model_metrics","request_id":"r","timestamp":1764000003.1,"session_duration":7.5,` +
				`"input_tokens":132,"output_tokens":121,"input_token_details":{"audio_tokens":132},"output_token_details":{"audio_tokens":121},` +
				`"metadata":{"model_name":"grok-voice-latest","model_provider":"xai"}}`,
		}, 0.01},
		// 48 x 50
		"speech by Pipecat": {"pipecat", "tts", map[string]any{
			"gen_ai.operation.name": "tts", "gen_ai.provider.name": "cartesia", "gen_ai.request.model": "sonic-3.5", "text": "secret",
			"metrics.character_count": 48,
		}, 0.0024},
		"speech by LiveKit": {"livekit-agents", "tts_request", map[string]any{
			"lk.tts_metrics": `{"type":"tts_metrics","characters_count":48,"input_tokens":0,"output_tokens":0,` +
				`"metadata":{"model_name":"sonic-3.5","model_provider":"Cartesia"}}`,
		}, 0.0024},
		"speech by OpenInference for Pipecat": {"openinference.instrumentation.pipecat", "pipecat.tts", map[string]any{
			"openinference.span.kind": "LLM", "llm.model_name": "sonic-3.5", "llm.provider": "cartesia", "tts.character_count": 48,
		}, 0.0024},
		// 12 x 0.6 + 58 x 12; the characters are the same use
		"speech by characters and tokens": {"livekit-agents", "tts_request", map[string]any{
			"lk.tts_metrics": `{"type":"tts_metrics","characters_count":48,"input_tokens":12,"output_tokens":58,` +
				`"metadata":{"model_name":"gpt-4o-mini-tts","model_provider":"api.openai.com"}}`,
		}, 0.0007032},
		// 7.84 s of 0.0048 a minute
		"hearing by Pipecat": {"pipecat", "stt", map[string]any{
			"gen_ai.operation.name": "stt", "gen_ai.provider.name": "deepgram", "gen_ai.request.model": "nova-3", "transcript": "secret",
			"metrics.audio_seconds": 7.84,
		}, 0.0006272},
		// cost.md V8: the whole request is in the higher tier
		"a long request": {"x", "chat", map[string]any{
			"gen_ai.operation.name": "chat", "gen_ai.provider.name": "anthropic", "gen_ai.request.model": "claude-sonnet-4-5-20250929",
			"gen_ai.usage.input_tokens": 200001, "gen_ai.usage.output_tokens": 0,
		}, 1.200006},
		"no provider, but a model that is one's": {"x", "chat", map[string]any{
			"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4o", "gen_ai.usage.input_tokens": 1000, "gen_ai.usage.output_tokens": 100,
		}, 0.0035},
		"the model that answered is not the one asked for": {"x", "chat", enriched(conventionsChat, "gen_ai.request.model", "gpt-4.1"), 0.001855},
		"the book lacks the model that answered":           {"x", "chat", enriched(conventionsChat, "gen_ai.response.model", "deployment-7"), 0.001855},
	} {
		t.Run(name, func(t *testing.T) {
			td := newBotTraces(test.scope)
			td.span(t, test.span, 2, 1, test.attributes)
			h := newHarness(t, nil)
			want := enriched(test.attributes, "gen_ai.usage.cost.amount", test.want, "gen_ai.usage.cost.currency", "USD",
				"gen_ai.usage.cost.source", "local", "voice.cost.usd", test.want)
			out := h.consumeTraces(td.Traces)
			assert.Equal(t, raw(t, want), firstSpan(out).AsRaw())
			assert.Zero(t, h.messages.Len())
			assert.Equal(t, raw(t, want), firstSpan(h.consumeTraces(out)).AsRaw(), "a second cost processor changes nothing")
		})
	}
}

// raw is attributes as a span has them.
func raw(t *testing.T, attributes map[string]any) map[string]any {
	t.Helper()
	m := pcommon.NewMap()
	require.NoError(t, m.FromRaw(attributes))
	return m.AsRaw()
}

// A span is a whole request, so that the vendor's minimum applies: 10 s of 0.111 an hour for 3 (cost.md V10).
func TestBotSpansAreSingle(t *testing.T) {
	td := newBotTraces("pipecat")
	td.span(t, "stt", 2, 1, map[string]any{
		"gen_ai.operation.name": "stt", "gen_ai.provider.name": "groq", "gen_ai.request.model": "whisper-large-v3", "metrics.audio_seconds": 3.0,
	})
	got, _ := costOf(firstSpan(newHarness(t, nil).consumeTraces(td.Traces)))
	assert.InEpsilon(t, 10*0.111/3600, got, 1e-14)
}

// A span is priced as of its end; one without an end, of its start; one without either, of its arrival.
func TestBotSpansAreOfTheirEnd(t *testing.T) {
	before := time.Date(2026, 7, 29, 23, 59, 59, 0, time.UTC)
	after := before.Add(time.Second) // gpt-5.6-luna is five times cheaper from here on
	luna := map[string]any{
		"gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai", "gen_ai.request.model": "gpt-5.6-luna",
		"gen_ai.usage.input_tokens": 1000, "gen_ai.usage.output_tokens": 1000,
	}
	for name, test := range map[string]struct {
		start, end time.Time
		want       float64
	}{
		"before":     {before.Add(-time.Minute), before, 0.007},
		"across":     {before, after, 0.0014},
		"no end":     {before, time.Unix(0, 0), 0.007},
		"no time":    {time.Unix(0, 0), time.Unix(0, 0), 0.0014},
		"no start":   {time.Unix(0, 0), before, 0.007},
		"clock gone": {after, before, 0.007},
	} {
		td := newBotTraces("x")
		span := td.span(t, "chat", 2, 1, luna)
		span.SetStartTimestamp(pcommon.NewTimestampFromTime(test.start))
		span.SetEndTimestamp(pcommon.NewTimestampFromTime(test.end))
		got, _ := costOf(firstSpan(newHarness(t, nil).consumeTraces(td.Traces)))
		assert.Equal(t, test.want, got, name)
	}
}

// What is not priced says nothing of an amount, and whether something was left out.
func TestBotSpansWithoutAPrice(t *testing.T) {
	incomplete := []any{"cost_complete", false}
	for name, test := range map[string]struct {
		attributes map[string]any
		more       []any // attributes that are added
		reason     string
	}{
		"unknown model":        {enriched(pipecatLLM, "gen_ai.request.model", "gpt-9"), incomplete, "no_model"},
		"neither model":        {enriched(conventionsChat, "gen_ai.request.model", "x", "gen_ai.response.model", "y"), incomplete, "no_model"},
		"unknown provider":     {enriched(pipecatLLM, "gen_ai.provider.name", "acme"), incomplete, "no_provider"},
		"unknown service tier": {enriched(pipecatLLM, "openai.response.service_tier", "lightning"), incomplete, "no_kind"},
		"tokens in all": {map[string]any{
			"gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai", "gen_ai.request.model": "gpt-4o", "gen_ai.usage.total_tokens": 500,
		}, incomplete, "no_kind"},
		"text and sound in one": {map[string]any{
			"gen_ai.operation.name": "llm_response", "gen_ai.system": "openai", "gen_ai.request.model": "gpt-realtime", "tokens.prompt": 1000,
			"tokens.completion": 500, "tokens.total": 1500,
		}, incomplete, "no_kind"},
		"a part only": {
			enriched(pipecatLLM, "gen_ai.usage.total_tokens", 1100),
			append([]any{
				"gen_ai.usage.cost.amount", 0.001855, "gen_ai.usage.cost.currency", "USD", "gen_ai.usage.cost.source", "local",
				"voice.cost.usd", 0.001855,
			}, incomplete...), "no_kind",
		},
	} {
		t.Run(name, func(t *testing.T) {
			td := newBotTraces("pipecat")
			td.span(t, "llm", 2, 1, test.attributes)
			h := newHarness(t, nil)
			out := h.consumeTraces(td.Traces)
			want := raw(t, enriched(test.attributes, test.more...))
			assert.Equal(t, want, firstSpan(out).AsRaw())
			assert.Positive(t, h.counted("unpriced_points", test.reason))
			assert.Positive(t, h.messages.Len(), "logged as elsewhere")
			assert.Equal(t, want, firstSpan(h.consumeTraces(out)).AsRaw(), "a second cost processor changes nothing")
			assert.EqualValues(t, 1, h.counted("ignored_points", "already_priced"))
		})
	}
}

// counted is one of the processor's own counters, for one reason if one is given.
func (h *harness) counted(name, reason string) int64 {
	h.t.Helper()
	counter, err := h.own.GetMetric("otelcol_processor_cost_" + name)
	if err != nil {
		return 0
	}
	sum := int64(0)
	for _, p := range counter.Data.(metricdata.Sum[int64]).DataPoints {
		if value, _ := p.Attributes.Value("reason"); reason == "" || value.AsString() == reason {
			sum += p.Value
		}
	}
	return sum
}

// Spans that are not priced pass as they are.
func TestBotSpansPassOn(t *testing.T) {
	for name, test := range map[string]struct {
		span       string
		attributes map[string]any
		reason     string // why ignored
	}{
		"a provider's own amount":   {"llm", enriched(pipecatLLM, "gen_ai.usage.cost.amount", 0.5, "gen_ai.usage.cost.source", "provider"), "already_priced"},
		"somebody's amount":         {"llm", enriched(pipecatLLM, "gen_ai.usage.cost", 0.0), "already_priced"},
		"OpenInference's amount":    {"llm", enriched(pipecatLLM, "llm.cost.total", 0.5), "already_priced"},
		"an amount of ours":         {"llm", enriched(pipecatLLM, "voice.cost.usd", 0.5), "already_priced"},
		"an amount that is unknown": {"llm", enriched(pipecatLLM, "cost_complete", false), "already_priced"},
		"an agent":                  {"invoke_agent", enriched(pipecatLLM, "gen_ai.operation.name", "invoke_agent"), "container"},
		"a node of LiveKit's":       {"llm_node", enriched(pipecatLLM, "lk.response.ttft", 0.4), "container"},
		"nothing":                   {"llm", enriched(pipecatLLM, "gen_ai.usage.input_tokens", 0, "gen_ai.usage.output_tokens", 0, "gen_ai.usage.cache_read.input_tokens", 0), "zero"},
		"no usage":                  {"POST", httpRequest, ""},
	} {
		t.Run(name, func(t *testing.T) {
			td := newBotTraces("pipecat")
			td.span(t, test.span, 2, 1, test.attributes)
			h := newHarness(t, nil)
			assert.Equal(t, raw(t, test.attributes), firstSpan(h.consumeTraces(td.Traces)).AsRaw())
			if test.reason != "" {
				assert.EqualValues(t, 1, h.counted("ignored_points", test.reason))
			}
			assert.Zero(t, h.counted("priced_points", "")+h.counted("unpriced_points", ""))
			assert.Zero(t, h.messages.Len())
		})
	}
}

// What cannot be is counted and marked, never priced and never negative.
func TestBotSpansThatCannotBe(t *testing.T) {
	for name, more := range map[string][]any{
		"more cached than there is": {"gen_ai.usage.cache_read.input_tokens", 1043},
		"negative":                  {"gen_ai.usage.input_tokens", -1042},
		"negative cache":            {"gen_ai.usage.cache_read.input_tokens", -896},
		"not a number":              {"gen_ai.usage.input_tokens", math.NaN()},
		"without end":               {"gen_ai.usage.output_tokens", math.Inf(1)},
		"huge":                      {"gen_ai.usage.output_tokens", int64(math.MaxInt64)},
		"a text":                    {"gen_ai.usage.output_tokens", "37 or so"},
	} {
		t.Run(name, func(t *testing.T) {
			td := newBotTraces("pipecat")
			td.span(t, "llm", 2, 1, enriched(pipecatLLM, more...))
			h := newHarness(t, nil)
			attributes := firstSpan(h.consumeTraces(td.Traces))
			_, known := costOf(attributes)
			assert.False(t, known)
			complete, said := attributes.Get(semconv.SummaryCostComplete)
			assert.True(t, said && !complete.Bool())
			assert.EqualValues(t, 1, h.counted("ignored_points", "malformed"))
		})
	}
}

// Each usage has one outcome: what a span used counts by its parts, what is not looked into counts once.
func TestBotSpansAreCounted(t *testing.T) {
	td := newBotTraces("pipecat")
	td.span(t, "turn", 1, 0, map[string]any{"turn.number": 1})
	td.span(t, "llm", 2, 1, pipecatLLM)                                                             // 3 parts
	td.span(t, "llm", 3, 1, enriched(pipecatLLM, "gen_ai.request.model", "gpt-9"))                  // 3 parts
	td.span(t, "llm", 4, 1, enriched(pipecatLLM, "gen_ai.usage.cost", 0.1))                         // 1
	td.span(t, "invoke_agent", 5, 1, enriched(pipecatLLM, "gen_ai.operation.name", "invoke_agent")) // 1
	td.span(t, "llm", 6, 1, enriched(pipecatLLM, "gen_ai.usage.input_tokens", -1))                  // 1
	td.span(t, "llm", 7, 1, pipecatLLM)                                                             // 1, for it contains 8
	td.span(t, "llm", 8, 7, pipecatLLM)                                                             // 3 parts
	td.span(t, "tts_request", 9, 1, map[string]any{"lk.tts_metrics": `{"type":"tts_metrics",` +     // 1 covered, 2 priced
		`"characters_count":48,"input_tokens":12,"output_tokens":58,"metadata":{"model_name":"gpt-4o-mini-tts","model_provider":"openai"}}`})
	h := newHarness(t, nil)
	h.consumeTraces(td.Traces)
	ignore := metricdatatest.IgnoreTimestamp()
	metadatatest.AssertEqualProcessorCostPricedPoints(t, h.own, dataPoints(map[string]int64{"": 8}, "", "traces"), ignore)
	metadatatest.AssertEqualProcessorCostUnpricedPoints(t, h.own, dataPoints(map[string]int64{"no_model": 3}, "reason", "traces"), ignore)
	metadatatest.AssertEqualProcessorCostCoveredPoints(t, h.own, dataPoints(map[string]int64{"": 1}, "", "traces"), ignore)
	metadatatest.AssertEqualProcessorCostIgnoredPoints(t, h.own, dataPoints(map[string]int64{
		"already_priced": 1, "container": 1, "malformed": 1, "contains_priced": 1,
	}, "reason", "traces"), ignore)
	assert.Equal(t, 1, h.messages.Len(), "one line a model")
}

// Where usage without a price is not to pass, neither is a bot's; but what is not usage is no reason.
func TestBotSpansAreRefused(t *testing.T) {
	h := newHarness(t, func(c *Config) { c.OnUnknown = onUnknownFail })
	assert.True(t, consumererror.IsPermanent(h.traces.ConsumeTraces(context.Background(), told(t, "2 in 1: unknown"))))
	assert.NoError(t, h.traces.ConsumeTraces(context.Background(), told(t, "4 in 3: llm, 3: unknown")))
}

// Spans of ours and spans of a bot's may come together; each is priced in its own way, and ours that say nothing of a cost
// are not taken for a bot's.
func TestOursAndBots(t *testing.T) {
	td, list := spanTraces(false)
	speech(list)
	bots := td.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty()
	bots.Scope().SetName("pipecat")
	require.NoError(t, bots.Spans().AppendEmpty().Attributes().FromRaw(pipecatLLM))
	ours := td.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty()
	ours.Scope().SetName(semconv.ScopeName)
	require.NoError(t, ours.Spans().AppendEmpty().Attributes().FromRaw(enriched(conventionsChat, "voice.tx.id", "1")))
	out := newHarness(t, nil).consumeTraces(td)
	usd, _ := costOf(firstSpan(out))
	assert.Equal(t, 0.0024, usd)
	usd, _ = costOf(out.ResourceSpans().At(1).ScopeSpans().At(0).Spans().At(0).Attributes())
	assert.Equal(t, 0.001855, usd)
	assert.Equal(t, raw(t, conventionsChat), out.ResourceSpans().At(2).ScopeSpans().At(0).Spans().At(0).Attributes().AsRaw())
}

// Nothing of what was said gets into a log.
func TestNoContentInLogs(t *testing.T) {
	td := newBotTraces("pipecat")
	td.span(t, "llm", 2, 1, enriched(pipecatLLM, "gen_ai.request.model", "gpt-9"))
	h := newHarness(t, nil)
	h.consumeTraces(td.Traces)
	for _, line := range h.messages.All() {
		for key, value := range line.ContextMap() {
			assert.False(t, strings.Contains(key, "secret") || value == "secret")
		}
	}
}

// Requests come at once; each span is priced, and each container is known, whoever learns of it.
func TestTracesAtOnce(t *testing.T) {
	h := newHarness(t, nil)
	var group sync.WaitGroup
	const requests, turns = 8, 50
	for n := range requests {
		group.Go(func() {
			for turn := range turns {
				td := newBotTraces("pipecat")
				trace := pcommon.TraceID{0: byte(n + 1), 1: byte(turn)}
				td.span(t, "llm", 2, 1, pipecatLLM).SetTraceID(trace)
				assert.NoError(t, h.traces.ConsumeTraces(context.Background(), td.Traces))
				td = newBotTraces("pipecat")
				td.span(t, "agent", 1, 0, pipecatLLM).SetTraceID(trace)
				assert.NoError(t, h.traces.ConsumeTraces(context.Background(), td.Traces))
			}
		})
	}
	group.Wait()
	assert.EqualValues(t, 3*requests*turns, h.counted("priced_points", ""))
	assert.EqualValues(t, requests*turns, h.counted("ignored_points", "contains_priced"))
}
