package rollupprocessor

import (
	"cmp"
	"math"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/otelcol-voice/otelcol-voice/internal/signal/semconv"
	"github.com/otelcol-voice/otelcol-voice/internal/stream"
	"github.com/otelcol-voice/otelcol-voice/processor/rollupprocessor/internal/ident"
	"github.com/otelcol-voice/otelcol-voice/processor/rollupprocessor/internal/input"
	"github.com/otelcol-voice/otelcol-voice/processor/rollupprocessor/internal/once"
	"github.com/otelcol-voice/otelcol-voice/processor/rollupprocessor/internal/series"
	"github.com/otelcol-voice/otelcol-voice/processor/rollupprocessor/internal/value"
)

// intake takes points to their series. It only reads what it is given and keeps nothing of it but strings. It is not safe
// for concurrent use.
type intake struct {
	cfg          *Config
	router       router
	rules        rules
	hasher       *ident.Hasher
	store        *series.Store
	streams      *input.Streams
	observations *input.Observations
	once         *once.Calls

	now     time.Time          // arrival of the request at hand
	report  report             // of the request at hand
	target  target             // of the metric at hand; a field, so that it is not allocated for each
	view    ident.View         // of the point at hand, and what was read of it
	point   ident.Point        //
	reading value.Distribution // of the histogram point at hand
	wide    value.Exponential  // of an exponential one
}

// report is what became of one request.
type report struct {
	tally     tally
	resets    int64 // cumulative streams that began anew with the same start
	converted int64 // histogram points that came in other bounds than ours
	forgotten int64 // identities of points for which there was no room any more
}

// identity is what tells an intake from others for as long as its state lives: the service.instance.id of all that leaves, and
// the key of its digests.
type identity struct {
	instance string
	seed     ident.Seed
}

// newIntake is an intake that has counted nothing and watches from now on.
func newIntake(cfg *Config, who identity, now time.Time) *intake {
	in := &intake{
		hasher:       ident.NewHasher(who.seed),
		streams:      input.NewStreams(now, cfg.StreamTimeout, cfg.MaxSeries),
		observations: input.NewObservations(cfg.ObservationTimeout, cfg.MaxSeries),
		once:         once.NewCalls(onceSettings(cfg)),
		store:        series.NewStore(who.instance, seriesSettings(cfg)),
	}
	in.configure(cfg)
	return in
}

func onceSettings(cfg *Config) once.Settings {
	return once.Settings{Timeout: cfg.IdentityTimeout, Limit: cfg.MaxIdentities}
}

func seriesSettings(cfg *Config) series.Settings {
	return series.Settings{
		Linger:    cfg.CallID.Linger,
		Resend:    cfg.CallID.ResendInterval,
		Remember:  cfg.IdentityTimeout,
		MaxSeries: cfg.MaxSeries,
	}
}

// configure changes the settings. What has been counted stays where it is.
func (in *intake) configure(cfg *Config) {
	in.cfg = cfg
	in.router = newRouter(cfg)
	in.rules = newRules(cfg.CallID)
	in.store.Configure(seriesSettings(cfg))
	in.store.Retire(otherHistograms(cfg))
	in.streams.Configure(cfg.StreamTimeout, cfg.MaxSeries)
	in.observations.Configure(cfg.ObservationTimeout, cfg.MaxSeries)
	in.once.Configure(onceSettings(cfg))
}

// otherHistograms is the kind that histograms do not have.
func otherHistograms(cfg *Config) series.Kind {
	if cfg.Histograms == HistogramsExponential {
		return series.Histogram
	}
	return series.Exponential
}

// take counts all points of md that do not pass.
func (in *intake) take(md pmetric.Metrics, now time.Time) report {
	in.now, in.report = now, report{}
	in.store.Arrive(now)
	in.once.Begin()
	for _, rm := range md.ResourceMetrics().All() {
		in.resource(rm)
	}
	in.report.forgotten = int64(in.once.Lost())
	in.view = ident.View{} // nothing of the request is kept
	return in.report
}

// flush writes the next flush, after it has forgotten the input streams and the calls that have been silent for too long. It is
// false when the clock does not allow one; the last flush does not wait for it.
func (in *intake) flush(now time.Time, last bool) (series.Flush, bool) {
	in.forget(now)
	return in.store.Flush(now, last)
}

// passFlush is a flush of which nobody sees anything: one that was written before, when this one is replayed.
func (in *intake) passFlush(now time.Time, last bool) {
	in.forget(now)
	in.store.PassFlush(now, last)
}

func (in *intake) forget(now time.Time) {
	in.once.Forget(now)
	in.streams.Forget(now)
	in.observations.Forget(now, in.store.Leave)
}

// origin is where the points at hand come from.
type origin struct {
	service     ident.Service
	caller      ident.Digest // of the service
	environment ident.Environment
	resource    pcommon.Resource
	scope       pcommon.InstrumentationScope
}

func (in *intake) resource(rm pmetric.ResourceMetrics) {
	from := origin{
		service:     ident.ServiceOf(rm.Resource()),
		environment: in.hasher.Environment(ident.EnvironmentOf(rm.Resource())),
		resource:    rm.Resource(),
	}
	from.caller = in.hasher.Text(from.service.Name).Then(in.hasher.Text(from.service.Namespace))
	for _, sm := range rm.ScopeMetrics().All() {
		from.scope = sm.Scope()
		for _, m := range sm.Metrics().All() {
			in.metric(m, &from)
		}
	}
}

