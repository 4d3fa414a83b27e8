package voice

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// What is wrong is refused by the decoder and by the schema alike, in words that help.
func TestInvalid(t *testing.T) {
	valid := schema(t)
	for _, test := range []struct{ message, want string }{
		// Typos, and what the nearest name is.
		{
			`{"type":"voice.tts","charactrs":48}`,
			"charactrs: no such field here: did you mean characters?",
		},
		{
			`{"type":"voice.stt","audio_secs":2.1}`,
			"audio_secs: no such field here: did you mean audio_seconds?",
		},
		{
			`{"type":"voice.llm","ttfb":0.4}`,
			"ttfb: no such field here: did you mean ttfb_ms?",
		},
		{
			`{"type":"voice.llm","ttfb_ms":1,"cost":1}`,
			"cost: no such field here: did you mean cost_usd?",
		},
		{
			`{"type":"voice.llm","ttfb_ms":1,"completely_else":1}`,
			"completely_else: no such field here: it is one of type, call_id, ",
		},
		{
			`{"type":"voice.llm","characters":48}`,
			"characters: no such field here: it is one of type, ",
		},
		{
			`{"type":"voice.llm","tokens":{"promt":{"text":1}}}`,
			"tokens.promt: no such field here: did you mean prompt?",
		},
		{
			`{"type":"voice.llm","tokens":{"prompt":{"cached":1}}}`,
			"tokens.prompt.cached: no such field here: it is one of text, cache_read, ",
		},
		{
			`{"type":"voice.call_started","models":{"asr":{"provider":"deepgram"}}}`,
			"models.asr: no such field here: it is one of stt, llm, tts, realtime, transport, platform",
		},
		{
			`{"type":"voice.call_started","models":{"llm":{"name":"gpt-4o"}}}`,
			"models.llm.name: no such field here: it is one of provider, model",
		},
		{
			`{"type":"voice.turn","parts":[{"name":"llm","duration_ms":1,"owner":1}]}`,
			"parts[0].owner: no such field here: it is one of name, duration_ms",
		},
		{
			`{"type":"voice.lmm","ttfb_ms":1}`,
			"type: not a message of ours: did you mean voice.llm?",
		},
		{
			`{"type":"voice.something_else"}`,
			"type: not a message of ours: it is one of voice.bot_started_speaking, ",
		},
		{
			`{"ttfb_ms":1}`,
			"type: missing: one of voice.bot_started_speaking, ",
		},

		// What has to be there.
		{
			`{"type":"voice.llm","provider":"openai"}`,
			"says nothing: set ttfb_ms, processing_ms, tokens, openai_usage or cost_usd",
		},
		{
			`{"type":"voice.llm","ttfb_ms":null}`,
			"says nothing: set ttfb_ms, ",
		},
		{
			`{"type":"voice.transport"}`,
			"says nothing: set seconds or cost_usd",
		},
		{
			`{"type":"voice.tool","outcome":"failed"}`,
			"function_name: missing",
		},
		{
			`{"type":"voice.tool","function_name":"f"}`,
			"outcome: missing: one of completed, failed, timed_out, cancelled",
		},
		{
			`{"type":"voice.error"}`,
			"category: missing",
		},
		{
			`{"type":"voice.startup","duration_ms":1}`,
			"name: missing",
		},
		{
			`{"type":"voice.startup","name":"bot"}`,
			"duration_ms: missing",
		},
		{
			`{"type":"voice.turn","parts":[{"name":"llm"}]}`,
			"parts[0].duration_ms: missing",
		},
		{
			`{"type":"voice.turn","parts":[{"duration_ms":1}]}`,
			"parts[0].name: missing",
		},
		{
			`{"type":"voice.llm","openai_usage":{"prompt_tokens":1}}`,
			"openai_usage: must have prompt_tokens and completion_tokens, or input_tokens",
		},
		{
			`{"type":"voice.llm","openai_usage":{"prompt_tokens":null,"completion_tokens":1}}`,
			"openai_usage: must have prompt_tokens",
		},

		// What cannot be.
		{
			`{"type":"voice.tool","function_name":"f","outcome":"ok"}`,
			"outcome: must be one of completed, failed, timed_out, cancelled",
		},
		{
			`{"type":"voice.error","category":"c","stage":"asr"}`,
			"stage: must be one of stt, llm, tts, realtime, transport, platform",
		},
		{
			`{"type":"voice.llm","ttfb_ms":-1}`,
			"ttfb_ms: must be between 0 and 6.048e+08",
		},
		{
			`{"type":"voice.llm","ttfb_ms":"412"}`,
			"ttfb_ms: must be a finite number",
		},
		{
			`{"type":"voice.tts","characters":1.5}`,
			"characters: must be a whole number",
		},
		{
			`{"type":"voice.llm","tokens":{"prompt":{"text":-1}}}`,
			"tokens.prompt.text: must be a whole number between 0 and 1000000000",
		},
		{
			`{"type":"voice.llm","tokens":{"prompt":{"text":"1"}}}`,
			"tokens.prompt.text: must be a whole number",
		},
		{
			`{"type":"voice.llm","tokens":{"prompt":12}}`,
			"tokens.prompt: must be an object",
		},
		{
			`{"type":"voice.llm","tokens":12}`,
			"tokens: must be an object",
		},
		{
			`{"type":"voice.llm","model":4}`,
			"model: must be a string",
		},
		{
			`{"type":"voice.llm","ttfb_ms":1,"interrupted":"no"}`,
			"interrupted: must be true or false",
		},
		{
			`{"type":"voice.stt","cost_usd":1,"running_total":true}`,
			"cost_usd: is what was added to the bill: send it without running_total",
		},
		{
			`{"type":"voice.llm","tokens":{},"openai_usage":{"prompt_tokens":1,"completion_tokens":1}}`,
			"openai_usage: is the same as tokens: send one of them",
		},
		{
			`{"type":"voice.turn","parts":[null]}`,
			"parts[0]: must be an object",
		},
		{
			`{"type":"voice.turn","parts":{}}`,
			"parts: must be an array",
		},
		{
			`{"type":"voice.call_started","models":{"llm":"gpt-4o"}}`,
			"models.llm: must be an object",
		},
		{
			`{"type":"voice.call_started","models":[]}`,
			"models: must be an object",
		},
		{
			`{"type":"voice.call_ended","timestamp":12.5}`,
			"timestamp: must be Unix seconds (or milliseconds) of this century",
		},
		{
			`{"type":"voice.call_ended","timestamp":"yesterday"}`,
			"timestamp: must be Unix seconds or milliseconds, or an RFC 3339 string",
		},
		{
			`{"type":"voice.call_ended","call_id":7}`,
			"call_id: must be a string",
		},
		{
			`{"type":"voice.call_ended","id":{}}`,
			"id: must be a string or a number",
		},
		{
			`{"type":"voice.call_started","traceparent":"4bf92f35"}`,
			"traceparent: must be a W3C traceparent",
		},
		{
			`{"type":"voice.call_started","traceparent":"00-00000000000000000000000000000000-00f067aa0ba902b7-01"}`,
			"traceparent: must be a W3C traceparent",
		},
	} {
		t.Run(test.message, func(t *testing.T) {
			f, err := read([]byte(test.message))
			if err == nil {
				require.NotEmpty(t, f.Faults)
				err = f.Faults[0]
			}
			assert.True(t, strings.HasPrefix(err.Error(), test.want), err.Error())
			assert.Error(t, valid(test.message), "schema")
		})
	}
	part := `{"name":"a","duration_ms":1}`
	agree(t, valid, `{"type":"voice.turn","parts":[`+strings.Repeat(part+",", maxParts)+part+`]}`, false)
}

