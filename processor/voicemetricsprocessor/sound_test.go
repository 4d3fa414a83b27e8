package voicemetricsprocessor

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// ofScope is metrics of one scope.
func ofScope(fill func(pmetric.MetricSlice)) pmetric.Metrics {
	md := pmetric.NewMetrics()
	fill(md.ResourceMetrics().AppendEmpty().ScopeMetrics().AppendEmpty().Metrics())
	return md
}

// What contradicts itself is no time, and is told so here: behind this, rollup would drop it.
func TestTimesThatCannotBe(t *testing.T) {
	for name, spoil := range map[string]func(pmetric.HistogramDataPoint){
		"a bucket less":         func(p pmetric.HistogramDataPoint) { p.BucketCounts().FromRaw([]uint64{0, 1, 1}) },
		"no bounds":             func(p pmetric.HistogramDataPoint) { p.ExplicitBounds().FromRaw(nil) },
		"bounds that descend":   func(p pmetric.HistogramDataPoint) { p.ExplicitBounds().FromRaw([]float64{5, 1, 0}) },
		"bounds that stand":     func(p pmetric.HistogramDataPoint) { p.ExplicitBounds().FromRaw([]float64{0, 1, 1}) },
		"bounds that are none":  func(p pmetric.HistogramDataPoint) { p.ExplicitBounds().FromRaw([]float64{math.NaN(), 1, 5}) },
		"bounds without end":    func(p pmetric.HistogramDataPoint) { p.ExplicitBounds().FromRaw([]float64{0, 1, math.Inf(1)}) },
		"bounds beyond numbers": func(p pmetric.HistogramDataPoint) { p.ExplicitBounds().FromRaw([]float64{0, 1, 1e306}) },
		"another count":         func(p pmetric.HistogramDataPoint) { p.SetCount(3) },
		"a count beyond numbers": func(p pmetric.HistogramDataPoint) {
			p.SetCount(1 << 63)
			p.BucketCounts().FromRaw([]uint64{0, 1 << 63, 0, 0})
		},
		"a bucket beyond numbers": func(p pmetric.HistogramDataPoint) { p.BucketCounts().FromRaw([]uint64{0, 1 << 63, 1 << 63, 2}) },
		"below zero":              func(p pmetric.HistogramDataPoint) { p.SetSum(-7) },
		"weeks":                   func(p pmetric.HistogramDataPoint) { p.SetSum(2*frame.MaxSeconds + 1) },
		"a sum beyond numbers":    func(p pmetric.HistogramDataPoint) { p.SetSum(1e306) },
		"a sum of nothing":        func(p pmetric.HistogramDataPoint) { p.SetCount(0); p.BucketCounts().FromRaw([]uint64{0, 0, 0, 0}) },
		"too many buckets": func(p pmetric.HistogramDataPoint) {
			p.ExplicitBounds().FromRaw(make([]float64, 1024))
			p.BucketCounts().FromRaw(append(make([]uint64, 1024), 2))
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t, &Config{From: []string{"lk.agents"}})
			out := h.take(ofScope(func(metrics pmetric.MetricSlice) {
				m := metrics.AppendEmpty()
				m.SetName("lk.agents.turn.llm_ttft")
				m.SetEmptyHistogram().SetAggregationTemporality(delta)
				for _, how := range []func(pmetric.HistogramDataPoint){func(pmetric.HistogramDataPoint) {}, spoil} {
					p := m.Histogram().DataPoints().AppendEmpty()
					p.ExplicitBounds().FromRaw([]float64{0, 1, 5})
					p.BucketCounts().FromRaw([]uint64{0, 1, 1, 0})
					p.SetCount(2)
					p.SetSum(2.5)
					how(p)
				}
			}))
			assert.Equal(t, "left/malformed=1 translated=1", h.points())
			assert.Contains(t, lines(out), "voice.ttfb.milliseconds 2x2500 stage=llm")
			assert.Equal(t, 2, out.DataPointCount(), "what is left stays as it came")
		})
	}
}

