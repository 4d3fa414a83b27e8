package livekit

import (
	"github.com/otelcol-voice/otelcol-voice/internal/dialect/wire"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// Used is what a metrics object says was used, without how long it took.
type Used struct {
	Source     frame.Source // but for its Processor; where nothing was used, the stage alone
	Tokens     frame.Tokens
	Characters float64
	Heard      float64 // seconds of audio sent to speech recognition
	Open       float64 // seconds that a session with a realtime model was open
}

// ReadUsed reads what a metrics object says was used, as spans have it in an attribute. The error is a frame.Fault where the
// object is of no use, or wire.ErrIgnored where its kind uses nothing.
func ReadUsed(object []byte, texts *wire.Texts) (Used, error) {
	if used, clear := glanceUsed(object, texts); clear {
		return used, nil
	}
	return decodeUsed(object)
}

// decodeUsed reads the object as Decode does, and keeps what was used.
func decodeUsed(object []byte) (Used, error) {
	var out frame.Frame
	told, err := typedMetrics(&out, object, "")
	if err != nil {
		return Used{}, err
	}
	used := usedOf(out.Events)
	if used.empty() && told.broken {
		return Used{}, out.Faults[len(out.Faults)-1]
	}
	used.Source.Stage = stages[told.kind]
	return used, nil
}

func usedOf(events []frame.Event) (used Used) {
	for i := range events {
		used.add(&events[i])
	}
	return used
}

func (u *Used) add(e *frame.Event) {
	switch e.Kind {
	case frame.TokensUsed:
		u.Tokens = e.Tokens
	case frame.CharactersUsed:
		u.Characters = e.Value
	case frame.AudioTranscribed:
		u.Heard = e.Value
	case frame.RealtimeConnected:
		u.Open = e.Value
	default:
		return
	}
	u.Source = e.Source
	u.Source.Processor = ""
}

func (u *Used) empty() bool {
	return u.Tokens.Zero() && u.Characters == 0 && u.Heard == 0 && u.Open == 0
}
