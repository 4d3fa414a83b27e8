package voicemetricsprocessor

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/cespare/xxhash/v2"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect/provider"
	"github.com/otelcol-voice/otelcol-voice/internal/foreign"
	"github.com/otelcol-voice/otelcol-voice/internal/pricing"
	"github.com/otelcol-voice/otelcol-voice/internal/signal/semconv"
	"github.com/otelcol-voice/otelcol-voice/internal/stream"
)

// sighting is what one point of usage tells.
type sighting struct {
	foreign.Meaning
	family   *foreign.Family
	slot     foreign.Slot
	amount   float64
	start    pcommon.Timestamp
	at       pcommon.Timestamp
	delta    bool
	labels   labels
	priced   bool    // a cost processor has seen it
	together uint64  // the same for points of the same uses
	name     uint64  // what tells it from those
	fate     outcome // what becomes of it
}

// labels are what our points say of who was used, and by whose call.
type labels struct{ callID, provider, model, stage, tier string }

// translateUsage makes voice metrics of the usage in a scope: of its points together, because they contain each other.
func (b *batch) translateUsage(metrics pmetric.MetricSlice) {
	if len(b.feeds) == 0 {
		return
	}
	var seen []*sighting
	for _, m := range metrics.All() {
		if f := b.feeds[m.Name()]; f != nil {
			seen = b.see(seen, f, m, metrics)
		}
	}
	if len(seen) == 0 {
		return
	}
	b.join(slices.Clone(seen))
	for _, m := range metrics.All() {
		if b.feeds[m.Name()] != nil {
			seen = b.dismiss(m, seen)
		}
	}
	b.removeEmpty(metrics, func(name string) bool { return b.feeds[name] != nil })
}

// see takes note of the points of a metric, one sighting each.
func (b *batch) see(seen []*sighting, f *feed, m pmetric.Metric, all pmetric.MetricSlice) []*sighting {
	_, priced := m.Metadata().Get(semconv.MetadataPriced)
	of := sighting{family: f.family, priced: priced, delta: stream.Counting(m) == pmetric.AggregationTemporalityDelta}
	switch {
	case stream.Counting(m) == pmetric.AggregationTemporalityUnspecified:
		of.fate = leftNotCounter
	case f.within != "" && f.within == b.from.scope.Name(), f.newer != nil && hasAny(all, f.newer):
		of.fate = droppedRepeated
	}
	var producer uint64
	if !of.delta && of.fate == unsettled {
		producer = b.from.digest()
	}
	eachAmount(m, func(p dataPoint, amount float64, fault outcome) {
		s := of
		if s.fate == unsettled {
			s.fate = fault
		}
		s.amount, s.start, s.at = amount, p.StartTimestamp(), p.Timestamp()
		if s.fate == unsettled {
			s.fate = s.read(m.Name(), f, p.Attributes(), b.from)
		}
		if s.fate == unsettled && !b.totals.possible(s.reading(producer), b.now) {
			s.fate = droppedMalformed
		}
		seen = append(seen, &s)
	})
	return seen
}

// reading is the sighting as that of a counter.
func (s *sighting) reading(producer uint64) *reading {
	return &reading{
		stream: stream.Mix(stream.Mix(producer, s.together), s.name+uint64(s.slot)),
		start:  s.start, at: s.at, delta: s.delta, amount: s.amount, limit: limitOf(s.Kind),
	}
}

func hasAny(metrics pmetric.MetricSlice, of *foreign.Family) bool {
	for _, m := range metrics.All() {
		if _, ok := of.Metrics[m.Name()]; ok && stream.Points(m) > 0 {
			return true
		}
	}
	return false
}

// eachAmount goes through the points of a metric: what each counts, or why it counts nothing.
func eachAmount(m pmetric.Metric, do func(p dataPoint, amount float64, fault outcome)) {
	switch m.Type() {
	case pmetric.MetricTypeGauge:
		eachNumber(m.Gauge().DataPoints(), do)
	case pmetric.MetricTypeSum:
		eachNumber(m.Sum().DataPoints(), do)
	case pmetric.MetricTypeHistogram:
		for _, p := range m.Histogram().DataPoints().All() {
			amount, fault := addedUp(p)
			do(p, amount, fault)
		}
	case pmetric.MetricTypeExponentialHistogram:
		for _, p := range m.ExponentialHistogram().DataPoints().All() {
			amount, fault := addedUp(p)
			do(p, amount, fault)
		}
	case pmetric.MetricTypeSummary:
		for _, p := range m.Summary().DataPoints().All() {
			do(p, 0, leftNotCounter)
		}
	}
}

func eachNumber(points pmetric.NumberDataPointSlice, do func(p dataPoint, amount float64, fault outcome)) {
	for _, p := range points.All() {
		amount, fault := numberOf(p)
		do(p, amount, fault)
	}
}

