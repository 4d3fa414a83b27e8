package platform

import (
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/stretchr/testify/assert"

	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

var (
	llm = frame.Source{Stage: frame.LLM, Model: "m"}
	fee = frame.Source{Stage: frame.Platform, Provider: "p"}
)

// A fact of which nothing could be taken has no identity, so that a later post can tell it; one that says nothing is none.
func TestFrames(t *testing.T) {
	r := Report{Platform: "p", CallID: "c"}
	r.Begin()
	r.Fact("broken").Reject(frame.Faultf(frame.BadValue, "x", "bad"))
	r.Fact("empty")
	half := r.Fact("half")
	half.Take(frame.Event{Kind: frame.Interrupted}, nil)
	half.Reject(frame.Faultf(frame.BadValue, "y", "bad"))
	r.HangUp("")
	r.End("I said goodbye")
	frames := r.Frames()
	var ids []frame.ID
	for _, f := range frames {
		assert.Equal(t, "c", f.CallID)
		ids = append(ids, f.ID)
	}
	assert.Equal(t, []frame.ID{
		frame.NameID("p", "start"), 0, frame.NameID("p", "half"), frame.NameID("p", "hangup"), frame.NameID("p", "end"),
	}, ids)
	assert.Equal(t, "end", frames[3].Events[0].Name)
	assert.Equal(t, "other", frames[4].Events[0].Name)
}

// Two platforms that know a call by the same name tell different facts.
func TestPlatformsAreApart(t *testing.T) {
	assert.NotEqual(t, frame.NameID("vapi", "money"), frame.NameID("retell", "money"))
}

func TestSumsBySource(t *testing.T) {
	var f Fact
	f.Take(frame.Event{Kind: frame.Charged, Source: llm, Value: 0.1}, nil)
	f.Take(frame.Event{Kind: frame.Charged, Source: fee, Value: 0.3}, nil)
	f.Take(frame.Event{Kind: frame.Charged, Source: llm, Value: 0.2}, nil)
	f.Take(frame.Event{Kind: frame.TokensUsed, Source: llm, Tokens: frame.Tokens{frame.PromptText: 1}}, nil)
	f.Take(frame.Event{Kind: frame.TokensUsed, Source: llm, Tokens: frame.Tokens{frame.CompletionText: 2}, Priced: true}, nil)
	f.Take(frame.Event{Kind: frame.PlatformUsed, Source: fee}, nil) // none
	assert.Equal(t, []frame.Event{
		{Kind: frame.Charged, Source: llm, Value: 0.3}, // not 0.30000000000000004
		{Kind: frame.Charged, Source: fee, Value: 0.3},
		{Kind: frame.TokensUsed, Source: llm, Tokens: frame.Tokens{frame.PromptText: 1, frame.CompletionText: 2}, Priced: true},
	}, f.Events)
	assert.Zero(t, f.Sentinels)
}

func TestSumsAreBounded(t *testing.T) {
	for name, e := range map[string]frame.Event{
		"money":   {Kind: frame.Charged, Value: 0.6 * frame.MaxUSD},
		"tokens":  {Kind: frame.TokensUsed, Tokens: frame.Tokens{frame.PromptText: 0.6 * frame.MaxTokens}},
		"seconds": {Kind: frame.TransportUsed, Value: 0.6 * frame.MaxSeconds},
	} {
		var f Fact
		f.Take(e, nil)
		f.Take(e, nil)
		assert.Equal(t, []frame.Event{e}, f.Events, name)
		assert.Len(t, f.Faults, 1, name)
	}
}

func TestCents(t *testing.T) {
	for cents, want := range map[string]float64{
		"14.2": 0.142, "0": 0, "6.5333333": 0.065333333, "0.4666667": 0.004666667, "1e2": 1, "15.215": 0.15215, "29": 0.29, "0.07": 0.0007,
	} {
		got, err := Cents(jsontext.Value(cents), "cost")
		assert.NoError(t, err)
		assert.Equal(t, want, got, cents)
	}
	_, err := Cents(jsontext.Value("-1"), "cost")
	assert.ErrorContains(t, err, "cost: must be between 0 and 1e+08")
}

func TestSeconds(t *testing.T) {
	for minutes, want := range map[string]float64{"1.2": 72, "0.5": 30, "1.2367": 74.202, "0.1": 6} {
		got, err := Seconds(jsontext.Value(minutes), "minutes")
		assert.NoError(t, err)
		assert.Equal(t, want, got, minutes)
	}
}

func TestSettle(t *testing.T) {
	for name, test := range map[string]struct {
		total float64
		want  Bill
	}{
		"more":    {0.35, Bill{charged(llm, 0.1), charged(fee, 0.2), charged(llm, 0.05)}},
		"as much": {0.3, Bill{charged(llm, 0.1), charged(fee, 0.2)}},
		"less":    {0.15, Bill{charged(llm, 0.05), charged(fee, 0.1)}},
		"free":    {0, Bill{charged(llm, 0), charged(fee, 0)}},
	} {
		var b Bill
		b.Charge(llm, 0.1)
		b.Charge(fee, 0.2)
		b.Charge(fee, 0)
		b.Settle(test.total, llm)
		assert.Equal(t, test.want, b, name)
		assert.Equal(t, test.total, b.Sum(), name)
	}
	var none Bill
	none.Settle(0, fee)
	assert.Empty(t, none)
}

func charged(source frame.Source, usd float64) frame.Event {
	return frame.Event{Kind: frame.Charged, Source: source, Value: usd}
}

func TestBetween(t *testing.T) {
	start := time.Date(2025, 11, 24, 16, 0, 0, 0, time.UTC)
	end := start.Add(time.Minute)
	for name, test := range map[string]struct {
		start, end time.Time
		length     time.Duration
		want       Span
		faults     int
	}{
		"both":       {start, end, time.Hour, Span{Start: start, End: end}, 0},
		"no end":     {start, time.Time{}, time.Minute, Span{Start: start, End: end}, 0},
		"no start":   {time.Time{}, end, time.Minute, Span{Start: start, End: end}, 0},
		"end alone":  {time.Time{}, end, 0, Span{Start: end, End: end}, 0},
		"none":       {time.Time{}, time.Time{}, time.Minute, Span{}, 0},
		"backwards":  {end, start, 0, Span{Start: end, End: end}, 1},
		"eight days": {start, start.Add(192 * time.Hour), 0, Span{Start: start, End: start}, 1},
	} {
		var s Span
		s.Between(test.start, test.end, test.length)
		assert.Equal(t, test.want.Start, s.Start, name)
		assert.Equal(t, test.want.End, s.End, name)
		assert.Len(t, s.faults, test.faults, name)
	}
}

func TestMaker(t *testing.T) {
	for model, want := range map[string]string{
		"gpt-4o": "openai", "o3-mini": "openai", "claude-sonnet-4": "anthropic", "gemini-2.0-flash": "google", "qwen3-30b-a3b": "qwen",
		"post_call_analysis_gpt_4o": "openai", "elevenlabs_tts": "elevenlabs", "glm-45-air-fp8": "", "": "",
	} {
		assert.Equal(t, want, Maker(model), model)
	}
}
