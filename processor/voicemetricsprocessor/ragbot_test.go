package voicemetricsprocessor

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

func repairing(t *testing.T) *harness {
	t.Helper()
	return newHarness(t, &Config{Repair: []string{"voice-rag"}})
}

func TestRepairedPoints(t *testing.T) {
	h := repairing(t)
	bot := newRAGBot(callOne, time.Second, cumulative)
	bot.start(time.Second, 57)
	bot.turn(3*time.Second, 57, 0.412, 0.19, 1042, 37, 48)
	const call = " call_id=" + callOne
	assert.Equal(t, []string{
		"voice.calls.total 1" + call,
		"voice.llm.tokens.total 1042" + call + " model=gpt-4o provider=openai token_kind=text token_type=prompt voice.tx.stage=llm",
		"voice.llm.tokens.total 37" + call + " model=gpt-4o provider=openai token_kind=text token_type=completion voice.tx.stage=llm",
		"voice.processing.milliseconds 1x1412" + call + " model=gpt-4o processor=OpenAILLMService provider=openai stage=llm",
		"voice.session.duration.seconds 9" + call,
		"voice.ttfb.milliseconds 1x190" + call + " processor=CartesiaTTSService provider=cartesia stage=tts",
		"voice.ttfb.milliseconds 1x412" + call + " model=gpt-4o processor=OpenAILLMService provider=openai stage=llm",
		"voice.tts.characters.total 48" + call + " provider=cartesia voice.tx.stage=tts",
	}, lines(h.at(10*time.Second).take(bot.export(10*time.Second))))
	assert.Equal(t, "dropped/copy=3 dropped/empty=3 dropped/own_cost=2 repaired=7", h.points())
}

// Who did it is told by the class, and by the model only where that is one.
func TestWhoDidIt(t *testing.T) {
	for processor, want := range map[string]string{
		"GladiaSTTService#3":         "processor=GladiaSTTService provider=gladia stage=stt",
		"OpenAILLMService":           "model=gpt-4o processor=OpenAILLMService provider=openai stage=llm",
		"AzureLLMService#1":          "model=gpt-4o processor=AzureLLMService provider=azure stage=llm",
		"OpenAIRealtimeLLMService#0": "model=gpt-4o processor=OpenAIRealtimeLLMService provider=openai stage=realtime",
		"MyTTS#0":                    "processor=MyTTS provider=cartesia stage=tts",
		"ElevenLabsTTSService#0":     "processor=ElevenLabsTTSService provider=elevenlabs stage=tts",
		"RAGProcessor#0":             "processor=RAGProcessor",
	} {
		bot := newRAGBot(callOne, 0, delta)
		bot.frame(time.Second, datum{processor, ttfb{0.1}})
		assert.Contains(t, lines(repairing(t).take(bot.export(2*time.Second))),
			"voice.ttfb.milliseconds 1x100 call_id="+callOne+" "+want)
	}
}

func TestOnlyThatBotIsRepaired(t *testing.T) {
	for scope, want := range map[string]string{
		"grafana_metrics":     "voice.ttfb.milliseconds 1x100 call_id=" + callOne + " model=gpt-4o processor=OpenAILLMService provider=openai stage=llm",
		"bot.grafana_metrics": "voice.ttfb.milliseconds 1x100 call_id=" + callOne + " model=gpt-4o processor=OpenAILLMService provider=openai stage=llm",
		"my_grafana_metrics": "voice.ttfb.milliseconds 1x0.1 call_id=" + callOne +
			" llm_model=gpt-4o metric_type=ttfb processor=OpenAILLMService#0 stt_model=gladia tts_model=cartesia",
	} {
		bot := newRAGBot(callOne, 0, delta)
		bot.scope = scope
		bot.frame(time.Second, datum{"OpenAILLMService#0", ttfb{0.1}})
		assert.Contains(t, lines(repairing(t).take(bot.export(2*time.Second))), want)
	}
}

// A bot that counts its calls, as it was meant to, has no more than that.
func TestCallsThatTheBotCounts(t *testing.T) {
	for name, tc := range map[string]struct {
		counted int
		want    []string
	}{
		"it does":      {2, []string{"voice.calls.total 2 call_id=" + callOne}},
		"it adds zero": {0, []string{"voice.calls.total 0 call_id=" + callOne, "voice.calls.total 1 call_id=" + callOne}},
	} {
		t.Run(name, func(t *testing.T) {
			bot := newRAGBot(callOne, 0, cumulative)
			bot.frame(0)
			bot.record(0, counter, "voice.calls.total", "1", tc.counted, "call_id", callOne, "llm_model", "gpt-4o")
			var calls []string
			for _, line := range lines(repairing(t).take(bot.export(10 * time.Second))) {
				if line[:11] == "voice.calls" {
					calls = append(calls, line)
				}
			}
			assert.Equal(t, tc.want, calls)
		})
	}
}

