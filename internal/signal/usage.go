package signal

import (
	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/otelcol-voice/otelcol-voice/internal/call"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
	"github.com/otelcol-voice/otelcol-voice/internal/signal/semconv"
)

// usageMetric is the metric that a quantity is counted in.
func usageMetric(q call.Quantity) string {
	switch q {
	case call.Tokens:
		return semconv.MetricLLMTokens
	case call.Characters:
		return semconv.MetricTTSCharacters
	case call.AudioSeconds:
		return semconv.MetricSTTAudio
	case call.RealtimeSession:
		return semconv.MetricRealtimeSession
	default:
		return semconv.MetricSTTSession
	}
}

func usageUnit(q call.Quantity) string {
	switch q {
	case call.Tokens:
		return semconv.UnitToken
	case call.Characters:
		return semconv.UnitCharacter
	default:
		return semconv.UnitSeconds
	}
}

func wholeNumbers(q call.Quantity) bool { return q == call.Tokens || q == call.Characters }

// putUsage writes the attributes of a usage: the same on its point and on its entry in the call's summary, so that both
// are priced alike.
func putUsage(attrs pcommon.Map, u *call.Usage) {
	put(attrs, semconv.AttrProvider, u.Source.Provider)
	put(attrs, semconv.AttrModel, u.Source.Model)
	put(attrs, semconv.TransitStage, string(u.Source.Stage))
	if u.Quantity == call.Tokens {
		leaf := tokenLeaves[u.Leaf]
		attrs.PutStr(semconv.AttrTokenType, leaf.tokenType)
		put(attrs, semconv.AttrTokenKind, leaf.tokenKind)
		attrs.PutInt(semconv.TransitRequestTokens, u.Request)
	}
	if u.Paired {
		attrs.PutBool(semconv.TransitPair, true)
	}
}

// tokenLeaves says how each leaf is written. Adding up by token_type is right because no two leaves overlap.
var tokenLeaves = [frame.Leaves]struct{ tokenType, tokenKind string }{
	frame.PromptText:           {semconv.TokenPrompt, semconv.KindText},
	frame.PromptCacheRead:      {semconv.TokenPrompt, semconv.KindCacheRead},
	frame.PromptCacheWrite:     {semconv.TokenPrompt, semconv.KindCacheWrite},
	frame.PromptCacheWrite1h:   {semconv.TokenPrompt, semconv.KindCacheWrite1h},
	frame.PromptAudio:          {semconv.TokenPrompt, semconv.KindAudio},
	frame.PromptAudioCacheRead: {semconv.TokenPrompt, semconv.KindAudioCacheRead},
	frame.PromptImage:          {semconv.TokenPrompt, semconv.KindImage},
	frame.PromptImageCacheRead: {semconv.TokenPrompt, semconv.KindImageCacheRead},
	frame.PromptVideo:          {semconv.TokenPrompt, semconv.KindVideo},
	frame.CompletionText:       {semconv.TokenCompletion, semconv.KindText},
	frame.CompletionAudio:      {semconv.TokenCompletion, semconv.KindAudio},
	frame.CompletionReasoning:  {semconv.TokenCompletion, semconv.KindReasoning},
	frame.Unsplit:              {semconv.TokenTotal, ""},
}
