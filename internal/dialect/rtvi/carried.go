package rtvi

import (
	"errors"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect/wire"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// ErrNoMessageFrame says that a message is not a protobuf MessageFrame as JSON, or carries another text.
var ErrNoMessageFrame = errors.New("not a MessageFrame that carries RTVI")

// MessageFrame is the class that a message may name which carries another as text.
const MessageFrame = "MessageFrame"

// messageFrame is Pipecat's protobuf MessageFrame as JSON: alone, or as the Frame that holds it.
type messageFrame struct {
	CallID        string         `json:"call_id"`
	PipecatCallID string         `json:"pipecatCallId"`
	Data          jsontext.Value `json:"data"`
	Message       jsontext.Value `json:"message"`
}

// DecodeMessageFrame turns the RTVI message that a MessageFrame carries as text into a frame; its call may be named on
// either. The error is ErrNoMessageFrame where there is no such message.
func DecodeMessageFrame(raw []byte) (frame.Frame, error) {
	var in messageFrame
	if err := wire.Unmarshal(raw, &in); err != nil {
		return frame.Frame{}, err
	}
	text, path, err := in.text()
	if err != nil {
		return frame.Frame{}, err
	}
	messageType, err := typeOf(text)
	if err != nil {
		return frame.Frame{}, err
	}
	out, err := Decode(messageType, []byte(text))
	switch {
	case errors.Is(err, wire.ErrIgnored):
		return frame.Frame{}, err
	case err != nil:
		return frame.Frame{}, wire.Fault(err).In(path)
	}
	in.address(&out)
	for i := range out.Faults {
		out.Faults[i] = out.Faults[i].In(path)
	}
	return out, nil
}

// text is the RTVI message that the frame carries, and where.
func (in *messageFrame) text() (text, path string, err error) {
	value, path := in.Data, "data"
	if in.Message.Kind() == '{' {
		var inner messageFrame
		if wire.Unmarshal(in.Message, &inner) != nil {
			return "", "", ErrNoMessageFrame
		}
		value, path = inner.Data, "message.data"
	}
	if value.Kind() != '"' || wire.Unmarshal(value, &text) != nil {
		return "", "", ErrNoMessageFrame
	}
	return text, path, nil
}

// IsCarried says whether the data and message of a MessageFrame carry an RTVI message.
func IsCarried(data, message jsontext.Value) bool {
	in := messageFrame{Data: data, Message: message}
	text, _, err := in.text()
	if err != nil {
		return false
	}
	_, err = typeOf(text)
	return err == nil
}

func (in *messageFrame) address(out *frame.Frame) {
	for _, id := range []string{in.CallID, in.PipecatCallID} {
		if out.CallID == "" {
			out.CallID = id
		}
	}
}

// typeOf is the type of the RTVI message that a text is; applications send texts of their own in the same frames.
func typeOf(text string) (string, error) {
	var head struct {
		Label string `json:"label"`
		Type  string `json:"type"`
	}
	if wire.Unmarshal([]byte(text), &head) != nil || head.Label != Label {
		return "", ErrNoMessageFrame
	}
	return head.Type, nil
}
