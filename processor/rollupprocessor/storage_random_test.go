package rollupprocessor

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/extension/xextension/storage"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/otelcol-voice/otelcol-voice/internal/signal/semconv"
	"github.com/otelcol-voice/otelcol-voice/processor/rollupprocessor/internal/disktest"
)

// backend is what a Prometheus-type backend has: for each series its last value, and what increase() makes of all of them.
type backend struct {
	*testing.T
	series map[string]*curve
}

type curve struct {
	at, start pcommon.Timestamp
	value     float64
	increase  float64
}

func newBackend(t *testing.T) *backend { return &backend{t, make(map[string]*curve)} }

// take requires that times go on and that nothing falls.
func (b *backend) take(flushes []pmetric.Metrics) {
	b.Helper()
	for _, md := range flushes {
		for _, rm := range md.ResourceMetrics().All() {
			for _, m := range rm.ScopeMetrics().At(0).Metrics().All() {
				b.metric(rm.Resource(), m)
			}
		}
	}
}

func (b *backend) metric(resource pcommon.Resource, m pmetric.Metric) {
	if m.Type() == pmetric.MetricTypeHistogram {
		for _, p := range m.Histogram().DataPoints().All() {
			b.point(resource, m.Name(), p.Attributes(), p.StartTimestamp(), p.Timestamp(), p.Sum(), p.Flags())
		}
		return
	}
	for _, p := range m.Sum().DataPoints().All() {
		v := p.DoubleValue()
		if p.ValueType() == pmetric.NumberDataPointValueTypeInt {
			v = float64(p.IntValue())
		}
		b.point(resource, m.Name(), p.Attributes(), p.StartTimestamp(), p.Timestamp(), v, p.Flags())
	}
}

func (b *backend) point(resource pcommon.Resource, name string, attributes pcommon.Map, start, at pcommon.Timestamp, v float64, flags pmetric.DataPointFlags) {
	key := fmt.Sprint(resourceText(resource, "service.instance.id"), name, attributes.AsRaw())
	known := b.series[key]
	switch {
	case known == nil:
		known = &curve{}
		b.series[key] = known
	case start == at && at <= known.at: // a zero that is repeated
		require.Equal(b, known.start, start)
		return
	}
	require.Greater(b, at, known.at, "%s: times go on", key)
	require.GreaterOrEqual(b, start, known.start, "%s: starts go on", key)
	if flags.NoRecordedValue() {
		known.at = at
		return
	}
	if start > known.start && start == at {
		known.value = 0
	}
	require.GreaterOrEqual(b, v, known.value, "%s: nothing falls", key)
	*known = curve{at, start, v, known.increase + v - known.value}
}

// increases are what was counted, by metric and attributes.
func (b *backend) increases() map[string]float64 {
	sums := make(map[string]float64)
	for key, l := range b.series {
		if l.increase != 0 {
			sums[key] += l.increase
		}
	}
	return sums
}

// client posts frames and posts again what was not acknowledged, whole or with others.
type client struct {
	random *rand.Rand
	frames int
	owed   [][]in
	truth  map[string]float64
}

// frame is some points, of which two may be alike. Values are whole, so that sums are exact whatever their order.
func (c *client) frame() []in {
	c.frames++
	id, call := fmt.Sprintf("%016x", c.frames), fmt.Sprint("c", c.random.IntN(4))
	var points []in
	for range 1 + c.random.IntN(4) {
		n := 1 + c.random.IntN(9)
		switch c.random.IntN(4) {
		case 0:
			points = append(points, c.point(id, call, semconv.MetricCost, float64(n), fmt.Sprint("m", c.random.IntN(3)), ""))
		case 1:
			points = append(points, c.point(id, call, semconv.MetricLLMTokens, n, "m", call))
		case 2:
			points = append(points, c.point(id, call, semconv.MetricCalls, n, "", ""))
		default:
			points = append(points, c.point(id, call, semconv.MetricTTFB, dist{bounds: semconv.LatencyBounds, counts: single(n), sum: float64(n)}, "m", ""))
		}
	}
	return points
}

func single(n int) []uint64 {
	counts := make([]uint64, len(semconv.LatencyBounds)+1)
	counts[n] = 1
	return counts
}

func (c *client) point(id, call, metric string, value any, model, kept string) in {
	labels := map[string]any{}
	p := in{metric: metric, value: value, attributes: []string{"call_id", call, semconv.TransitID, id}}
	if model != "" {
		p.attributes = append(p.attributes, "model", model)
		labels["model"] = model
	}
	if kept != "" {
		labels["call_id"] = kept
	}
	n := 0.0
	switch v := value.(type) {
	case int:
		n = float64(v)
	case float64:
		n = v
	case dist:
		n = v.sum
	}
	c.truth[fmt.Sprint("collector-1", metric, labels)] += n
	return p
}

