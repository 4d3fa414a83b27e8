package call

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

var tracing = Config{IdleTimeout: 5 * time.Minute, Remember: 15 * time.Minute, MaxCalls: 100, Trace: true}

func turns(facts []Fact) []*Turn {
	var turns []*Turn
	for _, f := range only(facts, Traced) {
		turns = append(turns, f.Turn)
	}
	return turns
}

// drawn writes an operation as "stage/model start-end ttfb processing usages", in seconds after began.
func drawn(turn *Turn) []string {
	out := []string{}
	for _, o := range turn.Operations {
		name := string(o.Source.Stage) + o.Tool + "/" + o.Source.Model + o.Outcome
		text := fmt.Sprintf("%d %s %g-%g ttfb %g work %g", o.Sequence, name, since(o.Start), since(o.End), o.TTFB, o.Processing)
		for _, u := range o.Usage {
			text += fmt.Sprintf(" +%g", u.Amount)
		}
		if o.Cut {
			text += " cut"
		}
		out = append(out, text)
	}
	return out
}

// since is in seconds after began, to the millisecond.
func since(at time.Time) float64 { return at.Sub(began).Round(time.Millisecond).Seconds() }

func processing(source frame.Source, ms float64) frame.Event {
	return frame.Event{Kind: frame.Processing, Source: source, Value: ms}
}

func TestSpansOfTwoTurns(t *testing.T) {
	facts, _ := apply(t, NewTable(tracing),
		say(0, frame.Event{Kind: frame.CallStarted, Models: []frame.Source{gpt}}),
		say(0.5, ttfb(sonic, 200)),
		say(0.6, kind(frame.BotStartedTalking)),
		say(2, kind(frame.BotStoppedTalking)),
		say(3, kind(frame.UserStartedTalking)),
		say(5, kind(frame.UserStoppedTalking)),
		say(5.3, ttfb(nova, 300)),
		say(5.4, frame.Event{Kind: frame.AudioTranscribed, Source: nova, Value: 2.2}),
		say(5.5, frame.Event{Kind: frame.ToolCalled, Name: "get_weather", Outcome: "completed", Value: 100}),
		say(5.8, ttfb(gpt, 400)),
		say(6.1, ttfb(sonic, 190)),
		say(6.2, kind(frame.BotStartedTalking)),
		say(6.3, frame.Event{Kind: frame.AnswerPart, Name: "endpointing wait", Value: 700}),
		say(6.31, frame.Event{Kind: frame.AnswerPart, Name: "llm", Value: 500}),
		say(6.4, characters(48)),
		say(6.6, processing(gpt, 1200)),
		say(6.6, tokens(frame.Source{Stage: frame.LLM}, prompt(146, 37))),
		say(7, characters(12)),
		say(9, kind(frame.BotStoppedTalking)),
		say(10, kind(frame.CallEnded)),
	)
	got := turns(facts)
	require.Len(t, got, 2)
	greeting, answer := got[0], got[1]
	assert.Equal(t, 1, greeting.Number)
	assert.Equal(t, after(0.3), greeting.Start, "the first thing that was done for it")
	assert.Equal(t, after(3), greeting.End)
	assert.Equal(t, []string{"1 tts/sonic-3 0.3-0.5 ttfb 200 work 0"}, drawn(greeting))

	assert.Equal(t, 2, answer.Number)
	assert.Equal(t, after(3), answer.Start)
	assert.Equal(t, after(10), answer.End)
	assert.Equal(t, 1200.0, answer.Latency)
	assert.Equal(t, []Step{{"endpointing wait", 700}, {"llm", 500}}, answer.Parts)
	assert.False(t, answer.Interrupted)
	assert.Equal(t, []string{
		"2 stt/nova-3 5-5.4 ttfb 300 work 0 +2.2",
		"3 get_weather/completed 5.4-5.5 ttfb 0 work 0",
		"4 llm/gpt-4o 5.4-6.6 ttfb 400 work 1200 +146 +37",
		"5 tts/sonic-3 5.91-6.4 ttfb 190 work 0 +48",
		"6 tts/sonic-3 7-7 ttfb 0 work 0 +12",
	}, drawn(answer))
	assert.Equal(t, gpt, answer.Operations[2].Source)
	assert.Equal(t, Ended, facts[len(facts)-1].Kind)
}

// What an interruption ends, and what of the user's words belongs to the next turn.
func TestSpansOfAnInterruption(t *testing.T) {
	facts, _ := apply(t, NewTable(tracing),
		say(0, kind(frame.UserStartedTalking)), say(1, kind(frame.UserStoppedTalking)), say(1.5, ttfb(gpt, 400)), say(2, kind(frame.BotStartedTalking)),
		say(4, kind(frame.UserStartedTalking)), say(4.1, ttfb(gpt, 50)), say(4.2, ttfb(nova, 80)), say(4.3, kind(frame.Interrupted)),
		say(5, kind(frame.UserStoppedTalking)), say(5.5, ttfb(gpt, 410)), say(6, kind(frame.BotStartedTalking)), say(7, kind(frame.CallEnded)))
	got := turns(facts)
	require.Len(t, got, 2)
	assert.True(t, got[0].Interrupted)
	assert.Equal(t, []string{"1 llm/gpt-4o 1.1-1.5 ttfb 400 work 0", "2 llm/gpt-4o 4.05-4.1 ttfb 50 work 0 cut"}, drawn(got[0]))
	assert.Equal(t, after(4), got[1].Start)
	assert.False(t, got[1].Interrupted)
	assert.Equal(t, []string{"3 stt/nova-3 4.12-4.2 ttfb 80 work 0", "4 llm/gpt-4o 5.09-5.5 ttfb 410 work 0"}, drawn(got[1]))
}

