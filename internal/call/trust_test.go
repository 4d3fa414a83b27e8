package call

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

var (
	gpt    = frame.Source{Stage: frame.LLM, Processor: "OpenAILLMService", Provider: "openai", Model: "gpt-4o"}
	sonic  = frame.Source{Stage: frame.TTS, Processor: "CartesiaTTSService", Provider: "cartesia", Model: "sonic-3"}
	nova   = frame.Source{Stage: frame.STT, Processor: "DeepgramSTTService", Provider: "deepgram", Model: "nova-3"}
	live   = frame.Source{Stage: frame.Realtime, Provider: "openai", Model: "gpt-realtime"}
	twilio = frame.Source{Stage: frame.Transport, Provider: "twilio"}
)

func ttfb(source frame.Source, ms float64) frame.Event {
	return frame.Event{Kind: frame.TTFB, Source: source, Value: ms}
}

func only(facts []Fact, kinds ...FactKind) []Fact {
	var some []Fact
	for _, f := range facts {
		for _, k := range kinds {
			if f.Kind == k {
				some = append(some, f)
			}
		}
	}
	return some
}

// Latencies of an answer that was cut off are in no histogram; those of every other answer are, in whichever order bots tell
// of speech.
func TestLatenciesOfInterruptedAnswers(t *testing.T) {
	user, userStops := kind(frame.UserStartedTalking), kind(frame.UserStoppedTalking)
	bot, botStops, cut := kind(frame.BotStartedTalking), kind(frame.BotStoppedTalking), kind(frame.Interrupted)
	processing := frame.Event{Kind: frame.Processing, Source: gpt, Value: 60}
	for name, test := range map[string]struct {
		events []frame.Event // one each second
		want   []string
	}{
		"Pipecat, an undisturbed answer": {
			[]frame.Event{user, cut, userStops, ttfb(nova, 300), ttfb(gpt, 400), ttfb(sonic, 190), bot, botStops},
			[]string{"waited 300", "waited 400", "waited 190"},
		},
		"the user speaks over the bot": {
			[]frame.Event{user, userStops, ttfb(gpt, 400), bot, user, cut, ttfb(gpt, 20), processing, userStops, ttfb(gpt, 410), bot},
			[]string{"waited 400", "disregarded interrupted", "disregarded interrupted", "waited 410"},
		},
		"the interruption before the user": {
			[]frame.Event{user, userStops, bot, cut, user, ttfb(sonic, 20), userStops, ttfb(gpt, 410)},
			[]string{"disregarded interrupted", "waited 410"},
		},
		"told between the interruption and the user, begun before": {
			[]frame.Event{user, userStops, bot, cut, ttfb(gpt, 1001), user, userStops, ttfb(gpt, 410)},
			[]string{"disregarded interrupted", "waited 410"},
		},
		"the user goes on before the answer": {
			[]frame.Event{user, userStops, user, ttfb(gpt, 20), userStops, ttfb(gpt, 410), bot},
			[]string{"disregarded interrupted", "waited 410"},
		},
		"speech recognition is not the answer": {
			[]frame.Event{bot, user, ttfb(nova, 300), userStops}, []string{"waited 300"},
		},
		"a realtime model": {
			[]frame.Event{bot, user, ttfb(live, 300), userStops, ttfb(live, 310)},
			[]string{"disregarded interrupted", "waited 310"},
		},
		"the bot was not cut off and speaks on": {
			[]frame.Event{bot, user, botStops, bot, ttfb(sonic, 190), userStops}, []string{"waited 190"},
		},
		"interruption after the user stopped (minimum of words)": {
			[]frame.Event{bot, user, userStops, cut, ttfb(gpt, 400), bot}, []string{"waited 400"},
		},
		"interruption by the bot itself": {
			[]frame.Event{user, userStops, bot, cut, ttfb(gpt, 400), bot}, []string{"waited 400"},
		},
		"no speech of the user is told": {
			[]frame.Event{bot, cut, ttfb(gpt, 400), bot, cut, ttfb(gpt, 410)}, []string{"waited 400", "waited 410"},
		},
		"no speech at all is told": {
			[]frame.Event{cut, ttfb(gpt, 400), cut, ttfb(gpt, 410)}, []string{"waited 400", "waited 410"},
		},
		"nobody tells that the user stops": {
			[]frame.Event{bot, user, ttfb(gpt, 400), bot, user, ttfb(gpt, 410), bot, user, ttfb(gpt, 420)},
			[]string{"disregarded interrupted", "waited 410", "waited 420"},
		},
		"told to be cut": {
			[]frame.Event{{Kind: frame.TTFB, Source: nova, Value: 3, Cut: true}, {Kind: frame.Processing, Source: gpt, Value: 3, Cut: true}},
			[]string{"disregarded interrupted", "disregarded interrupted"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			facts, _ := apply(t, NewTable(config), eachSecond(append(test.events, kind(frame.CallEnded)))...)
			assert.Equal(t, test.want, told(only(facts, Waited, Worked, Disregarded)))
			waited := 0
			for _, f := range only(facts, Waited) {
				assert.Equal(t, f.Value, facts[len(facts)-1].Summary.TTFBs[waited])
				waited++
			}
			assert.Len(t, facts[len(facts)-1].Summary.TTFBs, waited)
		})
	}
}

