package openairealtime

import (
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
	realtime = frame.Source{Stage: frame.Realtime, Provider: "openai"}
	stt      = frame.Source{Stage: frame.STT, Provider: "openai"}
)

const done = `{"type":"response.done","event_id":"e","response":{"id":"resp_1","conversation_id":"conv_1","status":"completed","usage":{"total_tokens":253,"input_tokens":132,"output_tokens":121,"input_token_details":{"text_tokens":119,"audio_tokens":13,"image_tokens":0,"cached_tokens":64,"cached_tokens_details":{"text_tokens":64,"audio_tokens":0,"image_tokens":0}},"output_token_details":{"text_tokens":30,"audio_tokens":91}}}}`

var doneTokens = frame.Tokens{
	frame.PromptText: 55, frame.PromptCacheRead: 64, frame.PromptAudio: 13, frame.CompletionText: 30, frame.CompletionAudio: 91,
}

func TestDecode(t *testing.T) {
	for name, test := range map[string]struct {
		message string
		want    frame.Frame
	}{
		"response": {done, frame.Frame{
			Conversation: "conv_1", ID: frame.NameID("response.done", "resp_1"),
			Events: []frame.Event{{Kind: frame.TokensUsed, Source: realtime, Tokens: doneTokens}},
		}},
		"cancelled response, the call named by a relay": {
			`{"type":"response.done","call_id":"c1","timestamp":1764000003.1,"response":{"id":"resp_2","conversation_id":"conv_1","status":"cancelled","usage":{"input_tokens":10,"output_tokens":4,"input_token_details":{"text_tokens":10},"output_token_details":{"audio_tokens":4}}}}`,
			frame.Frame{
				CallID: "c1", Conversation: "conv_1", ID: frame.NameID("response.done", "resp_2"),
				Time: time.Date(2025, 11, 24, 16, 0, 3, 100_000_000, time.UTC),
				Events: []frame.Event{{Kind: frame.TokensUsed, Source: realtime, Tokens: frame.Tokens{
					frame.PromptText: 10, frame.CompletionAudio: 4,
				}}},
			},
		},
		"response that used nothing": {
			`{"type":"response.done","event_id":"e","response":{"status":"failed","status_details":"?","usage":null}}`,
			frame.Frame{
				ID:     frame.NameID("response.done", "e"),
				Events: []frame.Event{{Kind: frame.Failed, Source: realtime, Name: "unknown"}},
			},
		},
		"zeros": {
			`{"type":"response.done","event_id":"e","response":{"usage":{"input_tokens":0,"output_tokens":0}}}`,
			frame.Frame{ID: frame.NameID("response.done", "e"), Sentinels: 1},
		},
		"transcription by tokens": {
			`{"type":"conversation.item.input_audio_transcription.completed","event_id":"e2","item_id":"item_1","content_index":0,"transcript":"secret","usage":{"type":"tokens","input_tokens":48,"output_tokens":9,"total_tokens":57,"input_token_details":{"audio_tokens":46,"text_tokens":2}}}`,
			frame.Frame{
				ID: frame.NameID("conversation.item.input_audio_transcription.completed", "e2"),
				Events: []frame.Event{{Kind: frame.TokensUsed, Source: stt, Tokens: frame.Tokens{
					frame.PromptText: 2, frame.PromptAudio: 46, frame.CompletionText: 9,
				}}},
			},
		},
		"transcription by time": {
			`{"type":"conversation.item.input_audio_transcription.completed","item_id":"item_1","usage":{"type":"duration","seconds":3.1}}`,
			frame.Frame{
				ID:     frame.NameID("conversation.item.input_audio_transcription.completed", "item_1"),
				Events: []frame.Event{{Kind: frame.AudioTranscribed, Source: stt, Value: 3.1}},
			},
		},
		"transcription of older versions": {
			`{"type":"conversation.item.input_audio_transcription.completed","event_id":"e2","item_id":"item_1","transcript":"secret"}`,
			frame.Frame{ID: frame.NameID("conversation.item.input_audio_transcription.completed", "e2")},
		},
		"session": {
			`{"type":"session.created","event_id":"e0","session":{"id":"sess_1","type":"realtime","model":"gpt-realtime","instructions":"secret","audio":{"input":{"transcription":{"model":"gpt-4o-transcribe"}}}}}`,
			frame.Frame{ID: frame.NameID("session.created", "e0"), Events: []frame.Event{{Kind: frame.CallStarted, Models: []frame.Source{
				{Stage: frame.Realtime, Provider: "openai", Model: "gpt-realtime"}, {Stage: frame.STT, Provider: "openai", Model: "gpt-4o-transcribe"},
			}}}},
		},
		"session of the beta": {
			`{"type":"session.updated","event_id":"e1","session":{"model":"gpt-4o-realtime-preview","input_audio_transcription":{"model":"whisper-1"}}}`,
			frame.Frame{ID: frame.NameID("session.updated", "e1"), Events: []frame.Event{{Kind: frame.CallStarted, Models: []frame.Source{
				{Stage: frame.Realtime, Provider: "openai", Model: "gpt-4o-realtime-preview"}, {Stage: frame.STT, Provider: "openai", Model: "whisper-1"},
			}}}},
		},
		"session without transcription": {
			`{"type":"session.created","event_id":"e0","session":{"model":"gpt-realtime","audio":{"input":{"transcription":null}},"input_audio_transcription":null}}`,
			frame.Frame{ID: frame.NameID("session.created", "e0"), Events: []frame.Event{{Kind: frame.CallStarted, Models: []frame.Source{
				{Stage: frame.Realtime, Provider: "openai", Model: "gpt-realtime"},
			}}}},
		},
		"response that failed": {
			`{"type":"response.done","response":{"id":"resp_3","status":"failed","service_tier":"priority","status_details":{"type":"failed","error":{"type":"server_error","code":"x","message":"secret"}},"usage":{"input_tokens":10,"output_tokens":4}}}`,
			frame.Frame{
				ID: frame.NameID("response.done", "resp_3"),
				Events: []frame.Event{
					{
						Kind: frame.TokensUsed, Source: realtime, Terms: frame.Terms{ServiceTier: "priority"},
						Tokens: frame.Tokens{frame.PromptText: 10, frame.CompletionText: 4},
					},
					{Kind: frame.Failed, Source: realtime, Name: "server_error"},
				},
			},
		},
		"response without details": {
			`{"type":"response.done","response":{"id":"resp_3","status":"completed","status_details":null,"service_tier":null}}`,
			frame.Frame{ID: frame.NameID("response.done", "resp_3")},
		},
		"transcription that failed": {
			`{"type":"conversation.item.input_audio_transcription.failed","event_id":"e","item_id":"i","error":{"type":"transcription_error","message":"secret"}}`,
			frame.Frame{
				ID:     frame.NameID("conversation.item.input_audio_transcription.failed", "e"),
				Events: []frame.Event{{Kind: frame.Failed, Source: stt, Name: "transcription_error"}},
			},
		},
		"user starts": {
			`{"type":"input_audio_buffer.speech_started","event_id":"e","audio_start_ms":1000,"item_id":"i"}`,
			frame.Frame{ID: frame.NameID("input_audio_buffer.speech_started", "e"), Events: []frame.Event{{Kind: frame.UserStartedTalking}}},
		},
		"user stops": {
			`{"type":"input_audio_buffer.speech_stopped","event_id":"e","audio_end_ms":2000,"item_id":"i"}`,
			frame.Frame{ID: frame.NameID("input_audio_buffer.speech_stopped", "e"), Events: []frame.Event{{Kind: frame.UserStoppedTalking}}},
		},
		"bot starts": {
			`{"type":"output_audio_buffer.started","event_id":"e","response_id":"r"}`,
			frame.Frame{ID: frame.NameID("output_audio_buffer.started", "e"), Events: []frame.Event{{Kind: frame.BotStartedTalking}}},
		},
		"bot stops": {
			`{"type":"output_audio_buffer.stopped","event_id":"e","response_id":"r"}`,
			frame.Frame{ID: frame.NameID("output_audio_buffer.stopped", "e"), Events: []frame.Event{{Kind: frame.BotStoppedTalking}}},
		},
		"bot is cut off": {
			`{"type":"output_audio_buffer.cleared","event_id":"e","response_id":"r"}`,
			frame.Frame{ID: frame.NameID("output_audio_buffer.cleared", "e"), Events: []frame.Event{{Kind: frame.Interrupted, Cut: true}, {Kind: frame.BotStoppedTalking}}},
		},
		"bot is cut off by the client": {
			`{"type":"conversation.item.truncated","event_id":"e","item_id":"i","content_index":0,"audio_end_ms":1500}`,
			frame.Frame{ID: frame.NameID("conversation.item.truncated", "e"), Events: []frame.Event{{Kind: frame.Interrupted, Cut: true}}},
		},
		"bot's sound": {
			`{"type":"response.output_audio.delta","event_id":"e","response_id":"r","item_id":"i","output_index":0,"content_index":0,"delta":"c2VjcmV0\u002f"}`,
			frame.Frame{ID: frame.NameID("response.output_audio.delta", "i"), Events: []frame.Event{{Kind: frame.BotStartedTalking}}},
		},
		"bot's sound, whatever it is": {
			`{"type":"response.output_audio.delta","event_id":"e2","item_id":"i","timestamp":1764000003.1,"delta":{"a":[1]}}`,
			frame.Frame{
				ID:   frame.NameID("response.output_audio.delta", "i"),
				Time: time.Date(2025, 11, 24, 16, 0, 3, 100_000_000, time.UTC), Events: []frame.Event{{Kind: frame.BotStartedTalking}},
			},
		},
		"bot's sound is whole": {
			`{"type":"response.output_audio.done","event_id":"e","response_id":"r","item_id":"i"}`,
			frame.Frame{ID: frame.NameID("response.output_audio.done", "e"), Events: []frame.Event{{Kind: frame.BotStoppedTalking}}},
		},
		"bot's sound, of the beta": {
			`{"type":"response.audio.delta","event_id":"e","item_id":"i","delta":"c2VjcmV0"}`,
			frame.Frame{ID: frame.NameID("response.audio.delta", "i"), Events: []frame.Event{{Kind: frame.BotStartedTalking}}},
		},
		"bot's sound is whole, of the beta": {
			`{"type":"response.audio.done","event_id":"e","item_id":"i"}`,
			frame.Frame{ID: frame.NameID("response.audio.done", "e"), Events: []frame.Event{{Kind: frame.BotStoppedTalking}}},
		},
		"error": {
			`{"type":"error","event_id":"e9","error":{"type":"invalid_request_error","code":"x","message":"secret"}}`,
			frame.Frame{ID: frame.NameID("error", "e9"), Events: []frame.Event{{Kind: frame.Failed, Source: realtime, Name: "invalid_request_error"}}},
		},
		"error without a class": {
			`{"type":"error","event_id":"e9","error":{}}`,
			frame.Frame{ID: frame.NameID("error", "e9"), Events: []frame.Event{{Kind: frame.Failed, Source: realtime, Name: "unknown"}}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := read([]byte(test.message))
			require.NoError(t, err)
			assert.Equal(t, test.want, got)
		})
	}
}