func numberOf(p pmetric.NumberDataPoint) (float64, outcome) {
	switch {
	case p.Flags().NoRecordedValue() || p.ValueType() == pmetric.NumberDataPointValueTypeEmpty:
		return 0, leftNoValue
	case p.ValueType() == pmetric.NumberDataPointValueTypeInt:
		return sound(float64(p.IntValue()))
	}
	return sound(p.DoubleValue())
}

// distribution is a histogram's point, of whatever buckets.
type distribution interface {
	Flags() pmetric.DataPointFlags
	HasSum() bool
	Sum() float64
}

func addedUp(p distribution) (float64, outcome) {
	switch {
	case p.Flags().NoRecordedValue():
		return 0, leftNoValue
	case !p.HasSum():
		return 0, leftNoSum
	}
	return sound(p.Sum())
}

func sound(amount float64) (float64, outcome) {
	if !(amount >= 0 && amount <= stream.MaxValue) {
		return 0, droppedMalformed
	}
	return amount, unsettled
}

// read takes what a point's attributes say. It says why the point is not translated, if it is not.
func (s *sighting) read(name string, f *feed, attributes pcommon.Map, from source) outcome {
	family := f.family
	s.together = xxhash.Sum64String(family.Name)
	for key, value := range attributes.All() {
		if key != family.TypeKey && key != family.ModalityKey {
			s.together += stream.Attribute(key, value.AsString())
		}
	}
	word := text(attributes, family.TypeKey)
	s.name = stream.Attribute(name, word)
	meaning, known := f.metric.MeaningOf(word)
	if !known {
		return leftUnknown
	}
	s.Meaning = meaning
	s.labels = labelsOf(family, attributes, from.resource.Attributes())
	stage, contains := stageOf(text(attributes, family.OperationKey), from.scope.Name())
	if contains {
		return leftContainer
	}
	s.place(stage, foreign.ModalityNamed(text(attributes, family.ModalityKey)))
	return unsettled
}

func labelsOf(f *foreign.Family, attributes, resource pcommon.Map) labels {
	l := labels{
		callID:   callOf(attributes, resource),
		provider: textOf(attributes, f.ProviderKeys),
		model:    textOf(attributes, f.ModelKeys),
		tier:     textOf(attributes, f.TierKeys),
	}
	if f.Hosts {
		l.provider = provider.Named(l.provider)
	} else {
		l.provider = provider.Conventional(l.provider)
	}
	return l
}

// stageOf is the stage of an operation, as foreign.Stage has it. LiveKit says generate_content of realtime models alone.
func stageOf(operation, scope string) (stage string, contains bool) {
	if operation == semconv.OperationContent && scope == liveKitScope {
		return semconv.StageRealtime, false
	}
	return foreign.Stage(operation)
}

// place finds the slot and the stage of a point.
func (s *sighting) place(stage string, modality foreign.Modality) {
	s.labels.stage = cmp.Or(stage, s.Stage)
	if s.labels.stage == semconv.StageLLM && isRealtime(s.labels.model) {
		s.labels.stage = semconv.StageRealtime
	}
	if s.Part == foreign.Inside || s.Modality != foreign.Unknown {
		modality = s.Modality
	}
	if s.Side == foreign.Alone {
		modality = foreign.Unknown
	}
	s.slot = foreign.SlotOf(s.Part, modality)
}

// oneCollection is more than what the times of the points of one collection of a process are apart, and less than any
// export interval in use.
const oneCollection = pcommon.Timestamp(time.Second)

// join settles the points of one scope. Those of the same attributes and of one collection tell of the same uses.
func (b *batch) join(seen []*sighting) {
	seen = slices.DeleteFunc(seen, func(s *sighting) bool { return s.fate != unsettled })
	slices.SortStableFunc(seen, func(x, y *sighting) int {
		return cmp.Or(cmp.Compare(x.together, y.together), compareBool(x.delta, y.delta), cmp.Compare(x.at, y.at))
	})
	for len(seen) > 0 {
		n := together(seen)
		b.collection(seen[:n])
		seen = seen[n:]
	}
}

func compareBool(x, y bool) int {
	switch {
	case x == y:
		return 0
	case x:
		return 1
	}
	return -1
}

// together is how many of the first points are of one collection: it tells nothing twice.
func together(points []*sighting) int {
	first := points[0]
	for i, p := range points {
		if p.together != first.together || p.delta != first.delta || p.at-first.at > oneCollection ||
			slices.ContainsFunc(points[:i], p.tellsAgain) {
			return i
		}
	}
	return len(points)
}

// tellsAgain says whether a point tells what another one tells.
func (s *sighting) tellsAgain(other *sighting) bool {
	return s.name == other.name && s.slot == other.slot
}

