package voicemetricsprocessor

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestMemory(t *testing.T) {
	m := newMemory[int](noon, 2)
	see := func(key uint64, start, at time.Duration) sight {
		value, what := m.find(key, after(start), noon.Add(at))
		assert.Equal(t, what == noRoom, value == nil)
		return what
	}
	assert.Equal(t, midway, see(1, -time.Second, time.Second), "it may have reported before")
	assert.Equal(t, fresh, see(2, time.Second, time.Second))
	assert.Equal(t, known, see(2, time.Second, 50*time.Minute))
	assert.Equal(t, noRoom, see(3, time.Second, 50*time.Minute))
	assert.Equal(t, fresh, see(3, 2*time.Second, 62*time.Minute), "the first was silent for an hour, and made room")
	assert.Nil(t, m.get(1))
	assert.Equal(t, fresh, see(4, 2*time.Minute, 3*time.Hour), "all others were forgotten")
	assert.Equal(t, midway, see(2, time.Second, 3*time.Hour), "it comes back, and is not new")
}

func TestStreamsAreReported(t *testing.T) {
	h := repairing(t)
	for _, call := range []string{callOne, callTwo} {
		bot := newRAGBot(call, time.Second, cumulative)
		bot.start(time.Second, 0)
		h.at(10 * time.Second).take(bot.export(10 * time.Second))
	}
	assert.Equal(t, int64(2), h.value("streams"))
	assert.Equal(t, int64(2), h.value("made_calls"))
}
