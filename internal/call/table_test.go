package call

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

var (
	began  = time.Date(2025, 11, 24, 16, 0, 0, 0, time.UTC)
	config = Config{IdleTimeout: 5 * time.Minute, Remember: 15 * time.Minute, MaxCalls: 100}
)

func after(seconds float64) time.Time {
	return began.Add(time.Duration(seconds * float64(time.Second)))
}

// say is a frame of one event at a moment, in seconds after began.
func say(seconds float64, event frame.Event) frame.Frame {
	return frame.Frame{
		CallID: "c1", ID: frame.NameID("test", fmt.Sprint(seconds, event.Kind)), Time: after(seconds),
		Events: []frame.Event{event},
	}
}

func kind(k frame.Kind) frame.Event { return frame.Event{Kind: k} }

func keys(ids ...string) []Key {
	keys := make([]Key, len(ids))
	for i, id := range ids {
		keys[i] = Key{ID: id}
	}
	return keys
}

// apply applies frames, each in a request of its own that arrives when the frame was said, and returns the facts.
func apply(t *testing.T, table *Table, frames ...frame.Frame) ([]Fact, []Verdict) {
	var facts []Fact
	var verdicts []Verdict
	for i := range frames {
		tx, err := table.Begin([]Key{{ID: "c1"}})
		require.NoError(t, err)
		got, verdict := tx.Apply(&frames[i], frames[i].Time)
		facts, verdicts = append(facts, got...), append(verdicts, verdict)
		tx.Commit()
	}
	return facts, verdicts
}

// told writes facts as "kind value" for comparison.
func told(facts []Fact) []string {
	names := map[FactKind]string{
		Opened: "opened", Lasted: "lasted", Waited: "waited", Worked: "worked", Used: "used", Answered: "answered",
		TurnEnded: "turn ended", Interrupted: "interrupted", ToolCalled: "tool called", Failed: "failed", Ended: "ended",
		Disregarded: "disregarded", Traced: "traced", UsageMissing: "usage missing",
	}
	out := []string{}
	for _, f := range facts {
		text := names[f.Kind]
		switch f.Kind {
		case Lasted, Waited, Worked, Answered:
			text += fmt.Sprintf(" %g", f.Value)
		case Disregarded:
			text += " " + f.Name
		case Ended:
			text += fmt.Sprintf(" %g %s", f.Value, f.Name)
		case Used:
			text += fmt.Sprintf(" %d/%d %g %s/%s", f.Usage.Quantity, f.Usage.Leaf, f.Usage.Amount, f.Usage.Source.Provider, f.Usage.Source.Model)
		}
		out = append(out, text)
	}
	return out
}

func TestCallFromStartToEnd(t *testing.T) {
	table := NewTable(config)
	llm := frame.Source{Stage: frame.LLM, Provider: "openai", Processor: "OpenAILLMService"}
	tts := frame.Source{Stage: frame.TTS, Provider: "cartesia", Processor: "CartesiaTTSService"}
	facts, verdicts := apply(t, table,
		say(0, frame.Event{Kind: frame.CallStarted, Models: []frame.Source{
			{Stage: frame.LLM, Model: "gpt-4o"}, {Stage: frame.STT, Provider: "gladia"}, {Stage: frame.TTS, Provider: "cartesia"},
		}}),
		say(1, kind(frame.UserStartedTalking)),
		say(2, kind(frame.UserStoppedTalking)),
		say(2.5, frame.Event{Kind: frame.TTFB, Source: llm, Value: 412}),
		say(2.6, frame.Event{Kind: frame.TokensUsed, Source: llm, Tokens: frame.Tokens{frame.PromptText: 146, frame.PromptCacheRead: 896, frame.CompletionText: 37}}),
		say(2.75, kind(frame.BotStartedTalking)),
		say(3, frame.Event{Kind: frame.CharactersUsed, Source: tts, Value: 48}),
		say(5, kind(frame.BotStoppedTalking)),
		say(74.2, frame.Event{Kind: frame.CallEnded, Name: "hangup"}),
	)
	assert.Equal(t, []string{
		"opened", "lasted 1", "lasted 1", "lasted 0.5", "waited 412", "lasted 0.1",
		"used 1/0 146 openai/gpt-4o", "used 1/1 896 openai/gpt-4o", "used 1/9 37 openai/gpt-4o",
		"lasted 0.15", "answered 750", "lasted 0.25", "used 2/0 48 cartesia/", "lasted 2", "lasted 69.2",
		"turn ended", "used 4/0 74.2 gladia/", "ended 74.2 hangup",
	}, told(facts))
	assert.NotContains(t, verdicts, Duplicate)
	assert.Zero(t, table.Active()[""])

	summary := facts[len(facts)-1].Summary
	assert.Equal(t, 74200*time.Millisecond, summary.Duration)
	assert.Equal(t, 1, summary.Turns)
	assert.Equal(t, []float64{750}, summary.TurnLatencies)
	assert.Equal(t, []float64{412}, summary.TTFBs)
	require.Len(t, summary.Usage, 5)
	assert.Equal(t, int64(1042), summary.Usage[0].Request, "the input tokens of the request, for context tiers")
	assert.Equal(t, after(2.6), summary.Usage[0].Time)
	assert.Equal(t, "gpt-4o", summary.Usage[2].Source.Model)
	assert.Equal(t, STTSession, summary.Usage[4].Quantity)
}

