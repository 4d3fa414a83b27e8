package voicemetricsprocessor

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/otelcol-voice/otelcol-voice/internal/signal/semconv"
)

const room = "RM_1"

// used is one point of a bot's usage.
type used struct {
	name       string
	kind       shape
	value      any
	attributes []any
}

// told is what a bot tells in one collection.
func told(temporality pmetric.AggregationTemporality, points ...used) pmetric.Metrics {
	bot := sdk{resource: []string{"service.name", "agent", "room_id", room}, scope: "somebody", temporality: temporality}
	for _, p := range points {
		bot.record(time.Second, p.kind, p.name, "", p.value, p.attributes...)
	}
	return bot.export(10 * time.Second)
}

func TestUsage(t *testing.T) {
	gpt := []any{"model_name", "gpt-4o", "model_provider", "api.openai.com"}
	realtime := []any{"model_name", "gpt-realtime", "model_provider", "openai"}
	lk := func(name string, value any, attributes []any) used {
		return used{"lk.agents.usage." + name, counter, value, attributes}
	}
	chat := func(more ...any) []any {
		return append([]any{"gen_ai.operation.name", "chat", "gen_ai.provider.name", "openai", "gen_ai.request.model", "gpt-4o"}, more...)
	}
	genai := func(value any, more ...any) used {
		return used{"gen_ai.client.token.usage", histogram, value, chat(more...)}
	}
	newer := func(name string, value int, more ...any) used {
		return used{"gen_ai.client.inference.usage." + name, counter, value, chat(more...)}
	}
	const openai, spoken = " call_id=RM_1 model=gpt-4o provider=openai", " call_id=RM_1 model=gpt-realtime provider=openai"
	for name, tc := range map[string]struct {
		points   []used
		want     []string
		received string
	}{
		"LiveKit: cached tokens are inside the input": {
			points: []used{
				lk("llm_input_tokens", 1042, gpt), lk("llm_input_cached_tokens", 896, gpt), lk("llm_output_tokens", 37, gpt),
			},
			want: []string{
				"voice.llm.tokens.total 146" + openai + " token_kind=text token_type=prompt voice.tx.stage=llm",
				"voice.llm.tokens.total 37" + openai + " token_kind=text token_type=completion voice.tx.stage=llm",
				"voice.llm.tokens.total 896" + openai + " token_kind=cache_read token_type=prompt voice.tx.stage=llm",
			},
			received: "translated=3",
		},
		"LiveKit: names until 1.4": {
			points: []used{lk("llm_prompt_tokens", 10, gpt), lk("llm_prompt_cached_tokens", 4, gpt), lk("llm_completion_tokens", 2, gpt)},
			want: []string{
				"voice.llm.tokens.total 2" + openai + " token_kind=text token_type=completion voice.tx.stage=llm",
				"voice.llm.tokens.total 4" + openai + " token_kind=cache_read token_type=prompt voice.tx.stage=llm",
				"voice.llm.tokens.total 6" + openai + " token_kind=text token_type=prompt voice.tx.stage=llm",
			},
			received: "translated=3",
		},
		"LiveKit: speech": {
			points: []used{
				lk("tts_characters", 48, []any{"model_name", "sonic-3", "model_provider", "Cartesia"}),
				lk("tts_audio_duration", 2.5, []any{"model_name", "sonic-3", "model_provider", "Cartesia"}),
				lk("stt_audio_duration", 7.84, []any{"model_name", "nova-3", "model_provider", "Deepgram"}),
				lk("interruption_num_requests", 3, []any{}),
			},
			want: []string{
				"lk.agents.usage.interruption_num_requests 3",
				"voice.stt.audio.seconds.total 7.84 call_id=RM_1 model=nova-3 provider=deepgram voice.tx.stage=stt",
				"voice.tts.characters.total 48 call_id=RM_1 model=sonic-3 provider=cartesia voice.tx.stage=tts",
			},
			received: "dropped/repeated=1 translated=2",
		},
		"LiveKit: a realtime model": {
			points: []used{
				lk("llm_input_tokens", 132, realtime), lk("llm_input_audio_tokens", 13, realtime), lk("llm_input_text_tokens", 119, realtime),
				lk("llm_input_cached_tokens", 64, realtime), lk("llm_output_tokens", 121, realtime), lk("llm_output_audio_tokens", 91, realtime),
				lk("llm_session_duration", 74.2, realtime),
			},
			want: []string{
				"voice.llm.tokens.total 13" + spoken + " token_kind=audio token_type=prompt voice.tx.stage=realtime",
				"voice.llm.tokens.total 30" + spoken + " token_kind=text token_type=completion voice.tx.stage=realtime",
				"voice.llm.tokens.total 55" + spoken + " token_kind=text token_type=prompt voice.tx.stage=realtime",
				"voice.llm.tokens.total 64" + spoken + " token_kind=cache_read token_type=prompt voice.tx.stage=realtime",
				"voice.llm.tokens.total 91" + spoken + " token_kind=audio token_type=completion voice.tx.stage=realtime",
				"voice.realtime.session.seconds.total 74.2" + spoken + " voice.tx.pair=true voice.tx.stage=realtime",
			},
			received: "dropped/repeated=1 translated=6",
		},
		"gen_ai: the histogram's sums": {
			points: []used{genai(1000, "gen_ai.token.type", "input"), genai(42, "gen_ai.token.type", "input"), genai(37, "gen_ai.token.type", "output")},
			want: []string{
				"voice.llm.tokens.total 1042" + openai + " token_kind=text token_type=prompt voice.tx.stage=llm",
				"voice.llm.tokens.total 37" + openai + " token_kind=text token_type=completion voice.tx.stage=llm",
			},
			received: "translated=2",
		},
		"gen_ai: a total alone is not split": {
			points:   []used{genai(50, "gen_ai.token.type", "total")},
			want:     []string{"voice.llm.tokens.total 50" + openai + " token_type=total voice.tx.stage=llm"},
			received: "translated=1",
		},
		"gen_ai: a total beside others is them once more": {
			points: []used{genai(50, "gen_ai.token.type", "total"), genai(30, "gen_ai.token.type", "input"), genai(20, "gen_ai.token.type", "output")},
			want: []string{
				"voice.llm.tokens.total 20" + openai + " token_kind=text token_type=completion voice.tx.stage=llm",
				"voice.llm.tokens.total 30" + openai + " token_kind=text token_type=prompt voice.tx.stage=llm",
			},
			received: "dropped/repeated=1 translated=2",
		},
		"gen_ai: what nobody knows stays": {
			points:   []used{genai(50, "gen_ai.token.type", "thought")},
			want:     []string{"gen_ai.client.token.usage 1x50 gen_ai.operation.name=chat gen_ai.provider.name=openai gen_ai.request.model=gpt-4o gen_ai.token.type=thought"},
			received: "left/unknown=1",
		},
		"gen_ai: operations that contain others stay": {
			points: []used{{"gen_ai.client.token.usage", histogram, 5, []any{
				"gen_ai.operation.name", "invoke_agent", "gen_ai.provider.name", "openai", "gen_ai.token.type", "input",
			}}},
			want:     []string{"gen_ai.client.token.usage 1x5 gen_ai.operation.name=invoke_agent gen_ai.provider.name=openai gen_ai.token.type=input"},
			received: "left/container=1",
		},
		"gen_ai: counters": {
			points: []used{
				newer("input_tokens", 1042, "gen_ai.token.modality", "text"), newer("input_tokens", 13, "gen_ai.token.modality", "audio"),
				newer("cache_read.input_tokens", 896, "gen_ai.token.modality", "text"),
				newer("output_tokens", 300, "gen_ai.token.modality", "text"), newer("reasoning.output_tokens", 256, "gen_ai.token.modality", "text"),
			},
			want: []string{
				"voice.llm.tokens.total 13" + openai + " token_kind=audio token_type=prompt voice.tx.stage=llm",
				"voice.llm.tokens.total 146" + openai + " token_kind=text token_type=prompt voice.tx.stage=llm",
				"voice.llm.tokens.total 256" + openai + " token_kind=reasoning token_type=completion voice.tx.stage=llm",
				"voice.llm.tokens.total 44" + openai + " token_kind=text token_type=completion voice.tx.stage=llm",
				"voice.llm.tokens.total 896" + openai + " token_kind=cache_read token_type=prompt voice.tx.stage=llm",
			},
			received: "translated=5",
		},
		"gen_ai: of both eras the newer": {
			points:   []used{newer("input_tokens", 10), genai(10, "gen_ai.token.type", "input")},
			want:     []string{"voice.llm.tokens.total 10" + openai + " token_kind=text token_type=prompt voice.tx.stage=llm"},
			received: "dropped/repeated=1 translated=1",
		},
		"a part without its whole stays": {
			points:   []used{lk("llm_input_cached_tokens", 896, []any{})},
			want:     []string{"lk.agents.usage.llm_input_cached_tokens 896"},
			received: "left/unjoined=1",
		},
		"more parts than there is are left out": {
			points:   []used{lk("llm_input_tokens", 8, []any{}), lk("llm_input_cached_tokens", 9, []any{})},
			want:     []string{"voice.llm.tokens.total 8 call_id=RM_1 token_kind=text token_type=prompt voice.tx.stage=llm"},
			received: "dropped/malformed=1 translated=1",
		},
		"what goes down is no usage": {
			points:   []used{{"lk.agents.usage.tts_characters", upDown, 8, nil}},
			want:     []string{"lk.agents.usage.tts_characters 8"},
			received: "left/not_a_counter=1",
		},
		"nothing was used": {
			points:   []used{lk("tts_characters", 0, []any{})},
			received: "dropped/zero=1",
		},
	} {
		t.Run(name, func(t *testing.T) {
			for _, temporality := range []pmetric.AggregationTemporality{cumulative, delta} {
				h := newHarness(t, &Config{From: []string{"lk.agents", "gen_ai.client"}})
				assert.Equal(t, tc.want, lines(h.take(told(temporality, tc.points...))))
				assert.Equal(t, tc.received, h.points())
			}
		})
	}
}

