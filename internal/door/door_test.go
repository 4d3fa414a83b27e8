package door

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap/zapcore"

	"github.com/otelcol-voice/otelcol-voice/internal/call"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
	"github.com/otelcol-voice/otelcol-voice/internal/signal"
)

var ctx = context.Background()

const (
	spansLost     = "Permanent error: spans are never taken"
	summariesLost = "Permanent error: summaries are never taken"
)

// text is an error's, or "" of none.
func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// Of a request, spans go first, then summaries, then numbers. What may be taken another time stops all that is behind it and is the
// answer; what is refused for good stops nothing but is the answer of numbers, and of spans and summaries where there are no
// numbers. Calls have changed where there is no answer but "accepted", and only there: then the same frames are duplicates.
func TestTake(t *testing.T) {
	for name, test := range map[string]struct {
		answers answers
		told    []string
		lost    string
		err     string
	}{
		"taken": {
			answers: willing,
			told:    []string{"spans 2 taken", "summaries 1 taken", "numbers 6 taken", "accepted"},
		},
		"spans busy": {
			answers: answers{busy, taken, taken},
			told:    []string{"spans 2 busy"}, err: "spans are busy",
		},
		"summaries busy": {
			answers: answers{taken, busy, taken},
			told:    []string{"spans 2 taken", "summaries 1 busy"}, err: "summaries are busy",
		},
		"numbers busy": {
			answers: answers{taken, taken, busy},
			told:    []string{"spans 2 taken", "summaries 1 taken", "numbers 6 busy"}, err: "numbers are busy",
		},
		"spans never": {
			answers: answers{never, taken, taken},
			told:    []string{"spans 2 never", "summaries 1 taken", "numbers 6 taken", "accepted"}, lost: spansLost,
		},
		"summaries never": {
			answers: answers{taken, never, taken},
			told:    []string{"spans 2 taken", "summaries 1 never", "numbers 6 taken", "accepted"}, lost: summariesLost,
		},
		"spans and summaries never": {
			answers: answers{never, never, taken},
			told:    []string{"spans 2 never", "summaries 1 never", "numbers 6 taken", "accepted"},
			lost:    spansLost + "\n" + summariesLost,
		},
		"numbers never": {
			answers: answers{taken, taken, never},
			told:    []string{"spans 2 taken", "summaries 1 taken", "numbers 6 never"}, err: "Permanent error: numbers are never taken",
		},
		"spans never, summaries busy": {
			answers: answers{never, busy, taken},
			told:    []string{"spans 2 never", "summaries 1 busy"}, err: "summaries are busy",
		},
		"spans never, numbers busy": {
			answers: answers{never, taken, busy},
			told:    []string{"spans 2 never", "summaries 1 taken", "numbers 6 busy"}, err: "numbers are busy",
		},
		"all never": {
			answers: answers{never, never, never},
			told:    []string{"spans 2 never", "summaries 1 never", "numbers 6 never"}, err: "Permanent error: numbers are never taken",
		},
		"no numbers": {
			answers: answers{taken, taken, absent},
			told:    []string{"spans 2 taken", "summaries 1 taken", "accepted"},
		},
		"no numbers, spans busy": {
			answers: answers{busy, taken, absent},
			told:    []string{"spans 2 busy"}, err: "spans are busy",
		},
		"no numbers, spans never": {
			answers: answers{never, taken, absent},
			told:    []string{"spans 2 never", "summaries 1 taken"}, err: spansLost,
		},
		"no numbers, summaries never": {
			answers: answers{absent, never, absent},
			told:    []string{"summaries 1 never"}, err: summariesLost,
		},
		"numbers alone": {answers: answers{absent, absent, taken}, told: []string{"numbers 6 taken", "accepted"}},
		"nobody":        {answers: answers{}, told: []string{"accepted"}},
		"summaries busy, no spans": {
			answers: answers{absent, busy, taken},
			told:    []string{"summaries 1 busy"}, err: "summaries are busy",
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.answer(test.answers)
			_, lost, err := b.take(ctx, whole("c1"))
			assert.Equal(t, test.lost, text(lost))
			assert.Equal(t, test.err, text(err))
			assert.Equal(t, test.told, b.heard())

			b.answer(willing)
			b.spans.Reset()
			b.summaries.Reset()
			before := b.received()
			verdicts, lost, err := b.take(ctx, whole("c1"))
			require.NoError(t, err)
			require.NoError(t, lost)
			if test.err == "" {
				assert.Equal(t, []call.Verdict{call.Duplicate, call.Duplicate, call.Duplicate}, verdicts)
				assert.Equal(t, []string{"accepted"}, b.heard(), "of nothing, nothing is handed on")
				assert.Equal(t, before, b.received())
				return
			}
			assert.Equal(t, []call.Verdict{call.Accepted, call.Accepted, call.Accepted}, verdicts)
			assert.Equal(t, []string{"spans 2 taken", "summaries 1 taken", "numbers 6 taken", "accepted"}, b.heard())
			assert.Equal(t, [3]int{2, 1, 6}, b.received(), "no number counts twice")
		})
	}
}