// request is what is posted next: something new, and what is owed in any split.
func (c *client) request() [][]in {
	if len(c.owed) == 0 || c.random.IntN(3) > 0 {
		c.owed = append(c.owed, c.frame())
	}
	c.random.Shuffle(len(c.owed), func(i, j int) { c.owed[i], c.owed[j] = c.owed[j], c.owed[i] })
	n := 1 + c.random.IntN(len(c.owed))
	return c.owed[:n]
}

func requestOf(frames [][]in) pmetric.Metrics {
	md := pmetric.NewMetrics()
	for _, points := range frames {
		for _, p := range points {
			p.metrics().ResourceMetrics().MoveAndAppendTo(md.ResourceMetrics())
		}
	}
	return md
}

var errKilled = errors.New("killed")

// TestAnyHistoryIsCountedOnce lets a client post, a backend refuse, a disk fail, snapshots begin, and the process be killed at
// any write, torn or not. What arrives equals what was posted, to the last bit, under one instance id.
func TestAnyHistoryIsCountedOnce(t *testing.T) {
	for seed := range uint64(60) {
		synctest.Test(t, func(t *testing.T) { tellHistory(t, seed) })
	}
}

func tellHistory(t *testing.T, seed uint64) {
	random, dice := rand.New(rand.NewPCG(seed, 23)), rand.New(rand.NewPCG(seed, 29)) // dice are the writer's
	s, b := newStored(t, func(c *Config) { c.IdentityTimeout = 24 * time.Hour }), newBackend(t)
	c := &client{random: random, truth: make(map[string]float64)}
	s.take(in{metric: semconv.MetricCalls, value: 0}) // the state is founded
	for range 150 {
		s.clock = s.clock.Add(time.Duration(random.IntN(20_000)) * time.Millisecond)
		s.disk.OnWrite(unsteady(dice))
		switch random.IntN(12) {
		case 0:
			s.tear(random.IntN(6), dice, b)
		case 1:
			s.disk.OnWrite(nil)
			if random.IntN(3) == 0 {
				_ = s.rollup.Shutdown(context.Background())
				b.take(s.sink.take())
				require.NoError(t, s.start())
			}
		case 2:
			synctest.Wait()
			s.rollup.books.(*durable).log.Burden(1 << 40)
		case 3:
			s.sink.refuse([]error{nil, nil, errors.New("queue is full")}[random.IntN(3)])
		case 4, 5, 6:
			if err := s.rollup.flush(context.Background()); err == nil {
				b.take(s.sink.take())
			}
			s.sink.take()
		default:
			frames := c.request()
			acknowledged := s.rollup.ConsumeMetrics(context.Background(), requestOf(frames)) == nil
			if acknowledged && random.IntN(4) > 0 { // else the answer is lost
				c.owed = c.owed[len(frames):]
			}
			if acknowledged && random.IntN(6) == 0 {
				synctest.Wait()
				s.sameState()
			}
		}
		synctest.Wait()
	}
	s.disk.OnWrite(nil)
	s.sink.refuse(nil)
	if len(c.owed) > 0 {
		require.NoError(t, s.rollup.ConsumeMetrics(context.Background(), requestOf(c.owed)))
	}
	s.crash()
	s.clock = s.clock.Add(time.Hour)
	require.NoError(t, s.rollup.flush(context.Background()))
	b.take(s.sink.take())
	require.Equal(t, c.truth, b.increases(), "seed %d", seed)
}

// unsteady fails some writes, of which some are done all the same.
func unsteady(random *rand.Rand) func([]*storage.Operation) disktest.Fault {
	return func(ops []*storage.Operation) disktest.Fault {
		if random.IntN(8) == 0 {
			return disktest.Fault{Done: random.IntN(len(ops) + 1), Err: errDisk}
		}
		return disktest.Fault{Done: len(ops)}
	}
}

// tear kills the process at one of the writes to come: that is done in part, and what comes after is not.
func (s *stage) tear(writes int, dice *rand.Rand, b *backend) {
	var after *disktest.Disk
	disk := s.disk
	disk.OnWrite(func(ops []*storage.Operation) disktest.Fault {
		if writes--; writes >= 0 {
			return disktest.Fault{Done: len(ops)}
		}
		if after == nil {
			done := dice.IntN(len(ops) + 1)
			after = disk.Copy()
			after.Do("series", ops[:done]...)
		}
		return disktest.Fault{Err: errKilled}
	})
	synctest.Wait()
	s.rollup.books.(*durable).log.Burden(1 << 40)
	for range 3 {
		_ = s.rollup.ConsumeMetrics(context.Background(), in{metric: semconv.MetricCalls, value: 0}.metrics())
		synctest.Wait()
		if after == nil && s.rollup.flush(context.Background()) == nil {
			b.take(s.sink.take())
		}
		synctest.Wait()
	}
	if after == nil {
		after = disk.Copy()
	}
	s.abandon()
	s.disk = after
	require.NoError(s, s.start())
}