// A measurement from before the interruption that arrives after it is no bogus one.
func TestLatencyFromBeforeTheInterruption(t *testing.T) {
	facts, _ := apply(t, NewTable(config),
		say(0, kind(frame.BotStartedTalking)), say(2, kind(frame.UserStartedTalking)), say(1.9, ttfb(sonic, 190)), say(2.1, ttfb(sonic, 20)))
	assert.Equal(t, []string{"waited 190", "disregarded interrupted"}, told(only(facts, Waited, Disregarded)))
}

// RTVI has no timestamps. Messages that arrive together happened together as far as one can tell: what follows an interruption
// is the next answer's.
func TestLatencyWithoutTimestamps(t *testing.T) {
	table := NewTable(config)
	events := []frame.Event{
		kind(frame.BotStartedTalking), kind(frame.UserStartedTalking), ttfb(gpt, 50),
		kind(frame.UserStoppedTalking), kind(frame.Interrupted), ttfb(gpt, 400),
	}
	tx, err := table.Begin(keys("c1"))
	require.NoError(t, err)
	defer tx.Rollback()
	var facts []Fact
	for _, e := range events {
		got, _ := tx.Apply(&frame.Frame{CallID: "c1", Events: []frame.Event{e}}, began)
		facts = append(facts, got...)
	}
	assert.Equal(t, []string{"disregarded interrupted", "waited 400"}, told(only(facts, Waited, Disregarded)))
}

func prompt(text, completion int64) frame.Tokens {
	return frame.Tokens{frame.PromptText: text, frame.CompletionText: completion}
}

func grows(source frame.Source, tokens frame.Tokens) frame.Event {
	return frame.Event{Kind: frame.TokensUsed, Source: source, Tokens: tokens, Growing: true}
}

