package voicemetricsprocessor

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/processor"
	"go.opentelemetry.io/collector/processor/processortest"

	"github.com/otelcol-voice/otelcol-voice/internal/signal/semconv"
	"github.com/otelcol-voice/otelcol-voice/processor/costprocessor"
	"github.com/otelcol-voice/otelcol-voice/processor/rollupprocessor"
)

// chain is voice_metrics (if it is configured), cost and rollup, as in a pipeline.
type chain struct {
	*testing.T
	clock *clockwork.FakeClock
	first consumer.Metrics
	stop  []func()
	sink  *consumertest.MetricsSink
}

func newChain(t *testing.T, cfg, costCfg map[string]any) *chain {
	t.Helper()
	c := &chain{T: t, clock: clockwork.NewFakeClockAt(noon), sink: new(consumertest.MetricsSink)}
	c.first = c.sink
	c.prepend(rollupprocessor.NewFactory(rollupprocessor.WithClock(c.clock)), map[string]any{"call_id": "label"})
	c.prepend(costprocessor.NewFactory(), costCfg)
	if cfg != nil {
		c.prepend(NewFactory(WithClock(c.clock)), cfg)
	}
	return c
}

func (c *chain) prepend(factory processor.Factory, raw map[string]any) {
	c.Helper()
	ctx := context.Background()
	cfg := factory.CreateDefaultConfig()
	require.NoError(c, confmap.NewFromStringMap(raw).Unmarshal(cfg))
	p, err := factory.CreateMetrics(ctx, processortest.NewNopSettings(factory.Type()), cfg, c.first)
	require.NoError(c, err)
	require.NoError(c, p.Start(ctx, componenttest.NewNopHost()))
	c.first, c.stop = p, append([]func(){func() { require.NoError(c, p.Shutdown(ctx)) }}, c.stop...)
}

// take is a request that arrives at a time.
func (c *chain) take(at time.Duration, md pmetric.Metrics) {
	c.Helper()
	c.clock.Advance(noon.Add(at).Sub(c.clock.Now()))
	require.NoError(c, c.first.ConsumeMetrics(context.Background(), md))
}

// end stops the pipeline, and returns the last that each series said, as lines without what tells them apart from nothing: zeros
// of a beginning.
func (c *chain) end() []string {
	c.Helper()
	for _, stop := range c.stop {
		stop()
	}
	last := map[string]string{}
	for _, md := range c.sink.AllMetrics() {
		for _, line := range lines(md) {
			words := strings.SplitN(line, " ", 3)
			last[words[0]+" "+strings.Join(words[2:], "")] = line
		}
	}
	return slices.Sorted(maps.Values(last))
}

const (
	callOne = "0b3a54a6-7f0f-4c8a-9d0e-1f6f8f5d2a01"
	callTwo = "9d1f1d6e-54a8-4c5d-8f5c-6a3a7b1c9e02"
)

// The script: a process with two calls, the second of which begins while the collector is up.
func script(temporality pmetric.AggregationTemporality) func(c *chain) {
	return func(c *chain) {
		bot := newRAGBot(callOne, time.Second, temporality)
		bot.start(time.Second, 0)
		bot.turn(3*time.Second, 0, 0.412, 0.19, 1042, 37, 48)
		c.take(10*time.Second, bot.export(10*time.Second))
		bot.turn(12*time.Second, 0, 0.3, 0.21, 1100, 40, 100)
		c.take(20*time.Second, bot.export(20*time.Second))
		c.take(30*time.Second, bot.export(30*time.Second))
		bot.callID, bot.began = callTwo, 32*time.Second
		bot.start(32*time.Second, 1)
		bot.turn(35*time.Second, 1, 0.5, 0.2, 10, 5, 20)
		c.take(40*time.Second, bot.export(40*time.Second))
		c.take(50*time.Second, bot.export(50*time.Second))
	}
}

