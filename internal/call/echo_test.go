package call

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

func echo(e frame.Event) frame.Event {
	e.Echo = true
	return e
}

// What a bot tells by two messages counts once; what it tells by the echo alone counts as well.
func TestEchoes(t *testing.T) {
	llm, tts := ttfb(gpt, 412), ttfb(sonic, 190)
	answered := frame.Event{Kind: frame.Answered, Value: 904}
	for name, test := range map[string]struct {
		events []frame.Event
		want   []string
	}{
		"firsthand, then the echo": {[]frame.Event{llm, echo(llm)}, []string{"waited 412", "disregarded repeated"}},
		"the echo first":           {[]frame.Event{echo(llm), llm, llm}, []string{"waited 412", "disregarded repeated", "waited 412"}},
		"the echo alone":           {[]frame.Event{echo(llm), echo(llm)}, []string{"waited 412", "waited 412"}},
		"another stage":            {[]frame.Event{llm, echo(tts)}, []string{"waited 412", "waited 190"}},
		"turn latency": {
			[]frame.Event{answered, echo(answered), answered},
			[]string{"answered 904", "turn ended", "disregarded repeated", "answered 904", "turn ended"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			facts, _ := apply(t, NewTable(config), eachSecond(test.events)...)
			assert.Equal(t, test.want, told(only(facts, Waited, Answered, TurnEnded, Disregarded)))
		})
	}
}

// Frames of what the user says come beside those of the voice activity detector, which are the ones that turns are timed by.
func TestSpeechIsHeardOnce(t *testing.T) {
	user, stops, bot := kind(frame.UserStartedTalking), kind(frame.UserStoppedTalking), kind(frame.BotStartedTalking)
	facts, _ := apply(t, NewTable(config), eachSecond([]frame.Event{user, echo(user), stops, echo(stops), bot})...)
	assert.Equal(t, []string{"answered 2000"}, told(only(facts, Answered)))

	facts, _ = apply(t, NewTable(config), eachSecond([]frame.Event{echo(user), echo(stops), bot})...)
	assert.Equal(t, []string{"answered 1000"}, told(only(facts, Answered)), "a bot without a detector")
}

func TestEchoesInAnyOrder(t *testing.T) {
	var events []frame.Event
	for range 5 {
		events = append(events, ttfb(gpt, 412), echo(ttfb(gpt, 412)))
	}
	for seed := range uint64(100) {
		order := slices.Clone(events)
		rand.New(rand.NewPCG(seed, 0)).Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		facts, _ := apply(t, NewTable(config), eachSecond(order)...)
		assert.Len(t, only(facts, Waited), 5, "seed %d", seed)
	}
}

// eachSecond says an event each second.
func eachSecond(events []frame.Event) []frame.Frame {
	var frames []frame.Frame
	for i, e := range events {
		frames = append(frames, say(float64(i), e))
	}
	return frames
}
