package costprocessor

import (
	"slices"

	"github.com/cespare/xxhash/v2"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/otelcol-voice/otelcol-voice/internal/foreign"
	"github.com/otelcol-voice/otelcol-voice/internal/pricing"
	"github.com/otelcol-voice/otelcol-voice/internal/stream"
)

// share is one use of a collection being priced: a whole and its parts, or a use that stands alone.
type share struct {
	by      *reporter
	points  []*sighting
	whole   *sighting
	stream  uint64 // what tells the use from others of its reporter
	key     counterKey
	counter *counter // of a cumulative use; nil where there is no room

	counts foreign.Counts
	leaves []foreign.Leaf
	doubt  foreign.Doubt
	fates  []fate
}

// fate is what became of a kind of usage.
type fate struct {
	what  outcome
	usage usage
}

// use prices one use. Parts without their whole are not priced: wherever that is, it is priced with them in it.
func (b *metricsBatch) use(points []*sighting, by *reporter) {
	whole := wholeOf(points)
	if whole == nil {
		for _, p := range points {
			b.tally.add(ignoredUnjoined, &p.usage)
		}
		return
	}
	s := share{by: by, points: points, whole: whole, stream: streamOfUse(whole)}
	if by.temporality == pmetric.AggregationTemporalityCumulative {
		b.counters.Lock()
		defer b.counters.Unlock()
		b.follow(&s)
	}
	b.count(&s)
	s.leaves, s.doubt = whole.Use.Split(&s.counts)
	b.chargeLeaves(&s)
	b.repeatOthers(&s)
	for _, p := range points {
		b.tallyPoint(&s, p)
	}
}

// wholeOf is the whole among a use's points: where there are several modalities, that which began first.
func wholeOf(points []*sighting) *sighting {
	var whole *sighting
	for _, p := range points {
		if p.Part == foreign.Whole && (whole == nil || p.start < whole.start) {
			whole = p
		}
	}
	return whole
}

func streamOfUse(whole *sighting) uint64 {
	stream := stream.Mix(xxhash.Sum64String(whole.family.Name), whole.together) + uint64(whole.Side)
	if whole.Side == foreign.Alone {
		stream += whole.name
	}
	return stream
}

// follow finds the counter of a cumulative use.
func (b *metricsBatch) follow(s *share) {
	s.key = counterKey{source: s.by.source, stream: s.stream, start: s.whole.start}
	if b.dry {
		s.counter = b.counters.get(s.key)
		return
	}
	s.counter = b.counters.find(s.key, b.now())
	if s.counter == nil {
		b.tally.untracked += int64(len(s.points))
		return
	}
	b.tracked = true
}

// count is how much was used, or how much more than before.
func (b *metricsBatch) count(s *share) {
	for _, p := range s.points {
		more := p.usage.Quantity
		if s.counter != nil {
			more = b.moreOf(s, mark{
				slot: uint8(p.slot), start: p.start, at: p.usage.At.UnixNano(), quantity: p.usage.Quantity,
			})
		}
		s.counts[p.slot] += more.Float()
	}
}

func (b *metricsBatch) moreOf(s *share, to mark) pricing.Quantity {
	if b.dry {
		return s.counter.mark(to.slot).more(to)
	}
	return b.advance(s.counter, s.key, to)
}

// chargeLeaves prices what is new, kind by kind.
func (b *metricsBatch) chargeLeaves(s *share) {
	for i, leaf := range s.leaves {
		if s.fate(leaf.Kind) != nil {
			continue
		}
		amount := 0.0
		for _, same := range s.leaves[i:] {
			if same.Kind == leaf.Kind {
				amount += same.Amount
			}
		}
		b.begin(s, leaf.Kind)
		b.finish(s, b.chargeLeaf(s, amount))
	}
}

func (b *metricsBatch) chargeLeaf(s *share, amount float64) outcome {
	u := &b.usage
	what := u.measure(amount)
	switch {
	case what != unsettled:
		return what
	case s.counter == nil || b.dry:
		return b.price(u)
	}
	return b.charge(s.counter, u.Quantity)
}

// repeatOthers answers once more for what a counter has of other kinds and under other names, so that an answer that got
// lost is made up for.
func (b *metricsBatch) repeatOthers(s *share) {
	if s.counter == nil || b.dry {
		return
	}
	others := s.counter.others(b.now())
	for i := range s.counter.accounts {
		if a := s.counter.accounts[i]; s.counter.last(a.kind).label == a.label && s.fate(a.kind) == nil {
			others = append(others, a)
		}
	}
	for i := range others {
		b.begin(s, others[i].kind)
		b.finish(s, others[i].repeat(&b.usage))
	}
}

// begin makes a kind of the use the usage at hand.
func (b *metricsBatch) begin(s *share, kind pricing.Kind) {
	b.usage = s.whole.usage
	u := &b.usage
	u.Kind, u.stream = kind, stream.Text(stream.Mix(s.stream, xxhash.Sum64String(kind.String())))
	if other := s.whole.other; other != "" && b.book.Price(&u.Usage).Reason == pricing.NoModel {
		u.labels.model, u.Model = u.Model, other
	}
	u.unclear = s.doubt != foreign.Certain || kind == pricing.PromptText && b.blind(s)
}

// blind says whether some of a prompt may have come from a cache, cheaper, without anybody saying so.
func (b *metricsBatch) blind(s *share) bool {
	told := func(p *sighting) bool { return p.Part == foreign.CacheRead }
	if !s.whole.family.Blind || slices.ContainsFunc(s.points, told) {
		return false
	}
	cached := b.usage.Usage
	cached.Kind = pricing.PromptCacheRead
	return b.book.Price(&cached).Reason == pricing.Priced
}

// finish answers for the usage at hand.
func (b *metricsBatch) finish(s *share, what outcome) {
	s.fates = append(s.fates, fate{what, b.usage})
	if b.dry {
		return
	}
	p := pmetric.NewNumberDataPoint()
	p.SetStartTimestamp(s.whole.start)
	p.SetTimestamp(pcommon.NewTimestampFromTime(s.whole.usage.At))
	b.answer(what, p, &origin{temporality: s.by.temporality, points: len(s.leaves)}, s.by.answers)
}

func (s *share) fate(kind pricing.Kind) *fate {
	for i := range s.fates {
		if s.fates[i].usage.Kind == kind {
			return &s.fates[i]
		}
	}
	return nil
}

// tallyPoint counts a point by what became of what it alone tells of: of a whole, of what its parts leave of it.
func (b *metricsBatch) tallyPoint(s *share, p *sighting) {
	what, of := ignoredZero, &p.usage
	switch amount := s.counts[p.slot]; {
	case amount > 0 && s.doubt == foreign.Impossible && p.Part != foreign.Whole:
		what = ignoredMalformed
	case amount > 0:
		what = covered
	}
	for _, leaf := range s.leaves {
		if f := s.fate(leaf.Kind); leaf.Of == p.slot && what != unpriced {
			what, of = f.what, &f.usage
		}
	}
	b.tally.add(what, of)
}
