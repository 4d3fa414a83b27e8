package costprocessor

import (
	"cmp"
	"sync"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect/spanusage"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
	"github.com/otelcol-voice/otelcol-voice/internal/pricing"
	"github.com/otelcol-voice/otelcol-voice/internal/signal/semconv"
	"github.com/otelcol-voice/otelcol-voice/internal/sum"
)

// botSpans is the room in which the spans of one request are read that are not ours. What they used is priced only when all
// are read: a span in which others did something tells the same once more.
type botSpans struct {
	reader spanusage.Reader
	links  []link // of all
	found  []botSpan
	news   []lesson // what they taught of spans that contain others
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
	s.links, s.found, s.news = s.links[:0], s.found[:0], nil
	s.reader.Forget()
	if cap(s.links) <= largest {
		spanRooms.Put(s)
	}
}

// bot reads a span of a bot's own tracing, unless it has something of ours; it says whether it did. What is known of a span
// that did something itself, be it that it is paid for, is not to be counted again on those that it is in.
func (b *tracesBatch) bot(span ptrace.Span, scope string) bool {
	bots := b.bots
	here := linkOf(span)
	verdict := bots.reader.Read(span, scope)
	here.tool = bots.reader.Tool(span.Name())
	switch verdict {
	case spanusage.Marked:
		return false
	case spanusage.Used:
		if !bots.reader.Usage.Alone {
			here.used = bots.reader.Family()
		}
		bots.found = append(bots.found, botSpan{Span: span, place: len(bots.links), usage: bots.reader.Usage})
	case spanusage.Paid:
		here.used = bots.reader.Family()
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
	return true
}

// priceBots prices what was found in the bots' spans.
func (b *tracesBatch) priceBots() {
	bots := b.bots
	if len(bots.links) == 0 {
		return
	}
	bots.news = b.bill.containers.learn(bots.links, b.bill.now())
	bill := spanBill{pricer: b.bill.pricer, prices: b.bill.book.Memo(), tally: &b.tally}
	for i := range bots.found {
		span := &bots.found[i]
		if bots.links[span.place].contains {
			b.tally.outcomes[ignoredContains]++
			continue
		}
		bill.addUp(span)
		bill.write(span.Attributes())
	}
}

// spanBill adds up what one span of a bot's used.
type spanBill struct {
	pricer
	prices pricing.Memo
	tally  *tally
	usage  usage // the part at hand

	// Of the span at hand.
	asked   string // the model to go by where the book has not the other; empty once that is settled
	total   sum.Sum
	priced  bool // any of it
	missing bool // the price of any of it
}

// addUp prices each part of what a span used as of its end: then it is told, and then vendors bill.
func (b *spanBill) addUp(span *botSpan) {
	used := &span.usage
	b.asked, b.total, b.priced, b.missing = used.Asked, sum.Sum{}, false, false
	b.usage.Usage = pricing.Usage{
		Provider: used.Source.Provider, Model: used.Source.Model,
		ServiceTier: used.Terms.ServiceTier, Region: used.Terms.Region, RequestTokens: used.Tokens.Request(), Single: true,
		At: b.momentOf(int64(cmp.Or(span.EndTimestamp(), span.StartTimestamp()))),
	}
	b.usage.paired = used.Paired()
	for leaf, n := range used.Tokens {
		if n != 0 {
			b.part(leafKinds[leaf], b.usage.count(n))
		}
	}
	b.measured(pricing.Characters, used.Characters)
	b.measured(pricing.STTAudio, used.Heard)
	b.measured(pricing.RealtimeSession, used.Open)
}

func (b *spanBill) measured(kind pricing.Kind, amount float64) {
	if amount != 0 {
		b.part(kind, b.usage.measure(amount))
	}
}

// part prices one quantity.
func (b *spanBill) part(kind pricing.Kind, what outcome) {
	u := &b.usage
	u.Kind = kind
	if what == unsettled {
		u.result = b.prices.Price(&u.Usage)
		b.settleModel()
		what = b.judge(u)
	}
	b.tally.add(what, u)
	switch what {
	case priced:
		b.total.Add(u.result.USD)
		b.priced = true
	case covered:
	default:
		b.missing = true
	}
}

// settleModel says by which model a span's usage is priced: the one that answered, unless the book has only the one that was
// asked for.
func (b *spanBill) settleModel() {
	if b.asked == "" {
		return
	}
	if u := &b.usage; !knownModel(u.result.Reason) {
		answered, result := u.Model, u.result
		u.Model = b.asked
		if u.result = b.prices.Price(&u.Usage); !knownModel(u.result.Reason) {
			u.Model, u.result = answered, result
		}
	}
	b.asked = ""
}

// write says nothing of an amount where none is known, as on operations of ours.
func (b *spanBill) write(attributes pcommon.Map) {
	if b.missing {
		attributes.PutBool(semconv.SummaryCostComplete, false)
	}
	if b.priced {
		writeCost(attributes, b.total.Value(), semconv.GenAICostLocal)
	}
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