// Usage of a request that is repeated while it goes on counts once, in whichever order the reports arrive.
func TestSnapshotsOfOneRequest(t *testing.T) {
	type told struct {
		at    float64
		event frame.Event
	}
	const prompts, completions = 100, 30
	for name, test := range map[string]struct {
		told                          []told
		prompts, completions, repeats float64
	}{
		"growing":          {[]told{{0, grows(gpt, prompt(100, 1))}, {0.5, grows(gpt, prompt(100, 12))}, {1, grows(gpt, prompt(100, 30))}}, prompts, completions, 2},
		"out of order":     {[]told{{1, grows(gpt, prompt(100, 30))}, {0, grows(gpt, prompt(100, 1))}, {0.5, grows(gpt, prompt(100, 12))}}, prompts, completions, 2},
		"each 2 s":         {[]told{{0, grows(gpt, prompt(100, 1))}, {2, grows(gpt, prompt(100, 12))}, {4, grows(gpt, prompt(100, 30))}}, prompts, completions, 2},
		"too far apart":    {[]told{{0, grows(gpt, prompt(100, 1))}, {2.001, grows(gpt, prompt(100, 30))}}, 200, 31, 0},
		"another prompt":   {[]told{{0, grows(gpt, prompt(100, 1))}, {1, grows(gpt, prompt(101, 30))}}, 201, 31, 0},
		"another source":   {[]told{{0, grows(gpt, prompt(100, 1))}, {1, grows(live, prompt(100, 30))}}, 200, 31, 0},
		"two interleaved":  {[]told{{0, grows(gpt, prompt(100, 1))}, {0.1, grows(gpt, prompt(50, 2))}, {0.2, grows(gpt, prompt(100, 3))}, {0.3, grows(gpt, prompt(50, 4))}}, 150, 7, 2},
		"no prompt":        {[]told{{0, grows(gpt, prompt(0, 10))}, {0.1, grows(gpt, prompt(0, 20))}}, 0, 30, 0},
		"not said to grow": {[]told{{0, frame.Event{Kind: frame.TokensUsed, Source: gpt, Tokens: prompt(100, 1)}}, {0.1, frame.Event{Kind: frame.TokensUsed, Source: gpt, Tokens: prompt(100, 2)}}}, 200, 3, 0},
	} {
		t.Run(name, func(t *testing.T) {
			var frames []frame.Frame
			for _, r := range test.told {
				frames = append(frames, say(r.at, r.event))
			}
			facts, _ := apply(t, NewTable(config), frames...)
			sums := map[frame.Leaf]float64{}
			for _, u := range usage(facts) {
				sums[u.Leaf] += u.Amount
				if test.prompts == prompts {
					assert.Equal(t, int64(prompts), u.Request, "the rest of a request is of its context tier")
				}
			}
			assert.Equal(t, test.prompts, sums[frame.PromptText])
			assert.Equal(t, test.completions, sums[frame.CompletionText])
			repeats := only(facts, Disregarded)
			assert.Len(t, repeats, int(test.repeats))
			for _, f := range repeats {
				assert.Equal(t, ReasonSnapshot, f.Name)
			}
		})
	}
}

func running(e frame.Event) frame.Event {
	e.Running = true
	return e
}

func characters(n float64) frame.Event {
	return frame.Event{Kind: frame.CharactersUsed, Source: sonic, Value: n}
}

func tokens(source frame.Source, tokens frame.Tokens) frame.Event {
	return frame.Event{Kind: frame.TokensUsed, Source: source, Tokens: tokens}
}

// Totals beside single reports are the same use.
func TestRunningTotals(t *testing.T) {
	audio := func(seconds float64) frame.Event {
		return frame.Event{Kind: frame.AudioTranscribed, Source: nova, Value: seconds}
	}
	leg := func(seconds float64) frame.Event {
		return frame.Event{Kind: frame.TransportUsed, Source: twilio, Value: seconds}
	}
	for name, test := range map[string]struct {
		events []frame.Event
		want   []string
	}{
		"only totals": {
			[]frame.Event{running(characters(10)), running(characters(10)), running(characters(30))},
			[]string{"used 2/0 10 cartesia/sonic-3", "used 2/0 20 cartesia/sonic-3"},
		},
		"out of order": {
			[]frame.Event{running(characters(30)), running(characters(10)), running(characters(40))},
			[]string{"used 2/0 30 cartesia/sonic-3", "used 2/0 10 cartesia/sonic-3"},
		},
		"single reports first": {
			[]frame.Event{characters(10), running(characters(10)), characters(20), running(characters(30))},
			[]string{"used 2/0 10 cartesia/sonic-3", "disregarded repeated", "used 2/0 20 cartesia/sonic-3", "disregarded repeated"},
		},
		"a total first": {
			[]frame.Event{running(characters(10)), characters(10), running(characters(30)), characters(20)},
			[]string{"used 2/0 10 cartesia/sonic-3", "disregarded repeated", "disregarded repeated", "used 2/0 20 cartesia/sonic-3"},
		},
		"a total of several reports first": {
			[]frame.Event{running(characters(25)), characters(10), characters(20)},
			[]string{"used 2/0 25 cartesia/sonic-3", "disregarded repeated", "disregarded repeated", "used 2/0 5 cartesia/sonic-3"},
		},
		"leaf by leaf": {
			[]frame.Event{running(tokens(gpt, prompt(100, 10))), running(tokens(gpt, prompt(250, 10))), tokens(gpt, prompt(300, 4))},
			[]string{
				"used 1/0 100 openai/gpt-4o", "used 1/9 10 openai/gpt-4o", "used 1/0 150 openai/gpt-4o",
				"disregarded repeated", "used 1/0 50 openai/gpt-4o",
			},
		},
		"stages and quantities apart": {
			[]frame.Event{characters(10), running(tokens(sonic, prompt(7, 0))), running(leg(60)), running(leg(61.5))},
			[]string{"used 2/0 10 cartesia/sonic-3", "used 1/0 7 cartesia/sonic-3", "used 6/0 60 twilio/", "used 6/0 1.5 twilio/"},
		},
		"realtime models among the totals of language models": {
			[]frame.Event{
				tokens(live, prompt(5, 1)),
				running(tokens(frame.Source{Stage: frame.LLM, Provider: "openai", Model: "gpt-realtime"}, prompt(5, 1))),
			},
			[]string{"used 1/0 5 openai/gpt-realtime", "used 1/9 1 openai/gpt-realtime", "disregarded repeated"},
		},
		"decimals stay decimals": {
			[]frame.Event{running(audio(0.1)), running(audio(0.3)), audio(0.3)},
			[]string{"used 3/0 0.1 deepgram/nova-3", "used 3/0 0.2 deepgram/nova-3", "disregarded repeated"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var frames []frame.Frame
			for i, e := range test.events {
				frames = append(frames, say(float64(i), e))
			}
			facts, _ := apply(t, NewTable(config), frames...)
			assert.Equal(t, test.want, told(only(facts, Used, Disregarded)))
		})
	}
}

