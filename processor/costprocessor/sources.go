package costprocessor

import (
	"cmp"
	"slices"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect/provider"
	"github.com/otelcol-voice/otelcol-voice/internal/foreign"
	"github.com/otelcol-voice/otelcol-voice/internal/signal/semconv"
	"github.com/otelcol-voice/otelcol-voice/internal/stream"
)

// feed is a metric of others that is priced.
type feed struct {
	family *foreign.Family
	metric foreign.Metric
}

// sighting is what one point of a feed tells.
type sighting struct {
	foreign.Meaning
	family   *foreign.Family
	slot     foreign.Slot
	usage    usage  // who was used, when, and how much
	other    string // another name of the model
	start    pcommon.Timestamp
	what     outcome // unsettled, or ignoredZero
	together uint64  // the same for points of the same uses
	name     uint64  // what tells it from those
}

// sighted collects the points of a scope's foreign metrics, of one temporality.
type sighted struct {
	temporality pmetric.AggregationTemporality
	points      []sighting
}

// sourced prices the first metrics of a scope that are configured as sources. They pass on as they are but for a mark among
// the metric's metadata, which is no part of any series: a second cost processor does not price them again.
func (b *metricsBatch) sourced(from source, metrics pmetric.MetricSlice, first int, foreignCost bool, answers *answers) {
	if len(b.feeds) == 0 {
		return
	}
	seen := [2]sighted{{temporality: pmetric.AggregationTemporalityDelta}, {temporality: pmetric.AggregationTemporalityCumulative}}
	for i := range first {
		metric := metrics.At(i)
		feed := b.feeds[metric.Name()]
		if feed == nil {
			continue
		}
		if ignored := b.passes(metric, foreignCost); ignored != unsettled {
			b.tally.outcomes[ignored] += int64(stream.Points(metric))
			continue
		}
		for j := range seen {
			b.see(feed, metric, &seen[j])
		}
	}
	for i := range seen {
		if len(seen[i].points) > 0 {
			b.settle(from, &seen[i], answers)
		}
	}
}

// passes says why none of a metric's points is priced, and marks the metric.
func (b *metricsBatch) passes(metric pmetric.Metric, foreignCost bool) outcome {
	_, seen := metric.Metadata().Get(semconv.MetadataPriced)
	switch {
	case seen:
		return ignoredPriced
	case stream.Counting(metric) == pmetric.AggregationTemporalityUnspecified:
		return ignoredNotCounter
	}
	if !b.dry {
		metric.Metadata().PutBool(semconv.MetadataPriced, true)
	}
	if foreignCost {
		return ignoredForeign
	}
	return unsettled
}

// see takes note of a metric's points if they are of the temporality at hand.
func (b *metricsBatch) see(f *feed, metric pmetric.Metric, into *sighted) {
	if stream.Counting(metric) != into.temporality {
		return
	}
	name := metric.Name()
	switch metric.Type() {
	case pmetric.MetricTypeSum:
		for _, p := range metric.Sum().DataPoints().All() {
			u := usage{}
			what := u.quantify(p)
			b.sight(f, name, p, u, what, into)
		}
	case pmetric.MetricTypeHistogram:
		for _, p := range metric.Histogram().DataPoints().All() {
			u := usage{}
			what := u.addedUp(p)
			b.sight(f, name, p, u, what, into)
		}
	case pmetric.MetricTypeExponentialHistogram:
		for _, p := range metric.ExponentialHistogram().DataPoints().All() {
			u := usage{}
			what := u.addedUp(p)
			b.sight(f, name, p, u, what, into)
		}
	}
}

// distribution is a histogram's point, of whatever buckets.
type distribution interface {
	Flags() pmetric.DataPointFlags
	Count() uint64
	HasSum() bool
	Sum() float64
}

// addedUp makes a histogram's sum the usage's quantity.
func (u *usage) addedUp(p distribution) outcome {
	switch {
	case p.Flags().NoRecordedValue():
		return ignoredNoValue
	case !p.HasSum():
		return ignoredNoSum
	}
	return u.measure(p.Sum())
}

// dataPoint is a data point of whatever metric.
type dataPoint interface {
	Attributes() pcommon.Map
	StartTimestamp() pcommon.Timestamp
	Timestamp() pcommon.Timestamp
}

// sight takes note of a point, unless what becomes of it is settled already.
func (b *metricsBatch) sight(f *feed, name string, p dataPoint, u usage, what outcome, into *sighted) {
	if what != unsettled && what != ignoredZero {
		b.tally.add(what, &u)
		return
	}
	s := sighting{family: f.family, usage: u, what: what, start: p.StartTimestamp()}
	s.usage.At = b.momentOf(int64(p.Timestamp()))
	if ignored := s.read(name, f, p.Attributes()); ignored != unsettled {
		b.tally.add(ignored, &u)
		return
	}
	into.points = append(into.points, s)
}