// What the bot used, and what that costs: 2,142 and 10 tokens at $2.50 a million, 77 and 5 at $10, 148 and 20 characters at $50.
// Its calls, both of one process, lasted 12 and 4 s up to the last report, which is seen at the next collection: after 19 and 8.
func TestRAGBotRepaired(t *testing.T) {
	one, two := " call_id="+callOne, " call_id="+callTwo
	want := []string{
		"voice.calls.total 1" + one,
		"voice.calls.total 1" + two,
		"voice.cost.usd 0.001" + two + " cost_source=computed cost_type=tts provider=cartesia",
		"voice.cost.usd 0.006125" + one + " cost_source=computed cost_type=llm model=gpt-4o provider=openai",
		"voice.cost.usd 0.0074" + one + " cost_source=computed cost_type=tts provider=cartesia",
		"voice.cost.usd 7.5e-05" + two + " cost_source=computed cost_type=llm model=gpt-4o provider=openai",
		"voice.llm.tokens.total 10" + two + " model=gpt-4o provider=openai token_kind=text token_type=prompt",
		"voice.llm.tokens.total 2142" + one + " model=gpt-4o provider=openai token_kind=text token_type=prompt",
		"voice.llm.tokens.total 5" + two + " model=gpt-4o provider=openai token_kind=text token_type=completion",
		"voice.llm.tokens.total 77" + one + " model=gpt-4o provider=openai token_kind=text token_type=completion",
		"voice.processing.milliseconds 3x4212 model=gpt-4o processor=OpenAILLMService provider=openai stage=llm",
		"voice.session.duration.seconds 19" + one,
		"voice.session.duration.seconds 8" + two,
		"voice.ttfb.milliseconds 3x1212 model=gpt-4o processor=OpenAILLMService provider=openai stage=llm",
		"voice.ttfb.milliseconds 3x600 processor=CartesiaTTSService provider=cartesia stage=tts",
		"voice.tts.characters.total 148" + one + " provider=cartesia",
		"voice.tts.characters.total 20" + two + " provider=cartesia",
	}
	for name, temporality := range map[string]pmetric.AggregationTemporality{"cumulative": cumulative, "delta": delta} {
		t.Run(name, func(t *testing.T) {
			c := newChain(t, map[string]any{"repair": []any{"voice-rag"}}, nil)
			script(temporality)(c)
			assert.Equal(t, want, c.end())
		})
	}
}

// Without the profile the bot's tokens and characters are right, and so is what they cost; its own cost is gone.
func TestRAGBotAsItIs(t *testing.T) {
	c := newChain(t, nil, nil)
	script(cumulative)(c)
	var costs, others []string
	for _, line := range c.end() {
		if strings.HasPrefix(line, "voice.cost.usd") {
			costs = append(costs, line)
		} else {
			others = append(others, line)
		}
	}
	assert.Equal(t, []string{
		"voice.cost.usd 0.001 call_id=" + callTwo + " cost_source=computed cost_type=tts provider=cartesia",
		"voice.cost.usd 0.006125 call_id=" + callOne + " cost_source=computed cost_type=llm model=gpt-4o provider=openai",
		"voice.cost.usd 0.0074 call_id=" + callOne + " cost_source=computed cost_type=tts provider=cartesia",
		"voice.cost.usd 7.5e-05 call_id=" + callTwo + " cost_source=computed cost_type=llm model=gpt-4o provider=openai",
	}, costs)
	assert.Contains(t, others, "voice.ttfb.milliseconds 5x1.212 llm_model=gpt-4o metric_type=ttfb processor=OpenAILLMService stt_model=gladia tts_model=cartesia",
		"seconds that are called milliseconds, and two zeros")
}

// Whatever else is switched on, each use is priced once: where the originals are kept and cost has them as a source, and where
// another cost has been there before.
func TestPricedOnce(t *testing.T) {
	sources := map[string]any{"sources": map[string]any{"lk.agents.usage": true, "gen_ai.client.token.usage": true, "gen_ai.client.inference.usage": true}}
	keep := map[string]any{"from": []any{"lk.agents", "gen_ai.client"}, "keep_originals": true}
	gone := map[string]any{"from": []any{"lk.agents", "gen_ai.client"}}
	for name, build := range map[string]func(*testing.T) *chain{
		"by the source":                      func(t *testing.T) *chain { return newChain(t, nil, sources) },
		"by the translation":                 func(t *testing.T) *chain { return newChain(t, gone, nil) },
		"originals are kept":                 func(t *testing.T) *chain { return newChain(t, keep, nil) },
		"originals are kept, and are source": func(t *testing.T) *chain { return newChain(t, keep, sources) },
		"cost comes before as well": func(t *testing.T) *chain {
			c := newChain(t, gone, sources)
			c.prepend(costprocessor.NewFactory(), sources)
			return c
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := build(t)
			c.take(70*time.Second, goldens["livekit"]())
			c.take(71*time.Second, goldens["gen_ai"]())
			costs := map[string]float64{}
			for _, line := range c.end() {
				if words := strings.Fields(line); words[0] == "voice.cost.usd" {
					amount, err := strconv.ParseFloat(words[1], 64)
					require.NoError(t, err)
					costs[line[strings.Index(line, "cost_type="):]] += amount
				}
			}
			assert.Len(t, costs, 3)
			assert.InDelta(t, 0.001855+0.006425, costs["cost_type=llm model=gpt-4o provider=openai"], 1e-12)
			assert.InDelta(t, 0.0024, costs["cost_type=tts model=sonic-3 provider=cartesia"], 1e-12)
			assert.InDelta(t, 0.0006272, costs["cost_type=stt model=nova-3 provider=deepgram"], 1e-12)
		})
	}
}

