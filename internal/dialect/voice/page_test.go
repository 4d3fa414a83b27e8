package voice

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect/dialecttest"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

var read = dialecttest.Typed(Decode)

const page = "../../../docs/frames.md"

var fenced = regexp.MustCompile("(?ms)^```([a-z]+)\n(.*?)^```$")

// blocks are the examples of the page in a language.
func blocks(t *testing.T, language string) []string {
	text, err := os.ReadFile(page)
	require.NoError(t, err)
	var found []string
	for _, block := range fenced.FindAllStringSubmatch(string(text), -1) {
		if block[1] == language {
			found = append(found, block[2])
		}
	}
	return found
}

// pageCall is the lines of the page's example call.
func pageCall(t *testing.T) []string {
	all := blocks(t, "ndjson")
	require.Len(t, all, 1)
	return strings.Split(strings.TrimSpace(all[0]), "\n")
}

var (
	gpt4o    = frame.Source{Stage: frame.LLM, Provider: "openai", Model: "gpt-4o"}
	answerer = frame.Source{Stage: frame.LLM, Provider: "openai", Model: "gpt-4o", Processor: "Answerer"}
	hearing  = frame.Source{Stage: frame.Realtime, Provider: "openai", Model: "gpt-realtime"}
	eleven   = frame.Source{Stage: frame.TTS, Provider: "elevenlabs", Model: "eleven_turbo_v2_5"}
	vapi     = frame.Source{Stage: frame.Platform, Provider: "vapi"}
	nova     = frame.Source{Stage: frame.STT, Provider: "deepgram", Model: "nova-3"}
	someLLM  = frame.Source{Stage: frame.LLM}
	someSTT  = frame.Source{Stage: frame.STT}
	someTTS  = frame.Source{Stage: frame.TTS}
)

// pageSays is what the examples of the page mean, in its order.
var pageSays = []struct {
	call   string
	events []frame.Event
}{
	{"c-42", []frame.Event{{Kind: frame.CharactersUsed, Source: someTTS, Value: 48}}},
	{"c-42", []frame.Event{{
		Kind: frame.CallStarted, Began: time.UnixMilli(1763999998500).UTC(),
		Models: []frame.Source{
			nova, gpt4o,
			{Stage: frame.TTS, Provider: "cartesia", Model: "sonic-3.5"},
			{Stage: frame.Transport, Provider: "twilio", Model: "voice-inbound"},
		},
	}}},
	{"c-42", []frame.Event{{Kind: frame.CallEnded, Name: "hangup"}}},
	{"c-42", []frame.Event{{Kind: frame.StartedUp, Name: "pipeline", Value: 840}}},
	{"c-42", []frame.Event{
		{Kind: frame.TTFB, Source: someSTT, Value: 250},
		{Kind: frame.AudioTranscribed, Source: someSTT, Value: 2.5},
	}},
	{"c-42", []frame.Event{
		{Kind: frame.TTFB, Source: answerer, Value: 412},
		{Kind: frame.Processing, Source: answerer, Value: 1310},
		{Kind: frame.TokensUsed, Source: answerer, Tokens: frame.Tokens{
			frame.PromptText: 146, frame.PromptCacheRead: 896, frame.CompletionText: 37,
		}},
	}},
	{"c-42", []frame.Event{
		{Kind: frame.TTFB, Source: someLLM, Value: 380, Cut: true},
		{Kind: frame.TokensUsed, Source: someLLM, Tokens: frame.Tokens{
			frame.PromptText: 76, frame.PromptCacheRead: 1024, frame.CompletionText: 64,
		}},
	}},
	{"c-42", []frame.Event{
		{Kind: frame.TTFB, Source: someTTS, Value: 190},
		{Kind: frame.CharactersUsed, Source: someTTS, Value: 48},
	}},
	{"c-43", []frame.Event{
		{Kind: frame.TTFB, Source: hearing, Value: 520},
		{Kind: frame.TokensUsed, Source: hearing, Tokens: frame.Tokens{
			frame.PromptText: 55, frame.PromptCacheRead: 64, frame.PromptAudio: 13,
			frame.CompletionText: 30, frame.CompletionAudio: 91,
		}},
	}},
	{"c-42", []frame.Event{{
		Kind: frame.TransportUsed, Source: frame.Source{Stage: frame.Transport, Provider: "twilio", Model: "voice-inbound"}, Value: 19.9,
	}}},
	{"c-44", []frame.Event{
		{Kind: frame.Charged, Source: vapi, Value: 0.06},
		{Kind: frame.PlatformUsed, Source: vapi, Value: 72, Priced: true},
	}},
	{"c-42", []frame.Event{{Kind: frame.UserStartedTalking}}},
	{"c-42", []frame.Event{{Kind: frame.UserStoppedTalking}}},
	{"c-42", []frame.Event{{Kind: frame.BotStartedTalking}}},
	{"c-42", []frame.Event{{Kind: frame.BotStoppedTalking}}},
	{"c-42", []frame.Event{{Kind: frame.Interrupted, Cut: true}}},
	{"c-45", []frame.Event{
		{Kind: frame.Answered, Value: 1100},
		{Kind: frame.AnswerPart, Name: "endpointing", Value: 400},
		{Kind: frame.AnswerPart, Name: "llm", Value: 510},
		{Kind: frame.AnswerPart, Name: "tts", Value: 190},
		{Kind: frame.TurnDone, Number: 1},
	}},
	{"c-42", []frame.Event{{Kind: frame.ToolCalled, Name: "book_table", Outcome: "completed", Value: 320}}},
	{"c-42", []frame.Event{{
		Kind: frame.Failed, Source: frame.Source{Stage: frame.TTS, Processor: "Speaker"}, Name: "timeout",
	}}},
	{"c-44", []frame.Event{
		{Kind: frame.Charged, Source: eleven, Value: 0.04},
		{Kind: frame.CharactersUsed, Source: eleven, Value: 820, Priced: true},
	}},
	{"c-44", []frame.Event{{
		Kind: frame.TokensUsed, Source: gpt4o, Priced: true,
		Tokens: frame.Tokens{frame.PromptText: 2100, frame.CompletionText: 160},
	}}},
	{"c-44", []frame.Event{{Kind: frame.Charged, Source: gpt4o, Value: 0.007}}},
	{"c-46", []frame.Event{{Kind: frame.AudioTranscribed, Source: nova, Value: 21.4, Running: true}}},
}