// What comes out has the temporality, start and time of what came in, and tells streams apart where it is cumulative.
func TestUsageKeepsItsTime(t *testing.T) {
	point := used{"lk.agents.usage.tts_characters", counter, 48, []any{"model_name", "sonic-3", "speaker", "a"}}
	other := used{"lk.agents.usage.tts_characters", counter, 2, []any{"model_name", "sonic-3", "speaker", "b"}}
	for _, temporality := range []pmetric.AggregationTemporality{cumulative, delta} {
		h := newHarness(t, &Config{From: []string{"lk.agents"}})
		out := h.take(told(temporality, point, other))
		sum := out.ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics().At(0).Sum()
		assert.Equal(t, temporality, sum.AggregationTemporality())
		assert.True(t, sum.IsMonotonic())
		require.Equal(t, 2, sum.DataPoints().Len())
		streams := map[string]bool{}
		for _, p := range sum.DataPoints().All() {
			assert.Equal(t, after(time.Second), p.StartTimestamp())
			assert.Equal(t, after(10*time.Second), p.Timestamp())
			streams[text(p.Attributes(), semconv.TransitStream)] = true
		}
		assert.Len(t, streams, map[pmetric.AggregationTemporality]int{cumulative: 2, delta: 1}[temporality])
	}
}

