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
		`{"at":"yesterday"}`:       "at: must be Unix seconds or an RFC 3339 string",
		`{"at":7}`:                 "at: must be Unix seconds (or milliseconds) of this century",
		`{"id":{}}`:                "id: must be a string or a number",
		`{"list":[{"id":1},[]]}`:   "list[1]: must be an object, not array",
		`{"list":[{"id":[]}]}`:     "list[0].id: must be a string or a number",
		`{"list":[{"count":1.5}]}`: "list[0].count: must be a whole number, not number",
		`{"id":1,"id":2}`:          "not JSON: broken at byte 8",
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
	assert.Equal(t, "none", TextOr("", "none"))
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
