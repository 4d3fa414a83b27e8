package rtvi

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect/dialecttest"
	"github.com/otelcol-voice/otelcol-voice/internal/dialect/wire"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

var read = dialecttest.Typed(Decode)

var (
	openAI   = frame.Source{Stage: frame.LLM, Processor: "OpenAILLMService", Provider: "openai"}
	cartesia = frame.Source{Stage: frame.TTS, Processor: "CartesiaTTSService", Provider: "cartesia"}
	deepgram = frame.Source{Stage: frame.STT, Processor: "DeepgramSTTService", Provider: "deepgram"}
)

func of(source frame.Source, model string) frame.Source {
	source.Model = model
	return source
}

const metricsMessage = `{"label":"rtvi-ai","type":"metrics","call_id":"c1","data":{` +
	`"ttfb":[{"processor":"OpenAILLMService#0","model":"gpt-4o","value":0.41}],` +
	`"processing":[{"processor":"OpenAILLMService#0","value":1.2}],` +
	`"tokens":[{"prompt_tokens":1042,"completion_tokens":37,"total_tokens":1079,"cache_read_input_tokens":896}],` +
	`"characters":[{"processor":"CartesiaTTSService#0","value":48}],` +
	`"ttfa":[{"processor":"CartesiaTTSService#0","ttfa":0.31,"ttfb":0.19,"leading_silence":0.12}],` +
	`"ttfat":[{"processor":"OpenAILLMService#0","ttfat":1.9,"ttfb":0.4,"thinking_time":1.5}],` +
	`"stt_usage":[{"processor":"DeepgramSTTService#0","value":{"audio_seconds":7.84}}]}}`

