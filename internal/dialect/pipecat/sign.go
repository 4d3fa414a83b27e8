package pipecat

import (
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect/wire"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// sign is what bots send of their own making around Pipecat's messages: that a call starts or ends, as their type or their
// event. Observers of platforms write the latter, with eventTimestamp and callEndedReason.
type sign struct {
	typedFrame
	EventTimestamp  wire.Time      `json:"eventTimestamp"`
	CallEndedReason jsontext.Value `json:"callEndedReason"`
}

var signs = map[string]reader{"call_started": start, "call_ended": end("end")}

// IsSign says whether a message type is a sign of a call's start or end.
func IsSign(messageType string) bool { return signs[underscored(messageType)] != nil }

func underscored(name string) string { return strings.ReplaceAll(name, "-", "_") }

// SignOf is the sign that an event is, or empty. Platforms that report a call hold it in a field of the event: that is theirs.
func SignOf(event jsontext.Value, call wire.Mark) string {
	var name string
	if bool(call) || event.Kind() != '"' || wire.Unmarshal(event, &name) != nil || !IsSign(name) {
		return ""
	}
	return name
}

// DecodeSign turns a sign of a type into a frame.
func DecodeSign(messageType string, message []byte) (frame.Frame, error) {
	var in sign
	if err := wire.Unmarshal(message, &in); err != nil {
		return frame.Frame{}, err
	}
	if in.Timestamp.IsZero() {
		in.Timestamp = in.EventTimestamp
	}
	if wire.Absent(in.Reason) {
		in.Reason = in.CallEndedReason
	}
	class := underscored(messageType)
	out := in.frame(message, class)
	err := signs[class](&in.typedFrame, &out)
	return out, err
}