// A datum that is wrong costs itself.
func TestTheRestIsTaken(t *testing.T) {
	for message, want := range map[string][]frame.Event{
		`{"type":"voice.tts","charactrs":48,"ttfb_ms":190}`:                {{Kind: frame.TTFB, Source: someTTS, Value: 190}},
		`{"type":"voice.tts","characters":-1,"ttfb_ms":190}`:               {{Kind: frame.TTFB, Source: someTTS, Value: 190}},
		`{"type":"voice.llm","tokens":{"prompt":{"txt":1}},"ttfb_ms":412}`: {{Kind: frame.TTFB, Source: someLLM, Value: 412}},
		`{"type":"voice.stt","audio_seconds":2,"channels":0}`:              {{Kind: frame.AudioTranscribed, Source: someSTT, Value: 2}},
		`{"type":"voice.stt","audio_seconds":2,"cost_usd":-1}`:             {{Kind: frame.AudioTranscribed, Source: someSTT, Value: 2}},
		`{"type":"voice.stt","audio_seconds":2,"cost_usd":1,"running_total":true}`: {
			{Kind: frame.AudioTranscribed, Source: someSTT, Value: 2, Running: true},
		},
		`{"type":"voice.call_started","models":{"asr":{},"llm":{"provider":"OpenAI","model":"gpt-4o"}}}`: {
			{Kind: frame.CallStarted, Models: []frame.Source{gpt4o}},
		},
		`{"type":"voice.call_started","models":{"llm":{"provider":"openai","model":"gpt-4o","name":1}}}`: {
			{Kind: frame.CallStarted, Models: []frame.Source{gpt4o}},
		},
		`{"type":"voice.call_started","traceparent":"no"}`: {{Kind: frame.CallStarted}},
		`{"type":"voice.call_started","traceparent":[]}`:   {{Kind: frame.CallStarted}},
		`{"type":"voice.turn","number":0,"latency_ms":-1,"parts":[{"name":"llm","duration_ms":510},{"name":"tts"}],"interrupted":true}`: {
			{Kind: frame.AnswerPart, Name: "llm", Value: 510}, {Kind: frame.TurnDone, Cut: true},
		},
		`{"type":"voice.tool","function_name":"f","outcome":"failed","duration_ms":-1}`: {
			{Kind: frame.ToolCalled, Name: "f", Outcome: "failed"},
		},
		`{"type":"voice.interruption","who":"user"}`: {{Kind: frame.Interrupted, Cut: true}},
	} {
		f, err := read([]byte(message))
		require.NoError(t, err, message)
		assert.Equal(t, want, f.Events, message)
		assert.NotEmpty(t, f.Faults, message)
	}
}

