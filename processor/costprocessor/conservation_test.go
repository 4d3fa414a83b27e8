package costprocessor

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"math/big"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/processor/processortest"

	"github.com/otelcol-voice/otelcol-voice/internal/call"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
	"github.com/otelcol-voice/otelcol-voice/internal/pricing"
	signals "github.com/otelcol-voice/otelcol-voice/internal/signal"
	"github.com/otelcol-voice/otelcol-voice/internal/signal/semconv"
	"github.com/otelcol-voice/otelcol-voice/processor/costprocessor/internal/metadata"
)

// Nothing is lost and nothing is counted twice: whatever is used is priced, unpriced, covered by the quantity that is billed
// or charged for by a platform, however it is reported, whatever happens to the processor and the prices meanwhile. The
// ledger is kept beside it in fractions, by rules that are written down here once more.

// worlds is how many random stories each test tells; make soak tells many.
func worlds(t *testing.T) uint64 {
	t.Helper()
	n, err := strconv.ParseUint(cmp.Or(os.Getenv("OTELCOL_VOICE_WORLDS"), "25"), 10, 64)
	require.NoError(t, err)
	return n
}

// item is a kind of usage of a model.
type item struct {
	model string
	kind  pricing.Kind
}

// items are what is used in a world. Nobody has a price for nobody; ear bills the session, and what is said of audio beside it
// is covered.
var items = []item{
	{"fixed", pricing.PromptText},
	{"fixed", pricing.PromptCacheRead},
	{"fixed", pricing.PromptCacheWrite},
	{"fixed", pricing.CompletionText},
	{"fixed", pricing.CompletionReasoning},
	{"moving", pricing.PromptText},
	{"moving", pricing.PromptCacheRead},
	{"moving", pricing.CompletionText},
	{"nobody", pricing.PromptText},
	{"nobody", pricing.CompletionText},
	{"voice", pricing.Characters},
	{"ear", pricing.STTAudio},
	{"ear", pricing.STTSession},
	{"line", pricing.Transport},
}

// epoch is a price of an item, in dollars for a thousand, until a moment.
type epoch struct {
	until time.Time // zero: for ever
	price int64     // thousandths
}

// priceList is what a price book knows.
type priceList map[item][]epoch

func randomPrices(random *rand.Rand) priceList {
	c := priceList{}
	for _, it := range items {
		switch {
		case it.model == "nobody", it.kind == pricing.STTAudio, it.kind == pricing.CompletionReasoning:
		case it.model == "moving":
			for hour := range 5 {
				c[it] = append(c[it], epoch{noon.Add(time.Duration(hour) * time.Hour), random.Int64N(5000)})
			}
			if random.IntN(2) == 0 { // else it has none in the end
				c[it] = append(c[it], epoch{price: random.Int64N(5000)})
			}
		case random.IntN(6) > 0:
			c[it] = []epoch{{price: random.Int64N(5000)}}
		}
	}
	return c
}

func (c priceList) book(t *testing.T) *pricing.Book {
	t.Helper()
	file := pricing.File{Name: "world", Provider: "house"}
	for it, epochs := range c {
		from := ""
		for _, e := range epochs {
			row := pricing.Row{
				Models: []string{it.model}, Usage: it.kind.String(), Unit: it.kind.Unit(), EffectiveFrom: from,
				Price: fmt.Sprintf("%d.%03d", e.price/1000, e.price%1000), Per: "1000",
			}
			if !e.until.IsZero() {
				from = e.until.Format(time.RFC3339)
				row.EffectiveUntil = from
			}
			file.Rows = append(file.Rows, row)
		}
	}
	book, err := pricing.NewBook(pricing.Settings{}, pricing.Layer{file})
	require.NoError(t, err)
	return book
}