func TestTotalsAreOfSeveralRequests(t *testing.T) {
	facts, _ := apply(t, NewTable(config), say(0, running(tokens(gpt, prompt(100, 10)))))
	for _, u := range usage(facts) {
		assert.Zero(t, u.Request)
	}
}

// A call that tells totals of endless sources keeps a few and counts none of the rest.
func TestTotalsOfTooManySources(t *testing.T) {
	table := NewTable(config)
	f := frame.Frame{CallID: "c1", Time: began}
	for i := range 100 {
		source := frame.Source{Stage: frame.LLM, Model: string(rune('a' + i))}
		f.Events = append(f.Events, running(tokens(source, prompt(1, 0))))
	}
	facts, _ := apply(t, table, f)
	assert.Len(t, only(facts, Used), maxTotals)
	assert.Len(t, only(facts, Disregarded), 100-maxTotals)
}

// Latency without usage is what a bot tells whose usage metrics are switched off.
func TestUsageMissing(t *testing.T) {
	start := say(0, frame.Event{Kind: frame.CallStarted, Models: []frame.Source{stt("gladia", "")}})
	end := say(20, kind(frame.CallEnded))
	for name, test := range map[string]struct {
		frames  []frame.Frame
		missing bool
	}{
		"latency only":          {[]frame.Frame{start, say(1, ttfb(gpt, 400)), end}, true},
		"of a cut answer":       {[]frame.Frame{start, say(1, frame.Event{Kind: frame.Processing, Source: sonic, Value: 4, Cut: true}), end}, true},
		"with usage":            {[]frame.Frame{start, say(1, ttfb(gpt, 400)), say(2, characters(3)), end}, false},
		"with totals":           {[]frame.Frame{start, say(1, ttfb(gpt, 400)), say(2, running(characters(3))), end}, false},
		"with money":            {[]frame.Frame{start, say(1, ttfb(gpt, 400)), say(2, frame.Event{Kind: frame.Charged, Value: 3}), end}, false},
		"of speech recognition": {[]frame.Frame{start, say(1, ttfb(nova, 400)), end}, false},
		"nothing":               {[]frame.Frame{start, end}, false},
	} {
		facts, _ := apply(t, NewTable(config), test.frames...)
		assert.Equal(t, test.missing, len(only(facts, UsageMissing)) == 1, name)
		assert.Equal(t, test.missing, facts[len(facts)-1].Summary.UsageMissing, name)
	}

	table := NewTable(config)
	apply(t, table, start, say(1, ttfb(gpt, 400)))
	tx, err := table.Begin(keys("c1"))
	require.NoError(t, err)
	defer tx.Rollback()
	facts := tx.EndIdle(after(1000))
	assert.Equal(t, []string{"used 4/0 1 gladia/", "usage missing", "ended 1 idle_timeout"}, told(facts))
}