func TestDecode(t *testing.T) {
	valid := schema(t)
	for name, test := range map[string]struct {
		message string
		want    []frame.Event
	}{
		"every leaf": {
			`{"type":"voice.llm","tokens":{"prompt":{"text":1,"cache_read":2,"cache_write":3,"cache_write_1h":4,"audio":5,"audio_cache_read":6,"image":7,"image_cache_read":8,"video":9},"completion":{"text":10,"audio":11,"reasoning":12},"unsplit":13}}`,
			[]frame.Event{{Kind: frame.TokensUsed, Source: someLLM, Tokens: frame.Tokens{
				frame.PromptText: 1, frame.PromptCacheRead: 2, frame.PromptCacheWrite: 3, frame.PromptCacheWrite1h: 4,
				frame.PromptAudio: 5, frame.PromptAudioCacheRead: 6, frame.PromptImage: 7, frame.PromptImageCacheRead: 8,
				frame.PromptVideo: 9, frame.CompletionText: 10, frame.CompletionAudio: 11, frame.CompletionReasoning: 12, frame.Unsplit: 13,
			}}},
		},
		"terms": {
			`{"type":"voice.stt","provider":"Deepgram","model":"nova-3","processor":"Ear#7","audio_seconds":3,"service_tier":"priority","region":"eu","channels":2}`,
			[]frame.Event{{
				Kind: frame.AudioTranscribed, Value: 3,
				Source: frame.Source{Stage: frame.STT, Provider: "deepgram", Model: "nova-3", Processor: "Ear"},
				Terms:  frame.Terms{ServiceTier: "priority", Region: "eu", Channels: 2},
			}},
		},
		"speech that is billed by tokens": {
			`{"type":"voice.tts","characters":48,"tokens":{"prompt":{"text":12},"completion":{"audio":90}}}`,
			[]frame.Event{
				{Kind: frame.CharactersUsed, Source: someTTS, Value: 48, Paired: true},
				{Kind: frame.TokensUsed, Source: someTTS, Paired: true, Tokens: frame.Tokens{frame.PromptText: 12, frame.CompletionAudio: 90}},
			},
		},
		"characters and no tokens are no pair": {
			`{"type":"voice.tts","characters":48,"tokens":{"prompt":{"text":0}}}`,
			[]frame.Event{{Kind: frame.CharactersUsed, Source: someTTS, Value: 48}},
		},
		"a platform that charges nothing": {
			`{"type":"voice.transport","seconds":9,"cost_usd":0}`,
			[]frame.Event{
				{Kind: frame.Charged, Source: frame.Source{Stage: frame.Transport}},
				{Kind: frame.TransportUsed, Source: frame.Source{Stage: frame.Transport}, Value: 9, Priced: true},
			},
		},
		"zeros are no values": {`{"type":"voice.stt","ttfb_ms":0,"processing_ms":0,"audio_seconds":0}`, nil},
		"null is absent": {
			`{"type":"voice.llm","ttfb_ms":5,"tokens":null,"model":null,"cost_usd":null,"channels":null,"id":null,"timestamp":null}`,
			[]frame.Event{{Kind: frame.TTFB, Source: someLLM, Value: 5}},
		},
		"whole numbers as JavaScript and Go may write them": {
			`{"type":"voice.tts","characters":4.8e1}`, []frame.Event{{Kind: frame.CharactersUsed, Source: someTTS, Value: 48}},
		},
		"an end without a reason": {`{"type":"voice.call_ended"}`, []frame.Event{{Kind: frame.CallEnded}}},
		"words that are none": {
			`{"type":"voice.tool","function_name":"I am Mr Smith","outcome":"completed"}`,
			[]frame.Event{{Kind: frame.ToolCalled, Name: "other", Outcome: "completed"}},
		},
		"a turn of which nothing else is known": {`{"type":"voice.turn"}`, []frame.Event{{Kind: frame.TurnDone}}},
	} {
		t.Run(name, func(t *testing.T) {
			f, err := read([]byte(test.message))
			require.NoError(t, err)
			assert.Equal(t, test.want, f.Events)
			assert.Empty(t, f.Faults)
			assert.NoError(t, valid(test.message))
		})
	}
}