// A call is another's to change only when accepted has returned.
func TestAcceptedBeforeRelease(t *testing.T) {
	b := newBench(t)
	frames := talking("c1")
	calls := 0
	_, err := b.Take(ctx, []call.Key{{ID: "c1"}}, func(tx *call.Tx, batch *signal.Batch) {
		facts, _ := tx.Apply(&frames[0], frames[0].Time)
		batch.Add(facts)
	}, func() {
		calls++
		assert.Empty(t, b.Calls.Open(), "it is held")
		assert.Equal(t, [3]int{0, 0, 1}, b.received())
	})
	require.NoError(t, err)
	assert.Equal(t, 1, calls)
	assert.Equal(t, []call.Key{{ID: "c1"}}, b.Calls.Open())
}

// Of a request that is refused in part, also the calls that were known before are as they were.
func TestARefusedRequestOfTwoCalls(t *testing.T) {
	b := newBench(t)
	b.begin("c1")
	b.answer(answers{taken, taken, busy})
	_, _, err := b.take(ctx, append(whole("c1"), whole("c2")...))
	require.EqualError(t, err, "numbers are busy")
	assert.Equal(t, []string{"spans 4 taken", "summaries 2 taken", "numbers 9 busy"}, b.heard())
	assert.Equal(t, []call.Key{{ID: "c1"}}, b.Calls.Open())

	b.answer(willing)
	verdicts, _, err := b.take(ctx, append(whole("c1"), whole("c2")...))
	require.NoError(t, err)
	assert.Equal(t, []call.Verdict{
		call.Duplicate, call.Duplicate, call.Accepted, call.Accepted, call.Accepted, call.Accepted,
	}, verdicts)
	assert.Equal(t, 9, b.numbers.DataPointCount())
	assert.Zero(t, b.open())
}

// Whose sender is gone, or who comes when the collector stops, changes nothing and has nothing handed on.
func TestTakeCutOff(t *testing.T) {
	b := newBench(t)
	gone, cancel := context.WithCancel(ctx)
	cancel()
	verdicts, lost, err := b.take(gone, whole("c1"))
	require.ErrorIs(t, err, context.Canceled)
	require.NoError(t, lost)
	assert.Equal(t, []call.Verdict{call.Accepted, call.Accepted, call.Accepted}, verdicts, "for nothing")
	assert.Empty(t, b.heard())

	verdicts, _, err = b.take(ctx, whole("c1"))
	require.NoError(t, err)
	assert.Equal(t, []call.Verdict{call.Accepted, call.Accepted, call.Accepted}, verdicts)
}

func TestTakeOfTooManyCalls(t *testing.T) {
	b := newBench(t)
	b.begin("c1", "c2", "c3")
	verdicts, lost, err := b.take(ctx, append(talking("c1"), talking("c4")...))
	require.ErrorIs(t, err, call.ErrTooManyCalls)
	require.NoError(t, lost)
	assert.Empty(t, verdicts)
	assert.Empty(t, b.heard())
	assert.Equal(t, 3, b.open())
}