// read takes what a point's attributes say. It says why the point is not priced, if it is not.
func (s *sighting) read(name string, f *feed, attributes pcommon.Map) outcome {
	family := f.family
	word, modality, operation := "", "", ""
	for key, value := range attributes.All() {
		switch key {
		case family.TypeKey:
			word = value.Str()
			continue
		case family.ModalityKey:
			modality = value.Str()
			continue
		case family.OperationKey:
			operation = value.Str()
		}
		s.together += stream.Attribute(key, value.AsString())
	}
	s.name = stream.Attribute(name, word)
	var known bool
	if s.Meaning, known = f.metric.MeaningOf(word); !known {
		s.Meaning = foreign.Strange
		s.together += s.name
	}
	s.who(attributes)
	return s.place(operation, foreign.ModalityNamed(modality))
}

// who reads who bills, and for which model.
func (s *sighting) who(attributes pcommon.Map) {
	f, u := s.family, &s.usage
	u.Provider = cmp.Or(textOf(attributes, f.ProviderKeys), f.Provider)
	if f.Hosts {
		u.Provider = provider.Named(u.Provider)
	}
	u.Model = cmp.Or(textOf(attributes, f.ModelKeys), f.Model)
	s.other = f.Model
	for _, key := range f.ModelKeys {
		if name := text(attributes, key); name != "" && name != u.Model {
			s.other = name
		}
	}
	u.ServiceTier = textOf(attributes, f.TierKeys)
}

// place finds the slot and the stage of a point.
func (s *sighting) place(operation string, modality foreign.Modality) outcome {
	stage, contains := foreign.Stage(operation)
	s.usage.costType = cmp.Or(stage, s.Stage)
	if contains {
		return ignoredContainer
	}
	if s.Part == foreign.Inside || s.Modality != foreign.Unknown {
		modality = s.Modality
	}
	if s.Side == foreign.Alone {
		modality = foreign.Unknown
	}
	s.slot = foreign.SlotOf(s.Part, modality)
	return unsettled
}

// textOf is the value of the first of the attributes that is there.
func textOf(attributes pcommon.Map, keys []string) string {
	for _, key := range keys {
		if value := text(attributes, key); value != "" {
			return value
		}
	}
	return ""
}

// oneCollection is more than what the times of the points of one collection of a process are apart, and less than any
// export interval in use.
const oneCollection = time.Second

// settle prices the points of one scope. Those of the same attributes and of one collection tell of the same uses.
func (b *metricsBatch) settle(from source, seen *sighted, answers *answers) {
	slices.SortStableFunc(seen.points, func(x, y sighting) int {
		return cmp.Or(cmp.Compare(x.family.Name, y.family.Name), cmp.Compare(x.together, y.together), x.usage.At.Compare(y.usage.At))
	})
	by := reporter{temporality: seen.temporality, answers: answers}
	if seen.temporality == pmetric.AggregationTemporalityCumulative {
		by.source = from.digest()
	}
	for points := seen.points; len(points) > 0; {
		n := together(points)
		b.collection(points[:n], &by)
		points = points[n:]
	}
}

// together is how many of the first points are of one collection: it tells nothing twice.
func together(points []sighting) int {
	first := &points[0]
	for i := range points {
		p := &points[i]
		if p.family != first.family || p.together != first.together || p.usage.At.Sub(first.usage.At) > oneCollection ||
			slices.ContainsFunc(points[:i], p.tellsAgain) {
			return i
		}
	}
	return len(points)
}

// tellsAgain says whether a point tells what another one tells.
func (s *sighting) tellsAgain(other sighting) bool {
	return s.name == other.name && s.slot == other.slot
}

// reporter is who reports a collection, and where the answers go.
type reporter struct {
	temporality pmetric.AggregationTemporality
	source      uint64 // of cumulative points
	answers     *answers
}

// collection prices the points of one collection with the same attributes, use by use.
func (b *metricsBatch) collection(points []sighting, by *reporter) {
	ofRealtime(points)
	var done []foreign.Use
	for i := range points {
		p := &points[i]
		switch {
		case len(p.family.Stages) > 0 && !slices.Contains(p.family.Stages, p.usage.costType):
			b.tally.add(ignoredStage, &p.usage)
		case len(p.Again) > 0:
			b.again(p, points, by)
		case p.Side == foreign.Alone:
			b.use([]*sighting{p}, by)
		case !slices.Contains(done, p.Use):
			done = append(done, p.Use)
			b.use(partsOf(points, p.Use), by)
		}
	}
}

// ofRealtime gives the tokens of a realtime model their stage: only some of the points say that it is one.
func ofRealtime(points []sighting) {
	if !slices.ContainsFunc(points, func(s sighting) bool { return s.usage.costType == semconv.StageRealtime }) {
		return
	}
	for i := range points {
		if points[i].usage.costType == semconv.StageLLM {
			points[i].usage.costType = semconv.StageRealtime
		}
	}
}

func partsOf(points []sighting, use foreign.Use) []*sighting {
	var all []*sighting
	for i := range points {
		if points[i].Use == use && len(points[i].Again) == 0 {
			all = append(all, &points[i])
		}
	}
	return all
}

// again deals with a point that tells of other points' uses in another division: they are what is priced. Where they are
// not there, nobody knows what it would cost.
func (b *metricsBatch) again(s *sighting, points []sighting, by *reporter) {
	told := func(other sighting) bool { return len(other.Again) == 0 && slices.Contains(s.Again, other.Use) }
	if slices.ContainsFunc(points, told) {
		b.tally.add(covered, &s.usage)
		return
	}
	b.use([]*sighting{s}, by)
}
