package voicemetricsprocessor

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/otelcol-voice/otelcol-voice/internal/signal/semconv"
)

func TestLatencies(t *testing.T) {
	times := func(name string, seconds float64, attributes ...any) used {
		return used{name, histogram, seconds, attributes}
	}
	gpt := []any{"model_name", "gpt-4o", "model_provider", "openai"}
	chat := func(more ...any) []any {
		return append([]any{"gen_ai.operation.name", "chat", "gen_ai.provider.name", "azure.ai.openai", "gen_ai.response.model", "gpt-4o"}, more...)
	}
	const openai, azure = " call_id=RM_1 model=gpt-4o provider=openai", " call_id=RM_1 model=gpt-4o provider=azure"
	for name, tc := range map[string]struct {
		points   []used
		want     []string
		received string
	}{
		"LiveKit": {
			points: []used{
				times("lk.agents.turn.llm_ttft", 0.5, gpt...), times("lk.agents.turn.llm_ttft", 0.25, gpt...),
				times("lk.agents.turn.tts_ttfb", 0.2, "model_name", "sonic-3", "model_provider", "Cartesia"),
				times("lk.agents.turn.transcription_delay", 0.1), times("lk.agents.turn.e2e_latency", 1.5, gpt...),
			},
			want: []string{
				"voice.ttfb.milliseconds 1x100 call_id=RM_1 stage=stt",
				"voice.ttfb.milliseconds 1x200 call_id=RM_1 model=sonic-3 provider=cartesia stage=tts",
				"voice.ttfb.milliseconds 2x750" + openai + " stage=llm",
				"voice.turn.latency.milliseconds 1x1500 call_id=RM_1",
			},
			received: "translated=4",
		},
		"LiveKit: what is not known yet is none": {
			points: []used{
				times("lk.agents.turn.transcription_delay", 0.0), times("lk.agents.turn.transcription_delay", 0.0), times("lk.agents.turn.transcription_delay", 0.3),
				times("lk.agents.turn.llm_ttft", -1.0, gpt...), times("lk.agents.turn.llm_ttft", 0.5, gpt...),
				times("lk.agents.turn.tts_ttfb", 0.0),
			},
			want: []string{
				"voice.ttfb.milliseconds 1x300 call_id=RM_1 stage=stt",
				"voice.ttfb.milliseconds 1x500" + openai + " stage=llm",
			},
			received: "dropped/empty=1 translated=2",
		},
		"LiveKit: what has no counterpart stays": {
			points:   []used{times("lk.agents.turn.end_of_turn_delay", 0.5), times("lk.agents.connection.acquire_time", 0.5)},
			want:     []string{"lk.agents.connection.acquire_time 1x0.5", "lk.agents.turn.end_of_turn_delay 1x0.5"},
			received: "",
		},
		"gen_ai": {
			points: []used{
				times("gen_ai.client.operation.duration", 1.25, chat()...), times("gen_ai.client.operation.time_to_first_chunk", 0.4, chat()...),
				times("gen_ai.client.operation.duration", 0.5, "gen_ai.operation.name", "text_to_speech"),
			},
			want: []string{
				"voice.processing.milliseconds 1x1250" + azure + " stage=llm",
				"voice.processing.milliseconds 1x500 call_id=RM_1 stage=tts",
				"voice.ttfb.milliseconds 1x400" + azure + " stage=llm",
			},
			received: "translated=3",
		},
		"gen_ai: the first token is told once": {
			points: []used{
				times("gen_ai.client.operation.time_to_first_token", 0.4, chat()...), times("gen_ai.client.operation.time_to_first_chunk", 0.4, chat()...),
			},
			want:     []string{"voice.ttfb.milliseconds 1x400" + azure + " stage=llm"},
			received: "dropped/repeated=1 translated=1",
		},
		"gen_ai: the first token alone": {
			points:   []used{times("gen_ai.client.operation.time_to_first_token", 0.4, chat()...)},
			want:     []string{"voice.ttfb.milliseconds 1x400" + azure + " stage=llm"},
			received: "translated=1",
		},
		"gen_ai: what no stage of a call does stays": {
			points: []used{
				times("gen_ai.client.operation.duration", 1, "gen_ai.operation.name", "invoke_agent"),
				times("gen_ai.client.operation.duration", 2, "gen_ai.operation.name", "embeddings"),
				times("gen_ai.client.operation.duration", 3, "gen_ai.operation.name", "chat", "error.type", "timeout"),
			},
			want: []string{
				"gen_ai.client.operation.duration 1x1 gen_ai.operation.name=invoke_agent",
				"gen_ai.client.operation.duration 1x2 gen_ai.operation.name=embeddings",
				"gen_ai.client.operation.duration 1x3 error.type=timeout gen_ai.operation.name=chat",
			},
			received: "left/container=1 left/failed=1 left/unknown=1",
		},
		"a counter is no histogram": {
			points:   []used{{"lk.agents.turn.llm_ttft", counter, 1, nil}},
			want:     []string{"lk.agents.turn.llm_ttft 1"},
			received: "left/malformed=1",
		},
	} {
		t.Run(name, func(t *testing.T) {
			for _, temporality := range []pmetric.AggregationTemporality{cumulative, delta} {
				h := newHarness(t, &Config{From: []string{"lk.agents", "gen_ai.client"}})
				assert.Equal(t, tc.want, lines(h.take(told(temporality, tc.points...))))
				if tc.received != "" {
					assert.Equal(t, tc.received, h.points())
				}
			}
		})
	}
}