// What goes wrong while frames are applied leaves their calls to others.
func TestTakeThatPanics(t *testing.T) {
	b := newBench(t)
	frames := whole("c1")
	require.Panics(t, func() {
		_, _ = b.Take(ctx, []call.Key{{ID: "c1"}}, func(tx *call.Tx, _ *signal.Batch) {
			tx.Apply(&frames[0], began)
			panic("wrong")
		}, func() { b.tell("accepted") })
	})
	assert.Empty(t, b.heard())
	verdicts, _, err := b.take(ctx, frames)
	require.NoError(t, err)
	assert.Equal(t, call.Accepted, verdicts[0])
}

func TestObserve(t *testing.T) {
	for name, test := range map[string]struct {
		numbers answer
		told    []string
		logged  map[zapcore.Level]int
	}{
		"taken":      {taken, []string{"numbers 2 taken"}, map[zapcore.Level]int{}},
		"busy":       {busy, []string{"numbers 2 busy"}, map[zapcore.Level]int{zapcore.DebugLevel: 1}},
		"never":      {never, []string{"numbers 2 never"}, map[zapcore.Level]int{zapcore.DebugLevel: 1}},
		"no numbers": {absent, nil, map[zapcore.Level]int{}},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.begin("c1", "c2")
			other := talking("c1")[:1]
			other[0].Tenant = "acme"
			_, _, err := b.take(ctx, other)
			require.NoError(t, err)
			b.heard()
			b.numbers.Reset()

			b.answer(answers{taken, taken, test.numbers})
			b.Observe(ctx, began, idle)
			assert.Equal(t, test.told, b.heard())
			assert.Equal(t, test.logged, b.complaints())
			if test.numbers != taken {
				return
			}
			points := b.numbers.AllMetrics()[0].ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics().At(0).Sum().DataPoints()
			assert.Equal(t, int64(2), points.At(0).IntValue())
			assert.Equal(t, int64(1), points.At(1).IntValue())
			assert.Equal(t, began, points.At(0).StartTimestamp().AsTime())
			assert.Equal(t, idle, points.At(0).Timestamp().AsTime())
		})
	}
}