func TestIdentity(t *testing.T) {
	message := `{"type":"session.created","timestamp":1764000003.1,"session":{}}`
	got, err := read([]byte(message))
	require.NoError(t, err)
	assert.Equal(t, frame.DigestID([]byte(message)), got.ID)
	got, err = read([]byte(`{"type":"session.created","session":{}}`))
	require.NoError(t, err)
	assert.Zero(t, got.ID)
}

func TestIgnored(t *testing.T) {
	for _, kind := range []string{
		"session.deleted", "response.created", "response.output_audio_transcript.delta", "response.output_audio_transcript.done",
		"response.function_call_arguments.done", "conversation.created", "conversation.item.added", "input_audio_buffer.committed",
		"output_audio_buffer.unknown", "rate_limits.updated", "transcription_session.updated", "mcp_list_tools.completed",
		"conversation.item.input_audio_transcription.delta",
	} {
		assert.True(t, IsEvent(kind), kind)
		_, err := read([]byte(`{"type":"` + kind + `","event_id":"e","call_id":"call_1","transcript":"secret","usage":5,"response":"x","timestamp":[]}`))
		assert.ErrorIs(t, err, wire.ErrIgnored, kind)
	}
	for _, kind := range []string{"session", "error", "conversation_item_added", "StartFrame", ""} {
		assert.False(t, IsEvent(kind), kind)
		if kind != Failure {
			_, err := read([]byte(`{"type":"` + kind + `"}`))
			assert.ErrorIs(t, err, ErrUnknown, kind)
		}
	}
}