// at is the price of an item at a moment, or why there is none.
func (c priceList) at(it item, at time.Time) (price *big.Rat, reason string) {
	epochs := c[it]
	if it.kind == pricing.CompletionReasoning {
		epochs = c[item{it.model, pricing.CompletionText}]
	}
	for _, e := range epochs {
		if e.until.IsZero() || at.Before(e.until) {
			return big.NewRat(e.price, 1_000_000), ""
		}
	}
	switch known := slices.ContainsFunc(items, func(other item) bool { return other.model == it.model && c[other] != nil }); {
	case !known:
		return nil, "no_model"
	case it.kind == pricing.STTAudio && c[item{it.model, pricing.STTSession}] != nil:
		return nil, "unit_mismatch"
	case len(epochs) > 0:
		return nil, "expired"
	}
	return nil, "no_kind"
}

// reckoning is what became of what was used.
type reckoning struct {
	used, priced, unpriced, covered, charged map[item]*big.Rat   // units
	usd                                      map[string]*big.Rat // by model
	reasons                                  map[string]*big.Rat // units by model, kind and reason
}

func newReckoning() *reckoning {
	l := &reckoning{usd: map[string]*big.Rat{}, reasons: map[string]*big.Rat{}}
	for _, m := range []*map[item]*big.Rat{&l.used, &l.priced, &l.unpriced, &l.covered, &l.charged} {
		*m = map[item]*big.Rat{}
	}
	return l
}

func addTo[K comparable](m map[K]*big.Rat, key K, amount *big.Rat) {
	if m[key] == nil {
		m[key] = new(big.Rat)
	}
	m[key].Add(m[key], amount)
}

// book enters a use of an item.
func (l *reckoning) book(c priceList, it item, amount *big.Rat, at time.Time, paired, charged bool) {
	addTo(l.used, it, amount)
	price, reason := c.at(it, at)
	switch {
	case charged:
		addTo(l.charged, it, amount)
	case price != nil:
		addTo(l.priced, it, amount)
		addTo(l.usd, it.model, new(big.Rat).Mul(amount, price))
	case reason == "unit_mismatch" && paired:
		addTo(l.covered, it, amount)
	default:
		addTo(l.unpriced, it, amount)
		addTo(l.reasons, it.model+" "+it.kind.String()+" "+reason, amount)
	}
}

// balanced: what was used is what became of it.
func (l *reckoning) balanced(t *testing.T) {
	t.Helper()
	for it, used := range l.used {
		sum := new(big.Rat)
		for _, m := range []map[item]*big.Rat{l.priced, l.unpriced, l.covered, l.charged} {
			if m[it] != nil {
				sum.Add(sum, m[it])
			}
		}
		require.Zero(t, sum.Cmp(used))
	}
}

// tally is what the processor has answered, by the same names as the reckoning's.
type answered struct{ usd, reasons map[string]float64 }

func (a *answered) add(cost bool, attributes pcommon.Map, value float64) {
	if cost {
		a.usd[text(attributes, semconv.AttrModel)] += value
		return
	}
	a.reasons[text(attributes, semconv.AttrModel)+" "+text(attributes, semconv.AttrUsageKind)+" "+text(attributes, semconv.AttrReason)] += value
}

func (l *reckoning) assertEqual(t *testing.T, got answered, story string) {
	t.Helper()
	l.balanced(t)
	for what, pair := range map[string]struct {
		want map[string]*big.Rat
		got  map[string]float64
	}{"cost": {l.usd, got.usd}, "unpriced": {l.reasons, got.reasons}} {
		for key := range pair.got {
			if pair.want[key] == nil {
				pair.want[key] = new(big.Rat)
			}
		}
		for key, rat := range pair.want {
			want, _ := rat.Float64()
			if math.Abs(want-pair.got[key]) > 1e-12*max(1, want) {
				assert.Failf(t, "not conserved", "%s of %s: %.17g instead of %.17g (%s)", what, key, pair.got[key], want, story)
			}
		}
	}
}