// An idle call ends once. What may be taken another time is tried again, but no summary that was taken, or refused for good; what
// is refused for good is lost alone.
func TestEndIdle(t *testing.T) {
	kept := []string{"keep c1 at +10m0s of 1", "found c1 at +10m0s of 0"}
	keptLater := []string{"keep c1 at +11m0s of 1", "found c1 at +11m0s of 0"}
	end := append([]string{"spans 2 taken", "summaries 1 taken", "numbers 2 taken"}, keptLater...)
	numbersOnly := append([]string{"numbers 2 taken"}, keptLater...)
	warned, failed := map[zapcore.Level]int{zapcore.WarnLevel: 1}, map[zapcore.Level]int{zapcore.ErrorLevel: 1}
	for name, test := range map[string]struct {
		answers  answers
		told     []string
		logged   map[zapcore.Level]int
		then     []string // the next time, when all is taken
		received [3]int
	}{
		"taken": {
			answers: willing,
			told:    append([]string{"spans 2 taken", "summaries 1 taken", "numbers 2 taken"}, kept...),
			logged:  map[zapcore.Level]int{}, received: [3]int{2, 1, 2},
		},
		"spans busy": {
			answers: answers{busy, taken, taken},
			told:    []string{"spans 2 busy"}, logged: warned, then: end, received: [3]int{2, 1, 2},
		},
		"summaries busy": {
			answers: answers{taken, busy, taken},
			told:    []string{"spans 2 taken", "summaries 1 busy"}, logged: warned, then: end, received: [3]int{4, 1, 2},
		},
		"numbers busy": {
			answers: answers{taken, taken, busy},
			told:    []string{"spans 2 taken", "summaries 1 taken", "numbers 2 busy"}, logged: warned,
			then: numbersOnly, received: [3]int{2, 1, 2},
		},
		"spans never": {
			answers: answers{never, taken, taken},
			told:    append([]string{"spans 2 never", "summaries 1 taken", "numbers 2 taken"}, kept...),
			logged:  failed, received: [3]int{0, 1, 2},
		},
		"summaries never": {
			answers: answers{taken, never, taken},
			told:    append([]string{"spans 2 taken", "summaries 1 never", "numbers 2 taken"}, kept...),
			logged:  failed, received: [3]int{2, 0, 2},
		},
		"numbers never": {
			answers: answers{taken, taken, never},
			told:    append([]string{"spans 2 taken", "summaries 1 taken", "numbers 2 never"}, kept...),
			logged:  failed, received: [3]int{2, 1, 0},
		},
		"all never": {
			answers: answers{never, never, never},
			told:    append([]string{"spans 2 never", "summaries 1 never", "numbers 2 never"}, kept...),
			logged:  failed,
		},
		"spans never, summaries busy": {
			answers: answers{never, busy, taken},
			told:    []string{"spans 2 never", "summaries 1 busy"}, logged: warned, then: end, received: [3]int{2, 1, 2},
		},
		// The loss is told of, for it is not tried again.
		"summaries never, numbers busy": {
			answers: answers{taken, never, busy},
			told:    []string{"spans 2 taken", "summaries 1 never", "numbers 2 busy"},
			logged:  map[zapcore.Level]int{zapcore.ErrorLevel: 1, zapcore.WarnLevel: 1},
			then:    numbersOnly, received: [3]int{2, 0, 2},
		},
		"spans never, numbers busy": {
			answers: answers{never, taken, busy},
			told:    []string{"spans 2 never", "summaries 1 taken", "numbers 2 busy"},
			logged:  map[zapcore.Level]int{zapcore.ErrorLevel: 1, zapcore.WarnLevel: 1},
			then:    numbersOnly, received: [3]int{0, 1, 2},
		},
		"no numbers": {
			answers: answers{taken, taken, absent},
			told:    append([]string{"spans 2 taken", "summaries 1 taken"}, kept...),
			logged:  map[zapcore.Level]int{}, received: [3]int{2, 1, 0},
		},
		"no numbers, summaries never": {
			answers: answers{taken, never, absent},
			told:    append([]string{"spans 2 taken", "summaries 1 never"}, kept...),
			logged:  failed, received: [3]int{2, 0, 0},
		},
		"nobody": {answers: answers{}, told: kept, logged: map[zapcore.Level]int{}},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.begin("c1")
			b.answer(test.answers)
			b.EndIdle(ctx, idle)
			assert.Equal(t, test.told, b.heard())
			assert.Equal(t, test.logged, b.complaints())

			b.answer(willing)
			b.EndIdle(ctx, idle.Add(time.Minute))
			assert.Equal(t, test.then, b.heard())
			assert.Empty(t, b.complaints())
			assert.Equal(t, test.received, b.received())
			assert.Zero(t, b.open())
			kinds := []call.FactKind{}
			for _, fact := range b.found {
				kinds = append(kinds, fact.Kind)
			}
			assert.Equal(t, []call.FactKind{call.Used, call.Traced, call.UsageMissing, call.Ended}, kinds)

			b.EndIdle(ctx, idle.Add(time.Hour))
			assert.Empty(t, b.heard(), "it ends once")
		})
	}
}