// Only some of the audio of a realtime model may have come from a cache: what the difference of two totals says is divided,
// and no part ever falls.
func TestRealtimeDividesDifferences(t *testing.T) {
	bot := sdk{resource: []string{"room_id", room}, scope: "livekit-agents", temporality: cumulative}
	request := func(at time.Duration, text, audio, cached int) {
		for name, n := range map[string]int{"input_tokens": text + audio, "input_audio_tokens": audio, "input_cached_tokens": cached} {
			bot.record(at, counter, "lk.agents.usage.llm_"+name, "", n, "model_name", "gpt-realtime")
		}
	}
	prompts := func(h *harness, at time.Duration) (all []string) {
		return lines(h.at(at).take(bot.export(at)))
	}
	const model = " call_id=RM_1 model=gpt-realtime"
	early := newHarness(t, &Config{From: []string{"lk.agents"}})
	request(time.Second, 10, 10, 5)
	assert.Equal(t, []string{
		"voice.llm.tokens.total 10" + model + " token_kind=audio token_type=prompt voice.tx.stage=realtime",
		"voice.llm.tokens.total 5" + model + " token_kind=cache_read token_type=prompt voice.tx.stage=realtime",
		"voice.llm.tokens.total 5" + model + " token_kind=text token_type=prompt voice.tx.stage=realtime",
	}, prompts(early, 10*time.Second))

	request(11*time.Second, 0, 20, 10)
	assert.Equal(t, []string{
		"voice.llm.tokens.total 10" + model + " token_kind=audio_cache_read token_type=prompt voice.tx.stage=realtime",
		"voice.llm.tokens.total 20" + model + " token_kind=audio token_type=prompt voice.tx.stage=realtime",
		"voice.llm.tokens.total 5" + model + " token_kind=cache_read token_type=prompt voice.tx.stage=realtime",
		"voice.llm.tokens.total 5" + model + " token_kind=text token_type=prompt voice.tx.stage=realtime",
	}, prompts(early, 20*time.Second))
}