// place is one processor with what is behind it.
type place struct {
	t      *testing.T
	engine *engine
	disk   *disk
	prices priceList
}

func newPlace(t *testing.T, prices priceList) *place {
	t.Helper()
	p := &place{t: t, disk: newDisk(), prices: prices}
	p.restart()
	return p
}

func (p *place) restart() {
	p.t.Helper()
	cfg := createDefaultConfig().(*Config)
	cfg.Sources = Sources{"gen_ai.client.inference.usage": {}}
	e, err := newEngine(processortest.NewNopSettings(metadata.Type), cfg, clockwork.NewFakeClockAt(noon.AddDate(1, 0, 0))) // what is told is past
	require.NoError(p.t, err)
	require.NoError(p.t, e.shelf.open(context.Background(), p.disk)) // the rest of a start is to load prices that are not ours
	p.engine = e
	p.reload(p.prices)
}

func (p *place) reload(prices priceList) {
	p.t.Helper()
	p.prices = prices
	book := prices.book(p.t)
	p.engine.prices = func() *pricing.Book { return book }
}

func (p *place) process(md pmetric.Metrics) pmetric.Metrics {
	p.t.Helper()
	out, err := p.engine.processMetrics(context.Background(), md)
	require.NoError(p.t, err)
	return out
}

// metricOf is the name of the metric that an item is counted in, and how its points say which.
func metricOf(it item) (name string, attributes []any) {
	attributes = []any{"provider", "house", "model", it.model}
	for name, m := range meters {
		if m.kind == it.kind {
			return name, attributes
		}
	}
	tokenType, tokenKind, _ := strings.Cut(it.kind.String(), ".")
	return semconv.MetricLLMTokens, append(attributes, "token_type", tokenType, "token_kind", tokenKind)
}

// amountOf is a random amount of an item: whole tokens and characters, tenths of seconds.
func amountOf(random *rand.Rand, it item) float64 {
	if it.kind.Unit() == "second" {
		return float64(random.IntN(5000)) / 10
	}
	return float64(random.IntN(100_000))
}

func exactly(f float64) *big.Rat { return new(big.Rat).SetFloat64(f) }

func answersIn(md pmetric.Metrics, visit func(pcommon.Resource, pmetric.Metric, pmetric.NumberDataPoint)) {
	for _, rm := range md.ResourceMetrics().All() {
		for _, metric := range rm.ScopeMetrics().At(0).Metrics().All() {
			if metric.Name() != semconv.MetricCost && metric.Name() != semconv.MetricUnpricedUsage {
				continue
			}
			for _, p := range metric.Sum().DataPoints().All() {
				visit(rm.Resource(), metric, p)
			}
		}
	}
}

// Reports of single uses: in any order, in any requests, whole or in pieces, by ours and others' metrics, while the prices
// change and the processor restarts.
func TestDeltasAreConserved(t *testing.T) {
	for seed := range worlds(t) {
		random := rand.New(rand.NewPCG(seed, 1))
		p, l := newPlace(t, randomPrices(random)), newReckoning()
		got := answered{map[string]float64{}, map[string]float64{}}
		for range 30 {
			b := newBatch()
			for range 1 + random.IntN(20) {
				useOnce(random, b, p.prices, l)
			}
			shuffle(random, b.Metrics)
			answersIn(p.process(b.Metrics), func(_ pcommon.Resource, metric pmetric.Metric, at pmetric.NumberDataPoint) {
				got.add(metric.Name() == semconv.MetricCost, at.Attributes(), at.DoubleValue())
			})
			switch random.IntN(4) {
			case 0:
				p.reload(randomPrices(random))
			case 1:
				p.restart()
			}
		}
		l.assertEqual(t, got, fmt.Sprint("seed ", seed))
	}
}