func TestOperationsAreJoined(t *testing.T) {
	unnamed := frame.Source{Stage: frame.LLM}
	other := frame.Source{Stage: frame.LLM, Provider: "groq", Model: "llama"}
	for name, test := range map[string]struct {
		events []frame.Event // one each second
		want   []string
	}{
		"latency, work and usage": {
			[]frame.Event{ttfb(gpt, 400), processing(gpt, 1400), tokens(gpt, prompt(10, 1))},
			[]string{"1 llm/gpt-4o 0-2 ttfb 400 work 1400 +10 +1"},
		},
		"a second of its kind": {
			[]frame.Event{ttfb(gpt, 400), ttfb(gpt, 300), processing(gpt, 1400)},
			[]string{"1 llm/gpt-4o 0-0 ttfb 400 work 0", "2 llm/gpt-4o 0.6-2 ttfb 300 work 1400"},
		},
		"without a model": {
			[]frame.Event{tokens(unnamed, prompt(10, 1)), ttfb(gpt, 400)}, []string{"1 llm/gpt-4o 0-1 ttfb 400 work 0 +10 +1"},
		},
		"another model": {
			[]frame.Event{ttfb(gpt, 400), ttfb(other, 300)},
			[]string{"1 llm/gpt-4o 0-0 ttfb 400 work 0", "2 llm/llama 0.7-1 ttfb 300 work 0"},
		},
		"a request that goes on": {
			[]frame.Event{grows(gpt, prompt(10, 1)), grows(gpt, prompt(10, 5))}, []string{"1 llm/gpt-4o 0-1 ttfb 0 work 0 +10 +1 +4"},
		},
		"totals and money are the call's": {
			[]frame.Event{
				running(tokens(gpt, prompt(10, 1))),
				{Kind: frame.Charged, Source: gpt, Value: 1},
				{Kind: frame.TransportUsed, Source: twilio, Value: 1},
				{Kind: frame.PlatformUsed, Value: 1},
				ttfb(gpt, 400),
			},
			[]string{"1 llm/gpt-4o 3.6-4 ttfb 400 work 0"},
		},
	} {
		var frames []frame.Frame
		for i, e := range append(test.events, kind(frame.CallEnded)) {
			frames = append(frames, say(float64(i), e))
		}
		facts, _ := apply(t, NewTable(tracing), frames...)
		got := turns(facts)
		require.Len(t, got, 1, name)
		assert.Zero(t, got[0].Number, name)
		assert.Equal(t, test.want, drawn(got[0]), name)
		assert.False(t, got[0].Start.After(got[0].Operations[0].Start), name)
	}
}

// The parts of a measured answer may come before or after it.
func TestPartsOfMeasuredAnswers(t *testing.T) {
	answered := frame.Event{Kind: frame.Answered, Value: 904}
	part := func(name string) frame.Event { return frame.Event{Kind: frame.AnswerPart, Name: name, Value: 452} }
	for name, events := range map[string][]frame.Event{
		"after":  {answered, part("a"), part("b"), answered, part("c"), part("d")},
		"before": {part("a"), part("b"), answered, part("c"), part("d"), answered},
	} {
		f := say(5, answered)
		f.Events = events
		facts, _ := apply(t, NewTable(tracing), f)
		got := turns(facts)
		require.Len(t, got, 2, name)
		assert.Equal(t, []int{1, 2}, []int{got[0].Number, got[1].Number}, name)
		assert.Equal(t, []Step{{"a", 452}, {"b", 452}}, got[0].Parts, name)
		assert.Equal(t, []Step{{"c", 452}, {"d", 452}}, got[1].Parts, name)
		assert.Equal(t, 904.0, got[0].Latency, name)
	}
}

func TestTurnsThatTheBotCountsAreTraced(t *testing.T) {
	facts, _ := apply(t, NewTable(tracing),
		say(1, ttfb(gpt, 400)), say(2, turnDone(1, true)),
		say(3, ttfb(gpt, 300)), say(4, turnDone(3, false)), say(5, turnDone(2, false)), say(6, ttfb(gpt, 200)), say(7, kind(frame.CallEnded)))
	got := turns(facts)
	require.Len(t, got, 3)
	assert.Equal(t, []int{1, 3, 0}, []int{got[0].Number, got[1].Number, got[2].Number})
	assert.Equal(t, []bool{true, false, false}, []bool{got[0].Interrupted, got[1].Interrupted, got[2].Interrupted})
	assert.Equal(t, []string{"2 llm/gpt-4o 2.7-3 ttfb 300 work 0"}, drawn(got[1]))
}