// OpenAI's usage, in both of its shapes: details are inside their totals.
func TestOpenAIUsage(t *testing.T) {
	valid := schema(t)
	for usage, want := range map[string]frame.Tokens{
		`{"prompt_tokens":1042,"completion_tokens":37,"total_tokens":1079,"prompt_tokens_details":{"cached_tokens":896,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":0,"audio_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}}`: {
			frame.PromptText: 146, frame.PromptCacheRead: 896, frame.CompletionText: 37,
		},
		`{"input_tokens":1042,"input_tokens_details":{"cached_tokens":896},"output_tokens":137,"output_tokens_details":{"reasoning_tokens":100},"total_tokens":1179}`: {
			frame.PromptText: 146, frame.PromptCacheRead: 896, frame.CompletionText: 37, frame.CompletionReasoning: 100,
		},
		`{"prompt_tokens":10,"completion_tokens":5,"prompt_tokens_details":null,"completion_tokens_details":null}`: {
			frame.PromptText: 10, frame.CompletionText: 5,
		},
		`{"prompt_tokens":1000,"completion_tokens":5,"prompt_tokens_details":{"cached_tokens":100,"cache_write_tokens":600}}`: {
			frame.PromptText: 300, frame.PromptCacheRead: 100, frame.PromptCacheWrite: 600, frame.CompletionText: 5,
		},
		// Which tokens were cached is not said: text first, then audio, then images.
		`{"prompt_tokens":100,"completion_tokens":50,"prompt_tokens_details":{"cached_tokens":90,"audio_tokens":40,"image_tokens":10},"completion_tokens_details":{"audio_tokens":45}}`: {
			frame.PromptCacheRead: 50, frame.PromptAudioCacheRead: 40, frame.PromptImage: 10,
			frame.CompletionText: 5, frame.CompletionAudio: 45,
		},
	} {
		message := fmt.Sprintf(`{"type":"voice.llm","openai_usage":%s}`, usage)
		f, err := read([]byte(message))
		require.NoError(t, err, usage)
		assert.Empty(t, f.Faults, usage)
		assert.Equal(t, []frame.Event{{Kind: frame.TokensUsed, Source: someLLM, Tokens: want}}, f.Events, usage)
		assert.NoError(t, valid(message), usage)
	}
}

