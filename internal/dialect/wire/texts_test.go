package wire

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// A text is right however many there are, and made once while there are few.
func TestTexts(t *testing.T) {
	var texts Texts
	for i := range 1000 {
		text := "text " + strconv.Itoa(i)
		assert.Equal(t, text, texts.of([]byte(text)))
	}
	model := []byte("gpt-4o-mini-realtime-preview")
	assert.Zero(t, testing.AllocsPerRun(10, func() { texts.of(model) }))
	long := strings.Repeat("a", MaxText+1)
	assert.Equal(t, long, texts.of([]byte(long)))
	assert.NotContains(t, texts.known, long, "what nobody repeats is not kept")
	assert.Equal(t, "a", (*Texts)(nil).of([]byte("a")))
}
