package e2e

import (
	"net/http"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog/plogotlp"
	"go.opentelemetry.io/collector/pdata/pmetric/pmetricotlp"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"

	"github.com/otelcol-voice/otelcol-voice/test/e2e/backend"
	"github.com/otelcol-voice/otelcol-voice/test/e2e/collector"
)

const otlpHTTP = 4318

// botCall is a call of a turn as Pipecat's tracing tells it, with what was said wherever frameworks have it.
func botCall(t *testing.T) []byte {
	td := ptrace.NewTraces()
	resource := td.ResourceSpans().AppendEmpty()
	put(resource.Resource().Attributes(), []string{"service.name", "spanning-bot", "deployment.environment.name", "staging"})
	spans := resource.ScopeSpans().AppendEmpty()
	spans.Scope().SetName("pipecat")
	began := time.Now().Add(-time.Minute)
	for i, one := range []struct {
		name         string
		parent       byte
		began, ended time.Duration
		attributes   map[string]any
		said         []string
	}{
		{"stt", 4, 0, time.Second, map[string]any{
			"gen_ai.operation.name": "stt", "gen_ai.provider.name": "deepgram", "gen_ai.request.model": "nova-3", "metrics.ttfb": 0.2,
			"metrics.audio_seconds": 2.5,
		}, []string{"transcript"}},
		{"llm", 4, time.Second, 2 * time.Second, map[string]any{
			"gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai", "gen_ai.request.model": "gpt-4o", "metrics.ttfb": 0.412,
			"gen_ai.usage.input_tokens": 1042, "gen_ai.usage.output_tokens": 37, "gen_ai.usage.cache_read.input_tokens": 896,
		}, []string{
			"input", "output", "tools", "gen_ai.system_instructions", "gen_ai.input.messages", "gen_ai.output.messages", "gen_ai.prompt.0.content",
			"gen_ai.completion.0.content", "llm.input_messages.0.message.content", "llm.output_messages.0.message.content", "input.value",
			"output.value", "lk.pii.chat_ctx", "lk.response.text", "lk.user_input", "traceloop.entity.input", "langfuse.observation.output",
			"gen_ai.tool.call.arguments", "gen_ai.tool.call.result", "tool.arguments", "tool.result", "settings.system_instruction",
			"session.instructions", "messages", "text_output", "tools.definitions", "audio.transcript", "message.content",
			"tool_call.function.arguments", "frame.error.message", "frame.metadata", "llm.completions.0.content", "ai.prompt.messages",
			"ai.response.text", "ai.toolCall.args", "pydantic_ai.all_messages", "tool_response", "lk.amd.reason", "lk.turn.pii.text",
			"exception.message", "exception.stacktrace",
		}},
		{"tts", 4, 2 * time.Second, 5 * time.Second, map[string]any{
			"gen_ai.operation.name": "tts", "gen_ai.provider.name": "cartesia", "gen_ai.request.model": "sonic-3", "metrics.ttfb": 0.19,
			"metrics.character_count": 48,
		}, []string{"text", "lk.pii.input_text"}},
		{"turn", 5, 0, 6 * time.Second, map[string]any{
			"turn.number": 1, "conversation.id": "spans-1", "turn.user_bot_latency_seconds": 0.904, "turn.was_interrupted": false,
		}, nil},
		{"conversation", 0, 0, 7 * time.Second, map[string]any{"conversation.id": "spans-1", "conversation.type": "voice"}, nil},
	} {
		span := spans.Spans().AppendEmpty()
		require.NoError(t, span.Attributes().FromRaw(one.attributes))
		for _, key := range one.said {
			span.Attributes().PutStr(key, "secret")
		}
		if one.name != "stt" {
			utter(span)
		}
		span.Status().SetMessage("secret")
		span.SetName(one.name)
		span.SetTraceID(pcommon.TraceID{1, 2, 3})
		span.SetSpanID(pcommon.SpanID{byte(i + 1)})
		if one.parent != 0 {
			span.SetParentSpanID(pcommon.SpanID{one.parent})
		}
		span.SetStartTimestamp(pcommon.NewTimestampFromTime(began.Add(one.began)))
		span.SetEndTimestamp(pcommon.NewTimestampFromTime(began.Add(one.ended)))
	}
	body, err := ptraceotlp.NewExportRequestFromTraces(td).MarshalJSON()
	require.NoError(t, err)
	return body
}