// Parts that are more than their whole cannot be told apart; no schema can say that.
func TestOpenAIUsageThatDoesNotAddUp(t *testing.T) {
	for _, usage := range []string{
		`{"prompt_tokens":10,"completion_tokens":5,"prompt_tokens_details":{"cached_tokens":11}}`,
		`{"prompt_tokens":10,"completion_tokens":5,"prompt_tokens_details":{"audio_tokens":11}}`,
		`{"prompt_tokens":10,"completion_tokens":5,"prompt_tokens_details":{"cached_tokens":5,"cache_write_tokens":6}}`,
		`{"prompt_tokens":10,"completion_tokens":5,"completion_tokens_details":{"reasoning_tokens":6}}`,
	} {
		f, err := read([]byte(`{"type":"voice.llm","ttfb_ms":1,"openai_usage":` + usage + `}`))
		require.NoError(t, err, usage)
		require.Len(t, f.Faults, 1, usage)
		assert.Equal(t, "openai_usage: the parts (cached, audio, reasoning) are more than the tokens that hold them", f.Faults[0].Error())
		assert.Len(t, f.Events, 1, usage)
	}
}

func TestIdentity(t *testing.T) {
	id := func(message string) frame.ID {
		f, err := read([]byte(message))
		require.NoError(t, err)
		return f.ID
	}
	assert.Zero(t, id(`{"type":"voice.llm","ttfb_ms":1}`))
	assert.Equal(t, frame.NameID("voice.llm", "7"), id(`{"type":"voice.llm","ttfb_ms":1,"id":7}`))
	assert.Equal(t, id(`{"type":"voice.llm","ttfb_ms":1,"id":"7"}`), id(`{"type":"voice.llm","ttfb_ms":2,"id":7}`))
	assert.NotEqual(t, id(`{"type":"voice.llm","ttfb_ms":1,"id":"7"}`), id(`{"type":"voice.tts","ttfb_ms":1,"id":"7"}`))
	timed := `{"type":"voice.llm","ttfb_ms":1,"timestamp":1764000000}`
	assert.Equal(t, frame.DigestID([]byte(timed)), id(timed))
}

func TestEnvelope(t *testing.T) {
	want := time.Date(2025, 11, 24, 16, 0, 0, 500_000_000, time.UTC)
	for _, at := range []string{`1764000000.5`, `1764000000500`, `"2025-11-24T16:00:00.5Z"`, `"2025-11-24T17:00:00.5+01:00"`} {
		f, err := read([]byte(`{"type":"voice.interruption","call_id":"c","timestamp":` + at +
			`,"traceparent":"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}`))
		require.NoError(t, err)
		assert.Equal(t, want, f.Time)
		assert.Equal(t, "c", f.CallID)
		assert.Equal(t, byte(0x4b), f.Trace.TraceID[0])
		assert.Equal(t, byte(0xb7), f.Trace.SpanID[7])
	}
}

// Many unknown fields are not told one by one, and one that is more than a name is not repeated.
func TestUnknownFieldsAreBounded(t *testing.T) {
	var message strings.Builder
	message.WriteString(`{"type":"voice.interruption","said: I am Mr Smith":1`)
	for i := range 1000 {
		fmt.Fprintf(&message, `,"f%d":{"a":[1]}`, i)
	}
	f, err := read([]byte(message.String() + "}"))
	require.NoError(t, err)
	require.Len(t, f.Faults, mostUnknown+1)
	assert.Equal(t, "other", f.Faults[0].Path)
	assert.Equal(t, "and more fields that it does not have", f.Faults[mostUnknown].Error())
}

// What a price depends on is a name; what is more is not kept, for it may be what somebody said.
func TestTermsAreNames(t *testing.T) {
	for text, want := range map[string]string{
		"eu-central-1": "eu-central-1", "": "", "She said: my name is Mary": "other", strings.Repeat("x", 65): "other",
	} {
		f, err := Decode("voice.stt", []byte(`{"type":"voice.stt","audio_seconds":1,"region":"`+text+`","service_tier":"`+text+`"}`))
		require.NoError(t, err)
		require.Len(t, f.Events, 1)
		assert.Equal(t, frame.Terms{ServiceTier: want, Region: want}, f.Events[0].Terms)
	}
}
