package call

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

func turnDone(number int, cut bool) frame.Event {
	return frame.Event{Kind: frame.TurnDone, Number: number, Cut: cut}
}

// A bot that counts its turns is believed; no turn and no interruption counts twice.
func TestTurnsThatTheBotCounts(t *testing.T) {
	user, userStops := kind(frame.UserStartedTalking), kind(frame.UserStoppedTalking)
	bot, botStops, cut, end := kind(frame.BotStartedTalking), kind(frame.BotStoppedTalking), kind(frame.Interrupted), kind(frame.CallEnded)
	answered := frame.Event{Kind: frame.Answered, Value: 900}
	for name, test := range map[string]struct {
		events               []frame.Event
		turns, interruptions int
	}{
		"without speech":                   {[]frame.Event{turnDone(1, false), turnDone(2, false), end}, 2, 0},
		"one was not heard":                {[]frame.Event{turnDone(1, false), turnDone(3, false), end}, 3, 0},
		"the first is the fourth":          {[]frame.Event{turnDone(4, false), end}, 4, 0},
		"told twice":                       {[]frame.Event{turnDone(1, true), turnDone(1, true), turnDone(2, false), end}, 2, 1},
		"out of order":                     {[]frame.Event{turnDone(2, false), turnDone(1, false), end}, 2, 0},
		"without numbers":                  {[]frame.Event{turnDone(0, false), turnDone(0, false), end}, 2, 0},
		"not a number of turns":            {[]frame.Event{turnDone(1_000_000, false), end}, 1, 0},
		"after the speech":                 {[]frame.Event{bot, botStops, turnDone(1, false), user, userStops, bot, botStops, user, turnDone(2, false), userStops, bot, end}, 2, 0},
		"after speech has counted":         {[]frame.Event{bot, botStops, user, turnDone(1, false), userStops, bot, botStops, user, turnDone(2, false), end}, 2, 0},
		"as it has, without numbers":       {[]frame.Event{bot, botStops, user, turnDone(0, false), userStops, bot, botStops, user, turnDone(0, false), end}, 2, 0},
		"beside measured answers":          {[]frame.Event{answered, turnDone(1, false), answered, turnDone(2, false), end}, 2, 0},
		"interrupted":                      {[]frame.Event{turnDone(1, true), turnDone(2, true), turnDone(3, false), end}, 3, 2},
		"the last one as well":             {[]frame.Event{turnDone(1, true), turnDone(2, true), end}, 2, 2},
		"cut by the call's end":            {[]frame.Event{echo(turnDone(1, true)), echo(turnDone(2, true)), characters(3), end}, 2, 1},
		"cut, and told after the next":     {[]frame.Event{turnDone(2, false), echo(turnDone(1, true)), end}, 2, 1},
		"the last one told before another": {[]frame.Event{echo(turnDone(2, true)), echo(turnDone(1, true)), end}, 2, 1},
		"the last one told before a whole": {[]frame.Event{echo(turnDone(2, true)), turnDone(1, false), end}, 2, 0},
		"cut by a hang-up":                 {[]frame.Event{echo(turnDone(1, true)), kind(frame.CallHungUp), end}, 1, 0},
		"interruptions are reported":       {[]frame.Event{bot, user, cut, turnDone(1, true), userStops, bot, user, cut, turnDone(2, true), end}, 2, 2},
		"reported after the turn":          {[]frame.Event{bot, user, turnDone(1, true), cut, userStops, bot, user, turnDone(2, true), cut, end}, 2, 2},
		"after the end":                    {[]frame.Event{turnDone(1, false), end, turnDone(2, true), turnDone(0, false)}, 2, 0},
		"after an end that counted":        {[]frame.Event{bot, botStops, end, turnDone(1, true)}, 1, 0},
	} {
		t.Run(name, func(t *testing.T) {
			facts, _ := apply(t, NewTable(config), eachSecond(test.events)...)
			assert.Len(t, only(facts, TurnEnded), test.turns)
			assert.Len(t, only(facts, Interrupted), test.interruptions)
		})
	}
}

