package dialect

import (
	"errors"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect/livekit"
	"github.com/otelcol-voice/otelcol-voice/internal/dialect/openairealtime"
	"github.com/otelcol-voice/otelcol-voice/internal/dialect/pipecat"
	"github.com/otelcol-voice/otelcol-voice/internal/dialect/rtvi"
	"github.com/otelcol-voice/otelcol-voice/internal/dialect/wire"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// head holds the fields by which dialects are told apart.
type head struct {
	Label           string         `json:"label"`
	Type            string         `json:"type"`
	EventID         wire.ID        `json:"event_id"` // sets OpenAI's error apart from LiveKit's
	Kind            string         `json:"kind"`
	ProcessorUsable jsontext.Value `json:"processor_usable"`
}

// Decode turns one message into a frame. The error is a frame.Fault where the message is of no use, or wire.ErrIgnored
// where it is known and carries nothing for us. The frame holds no reference to message.
func Decode(message []byte) (frame.Frame, error) {
	var h head
	if err := wire.Unmarshal(message, &h); err != nil {
		return frame.Frame{}, err
	}
	switch {
	case h.Label == rtvi.Label:
		return rtvi.Decode(message)
	case h.Type == openairealtime.Failure && h.EventID != "":
		return openairealtime.Decode(h.Type, message)
	case livekit.IsEvent(h.Type):
		return livekit.Decode(h.Type, message)
	case openairealtime.IsEvent(h.Type):
		return openairealtime.Decode(h.Type, message)
	case pipecat.IsRecord(h.Kind):
		return pipecat.DecodeRecord(message)
	case h.ProcessorUsable != nil:
		return pipecat.DecodeErrorRecord(message)
	case pipecat.IsFrame(h.Type):
		return pipecat.DecodeFrame(h.Type, message)
	}
	return decodeCarried(message)
}

// decodeCarried decodes what no field of the head tells: a MessageFrame, which is no more than a text.
func decodeCarried(message []byte) (frame.Frame, error) {
	f, err := rtvi.DecodeMessageFrame(message)
	if errors.Is(err, rtvi.ErrNoMessageFrame) {
		return frame.Frame{}, errUnknown
	}
	return f, err
}

var errUnknown = frame.Faultf(frame.UnknownMessage, "",
	"no known dialect: expected a Pipecat frame (\"type\":\"…Frame\"), a Pipecat observer record (\"kind\"), "+
		"an RTVI message (\"label\":\"rtvi-ai\"), a LiveKit event (\"type\":\"metrics_collected\", …) "+
		"or an event of OpenAI Realtime (\"type\":\"response.done\", …)")
