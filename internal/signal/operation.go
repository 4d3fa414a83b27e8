package signal

import (
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-voice/otelcol-voice/internal/call"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
	"github.com/otelcol-voice/otelcol-voice/internal/signal/semconv"
)

// operations are what the conventions call the work of a stage. Stages that are not among them are no generative AI.
var operations = map[frame.Stage]string{
	frame.STT:      semconv.OperationSpeechToText,
	frame.LLM:      semconv.OperationChat,
	frame.TTS:      semconv.OperationTextToSpeech,
	frame.Realtime: semconv.OperationContent,
}

// operation is one piece of work: a request of the bot's to somebody else, or a function that it called.
func (b *Batch) operation(span ptrace.Span, key call.Key, o *call.Operation) {
	during(span, o.Start, o.End)
	attrs := span.Attributes()
	b.from.putCall(attrs, key)
	if o.Source.Stage == "" {
		b.from.tool(span, o)
	} else {
		b.from.request(span, o)
	}
	put(attrs, semconv.AttrProcessor, b.from.text(processors, o.Source.Processor))
	putDouble(attrs, semconv.SpanTTFB, o.TTFB)
	putDouble(attrs, semconv.SpanProcessing, o.Processing)
	putIf(attrs, semconv.SpanInterrupted, o.Cut)
	if len(o.Usage) > 0 {
		putUsed(attrs, totalsOf(o.Usage))
		b.putReports(attrs, o.Usage)
	}
}

func (p *Producer) tool(span ptrace.Span, o *call.Operation) {
	span.SetName(semconv.SpanTool)
	span.SetKind(ptrace.SpanKindInternal)
	attrs := span.Attributes()
	attrs.PutStr(semconv.GenAIOperation, semconv.OperationTool)
	put(attrs, semconv.GenAITool, p.text(functions, o.Tool))
	put(attrs, semconv.AttrOutcome, o.Outcome)
	if o.Outcome == semconv.OutcomeFailed || o.Outcome == semconv.OutcomeTimedOut {
		span.Status().SetCode(ptrace.StatusCodeError)
		attrs.PutStr(semconv.ErrorType, o.Outcome)
	}
}

func (p *Producer) request(span ptrace.Span, o *call.Operation) {
	span.SetName(string(o.Source.Stage))
	span.SetKind(ptrace.SpanKindClient)
	attrs := span.Attributes()
	name, generative := operations[o.Source.Stage]
	if !generative {
		p.putModel(attrs, o.Source)
		return
	}
	attrs.PutStr(semconv.GenAIOperation, name)
	put(attrs, semconv.GenAIProvider, p.text(providers, o.Source.Provider))
	put(attrs, semconv.GenAIModel, p.text(models, o.Source.Model))
	if o.Source.Stage == frame.LLM || o.Source.Stage == frame.Realtime {
		putDouble(attrs, semconv.GenAITimeToFirstChunk, o.TTFB/1000)
	}
}

// putUsed writes what an operation used, by the names of the conventions where they have some.
func putUsed(attrs pcommon.Map, used *totals) {
	t := &used.tokens
	putInt(attrs, semconv.GenAIInputTokens, t.Request())
	putInt(attrs, semconv.GenAIOutputTokens, t[frame.CompletionText]+t[frame.CompletionAudio]+t[frame.CompletionReasoning])
	putInt(attrs, semconv.GenAICacheRead, t[frame.PromptCacheRead]+t[frame.PromptAudioCacheRead]+t[frame.PromptImageCacheRead])
	putInt(attrs, semconv.GenAICacheCreation, t[frame.PromptCacheWrite]+t[frame.PromptCacheWrite1h])
	putInt(attrs, semconv.GenAIReasoningTokens, t[frame.CompletionReasoning])
	putInt(attrs, semconv.GenAIInputAudioTokens, t[frame.PromptAudio]+t[frame.PromptAudioCacheRead])
	putInt(attrs, semconv.GenAIOutputAudioTokens, t[frame.CompletionAudio])
	putInt(attrs, semconv.GenAITotalTokens, t[frame.Unsplit])
	putInt(attrs, semconv.SpanCharacters, int64(used.of(call.Characters)))
	putDouble(attrs, semconv.SpanSTTAudio, used.of(call.AudioSeconds))
	putDouble(attrs, semconv.SpanSTTSession, used.of(call.STTSession))
	putDouble(attrs, semconv.SpanRealtime, used.of(call.RealtimeSession))
	putDouble(attrs, semconv.SpanTransport, used.of(call.TransportSeconds))
	putDouble(attrs, semconv.SpanPlatform, used.of(call.PlatformSeconds))
}

// putInt leaves out what is 0.
func putInt(attrs pcommon.Map, key string, n int64) {
	if n != 0 {
		attrs.PutInt(key, n)
	}
}