func TestExponentialTimesThatCannotBe(t *testing.T) {
	for name, spoil := range map[string]func(pmetric.ExponentialHistogramDataPoint){
		"another count":          func(p pmetric.ExponentialHistogramDataPoint) { p.SetCount(4) },
		"zeros beyond the count": func(p pmetric.ExponentialHistogramDataPoint) { p.SetZeroCount(math.MaxUint64) },
		"buckets beyond the count": func(p pmetric.ExponentialHistogramDataPoint) {
			p.Negative().BucketCounts().FromRaw([]uint64{1 << 63, 1 << 63})
		},
		"a scale that there is not":  func(p pmetric.ExponentialHistogramDataPoint) { p.SetScale(2_000_000_000) },
		"one that is as coarse":      func(p pmetric.ExponentialHistogramDataPoint) { p.SetScale(-100_000) },
		"an offset that has no next": func(p pmetric.ExponentialHistogramDataPoint) { p.SetScale(20); p.Positive().SetOffset(math.MaxInt32) },
		"a threshold that is none":   func(p pmetric.ExponentialHistogramDataPoint) { p.SetZeroThreshold(math.NaN()) },
		"a threshold below zero":     func(p pmetric.ExponentialHistogramDataPoint) { p.SetZeroThreshold(-1) },
		"below zero":                 func(p pmetric.ExponentialHistogramDataPoint) { p.SetSum(-7) },
		"a sum beyond numbers":       func(p pmetric.ExponentialHistogramDataPoint) { p.SetSum(1e306) },
		"more buckets than anyone has": func(p pmetric.ExponentialHistogramDataPoint) {
			p.Positive().BucketCounts().FromRaw(append(make([]uint64, 1024), 2))
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t, &Config{From: []string{"lk.agents"}})
			out := h.take(ofScope(func(metrics pmetric.MetricSlice) {
				m := metrics.AppendEmpty()
				m.SetName("lk.agents.turn.e2e_latency")
				m.SetEmptyExponentialHistogram().SetAggregationTemporality(delta)
				for _, how := range []func(pmetric.ExponentialHistogramDataPoint){func(pmetric.ExponentialHistogramDataPoint) {}, spoil} {
					p := m.ExponentialHistogram().DataPoints().AppendEmpty()
					p.SetScale(2)
					p.Positive().BucketCounts().FromRaw([]uint64{2})
					p.SetCount(2)
					p.SetSum(2.5)
					how(p)
				}
			}))
			assert.Equal(t, "left/malformed=1 translated=1", h.points())
			assert.Contains(t, lines(out), "voice.turn.latency.milliseconds 2x2500")
		})
	}
}

// One point of a counter has no more than one report can mean.
func TestUseThatCannotBe(t *testing.T) {
	for name, most := range map[string]int{
		"llm_input_tokens": frame.MaxTokens, "tts_characters": frame.MaxCharacters, "stt_audio_duration": frame.MaxSeconds, "llm_session_duration": frame.MaxSeconds,
	} {
		for _, temporality := range []pmetric.AggregationTemporality{cumulative, delta} {
			h := newHarness(t, &Config{From: []string{"lk.agents"}})
			for _, amount := range []any{most, most + 1, 1 << 62, 1e308} {
				h.take(told(temporality, used{"lk.agents.usage." + name, counter, amount, []any{"model_name", "m"}}))
			}
			want := "left/malformed=3 translated=1"
			if temporality == cumulative {
				want = "left/malformed=2 translated=2" // that one more was late
			}
			assert.Equal(t, want, h.points(), name)
		}
	}
}

// A cumulative counter may come to more than a point may add. One that jumped is not believed until it is back.
func TestTotalsGrowByReports(t *testing.T) {
	h := newHarness(t, &Config{From: []string{"lk.agents"}})
	const most = float64(frame.MaxTokens)
	for i, step := range []struct {
		total float64
		want  string
	}{
		{most, "translated=1"},
		{2 * most, "translated=2"},
		{1e12, "left/malformed=1 translated=2"},
		{1e12 + 1, "left/malformed=2 translated=2"},
		{2*most + 1, "left/malformed=2 translated=3"},
		{5, "left/malformed=2 translated=4"},
	} {
		at := time.Duration(10*i+10) * time.Second
		bot := sdk{scope: "somebody", temporality: cumulative}
		bot.record(time.Second, counter, "lk.agents.usage.llm_input_tokens", "", step.total, "model_name", "m")
		h.at(at).take(bot.export(at))
		assert.Equal(t, step.want, h.points(), step.total)
	}
}

// A counter that ran before our time may have come to anything.
func TestTotalOfBeforeOurTime(t *testing.T) {
	h := newHarness(t, &Config{From: []string{"lk.agents"}})
	for i, total := range []float64{1e12, 1e12 + 1, 3e12} {
		at := time.Duration(10*i+10) * time.Second
		bot := sdk{scope: "somebody", temporality: cumulative}
		bot.record(-time.Hour, counter, "lk.agents.usage.llm_input_tokens", "", total, "model_name", "m")
		h.at(at).take(bot.export(at))
	}
	assert.Equal(t, "left/malformed=1 translated=2", h.points())
}

// A scope whose metrics are gone goes with them, and so does a resource; what was empty when it came passes.
func TestNothingIsLeftEmpty(t *testing.T) {
	md := pmetric.NewMetrics()
	for range 2 {
		rm := md.ResourceMetrics().AppendEmpty()
		rm.ScopeMetrics().AppendEmpty()
		nothing := rm.ScopeMetrics().AppendEmpty().Metrics().AppendEmpty()
		nothing.SetName("lk.agents.usage.llm_input_tokens")
		nothing.SetEmptySum().SetIsMonotonic(true)
		nothing.Sum().SetAggregationTemporality(delta)
		nothing.Sum().DataPoints().AppendEmpty().SetIntValue(0)
	}
	alone := md.ResourceMetrics().AppendEmpty().ScopeMetrics()
	md.ResourceMetrics().At(0).ScopeMetrics().At(1).CopyTo(alone.AppendEmpty())
	other := md.ResourceMetrics().At(0).ScopeMetrics().AppendEmpty().Metrics().AppendEmpty()
	other.SetName("other")
	out := newHarness(t, &Config{From: []string{"lk.agents"}}).take(md)
	assert.Equal(t, 2, out.ResourceMetrics().Len())
	assert.Equal(t, 2, out.ResourceMetrics().At(0).ScopeMetrics().Len())
	assert.Equal(t, 1, out.ResourceMetrics().At(1).ScopeMetrics().Len())
}