func (in *intake) metric(m pmetric.Metric, from *origin) {
	if _, pass := in.router.passes(m); pass {
		return
	}
	known, ours := contract[m.Name()]
	switch {
	case !ident.Nameable(m.Name()):
		in.report.tally.add(droppedMalformed, stream.Points(m))
	case m.Type() == pmetric.MetricTypeSum && !known.isHistogram():
		in.sum(m, from)
	case m.Type() == pmetric.MetricTypeHistogram && (known.isHistogram() || !ours):
		in.histogram(m, from)
	case m.Type() == pmetric.MetricTypeExponentialHistogram && (known.isHistogram() || !ours):
		in.exponential(m, from)
	default:
		in.report.tally.add(droppedUnsupported, stream.Points(m))
	}
}

// target is where the points of the metric at hand go.
type target struct {
	series.About
	family      *series.Family
	environment ident.Environment
	keepCallID  bool
	ours        bool    // of the contract, where nothing is absurdly large and no histogram has anything below zero
	largest     float64 // that a value may be, either side of zero

	// Parts of identities that all points share: the service and the metric of a delta, the producer and the metric's stream of
	// a cumulative point.
	cumulative bool
	from       ident.Digest
	metric     ident.Digest
}

// aim sets the target of the points of m.
func (in *intake) aim(m pmetric.Metric, kind series.Kind, temporality pmetric.AggregationTemporality, from *origin) *target {
	rule := in.rules.of(m.Name())
	_, ours := contract[m.Name()]
	key := series.Key{Service: from.service, Name: m.Name(), Kind: kind}
	in.target = target{
		About:       series.About{Key: key, Unit: cmp.Or(rule.unit, ident.Text(m.Unit())), Description: cmp.Or(semconv.Description(m.Name()), ident.Text(m.Description()))},
		family:      in.store.Family(key),
		environment: from.environment,
		keepCallID:  rule.callID && kind != series.Histogram && kind != series.Exponential,
		ours:        ours,
		largest:     stream.MaxValue,
		from:        from.caller,
		metric:      in.hasher.Text(m.Name()).Then(in.hasher.Text(kind.String())),
	}
	if temporality == pmetric.AggregationTemporalityCumulative {
		in.identify(&in.target, from)
	}
	return &in.target
}

// identify adds what cumulative streams are told apart by: the whole resource, the whole scope, name and kind. Of a metric
// that is not ours they may be as large as they like: they may have counted nanoseconds for years.
func (in *intake) identify(t *target, from *origin) {
	if !t.ours {
		t.largest = math.MaxFloat64
	}
	t.cumulative = true
	t.from = in.hasher.Set(from.resource.Attributes())
	t.metric = in.hasher.Scope(from.scope).Then(t.metric)
}

// read reads the attributes of the point at hand.
func (in *intake) read(t *target, attributes pcommon.Map) {
	in.view = ident.View{Attributes: attributes, Environment: t.environment, KeepCallID: t.keepCallID}
	in.point = in.hasher.Point(in.view)
}

// comesAgain says whether the delta point at hand, which has been read, was counted before.
func (in *intake) comesAgain(t *target) bool {
	return in.point.Marked() && in.once.Known(t.from.Then(in.point.Call), in.point.Mark.Then(t.metric))
}

// counted remembers the delta point at hand.
func (in *intake) counted() {
	if in.point.Marked() {
		in.once.Keep(in.now)
	}
}

// series finds or opens the series of the point at hand, which has been read; nil when there is no room.
func (in *intake) series(t *target) *series.Series {
	if s := t.family.Find(in.point.Series); s != nil {
		return s
	}
	s := in.store.Open(&t.About, in.point.Series, in.view)
	t.family = in.store.Family(t.Key)
	return s
}

// stream finds the cumulative stream of a point.
func (in *intake) stream(t *target, start, at pcommon.Timestamp, attributes pcommon.Map) (*input.Stream, input.Sight) {
	producer := input.Producer{Resource: t.from, Start: start}
	return in.streams.See(producer, t.metric.Then(in.hasher.Set(attributes)), in.timeOf(at), in.now)
}

// aheadOfUs is how far a producer's clock may be ahead of ours.
const aheadOfUs = 10 * time.Minute

// timeOf is the time of a point, or its arrival if it has none or one too far in the future, which would make all that
// follows late.
func (in *intake) timeOf(at pcommon.Timestamp) pcommon.Timestamp {
	if at == 0 || at > pcommon.NewTimestampFromTime(in.now.Add(aheadOfUs)) {
		return pcommon.NewTimestampFromTime(in.now)
	}
	return at
}

// note counts one point that has these attributes.
func (in *intake) note(what outcome, t *target, attributes pcommon.Map) {
	if what == added && in.losesLabels(t, attributes) {
		what = addedWithoutLabel
	}
	in.report.tally.add(what, 1)
}

// losesLabels asks what was read of the point, which a delta that was added has been.
func (in *intake) losesLabels(t *target, attributes pcommon.Map) bool {
	if t.cumulative {
		return ident.LosesLabels(attributes)
	}
	return in.point.LosesLabels
}

// addedTo is the outcome of a point that was added to s.
func addedTo(s *series.Series) outcome {
	if s.Overflow() {
		return addedOverflow
	}
	return added
}

// fullness is what there is to say when max_series is reached.
type fullness struct {
	held
	largest       series.Key // the metric with most series
	largestSeries int
}

// fullness looks at what is held now.
func (in *intake) fullness() fullness {
	key, n := in.store.Largest()
	return fullness{in.holds(), key, n}
}

// holds is what is remembered at the moment.
func (in *intake) holds() held {
	return held{
		series:  in.store.Series(),
		calls:   in.store.Calls(),
		streams: in.streams.Len() + in.observations.Len(),
		marks:   in.once.Marks(),
	}
}
