package rollupprocessor

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/otelcol-voice/otelcol-voice/processor/rollupprocessor/internal/disktest"
	"github.com/otelcol-voice/otelcol-voice/processor/rollupprocessor/internal/metadatatest"
)

// noon is where every story begins; all times in stories are durations since then.
var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func after(d string) pcommon.Timestamp {
	since, err := time.ParseDuration(d)
	if err != nil {
		panic(err)
	}
	return pcommon.NewTimestampFromTime(noon.Add(since))
}

// sink is the next component. It can refuse, and checks that whoever is called under a lock would hang.
type sink struct {
	mu      sync.Mutex
	refusal error
	got     []pmetric.Metrics
	meet    func(context.Context) // called first, outside the sink's lock
}

func (s *sink) Capabilities() consumer.Capabilities { return consumer.Capabilities{MutatesData: true} }

func (s *sink) ConsumeMetrics(ctx context.Context, md pmetric.Metrics) error {
	if s.meet != nil {
		s.meet(ctx)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.got = append(s.got, md)
	return s.refusal
}

func (s *sink) refuse(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refusal = err
}

func (s *sink) take() []pmetric.Metrics {
	s.mu.Lock()
	defer s.mu.Unlock()
	got := s.got
	s.got = nil
	return got
}

// stage is a rollup whose clock a story moves.
type stage struct {
	*testing.T
	cfg       *Config
	disk      *disktest.Disk // nil: it has no storage
	rollup    *rollup
	sink      *sink
	telemetry *componenttest.Telemetry
	logs      *observer.ObservedLogs
	logger    *zap.Logger
	clock     time.Time
	instances int
}

// newStage is a rollup that was made at noon.
func newStage(t *testing.T, configure ...func(*Config)) *stage {
	t.Helper()
	cfg := createDefaultConfig().(*Config)
	for _, f := range configure {
		f(cfg)
	}
	require.NoError(t, cfg.Validate())
	core, logs := observer.New(zap.InfoLevel)
	s := &stage{T: t, cfg: cfg, sink: &sink{}, telemetry: componenttest.NewTelemetry(), clock: noon, logs: logs, logger: zap.New(core)}
	if cfg.Storage != nil {
		s.disk = disktest.New()
	}
	require.NoError(t, s.start())
	t.Cleanup(func() {
		s.sink.refuse(nil)
		assert.NoError(t, s.rollup.Shutdown(context.Background()))
		assert.NoError(t, s.telemetry.Shutdown(context.Background()))
	})
	return s
}

// start makes the rollup of the stage. It begins no flusher: the story flushes.
func (s *stage) start() error {
	set := metadatatest.NewSettings(s.telemetry)
	set.Logger = s.logger
	instance := func() string {
		s.instances++
		return fmt.Sprint("collector-", s.instances)
	}
	var err error
	s.rollup, err = newRollup(set, s.cfg, s.sink, surroundings{now: func() time.Time { return s.clock }, instance: instance})
	require.NoError(s, err)
	if s.cfg.Storage == nil {
		return nil
	}
	return s.rollup.open(context.Background(), s.host())
}

// at moves the clock.
func (s *stage) at(d string) *stage {
	s.clock = after(d).AsTime()
	return s
}

// take hands over points, one request each. A request may be shared with other pipelines, so it is marked read-only.
func (s *stage) take(points ...in) {
	s.Helper()
	for _, p := range points {
		md := p.metrics()
		md.MarkReadOnly()
		require.NoError(s, s.rollup.ConsumeMetrics(context.Background(), md))
	}
}

// flush flushes and compares what arrives with lines of the form
//
//	service metric{label=value} kind value [start time]
func (s *stage) flush(want ...string) {
	s.Helper()
	s.sink.take()
	err := s.rollup.flush(context.Background())
	require.Equal(s, s.sink.refusal, err)
	assert.Equal(s, strings.Join(want, "\n"), strings.Join(s.lines(), "\n"))
}

// skip flushes and looks away.
func (s *stage) skip() {
	s.Helper()
	require.NoError(s, s.rollup.flush(context.Background()))
	s.sink.take()
}

func (s *stage) lines() []string {
	var lines []string
	for _, md := range s.sink.take() {
		for _, rm := range md.ResourceMetrics().All() {
			lines = append(lines, linesOf(s.T, rm)...)
		}
	}
	return lines
}

func linesOf(t *testing.T, rm pmetric.ResourceMetrics) []string {
	t.Helper()
	service := resourceText(rm.Resource(), "service.name")
	if namespace := resourceText(rm.Resource(), "service.namespace"); namespace != "" {
		service = namespace + "/" + service
	}
	var lines []string
	for _, sm := range rm.ScopeMetrics().All() {
		for _, m := range sm.Metrics().All() {
			for _, line := range metricLines(t, m) {
				lines = append(lines, service+" "+line)
			}
		}
	}
	return lines
}

func resourceText(r pcommon.Resource, key string) string {
	v, ok := r.Attributes().Get(key)
	if !ok {
		return ""
	}
	return v.AsString()
}

func metricLines(t *testing.T, m pmetric.Metric) []string {
	t.Helper()
	var lines []string
	switch m.Type() {
	case pmetric.MetricTypeSum:
		require.Equal(t, pmetric.AggregationTemporalityCumulative, m.Sum().AggregationTemporality())
		for _, p := range m.Sum().DataPoints().All() {
			kind := map[bool]string{true: "counter", false: "updown"}[m.Sum().IsMonotonic()]
			lines = append(lines, line(m, p.Attributes(), kind, numberText(p), p.StartTimestamp(), p.Timestamp()))
		}
	case pmetric.MetricTypeHistogram:
		require.Equal(t, pmetric.AggregationTemporalityCumulative, m.Histogram().AggregationTemporality())
		for _, p := range m.Histogram().DataPoints().All() {
			lines = append(lines, line(m, p.Attributes(), "histogram", histogramText(p), p.StartTimestamp(), p.Timestamp()))
		}
	case pmetric.MetricTypeExponentialHistogram:
		require.Equal(t, pmetric.AggregationTemporalityCumulative, m.ExponentialHistogram().AggregationTemporality())
		for _, p := range m.ExponentialHistogram().DataPoints().All() {
			lines = append(lines, line(m, p.Attributes(), "exponential", exponentialText(p), p.StartTimestamp(), p.Timestamp()))
		}
	default:
		lines = append(lines, fmt.Sprintf("%s passed as %s", m.Name(), m.Type()))
	}
	return lines
}

// exponentialText lists only buckets with something in them, by their index.
func exponentialText(p pmetric.ExponentialHistogramDataPoint) string {
	if p.Flags().NoRecordedValue() {
		return "ended"
	}
	text := fmt.Sprintf("scale=%d count=%d sum=%s", p.Scale(), p.Count(), doubleText(p.Sum()))
	if p.ZeroCount() > 0 {
		text += fmt.Sprintf(" zero:%d", p.ZeroCount())
	}
	for i, n := range p.Positive().BucketCounts().All() {
		if n > 0 {
			text += fmt.Sprintf(" %d:%d", int(p.Positive().Offset())+i, n)
		}
	}
	if p.HasMin() || p.HasMax() {
		text += fmt.Sprintf(" min=%g max=%g", p.Min(), p.Max())
	}
	return text
}

func line(m pmetric.Metric, attributes pcommon.Map, kind, text string, start, at pcommon.Timestamp) string {
	labels := make([]string, 0, attributes.Len())
	for key, v := range attributes.All() {
		labels = append(labels, key+"="+v.AsString())
	}
	slices.Sort(labels)
	return fmt.Sprintf("%s{%s} %s %s [%s %s]", m.Name(), strings.Join(labels, " "), kind, text, since(start), since(at))
}

func since(at pcommon.Timestamp) string { return at.AsTime().Sub(noon).String() }

func numberText(p pmetric.NumberDataPoint) string {
	switch {
	case p.Flags().NoRecordedValue():
		return "ended"
	case p.ValueType() == pmetric.NumberDataPointValueTypeInt:
		return strconv.FormatInt(p.IntValue(), 10)
	default:
		return doubleText(p.DoubleValue())
	}
}

// doubleText always shows that it is a double.
func doubleText(v float64) string {
	text := strconv.FormatFloat(v, 'g', -1, 64)
	if !strings.ContainsAny(text, ".e") {
		text += ".0"
	}
	return text
}

// histogramText lists only buckets with something in them, by their upper bound.
func histogramText(p pmetric.HistogramDataPoint) string {
	text := fmt.Sprintf("count=%d sum=%s", p.Count(), doubleText(p.Sum()))
	for i, n := range p.BucketCounts().All() {
		bound := "+Inf"
		if i < p.ExplicitBounds().Len() {
			bound = strconv.FormatFloat(p.ExplicitBounds().At(i), 'g', -1, 64)
		}
		if n > 0 {
			text += fmt.Sprintf(" le%s:%d", bound, n)
		}
	}
	if p.HasMin() || p.HasMax() {
		text += fmt.Sprintf(" min=%g max=%g", p.Min(), p.Max())
	}
	return text
}

// received compares what became of all input points so far: outcome/reason=n, sorted.
func (s *stage) received(want string) {
	s.Helper()
	assert.Equal(s, want, strings.Join(s.counts("otelcol_processor_rollup_input_points", "outcome", "reason"), " "))
}

// counts are the values of a self-metric by some of its attributes, sorted.
func (s *stage) counts(name string, by ...string) []string {
	m, err := s.telemetry.GetMetric(name)
	if err != nil {
		return nil
	}
	var points []metricdata.DataPoint[int64]
	switch data := m.Data.(type) {
	case metricdata.Sum[int64]:
		points = data.DataPoints
	case metricdata.Gauge[int64]:
		points = data.DataPoints
	}
	var texts []string
	for _, p := range points {
		var names []string
		for _, key := range by {
			if v, ok := p.Attributes.Value(attribute.Key(key)); ok && v.AsString() != "" {
				names = append(names, v.AsString())
			}
		}
		texts = append(texts, fmt.Sprintf("%s=%d", strings.Join(names, "/"), p.Value))
	}
	slices.Sort(texts)
	return texts
}

// in is one input point. The zero value of each field is what most points have: a delta of the service voice-bot.
type in struct {
	service, namespace, environment string
	resource                        []string // more attributes of it
	scope                           string
	metric, unit                    string
	value                           any // int, float64 or dist
	attributes                      []string
	updown                          bool
	start, time                     string // of a cumulative point; "" for deltas
	noValue                         bool
}

// dist is a histogram point: counts by bucket, in bounds.
type dist struct {
	bounds   []float64
	counts   []uint64
	sum      float64
	min, max float64 // both 0: unknown
}

func (i in) metrics() pmetric.Metrics {
	md := pmetric.NewMetrics()
	rm := md.ResourceMetrics().AppendEmpty()
	name := i.service
	if name == "" {
		name = "bot"
	}
	put(rm.Resource().Attributes(), "service.name", name)
	if i.namespace != "" {
		put(rm.Resource().Attributes(), "service.namespace", i.namespace)
	}
	if i.environment != "" {
		put(rm.Resource().Attributes(), "deployment.environment.name", i.environment)
	}
	put(rm.Resource().Attributes(), i.resource...)
	sm := rm.ScopeMetrics().AppendEmpty()
	sm.Scope().SetName(i.scope)
	m := sm.Metrics().AppendEmpty()
	m.SetName(i.metric)
	m.SetUnit(i.unit)
	i.data(m)
	return md
}

func (i in) data(m pmetric.Metric) {
	temporality := pmetric.AggregationTemporalityDelta
	if i.time != "" {
		temporality = pmetric.AggregationTemporalityCumulative
	}
	if d, ok := i.value.(dist); ok {
		h := m.SetEmptyHistogram()
		h.SetAggregationTemporality(temporality)
		p := h.DataPoints().AppendEmpty()
		d.write(p)
		stampPoint(i, p)
		return
	}
	sum := m.SetEmptySum()
	sum.SetAggregationTemporality(temporality)
	sum.SetIsMonotonic(!i.updown)
	p := sum.DataPoints().AppendEmpty()
	switch v := i.value.(type) {
	case int:
		p.SetIntValue(int64(v))
	case float64:
		p.SetDoubleValue(v)
	}
	stampPoint(i, p)
}

func stampPoint(i in, p interface {
	Attributes() pcommon.Map
	SetFlags(pmetric.DataPointFlags)
	SetStartTimestamp(pcommon.Timestamp)
	SetTimestamp(pcommon.Timestamp)
},
) {
	put(p.Attributes(), i.attributes...)
	p.SetFlags(pmetric.DefaultDataPointFlags.WithNoRecordedValue(i.noValue))
	if i.start != "" {
		p.SetStartTimestamp(after(i.start))
	}
	if i.time != "" {
		p.SetTimestamp(after(i.time))
	}
}

func (d dist) write(p pmetric.HistogramDataPoint) {
	var count uint64
	for _, n := range d.counts {
		count += n
	}
	p.ExplicitBounds().FromRaw(d.bounds)
	p.BucketCounts().FromRaw(d.counts)
	p.SetCount(count)
	p.SetSum(d.sum)
	if d.min != 0 || d.max != 0 {
		p.SetMin(d.min)
		p.SetMax(d.max)
	}
}

func put(m pcommon.Map, pairs ...string) {
	for i := 0; i+1 < len(pairs); i += 2 {
		m.PutStr(pairs[i], pairs[i+1])
	}
}

// intake is what the rollup holds.
func (s *stage) intake() *intake {
	switch b := s.rollup.books.(type) {
	case *memory:
		return b.intake
	case *durable:
		return b.intake
	default:
		return nil
	}
}