// utter adds events of what was said, and of what an error quotes.
func utter(span ptrace.Span) {
	said := span.Events().AppendEmpty()
	said.SetName("gen_ai.user.message")
	failure := span.Events().AppendEmpty()
	failure.SetName("exception")
	failure.Attributes().PutStr("exception.type", "ValueError")
	for key, event := range map[string]ptrace.SpanEvent{
		"content": said, "gen_ai.event.content": said, "gen_ai.prompt.0.content": said,
		"exception.message": failure, "exception.stacktrace": failure,
	} {
		event.Attributes().PutStr(key, "secret")
	}
}

// A bot that sends spans needs no code: its metrics, its summary and what each of its spans cost are there, once, and nothing of what
// was said. Spans that we make of another bot's frames make no call of their own.
func TestSpansOfBots(t *testing.T) {
	b := backend.Start(t)
	c := collector.Start(t, collector.Settings{Config: cloudConfig, Env: b.Env(), Overlay: quick})
	post(t, c, []byte(fiveLines), "", 5)
	call := botCall(t)
	for range 2 { // as exporters do that heard no answer
		status, _ := c.Post(otlpHTTP, "/v1/traces", call, "")
		require.Equal(t, http.StatusOK, status)
	}
	require.True(t, b.Await(func() bool { return len(summaries(b)) == 2 }), "a summary of each call")
	at := time.Now()
	for expression, want := range map[string]float64{
		`sum(voice_calls_total)`:                                         2,
		`sum(voice_llm_tokens_total{call_id="spans-1"})`:                 1079,
		`sum(voice_tts_characters_total{call_id="spans-1"})`:             48,
		`sum(voice_stt_audio_seconds_total{call_id="spans-1"})`:          2.5,
		`sum(voice_turn_latency_milliseconds_sum{job="spanning-bot"})`:   904,
		`sum(voice_ttfb_milliseconds_sum{job="spanning-bot"})`:           802,
		`sum(voice_cost_usd_total{job="spanning-bot", cost_type="llm"})`: 0.001855,
		`sum(voice_cost_usd_total{job="spanning-bot", cost_type="tts"})`: 0.0024,
	} {
		got := 0.0
		b.Await(func() bool {
			got, _ = b.Value(expression, time.Now())
			return near(want, got)
		})
		assert.InEpsilon(t, want, got, precision, expression)
	}
	c.Stop()

	require.Len(t, summaries(b)["spans-1"], 1)
	summary := summaries(b)["spans-1"][0]
	assert.Equal(t, int64(1), summary["turns"])
	assert.InDelta(t, 7, summary["duration_seconds"], 1e-6)
	total, _ := b.Value(`sum(voice_cost_usd_total{job="spanning-bot"})`, at.Add(time.Minute))
	assert.InDelta(t, summary["cost_usd"], total, 1e-12)
	assert.True(t, near(0.001855, number(spans(b)["llm"], "gen_ai.usage.cost.amount")))
	assert.NotContains(t, c.Logs(), "secret")
	for _, traces := range b.Traces() {
		silent(t, ptraceotlp.NewExportRequestFromTraces(traces))
	}
	for _, metrics := range b.Metrics() {
		silent(t, pmetricotlp.NewExportRequestFromMetrics(metrics))
	}
	for _, logs := range b.Logs() {
		silent(t, plogotlp.NewExportRequestFromLogs(logs))
	}
}

// quoted is what was said, with what holds it.
var quoted = regexp.MustCompile(`("key":"[^"]*","value":{)?"[A-Za-z]*":"secret`)

// silent asserts that nothing of what was said is in what was sent on.
func silent(t *testing.T, request interface{ MarshalJSON() ([]byte, error) }) {
	t.Helper()
	text, err := request.MarshalJSON()
	require.NoError(t, err)
	for _, attribute := range quoted.FindAllString(string(text), -1) {
		assert.Fail(t, "what was said has been sent on", attribute)
	}
}