func TestDuplicatesChangeNothing(t *testing.T) {
	table := NewTable(config)
	frames := []frame.Frame{
		say(0, kind(frame.CallStarted)),
		say(1, frame.Event{Kind: frame.CharactersUsed, Value: 48}),
		say(2, frame.Event{Kind: frame.CallEnded, Name: "hangup"}),
	}
	apply(t, table, frames...)
	facts, verdicts := apply(t, table, frames...)
	assert.Empty(t, facts)
	assert.Equal(t, []Verdict{Duplicate, Duplicate, Duplicate}, verdicts)
}

func TestFramesWithoutIdentityAreEachTheirOwn(t *testing.T) {
	f := frame.Frame{CallID: "c1", Events: []frame.Event{{Kind: frame.CharactersUsed, Value: 48}}}
	facts, verdicts := apply(t, NewTable(config), f, f)
	assert.Equal(t, []Verdict{Accepted, Accepted}, verdicts)
	assert.Equal(t, []string{"opened", "used 2/0 48 /", "used 2/0 48 /"}, told(facts))
}

func TestConversation(t *testing.T) {
	user, userStops := frame.UserStartedTalking, frame.UserStoppedTalking
	bot, botStops, cut, end := frame.BotStartedTalking, frame.BotStoppedTalking, frame.Interrupted, frame.CallEnded
	for name, test := range map[string]struct {
		events []frame.Kind // one a second
		want   map[string]int
	}{
		"a greeting is a turn":                  {[]frame.Kind{bot, botStops, end}, map[string]int{"turn ended": 1}},
		"question and answer":                   {[]frame.Kind{user, userStops, bot, botStops, end}, map[string]int{"turn ended": 1, "answered": 1}},
		"pauses between sentences are one turn": {[]frame.Kind{user, userStops, bot, botStops, bot, botStops, end}, map[string]int{"turn ended": 1, "answered": 1}},
		"two turns":                             {[]frame.Kind{user, userStops, bot, botStops, user, userStops, bot, botStops, end}, map[string]int{"turn ended": 2, "answered": 2}},
		"cut off":                               {[]frame.Kind{user, userStops, bot, cut, user, botStops, userStops, bot, end}, map[string]int{"turn ended": 2, "answered": 2, "interrupted": 1}},
		"cut off, the user heard first":         {[]frame.Kind{user, userStops, bot, user, cut, botStops, userStops, bot, end}, map[string]int{"turn ended": 2, "answered": 2, "interrupted": 1}},
		"interruptions while the bot is silent": {[]frame.Kind{bot, botStops, cut, user, cut, userStops, bot, end}, map[string]int{"turn ended": 2, "answered": 1}},
		"a bot that never reports its speech":   {[]frame.Kind{cut, cut, end}, map[string]int{"interrupted": 2}},
		"no answer":                             {[]frame.Kind{user, userStops, user, userStops, bot, end}, map[string]int{"turn ended": 1, "answered": 1}},
	} {
		t.Run(name, func(t *testing.T) {
			var frames []frame.Frame
			for i, k := range test.events {
				frames = append(frames, say(float64(i), kind(k)))
			}
			facts, _ := apply(t, NewTable(config), frames...)
			got := map[string]int{}
			for _, f := range facts {
				switch f.Kind {
				case TurnEnded:
					got["turn ended"]++
				case Answered:
					got["answered"]++
					assert.Equal(t, 1000.0, f.Value)
				case Interrupted:
					got["interrupted"]++
				}
			}
			assert.Equal(t, test.want, got)
		})
	}
}

