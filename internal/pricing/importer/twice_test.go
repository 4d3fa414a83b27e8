package importer

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-voice/otelcol-voice/internal/pricing"
)

// A catalogue that prices both quantities of a use is read without one of them: the book would refuse it as a whole.
func TestOneOfTwoQuantitiesIsRead(t *testing.T) {
	layer, notes, err := Read("genai.json", []byte(`[{"id": "acme", "models": [
		{"id": "talk", "match": {"equals": "talk"}, "prices": {"input_mtok": 1, "output_mtok": 2, "input_mchars": 15, "audio_hours": 3}},
		{"id": "voice", "match": {"equals": "voice"}, "prices": {"input_mchars": 15}}]}]`), "")
	require.NoError(t, err)
	var read []string
	for _, row := range layer[0].Rows {
		read = append(read, row.Models[0]+" "+row.Usage)
	}
	assert.NotContains(t, read, "talk characters")
	assert.NotContains(t, read, "talk realtime_session_seconds")
	assert.Contains(t, read, "talk prompt.text")
	assert.Contains(t, read, "voice characters")
	assert.Contains(t, notes.String(), noteSameUse+" (2, such as acme/talk ")
	embedded, err := pricing.Embedded()
	require.NoError(t, err)
	_, err = pricing.NewBook(pricing.Settings{}, embedded, layer)
	assert.NoError(t, err)
}
