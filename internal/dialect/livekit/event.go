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
	Usage     jsontext.Value `json:"usage"`
	Item      jsontext.Value `json:"item"`
	Reason    string         `json:"reason"`
	OldState  string         `json:"old_state"`
	NewState  string         `json:"new_state"`
	Error     jsontext.Value `json:"error"`
	Source    jsontext.Value `json:"source"`
	Calls     jsontext.Value `json:"function_calls"`
	Outputs   jsontext.Value `json:"function_call_outputs"`
}

const (
	metricsCollected = "metrics_collected"
	usageUpdated     = "session_usage_updated"
	itemAdded        = "conversation_item_added"
	chatMessage      = "message"
	toolsExecuted    = "function_tools_executed"
	failed           = "error"
	closed           = "close"
	agentState       = "agent_state_changed"
	userState        = "user_state_changed"
	sessionReport    = "SessionReport"
)

// IsEvent says whether a message type is one of LiveKit's.
func IsEvent(messageType string) bool {
	switch messageType {
	case metricsCollected, usageUpdated, itemAdded, chatMessage, toolsExecuted, failed, closed, agentState, userState, sessionReport,
		// Known, and nothing for us.
		"user_input_transcribed", "user_transcription_timeout", "user_turn_exceeded", "agent_false_interruption",
		"overlapping_speech", "eot_prediction", "speech_created", "tool_execution_updated", "debug_message":
		return true
	}
	return strings.HasSuffix(messageType, "_metrics") || strings.HasSuffix(messageType, "_usage")
}

// ErrUnknown is the fault of a message that is none of LiveKit's.
var ErrUnknown = frame.Faultf(frame.UnknownMessage, "",
	"not a message of LiveKit Agents: expected an event of AgentSession (\"type\":\"metrics_collected\", \"session_usage_updated\", "+
		"\"conversation_item_added\", …), metrics (\"…_metrics\") or a session report")

// Decode turns an event of a type into a frame. Types that carry nothing for us are wire.ErrIgnored, unread: their fields
// may have the same names and other types. Without a type it can only be a session report.
func Decode(messageType string, message []byte) (frame.Frame, error) {
	if messageType == "" || messageType == sessionReport {
		return decodeReport(message)
	}
	read, known := events[messageType]
	switch {
	case known:
	case readers[messageType] != nil, totals[messageType] != nil:
		read = (*event).alone
	case IsEvent(messageType):
		return frame.Frame{}, wire.ErrIgnored
	default:
		return frame.Frame{}, ErrUnknown
	}
	var in event
	if err := wire.UnmarshalFolded(message, &in); err != nil {
		return frame.Frame{}, err
	}
	out := in.envelope(message)
	err := read(&in, &out, message)
	return out, err
}