func TestLateFramesCountAndReopenNothing(t *testing.T) {
	table := NewTable(config)
	apply(t, table, say(0, kind(frame.CallStarted)), say(10, kind(frame.CallEnded)))
	facts, verdicts := apply(t, table,
		say(11, frame.Event{Kind: frame.CharactersUsed, Value: 48}),
		say(12, kind(frame.BotStartedTalking)),
		say(13, kind(frame.CallEnded)),
		say(14, kind(frame.Failed)),
		heard(15, stt("gladia", ""), 3),
	)
	assert.Equal(t, []Verdict{Late, Late, Late, Late, Late}, verdicts)
	assert.Equal(t, []string{"used 2/0 48 /", "failed", "used 3/0 3 gladia/"}, told(facts))
	assert.False(t, facts[2].Usage.Paired, "no session time follows any more")
	assert.Zero(t, table.Active()[""])
}

func TestIdleCallsEnd(t *testing.T) {
	table := NewTable(config)
	apply(t, table, say(0, kind(frame.CallStarted)), say(60, kind(frame.BotStartedTalking)))
	assert.Empty(t, table.Idle(after(60+299)))
	assert.Equal(t, []Key{{ID: "c1"}}, table.Idle(after(60+300)))
	assert.Equal(t, 1, table.Active()[""])

	tx, err := table.Begin([]Key{{ID: "c1"}})
	require.NoError(t, err)
	facts := tx.EndIdle(after(360))
	tx.Rollback()
	assert.Equal(t, []string{"turn ended", "ended 60 idle_timeout"}, told(facts))
	assert.Equal(t, 1, table.Active()[""], "what is refused downstream has changed nothing")

	tx, err = table.Begin([]Key{{ID: "c1"}})
	require.NoError(t, err)
	assert.Len(t, tx.EndIdle(after(370)), 2)
	tx.Commit()
	assert.Zero(t, table.Active()[""])
	assert.Empty(t, table.Idle(after(1000)))

	table.Forget(after(370 + 899))
	assert.Len(t, table.calls, 1)
	table.Forget(after(370 + 900))
	assert.Empty(t, table.calls)
}

// Who keeps something of a call hears of each that is gone, also of one whose key is known again, with the mark of that moment.
func TestWhatIsGone(t *testing.T) {
	mark := uint64(0)
	marked := config
	marked.MaxCalls, marked.Mark = 1, func() uint64 { return mark }
	table := NewTable(marked)
	for _, id := range []string{"c1", "c2", "c1"} {
		mark++
		tx, err := table.Begin([]Key{{ID: id}})
		require.NoError(t, err)
		tx.Apply(&frame.Frame{CallID: id, Time: began, Events: []frame.Event{kind(frame.CallEnded)}}, began)
		tx.Commit()
	}
	assert.Equal(t, []Gone{{Key{ID: "c1"}, 2}, {Key{ID: "c2"}, 3}}, table.Forget(began))
	assert.Equal(t, []Gone{{Key{ID: "c1"}, 3}}, table.Forget(began.Add(24*time.Hour)))
	assert.Empty(t, table.Forget(began.Add(48*time.Hour)))
}