// The rest of the calls would meet the same as one that is refused now. What is refused for good is one call's own.
func TestEndIdleOfSeveral(t *testing.T) {
	for name, test := range map[string]struct {
		answers answers
		asked   int
		open    int
		logged  map[zapcore.Level]int
	}{
		"taken":           {willing, 9, 0, map[zapcore.Level]int{}},
		"spans busy":      {answers{busy, taken, taken}, 1, 3, map[zapcore.Level]int{zapcore.WarnLevel: 1}},
		"numbers busy":    {answers{taken, taken, busy}, 3, 3, map[zapcore.Level]int{zapcore.WarnLevel: 1}},
		"spans never":     {answers{never, taken, taken}, 9, 0, map[zapcore.Level]int{zapcore.ErrorLevel: 3}},
		"summaries never": {answers{taken, never, taken}, 9, 0, map[zapcore.Level]int{zapcore.ErrorLevel: 3}},
		"numbers never":   {answers{taken, taken, never}, 9, 0, map[zapcore.Level]int{zapcore.ErrorLevel: 3}},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.begin("c1", "c2", "c3")
			b.answer(test.answers)
			b.EndIdle(ctx, idle)
			assert.Len(t, b.begun, test.asked)
			assert.Equal(t, test.open, b.open())
			assert.Equal(t, test.logged, b.complaints())
		})
	}
}

// A pipeline that is busy again and again is given one summary, and none of what it took.
func TestEndIdleDuringAnOutage(t *testing.T) {
	b := newBench(t)
	b.begin("c1")
	b.answer(answers{taken, taken, busy})
	for minute := range 30 {
		b.EndIdle(ctx, idle.Add(time.Duration(minute)*time.Minute))
	}
	assert.Equal(t, [3]int{2, 1, 0}, b.received())
	assert.Equal(t, map[zapcore.Level]int{zapcore.WarnLevel: 30}, b.complaints())
	b.answer(willing)
	b.EndIdle(ctx, idle.Add(time.Hour))
	assert.Equal(t, [3]int{2, 1, 2}, b.received())
	assert.InDelta(t, 2, b.sum("voice.stt.session.seconds.total"), 1e-9)
}

// A call that goes on after its end was refused has another summary, and all its spans, at its end.
func TestEndIdleOfACallThatGoesOn(t *testing.T) {
	b := newBench(t)
	b.begin("c1")
	b.answer(answers{taken, taken, busy})
	b.EndIdle(ctx, idle)
	b.answer(willing)
	_, _, err := b.take(ctx, []frame.Frame{say("c1", 601, frame.Event{Kind: frame.ToolCalled, Name: "book"})})
	require.NoError(t, err)
	b.heard()
	b.EndIdle(ctx, idle.Add(time.Minute))
	assert.Empty(t, b.heard(), "it is not idle any more")
	b.EndIdle(ctx, idle.Add(10*time.Minute))
	assert.Equal(t, []string{
		"spans 3 taken", "summaries 1 taken", "numbers 2 taken", "keep c1 at +20m0s of 1", "found c1 at +20m0s of 0",
	}, b.heard())
	last := b.summaries.AllLogs()[1].ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(0)
	duration, _ := last.Attributes().Get("duration_seconds")
	assert.InDelta(t, 601, duration.Double(), 0)
}

// Of a call that is not kept nobody is told but of what it brought to light.
func TestEndIdleWithoutKeep(t *testing.T) {
	b := newBench(t)
	b.begin("c1")
	b.Keep = nil
	b.EndIdle(ctx, idle)
	assert.Equal(t, []string{"spans 2 taken", "summaries 1 taken", "numbers 2 taken", "found c1 at +10m0s of 0"}, b.heard())
}

// A call may be heard of, or gone, between the look at what is idle and its end.
func TestEndOfACallThatIsNotIdle(t *testing.T) {
	b := newBench(t)
	b.begin("c1")
	for _, id := range []string{"c1", "c2"} {
		lost, err := b.endCall(ctx, call.Key{ID: id}, after(3))
		require.NoError(t, err)
		require.NoError(t, lost)
	}
	assert.Empty(t, b.heard())
	assert.Equal(t, []call.Key{{ID: "c1"}}, b.Calls.Open(), "and free")

	b.EndIdle(ctx, after(3))
	assert.Empty(t, b.heard())
	b.EndIdle(ctx, after(302))
	assert.Zero(t, b.open())
}