// A turn that was cut by the end of its call is no interruption, though its own frame says how long its answer took.
func TestTheAnswerOfACutTurnIsNotTheNext(t *testing.T) {
	told := func(number int) frame.Frame {
		f := say(float64(number), echo(turnDone(number, true)))
		f.Events = append(f.Events, frame.Event{Kind: frame.Answered, Value: 900})
		return f
	}
	facts, _ := apply(t, NewTable(config), told(1), told(2), say(3, characters(3)), say(4, kind(frame.CallEnded)))
	assert.Len(t, only(facts, TurnEnded), 2)
	assert.Len(t, only(facts, Answered), 2)
	cut := only(facts, Interrupted)
	require.Len(t, cut, 1)

	other, _ := apply(t, NewTable(config), told(2), told(1))
	require.Len(t, only(other, Interrupted), 1)
	assert.Equal(t, cut[0].FrameID, only(other, Interrupted)[0].FrameID, "told again in another order, it is the same interruption")
}

// A bot's own measurement of its answers goes before what speech says (LiveKit tells that the user has stopped half a second
// late); each answer counts once.
func TestMeasuredAnswersBesideSpeech(t *testing.T) {
	user, userStops, bot := kind(frame.UserStartedTalking), kind(frame.UserStoppedTalking), kind(frame.BotStartedTalking)
	botStops, measured := kind(frame.BotStoppedTalking), frame.Event{Kind: frame.Answered, Value: 1550}
	facts, _ := apply(t, NewTable(config), eachSecond([]frame.Event{
		user, userStops, bot, measured, botStops, user, userStops, bot, measured, botStops, user, userStops, measured, bot, kind(frame.CallEnded),
	})...)
	assert.Equal(t, []string{"answered 1000", "answered 1550", "answered 1550"}, told(only(facts, Answered)))
	assert.Len(t, only(facts, TurnEnded), 3)
	assert.Equal(t, []float64{1000, 1550, 1550}, facts[len(facts)-1].Summary.TurnLatencies)
}

// Speech that is told out of order neither invents answers nor interruptions. What it says of the past is lost.
func TestSpeechOutOfOrder(t *testing.T) {
	type heard struct {
		at   float64
		kind frame.Kind
	}
	user, userStops, bot, botStops := frame.UserStartedTalking, frame.UserStoppedTalking, frame.BotStartedTalking, frame.BotStoppedTalking
	for name, test := range map[string]struct {
		heard []heard
		want  []string // with a TTFB at the end, which is of no interrupted answer
	}{
		"in order":               {[]heard{{1, user}, {2, userStops}, {3, bot}, {5, botStops}}, []string{"answered 1000", "waited 190", "turn ended"}},
		"the answer first":       {[]heard{{1, user}, {3, bot}, {2, userStops}, {5, botStops}}, []string{"waited 190", "turn ended"}},
		"the user's end first":   {[]heard{{2, userStops}, {1, user}, {3, bot}, {5, botStops}}, []string{"answered 1000", "waited 190", "turn ended"}},
		"the user after the bot": {[]heard{{3, bot}, {1, user}, {2, userStops}, {5, botStops}}, []string{"waited 190", "turn ended"}},
		"the bot's end first":    {[]heard{{1, user}, {2, userStops}, {5, botStops}, {3, bot}}, []string{"answered 1000", "waited 190", "turn ended"}},
		"the next turn first":    {[]heard{{1, bot}, {3, user}, {2, botStops}, {4, userStops}, {5, bot}}, []string{"turn ended", "answered 1000", "waited 190", "turn ended"}},
		"an old interruption":    {[]heard{{1, user}, {2, userStops}, {3, bot}, {1, frame.Interrupted}}, []string{"answered 1000", "waited 190", "turn ended"}},
		"a clock set back":       {[]heard{{100, user}, {2, user}, {3, userStops}, {4, bot}}, []string{"answered 1000", "waited 190", "turn ended"}},
	} {
		t.Run(name, func(t *testing.T) {
			frames := []frame.Frame{say(0, kind(frame.CallStarted))}
			for _, h := range test.heard {
				frames = append(frames, say(h.at, kind(h.kind)))
			}
			frames = append(frames, say(120, ttfb(gpt, 190)), say(121, kind(frame.CallEnded)))
			facts, _ := apply(t, NewTable(config), frames...)
			assert.Equal(t, test.want, told(only(facts, Answered, Waited, Disregarded, Interrupted, TurnEnded)))
		})
	}
}

