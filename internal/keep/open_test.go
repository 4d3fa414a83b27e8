package keep

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/otelcol-voice/otelcol-voice/internal/frame"
	"github.com/otelcol-voice/otelcol-voice/internal/keep/keeptest"
)

// A call that finds no room when all are opened again is off the disk before its name can come again: else what comes under it would
// be dropped in its place.
func TestACallThatIsForgottenWhileTheOthersComeBack(t *testing.T) {
	first := begin(t, keeptest.NewDisk())
	first.take(t, "c1", frame.CallEnded)
	first.take(t, "c2", frame.CallEnded)
	first.take(t, "c3", frame.CallStarted) // c1 has to go, of which nobody has told the disk yet

	second := first.crash(t)
	assert.Equal(t, 1+2*2, second.disk.Keys(), "the head, and two keys of c2 and c3 each")
	second.take(t, "c1", frame.CallStarted)
	second.observe()
	assert.Equal(t, 2, open(second.calls))

	third := second.crash(t)
	assert.Equal(t, 2, open(third.calls))
	third.take(t, "c1", frame.CallEnded)
	third.take(t, "c3", frame.CallEnded)
	assert.Zero(t, open(third.calls))
}
