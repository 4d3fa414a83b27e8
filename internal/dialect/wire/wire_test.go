package wire

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// A fault names the field as the message has it, also where the field's own type found it.
func TestFaultNamesTheField(t *testing.T) {
	for message, want := range map[string]string{
		`{"at":"yesterday"}`:                  "at: must be Unix seconds or milliseconds, or an RFC 3339 string with its time zone",
		`{"at":[]}`:                           "at: must be Unix seconds or milliseconds, or an RFC 3339 string with its time zone",
		`{"at":"2025-11-24T16:00:03.123456"}`: "at: lacks its time zone: must be Unix seconds or milliseconds",
		`{"at":"2025-11-24 16:00:03"}`:        "at: lacks its time zone: must be Unix seconds or milliseconds",
		`{"at":7}`:                            "at: must be Unix seconds (or milliseconds) of this century",
		`{"id":{}}`:                           "id: must be a string or a number",
		`{"list":[{"id":1},[]]}`:              "list[1]: must be an object",
		`{"list":[{"id":[]}]}`:                "list[0].id: must be a string or a number",
		`{"list":[{"count":1.5}]}`:            "list[0].count: must be a whole number",
		`{"id":1,"id":2}`:                     "the same name stands twice in one object",
	} {
		var into struct {
			At   Time `json:"at"`
			ID   ID   `json:"id"`
			List []struct {
				ID    ID    `json:"id"`
				Count int64 `json:"count"`
			} `json:"list"`
		}
		assert.ErrorContains(t, Unmarshal([]byte(message), &into), want, message)
	}
}

func TestText(t *testing.T) {
	assert.Equal(t, "gpt-4o", Text("gpt-4o"))
	assert.Len(t, Text(strings.Repeat("x", 300)), MaxText)
	assert.Len(t, Text(strings.Repeat("x", 255)+"ä"), 255, "no half characters")
}

func TestWord(t *testing.T) {
	for text, want := range map[string]string{
		"": "none", "book_table": "book_table", "llm/error-1.2": "llm/error-1.2", "I am Mr Smith": "other", strings.Repeat("x", 65): "other",
	} {
		assert.Equal(t, want, Word(text, "none"), text)
	}
}

func TestSlug(t *testing.T) {
	for text, want := range map[string]string{
		"LLM inference": "llm_inference", "endpointing_wait": "endpointing_wait", "awaiting speakable text": "awaiting_speakable_text",
		"config: VAD": "config_vad", "": "other", "!?": "other", strings.Repeat("x", 65): "other",
		"I want to cancel my order": "other",
	} {
		assert.Equal(t, want, Slug(text), text)
	}
}

func TestMark(t *testing.T) {
	for value, want := range map[string]Mark{
		`null`: false, `""`: false, `[]`: true, `{}`: true, `0`: true, `false`: true, `"x"`: true, `{"a":[1,{"b":null}]}`: true,
	} {
		var into struct {
			Field Mark   `json:"field"`
			After string `json:"after"`
		}
		assert.NoError(t, Unmarshal([]byte(`{"field":`+value+`,"after":"x"}`), &into), value)
		assert.Equal(t, want, into.Field, value)
		assert.Equal(t, "x", into.After)
	}
	var into struct {
		Field Mark `json:"field"`
	}
	assert.ErrorContains(t, Unmarshal([]byte(`{"field":[}`), &into), "not JSON")
}

func TestTake(t *testing.T) {
	var f frame.Frame
	for _, event := range []frame.Event{
		{},
		{Kind: frame.TTFB, Value: -1},
		{Kind: frame.Processing, Value: 0},
		{Kind: frame.CharactersUsed},
		{Kind: frame.TokensUsed},
		{Kind: frame.TTFB, Value: 190},
		{Kind: frame.BotStartedTalking},
	} {
		Take(&f, event)
	}
	assert.Equal(t, 4, f.Sentinels)
	assert.Equal(t, []frame.Event{{Kind: frame.TTFB, Value: 190}, {Kind: frame.BotStartedTalking}}, f.Events)
}