// collection settles the points of one collection with the same attributes, use by use.
func (b *batch) collection(points []*sighting) {
	ofRealtime(points)
	for _, p := range points {
		switch {
		case p.fate != unsettled:
		case len(p.Again) > 0:
			b.again(p, points)
		case p.Side == foreign.Alone:
			b.use([]*sighting{p})
		default:
			b.use(partsOf(points, p.Use))
		}
	}
}

// ofRealtime gives the tokens of a realtime model their stage: of deltas, only some of the points say that it is one. A
// cumulative point must say the same for ever, or it would be another stream.
func ofRealtime(points []*sighting) {
	if !slices.ContainsFunc(points, func(s *sighting) bool { return s.delta && s.labels.stage == semconv.StageRealtime }) {
		return
	}
	for _, p := range points {
		if p.labels.stage == semconv.StageLLM {
			p.labels.stage = semconv.StageRealtime
		}
	}
}

// isRealtime says whether a model by its name hears and speaks.
func isRealtime(model string) bool {
	model = strings.ToLower(model)
	return slices.ContainsFunc([]string{"realtime", "-live", "nova-sonic", "nova-2-sonic", "ultravox"}, func(word string) bool {
		return strings.Contains(model, word)
	})
}

func partsOf(points []*sighting, use foreign.Use) []*sighting {
	return slices.DeleteFunc(slices.Clone(points), func(p *sighting) bool { return p.Use != use || len(p.Again) > 0 })
}

// again deals with a point that tells of other points' uses in another division. Where they are not there, a total of all
// tokens is one that is not split, and a part tells too little.
func (b *batch) again(s *sighting, points []*sighting) {
	told := func(other *sighting) bool { return len(other.Again) == 0 && slices.Contains(s.Again, other.Use) }
	switch {
	case slices.ContainsFunc(points, told):
		s.fate = droppedRepeated
	case len(s.Again) < 2:
		s.fate = leftUnjoined
	default:
		b.emit(&emission{whole: s, start: s.start, kind: pricing.Unknown, amount: s.amount})
		s.fate = translated
	}
}

// use translates one use, of which the points are a whole and its parts. Parts without their whole stay: wherever that is,
// it is translated with them in it.
func (b *batch) use(points []*sighting) {
	whole := wholeOf(points)
	if whole == nil {
		for _, p := range points {
			p.fate = leftUnjoined
		}
		return
	}
	divided := b.divide(whole, countsOf(points))
	for _, leaf := range divided.leaves {
		b.emit(&emission{whole: whole, start: divided.start, kind: leaf.Kind, amount: leaf.Amount})
	}
	for _, p := range points {
		p.fate = divided.outcome
		if divided.partless && p.Part != foreign.Whole {
			p.fate = droppedMalformed
		}
	}
}

func countsOf(points []*sighting) *foreign.Counts {
	counts := new(foreign.Counts)
	for _, p := range points {
		counts[p.slot] += p.amount
	}
	return counts
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

// dismiss removes the points of a metric that have been translated or are worth nothing, and returns the sightings of the
// metrics behind it. What stays is marked as seen by a cost processor: it is not to be priced beside what came of it.
func (b *batch) dismiss(m pmetric.Metric, seen []*sighting) []*sighting {
	points := stream.Points(m)
	of := seen[:points]
	touched := slices.ContainsFunc(of, func(s *sighting) bool { return !s.fate.stays() })
	goes := func() bool {
		s := of[0]
		of = of[1:]
		return b.settle(s.fate)
	}
	removeIf(m, goes)
	if touched {
		m.Metadata().PutBool(semconv.MetadataPriced, true)
	}
	return seen[points:]
}

// removeIf asks for each point of a metric, in their order, whether it goes.
func removeIf(m pmetric.Metric, goes func() bool) {
	switch m.Type() {
	case pmetric.MetricTypeGauge:
		m.Gauge().DataPoints().RemoveIf(func(pmetric.NumberDataPoint) bool { return goes() })
	case pmetric.MetricTypeSum:
		m.Sum().DataPoints().RemoveIf(func(pmetric.NumberDataPoint) bool { return goes() })
	case pmetric.MetricTypeHistogram:
		m.Histogram().DataPoints().RemoveIf(func(pmetric.HistogramDataPoint) bool { return goes() })
	case pmetric.MetricTypeExponentialHistogram:
		m.ExponentialHistogram().DataPoints().RemoveIf(func(pmetric.ExponentialHistogramDataPoint) bool { return goes() })
	case pmetric.MetricTypeSummary:
		m.Summary().DataPoints().RemoveIf(func(pmetric.SummaryDataPoint) bool { return goes() })
	}
}
