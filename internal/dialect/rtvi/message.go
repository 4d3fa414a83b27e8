package rtvi

import (
	"github.com/go-json-experiment/json/jsontext"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect/wire"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// Label is what every RTVI message has as its label.
const Label = "rtvi-ai"

// message is any RTVI message; call_id and timestamp are not RTVI's, they are what a relay may add.
type message struct {
	Label         string         `json:"label"`
	Type          string         `json:"type"`
	CallID        string         `json:"call_id"`
	PipecatCallID string         `json:"pipecatCallId"`
	Timestamp     wire.Time      `json:"timestamp"`
	Data          jsontext.Value `json:"data"`
}

// Decode turns an RTVI message into a frame. Types that carry nothing for us are wire.ErrIgnored.
//
// RTVI has no timestamp, and the id of a message is the one of the request that it answers: neither says whether two alike
// messages are one, so a frame has an identity only where a relay has added a timestamp.
func Decode(raw []byte) (frame.Frame, error) {
	var in message
	if err := wire.Unmarshal(raw, &in); err != nil {
		return frame.Frame{}, err
	}
	out := in.envelope(raw)
	if in.Type == "metrics" {
		return out, in.metrics(&out)
	}
	event, err := in.event()
	if err != nil {
		return frame.Frame{}, err
	}
	out.Events = []frame.Event{event}
	return out, nil
}

func (in *message) envelope(raw []byte) frame.Frame {
	out := frame.Frame{CallID: in.CallID, Time: in.Timestamp.Time}
	if in.CallID == "" {
		out.CallID = in.PipecatCallID
	}
	if !in.Timestamp.IsZero() {
		out.ID = frame.DigestID(raw)
	}
	return out
}

// event is what a message other than metrics says. The events of the voice activity detector (vad-…) come beside those of
// speaking and are left out.
func (in *message) event() (frame.Event, error) {
	switch in.Type {
	case "user-started-speaking":
		return frame.Event{Kind: frame.UserStartedTalking}, nil
	case "user-stopped-speaking":
		return frame.Event{Kind: frame.UserStoppedTalking}, nil
	case "bot-started-speaking":
		return frame.Event{Kind: frame.BotStartedTalking}, nil
	case "bot-stopped-speaking":
		return frame.Event{Kind: frame.BotStoppedTalking}, nil
	case "bot-interrupted":
		return frame.Event{Kind: frame.Interrupted}, nil
	case "llm-function-call-stopped":
		return in.toolCall()
	case "error":
		return in.failure()
	}
	return frame.Event{}, wire.ErrIgnored
}

// toolCall reads how a function call ended. Its name is there only if the bot's function_call_report_level says so; its
// result is never read.
func (in *message) toolCall() (frame.Event, error) {
	var data struct {
		FunctionName string `json:"function_name"`
		Cancelled    bool   `json:"cancelled"`
	}
	if err := wire.Field(in.Data, "data", &data); err != nil {
		return frame.Event{}, err
	}
	outcome := "completed"
	if data.Cancelled {
		outcome = "cancelled"
	}
	return frame.Event{Kind: frame.ToolCalled, Name: wire.Word(data.FunctionName, "unknown"), Outcome: outcome}, nil
}

// failure reads an error's category, which RTVI does not have yet; the error's text is never read.
func (in *message) failure() (frame.Event, error) {
	var data struct {
		Category string `json:"category"`
	}
	if err := wire.Field(in.Data, "data", &data); err != nil {
		return frame.Event{}, err
	}
	return frame.Event{Kind: frame.Failed, Name: wire.Word(data.Category, "unknown")}, nil
}