// useOnce adds the points of one use to a request.
func useOnce(random *rand.Rand, b batch, prices priceList, l *reckoning) {
	at := noon.Add(time.Duration(random.IntN(6*3600)) * time.Second)
	if random.IntN(4) == 0 {
		foreignOnce(random, b, prices, l, at)
		return
	}
	it := items[random.IntN(len(items))]
	name, attributes := metricOf(it)
	paired, charged := it.kind == pricing.STTAudio && random.IntN(2) == 0, random.IntN(8) == 0
	attributes = append(attributes, "call_id", fmt.Sprint(random.IntN(9)), "voice.tx.id", fmt.Sprint(random.Uint32()))
	if paired {
		attributes = append(attributes, "voice.tx.pair", true)
	}
	if charged {
		attributes = append(attributes, "voice.tx.priced", true)
	}
	for range 1 + random.IntN(3) { // in pieces
		amount := amountOf(random, it)
		l.book(prices, it, exactly(amount), at, paired, charged)
		var value any = amount
		if it.kind.Unit() != "second" && random.IntN(2) == 0 {
			value = int(amount)
		}
		point(b.sum(name, delta), value, attributes...).SetTimestamp(pcommon.NewTimestampFromTime(at))
	}
}

// requestOf is the leaves of one request of a model, and the counters by which the conventions tell of them.
func requestOf(random *rand.Rand, model string) (leaves map[item]float64, counters map[string]float64) {
	leaves = map[item]float64{}
	for _, it := range items {
		if it.model == model && random.IntN(3) > 0 {
			leaves[it] = amountOf(random, it)
		}
	}
	return leaves, countersOf(model, leaves)
}

// countersOf are the counters of the conventions: the parts are inside the wholes.
func countersOf(model string, leaves map[item]float64) map[string]float64 {
	of := func(kinds ...pricing.Kind) (sum float64) {
		for _, kind := range kinds {
			sum += leaves[item{model, kind}]
		}
		return sum
	}
	return map[string]float64{
		"input_tokens":             of(pricing.PromptText, pricing.PromptCacheRead, pricing.PromptCacheWrite),
		"cache_read.input_tokens":  of(pricing.PromptCacheRead),
		"cache_write.input_tokens": of(pricing.PromptCacheWrite),
		"output_tokens":            of(pricing.CompletionText, pricing.CompletionReasoning),
		"reasoning.output_tokens":  of(pricing.CompletionReasoning),
	}
}

func foreignOnce(random *rand.Rand, b batch, prices priceList, l *reckoning, at time.Time) {
	model := []string{"fixed", "moving", "nobody"}[random.IntN(3)]
	leaves, counters := requestOf(random, model)
	for it, amount := range leaves {
		l.book(prices, it, exactly(amount), at, false, false)
	}
	// The points of one request are told from those of another by something that the conventions have, too.
	foreignPoints(b, delta, model, counters, at, 0, "server.port", int(random.Uint32()))
}

func foreignPoints(b batch, temporality pmetric.AggregationTemporality, model string, counters map[string]float64, at time.Time, start pcommon.Timestamp, more ...any) {
	for name, value := range counters {
		p := point(b.sum("gen_ai.client.inference.usage."+name, temporality), int(value),
			append([]any{"gen_ai.provider.name", "house", "gen_ai.request.model", model, "gen_ai.token.modality", "unknown"}, more...)...)
		p.SetTimestamp(pcommon.NewTimestampFromTime(at))
		p.SetStartTimestamp(start)
	}
}

// shuffle changes the order of metrics, as a request may have it.
func shuffle(random *rand.Rand, md pmetric.Metrics) {
	for _, rm := range md.ResourceMetrics().All() {
		ranks := map[string]int{}
		rm.ScopeMetrics().At(0).Metrics().Sort(func(a, b pmetric.Metric) bool {
			for _, m := range []pmetric.Metric{a, b} {
				if _, known := ranks[m.Name()]; !known {
					ranks[m.Name()] = random.IntN(100)
				}
			}
			return ranks[a.Name()] < ranks[b.Name()]
		})
	}
}