// Where the first sight of it is in the middle, it counts from there on.
func TestRealtimeSeenMidway(t *testing.T) {
	bot := sdk{resource: []string{"room_id", room}, scope: "livekit-agents", temporality: cumulative}
	request := func(n int) {
		for _, name := range []string{"input_tokens", "input_audio_tokens", "input_cached_tokens"} {
			bot.record(-time.Hour, counter, "lk.agents.usage.llm_"+name, "", n, "model_name", "gpt-realtime")
		}
		bot.record(-time.Hour, counter, "lk.agents.usage.llm_input_tokens", "", 2*n, "model_name", "gpt-realtime")
	}
	h := newHarness(t, &Config{From: []string{"lk.agents"}})
	request(100)
	assert.Empty(t, lines(h.at(10*time.Second).take(bot.export(10*time.Second))))
	request(1)
	out := h.at(20 * time.Second).take(bot.export(20 * time.Second))
	const model = " call_id=RM_1 model=gpt-realtime"
	assert.Equal(t, []string{
		"voice.llm.tokens.total 1" + model + " token_kind=audio token_type=prompt voice.tx.stage=realtime",
		"voice.llm.tokens.total 1" + model + " token_kind=cache_read token_type=prompt voice.tx.stage=realtime",
		"voice.llm.tokens.total 1" + model + " token_kind=text token_type=prompt voice.tx.stage=realtime",
	}, lines(out))
	first := out.ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics().At(0).Sum().DataPoints().At(0)
	assert.Equal(t, after(10*time.Second), first.StartTimestamp())
	assert.Equal(t, "dropped/unwatched=3 translated=3", h.points())
}