func TestRollbackChangesNothing(t *testing.T) {
	table := NewTable(config)
	start := say(0, kind(frame.CallStarted))
	tx, err := table.Begin([]Key{{ID: "c1"}})
	require.NoError(t, err)
	_, verdict := tx.Apply(&start, began)
	assert.Equal(t, Accepted, verdict)
	_, verdict = tx.Apply(&start, began)
	assert.Equal(t, Duplicate, verdict, "in the same request as well")
	tx.Rollback()
	assert.Empty(t, table.calls, "a call that never came to be leaves nothing")

	facts, verdicts := apply(t, table, start)
	assert.Equal(t, []Verdict{Accepted}, verdicts)
	assert.Equal(t, []string{"opened"}, told(facts))
}

func TestClocksOfBotAndCollector(t *testing.T) {
	// The bot's timestamps are a year old. A frame without one is placed on the bot's clock by its arrival.
	table := NewTable(config)
	year := 365 * 24 * time.Hour
	frames := []frame.Frame{say(0, kind(frame.CallStarted)), {CallID: "c1", Events: []frame.Event{kind(frame.BotStartedTalking)}}, say(20, kind(frame.CallEnded))}
	var facts []Fact
	for i, arrival := range []time.Time{after(0).Add(year), after(8).Add(year), after(20).Add(year)} {
		tx, err := table.Begin([]Key{{ID: "c1"}})
		require.NoError(t, err)
		got, _ := tx.Apply(&frames[i], arrival)
		facts = append(facts, got...)
		tx.Commit()
	}
	assert.Equal(t, []string{"opened", "lasted 8", "lasted 12", "turn ended", "ended 20 end"}, told(facts))
}

// The first frame had no timestamp, or one of another century, and the bot's clock is behind ours: the call is as long as the
// bot says all the same.
func TestTheBotsClockIsLearnt(t *testing.T) {
	for name, first := range map[string]time.Time{"none": {}, "wrong": time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC)} {
		table := NewTable(config)
		frames := []frame.Frame{{CallID: "c1", Time: first, Events: []frame.Event{kind(frame.CallStarted)}}, say(2, kind(frame.BotStartedTalking)), say(30, kind(frame.CallEnded))}
		var facts []Fact
		for i, arrival := range []float64{0, 2, 30} {
			tx, err := table.Begin([]Key{{ID: "c1"}})
			require.NoError(t, err)
			got, _ := tx.Apply(&frames[i], after(arrival).Add(5*time.Minute))
			facts = append(facts, got...)
			tx.Commit()
		}
		assert.Equal(t, []string{"opened", "lasted 2", "lasted 28", "turn ended", "ended 30 end"}, told(facts), name)
	}
}

func TestOneWrongTimestampDoesNotStretchTheCall(t *testing.T) {
	facts, _ := apply(t, NewTable(config),
		say(0, kind(frame.CallStarted)), say(40*24*3600, kind(frame.BotStartedTalking)), say(12, kind(frame.CallEnded)))
	assert.Equal(t, []string{"opened", "lasted 12", "turn ended", "ended 12 end"}, told(facts))
}

func TestOutOfOrderFramesDoNotShortenTheCall(t *testing.T) {
	facts, _ := apply(t, NewTable(config),
		say(0, kind(frame.CallStarted)), say(10, kind(frame.BotStartedTalking)), say(4, kind(frame.UserStoppedTalking)), say(12, kind(frame.CallEnded)))
	assert.Equal(t, []string{"opened", "lasted 10", "lasted 2", "turn ended", "ended 12 end"}, told(facts))
}

func stt(provider, model string) frame.Source {
	return frame.Source{Stage: frame.STT, Provider: provider, Model: model}
}

func heard(seconds float64, by frame.Source, audio float64) frame.Frame {
	return say(seconds, frame.Event{Kind: frame.AudioTranscribed, Source: by, Value: audio})
}