// A bot that tells of no turns has its operations told whenever there are many, and all of them in the end.
func TestPendingOperationsAreBounded(t *testing.T) {
	var frames []frame.Frame
	for i := range 2*maxOperations + 2 {
		frames = append(frames, say(float64(i), ttfb(gpt, 100)))
	}
	facts, _ := apply(t, NewTable(tracing), append(frames, say(500, kind(frame.CallEnded)))...)
	got := turns(facts)
	require.Len(t, got, 3)
	sequence := 0
	for i, count := range []int{maxOperations, maxOperations, 2} {
		assert.Zero(t, got[i].Number)
		require.Len(t, got[i].Operations, count)
		for _, o := range got[i].Operations {
			sequence++
			assert.Equal(t, sequence, o.Sequence)
			assert.False(t, o.Start.Before(got[i].Start) || o.End.After(got[i].End))
		}
	}
}

func TestNothingIsKeptOfSpansThatNobodyWants(t *testing.T) {
	table := NewTable(config)
	facts, _ := apply(t, table, say(0, kind(frame.UserStartedTalking)), say(1, ttfb(gpt, 100)), say(1, characters(3)),
		say(2, frame.Event{Kind: frame.AnswerPart, Value: 3}), say(3, frame.Event{Kind: frame.ToolCalled, Name: "f"}))
	assert.Empty(t, table.calls[Key{ID: "c1"}].spans.operations)
	assert.Empty(t, table.calls[Key{ID: "c1"}].spans.parts)
	assert.Empty(t, turns(facts))
}

// The first frame's trace is the call's, the others are linked, each once.
func TestTraceContext(t *testing.T) {
	traced := func(seconds float64, id byte, event frame.Event) frame.Frame {
		f := say(seconds, event)
		f.Trace.TraceID[0], f.Trace.SpanID[0] = id, byte(seconds)+1
		return f
	}
	frames := []frame.Frame{traced(0, 1, kind(frame.CallStarted)), traced(1, 2, ttfb(gpt, 3)), traced(2, 1, ttfb(gpt, 3)), traced(3, 2, ttfb(gpt, 3))}
	facts, _ := apply(t, NewTable(tracing), append(frames, say(4, kind(frame.CallEnded)))...)
	want := TraceContext{Parent: frames[0].Trace, Links: []frame.Trace{frames[1].Trace}}
	assert.Equal(t, want, facts[len(facts)-1].Summary.Trace)
	assert.Equal(t, want, turns(facts)[0].Trace)

	for i := range 100 {
		frames = append(frames, traced(float64(i+10), byte(i+10), ttfb(gpt, 3)))
	}
	facts, _ = apply(t, NewTable(config), append(frames[1:], say(200, kind(frame.CallEnded)))...)
	summary := facts[len(facts)-1].Summary
	assert.Equal(t, frames[1].Trace, summary.Trace.Parent)
	assert.Len(t, summary.Trace.Links, maxLinks)

	facts, _ = apply(t, NewTable(config), say(0, kind(frame.CallStarted)), frames[1], say(4, kind(frame.CallEnded)))
	assert.Equal(t, TraceContext{Links: []frame.Trace{frames[1].Trace}}, facts[len(facts)-1].Summary.Trace)
}

// A refused request leaves the pending spans as they were.
func TestRollbackOfSpans(t *testing.T) {
	table := NewTable(tracing)
	apply(t, table, say(0, ttfb(gpt, 100)))
	refused := []frame.Event{processing(gpt, 300), tokens(gpt, prompt(1, 1)), ttfb(gpt, 50)}
	for i, e := range refused {
		tx, err := table.Begin(keys("c1"))
		require.NoError(t, err)
		f := say(float64(i+1), e)
		tx.Apply(&f, f.Time)
		tx.Rollback()
	}
	facts, _ := apply(t, table, say(5, tokens(gpt, prompt(7, 0))), say(6, kind(frame.CallEnded)))
	assert.Equal(t, []string{"1 llm/gpt-4o 0-5 ttfb 100 work 0 +7"}, drawn(turns(facts)[0]))
}

// A latency names the trace of its call while that goes on; what comes late does not know it any more.
func TestLatenciesKnowTheirTrace(t *testing.T) {
	frames := []frame.Frame{
		say(0, ttfb(gpt, 400)), say(1, processing(gpt, 900)), say(2, kind(frame.CallEnded)), say(3, ttfb(gpt, 500)),
	}
	frames[0].Trace = frame.Trace{TraceID: [16]byte{1}, SpanID: [8]byte{2}}
	for _, traced := range []bool{true, false} {
		config := tracing
		config.Trace = traced
		facts, _ := apply(t, NewTable(config), frames...)
		var known []bool
		for _, f := range facts {
			if f.Kind.latency() {
				known = append(known, f.Parent == frames[0].Trace)
				assert.Equal(t, traced && !f.Parent.IsZero(), f.Traced)
			} else {
				assert.Zero(t, f.Parent)
			}
		}
		assert.Equal(t, []bool{true, true, true, false}, known)
	}
}