// The user speaks first, and Pipecat says an interruption with it: nobody was interrupted.
func TestTheUsersFirstWordsInterruptNobody(t *testing.T) {
	facts, _ := apply(t, NewTable(config), say(0, kind(frame.UserStartedTalking)), say(0.001, kind(frame.Interrupted)))
	assert.Empty(t, only(facts, Interrupted))
}

// A call begins when the bot says it did, whichever frame is the first to say so.
func TestCallBeganBefore(t *testing.T) {
	gladia := []frame.Source{stt("gladia", "")}
	beganAt := func(at, since float64) frame.Frame {
		return say(at, frame.Event{Kind: frame.CallStarted, Began: after(since), Models: gladia})
	}
	end := say(100, kind(frame.CallEnded))
	for name, test := range map[string]struct {
		frames []frame.Frame
		want   []string
	}{
		"in one report":        {[]frame.Frame{beganAt(60, 10), end}, []string{"opened", "lasted 50", "lasted 40", "used 4/0 90 gladia/", "ended 90 end"}},
		"after other frames":   {[]frame.Frame{say(60, kind(frame.CallStarted)), beganAt(70, 10), end}, []string{"opened", "lasted 10", "lasted 50", "lasted 30", "used 4/0 90 gladia/", "ended 90 end"}},
		"once":                 {[]frame.Frame{beganAt(60, 10), beganAt(70, 10), end}, []string{"opened", "lasted 50", "lasted 10", "lasted 30", "used 4/0 90 gladia/", "ended 90 end"}},
		"not later":            {[]frame.Frame{beganAt(60, 70), end}, []string{"opened", "lasted 40", "used 4/0 40 gladia/", "ended 40 end"}},
		"a day":                {[]frame.Frame{beganAt(60, 60-24*3600)}, []string{"opened", "lasted 86400"}},
		"no call takes longer": {[]frame.Frame{beganAt(60, 59-24*3600)}, []string{"opened"}},
		"not after its end":    {[]frame.Frame{say(60, kind(frame.CallStarted)), end, beganAt(101, 10)}, []string{"opened", "lasted 40", "ended 40 end"}},
	} {
		facts, _ := apply(t, NewTable(config), test.frames...)
		assert.Equal(t, test.want, told(facts), name)
		if last := facts[len(facts)-1]; last.Kind == Ended && name != "not later" && name != "not after its end" {
			assert.Equal(t, after(10), last.Summary.Start, name)
		}
	}
}

func TestHangingUp(t *testing.T) {
	hangUp := func(reason string) frame.Frame {
		return say(30, frame.Event{Kind: frame.CallHungUp, Name: reason})
	}
	end := func(reason string) frame.Frame {
		return say(90, frame.Event{Kind: frame.CallEnded, Name: reason})
	}
	for name, test := range map[string]struct {
		frames []frame.Frame
		want   string
	}{
		"the end has no reason":     {[]frame.Frame{hangUp("customer"), end("")}, "ended 30 customer"},
		"the end has its own":       {[]frame.Frame{hangUp("customer"), end("error")}, "ended 30 error"},
		"nobody says why":           {[]frame.Frame{hangUp(""), end("")}, "ended 30 end"},
		"no end follows":            {[]frame.Frame{hangUp("customer")}, "ended 30 customer"},
		"no end and no reason":      {[]frame.Frame{hangUp("")}, "ended 30 end"},
		"nobody hung up, no reason": {[]frame.Frame{say(30, kind(frame.CallStarted)), end("")}, "ended 90 end"},
		"nobody hung up, no end":    {[]frame.Frame{say(30, kind(frame.CallStarted))}, "ended 30 idle_timeout"},
		"money comes later":         {[]frame.Frame{hangUp("customer"), say(60, frame.Event{Kind: frame.Charged, Value: 1}), end("")}, "ended 30 customer"},
	} {
		table := NewTable(config)
		facts, verdicts := apply(t, table, append([]frame.Frame{say(0, kind(frame.CallStarted))}, test.frames...)...)
		assert.NotContains(t, verdicts, Late, name)
		tx, err := table.Begin(keys("c1"))
		require.NoError(t, err)
		facts = append(facts, tx.EndIdle(after(1000))...)
		tx.Commit()
		assert.Equal(t, []string{test.want}, told(only(facts, Ended)), name)
	}
}

