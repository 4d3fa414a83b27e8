package dialect

import (
	"cmp"
	"errors"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect/livekit"
	"github.com/otelcol-voice/otelcol-voice/internal/dialect/openairealtime"
	"github.com/otelcol-voice/otelcol-voice/internal/dialect/pipecat"
	"github.com/otelcol-voice/otelcol-voice/internal/dialect/rtvi"
	"github.com/otelcol-voice/otelcol-voice/internal/dialect/voice"
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
	Traceparent     wire.ID        `json:"traceparent"`
}

// Name is a dialect, as a request may name it.
type Name string

// The dialects of messages.
const (
	Voice          Name = "voice" // our own
	Pipecat        Name = "pipecat"
	RTVI           Name = "rtvi"
	LiveKit        Name = "livekit"
	OpenAIRealtime Name = "openai_realtime"
	Unknown        Name = "unknown"
)

// Names are the dialects that a request may name.
var Names = []Name{Voice, Pipecat, RTVI, LiveKit, OpenAIRealtime}

// Decode turns one message into a frame and says in which dialect it was: the one that the sender names, or by its
// fields where as is empty. The error is a frame.Fault where the message is of no use, or wire.ErrIgnored where it is known
// and carries nothing for us. The frame holds no reference to message.
func Decode(message []byte, as Name) (frame.Frame, Name, error) {
	var h head
	if err := wire.Unmarshal(message, &h); err != nil {
		return frame.Frame{}, cmp.Or(as, Unknown), err
	}
	if as == "" {
		as = h.detect()
	}
	f, err := h.decode(as, message)
	if as == Unknown && !errors.Is(err, errUnknown) {
		as = RTVI // carried by a MessageFrame
	}
	if trace, ok := frame.ParseTraceparent(string(h.Traceparent)); ok {
		f.Trace = trace
	}
	return f, as, err
}

func (h *head) detect() Name {
	switch {
	case h.Label == rtvi.Label:
		return RTVI
	case voice.IsMessage(h.Type):
		return Voice
	case h.Type == openairealtime.Failure && h.EventID != "":
		return OpenAIRealtime
	case livekit.IsEvent(h.Type):
		return LiveKit
	case openairealtime.IsEvent(h.Type):
		return OpenAIRealtime
	case pipecat.IsRecord(h.Kind), h.ProcessorUsable != nil, pipecat.IsFrame(h.Type):
		return Pipecat
	}
	return Unknown
}

func (h *head) decode(as Name, message []byte) (frame.Frame, error) {
	switch as {
	case Voice:
		return voice.Decode(h.Type, message)
	case RTVI:
		return rtvi.Decode(message)
	case LiveKit:
		return livekit.Decode(h.Type, message)
	case OpenAIRealtime:
		return openairealtime.Decode(h.Type, message)
	case Pipecat:
		return h.decodePipecat(message)
	}
	return decodeCarried(message)
}

func (h *head) decodePipecat(message []byte) (frame.Frame, error) {
	switch {
	case pipecat.IsRecord(h.Kind):
		return pipecat.DecodeRecord(message)
	case h.ProcessorUsable != nil:
		return pipecat.DecodeErrorRecord(message)
	}
	return pipecat.DecodeFrame(h.Type, message)
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