// Speech recognition was open as long as the call went on, by whoever was last heard of, and at least as long as its audio.
func TestSpeechRecognitionTime(t *testing.T) {
	gladia, deepgram, assembly := stt("gladia", ""), stt("deepgram", "nova-3"), stt("assemblyai", "universal-streaming")
	started := say(0, frame.Event{Kind: frame.CallStarted, Models: []frame.Source{gladia}})
	end := func(seconds float64) frame.Frame { return say(seconds, kind(frame.CallEnded)) }
	session := func(by frame.Source, seconds float64, paired bool) Usage {
		return Usage{Source: by, Quantity: STTSession, Amount: seconds, Paired: paired}
	}
	audio := func(by frame.Source, seconds float64) Usage {
		return Usage{Source: by, Quantity: AudioSeconds, Amount: seconds, Paired: true}
	}
	timeless := heard(0, assembly, 30)
	timeless.Time, timeless.ID = time.Time{}, 0
	for name, test := range map[string]struct {
		frames []frame.Frame
		want   []Usage
	}{
		"the call's default": {[]frame.Frame{started, end(74.2)}, []Usage{session(gladia, 74.2, false)}},
		"who reports audio":  {[]frame.Frame{say(0, kind(frame.BotStartedTalking)), heard(5, deepgram, 4.5), end(30)}, []Usage{audio(deepgram, 4.5), session(deepgram, 30, true)}},
		"the default, told in full": {[]frame.Frame{started, heard(5, stt("gladia", "solaria-1"), 4.5), end(30)}, []Usage{
			audio(stt("gladia", "solaria-1"), 4.5), session(stt("gladia", "solaria-1"), 30, true),
		}},
		"one after the other": {[]frame.Frame{heard(0, assembly, 1), heard(30, assembly, 28), heard(31, deepgram, 1), heard(61, deepgram, 25), end(91)}, []Usage{
			audio(assembly, 1), audio(assembly, 28), audio(deepgram, 1), audio(deepgram, 25), session(assembly, 31, true), session(deepgram, 60, true),
		}},
		"no clock": {[]frame.Frame{timeless, {CallID: "c1", Events: []frame.Event{kind(frame.CallEnded)}}}, []Usage{audio(assembly, 30), session(assembly, 30, true)}},
		"nobody":   {[]frame.Frame{say(0, kind(frame.CallStarted)), end(30)}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			facts, _ := apply(t, NewTable(config), test.frames...)
			assert.Equal(t, test.want, usage(facts))
			assert.Len(t, facts[len(facts)-1].Summary.Usage, len(test.want))
		})
	}
}

func usage(facts []Fact) []Usage {
	var used []Usage
	for _, f := range facts {
		if f.Kind == Used {
			used = append(used, f.Usage)
		}
	}
	return used
}

// What open calls hold back is made known when the collector ends before them, and not once more by the calls' ends.
func TestSettle(t *testing.T) {
	table := NewTable(config)
	apply(t, table, say(0, frame.Event{Kind: frame.CallStarted, Models: []frame.Source{stt("gladia", "")}}), say(30, kind(frame.BotStartedTalking)))
	assert.Equal(t, []Key{{ID: "c1"}}, table.Open())
	tx, err := table.Begin([]Key{{ID: "c1"}})
	require.NoError(t, err)
	assert.Equal(t, []Usage{{Source: stt("gladia", ""), Quantity: STTSession, Amount: 30}}, usage(tx.Settle()))
	tx.Commit()
	facts, _ := apply(t, table, say(50, kind(frame.CallEnded)))
	assert.Equal(t, []Usage{{Source: stt("gladia", ""), Quantity: STTSession, Amount: 20}}, usage(facts))
	assert.Empty(t, table.Open())
}

func TestDefaultsFillWhatAFrameLeavesOut(t *testing.T) {
	models := []frame.Source{{Stage: frame.LLM, Provider: "groq", Model: "llama"}}
	for name, test := range map[string]struct{ source, want frame.Source }{
		"nothing named":    {frame.Source{Stage: frame.LLM}, frame.Source{Stage: frame.LLM, Provider: "groq", Model: "llama"}},
		"model named":      {frame.Source{Stage: frame.LLM, Model: "gpt-4o"}, frame.Source{Stage: frame.LLM, Model: "gpt-4o"}},
		"provider named":   {frame.Source{Stage: frame.LLM, Provider: "groq"}, frame.Source{Stage: frame.LLM, Provider: "groq", Model: "llama"}},
		"another provider": {frame.Source{Stage: frame.LLM, Provider: "openai"}, frame.Source{Stage: frame.LLM, Provider: "openai"}},
		"realtime is llm":  {frame.Source{Stage: frame.Realtime}, frame.Source{Stage: frame.Realtime, Provider: "groq", Model: "llama"}},
		"realtime named":   {frame.Source{Stage: frame.Realtime, Processor: "named"}, frame.Source{Stage: frame.Realtime, Processor: "named", Provider: "groq", Model: "llama"}},
		"no default known": {frame.Source{Stage: frame.TTS}, frame.Source{Stage: frame.TTS}},
	} {
		s := &state{}
		s.setModels(models)
		assert.Equal(t, test.want, s.complete(test.source), name)
	}
}

