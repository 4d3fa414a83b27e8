package signal

import (
	"cmp"
	"strings"

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

// putUsage writes the attributes of a usage: the same on its points and on its report in the call's summary and spans, so
// that all are priced alike.
func (p *Producer) putUsage(attrs pcommon.Map, u *call.Usage) {
	p.putPriced(attrs, semconv.AttrProvider, semconv.TransitProvider, providers, u.Source.Provider)
	p.putPriced(attrs, modelKey(u.Quantity), semconv.TransitModel, models, u.Source.Model)
	if u.Quantity == call.Money {
		putMoney(attrs, u)
		return
	}
	put(attrs, semconv.TransitStage, string(u.Source.Stage))
	if u.Request != 0 {
		attrs.PutInt(semconv.TransitRequestTokens, u.Request)
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

// putLeaf says which tokens of a report a point is.
func putLeaf(attrs pcommon.Map, leaf frame.Leaf) {
	attrs.PutStr(semconv.AttrTokenType, tokenLeaves[leaf].tokenType)
	put(attrs, semconv.AttrTokenKind, tokenLeaves[leaf].tokenKind)
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

// tokenKeys are the leaves as keys of a map.
var tokenKeys = func() (keys [frame.Leaves]string) {
	for leaf, as := range tokenLeaves {
		keys[leaf] = strings.TrimSuffix(as.tokenType+"."+as.tokenKind, ".")
	}
	return keys
}()

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

// putReports lists usage for the cost processor: each report as its points have it, or has them together.
func (b *Batch) putReports(attrs pcommon.Map, usage []call.TimedUsage) {
	reports := attrs.PutEmptySlice(semconv.TransitUsage)
	for len(usage) > 0 {
		n := together(usage)
		b.putReport(reports.AppendEmpty().SetEmptyMap(), usage[:n])
		usage = usage[n:]
	}
}

// together is how many of the first usages are one report.
func together(usage []call.TimedUsage) int {
	n := 1
	for n < len(usage) && goesOn(&usage[n-1], &usage[n]) {
		n++
	}
	return n
}

// goesOn says whether the next usage differs from one in leaf and amount alone. A report has its leaves in their order.
func goesOn(one, next *call.TimedUsage) bool {
	if next.Quantity != call.Tokens || next.Leaf <= one.Leaf {
		return false
	}
	other := *next
	other.Leaf, other.Amount = one.Leaf, one.Amount
	return other == *one
}

// reportRoom is how many attributes a report usually has, at most.
const reportRoom = 8

func (b *Batch) putReport(report pcommon.Map, usage []call.TimedUsage) {
	u := &usage[0]
	metric := &contract[meter(u.Quantity)]
	report.EnsureCapacity(reportRoom)
	report.PutStr(semconv.UsageName, metric.name)
	report.PutInt(semconv.UsageTime, u.Time.UnixNano())
	put(report, semconv.TransitID, b.id.of(u.FrameID))
	b.from.putUsage(report, &u.Usage)
	if u.Quantity == call.Tokens {
		putLeaves(report.PutEmptyMap(semconv.UsageTokens), usage)
	} else {
		report.PutDouble(semconv.UsageValue, u.Amount)
	}
}

func putLeaves(tokens pcommon.Map, usage []call.TimedUsage) {
	tokens.EnsureCapacity(len(usage))
	for i := range usage {
		tokens.PutInt(tokenKeys[usage[i].Leaf], int64(usage[i].Amount))
	}
}