// bot counts what it uses for as long as it runs.
type bot struct {
	name    string
	start   time.Time
	foreign bool // it counts by the conventions' metrics
	counts  map[item]float64
	billed  map[item]float64 // as of the last collection that arrived in time
	sent    []pmetric.Metrics
}

func (b *bot) begin(at time.Time) {
	b.start, b.counts, b.billed, b.sent = at, map[item]float64{}, map[item]float64{}, nil
}

// reset begins to count anew, and has less than before: else nobody could tell.
func (b *bot) reset() {
	for it, count := range b.counts {
		b.counts[it], b.billed[it] = math.Floor(count/2), 0
	}
}

// use counts some more.
func (b *bot) use(random *rand.Rand) {
	if b.foreign {
		leaves, _ := requestOf(random, []string{"fixed", "moving", "nobody"}[random.IntN(3)])
		for it, amount := range leaves {
			b.counts[it] += amount
		}
		return
	}
	it := items[random.IntN(len(items))]
	b.counts[it] += amountOf(random, it)
}

// collect reads all counters and enters what is new in the reckoning.
func (b *bot) collect(at time.Time, prices priceList, l *reckoning) pmetric.Metrics {
	batch := newBatch()
	batch.ResourceMetrics().At(0).Resource().Attributes().PutStr("service.instance.id", b.name)
	start := pcommon.NewTimestampFromTime(b.start)
	for it, count := range b.counts {
		more := new(big.Rat).Sub(exactly(count), exactly(b.billed[it]))
		if more.Sign() != 0 {
			l.book(prices, it, more, at, it.kind == pricing.STTAudio, false)
		}
		if !b.foreign {
			name, attributes := metricOf(it)
			if it.kind == pricing.STTAudio {
				attributes = append(attributes, "voice.tx.pair", true)
			}
			p := point(batch.sum(name, cumulative), count, attributes...)
			p.SetTimestamp(pcommon.NewTimestampFromTime(at))
			p.SetStartTimestamp(start)
		}
	}
	if b.foreign {
		for _, model := range []string{"fixed", "moving", "nobody"} {
			foreignPoints(batch, cumulative, model, countersOf(model, b.counts), at, start)
		}
	}
	b.billed = maps.Clone(b.counts)
	kept := pmetric.NewMetrics()
	batch.CopyTo(kept)
	b.sent = append(b.sent, kept)
	return batch.Metrics
}

// heard is what a backend has of each stream of answers: the newest value.
type heard map[string]float64

// hear takes answers in; an answer never falls.
func (h heard) hear(t *testing.T, md pmetric.Metrics, got *answered, story string) {
	t.Helper()
	answersIn(md, func(from pcommon.Resource, metric pmetric.Metric, p pmetric.NumberDataPoint) {
		key := fmt.Sprint(from.Attributes().AsRaw(), metric.Name(), p.StartTimestamp(), p.Attributes().AsRaw())
		more := p.DoubleValue() - h[key]
		assert.GreaterOrEqual(t, more, 0.0, "an answer fell: %s (%s)", key, story)
		h[key] = p.DoubleValue()
		got.add(metric.Name() == semconv.MetricCost, p.Attributes(), more)
	})
}

