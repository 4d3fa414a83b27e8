package signal

import (
	"cmp"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/otelcol-voice/otelcol-voice/internal/call"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
	"github.com/otelcol-voice/otelcol-voice/internal/signal/semconv"
	"github.com/otelcol-voice/otelcol-voice/internal/sum"
)

// meters are the metrics that quantities are counted in.
var meters = [call.Quantities]instrumentID{
	call.Tokens:           llmTokens,
	call.Characters:       ttsCharacters,
	call.AudioSeconds:     sttAudio,
	call.STTSession:       sttSession,
	call.RealtimeSession:  realtimeSession,
	call.TransportSeconds: transportSeconds,
	call.PlatformSeconds:  platformSeconds,
	call.Money:            cost,
}

func meter(q call.Quantity) instrumentID { return meters[q] }

// putUsage writes the attributes of a usage: the same on its point and on its entry in the call's summary and spans, so
// that all are priced alike.
func (p *Producer) putUsage(attrs pcommon.Map, u *call.Usage) {
	p.putPriced(attrs, semconv.AttrProvider, semconv.TransitProvider, providers, u.Source.Provider)
	p.putPriced(attrs, modelKey(u.Quantity), semconv.TransitModel, models, u.Source.Model)
	if u.Quantity == call.Money {
		putMoney(attrs, u)
		return
	}
	put(attrs, semconv.TransitStage, string(u.Source.Stage))
	if u.Quantity == call.Tokens {
		putTokens(attrs, u)
	}
	putTerms(attrs, u.Terms)
	putIf(attrs, semconv.TransitPair, u.Paired)
	putIf(attrs, semconv.TransitPriced, u.Priced)
}

// putPriced writes a name that a price is found by: as a label, and as it is where that is another.
func (p *Producer) putPriced(attrs pcommon.Map, key, transit string, of vocabularyID, name string) {
	label := p.text(of, name)
	put(attrs, key, label)
	if label != name && key != transit {
		attrs.PutStr(transit, name)
	}
}

// modelKey is where a usage has its model: seconds of transport and platforms are by provider.
func modelKey(q call.Quantity) string {
	if q == call.TransportSeconds || q == call.PlatformSeconds {
		return semconv.TransitModel
	}
	return semconv.AttrModel
}

// putMoney writes what the cost processor writes on money of its own making. What a platform charges without saying for
// what is for itself.
func putMoney(attrs pcommon.Map, u *call.Usage) {
	attrs.PutStr(semconv.AttrCostType, cmp.Or(string(u.Source.Stage), semconv.StagePlatform))
	attrs.PutStr(semconv.AttrCostSource, semconv.CostProvider)
}

func putTokens(attrs pcommon.Map, u *call.Usage) {
	leaf := tokenLeaves[u.Leaf]
	attrs.PutStr(semconv.AttrTokenType, leaf.tokenType)
	put(attrs, semconv.AttrTokenKind, leaf.tokenKind)
	if u.Request != 0 {
		attrs.PutInt(semconv.TransitRequestTokens, u.Request)
	}
}

func putTerms(attrs pcommon.Map, terms frame.Terms) {
	put(attrs, semconv.TransitServiceTier, terms.ServiceTier)
	put(attrs, semconv.TransitRegion, terms.Region)
	if terms.Channels != 0 {
		attrs.PutInt(semconv.TransitChannels, terms.Channels)
	}
}

// putIf leaves out what is false: most marks are rare.
func putIf(attrs pcommon.Map, key string, value bool) {
	if value {
		attrs.PutBool(key, true)
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

// totals are how much was used in all.
type totals struct {
	tokens frame.Tokens
	sums   [call.Quantities]sum.Sum
}

func totalsOf(usage []call.TimedUsage) *totals {
	t := new(totals)
	for i := range usage {
		u := &usage[i].Usage
		t.sums[u.Quantity].Add(u.Amount)
		if u.Quantity == call.Tokens {
			t.tokens[u.Leaf] += int64(u.Amount)
		}
	}
	return t
}

func (t *totals) of(q call.Quantity) float64 { return t.sums[q].Value() }

// putEntries lists usage as the points had it, one entry a point, for the cost processor.
func (b *Batch) putEntries(attrs pcommon.Map, callID string, usage []call.TimedUsage) {
	entries := attrs.PutEmptySlice(semconv.TransitUsage)
	entries.EnsureCapacity(len(usage))
	for i := range usage {
		u := &usage[i]
		entry := entries.AppendEmpty().SetEmptyMap()
		entry.EnsureCapacity(4)
		entry.PutStr(semconv.UsageName, contract[meter(u.Quantity)].name)
		entry.PutDouble(semconv.UsageValue, u.Amount)
		entry.PutInt(semconv.UsageTime, u.Time.UnixNano())
		of := entry.PutEmptyMap(semconv.UsageAttributes)
		of.EnsureCapacity(contract[meter(u.Quantity)].room)
		of.PutStr(semconv.AttrCallID, callID)
		put(of, semconv.TransitID, b.id.of(u.FrameID))
		b.from.putUsage(of, &u.Usage)
	}
}