func TestStartup(t *testing.T) {
	frames := []frame.Frame{
		say(0, frame.Event{Kind: frame.StartedUp, Name: "pipeline", Value: 812}),
		say(1, frame.Event{Kind: frame.StartedUp, Name: "client", Value: 1400}),
	}
	facts, _ := apply(t, NewTable(config), append(frames, say(2, kind(frame.CallEnded)))...)
	assert.Equal(t, []Step{{"pipeline", 812}, {"client", 1400}}, facts[len(facts)-1].Summary.Startup)

	for i := range 100 {
		frames = append(frames, say(float64(i+2), frame.Event{Kind: frame.StartedUp, Name: "again", Value: 1}))
	}
	facts, _ = apply(t, NewTable(config), append(frames, say(200, kind(frame.CallEnded)))...)
	assert.Len(t, facts[len(facts)-1].Summary.Startup, maxSteps)
}

// Facts that more than one frame can cause have one identity, so that a repetition after a crash is known.
func TestIdentityOfFacts(t *testing.T) {
	started := say(0, frame.Event{Kind: frame.CallStarted, Models: []frame.Source{stt("gladia", "")}})
	spoken := say(10, kind(frame.BotStartedTalking))
	ended := say(20, kind(frame.CallEnded))
	byEnd, _ := apply(t, NewTable(config), started, spoken, ended)

	table := NewTable(config)
	idle, _ := apply(t, table, say(0, frame.Event{Kind: frame.CallStarted, Models: []frame.Source{stt("gladia", "")}, Value: 1}), spoken)
	tx, err := table.Begin(keys("c1"))
	require.NoError(t, err)
	idle = append(idle, tx.EndIdle(after(1000))...)
	tx.Commit()
	for _, k := range []FactKind{Opened, Ended, TurnEnded, Used} {
		a, b := only(byEnd, k), only(idle, k)
		require.Len(t, a, 1)
		require.Len(t, b, 1)
		assert.Equal(t, a[0].FrameID, b[0].FrameID, k)
		assert.NotZero(t, a[0].FrameID)
	}
	assert.Equal(t, frame.NameID("call", "opened"), only(byEnd, Opened)[0].FrameID)
	assert.Equal(t, spoken.ID, only(byEnd, Lasted)[0].FrameID)
	summary := byEnd[len(byEnd)-1].Summary
	assert.Equal(t, only(byEnd, Used)[0].FrameID, summary.Usage[0].FrameID)
}

// What is settled has the same identity when the same time is settled again, and another one for what follows.
func TestIdentityOfSettledTime(t *testing.T) {
	table := NewTable(config)
	apply(t, table, say(0, frame.Event{Kind: frame.CallStarted, Models: []frame.Source{stt("gladia", "")}}), say(30, kind(frame.BotStartedTalking)))
	settle := func(commit bool) Fact {
		tx, err := table.Begin(keys("c1"))
		require.NoError(t, err)
		defer tx.Rollback()
		facts := tx.Settle()
		require.Len(t, facts, 1)
		if commit {
			tx.Commit()
		}
		return facts[0]
	}
	first := settle(false)
	assert.Equal(t, first.FrameID, settle(true).FrameID)
	assert.NotZero(t, first.FrameID)
	facts, _ := apply(t, table, say(50, kind(frame.CallEnded)))
	assert.NotEqual(t, first.FrameID, only(facts, Used)[0].FrameID)
}

