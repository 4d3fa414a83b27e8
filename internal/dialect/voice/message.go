package voice

import (
	"strings"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect/wire"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// IsMessage says whether a message type is one of ours.
func IsMessage(messageType string) bool { return strings.HasPrefix(messageType, "voice.") }

// Decode turns a message of a type into a frame.
func Decode(_ string, _ []byte) (frame.Frame, error) { return frame.Frame{}, wire.ErrIgnored }