// Money, legs and platform time are usage like any other; their terms, and whether a platform prices them, go along.
func TestUsageOfPlatforms(t *testing.T) {
	vapi := frame.Source{Stage: frame.Platform, Provider: "vapi"}
	terms := frame.Terms{ServiceTier: "priority", Region: "eu", Channels: 2}
	table := NewTable(config)
	facts, _ := apply(t, table,
		say(0, frame.Event{Kind: frame.CallStarted, Models: []frame.Source{nova}}),
		say(1, frame.Event{Kind: frame.Charged, Source: frame.Source{Stage: frame.STT}, Value: 0.012}),
		say(1, frame.Event{Kind: frame.TransportUsed, Source: twilio, Value: 72, Priced: true}),
		say(1, frame.Event{Kind: frame.PlatformUsed, Source: vapi, Value: 72, Priced: true}),
		say(2, frame.Event{Kind: frame.TokensUsed, Source: gpt, Tokens: prompt(10, 1), Terms: terms, Priced: true, Paired: true}),
		say(10, kind(frame.CallEnded)))
	want := []Usage{
		{Source: frame.Source{Stage: frame.STT, Provider: "deepgram", Model: "nova-3"}, Quantity: Money, Amount: 0.012},
		{Source: twilio, Quantity: TransportSeconds, Amount: 72, Priced: true},
		{Source: vapi, Quantity: PlatformSeconds, Amount: 72, Priced: true},
		{Source: gpt, Quantity: Tokens, Amount: 10, Request: 10, Terms: terms, Priced: true, Paired: true},
		{Source: gpt, Quantity: Tokens, Leaf: frame.CompletionText, Amount: 1, Request: 10, Terms: terms, Priced: true, Paired: true},
		{Source: nova, Quantity: STTSession, Amount: 10, Priced: true},
	}
	assert.Equal(t, want, usage(facts))
	summary := facts[len(facts)-1].Summary
	require.Len(t, summary.Usage, len(want))
	for i, u := range summary.Usage {
		assert.Equal(t, want[i], u.Usage)
	}
	assert.Equal(t, after(2), summary.Usage[3].Time)
	assert.Equal(t, frame.NameID("test", "2 7"), summary.Usage[3].FrameID, "say names its frames by second and kind")
	assert.Equal(t, time.Duration(10)*time.Second, summary.Duration)
}

// A call that its platform has not told the price of when it is given up is not one that costs nothing.
func TestPendingMoney(t *testing.T) {
	charged := frame.Event{Kind: frame.Charged, Source: twilio, Value: 0.01}
	hungUp := frame.Event{Kind: frame.CallHungUp, Name: "user_hangup"}
	for name, test := range map[string]struct {
		frames  []frame.Frame
		pending bool
	}{
		"never told":          {[]frame.Frame{say(0, hungUp)}, true},
		"told":                {[]frame.Frame{say(0, hungUp), say(1, charged), say(2, kind(frame.CallEnded))}, false},
		"nothing to wait for": {[]frame.Frame{say(0, charged)}, false},
	} {
		table := NewTable(config)
		facts, _ := apply(t, table, test.frames...)
		tx, err := table.Begin(keys("c1"))
		require.NoError(t, err)
		facts = append(facts, tx.EndIdle(after(1000))...)
		tx.Commit()
		assert.Equal(t, test.pending, only(facts, Ended)[0].Summary.CostPending, name)
	}
}

// Usage of one model told singly says nothing of another's, which is told in totals.
func TestTotalsOfAnotherModel(t *testing.T) {
	mini := gpt
	mini.Model = "gpt-4o-mini"
	total := frame.Event{Kind: frame.TokensUsed, Source: gpt, Tokens: prompt(1000, 0), Running: true}
	single := frame.Event{Kind: frame.TokensUsed, Source: mini, Tokens: prompt(119, 0)}
	for _, events := range [][]frame.Event{{total, single}, {single, total}} {
		facts, _ := apply(t, NewTable(config), eachSecond(events)...)
		sum := map[string]float64{}
		for _, f := range only(facts, Used) {
			sum[f.Usage.Source.Model] += f.Usage.Amount
		}
		assert.Equal(t, map[string]float64{"gpt-4o": 1000, "gpt-4o-mini": 119}, sum)
	}
}