// cached is inside text and audio, text and audio are inside input.
func TestTokens(t *testing.T) {
	for name, test := range map[string]struct {
		usage Usage
		want  frame.Tokens
	}{
		"no details": {Usage{Input: 10, Output: 4}, frame.Tokens{frame.PromptText: 10, frame.CompletionText: 4}},
		"cached audio and images": {
			Usage{
				Input: 100, Output: 50,
				InputDetails: inputDetails{
					byModality: byModality{Text: 30, Audio: 60, Image: 10}, Cached: 45, CachedDetails: byModality{Text: 20, Audio: 20, Image: 5},
				},
				OutputDetails: byModality{Text: 20, Audio: 30},
			},
			frame.Tokens{
				frame.PromptText: 10, frame.PromptCacheRead: 20, frame.PromptAudio: 40, frame.PromptAudioCacheRead: 20,
				frame.PromptImage: 5, frame.PromptImageCacheRead: 5, frame.CompletionText: 20, frame.CompletionAudio: 30,
			},
		},
		"cached without its details: text first": {
			Usage{Input: 100, InputDetails: inputDetails{byModality: byModality{Text: 30, Audio: 70}, Cached: 45}},
			frame.Tokens{frame.PromptCacheRead: 30, frame.PromptAudio: 55, frame.PromptAudioCacheRead: 15},
		},
		"cached, with half of its details": {
			Usage{Input: 100, InputDetails: inputDetails{byModality: byModality{Text: 30, Audio: 70}, Cached: 45, CachedDetails: byModality{Audio: 40}}},
			frame.Tokens{frame.PromptText: 25, frame.PromptCacheRead: 5, frame.PromptAudio: 30, frame.PromptAudioCacheRead: 40},
		},
		"what the details leave out is text": {
			Usage{Input: 100, Output: 50, InputDetails: inputDetails{byModality: byModality{Audio: 70}}, OutputDetails: byModality{Audio: 20}},
			frame.Tokens{frame.PromptText: 30, frame.PromptAudio: 70, frame.CompletionText: 30, frame.CompletionAudio: 20},
		},
		"details alone": {
			Usage{InputDetails: inputDetails{byModality: byModality{Audio: 70}}, OutputDetails: byModality{Text: 1, Audio: 20}},
			frame.Tokens{frame.PromptAudio: 70, frame.CompletionText: 1, frame.CompletionAudio: 20},
		},
	} {
		got, err := test.usage.Tokens()
		require.NoError(t, err, name)
		assert.Equal(t, test.want, got, name)
	}
	for name, usage := range map[string]Usage{
		"more cached than input":       {Input: 10, InputDetails: inputDetails{Cached: 11}},
		"more cached audio than audio": {Input: 10, InputDetails: inputDetails{byModality: byModality{Text: 5, Audio: 5}, CachedDetails: byModality{Audio: 6}}},
		"negative":                     {Input: -1},
		"absurd":                       {Output: frame.MaxTokens + 1},
	} {
		_, err := usage.Tokens()
		assert.Error(t, err, name)
	}
}

