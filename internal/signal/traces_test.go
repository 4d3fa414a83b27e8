package signal

import (
	"flag"
	"path/filepath"
	"testing"
	"time"

	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/golden"
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/pdatatest/ptracetest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-voice/otelcol-voice/internal/call"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// update writes the expected files anew; look at the difference before committing it.
var update = flag.Bool("update", false, "write testdata/traces/*.yaml")

var (
	deepgram = frame.Source{Stage: frame.STT, Processor: "DeepgramSTTService", Provider: "deepgram", Model: "nova-3"}
	gpt      = frame.Source{Stage: frame.LLM, Processor: "OpenAILLMService", Provider: "openai", Model: "gpt-4o"}
	cartesia = frame.Source{Stage: frame.TTS, Processor: "CartesiaTTSService", Provider: "cartesia", Model: "sonic-2"}
	twilio   = frame.Source{Stage: frame.Transport, Provider: "twilio"}
)

func after(ms int) time.Time { return at.Add(time.Duration(ms) * time.Millisecond) }

func timed(source frame.Source, quantity call.Quantity, leaf frame.Leaf, amount float64) call.TimedUsage {
	return call.TimedUsage{
		Usage: call.Usage{Source: source, Quantity: quantity, Leaf: leaf, Amount: amount}, Time: after(1500), FrameID: 43,
	}
}

// spokenTurn is a question, its answer, and a function call in between.
func spokenTurn() *call.Turn {
	return &call.Turn{
		Number: 1, Start: at, End: after(4000), Latency: 812.5, Interrupted: true,
		Parts: []call.Step{{Name: "endpointing", Value: 400}, {Name: "llm", Value: 412.5}},
		Operations: []call.Operation{
			{
				Source: deepgram, FrameID: 42, Sequence: 1, Start: at, End: after(1000), TTFB: 180,
				Usage: []call.TimedUsage{timed(deepgram, call.AudioSeconds, 0, 7.84)},
			},
			{
				Source: gpt, FrameID: 43, Sequence: 2, Start: after(1000), End: after(2310), TTFB: 412, Processing: 1310,
				Usage: []call.TimedUsage{
					timed(gpt, call.Tokens, frame.PromptText, 100), timed(gpt, call.Tokens, frame.PromptCacheRead, 800),
					timed(gpt, call.Tokens, frame.PromptCacheWrite, 20), timed(gpt, call.Tokens, frame.PromptCacheWrite1h, 2),
					timed(gpt, call.Tokens, frame.PromptAudio, 60), timed(gpt, call.Tokens, frame.PromptAudioCacheRead, 60),
					timed(gpt, call.Tokens, frame.CompletionText, 20), timed(gpt, call.Tokens, frame.CompletionAudio, 10),
					timed(gpt, call.Tokens, frame.CompletionReasoning, 7),
				},
			},
			{FrameID: 44, Sequence: 3, Start: after(2310), End: after(2400), Tool: "book_table", Outcome: "timed_out"},
			{
				Source: cartesia, FrameID: 43, Sequence: 4, Start: after(2400), End: after(2300), TTFB: 190, Cut: true,
				Usage: []call.TimedUsage{timed(cartesia, call.Characters, 0, 48)},
			},
		},
	}
}

func wholeCall(turn *call.Turn, more ...call.TimedUsage) *call.Summary {
	var usage []call.TimedUsage
	for _, o := range turn.Operations {
		usage = append(usage, o.Usage...)
	}
	return &call.Summary{
		Start: after(-3000), Duration: 74200 * time.Millisecond, Reason: "hangup", Turns: 1, Interruptions: 1,
		Usage: append(usage, more...), Startup: []call.Step{{Name: "pipeline", Value: 812.5}},
	}
}

func traces(settings Settings, facts ...call.Fact) ptrace.Traces {
	b := NewProducer(settings).NewBatch()
	b.Add(facts)
	return b.Traces()
}

func spansIn(td ptrace.Traces) []ptrace.Span {
	var spans []ptrace.Span
	if td.SpanCount() == 0 {
		return nil
	}
	for _, span := range td.ResourceSpans().At(0).ScopeSpans().At(0).Spans().All() {
		spans = append(spans, span)
	}
	return spans
}

// One call of a pipeline with a turn, and one in a trace of the bot that tells of no turns.
func TestGoldenTraces(t *testing.T) {
	bot := frame.Trace{TraceID: [16]byte{0x4b, 0xf9, 15: 0x36}, SpanID: [8]byte{0xf0, 7: 0xb7}}
	inBot := call.TraceContext{Parent: bot, Links: []frame.Trace{{TraceID: [16]byte{15: 1}, SpanID: [8]byte{7: 2}}}}
	turn := spokenTurn()
	for name, facts := range map[string][]call.Fact{
		"pipeline": {
			{Kind: call.Traced, Call: call.Key{Tenant: "acme", ID: "c1"}, Turn: turn},
			{
				Kind: call.Ended, Call: call.Key{Tenant: "acme", ID: "c1"}, Time: after(71200),
				Summary: wholeCall(turn, timed(twilio, call.TransportSeconds, 0, 72), timed(twilio, call.Money, 0, 0.0085)),
			},
		},
		"outside of turns": {
			fact(call.Fact{Kind: call.Traced, Turn: &call.Turn{Trace: inBot, Operations: []call.Operation{
				{
					Source: frame.Source{Stage: frame.Realtime, Provider: "xai", Model: "grok-voice"}, FrameID: 50, Sequence: 1,
					Start: at, End: after(74200), TTFB: 300, Usage: []call.TimedUsage{
						timed(frame.Source{Stage: frame.Realtime, Provider: "xai", Model: "grok-voice"}, call.RealtimeSession, 0, 74.2),
						timed(gpt, call.Tokens, frame.Unsplit, 5),
					},
				},
				{Source: twilio, FrameID: 51, Sequence: 2, End: after(72000)},
			}}}),
			fact(call.Fact{Kind: call.Ended, Summary: &call.Summary{Start: at, Reason: "error", UsageMissing: true, Trace: inBot}}),
		},
	} {
		t.Run(name, func(t *testing.T) {
			actual := traces(Settings{Service: "voice-rag-bot", TenantAttribute: "customer"}, facts...)
			path := filepath.Join("testdata", "traces", filepath.Base(t.Name())+".yaml")
			if *update {
				require.NoError(t, golden.WriteTracesToFile(path, actual))
			}
			want, err := golden.ReadTraces(path)
			require.NoError(t, err)
			require.NoError(t, ptracetest.CompareTraces(want, actual))
		})
	}
}

// Ids are the same in every process, for whoever sends again, and never twice in a trace.
func TestSpansOfACallHangTogether(t *testing.T) {
	turn := spokenTurn()
	traced, ended := fact(call.Fact{Kind: call.Traced, Turn: turn}), fact(call.Fact{Kind: call.Ended, Summary: wholeCall(turn)})
	settings := Settings{Service: "voice-rag-bot"}
	once := spansIn(traces(settings, traced, ended))
	again := append(spansIn(traces(settings, traced)), spansIn(traces(settings, ended))...)
	require.Len(t, once, 6)
	seen := map[pcommon.SpanID]string{}
	for i, span := range once {
		assert.Equal(t, span.SpanID(), again[i].SpanID())
		assert.Equal(t, span.ParentSpanID(), again[i].ParentSpanID())
		assert.Equal(t, once[0].TraceID(), span.TraceID())
		assert.Equal(t, once[0].TraceID(), again[i].TraceID())
		assert.False(t, span.SpanID().IsEmpty())
		assert.NotContains(t, seen, span.SpanID())
		seen[span.SpanID()] = span.Name()
	}
	root := once[5]
	assert.Equal(t, "call", root.Name())
	assert.True(t, root.ParentSpanID().IsEmpty())
	assert.Equal(t, root.SpanID(), once[0].ParentSpanID())
	for _, operation := range once[1:5] {
		assert.Equal(t, once[0].SpanID(), operation.ParentSpanID())
	}
	assert.Equal(t, "36a3509b7706cbb78e39c399e6a71fe6", once[0].TraceID().String(), "a change of it breaks re-sends over an upgrade")
}

func TestTraceOfACall(t *testing.T) {
	bot := frame.Trace{TraceID: [16]byte{15: 7}, SpanID: [8]byte{7: 8}}
	root := func(service, tenant, id string, at call.TraceContext) ptrace.Span {
		ended := call.Fact{Kind: call.Ended, Call: call.Key{Tenant: tenant, ID: id}, Summary: &call.Summary{Trace: at}}
		return spansIn(traces(Settings{Service: service}, ended))[0]
	}
	own := root("bot", "", "c1", call.TraceContext{})
	for name, other := range map[string]ptrace.Span{
		"another service": root("bot2", "", "c1", call.TraceContext{}),
		"another tenant":  root("bot", "acme", "c1", call.TraceContext{}),
		"another call":    root("bot", "", "c2", call.TraceContext{}),
		"moved letters":   root("bo", "t", "c1", call.TraceContext{}),
	} {
		assert.NotEqual(t, own.TraceID(), other.TraceID(), name)
	}

	one := root("bot", "", "c1", call.TraceContext{Parent: bot})
	two := root("bot", "", "c2", call.TraceContext{Parent: bot})
	assert.Equal(t, pcommon.TraceID(bot.TraceID), one.TraceID())
	assert.Equal(t, pcommon.SpanID(bot.SpanID), one.ParentSpanID())
	assert.NotEqual(t, one.SpanID(), two.SpanID(), "two calls of one trace")
}

func TestDigestOfZerosIsAnID(t *testing.T) {
	assert.Equal(t, [16]byte{15: 1}, nonZero16(make([]byte, 16)))
}

// The summary is found from the trace and the trace from the summary.
func TestSummaryStandsInItsTrace(t *testing.T) {
	for name, at := range map[string]call.TraceContext{
		"its own":   {},
		"the bot's": {Parent: frame.Trace{TraceID: [16]byte{15: 7}, SpanID: [8]byte{7: 8}}},
	} {
		t.Run(name, func(t *testing.T) {
			b := NewProducer(Settings{Service: "bot"}).NewBatch()
			b.Add([]call.Fact{fact(call.Fact{Kind: call.Ended, Summary: &call.Summary{Trace: at}})})
			root := spansIn(b.Traces())[0]
			record := b.Logs().ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(0)
			assert.Equal(t, root.TraceID(), record.TraceID())
			assert.Equal(t, root.SpanID(), record.SpanID())
		})
	}
}

func TestStatus(t *testing.T) {
	for reason, want := range map[string]ptrace.StatusCode{
		"error": ptrace.StatusCodeError, "hangup": ptrace.StatusCodeUnset, "": ptrace.StatusCodeUnset,
	} {
		root := spansIn(traces(Settings{}, fact(call.Fact{Kind: call.Ended, Summary: &call.Summary{Reason: reason}})))[0]
		assert.Equal(t, want, root.Status().Code(), reason)
	}
	for outcome, want := range map[string]ptrace.StatusCode{
		"completed": ptrace.StatusCodeUnset, "cancelled": ptrace.StatusCodeUnset,
		"failed": ptrace.StatusCodeError, "timed_out": ptrace.StatusCodeError,
	} {
		turn := &call.Turn{Operations: []call.Operation{{Tool: "book", Outcome: outcome}}}
		tool := spansIn(traces(Settings{}, fact(call.Fact{Kind: call.Traced, Turn: turn})))[0]
		assert.Equal(t, want, tool.Status().Code(), outcome)
	}
}

func TestSpansAreCounted(t *testing.T) {
	turn := spokenTurn()
	b := NewProducer(Settings{}).NewBatch()
	assert.Zero(t, b.Spans())
	assert.Zero(t, b.Traces().ResourceSpans().Len())
	b.Add([]call.Fact{fact(call.Fact{Kind: call.Traced, Turn: turn})})
	assert.Equal(t, 5, b.Spans())
	b.Add([]call.Fact{fact(call.Fact{Kind: call.Traced, Turn: turn}), fact(call.Fact{Kind: call.Ended, Summary: wholeCall(turn)})})
	assert.Equal(t, 11, b.Spans())
	assert.Equal(t, 11, b.Traces().SpanCount())
}