// A bot may name its models bit by bit. What is known of a stage stays, and a realtime model's own default comes before
// that of language models.
func TestDefaultsAddUp(t *testing.T) {
	gpt := frame.Source{Stage: frame.LLM, Model: "gpt-4o"}
	realtime := frame.Source{Stage: frame.Realtime, Provider: "openai", Model: "gpt-realtime"}
	s := &state{}
	s.setModels([]frame.Source{gpt})
	before := *s
	s.setModels(nil)
	s.setModels([]frame.Source{realtime, {Stage: frame.LLM, Model: "other"}, {Stage: frame.STT, Model: "whisper-1"}})
	assert.Equal(t, gpt, s.complete(frame.Source{Stage: frame.LLM}))
	assert.Equal(t, realtime, s.complete(frame.Source{Stage: frame.Realtime}))
	assert.Equal(t, "whisper-1", s.listeners.list[0].source.Model)
	assert.Equal(t, []frame.Source{gpt}, before.models, "a copy of the state is not written to")
}

// A turn that the bot has timed itself is a turn; if the bot's speech is reported as well, it is the same turn.
func TestAnswersMeasuredByTheBot(t *testing.T) {
	answered := frame.Event{Kind: frame.Answered, Value: 904}
	table := NewTable(config)
	facts, _ := apply(t, table, say(0, answered), say(5, answered), say(6, kind(frame.CallEnded)), say(7, answered))
	assert.Equal(t, []string{
		"opened", "answered 904", "turn ended", "lasted 5", "answered 904", "turn ended", "lasted 1", "ended 6 end", "answered 904",
	}, told(facts))
	summary := facts[len(facts)-2].Summary
	assert.Equal(t, []float64{904, 904}, summary.TurnLatencies)
	assert.Equal(t, 2, summary.Turns)

	facts, _ = apply(t, NewTable(config),
		say(0, kind(frame.UserStoppedTalking)), say(1, kind(frame.BotStartedTalking)), say(2, answered), say(3, kind(frame.CallEnded)))
	assert.Equal(t, []string{"opened", "lasted 1", "answered 1000", "lasted 1", "lasted 1", "turn ended", "ended 3 end"}, told(facts))
}

func TestUsageOfOneEventEach(t *testing.T) {
	realtime := frame.Source{Stage: frame.Realtime, Provider: "xai", Model: "grok-voice"}
	tts := frame.Source{Stage: frame.TTS, Provider: "openai", Model: "gpt-4o-mini-tts"}
	stt := frame.Source{Stage: frame.STT, Provider: "openai", Model: "gpt-4o-transcribe"}
	facts, _ := apply(t, NewTable(config),
		say(0, frame.Event{Kind: frame.RealtimeConnected, Source: realtime, Value: 74.2}),
		say(1, frame.Event{Kind: frame.CharactersUsed, Source: tts, Value: 48, Paired: true}),
		say(2, frame.Event{Kind: frame.TokensUsed, Source: tts, Tokens: frame.Tokens{frame.CompletionAudio: 90}, Paired: true}),
		say(3, frame.Event{Kind: frame.TokensUsed, Source: stt, Tokens: frame.Tokens{frame.PromptAudio: 30}}),
		say(4, kind(frame.CallEnded)))
	assert.Equal(t, []Usage{
		{Source: realtime, Quantity: RealtimeSession, Amount: 74.2},
		{Source: tts, Quantity: Characters, Amount: 48, Paired: true},
		{Source: tts, Quantity: Tokens, Leaf: frame.CompletionAudio, Amount: 90, Paired: true},
		{Source: stt, Quantity: Tokens, Leaf: frame.PromptAudio, Amount: 30, Request: 30},
		{Source: stt, Quantity: STTSession, Amount: 4, Paired: true},
	}, usage(facts))
}

