package livekit

import (
	"cmp"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect/wire"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// event is what a session emits, or metrics or a chat message alone. LiveKit names neither call nor room in it; the ids
// are what a bot may add.
type event struct {
	Type      string         `json:"type"`
	CallID    string         `json:"call_id"`
	JobID     string         `json:"job_id"`
	RoomID    string         `json:"room_id"`
	Room      string         `json:"room"`
	CreatedAt wire.Time      `json:"created_at"`
	Metrics   jsontext.Value `json:"metrics"`
	Item      jsontext.Value `json:"item"`
	Reason    string         `json:"reason"`
}

const (
	metricsCollected = "metrics_collected"
	itemAdded        = "conversation_item_added"
	chatMessage      = "message"
	closed           = "close"
	agentState       = "agent_state_changed"
	userState        = "user_state_changed"
)

// IsEvent says whether a message type is one of LiveKit's.
func IsEvent(messageType string) bool {
	switch messageType {
	case metricsCollected, itemAdded, chatMessage, closed, agentState, userState,
		// Known, and nothing for us.
		//
		// session_usage_updated repeats the sum of all usage so far with every metrics event: the events themselves carry the
		// same use, as the deltas that prices need. The same goes for its entries (…_usage).
		"session_usage_updated",
		"user_input_transcribed", "user_transcription_timeout", "user_turn_exceeded", "agent_false_interruption",
		"overlapping_speech", "eot_prediction", "speech_created", "function_tools_executed", "tool_execution_updated",
		"debug_message", "error":
		return true
	}
	return strings.HasSuffix(messageType, "_metrics") || strings.HasSuffix(messageType, "_usage")
}

// Decode turns an event of a type into a frame. Types that carry nothing for us are wire.ErrIgnored, unread: their fields
// may have the same names and other types.
func Decode(messageType string, message []byte) (frame.Frame, error) {
	switch messageType {
	case metricsCollected, itemAdded, chatMessage, closed, agentState, userState:
		return decode(message)
	}
	if _, known := readers[messageType]; known {
		return decode(message)
	}
	return frame.Frame{}, wire.ErrIgnored
}

func decode(message []byte) (frame.Frame, error) {
	var in event
	if err := wire.UnmarshalFolded(message, &in); err != nil {
		return frame.Frame{}, err
	}
	out := in.envelope(message)
	switch in.Type {
	case metricsCollected:
		return out, takeMetrics(&out, in.Metrics, "metrics")
	case itemAdded:
		return out, takeMessage(&out, in.Item, "item")
	case chatMessage:
		return out, takeMessage(&out, message, "")
	case closed:
		out.Events = []frame.Event{{Kind: frame.CallEnded, Name: wire.Word(in.Reason, closed)}}
		return out, nil
	case agentState, userState:
		// A sign of life: the first is what the session begins with.
		return out, nil
	}
	return out, takeMetrics(&out, message, "")
}

// envelope is what every event has. A job serves one call; a room may see several.
func (in *event) envelope(message []byte) frame.Frame {
	out := frame.Frame{
		CallID: in.CallID, Conversation: cmp.Or(in.JobID, in.RoomID, in.Room), Time: in.CreatedAt.Time,
	}
	if !in.CreatedAt.IsZero() {
		out.ID = frame.DigestID(message)
	}
	return out
}

// takeMessage reads the turn latency that an assistant's chat message has; its text is never read. The latencies of model
// and speech stand there as well, and are left to the metrics events: a bot that sends both would count them twice.
func takeMessage(out *frame.Frame, raw jsontext.Value, path string) error {
	var message struct {
		ID        wire.ID   `json:"id"`
		CreatedAt wire.Time `json:"created_at"`
		Metrics   struct {
			Latency jsontext.Value `json:"e2e_latency"` // seconds in both SDKs
		} `json:"metrics"`
	}
	if wire.Absent(raw) {
		return wire.Missing(path)
	}
	if err := wire.UnmarshalFolded(raw, &message); err != nil {
		return wire.Fault(err).In(path)
	}
	if wire.Absent(message.Metrics.Latency) {
		return wire.ErrIgnored
	}
	if message.ID != "" {
		out.ID = frame.NameID(chatMessage, string(message.ID))
	}
	if !message.CreatedAt.IsZero() {
		out.Time = message.CreatedAt.Time
	}
	seconds, err := wire.Number(message.Metrics.Latency, "metrics.e2e_latency", -frame.MaxSeconds, frame.MaxSeconds)
	if err != nil {
		return wire.Fault(err).In(path)
	}
	wire.Take(out, frame.Event{Kind: frame.Answered, Value: frame.Milliseconds(seconds)})
	return nil
}
