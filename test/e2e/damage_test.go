package e2e

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-voice/otelcol-voice/test/e2e/collector"
)

// The files of rollup where the local configuration has them.
const (
	seriesFile = "data/local/processor_rollup__series"
	nextFile   = seriesFile + "-2"
)

// startsToTheNext is how many starts it takes at most: three may end with the database, which nobody can catch.
const startsToTheNext = 4

// Whatever became of the file, the collector is up again after some starts, says that its state is lost, and counts on from nothing.
func TestDamagedFiles(t *testing.T) {
	for name, test := range map[string]struct {
		damage func(t *testing.T, file string, size int64)
		starts int
		said   string
		next   bool // the file is left alone, and the next one used
	}{
		"emptied":   {func(t *testing.T, file string, _ int64) { require.NoError(t, os.Truncate(file, 0)) }, 1, "is gone", false},
		"removed":   {func(t *testing.T, file string, _ int64) { require.NoError(t, os.Remove(file)) }, 1, "is gone", false},
		"cut short": {func(t *testing.T, file string, _ int64) { require.NoError(t, os.Truncate(file, 5000)) }, 1, "set aside", true},
		"cut off": {
			func(t *testing.T, file string, _ int64) {
				require.NoError(t, os.Truncate(file, int64(3*os.Getpagesize())))
			}, startsToTheNext, "set aside", true,
		},
		"zeros": {func(t *testing.T, file string, size int64) { overwrite(t, file, 0, size) }, 1, "set aside", true},
		"zeros behind the first pages": {
			func(t *testing.T, file string, size int64) { overwrite(t, file, 2*os.Getpagesize(), size) }, startsToTheNext, "set aside", true,
		},
		"a directory": {
			func(t *testing.T, file string, _ int64) {
				require.NoError(t, os.Remove(file))
				require.NoError(t, os.Mkdir(file, 0o700))
			}, 1, "set aside", true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := collector.Start(t, collector.Settings{Config: localConfig, Overlay: quick})
			awaitCalls(t, c, "first", 1)
			c.Kill()
			state, err := os.Stat(c.File(seriesFile))
			require.NoError(t, err)
			test.damage(t, c.File(seriesFile), state.Size())

			starts := 1
			for !c.TryStart() {
				starts++
				require.LessOrEqual(t, starts, test.starts, "starts")
			}
			assert.Contains(t, strings.Join(c.Complaints(), "\n"), test.said)
			assert.Equal(t, 1.0, ownMetrics(t, c).sum("otelcol_processor_rollup_damaged_states"))
			awaitCalls(t, c, "second", 1)
			_, err = os.Stat(c.File(nextFile))
			assert.Equal(t, test.next, err == nil)

			c.Kill()
			c.Start()
			awaitCalls(t, c, "third", 2)
			assert.Zero(t, ownMetrics(t, c).sum("otelcol_processor_rollup_damaged_states"))
		})
	}
}

// After a kill the local page goes on where it was, and so does a call: what its bot sends again is known.
func TestLocalGoesOn(t *testing.T) {
	c := collector.Start(t, collector.Settings{Config: localConfig, Overlay: quick})
	post(t, c, []byte(fiveLines), "", 5)
	c.Kill()
	c.Start()
	_, answer := c.PostFrames([]byte(fiveLines), "")
	assert.Equal(t, 5, answer.Duplicates)
	awaitCalls(t, c, "next", 2)
	page := readPage(t, c)
	assert.Equal(t, 602.0, page.sum("voice_ttfb_milliseconds_sum"))
	assert.Equal(t, 48.0, page.sum("voice_tts_characters_total"))
	c.Stop()
}

// awaitCalls begins a call and waits until the page has that many in all.
func awaitCalls(t *testing.T, c *collector.Collector, call string, want float64) {
	t.Helper()
	post(t, c, []byte(`{"type":"StartFrame","call_id":"`+call+`","timestamp":1764000000.0}`), "", 1)
	eventually(t, "the page has all calls", func() bool { return readPage(t, c).sum("voice_calls_total") == want })
}

// overwrite writes zeros over a file from a place on.
func overwrite(t *testing.T, path string, from int, size int64) {
	t.Helper()
	file, err := os.OpenFile(path, os.O_WRONLY, 0)
	require.NoError(t, err)
	_, err = file.WriteAt(make([]byte, size-int64(from)), int64(from))
	require.NoError(t, err)
	require.NoError(t, file.Close())
}