func TestBadData(t *testing.T) {
	for message, want := range map[string]string{
		`{"type":"response.done","response":{"usage":7}}`:                                                                                          "response.usage: must be an object",
		`{"type":"response.done","response":{"usage":{"input_tokens":"x"}}}`:                                                                       "response.usage.input_tokens: must be a whole number",
		`{"type":"response.done","response":{"usage":{"input_tokens":-1}}}`:                                                                        "response.usage.input_tokens: must be between 0 and 1000000000 tokens",
		`{"type":"response.done","response":{"usage":{"output_token_details":{"audio_tokens":1000000001}}}}`:                                       "response.usage.output_token_details.audio_tokens: must be between",
		`{"type":"response.done","response":{"usage":{"input_token_details":{"cached_tokens_details":{"text_tokens":1.5}}}}}`:                      "response.usage.input_token_details.cached_tokens_details.text_tokens: must be a whole number",
		`{"type":"response.done","response":{"usage":{"input_tokens":1,"input_token_details":{"cached_tokens":2}}}}`:                               "response.usage: the parts (cached, audio, reasoning) are more than",
		`{"type":"conversation.item.input_audio_transcription.completed","usage":[]}`:                                                              "usage: must be an object",
		`{"type":"conversation.item.input_audio_transcription.completed","usage":{"type":"words"}}`:                                                "usage.type: must be tokens or duration",
		`{"type":"conversation.item.input_audio_transcription.completed","usage":{"type":"duration"}}`:                                             "usage.seconds: missing",
		`{"type":"conversation.item.input_audio_transcription.completed","usage":{"type":"duration","seconds":-1}}`:                                "usage.seconds: must be between 0 and 604800",
		`{"type":"conversation.item.input_audio_transcription.completed","usage":{"type":"tokens","input_token_details":{"audio_tokens":"many"}}}`: "usage.input_token_details.audio_tokens: must be a whole number",
	} {
		got, err := read([]byte(message))
		require.NoError(t, err, message)
		assert.Empty(t, got.Events, message)
		if assert.Len(t, got.Faults, 1, message) {
			assert.Contains(t, got.Faults[0].Error(), want, message)
		}
	}
	for message, want := range map[string]string{
		`{"type":"response.done"}`:                                       "response: missing",
		`{"type":"response.done","response":[]}`:                         "response: must be an object",
		`{"type":"session.created"}`:                                     "session: missing",
		`{"type":"session.created","session":{"model":5}}`:               "session.model: must be a string",
		`{"type":"error","event_id":"e"}`:                                "error: missing",
		`{"type":"session.created","timestamp":"soon","session":{}}`:     "timestamp: must be Unix seconds",
		`{"type":"session.created","event_id":{},"session":{}}`:          "event_id: must be a string or a number",
		`{"type":"session.created","session":{"audio":{"input":"mic"}}}`: "session.audio.input: must be an object",
	} {
		_, err := read([]byte(message))
		assert.ErrorContains(t, err, want, message)
	}
}