func TestFramesOfOtherCalls(t *testing.T) {
	table := NewTable(config)
	tx, err := table.Begin(keys("a", "c", "e"))
	require.NoError(t, err)
	defer tx.Rollback()
	for id, want := range map[string]Verdict{"a": Accepted, "b": 0, "c": Accepted, "d": 0, "e": Accepted, "f": 0} {
		f := say(0, kind(frame.CallStarted))
		f.CallID = id
		facts, verdict := tx.Apply(&f, began)
		assert.Equal(t, want, verdict, id)
		assert.Equal(t, want == Accepted, len(facts) > 0, id)
	}
}

// What a frame says after it has ended the call has the frame's identity again.
func TestIdentityAfterTheEnd(t *testing.T) {
	f := say(0, kind(frame.CallEnded))
	f.Events = append(f.Events, characters(3))
	facts, _ := apply(t, NewTable(config), f)
	assert.Equal(t, []string{"opened", "ended 0 end", "used 2/0 3 cartesia/sonic-3"}, told(facts))
	assert.Equal(t, f.ID, facts[2].FrameID)
}

// The gauge of a tenant goes back to 0 and then away; calls of two tenants are two, whatever they are called.
func TestTenants(t *testing.T) {
	table := NewTable(config)
	open := func(tenant string, event frame.Kind) []Fact {
		f := say(0, kind(event))
		f.Tenant = tenant
		tx, err := table.Begin([]Key{KeyOf(&f)})
		require.NoError(t, err)
		defer tx.Commit()
		facts, _ := tx.Apply(&f, began)
		return slices.Clone(facts)
	}
	assert.Equal(t, Key{Tenant: "acme", ID: "c1"}, open("acme", frame.CallStarted)[0].Call)
	open("globex", frame.CallStarted)
	open("", frame.CallStarted)
	assert.Equal(t, map[string]int{"acme": 1, "globex": 1, "": 1}, table.Active())
	open("acme", frame.CallEnded)
	open("", frame.CallEnded)
	for range 5 {
		assert.Equal(t, map[string]int{"acme": 0, "globex": 1, "": 0}, table.Active(), "however often one looks")
	}
	table.Forget(began.Add(config.Remember))
	assert.Equal(t, map[string]int{"globex": 1, "": 0}, table.Active())
	open("globex", frame.CallEnded)
	assert.Equal(t, map[string]int{"globex": 0, "": 0}, table.Active())
}

func TestLateFramesOfEveryKind(t *testing.T) {
	events := map[frame.Kind][]string{
		frame.CallStarted: {}, frame.CallHungUp: {}, frame.CallEnded: {}, frame.StartedUp: {},
		frame.UserStartedTalking: {}, frame.UserStoppedTalking: {}, frame.BotStartedTalking: {}, frame.BotStoppedTalking: {},
		frame.AnswerPart: {}, frame.Interrupted: {}, frame.TurnDone: {},
		frame.TTFB: {"waited 3"}, frame.Processing: {"worked 3"}, frame.Answered: {"answered 3"},
		frame.CharactersUsed: {"used 2/0 3 /"}, frame.AudioTranscribed: {"used 3/0 3 /"}, frame.RealtimeConnected: {"used 5/0 3 /"},
		frame.TransportUsed: {"used 6/0 3 /"}, frame.PlatformUsed: {"used 7/0 3 /"}, frame.Charged: {"used 8/0 3 /"},
		frame.ToolCalled: {"tool called"}, frame.Failed: {"failed"},
	}
	for k, want := range events {
		table := NewTable(Config{IdleTimeout: time.Minute, Remember: time.Minute, MaxCalls: 1, Trace: true})
		apply(t, table, say(0, kind(frame.UserStartedTalking)), say(1, kind(frame.CallEnded)))
		facts, verdicts := apply(t, table, say(2, frame.Event{Kind: k, Value: 3, Began: after(-5)}))
		assert.Equal(t, []Verdict{Late}, verdicts)
		assert.Equal(t, want, told(facts), k)
	}
}
