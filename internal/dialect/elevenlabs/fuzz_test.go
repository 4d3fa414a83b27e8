package elevenlabs

import (
	"testing"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect/dialecttest"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

func FuzzDecode(f *testing.F) {
	seeds := []string{report, metadata(`"cost":412,"charging":{"call_charge":400}`), `{"type":"post_call_audio"}`}
	dialecttest.Fuzz(f, seeds, func(body []byte) (all frame.Frame, err error) {
		frames, err := Decode(body)
		for _, one := range frames {
			all.Events = append(all.Events, one.Events...)
		}
		return all, err
	})
}