// A cost that says where it comes from is no guess.
func TestCostWithASourceStays(t *testing.T) {
	bot := newRAGBot(callOne, 0, cumulative)
	bot.record(0, counter, "voice.cost.usd", "USD", 0.5, "cost_source", "provider")
	bot.record(0, counter, "voice.cost.usd", "USD", 0.6, "cost_type", "llm")
	h := repairing(t)
	assert.Equal(t, []string{"voice.cost.usd 0.5 cost_source=provider"}, lines(h.take(bot.export(time.Second))))
	assert.Equal(t, "dropped/own_cost=1 left/priced=1", h.points())
}

func TestCollectionOfNothingButCostEnds(t *testing.T) {
	bot := newRAGBot(callOne, 0, cumulative)
	bot.record(0, counter, "voice.cost.usd", "USD", 0.6, "cost_type", "llm")
	h := repairing(t)
	h.take(bot.export(time.Second))
	assert.Empty(t, h.sink.AllMetrics())
}

// durations are what a bot's session is said to last at each collection, every 10 s from the first on.
func durations(h *harness, bot *ragBot, first time.Duration, n int, before func(at time.Duration)) (all []string) {
	for i := range n {
		at := first + time.Duration(i)*10*time.Second
		before(at)
		said := "-"
		for _, line := range lines(h.at(at).take(bot.export(at))) {
			if line[:13] == "voice.session" {
				said = line[len("voice.session.duration.seconds ") : len(line)-len(" call_id="+callOne)]
			}
		}
		all = append(all, said)
	}
	return all
}

func TestSessionDuration(t *testing.T) {
	for name, tc := range map[string]struct {
		began time.Duration
		busy  map[time.Duration]bool // collections before which there was something
		want  []string
	}{
		"grows while anything happens, and ends with it": {
			began: time.Second, busy: map[time.Duration]bool{20 * time.Second: true, 40 * time.Second: true},
			want: []string{"9", "19", "19", "39", "39"},
		},
		"of a call that we see midway": {
			began: -time.Minute, busy: map[time.Duration]bool{30 * time.Second: true},
			want: []string{"-", "-", "90", "90", "90"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := repairing(t)
			bot := newRAGBot(callOne, tc.began, cumulative)
			bot.start(tc.began, 0)
			got := durations(h, bot, 10*time.Second, 5, func(at time.Duration) {
				if tc.busy[at] {
					bot.turn(at-5*time.Second, 0, 0.4, 0.2, 1, 1, 1)
				}
			})
			assert.Equal(t, tc.want, got)
		})
	}
}

// Who is silent for an hour is forgotten, and nobody knows how long it had lasted when it comes back.
func TestForgottenSession(t *testing.T) {
	h := repairing(t)
	bot := newRAGBot(callOne, time.Second, cumulative)
	bot.start(time.Second, 0)
	assert.Equal(t, []string{"9"}, durations(h, bot, 10*time.Second, 1, func(time.Duration) {}))
	other := newRAGBot(callTwo, time.Hour, cumulative)
	other.start(time.Hour, 0)
	h.at(2 * time.Hour).take(other.export(2 * time.Hour))
	assert.Equal(t, []string{"-"}, durations(h, bot, 2*time.Hour+10*time.Second, 1, func(time.Duration) {}))
}

func TestSessionThatIsNoSum(t *testing.T) {
	md := pmetric.NewMetrics()
	sm := md.ResourceMetrics().AppendEmpty().ScopeMetrics().AppendEmpty()
	sm.Scope().SetName("grafana_metrics")
	m := sm.Metrics().AppendEmpty()
	m.SetName("voice.session.duration.seconds")
	m.SetEmptyGauge().DataPoints().AppendEmpty().SetIntValue(12)
	h := repairing(t)
	assert.Empty(t, lines(h.take(md)))
	assert.Equal(t, "dropped/malformed=1", h.points())
}

// A session of which no number can be is none, and makes no call. Nor is anything else of the bot's that cannot be taken for what it is
// called.
func TestWhatCannotBeIsNotRepaired(t *testing.T) {
	bot := newRAGBot(callOne, time.Second, cumulative)
	who := []any{"call_id", callOne, "llm_model", "gpt-4o", "processor", "OpenAILLMService#0"}
	for i, seconds := range []float64{math.NaN(), -5, math.Inf(1), 1e300} {
		bot.record(time.Second, upDown, "voice.session.duration.seconds", "s", seconds, append(who, "n", i)...)
	}
	bot.record(time.Second, counter, "voice.llm.tokens.total", "1", 1<<62, append(who, "token_type", "prompt")...)
	bot.record(time.Second, counter, "voice.llm.tokens.total", "1", frame.MaxTokens+1, append(who, "token_type", "completion")...)
	bot.record(time.Second, counter, "voice.tts.characters.total", "1", 1e308, who...)
	bot.record(time.Second, histogram, "voice.ttfb.milliseconds", "ms", -3.0, append(who, "n", 1)...)
	bot.record(time.Second, histogram, "voice.ttfb.milliseconds", "ms", 1e306, append(who, "n", 2)...)
	h := repairing(t)
	assert.Empty(t, lines(h.at(10*time.Second).take(bot.export(10*time.Second))))
	assert.Equal(t, "dropped/empty=1 dropped/malformed=8", h.points())
}
