package rtvi

import (
	"github.com/go-json-experiment/json/jsontext"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect/wire"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// Label is what every RTVI message has as its label.
const Label = "rtvi-ai"

// form sets RTVI apart from the other formats in which Pipecat tells the same.
const form = "rtvi"

// message is any RTVI message; call_id and timestamp are not RTVI's, they are what a relay may add.
type message struct {
	Label         string         `json:"label"`
	Type          string         `json:"type"`
	CallID        string         `json:"call_id"`
	PipecatCallID string         `json:"pipecatCallId"`
	Timestamp     wire.Time      `json:"timestamp"`
	Data          jsontext.Value `json:"data"`
}

// ErrUnknown is the fault of a message that is none of RTVI's.
var ErrUnknown = frame.Faultf(frame.UnknownMessage, "",
	"not an RTVI message: expected \"label\":\"rtvi-ai\", or a MessageFrame with such a message as the text of its data")

// Decode turns an RTVI message of a type into a frame. Types that carry nothing for us are wire.ErrIgnored, unread: what was
// said travels in them.
//
// RTVI has no timestamp, and the id of a message is the one of the request that it answers: neither says whether two alike
// messages are one, so a frame has an identity only where a relay has added a timestamp.
func Decode(messageType string, raw []byte) (frame.Frame, error) {
	read, known := readers[messageType]
	if !known {
		return frame.Frame{}, wire.ErrIgnored
	}
	var in message
	if err := wire.Unmarshal(raw, &in); err != nil {
		return frame.Frame{}, err
	}
	out := in.envelope(raw)
	err := read(&in, &out)
	return out, err
}

func (in *message) envelope(raw []byte) frame.Frame {
	out := frame.Frame{CallID: in.CallID, Time: in.Timestamp.Time, Form: form}
	if in.CallID == "" {
		out.CallID = in.PipecatCallID
	}
	if !in.Timestamp.IsZero() {
		out.ID = frame.DigestID(raw)
	}
	return out
}

type reader func(*message, *frame.Frame) error

// readers are the types that mean something. RTVI has no message for the start of a call: a bot that is ready is the first
// sign of it. The user's voice is told by the voice activity detector (vad-…) where there is one, and once more, later, by
// what decides about turns.
var readers = map[string]reader{
	"bot-ready":                 only(frame.Event{Kind: frame.CallStarted}),
	"metrics":                   (*message).metrics,
	"vad-user-started-speaking": only(frame.Event{Kind: frame.UserStartedTalking}),
	"vad-user-stopped-speaking": only(frame.Event{Kind: frame.UserStoppedTalking}),
	"user-started-speaking":     only(frame.Event{Kind: frame.UserStartedTalking, Echo: true}),
	"user-stopped-speaking":     only(frame.Event{Kind: frame.UserStoppedTalking, Echo: true}),
	"bot-started-speaking":      only(frame.Event{Kind: frame.BotStartedTalking}),
	"bot-stopped-speaking":      only(frame.Event{Kind: frame.BotStoppedTalking}),
	"bot-interrupted":           only(frame.Event{Kind: frame.Interrupted}),
	"llm-function-call-stopped": (*message).toolCall,
	"error":                     (*message).failure,
}

func only(event frame.Event) reader {
	return func(_ *message, out *frame.Frame) error {
		out.Events = []frame.Event{event}
		return nil
	}
}

// toolCall reads how a function call ended. Its name is there only if the bot's function_call_report_level says so; its
// result is never read.
func (in *message) toolCall(out *frame.Frame) error {
	var data struct {
		FunctionName string `json:"function_name"`
		Cancelled    bool   `json:"cancelled"`
	}
	if err := wire.Field(in.Data, "data", &data); err != nil {
		return err
	}
	outcome := frame.ToolCompleted
	if data.Cancelled {
		outcome = frame.ToolCancelled
	}
	out.Events = []frame.Event{{Kind: frame.ToolCalled, Name: wire.Word(data.FunctionName, "unknown"), Outcome: outcome}}
	return nil
}

// failure reads an error's category, which RTVI does not have yet; the error's text is never read.
func (in *message) failure(out *frame.Frame) error {
	var data struct {
		Category string `json:"category"`
	}
	if err := wire.Field(in.Data, "data", &data); err != nil {
		return err
	}
	out.Events = []frame.Event{{Kind: frame.Failed, Name: wire.Word(data.Category, "unknown")}}
	return nil
}