// seconds is a histogram's point of a bot, with the default buckets.
func seconds(values ...float64) pmetric.HistogramDataPoint {
	s := sdkStream{}
	for _, v := range values {
		s.observe(v)
		s.sum += v
	}
	p := pmetric.NewHistogramDataPoint()
	s.distribution(p, after(10*time.Second))
	return p
}

func TestScaledHistogram(t *testing.T) {
	p := seconds(0, 0.412, 7, 0)
	p.Exemplars().AppendEmpty().SetDoubleValue(0.412)
	p.Exemplars().AppendEmpty().SetDoubleValue(0)
	withoutZeros(p)
	scale(p, milliseconds)
	assert.Equal(t, uint64(2), p.Count())
	assert.InDelta(t, 7412, p.Sum(), 1e-9)
	assert.False(t, p.HasMin(), "it was a zero; the smallest of the others is not told")
	assert.InDelta(t, 7000, p.Max(), 1e-9)
	assert.Equal(t, []float64{0, 5000, 10000, 25000}, p.ExplicitBounds().AsRaw()[:4])
	assert.Equal(t, []uint64{0, 1, 1, 0}, p.BucketCounts().AsRaw()[:4])
	require.Equal(t, 1, p.Exemplars().Len())
	assert.InDelta(t, 412, p.Exemplars().At(0).DoubleValue(), 1e-9)

	kept := seconds(0.412, 7)
	withoutZeros(kept)
	scale(kept, milliseconds)
	assert.InDelta(t, 412, kept.Min(), 1e-9)
}

// A bot whose view has other bounds has its one zero in the first bucket, with others.
func TestZeroInOtherBounds(t *testing.T) {
	for name, tc := range map[string]struct {
		minimum float64
		count   uint64
		sum     float64
	}{
		"a zero":     {0, 3, 0.3},
		"below zero": {-1, 3, 1.3},
		"none":       {0.05, 4, 0.3},
	} {
		t.Run(name, func(t *testing.T) {
			p := pmetric.NewHistogramDataPoint()
			p.ExplicitBounds().FromRaw([]float64{0.1, 0.5})
			p.BucketCounts().FromRaw([]uint64{3, 1, 0})
			p.SetCount(4)
			p.SetSum(0.3)
			p.SetMin(tc.minimum)
			withoutZeros(p)
			assert.Equal(t, tc.count, p.Count())
			assert.InDelta(t, tc.sum, p.Sum(), 1e-12)
			assert.Equal(t, []uint64{tc.count - 1, 1, 0}, p.BucketCounts().AsRaw())
		})
	}
}

// At scale 3 a bucket is 9% wide, and what was 0.5 s is in the bucket of 500 ms or the one beside it.
func TestScaledExponential(t *testing.T) {
	p := pmetric.NewExponentialHistogramDataPoint()
	p.SetScale(3)
	p.SetZeroCount(2)
	p.SetCount(5)
	p.SetSum(1.5)
	p.SetMin(0)
	p.SetMax(0.5)
	p.Positive().SetOffset(-9) // (2^-9/8, 2^-1] holds 0.5
	p.Positive().BucketCounts().FromRaw([]uint64{3})
	withoutExponentialZeros(p)
	scaleExponential(p, milliseconds)
	assert.Equal(t, uint64(3), p.Count())
	assert.Zero(t, p.ZeroCount())
	assert.InDelta(t, 1500, p.Sum(), 1e-9)
	assert.InDelta(t, 500, p.Max(), 1e-9)
	assert.False(t, p.HasMin())
	assert.Equal(t, int32(-9+80), p.Positive().Offset()) // 1000 is 2^9.97: 79.7 buckets
}

func TestUnitOfTimes(t *testing.T) {
	for unit, want := range map[string]float64{"s": 1500, "": 1500, semconv.UnitMilliseconds: 1.5} {
		bot := sdk{scope: "x", temporality: delta}
		bot.record(0, histogram, "lk.agents.turn.e2e_latency", unit, 1.5)
		h := newHarness(t, &Config{From: []string{"lk.agents"}})
		out := h.take(bot.export(time.Second)).ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics().At(0)
		assert.InDelta(t, want, out.Histogram().DataPoints().At(0).Sum(), 1e-9, unit)
		assert.Equal(t, semconv.UnitMilliseconds, out.Unit())
	}
}
