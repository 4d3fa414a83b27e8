package rollupprocessor

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/otelcol-voice/otelcol-voice/internal/signal/semconv"
)

func TestHistogramInOurBounds(t *testing.T) {
	s := newStage(t)
	counts := make([]uint64, len(semconv.LatencyBounds)+1)
	counts[5], counts[18] = 1, 1
	ttfb := in{metric: semconv.MetricTTFB, value: dist{bounds: semconv.LatencyBounds, counts: counts, sum: 12412, min: 412, max: 12000}, attributes: []string{"call_id", "c1", "stage", "llm"}}
	s.at("1s").take(ttfb)
	s.at("10s").flush(
		"bot voice.ttfb.milliseconds{stage=llm} histogram count=0 sum=0.0 [999ms 999ms]",
		"bot voice.ttfb.milliseconds{stage=llm} histogram count=2 sum=12412.0 le500:1 le+Inf:1 min=412 max=12000 [999ms 10s]",
	)
	assert.Empty(t, s.counts("otelcol_processor_rollup_converted_histograms"))
}

func TestHistogramInOtherBoundsGoesByUpperEdge(t *testing.T) {
	s := newStage(t)
	other := in{metric: semconv.MetricTTFB, value: dist{
		bounds: []float64{0, 5, 25, 50, 75, 250, 750, 20000},
		counts: []uint64{1, 1, 1, 1, 1, 1, 1, 1, 1},
		sum:    31000, min: 0.5, max: 30000,
	}}
	s.at("1s").take(other)
	s.at("10s").flush(
		"bot voice.ttfb.milliseconds{} histogram count=0 sum=0.0 [999ms 999ms]",
		"bot voice.ttfb.milliseconds{} histogram count=9 sum=31000.0 le50:4 le100:1 le300:1 le800:1 le+Inf:2 min=0.5 max=30000 [999ms 10s]",
	)
	assert.Equal(t, []string{"=1"}, s.counts("otelcol_processor_rollup_converted_histograms"))
}

func TestHistogramWithoutBucketsIsOverflow(t *testing.T) {
	s := newStage(t)
	md := in{metric: semconv.MetricTTFB, value: dist{sum: 900}}.metrics()
	md.ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics().At(0).Histogram().DataPoints().At(0).SetCount(3)
	assert.NoError(t, s.rollup.ConsumeMetrics(t.Context(), md))
	s.at("10s").flush(
		"bot voice.ttfb.milliseconds{} histogram count=0 sum=0.0 [-1ms -1ms]",
		"bot voice.ttfb.milliseconds{} histogram count=3 sum=900.0 le+Inf:3 [-1ms 10s]",
	)
}

func TestBoundsOfCallDuration(t *testing.T) {
	s := newStage(t)
	duration := in{metric: semconv.MetricCallDuration, value: dist{bounds: []float64{74.2}, counts: []uint64{1, 0}, sum: 74.2}, attributes: []string{"end_reason", "hangup"}}
	s.at("1s").take(duration)
	s.at("10s").flush(
		"bot voice.call.duration.seconds{end_reason=hangup} histogram count=0 sum=0.0 [999ms 999ms]",
		"bot voice.call.duration.seconds{end_reason=hangup} histogram count=1 sum=74.2 le90:1 [999ms 10s]",
	)
}

func TestBoundsOfAnUnknownHistogramAreThoseSeenFirst(t *testing.T) {
	s := newStage(t)
	custom := func(service string, bound float64) in {
		return in{service: service, metric: "voice.custom", value: dist{bounds: []float64{bound}, counts: []uint64{2, 0}, sum: 1}}
	}
	s.at("1s").take(custom("a", 10), custom("a", 7), custom("b", 3))
	s.at("10s").flush(
		"a voice.custom{} histogram count=0 sum=0.0 [999ms 999ms]",
		"a voice.custom{} histogram count=4 sum=2.0 le10:4 [999ms 10s]",
		"b voice.custom{} histogram count=0 sum=0.0 [999ms 999ms]",
		"b voice.custom{} histogram count=2 sum=1.0 le10:2 [999ms 10s]",
	)
	assert.Equal(t, []string{"=2"}, s.counts("otelcol_processor_rollup_converted_histograms"))
}

// One point without its extremes and nobody knows the extremes of all; an empty one says nothing about them.
func TestExtremesAreKnownOrLeftOut(t *testing.T) {
	s := newStage(t)
	point := func(n uint64, low, high float64) in {
		return in{metric: semconv.MetricTTFB, value: dist{bounds: []float64{1000}, counts: []uint64{n, 0}, sum: 30 * float64(n), min: low, max: high}}
	}
	s.at("1s").take(point(2, 30, 40), point(1, 20, 20), point(0, 0, 0))
	s.at("10s").flush(
		"bot voice.ttfb.milliseconds{} histogram count=0 sum=0.0 [999ms 999ms]",
		"bot voice.ttfb.milliseconds{} histogram count=3 sum=90.0 le50:1 le1000:2 min=20 max=40 [999ms 10s]",
	)
	s.at("11s").take(point(1, 0, 0))
	s.at("20s").flush("bot voice.ttfb.milliseconds{} histogram count=4 sum=120.0 le50:2 le1000:2 [999ms 20s]")
}