// events are the types that mean something beside metrics and usage alone.
var events = map[string]func(in *event, out *frame.Frame, message []byte) error{
	metricsCollected: func(in *event, out *frame.Frame, _ []byte) error { return takeMetrics(out, in.Metrics, "metrics") },
	usageUpdated:     (*event).usage,
	itemAdded:        func(in *event, out *frame.Frame, _ []byte) error { return takeMessage(out, in.Item, "item") },
	chatMessage:      func(_ *event, out *frame.Frame, message []byte) error { return takeMessage(out, message, "") },
	toolsExecuted:    (*event).tools,
	failed:           (*event).failure,
	closed:           (*event).end,
	agentState:       (*event).agent,
	userState:        (*event).user,
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

// alone reads metrics or an entry of the usage that are sent without their event.
func (in *event) alone(out *frame.Frame, message []byte) error {
	if totals[in.Type] != nil {
		takeTotals(out, message, "")
		return nil
	}
	return takeMetrics(out, message, "")
}

// end reads the session's close. Its report follows, which may be all that tells what was used.
func (in *event) end(out *frame.Frame, _ []byte) error {
	say(out, frame.Event{Kind: frame.CallEnded, Running: true, Name: wire.Word(in.Reason, closed)})
	return nil
}

const speaking = "speaking"

// agent reads a change between the agent's states (initializing, idle, listening, thinking, speaking), of which only the
// last is heard. Any change is a sign of life: the first is what the session begins with.
func (in *event) agent(out *frame.Frame, _ []byte) error {
	in.talk(out, frame.BotStartedTalking, frame.BotStoppedTalking)
	return nil
}

// user reads a change between the user's states (listening, speaking, away).
func (in *event) user(out *frame.Frame, _ []byte) error {
	in.talk(out, frame.UserStartedTalking, frame.UserStoppedTalking)
	return nil
}

func (in *event) talk(out *frame.Frame, started, stopped frame.Kind) {
	switch {
	case in.NewState == in.OldState:
	case in.NewState == speaking:
		say(out, frame.Event{Kind: started})
	case in.OldState == speaking:
		say(out, frame.Event{Kind: stopped})
	}
}

func say(out *frame.Frame, event frame.Event) { out.Events = append(out.Events, event) }

// failure reads who failed, and the class of its error. What went wrong in words is never read. An error that can be
// recovered from is one as well.
func (in *event) failure(out *frame.Frame, _ []byte) error {
	var problem struct {
		Type  string `json:"type"`
		Label string `json:"label"`
	}
	var by struct {
		Model    string `json:"model"`
		Provider string `json:"provider"`
	}
	// The SDKs write what they do not know as text: then there is nothing to read.
	if in.Error.Kind() == '{' {
		if err := wire.UnmarshalFolded(in.Error, &problem); err != nil {
			return wire.Fault(err).In("error")
		}
	}
	if in.Source.Kind() == '{' && wire.UnmarshalFolded(in.Source, &by) != nil {
		by.Model, by.Provider = "", ""
	}
	who := metrics{Label: problem.Label, Metadata: metadata{Model: by.Model, Provider: by.Provider}}
	say(out, frame.Event{Kind: frame.Failed, Source: who.source(failing[problem.Type]), Name: wire.Word(problem.Type, "unknown")})
	return nil
}

// failing is the stage of each type of error.
var failing = map[string]frame.Stage{
	"llm_error": frame.LLM, "stt_error": frame.STT, "tts_error": frame.TTS, "realtime_model_error": frame.Realtime,
}

// functionCall is a call of a function or its output, as they stand side by side. Arguments and outputs are never read.
type functionCall struct {
	Name      string    `json:"name"`
	Failed    bool      `json:"is_error"`
	CreatedAt wire.Time `json:"created_at"`
}

// tools reads the functions that the agent has called. A call is made when the model asks for it, its output when it is
// done: what lies between is how long it ran.
func (in *event) tools(out *frame.Frame, _ []byte) error {
	var calls, outputs wire.List[*functionCall]
	if err := field(in.Calls, "function_calls", &calls); err != nil {
		return err
	}
	if !wire.Absent(in.Outputs) {
		if err := field(in.Outputs, "function_call_outputs", &outputs); err != nil {
			return err
		}
	}
	if len(calls) > wire.MaxData {
		return wire.TooManyData
	}
	outputs = append(outputs, make([]*functionCall, max(0, len(calls)-len(outputs)))...)
	for i, call := range calls {
		if call != nil {
			say(out, call.done(outputs[i]))
		}
	}
	return nil
}

// done is the call with its output, which is nil where the function asked for no answer.
func (c *functionCall) done(output *functionCall) frame.Event {
	event := frame.Event{Kind: frame.ToolCalled, Name: wire.Word(c.Name, "unknown"), Outcome: frame.ToolCompleted}
	if output == nil {
		return event
	}
	if output.Failed {
		event.Outcome = frame.ToolFailed
	}
	if ran := output.CreatedAt.Sub(c.CreatedAt.Time); !c.CreatedAt.IsZero() && ran > 0 {
		event.Value = min(frame.Milliseconds(ran.Seconds()), 1000*frame.MaxSeconds)
	}
	return event
}

// field is wire.Field for either SDK's names.
func field(raw jsontext.Value, path string, into any) error {
	if wire.Absent(raw) {
		return wire.Missing(path)
	}
	if err := wire.UnmarshalFolded(raw, into); err != nil {
		return wire.Fault(err).In(path)
	}
	return nil
}