func TestTooManyCalls(t *testing.T) {
	table := NewTable(Config{IdleTimeout: time.Minute, Remember: time.Minute, MaxCalls: 2})
	open := func(ids ...string) error {
		tx, err := table.Begin(keys(ids...))
		if err != nil {
			return err
		}
		for _, id := range ids {
			f := say(0, kind(frame.CallStarted))
			f.CallID = id
			tx.Apply(&f, began)
		}
		tx.Commit()
		return nil
	}
	require.ErrorIs(t, open("c1", "c2", "c3"), ErrTooManyCalls)
	require.ErrorIs(t, open("c1", "c2", "c3"), ErrTooManyInOne)
	assert.Empty(t, table.calls, "a refused request leaves nothing and holds no lock")
	require.NoError(t, open("c1", "c2"))
	require.ErrorIs(t, open("c1", "c3"), ErrTooManyCalls)
	require.NotErrorIs(t, open("c1", "c3"), ErrTooManyInOne, "there may be room another time")
	require.ErrorIs(t, open("c1", "c3", "c4", "c5"), ErrTooManyInOne, "whatever is open")

	apply(t, table, say(1, kind(frame.CallEnded)))
	require.NoError(t, open("c3"), "the call that has ended makes room")
	assert.NotContains(t, table.calls, "c1")
	assert.Equal(t, 2, table.Active()[""])
	require.ErrorIs(t, open("c4"), ErrTooManyCalls)
}

// A request that is refused has made no call forgotten, whether there was no room for all of its calls or it was rolled back.
func TestRefusedRequestsForgetNobody(t *testing.T) {
	table := NewTable(Config{IdleTimeout: time.Minute, Remember: time.Minute, MaxCalls: 3})
	apply(t, table, say(0, kind(frame.CallStarted)), say(1, kind(frame.CallEnded)))
	_, err := table.Begin(keys("c2", "c3", "c4", "c5"))
	require.ErrorIs(t, err, ErrTooManyCalls)
	tx, err := table.Begin(keys("c2", "c3", "c4"))
	require.NoError(t, err)
	f := say(0, kind(frame.CallStarted))
	f.CallID = "c2"
	tx.Apply(&f, began)
	tx.Rollback()
	_, verdicts := apply(t, table, say(1, kind(frame.CallEnded)))
	assert.Equal(t, []Verdict{Duplicate}, verdicts)
	assert.Empty(t, table.Forget(began))
	assert.Len(t, table.calls, 1)
}

// After a restart calls come back in any order; they are forgotten in that of their ends.
func TestRestoredCallsAreForgottenInOrder(t *testing.T) {
	table := NewTable(Config{IdleTimeout: time.Minute, Remember: time.Hour, MaxCalls: 3})
	end := func(id string, arrival time.Time) {
		tx, err := table.Begin(keys(id))
		require.NoError(t, err)
		tx.Apply(&frame.Frame{CallID: id, Events: []frame.Event{kind(frame.CallEnded)}}, arrival)
		tx.Commit()
	}
	end("last", after(30))
	end("first", after(10))
	end("second", after(20))
	assert.Empty(t, table.Restored())
	end("new", after(40))
	assert.Equal(t, []Gone{{Key: keys("first")[0]}}, table.Forget(after(40)))
}

// Those for which there is no room are told of at once, with the mark of that time, and not again.
func TestRestoredCallsWithoutRoom(t *testing.T) {
	mark := uint64(7)
	table := NewTable(Config{IdleTimeout: time.Minute, Remember: time.Hour, MaxCalls: 1, Mark: func() uint64 { return mark }})
	for _, id := range []string{"a", "b", "c"} {
		tx, err := table.Begin(keys(id))
		require.NoError(t, err)
		tx.Apply(&frame.Frame{CallID: id, Events: []frame.Event{kind(frame.CallEnded)}}, began)
		tx.Commit()
	}
	mark = 8
	assert.Equal(t, []Gone{{keys("a")[0], 7}, {keys("b")[0], 7}}, table.Restored())
	assert.Empty(t, table.Forget(began))
}