// One that is gone, and whose place others have taken, is no call to open anew.
func TestEndOfACallThatIsGone(t *testing.T) {
	b := newBench(t)
	b.begin("c1", "c2", "c3")
	lost, err := b.endCall(ctx, call.Key{ID: "c4"}, idle)
	require.ErrorIs(t, err, call.ErrTooManyCalls)
	require.NoError(t, lost)
	require.ErrorIs(t, b.settle(ctx, call.Key{ID: "c4"}), call.ErrTooManyCalls)
	assert.Empty(t, b.heard())
}

func TestSettle(t *testing.T) {
	for name, test := range map[string]struct {
		numbers answer
		told    []string
		logged  map[zapcore.Level]int
		then    []string // the next time, when all is taken
		seconds float64
	}{
		"taken": {
			numbers: taken, told: []string{"numbers 1 taken", "numbers 1 taken"}, logged: map[zapcore.Level]int{}, seconds: 4,
		},
		"busy": {
			numbers: busy, told: []string{"numbers 1 busy"}, logged: map[zapcore.Level]int{zapcore.WarnLevel: 1},
			then: []string{"numbers 1 taken", "numbers 1 taken"}, seconds: 4,
		},
		// What is refused for good does not take the rest with it.
		"never": {
			numbers: never, told: []string{"numbers 1 never", "numbers 1 never"},
			logged: map[zapcore.Level]int{zapcore.WarnLevel: 2},
			then:   []string{"numbers 1 taken", "numbers 1 taken"}, seconds: 4,
		},
		"no numbers": {numbers: absent, logged: map[zapcore.Level]int{}},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.begin("c1", "c2")
			_, _, err := b.take(ctx, whole("c3"))
			require.NoError(t, err)
			b.numbers.Reset()
			b.heard()

			b.answer(answers{taken, taken, test.numbers})
			b.Settle(ctx)
			assert.Equal(t, test.told, b.heard())
			assert.Equal(t, test.logged, b.complaints())
			assert.Equal(t, 2, b.open(), "they go on, for all that is known")
			assert.Len(t, b.Calls.Open(), 2, "and are free")

			b.answer(willing)
			b.Settle(ctx)
			assert.Equal(t, test.then, b.heard(), "what was taken is not told again")
			assert.InDelta(t, test.seconds, b.sum("voice.stt.session.seconds.total"), 1e-9)
		})
	}
}

// When the time is over, no further call is asked for: others may hold it.
func TestSettleInTime(t *testing.T) {
	b := newBench(t)
	b.begin("c1", "c2")
	soon, cancel := context.WithCancel(ctx)
	b.asked = cancel
	b.Settle(soon)
	assert.Equal(t, []string{"numbers 1 taken"}, b.heard())
	b.Settle(soon)
	assert.Empty(t, b.heard())
}

// A call that a request still holds is left to it.
func TestSettleLeavesWhatIsHeld(t *testing.T) {
	b := newBench(t)
	b.begin("c1", "c2")
	tx, err := b.Calls.Begin([]call.Key{{ID: "c1"}})
	require.NoError(t, err)
	defer tx.Rollback()
	b.Settle(ctx)
	assert.Equal(t, []string{"numbers 1 taken"}, b.heard())
	assert.InDelta(t, 2, b.sum("voice.stt.session.seconds.total"), 1e-9)
}

var _ Report = (*bench)(nil)

// Calls are named in the order of their frames, once for frames that stand together.
func TestKeys(t *testing.T) {
	var frames []frame.Frame
	for _, id := range []string{"a", "a", "b", "b", "a"} {
		frames = append(frames, frame.Frame{Tenant: "t", CallID: id})
	}
	keys := Keys(frames, func(f *frame.Frame) *frame.Frame { return f })
	assert.Equal(t, []call.Key{{Tenant: "t", ID: "a"}, {Tenant: "t", ID: "b"}, {Tenant: "t", ID: "a"}}, keys)
	assert.Nil(t, Keys(nil, func(f *frame.Frame) *frame.Frame { return f }))
}