// Counters that run: collected whenever, sent again, late, answered in vain, reset, of bots that restart, while the prices
// change and the processor restarts.
func TestCountersAreConserved(t *testing.T) {
	for seed := range worlds(t) {
		story := fmt.Sprint("seed ", seed)
		random := rand.New(rand.NewPCG(seed, 2))
		p, l, now := newPlace(t, randomPrices(random)), newReckoning(), noon.Add(-time.Hour)
		got, ears := answered{map[string]float64{}, map[string]float64{}}, heard{}
		bots := make([]*bot, 1+random.IntN(4))
		for i := range bots {
			bots[i] = &bot{name: fmt.Sprint("bot-", i), foreign: i%2 == 1}
			bots[i].begin(now)
		}
		for range 150 {
			now = now.Add(time.Duration(1+random.IntN(200)) * time.Second)
			b := bots[random.IntN(len(bots))]
			switch random.IntN(12) {
			default:
				b.use(random)
			case 0, 1, 2:
				md := b.collect(now, p.prices, l)
				shuffle(random, md)
				ears.hear(t, p.process(md), &got, story)
			case 3: // what is answered gets lost; the next one makes up for it
				p.process(b.collect(now, p.prices, l))
			case 4: // again, or late
				if len(b.sent) > 0 {
					md := pmetric.NewMetrics()
					b.sent[random.IntN(len(b.sent))].CopyTo(md)
					ears.hear(t, p.process(md), &got, story)
				}
			case 5: // the bot restarts; what it had not reported, nobody knows
				ears.hear(t, p.process(b.collect(now, p.prices, l)), &got, story)
				b.begin(now)
			case 6: // it begins to count anew, with the same start
				ears.hear(t, p.process(b.collect(now, p.prices, l)), &got, story)
				b.reset()
				ears.hear(t, p.process(b.collect(now.Add(time.Millisecond), p.prices, l)), &got, story)
				b.sent = nil // from before: late points of a counter that fell are not told from new ones
			case 7:
				p.restart()
			case 8:
				p.prices = randomPrices(random)
				p.restart()
			case 9:
				p.reload(randomPrices(random))
			}
		}
		for _, b := range bots {
			ears.hear(t, p.process(b.collect(now.Add(time.Second), p.prices, l)), &got, story)
		}
		l.assertEqual(t, got, story)
		if t.Failed() {
			return
		}
	}
}

// frameOf is how our receiver tells of an item.
var frameOf = map[item]call.Usage{
	{"fixed", pricing.PromptText}:          {Quantity: call.Tokens, Leaf: frame.PromptText},
	{"fixed", pricing.PromptCacheRead}:     {Quantity: call.Tokens, Leaf: frame.PromptCacheRead},
	{"fixed", pricing.PromptCacheWrite}:    {Quantity: call.Tokens, Leaf: frame.PromptCacheWrite},
	{"fixed", pricing.CompletionText}:      {Quantity: call.Tokens, Leaf: frame.CompletionText},
	{"fixed", pricing.CompletionReasoning}: {Quantity: call.Tokens, Leaf: frame.CompletionReasoning},
	{"moving", pricing.PromptText}:         {Quantity: call.Tokens, Leaf: frame.PromptText},
	{"moving", pricing.CompletionText}:     {Quantity: call.Tokens, Leaf: frame.CompletionText},
	{"nobody", pricing.PromptText}:         {Quantity: call.Tokens, Leaf: frame.PromptText},
	{"voice", pricing.Characters}:          {Quantity: call.Characters},
	{"ear", pricing.STTAudio}:              {Quantity: call.AudioSeconds, Paired: true},
	{"ear", pricing.STTSession}:            {Quantity: call.STTSession},
}

var stageOf = map[string]frame.Stage{"llm": frame.LLM, "tts": frame.TTS, "stt": frame.STT}

// Calls: what their points, their summaries and their spans cost is the same, and what the sum of the uses costs, in whatever
// pieces and order they were told.
func TestCallsAreConserved(t *testing.T) {
	for seed := range worlds(t) {
		random := rand.New(rand.NewPCG(seed, 3))
		p, l := newPlace(t, randomPrices(random)), newReckoning()
		var all []call.TimedUsage
		want := new(big.Rat)
		for i := range 1 + random.IntN(40) {
			u := randomUse(random, p.prices, l, want)
			u.FrameID = frame.ID(i + 1)
			all = append(all, u)
		}
		l.balanced(t)
		for _, cost := range l.usd {
			want.Add(want, cost)
		}
		usd, _ := want.Float64()
		for name, got := range costsOfCall(t, p, random, all) {
			assert.InDelta(t, usd, got, 1e-12*max(1, usd), "%s, seed %d", name, seed)
		}
	}
}

