package wire

import (
	"bytes"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// MaxText is where texts that become attributes are cut, in bytes.
const MaxText = 256

// Text bounds a text that becomes an attribute, without cutting a character in two.
func Text(text string) string {
	if len(text) <= MaxText {
		return text
	}
	return strings.ToValidUTF8(text[:MaxText], "")
}

// TextOr is the text, bounded, or another where it is empty.
func TextOr(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return Text(text)
}

// Number is a finite number within bounds; path names it in the fault.
func Number(raw jsontext.Value, path string, least, most float64) (float64, error) {
	if Absent(raw) {
		return 0, Missing(path)
	}
	var n float64
	if Unmarshal(raw, &n) != nil {
		return 0, frame.Faultf(frame.WrongType, path, "must be a finite number")
	}
	if n < least || n > most {
		return 0, frame.Faultf(frame.BadValue, path, "must be between %g and %g", least, most)
	}
	return n, nil
}

// Field decodes the value of a field that has to be there; path names it in the fault.
func Field(raw jsontext.Value, path string, into any) error {
	if Absent(raw) {
		return Missing(path)
	}
	if err := Unmarshal(raw, into); err != nil {
		return Fault(err).In(path)
	}
	return nil
}

// Absent says that a field is not there, or null.
func Absent(raw jsontext.Value) bool {
	return len(raw) == 0 || bytes.Equal(raw, []byte("null"))
}

// Missing is the fault of a field that has to be there.
func Missing(path string) frame.Fault { return frame.Faultf(frame.MissingField, path, "missing") }

// Take adds an event to a frame unless it is empty (nothing for us) or says "no value".
func Take(out *frame.Frame, event frame.Event) {
	switch {
	case event.Kind == 0:
	case isSentinel(&event):
		out.Sentinels++
	default:
		out.Events = append(out.Events, event)
	}
}

// isSentinel recognises what frameworks send for "no value": zeros (Pipecat's all-zero MetricsFrame at every pipeline
// start, LiveKit's duration of a stream) and negative latencies (LiveKit's -1, Pipecat's speech recognition before 1.8).
func isSentinel(event *frame.Event) bool {
	switch event.Kind {
	case frame.TTFB, frame.Processing, frame.Answered:
		return event.Value <= 0
	case frame.CharactersUsed, frame.AudioTranscribed, frame.RealtimeConnected:
		return event.Value == 0
	case frame.TokensUsed:
		return event.Tokens.Zero()
	}
	return false
}