func TestACallHasAnEndOfEvents(t *testing.T) {
	table := NewTable(config)
	f := frame.Frame{CallID: "c1", Events: make([]frame.Event, MaxEvents)}
	tx, err := table.Begin([]Key{{ID: "c1"}})
	require.NoError(t, err)
	_, verdict := tx.Apply(&f, began)
	assert.Equal(t, Accepted, verdict)
	one := say(1, kind(frame.BotStartedTalking))
	facts, verdict := tx.Apply(&one, began)
	assert.Equal(t, TooLong, verdict)
	assert.Empty(t, facts)
	end := say(2, kind(frame.CallEnded))
	_, verdict = tx.Apply(&end, began)
	assert.Equal(t, Accepted, verdict, "a call can always end")
	_, verdict = tx.Apply(&end, began)
	assert.Equal(t, Duplicate, verdict)
	tx.Commit()
}

// A summary and spans that were delivered do not follow again while only the metrics of the end are refused, unless the call went on.
func TestRecordsOfAnIdleCallFollowOnce(t *testing.T) {
	table := NewTable(tracing)
	apply(t, table,
		say(0, kind(frame.CallStarted)), say(1, frame.Event{Kind: frame.TTFB, Source: frame.Source{Stage: frame.LLM}, Value: 412}))
	records := func(now time.Time) (turns, summaries int) {
		tx, err := table.Begin([]Key{{ID: "c1"}})
		require.NoError(t, err)
		defer tx.Rollback()
		facts := tx.EndIdle(now)
		assert.Equal(t, []string{"traced", "usage missing", "ended 1 idle_timeout"}, told(facts)[:3])
		tx.Summarised()
		for _, f := range facts {
			if f.Turn != nil {
				turns += len(f.Turn.Operations)
			}
			if f.Summary != nil {
				summaries++
			}
		}
		return turns, summaries
	}
	turns, summaries := records(after(301))
	assert.Equal(t, [2]int{1, 1}, [2]int{turns, summaries})
	turns, summaries = records(after(311))
	assert.Equal(t, [2]int{0, 0}, [2]int{turns, summaries})
	apply(t, table, frame.Frame{CallID: "c1", ID: 7, Time: after(1), Events: []frame.Event{{Kind: frame.ToolCalled, Name: "book"}}})
	turns, summaries = records(after(700))
	assert.Equal(t, [2]int{2, 1}, [2]int{turns, summaries})
}

// Requests about the same calls in any order neither block each other for good nor lose or repeat a fact.
func TestConcurrentRequests(t *testing.T) {
	table := NewTable(config)
	const workers, rounds = 8, 200
	var mu sync.Mutex
	opened, characters := 0, 0.0
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			ids := []string{"a", "b", "c"}
			ids[0], ids[w%3] = ids[w%3], ids[0]
			for r := range rounds {
				tx, err := table.Begin(keys(ids...))
				if !assert.NoError(t, err) {
					return
				}
				var facts []Fact
				for _, id := range ids {
					f := frame.Frame{
						CallID: id, ID: frame.NameID(fmt.Sprint(w), fmt.Sprint(r)), Time: began,
						Events: []frame.Event{{Kind: frame.CharactersUsed, Value: 1}},
					}
					got, _ := tx.Apply(&f, began)
					facts = append(facts, got...)
				}
				if r%5 == 0 {
					tx.Rollback()
					continue
				}
				tx.Commit()
				mu.Lock()
				for _, f := range facts {
					switch f.Kind {
					case Opened:
						opened++
					case Used:
						characters += f.Usage.Amount
					}
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	assert.Equal(t, 3, opened)
	assert.Equal(t, float64(workers*rounds*3*4/5), characters)
	assert.Equal(t, 3, table.Active()[""])
}