// An agent of LiveKit and one by the conventions read like any other bot.
func TestFrameworksThroughTheChain(t *testing.T) {
	c := newChain(t, map[string]any{"from": []any{"lk.agents", "gen_ai.client"}}, nil)
	c.take(70*time.Second, goldens["livekit"]())
	c.take(71*time.Second, goldens["gen_ai"]())
	var voice []string
	for _, line := range c.end() {
		if strings.HasPrefix(line, "voice.") {
			voice = append(voice, line)
		}
	}
	assert.Equal(t, []string{
		"voice.cost.usd 0.0006272 call_id=AJ_1 cost_source=computed cost_type=stt model=nova-3 provider=deepgram", // $0.0048 a minute
		"voice.cost.usd 0.001855 call_id=AJ_1 cost_source=computed cost_type=llm model=gpt-4o provider=openai",
		"voice.cost.usd 0.0024 call_id=AJ_1 cost_source=computed cost_type=tts model=sonic-3 provider=cartesia",
		"voice.cost.usd 0.006425 call_id=" + callOne + " cost_source=computed cost_type=llm model=gpt-4o provider=openai",
		"voice.llm.tokens.total 107 call_id=" + callOne + " model=gpt-4o provider=openai token_kind=text token_type=completion",
		"voice.llm.tokens.total 146 call_id=AJ_1 model=gpt-4o provider=openai token_kind=text token_type=prompt",
		"voice.llm.tokens.total 2142 call_id=" + callOne + " model=gpt-4o provider=openai token_kind=text token_type=prompt",
		"voice.llm.tokens.total 37 call_id=AJ_1 model=gpt-4o provider=openai token_kind=text token_type=completion",
		"voice.llm.tokens.total 896 call_id=AJ_1 model=gpt-4o provider=openai token_kind=cache_read token_type=prompt",
		"voice.processing.milliseconds 2x2142 model=gpt-4o provider=openai stage=llm",
		"voice.stt.audio.seconds.total 7.84 call_id=AJ_1 model=nova-3 provider=deepgram",
		"voice.ttfb.milliseconds 1x190 model=sonic-3 provider=cartesia stage=tts",
		"voice.ttfb.milliseconds 1x412 model=gpt-4o provider=openai stage=llm",
		"voice.tts.characters.total 48 call_id=AJ_1 model=sonic-3 provider=cartesia",
		"voice.turn.latency.milliseconds 1x1300",
	}, voice)
}

// What a bot exports as deltas, one observation at a time, is where it belongs among our bounds.
func TestDeltasHaveTheirPlace(t *testing.T) {
	c := newChain(t, map[string]any{"repair": []any{"voice-rag"}}, nil)
	script(delta)(c)
	c.end()
	places := map[float64]uint64{}
	for _, md := range c.sink.AllMetrics() {
		for _, m := range metricsNamed(md, semconv.MetricTTFB) {
			for _, p := range m.Histogram().DataPoints().All() {
				if text(p.Attributes(), semconv.AttrStage) == semconv.StageLLM {
					for i, n := range p.BucketCounts().All() {
						if n > 0 {
							places[p.ExplicitBounds().At(i)] = n
						}
					}
				}
			}
		}
	}
	assert.Equal(t, map[float64]uint64{300: 1, 500: 2}, places, "300, 412 and 500 ms")
}

func metricsNamed(md pmetric.Metrics, name string) (all []pmetric.Metric) {
	for _, rm := range md.ResourceMetrics().All() {
		for _, sm := range rm.ScopeMetrics().All() {
			for _, m := range sm.Metrics().All() {
				if m.Name() == name {
					all = append(all, m)
				}
			}
		}
	}
	return all
}

// Two services of one class in one call are two streams, though they read the same at the backend.
func TestTwoServicesOfOneClass(t *testing.T) {
	c := newChain(t, map[string]any{"repair": []any{"voice-rag"}}, nil)
	bot := newRAGBot(callOne, time.Second, cumulative)
	for i, prompt := range []int{10, 20} {
		at := time.Duration(10*i+10) * time.Second
		bot.frame(at, datum{"OpenAILLMService#0", tokens{prompt, 1}}, datum{"OpenAILLMService#0", ttfb{0.1}})
		bot.frame(at, datum{"OpenAILLMService#1", tokens{7 * prompt, 1}}, datum{"OpenAILLMService#1", ttfb{0.3}})
		c.take(at, bot.export(at))
	}
	said := c.end()
	assert.Contains(t, said, "voice.llm.tokens.total 240 call_id="+callOne+" model=gpt-4o provider=openai token_kind=text token_type=prompt")
	assert.Contains(t, said, "voice.ttfb.milliseconds 4x800 model=gpt-4o processor=OpenAILLMService provider=openai stage=llm")
}