// randomUse is a use, entered in the reckoning, or money that a platform charges.
func randomUse(random *rand.Rand, prices priceList, l *reckoning, charged *big.Rat) call.TimedUsage {
	at := noon.Add(time.Duration(random.IntN(6*3600)) * time.Second)
	if random.IntN(10) == 0 {
		amount := float64(random.IntN(100)) / 1000
		charged.Add(charged, exactly(amount))
		return call.TimedUsage{Time: at, Usage: call.Usage{
			Source: frame.Source{Stage: frame.Platform, Provider: "vapi"}, Quantity: call.Money, Amount: amount,
		}}
	}
	it := items[random.IntN(len(items))]
	for frameOf[it].Quantity == 0 {
		it = items[random.IntN(len(items))]
	}
	u := frameOf[it]
	u.Source = frame.Source{Stage: stageOf[it.kind.Stage()], Provider: "house", Model: it.model}
	u.Amount, u.Priced = amountOf(random, it), random.IntN(8) == 0
	l.book(prices, it, exactly(u.Amount), at, u.Paired, u.Priced)
	return call.TimedUsage{Usage: u, Time: at}
}

// costsOfCall is what a call costs by each of its signals, in turns and operations of any size.
func costsOfCall(t *testing.T, p *place, random *rand.Rand, all []call.TimedUsage) map[string]float64 {
	t.Helper()
	ctx, key := context.Background(), call.Key{ID: "c"}
	batch := signals.NewProducer(signals.Settings{Service: "bot"}).NewBatch()
	for _, i := range random.Perm(len(all)) {
		u := all[i]
		batch.Add([]call.Fact{{Kind: call.Used, Call: key, FrameID: u.FrameID, Time: u.Time, Usage: u.Usage}})
	}
	turn := &call.Turn{Number: 1, Start: noon, End: noon.Add(time.Minute)}
	for rest := all; len(rest) > 0; {
		n := 1 + random.IntN(len(rest))
		turn.Operations = append(turn.Operations, call.Operation{
			Source: rest[0].Source, FrameID: rest[0].FrameID, Sequence: len(rest), Start: noon, End: noon, Usage: rest[:n],
		})
		rest = rest[n:]
	}
	batch.Add([]call.Fact{
		{Kind: call.Traced, Call: key, Turn: turn},
		{Kind: call.Ended, Call: key, Time: noon, Summary: &call.Summary{Start: noon, Usage: all}},
	})
	md := p.process(batch.Metrics())
	ld, err := p.engine.processLogs(ctx, batch.Logs())
	require.NoError(t, err)
	td, err := p.engine.processTraces(ctx, batch.Traces())
	require.NoError(t, err)
	summary := ld.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(0).Attributes().AsRaw()
	operations, root := costsOf(td)
	return map[string]float64{
		"points": total(md, semconv.MetricCost), "summary": summary[semconv.SummaryCost].(float64), "operations": operations, "root": root,
	}
}

// However a use is cut, added up and reported, it costs the same, where its price does not change meanwhile.
func TestPartsAreTheWhole(t *testing.T) {
	for seed := range worlds(t) {
		random := rand.New(rand.NewPCG(seed, 4))
		prices := priceList{}
		for _, it := range items {
			// Reasoning costs what text costs, and the ear bills the session.
			if it.kind != pricing.CompletionReasoning && it.kind != pricing.STTAudio {
				prices[it] = []epoch{{price: 1 + random.Int64N(5000)}}
			}
		}
		pieces := make([]map[item]float64, 1+random.IntN(20))
		whole, want := map[item]float64{}, new(big.Rat)
		for i := range pieces {
			pieces[i], _ = requestOf(random, "fixed")
			for it, amount := range pieces[i] {
				whole[it] += amount
				price, _ := prices.at(it, noon)
				want.Add(want, new(big.Rat).Mul(exactly(amount), price))
			}
		}
		usd, _ := want.Float64()
		for name, report := range reports {
			p := newPlace(t, prices)
			got, ears := answered{map[string]float64{}, map[string]float64{}}, heard{}
			for _, md := range report(pieces, whole) {
				ears.hear(t, p.process(md), &got, name)
			}
			assert.InDelta(t, usd, got.usd["fixed"], 1e-12*max(1, usd), "%s, seed %d", name, seed)
			assert.Empty(t, got.reasons)
		}
	}
}

