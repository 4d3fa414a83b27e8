package voice

import (
	"maps"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect/wire"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

const prefix = "voice."

// IsMessage says whether a message type is one of ours.
func IsMessage(messageType string) bool { return strings.HasPrefix(messageType, prefix) }

// message is one of our messages, decoded. tell adds what it says to a frame; its error is a frame.Fault that refuses the
// message as a whole, while a datum that is wrong is among the frame's faults.
type message interface {
	head() *envelope
	tell(out *frame.Frame) error
}

// messages are all there are.
var messages = map[string]func() message{
	"voice.call_started":          as[callStarted],
	"voice.call_ended":            as[callEnded],
	"voice.startup":               as[startup],
	"voice.stt":                   as[stt],
	"voice.llm":                   as[llm],
	"voice.tts":                   as[tts],
	"voice.realtime":              as[realtime],
	"voice.transport":             as[transport],
	"voice.platform":              as[platform],
	"voice.user_started_speaking": as[speech],
	"voice.user_stopped_speaking": as[speech],
	"voice.bot_started_speaking":  as[speech],
	"voice.bot_stopped_speaking":  as[speech],
	"voice.interruption":          as[speech],
	"voice.turn":                  as[turn],
	"voice.tool":                  as[tool],
	"voice.error":                 as[failure],
}

func as[T any, M interface {
	*T
	message
}]() message {
	return M(new(T))
}

// types are the names of all messages, in order.
var types = slices.Sorted(maps.Keys(messages))

// Decode turns a message of a type into a frame. The error is a frame.Fault.
func Decode(messageType string, raw []byte) (frame.Frame, error) {
	create, known := messages[messageType]
	if !known {
		return frame.Frame{}, unknownType(messageType)
	}
	in := create()
	faults, err := decode(raw, in)
	if err != nil {
		return frame.Frame{}, err
	}
	out := frame.Frame{Faults: faults}
	in.head().open(&out, messageType, raw)
	if err := in.tell(&out); err != nil {
		return frame.Frame{}, err
	}
	return out, nil
}

func unknownType(messageType string) error {
	if messageType == "" {
		return frame.Faultf(frame.MissingField, "type", "missing: one of %s", strings.Join(types, ", "))
	}
	return frame.Faultf(frame.UnknownMessage, "type", "not a message of ours: %s", suggest(messageType, types))
}

// envelope is what every message has.
type envelope struct {
	Type        string         `json:"type"`
	CallID      string         `json:"call_id"`
	ID          wire.ID        `json:"id"`
	Timestamp   wire.Time      `json:"timestamp"`
	Traceparent jsontext.Value `json:"traceparent"`
}

func (e *envelope) head() *envelope { return e }

// open writes the envelope to a frame. An id is unique among the messages of its type in a call, so that the id of a request
// can be that of its message.
func (e *envelope) open(out *frame.Frame, messageType string, raw []byte) {
	out.CallID, out.Time = e.CallID, e.Timestamp.Time
	switch {
	case e.ID != "":
		out.ID = frame.NameID(messageType, string(e.ID))
	case !e.Timestamp.IsZero():
		out.ID = frame.DigestID(raw)
	}
	if err := e.place(out); err != nil {
		out.Faults = append(out.Faults, wire.Fault(err))
	}
}

// place says where in the bot's own trace the call belongs, if the message does.
func (e *envelope) place(out *frame.Frame) error {
	var text string
	if wire.Absent(e.Traceparent) {
		return nil
	}
	if err := wire.Field(e.Traceparent, "traceparent", &text); err != nil || text == "" {
		return err
	}
	trace, ok := frame.ParseTraceparent(text)
	if !ok {
		return frame.Faultf(frame.BadValue, "traceparent",
			"must be a W3C traceparent, as in 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
	}
	out.Trace = trace
	return nil
}

// take adds an event unless its reading failed, which is a fault of that datum alone.
func take(out *frame.Frame, event frame.Event, err error) {
	if err != nil {
		out.Faults = append(out.Faults, wire.Fault(err))
		return
	}
	wire.Take(out, event)
}

// milliseconds reads a duration.
func milliseconds(raw jsontext.Value, path string) (float64, error) {
	return wire.Number(raw, path, 0, 1000*frame.MaxSeconds)
}

// whole reads a number of things that there is at least one of; absent is 0.
func whole(raw jsontext.Value, path string, most float64) (int64, error) {
	if wire.Absent(raw) {
		return 0, nil
	}
	if _, err := wire.Number(raw, path, 1, most); err != nil {
		return 0, err
	}
	n, err := wire.WholeNumber(raw, path, most)
	return int64(n), err
}
