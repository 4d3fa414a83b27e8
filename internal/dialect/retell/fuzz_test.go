package retell

import (
	"testing"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect/dialecttest"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

func FuzzDecode(f *testing.F) {
	seeds := []string{endedBare, ended, analyzed, `{"event":"call_started"}`}
	dialecttest.Fuzz(f, seeds, func(body []byte) (all frame.Frame, err error) {
		frames, err := Decode(body)
		for _, one := range frames {
			all.Events = append(all.Events, one.Events...)
		}
		return all, err
	})
}