// reports are the ways to report pieces, each of which is a request of a model. Of deltas, each request is its own stream
// here, so that what is heard of it is all of it.
var reports = map[string]func(pieces []map[item]float64, whole map[item]float64) []pmetric.Metrics{
	"deltas": func(pieces []map[item]float64, _ map[item]float64) []pmetric.Metrics {
		return each(pieces, func(b batch, i int) { ours(b, delta, pieces[i], i) })
	},
	"one delta": func(_ []map[item]float64, whole map[item]float64) []pmetric.Metrics {
		return each(make([]map[item]float64, 1), func(b batch, _ int) { ours(b, delta, whole, 0) })
	},
	"deltas in one request": func(pieces []map[item]float64, _ map[item]float64) []pmetric.Metrics {
		return each(pieces[:1], func(b batch, _ int) {
			for i := range pieces {
				ours(b, delta, pieces[i], i)
			}
		})
	},
	"a counter": func(pieces []map[item]float64, _ map[item]float64) []pmetric.Metrics {
		counts := map[item]float64{}
		return each(pieces, func(b batch, i int) { ours(b, cumulative, addedUp(counts, pieces[i]), i) })
	},
	"deltas of others": func(pieces []map[item]float64, _ map[item]float64) []pmetric.Metrics {
		return each(pieces, func(b batch, i int) {
			foreignPoints(b, delta, "fixed", countersOf("fixed", pieces[i]), noon, 0, "server.port", i)
		})
	},
	"one delta of others": func(_ []map[item]float64, whole map[item]float64) []pmetric.Metrics {
		return each(make([]map[item]float64, 1), func(b batch, _ int) {
			foreignPoints(b, delta, "fixed", countersOf("fixed", whole), noon, 0)
		})
	},
	"counters of others": func(pieces []map[item]float64, _ map[item]float64) []pmetric.Metrics {
		counts := map[item]float64{}
		return each(pieces, func(b batch, i int) {
			at := noon.Add(time.Duration(i) * time.Minute)
			foreignPoints(b, cumulative, "fixed", countersOf("fixed", addedUp(counts, pieces[i])), at, pcommon.NewTimestampFromTime(noon)-1)
		})
	},
}

func each(pieces []map[item]float64, add func(b batch, i int)) []pmetric.Metrics {
	var all []pmetric.Metrics
	for i := range pieces {
		b := newBatch()
		add(b, i)
		all = append(all, b.Metrics)
	}
	return all
}

func addedUp(counts, more map[item]float64) map[item]float64 {
	for it, amount := range more {
		counts[it] += amount
	}
	return counts
}

func ours(b batch, temporality pmetric.AggregationTemporality, amounts map[item]float64, minute int) {
	for it, amount := range amounts {
		name, attributes := metricOf(it)
		if temporality == delta {
			attributes = append(attributes, "call_id", fmt.Sprint(minute))
		}
		p := point(b.sum(name, temporality), amount, attributes...)
		p.SetTimestamp(pcommon.NewTimestampFromTime(noon.Add(time.Duration(minute) * time.Minute)))
		p.SetStartTimestamp(pcommon.NewTimestampFromTime(noon) - 1)
	}
}
