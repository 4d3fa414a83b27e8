package openairealtime

import (
	"cmp"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect/wire"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

const provider = "openai"

// event is a server event that we read; call_id and timestamp are not OpenAI's, they are what a relay may add. (Events of
// function calls have a call_id that is the function call's. They carry nothing for us.)
type event struct {
	Type      string         `json:"type"`
	EventID   wire.ID        `json:"event_id"`
	CallID    string         `json:"call_id"`
	Timestamp wire.Time      `json:"timestamp"`
	ItemID    string         `json:"item_id"`
	Response  jsontext.Value `json:"response"`
	Session   jsontext.Value `json:"session"`
	Usage     jsontext.Value `json:"usage"`
	Error     jsontext.Value `json:"error"`
}

// Failure is the type of the event that reports an error. Other dialects have an event of this type; OpenAI's has an
// event_id.
const Failure = "error"

const (
	responseDone       = "response.done"
	sessionCreated     = "session.created"
	sessionUpdated     = "session.updated"
	transcriptionEnded = "conversation.item.input_audio_transcription.completed"
)

// IsEvent says whether a message type is one of the Realtime API's, other than Failure.
func IsEvent(messageType string) bool {
	family, _, dotted := strings.Cut(messageType, ".")
	switch family {
	case "session", "response", "conversation", "input_audio_buffer", "output_audio_buffer", "rate_limits",
		"transcription_session", "mcp_list_tools":
		return dotted
	}
	return false
}

// Decode turns a server event of a type into a frame. Types that carry nothing for us are wire.ErrIgnored, unread: their
// fields may have the same names and other types.
func Decode(messageType string, message []byte) (frame.Frame, error) {
	switch messageType {
	case responseDone, transcriptionEnded, sessionCreated, sessionUpdated, Failure:
		return decode(message)
	}
	return frame.Frame{}, wire.ErrIgnored
}

func decode(message []byte) (frame.Frame, error) {
	var in event
	if err := wire.Unmarshal(message, &in); err != nil {
		return frame.Frame{}, err
	}
	out := frame.Frame{CallID: in.CallID, ID: in.identity(message), Time: in.Timestamp.Time}
	switch in.Type {
	case responseDone:
		return out, in.response(&out)
	case transcriptionEnded:
		in.transcription(&out)
		return out, nil
	case sessionCreated, sessionUpdated:
		return out, in.session(&out)
	}
	return out, in.failure(&out)
}

// identity is of the event. OpenAI gives one to each; a relay that leaves it out may have added a timestamp.
func (in *event) identity(message []byte) frame.ID {
	switch {
	case in.EventID != "":
		return frame.NameID(in.Type, string(in.EventID))
	case in.ItemID != "":
		return frame.NameID(in.Type, in.ItemID)
	case !in.Timestamp.IsZero():
		return frame.DigestID(message)
	}
	return 0
}

// response reads what a response used. A cancelled one is billed for what it had used until then.
func (in *event) response(out *frame.Frame) error {
	var response struct {
		ID           string         `json:"id"`
		Conversation string         `json:"conversation_id"`
		Usage        jsontext.Value `json:"usage"`
	}
	if err := wire.Field(in.Response, "response", &response); err != nil {
		return err
	}
	if response.ID != "" {
		out.ID = frame.NameID(in.Type, response.ID)
	}
	out.Conversation = response.Conversation
	takeTokens(out, response.Usage, "response.usage", frame.Source{Stage: frame.Realtime, Provider: provider})
	return nil
}

// transcription reads what the transcription of the user's words used. It is billed apart from the response, to the model
// that the session names for it: by tokens or by the length of the audio.
func (in *event) transcription(out *frame.Frame) {
	var usage struct {
		Type    string         `json:"type"`
		Seconds jsontext.Value `json:"seconds"`
	}
	source := frame.Source{Stage: frame.STT, Provider: provider}
	if wire.Absent(in.Usage) {
		return
	}
	if err := wire.Field(in.Usage, "usage", &usage); err != nil {
		reject(out, err)
		return
	}
	switch usage.Type {
	case "tokens":
		takeTokens(out, in.Usage, "usage", source)
	case "duration":
		takeSeconds(out, usage.Seconds, source)
	default:
		reject(out, frame.Faultf(frame.UnknownMessage, "usage.type", "must be tokens or duration"))
	}
}

func takeTokens(out *frame.Frame, raw jsontext.Value, path string, source frame.Source) {
	if wire.Absent(raw) {
		return // a response that failed before it used anything
	}
	var usage Usage
	err := wire.Unmarshal(raw, &usage)
	var tokens frame.Tokens
	if err == nil {
		tokens, err = usage.Tokens()
	}
	if err != nil {
		reject(out, wire.Fault(err).In(path))
		return
	}
	wire.Take(out, frame.Event{Kind: frame.TokensUsed, Source: source, Tokens: tokens})
}

func takeSeconds(out *frame.Frame, raw jsontext.Value, source frame.Source) {
	seconds, err := wire.Number(raw, "usage.seconds", 0, frame.MaxSeconds)
	if err != nil {
		reject(out, err)
		return
	}
	wire.Take(out, frame.Event{Kind: frame.AudioTranscribed, Source: source, Value: seconds})
}

func reject(out *frame.Frame, err error) { out.Faults = append(out.Faults, wire.Fault(err)) }

// transcriber is where a session names the model that transcribes the user.
type transcriber struct {
	Model string `json:"model"`
}

// session reads the models of a session: no other event names them. Instructions and tools are never read.
func (in *event) session(out *frame.Frame) error {
	var session struct {
		Model string `json:"model"`
		Audio struct {
			Input struct {
				Transcription transcriber `json:"transcription"`
			} `json:"input"`
		} `json:"audio"`
		Transcription transcriber `json:"input_audio_transcription"` // of the API's beta
	}
	if err := wire.Field(in.Session, "session", &session); err != nil {
		return err
	}
	models := named(nil, frame.Realtime, session.Model)
	models = named(models, frame.STT, cmp.Or(session.Audio.Input.Transcription.Model, session.Transcription.Model))
	out.Events = []frame.Event{{Kind: frame.CallStarted, Models: models}}
	return nil
}

func named(models []frame.Source, stage frame.Stage, model string) []frame.Source {
	if model == "" {
		return models
	}
	return append(models, frame.Source{Stage: stage, Provider: provider, Model: wire.Text(model)})
}

// failure reads the class of an error; its message is never read.
func (in *event) failure(out *frame.Frame) error {
	var failed struct {
		Type string `json:"type"`
	}
	if err := wire.Field(in.Error, "error", &failed); err != nil {
		return err
	}
	out.Events = []frame.Event{{
		Kind: frame.Failed, Source: frame.Source{Stage: frame.Realtime, Provider: provider},
		Name: wire.Word(failed.Type, "unknown"),
	}}
	return nil
}