// Of a bot that sends two formats of its framework, each thing counts once, whichever comes first.
func TestTwoFormsOfOneBot(t *testing.T) {
	form := func(f frame.Frame, form string) frame.Frame {
		f.Form, f.ID = form, frame.NameID(form, f.ID.String())
		return f
	}
	var frames []frame.Frame
	for i := range 3 {
		for k, e := range []frame.Event{ttfb(gpt, 400), {Kind: frame.TokensUsed, Source: gpt, Tokens: prompt(100, 10)}, {Kind: frame.ToolCalled, Name: "book"}} {
			f := say(float64(10*i+k), e)
			frames = append(frames, form(f, "frames"), form(f, "records"))
		}
	}
	frames = append(frames, form(say(50, characters(48)), "records"))
	facts, _ := apply(t, NewTable(config), frames...)
	assert.Len(t, only(facts, Waited), 3)
	assert.Len(t, only(facts, ToolCalled), 3)
	assert.Len(t, only(facts, Used), 3*2+1)
	assert.Len(t, only(facts, Disregarded), 3*3)
}

// An interruption that is certain counts though nobody was heard, and once for each answer.
func TestCertainInterruptions(t *testing.T) {
	certain := frame.Event{Kind: frame.Interrupted, Cut: true}
	user, stops, bot := kind(frame.UserStartedTalking), kind(frame.UserStoppedTalking), kind(frame.BotStartedTalking)
	for name, test := range map[string]struct {
		events []frame.Event
		want   int
	}{
		"of a bot that is not heard": {[]frame.Event{user, certain, stops, user, certain}, 2},
		"told twice":                 {[]frame.Event{user, stops, bot, user, kind(frame.Interrupted), certain}, 1},
		"of two answers":             {[]frame.Event{bot, user, certain, stops, bot, user, certain}, 2},
	} {
		facts, _ := apply(t, NewTable(config), eachSecond(test.events)...)
		assert.Len(t, only(facts, Interrupted), test.want, name)
	}
}

// The bot's silence may be told a moment before the interruption that it is due to.
func TestInterruptionAfterTheSilence(t *testing.T) {
	facts, _ := apply(t, NewTable(config),
		say(0, kind(frame.UserStartedTalking)), say(1, kind(frame.UserStoppedTalking)), say(2, kind(frame.BotStartedTalking)),
		say(4, kind(frame.UserStartedTalking)), say(4.02, kind(frame.BotStoppedTalking)), say(4.01, kind(frame.Interrupted)))
	assert.Len(t, only(facts, Interrupted), 1)
}

// An answer ends the turn before, also where nobody said that the user interrupted that.
func TestAnswersEndTurns(t *testing.T) {
	user, stops, bot := kind(frame.UserStartedTalking), kind(frame.UserStoppedTalking), kind(frame.BotStartedTalking)
	facts, _ := apply(t, NewTable(config), eachSecond([]frame.Event{user, stops, bot, user, stops, bot, kind(frame.CallEnded)})...)
	assert.Len(t, only(facts, Answered), 2)
	assert.Len(t, only(facts, TurnEnded), 2)
}

// An answer after a quarter of an hour is one of a clock that was wrong.
func TestAnswersOfAWrongClock(t *testing.T) {
	facts, _ := apply(t, NewTable(config),
		say(0, kind(frame.UserStartedTalking)), say(1, kind(frame.UserStoppedTalking)), say(900, kind(frame.BotStartedTalking)),
		say(901, kind(frame.UserStartedTalking)), say(902, kind(frame.UserStoppedTalking)), say(903, kind(frame.BotStartedTalking)))
	assert.Equal(t, []string{"disregarded clock", "answered 1000"}, told(only(facts, Answered, Disregarded)))
}

// A call that names thousands of recognisers takes neither the time nor the memory of thousands; their time is the last one's.
func TestTooManyListeners(t *testing.T) {
	var frames []frame.Frame
	for i := range 10 * maxListeners {
		frames = append(frames, say(float64(i), frame.Event{Kind: frame.AudioTranscribed, Source: stt("x", fmt.Sprint(i)), Value: 0.5}))
	}
	frames = append(frames, say(float64(10*maxListeners), kind(frame.CallEnded)))
	facts, _ := apply(t, NewTable(config), frames...)
	sessions, seconds := 0, 0.0
	for _, f := range only(facts, Used) {
		if f.Usage.Quantity == STTSession {
			sessions++
			seconds += f.Usage.Amount
		}
	}
	assert.Equal(t, maxListeners, sessions)
	assert.InDelta(t, 640, seconds, 1e-6)
}
