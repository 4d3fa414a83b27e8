package costprocessor

import (
	"cmp"
	"sync"

	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect/spanusage"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
	"github.com/otelcol-voice/otelcol-voice/internal/pricing"
	"github.com/otelcol-voice/otelcol-voice/internal/signal/semconv"
)

// botSpans is the room in which the spans of one request are read that are not ours. What they used is priced only when all
// are read: a span in which others did something tells the same once more.
type botSpans struct {
	reader spanusage.Reader
	links  []link // of all
	found  []botSpan
}

// botSpan is a span whose usage is to be priced.
type botSpan struct {
	ptrace.Span
	place int // among the links
	usage spanusage.Usage
}

// spanRooms are rooms that are not in use: those of busy requests are large.
var spanRooms = sync.Pool{New: func() any { return new(botSpans) }}

// leave makes a room free. What was in it must not be kept alive.
func (s *botSpans) leave() {
	const largest = 10_000 // spans
	clear(s.found)
	s.links, s.found = s.links[:0], s.found[:0]
	s.reader.Forget()
	if cap(s.links) <= largest {
		spanRooms.Put(s)
	}
}

// bot reads a span of a bot's own tracing. What is known of a span that did something itself, be it that it is paid for,
// is not to be counted again on those that it is in.
func (b *tracesBatch) bot(span ptrace.Span, scope string) {
	bots := b.bots
	here := linkOf(span)
	switch bots.reader.Read(span, scope) {
	case spanusage.Used:
		here.operation = true
		bots.found = append(bots.found, botSpan{Span: span, place: len(bots.links), usage: bots.reader.Usage})
	case spanusage.Paid:
		here.operation = true
		b.tally.outcomes[ignoredPriced]++
	case spanusage.Unused:
		b.tally.outcomes[ignoredZero]++
	case spanusage.Container:
		b.tally.outcomes[ignoredContainer]++
	case spanusage.Impossible:
		b.tally.outcomes[ignoredMalformed]++
		span.Attributes().PutBool(semconv.SummaryCostComplete, false)
	}
	bots.links = append(bots.links, here)
}

// priceBots prices what was found in the bots' spans.
func (b *tracesBatch) priceBots() {
	bots := b.bots
	if len(bots.links) == 0 {
		return
	}
	b.bill.containers.learn(bots.links, b.bill.now())
	for i := range bots.found {
		b.priceBot(&bots.found[i])
	}
}

func (b *tracesBatch) priceBot(span *botSpan) {
	if b.bots.links[span.place].contains && !span.usage.Alone {
		b.tally.outcomes[ignoredContains]++
		return
	}
	b.bill.addUpSpan(span)
	b.tally.merge(&b.bill.counts)
	b.bill.writeOperation(span.Attributes())
}

// addUpSpan prices each part of what a span used as of its end: then it is told, and then vendors bill.
func (b *bill) addUpSpan(span *botSpan) {
	b.begin()
	used := &span.usage
	b.usage.Usage = pricing.Usage{
		Provider: used.Source.Provider, Model: used.Source.Model,
		ServiceTier: used.Terms.ServiceTier, Region: used.Terms.Region, RequestTokens: used.Tokens.Request(), Single: true,
		At: b.momentOf(int64(cmp.Or(span.EndTimestamp(), span.StartTimestamp()))),
	}
	b.usage.paired, b.asked = used.Paired(), used.Asked
	for leaf, n := range used.Tokens {
		if n != 0 {
			b.part(leafKinds[leaf], float64(n))
		}
	}
	b.part(pricing.Characters, used.Characters)
	b.part(pricing.STTAudio, used.Heard)
	b.part(pricing.RealtimeSession, used.Open)
}

// part prices one quantity of a span's usage, if there is any.
func (b *bill) part(kind pricing.Kind, amount float64) {
	if amount == 0 {
		return
	}
	u := &b.usage
	u.Kind = kind
	what := u.measure(amount)
	if what == unsettled {
		u.result = b.book.Price(&u.Usage)
		b.settleModel()
		what = b.judge(u)
	}
	b.counts.add(what, u)
	if what == priced {
		b.total.Add(u.result.USD)
	}
}

// settleModel says by which model a span's usage is priced: the one that answered, unless the book has only the one that was
// asked for.
func (b *bill) settleModel() {
	if b.asked == "" {
		return
	}
	u := &b.usage
	if !knownModel(u.result.Reason) {
		other := *u
		other.Model = b.asked
		if other.result = b.book.Price(&other.Usage); knownModel(other.result.Reason) {
			*u = other
		}
	}
	b.asked = ""
}

// leafKinds are the kinds of usage that tokens are.
var leafKinds = [frame.Leaves]pricing.Kind{
	frame.PromptText:           pricing.PromptText,
	frame.PromptCacheRead:      pricing.PromptCacheRead,
	frame.PromptCacheWrite:     pricing.PromptCacheWrite,
	frame.PromptCacheWrite1h:   pricing.PromptCacheWrite1h,
	frame.PromptAudio:          pricing.PromptAudio,
	frame.PromptAudioCacheRead: pricing.PromptAudioCacheRead,
	frame.PromptImage:          pricing.PromptImage,
	frame.PromptImageCacheRead: pricing.PromptImageCacheRead,
	frame.PromptVideo:          pricing.PromptVideo,
	frame.CompletionText:       pricing.CompletionText,
	frame.CompletionAudio:      pricing.CompletionAudio,
	frame.CompletionReasoning:  pricing.CompletionReasoning,
	frame.Unsplit:              pricing.Unknown,
}
