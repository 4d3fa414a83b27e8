package voicespanconnector

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect/spanframe"
)

// A letter that was written means the same for ever.
func TestNotes(t *testing.T) {
	for text, want := range map[string]note{
		"":            {},
		"c":           {joined: true, rank: spanframe.ByCall},
		"v":           {joined: true, rank: spanframe.ByConversation},
		"g":           {joined: true, rank: spanframe.ByGenAI},
		"s":           {joined: true, rank: spanframe.BySession},
		"j":           {joined: true, rank: spanframe.ByJob},
		"r":           {joined: true, rank: spanframe.ByRoom},
		"p":           {joined: true, rank: spanframe.ByResource},
		"u":           {joined: true, rank: spanframe.Unnamed},
		"!":           {ends: true},
		"j!hung up! ": {joined: true, rank: spanframe.ByJob, ends: true, reason: "hung up! "},
	} {
		assert.Equal(t, want, readNote(text), text)
		assert.Equal(t, text, want.String())
	}
	assert.Equal(t, note{}, readNote("x"), "of a later version")
	assert.Equal(t, note{ends: true, reason: "r"}, readNote("xyz!r"))
}
