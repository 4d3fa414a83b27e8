package rollupprocessor

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/otelcol-voice/otelcol-voice/internal/signal/semconv"
)

// seen is an observation of a latency.
func seen(ms float64, call string, attributes ...string) in {
	if call != "" {
		attributes = append(attributes, "call_id", call)
	}
	return in{metric: semconv.MetricTTFB, value: dist{bounds: []float64{1e6}, counts: []uint64{1, 0}, sum: ms}, attributes: attributes}
}

// shown flushes and returns the exemplars of all series: value, call, trace and span, time.
func (s *stage) shown() []string {
	s.Helper()
	s.sink.take()
	require.Equal(s, s.sink.refusal, s.rollup.flush(s.T.Context()))
	var texts []string
	for _, md := range s.sink.take() {
		for _, m := range md.ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics().All() {
			for _, p := range m.Histogram().DataPoints().All() {
				for _, x := range p.Exemplars().All() {
					call := ""
					if v, ok := x.FilteredAttributes().Get("call_id"); ok {
						call = v.Str()
					}
					texts = append(texts, fmt.Sprintf("%g %s %s/%s %s", x.DoubleValue(), call, x.TraceID(), x.SpanID(), since(x.Timestamp())))
				}
			}
		}
	}
	return texts
}

func TestSlowestOfAnIntervalIsShown(t *testing.T) {
	s := newStage(t)
	s.at("1s").take(seen(400, "c1"), seen(900, "c2"), seen(500, "c3"), seen(100, "c4", "model", "m"))
	s.at("10s")
	assert.Equal(t, []string{"900 c2 / 10s", "100 c4 / 10s"}, s.shown())
	s.at("20s")
	assert.Empty(t, s.shown(), "nothing is new")
	s.at("21s").take(seen(300, "c5"))
	s.at("30s")
	assert.Equal(t, []string{"300 c5 / 30s"}, s.shown())
}

// Until a flush is accepted it is shown again, with a fresh time, unless there is something newer.
func TestExemplarOfARefusedFlush(t *testing.T) {
	s := newStage(t)
	s.sink.refuse(errors.New("down"))
	s.at("1s").take(seen(900, "c1"))
	s.at("10s")
	assert.Equal(t, []string{"900 c1 / 10s"}, s.shown())
	s.at("20s")
	assert.Equal(t, []string{"900 c1 / 20s"}, s.shown())
	s.at("21s").take(seen(300, "c2"))
	s.sink.refuse(nil)
	s.at("30s")
	assert.Equal(t, []string{"300 c2 / 30s"}, s.shown())
	s.at("40s")
	assert.Empty(t, s.shown())
}

// exemplified adds exemplars to the point of a histogram.
func exemplified(p in, values ...any) pmetric.Metrics {
	md := p.metrics()
	point := md.ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics().At(0).Histogram().DataPoints().At(0)
	for i, v := range values {
		x := point.Exemplars().AppendEmpty()
		switch v := v.(type) {
		case int:
			x.SetIntValue(int64(v))
		case float64:
			x.SetDoubleValue(v)
		}
		x.SetTraceID(pcommon.TraceID{15: byte(i + 1)})
		x.SetSpanID(pcommon.SpanID{7: byte(i + 1)})
		x.FilteredAttributes().PutStr("user", "somebody")
	}
	return md
}

const trace, span = "0000000000000000000000000000000", "000000000000000"

func TestExemplarsThatComeInLeadToTheirTrace(t *testing.T) {
	s := newStage(t)
	s.at("1s").take(seen(300, "c1"))
	require.NoError(t, s.rollup.ConsumeMetrics(t.Context(), exemplified(seen(500, "c2"), 200, 500.0, 499)))
	s.take(seen(400, "c3"))
	s.at("10s")
	assert.Equal(t, []string{"500 c2 " + trace + "2/" + span + "2 10s"}, s.shown())

	several := in{metric: semconv.MetricTTFB, value: dist{bounds: []float64{1e6}, counts: []uint64{2, 0}, sum: 900, min: 200, max: 700}, attributes: []string{"call_id", "c4"}}
	s.at("11s").take(several)
	s.at("20s")
	assert.Equal(t, []string{"700 c4 / 20s"}, s.shown(), "its largest value")
	s.at("21s").take(seen(500, ""), in{metric: semconv.MetricTTFB, value: dist{bounds: []float64{1e6}, counts: []uint64{2, 0}, sum: 900}})
	s.at("30s")
	assert.Empty(t, s.shown(), "it would lead nowhere")
}

func TestExemplarsOfCumulativeHistograms(t *testing.T) {
	s := newStage(t)
	latency := func(n uint64, time string) in {
		return in{metric: semconv.MetricTTFB, value: dist{counts: []uint64{n}, sum: 100, min: 7, max: 90}, start: "0s", time: time, attributes: []string{"call_id", "c1"}}
	}
	s.at("1s").take(latency(1, "1s"))
	s.at("10s")
	assert.Empty(t, s.shown())
	require.NoError(t, s.rollup.ConsumeMetrics(t.Context(), exemplified(latency(3, "11s"), 42)))
	s.at("20s")
	assert.Equal(t, []string{"42 c1 " + trace + "1/" + span + "1 20s"}, s.shown())
	require.NoError(t, s.rollup.ConsumeMetrics(t.Context(), exemplified(latency(3, "21s"), 80)))
	s.at("30s")
	assert.Empty(t, s.shown(), "a stream that stands still has nothing to show")
}

// A backend takes 128 characters of names and values.
func TestExemplarWithALongCallID(t *testing.T) {
	for n, want := range map[int]string{
		58: "%s " + trace + "1/" + span + "1 10s",
		59: "%s " + trace + "1/ 10s",
		81: "%s " + trace + "1/ 10s",
		82: " " + trace + "1/" + span + "1 10s",
	} {
		s := newStage(t)
		id := strings.Repeat("é", n)
		require.NoError(t, s.rollup.ConsumeMetrics(t.Context(), exemplified(seen(5, id), 5)))
		s.at("10s")
		if strings.Contains(want, "%s") {
			want = fmt.Sprintf(want, id)
		}
		assert.Equal(t, []string{"5 " + want}, s.shown(), "%d characters", n)
	}
	s := newStage(t)
	s.at("1s").take(seen(5, strings.Repeat("x", 122), "model", "a"), seen(6, strings.Repeat("x", 121), "model", "b"))
	s.at("10s")
	assert.Len(t, s.shown(), 1)
}

func TestExemplarsAreOff(t *testing.T) {
	s := newStage(t, func(c *Config) { c.Exemplars = false })
	s.at("1s").take(seen(400, "c1"))
	require.NoError(t, s.rollup.ConsumeMetrics(t.Context(), exemplified(seen(500, "c2"), 200)))
	s.at("10s")
	assert.Empty(t, s.shown())
}

// Values that are none are not shown.
func TestExemplarsWithoutAValue(t *testing.T) {
	s := newStage(t)
	md := exemplified(seen(5, "c1"), math.NaN(), math.Inf(1))
	require.NoError(t, s.rollup.ConsumeMetrics(t.Context(), md))
	s.at("10s")
	assert.Equal(t, []string{"5 c1 / 10s"}, s.shown())
}