// LiveKit since 1.8 tells of tokens and of the first answer twice, and of how long it took once.
func TestLiveKitTellsOnce(t *testing.T) {
	const chat, model = "chat", "gpt-4o"
	agent := func() pmetric.Metrics {
		bot := sdk{scope: "livekit-agents", temporality: cumulative}
		job := []any{"job_id", "AJ_1", "room_id", room}
		of := func(more ...any) []any { return append(job[:4:4], more...) }
		own, genai := of("model_name", model, "model_provider", "openai"), of("gen_ai.operation.name", chat, "gen_ai.provider.name", "openai", "gen_ai.request.model", model)
		bot.record(0, counter, "lk.agents.usage.llm_input_tokens", "", 10, own...)
		bot.record(0, counter, "lk.agents.usage.llm_input_cached_tokens", "", 4, own...)
		bot.record(0, histogram, "gen_ai.client.token.usage", "{token}", 10, append(genai, "gen_ai.token.type", "input")...)
		bot.record(0, histogram, "gen_ai.client.operation.duration", "s", 1.5, genai...)
		bot.record(0, histogram, "gen_ai.client.operation.time_to_first_chunk", "s", 0.5, genai...)
		bot.record(0, histogram, "lk.agents.turn.llm_ttft", "s", 0.6, own...)
		return bot.export(10 * time.Second)
	}
	const who = " call_id=AJ_1 model=gpt-4o provider=openai"
	processing := "voice.processing.milliseconds 1x1500" + who + " stage=llm"
	for name, tc := range map[string]struct {
		from []string
		want []string
	}{
		"both": {[]string{"lk.agents", "gen_ai.client"}, []string{
			"voice.llm.tokens.total 4" + who + " token_kind=cache_read token_type=prompt voice.tx.stage=llm",
			"voice.llm.tokens.total 6" + who + " token_kind=text token_type=prompt voice.tx.stage=llm",
			processing,
			"voice.ttfb.milliseconds 1x600" + who + " stage=llm",
		}},
		"gen_ai alone": {[]string{"gen_ai.client"}, []string{
			"voice.llm.tokens.total 10" + who + " token_kind=text token_type=prompt voice.tx.stage=llm",
			processing,
			"voice.ttfb.milliseconds 1x500" + who + " stage=llm",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			var voice []string
			for _, line := range lines(newHarness(t, &Config{From: tc.from}).take(agent())) {
				if strings.HasPrefix(line, "voice.") {
					voice = append(voice, line)
				}
			}
			assert.Equal(t, tc.want, voice)
		})
	}
}

// What was once more than its whole is left out for good, so that nothing falls; what is so for a moment waits for its whole.
func TestPartsBeyondTheWhole(t *testing.T) {
	count := func(bot *sdk, input, cached int) {
		bot.record(time.Second, counter, "lk.agents.usage.llm_input_tokens", "", input, "model_name", "m")
		bot.record(time.Second, counter, "lk.agents.usage.llm_input_cached_tokens", "", cached, "model_name", "m")
	}
	const text, cached = " call_id=RM_1 model=m token_kind=text token_type=prompt voice.tx.stage=llm", " call_id=RM_1 model=m token_kind=cache_read token_type=prompt voice.tx.stage=llm"
	for name, tc := range map[string]struct {
		steps [][2]int // input and cached tokens of a request
		want  [][]string
	}{
		"at first": {[][2]int{{8, 9}, {100, 10}}, [][]string{
			{"voice.llm.tokens.total 8" + text}, {"voice.llm.tokens.total 108" + text},
		}},
		"for a moment": {[][2]int{{8, 4}, {0, 10}, {20, 0}}, [][]string{
			{"voice.llm.tokens.total 4" + cached, "voice.llm.tokens.total 4" + text},
			{"voice.llm.tokens.total 4" + cached, "voice.llm.tokens.total 4" + text},
			{"voice.llm.tokens.total 14" + cached, "voice.llm.tokens.total 14" + text},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t, &Config{From: []string{"lk.agents"}})
			bot := sdk{resource: []string{"room_id", room}, scope: "livekit-agents", temporality: cumulative}
			for i, step := range tc.steps {
				at := time.Duration(10*i+10) * time.Second
				count(&bot, step[0], step[1])
				assert.Equal(t, tc.want[i], lines(h.at(at).take(bot.export(at))))
			}
		})
	}
}