func TestDecode(t *testing.T) {
	for name, test := range map[string]struct {
		message string
		want    []frame.Event
	}{
		"metrics": {metricsMessage, []frame.Event{
			{Kind: frame.TTFB, Source: of(openAI, "gpt-4o"), Value: 410},
			{Kind: frame.Processing, Source: openAI, Value: 1200},
			{Kind: frame.TokensUsed, Source: frame.Source{Stage: frame.LLM}, Tokens: frame.Tokens{
				frame.PromptText: 146, frame.PromptCacheRead: 896, frame.CompletionText: 37,
			}},
			{Kind: frame.CharactersUsed, Source: cartesia, Value: 48},
			{Kind: frame.AudioTranscribed, Source: deepgram, Value: 7.84},
		}},
		"metrics of nothing that we count": {`{"label":"rtvi-ai","type":"metrics","call_id":"c1","data":{}}`, nil},
		"user starts":                      {`{"label":"rtvi-ai","type":"user-started-speaking","call_id":"c1"}`, []frame.Event{{Kind: frame.UserStartedTalking, Echo: true}}},
		"voice starts":                     {`{"label":"rtvi-ai","type":"vad-user-started-speaking","call_id":"c1"}`, []frame.Event{{Kind: frame.UserStartedTalking}}},
		"voice stops":                      {`{"label":"rtvi-ai","type":"vad-user-stopped-speaking","call_id":"c1"}`, []frame.Event{{Kind: frame.UserStoppedTalking}}},
		"bot ready":                        {`{"label":"rtvi-ai","type":"bot-ready","id":"1","call_id":"c1","data":{"version":"2.1.0","about":{"library":"pipecat-ai"}}}`, []frame.Event{{Kind: frame.CallStarted}}},
		"user stops":                       {`{"label":"rtvi-ai","type":"user-stopped-speaking","call_id":"c1"}`, []frame.Event{{Kind: frame.UserStoppedTalking, Echo: true}}},
		"bot starts":                       {`{"label":"rtvi-ai","type":"bot-started-speaking","pipecatCallId":"c1"}`, []frame.Event{{Kind: frame.BotStartedTalking}}},
		"bot stops":                        {`{"label":"rtvi-ai","type":"bot-stopped-speaking","call_id":"c1"}`, []frame.Event{{Kind: frame.BotStoppedTalking}}},
		"bot is cut off":                   {`{"label":"rtvi-ai","type":"bot-interrupted","call_id":"c1"}`, []frame.Event{{Kind: frame.Interrupted}}},
		"function": {
			`{"label":"rtvi-ai","type":"llm-function-call-stopped","call_id":"c1","data":{"tool_call_id":"t","cancelled":false,"function_name":"book","result":{"name":"secret"}}}`,
			[]frame.Event{{Kind: frame.ToolCalled, Name: "book", Outcome: "completed"}},
		},
		"function without its name": {
			`{"label":"rtvi-ai","type":"llm-function-call-stopped","call_id":"c1","data":{"tool_call_id":"t","cancelled":true}}`,
			[]frame.Event{{Kind: frame.ToolCalled, Name: "unknown", Outcome: "cancelled"}},
		},
		"error": {
			`{"label":"rtvi-ai","type":"error","call_id":"c1","data":{"error":"secret words","fatal":true}}`,
			[]frame.Event{{Kind: frame.Failed, Name: "unknown"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := read([]byte(test.message))
			require.NoError(t, err)
			assert.Equal(t, frame.Frame{Form: "rtvi", CallID: "c1", Events: test.want}, got, "no time, no identity, no faults")

			carried, err := DecodeMessageFrame([]byte(`{"data":` + strconv.Quote(test.message) + `}`))
			require.NoError(t, err)
			assert.Equal(t, got, carried)
			carried, err = DecodeMessageFrame([]byte(`{"message":{"data":` + strconv.Quote(test.message) + `}}`))
			require.NoError(t, err)
			assert.Equal(t, got, carried)
		})
	}
}

// A relay may add what RTVI lacks: a timestamp, and with it an identity.
func TestTimestampOfARelay(t *testing.T) {
	message := `{"label":"rtvi-ai","type":"bot-started-speaking","timestamp":1764000003.1}`
	got, err := read([]byte(message))
	require.NoError(t, err)
	assert.Equal(t, time.Date(2025, 11, 24, 16, 0, 3, 100_000_000, time.UTC), got.Time)
	assert.Equal(t, frame.DigestID([]byte(message)), got.ID)
}

func TestTheCallMayBeNamedBesideTheText(t *testing.T) {
	for message, want := range map[string]string{
		`{"call_id":"outer","data":"{\"label\":\"rtvi-ai\",\"type\":\"bot-interrupted\"}"}`:                                   "outer",
		`{"pipecatCallId":"outer","message":{"data":"{\"label\":\"rtvi-ai\",\"type\":\"bot-interrupted\"}"}}`:                 "outer",
		`{"call_id":"outer","message":{"data":"{\"label\":\"rtvi-ai\",\"type\":\"bot-interrupted\",\"call_id\":\"inner\"}"}}`: "inner",
		`{"data":"{\"label\":\"rtvi-ai\",\"type\":\"bot-interrupted\"}"}`:                                                     "",
	} {
		got, err := DecodeMessageFrame([]byte(message))
		require.NoError(t, err)
		assert.Equal(t, want, got.CallID)
	}
}

func TestIgnored(t *testing.T) {
	for _, kind := range []string{
		"user-transcription", "bot-output", "bot-transcription", "bot-llm-text", "bot-tts-text", "server-message",
		"bot-llm-started", "bot-llm-stopped", "bot-tts-started", "bot-tts-stopped", "llm-function-call", "llm-function-call-started",
		"llm-function-call-in-progress", "user-audio-level", "bot-audio-level", "user-llm-text", "user-mute-started", "system-log",
		"error-response", "",
	} {
		message := `{"label":"rtvi-ai","type":"` + kind + `","timestamp":"never read","data":{"text":"secret","function_name":5,"ttfb":7}}`
		_, err := read([]byte(message))
		assert.ErrorIs(t, err, wire.ErrIgnored, kind)
		_, err = DecodeMessageFrame([]byte(`{"data":` + strconv.Quote(message) + `}`))
		assert.ErrorIs(t, err, wire.ErrIgnored, kind)
	}
}

func TestSentinels(t *testing.T) {
	got, err := read([]byte(`{"label":"rtvi-ai","type":"metrics","data":{"ttfb":[{"processor":"A#0","value":0.0},{"processor":"A#0","value":-0.2}],` +
		`"processing":[{"value":0}],"tokens":[{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0}],"characters":[{"value":0}],` +
		`"stt_usage":[{"value":{"audio_seconds":0.0}}]}}`))
	require.NoError(t, err)
	assert.Equal(t, frame.Frame{Form: "rtvi", Sentinels: 6}, got)
}

// One bad entry costs itself: the fault names its path, the others are taken.
func TestBadEntries(t *testing.T) {
	for entries, want := range map[string]string{
		`"ttfb":[{"value":"fast"}]`:                                  "data.ttfb[0].value: must be a finite number",
		`"ttfb":[{"value":0.1},{}]`:                                  "data.ttfb[1].value: missing",
		`"ttfb":[7]`:                                                 "data.ttfb[0]: must be an object",
		`"processing":[{"value":1e9}]`:                               "data.processing[0].value: must be between -604800 and 604800",
		`"tokens":[{"prompt_tokens":-1}]`:                            "data.tokens[0].prompt_tokens: must be between 0 and 1000000000 tokens",
		`"tokens":[{"prompt_tokens":1,"cache_read_input_tokens":2}]`: "data.tokens[0]: the parts (cached, audio, reasoning) are more than",
		`"tokens":[{"input_tokens":5}]`:                              "data.tokens[0].prompt_tokens: missing, and so are",
		`"tokens":[{"prompt_tokens":1.5}]`:                           "data.tokens[0].prompt_tokens: must be a whole number",
		`"stt_usage":[{"value":{}}]`:                                 "data.stt_usage[0].value.audio_seconds: missing",
	} {
		message := `{"label":"rtvi-ai","type":"metrics","data":{"characters":[{"processor":"CartesiaTTSService#0","value":48}],` + entries + `}}`
		got, err := read([]byte(message))
		require.NoError(t, err, entries)
		assert.Contains(t, got.Events, frame.Event{Kind: frame.CharactersUsed, Source: cartesia, Value: 48})
		if assert.Len(t, got.Faults, 1, entries) {
			assert.Contains(t, got.Faults[0].Error(), want)
		}
		got, err = DecodeMessageFrame([]byte(`{"message":{"data":` + strconv.Quote(message) + `}}`))
		require.NoError(t, err, entries)
		if assert.Len(t, got.Faults, 1, entries) {
			assert.Contains(t, got.Faults[0].Error(), "message.data."+want)
		}
	}
}

func TestRejected(t *testing.T) {
	for message, want := range map[string]string{
		`{"label":"rtvi-ai","type":"metrics"}`: "data: missing",
		`{"label":"rtvi-ai","type":"metrics","data":{"ttfb":[1` + strings.Repeat(",1", wire.MaxData) + `]}}`: "data: more than 1000 data in one frame",
		`{"label":"rtvi-ai","type":"metrics","data":[]}`:                                                     "data: must be an object",
		`{"label":"rtvi-ai","type":"metrics","data":{"ttfb":{}}}`:                                            "data.ttfb: must be an array",
		`{"label":"rtvi-ai","type":"llm-function-call-stopped"}`:                                             "data: missing",
		`{"label":"rtvi-ai","type":"llm-function-call-stopped","data":{"cancelled":"no"}}`:                   "data.cancelled: must be true or false",
		`{"label":"rtvi-ai","type":"bot-interrupted","call_id":5}`:                                           "call_id: must be a string",
		`{"label":"rtvi-ai","type":"error","data":{"category":1}}`:                                           "data.category: must be a string",
		`{"label":"rtvi-ai","type":"bot-started-speaking","timestamp":"soon"}`:                               "timestamp: must be Unix seconds",
		`{"label":"rtvi-ai","type":"llm-function-call-stopped","data":{"function_name":["x"]},"id":"req1"}`:  "data.function_name: must be a string",
	} {
		_, err := read([]byte(message))
		assert.ErrorContains(t, err, want, message)
	}
	for message, want := range map[string]string{
		`{"data":"hello"}`:                     ErrNoMessageFrame.Error(),
		`{"data":"{\"label\":\"x\"}"}`:         ErrNoMessageFrame.Error(),
		`{"data":"{\"label\":5}"}`:             ErrNoMessageFrame.Error(),
		`{"message":{"data":"[]"}}`:            ErrNoMessageFrame.Error(),
		`{"message":{"data":"{"}}`:             ErrNoMessageFrame.Error(),
		`{"message":{"data":{"a":1}}}`:         ErrNoMessageFrame.Error(),
		`{"message":{"data":"x","call_id":5}}`: ErrNoMessageFrame.Error(),
		`{"message":"hello"}`:                  ErrNoMessageFrame.Error(),
		`{"data":[1]}`:                         ErrNoMessageFrame.Error(),
		`{}`:                                   ErrNoMessageFrame.Error(),
		`{"call_id":5,"data":"x"}`:             "call_id: must be a string",
		`{"message":{"data":"{\"label\":\"rtvi-ai\",\"type\":\"metrics\"}"}}`: "message.data.data: missing",
	} {
		_, err := DecodeMessageFrame([]byte(message))
		assert.ErrorContains(t, err, want, message)
	}
}
