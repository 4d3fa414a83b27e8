package dialect

import (
	"github.com/go-json-experiment/json/jsontext"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect/pipecat"
	"github.com/otelcol-voice/otelcol-voice/internal/dialect/wire"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// head holds the fields by which dialects are told apart.
type head struct {
	Type            string         `json:"type"`
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
	case pipecat.IsRecord(h.Kind):
		return pipecat.DecodeRecord(message)
	case h.ProcessorUsable != nil:
		return pipecat.DecodeErrorRecord(message)
	case pipecat.IsFrame(h.Type):
		return pipecat.DecodeFrame(h.Type, message)
	}
	return frame.Frame{}, frame.Faultf(frame.UnknownMessage, "",
		"no known dialect: expected a Pipecat frame (\"type\":\"…Frame\") or a Pipecat observer record (\"kind\")")
}
