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

// nameless holds the fields by which messages are known that name neither type nor kind. They are rare, and so looked for
// only after the head has told nothing.
type nameless struct {
	Contributions   wire.Mark      `json:"contributions"`
	UserTurnSecs    wire.Mark      `json:"user_turn_secs"`
	FunctionCalls   wire.Mark      `json:"function_calls"`
	TotalDuration   wire.Mark      `json:"total_duration_secs"`
	BotConnected    wire.Mark      `json:"bot_connected_secs"`
	ClientConnected wire.Mark      `json:"client_connected_secs"`
	SDKVersion      wire.Mark      `json:"sdk_version"`
	ModelUsage      wire.Mark      `json:"modelUsage"`
	Data            jsontext.Value `json:"data"`
	Message         jsontext.Value `json:"message"`
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
	return new(Decoder).Decode(message, as)
}

// Decoder decodes the messages of one body, whose texts repeat. It is not safe for concurrent use.
type Decoder struct {
	began bool
	texts *wire.Texts // from the second message on: bodies of one repeat nothing
}

// Decode is Decode for one message of several.
func (d *Decoder) Decode(message []byte, as Name) (frame.Frame, Name, error) {
	if d.began && d.texts == nil {
		d.texts = new(wire.Texts)
	}
	d.began = true
	if as == "" || as == Pipecat {
		if f, clear := pipecat.Glance(message, d.texts); clear {
			return f, Pipecat, nil
		}
	}
	h, err := d.head(message)
	if err != nil {
		return frame.Frame{}, cmp.Or(as, Unknown), err
	}
	return h.read(message, as)
}

// read decodes the message that the head is of.
func (h *head) read(message []byte, as Name) (frame.Frame, Name, error) {
	if as == "" {
		as = h.detect(message)
	}
	f, err := h.decode(as, message)
	if h.Traceparent != "" {
		f.Trace, _ = frame.ParseTraceparent(string(h.Traceparent))
	}
	return f, as, err
}

func (d *Decoder) head(message []byte) (head, error) {
	if h, clear := d.glance(message); clear {
		return h, nil
	}
	var h head
	err := wire.Unmarshal(message, &h)
	return h, err
}

// glance reads the head of a message that is as most are, without the cost of a decoder.
func (d *Decoder) glance(message []byte) (h head, clear bool) {
	c := wire.NewCursor(message, d.texts)
	c.Object(func(name []byte) {
		switch string(name) {
		case "label":
			h.Label = c.Text()
		case "type":
			h.Type = c.Text()
		case "event_id":
			h.EventID = c.ID()
		case "kind":
			h.Kind = c.Text()
		case "processor_usable":
			h.ProcessorUsable = c.Raw()
		case "traceparent":
			h.Traceparent = c.ID()
		default:
			c.Skip()
		}
	})
	return h, c.Clear()
}

func (h *head) detect(message []byte) Name {
	switch {
	case h.Label == rtvi.Label, h.Type == rtvi.MessageFrame:
		return RTVI
	case voice.IsMessage(h.Type):
		return Voice
	case h.Type == openairealtime.Failure && h.EventID != "":
		return OpenAIRealtime
	case livekit.IsEvent(h.Type):
		return LiveKit
	case openairealtime.IsEvent(h.Type):
		return OpenAIRealtime
	case pipecat.IsRecord(h.Kind), h.ProcessorUsable != nil, pipecat.IsFrame(h.Type), pipecat.IsReport(h.Type):
		return Pipecat
	case h.Type == "" && h.Kind == "":
		return detectNameless(message)
	}
	return Unknown
}

func detectNameless(message []byte) Name {
	var n nameless
	if wire.Unmarshal(message, &n) != nil {
		return Unknown
	}
	switch {
	case bool(n.SDKVersion), bool(n.ModelUsage):
		return LiveKit
	case n.isReport(), pipecat.HoldsMetrics(n.Data):
		return Pipecat
	case rtvi.IsCarried(n.Data, n.Message):
		return RTVI
	}
	return Unknown
}

func (n *nameless) isReport() bool {
	return bool(n.Contributions || n.UserTurnSecs || n.FunctionCalls || n.TotalDuration || n.BotConnected || n.ClientConnected)
}

func (h *head) decode(as Name, message []byte) (frame.Frame, error) {
	switch as {
	case Voice:
		return voice.Decode(h.Type, message)
	case RTVI:
		return h.decodeRTVI(message)
	case LiveKit:
		return livekit.Decode(h.Type, message)
	case OpenAIRealtime:
		return openairealtime.Decode(h.Type, message)
	case Pipecat:
		return h.decodePipecat(message)
	}
	return frame.Frame{}, errUnknown
}

// decodeRTVI takes a message as it is, or as the text of a MessageFrame. One that says it is a MessageFrame may carry any
// text.
func (h *head) decodeRTVI(message []byte) (frame.Frame, error) {
	if h.Label == rtvi.Label {
		return rtvi.Decode(h.Type, message)
	}
	f, err := rtvi.DecodeMessageFrame(message)
	switch {
	case !errors.Is(err, rtvi.ErrNoMessageFrame):
		return f, err
	case h.Type == rtvi.MessageFrame:
		return frame.Frame{}, wire.ErrIgnored
	}
	return frame.Frame{}, rtvi.ErrUnknown
}

func (h *head) decodePipecat(message []byte) (frame.Frame, error) {
	switch {
	case pipecat.IsRecord(h.Kind):
		return pipecat.DecodeRecord(h.Kind, message)
	case h.ProcessorUsable != nil:
		return pipecat.DecodeErrorRecord(message)
	case pipecat.IsFrame(h.Type):
		return pipecat.DecodeFrame(h.Type, message)
	}
	return pipecat.DecodeReport(message)
}

var errUnknown = frame.Faultf(frame.UnknownMessage, "",
	"no known dialect: expected a Pipecat frame (\"type\":\"…Frame\"), a Pipecat observer record (\"kind\") or report, "+
		"an RTVI message (\"label\":\"rtvi-ai\"), a LiveKit event (\"type\":\"metrics_collected\", …) or session report, "+
		"an event of OpenAI Realtime (\"type\":\"response.done\", …) or a message of our own (\"type\":\"voice.…\"); "+
		"reports of Vapi, Retell, ElevenLabs and Ultravox go to /v1/webhooks")