// Every example of the page is valid by the schema and means what it says.
func TestPage(t *testing.T) {
	valid := schema(t)
	examples := blocks(t, "json")
	require.Len(t, examples, len(pageSays))
	shown := map[string]bool{}
	for i, example := range examples {
		require.NoError(t, valid(example), example)
		f, err := read([]byte(example))
		require.NoError(t, err, example)
		assert.Equal(t, pageSays[i].events, f.Events, example)
		assert.Equal(t, pageSays[i].call, f.CallID)
		assert.Empty(t, f.Faults, example)
		assert.Zero(t, f.Sentinels, example)
		assert.NotZero(t, f.ID, example)
		assert.WithinRange(t, f.Time, time.Unix(1764000000, 0), time.Unix(1764000081, 0), example)
		shown[typeOf(t, example)] = true
	}
	for _, name := range types {
		assert.True(t, shown[name], "the page has no example of %s", name)
	}
}

var posted = regexp.MustCompile(`(?s)-d '(.*?)'`)

// The first thing that anybody tries works.
func TestCurlOnThePage(t *testing.T) {
	commands := blocks(t, "sh")
	require.Len(t, commands, 1)
	message := posted.FindStringSubmatch(commands[0])[1]
	require.NoError(t, schema(t)(message))
	f, err := read([]byte(message))
	require.NoError(t, err)
	assert.Empty(t, f.Faults)
	assert.Equal(t, []frame.Event{
		{Kind: frame.TTFB, Source: gpt4o, Value: 412},
		{Kind: frame.TokensUsed, Source: gpt4o, Tokens: frame.Tokens{
			frame.PromptText: 146, frame.PromptCacheRead: 896, frame.CompletionText: 37,
		}},
	}, f.Events)
}

// The numbers below the example call are those that it produces.
func TestCallOnThePage(t *testing.T) {
	valid := schema(t)
	sums := map[frame.Kind]float64{}
	latencies := map[frame.Kind]map[frame.Stage]float64{frame.TTFB: {}, frame.Processing: {}}
	var tokens frame.Tokens
	for _, line := range pageCall(t) {
		require.NoError(t, valid(line), line)
		f, err := read([]byte(line))
		require.NoError(t, err, line)
		require.Empty(t, f.Faults, line)
		for _, e := range f.Events {
			for leaf, n := range e.Tokens {
				tokens[leaf] += n
			}
			if by := latencies[e.Kind]; by != nil && !e.Cut {
				by[e.Source.Stage] += e.Value
			}
			sums[e.Kind] += e.Value
		}
	}
	assert.Equal(t, frame.Tokens{frame.PromptText: 222, frame.PromptCacheRead: 1920, frame.CompletionText: 101}, tokens)
	assert.Equal(t, 133.0, sums[frame.CharactersUsed])
	assert.Equal(t, 4.5, sums[frame.AudioTranscribed])
	assert.Equal(t, 19.9, sums[frame.TransportUsed])
	assert.Equal(t, map[frame.Stage]float64{frame.STT: 490, frame.LLM: 412, frame.TTS: 400}, latencies[frame.TTFB])
	assert.Equal(t, map[frame.Stage]float64{frame.LLM: 1310}, latencies[frame.Processing])
}
