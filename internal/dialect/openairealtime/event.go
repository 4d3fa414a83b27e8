package openairealtime

import (
	"cmp"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect/wire"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

const provider = "openai"

// Who did it. Events name no model: the session did.
var (
	model       = frame.Source{Stage: frame.Realtime, Provider: provider}
	transcribes = frame.Source{Stage: frame.STT, Provider: provider}
)

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

// ErrUnknown is the fault of a message that is none of the API's.
var ErrUnknown = frame.Faultf(frame.UnknownMessage, "",
	"not a server event of OpenAI's Realtime API: expected \"type\":\"response.done\", \"session.created\", …")

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
// fields may have the same names and other types, and most of them are sound.
func Decode(messageType string, message []byte) (frame.Frame, error) {
	read, known := readers[messageType]
	switch {
	case known:
	case IsEvent(messageType):
		return frame.Frame{}, wire.ErrIgnored
	default:
		return frame.Frame{}, ErrUnknown
	}
	var in event
	if err := wire.Unmarshal(message, &in); err != nil {
		return frame.Frame{}, err
	}
	out := frame.Frame{CallID: in.CallID, ID: in.identity(message), Time: in.Timestamp.Time}
	err := read(&in, &out)
	return out, err
}

type reader func(*event, *frame.Frame) error

// readers are the events that mean something.
//
// The bot is heard as long as its output buffer plays (output_audio_buffer), which OpenAI knows only where it carries the sound
// (WebRTC, SIP). Over a WebSocket the client plays it, from the first sound that is generated (delta) on. That its last is
// generated (done) is the nearest to its end that is told, and comes while it still plays: an answer that is cut short
// (truncated, cleared) was heard for certain.
var readers = map[string]reader{
	"response.done":   (*event).response,
	"session.created": (*event).session,
	"session.updated": (*event).session,
	"conversation.item.input_audio_transcription.completed": (*event).transcription,
	"conversation.item.input_audio_transcription.failed":    (*event).transcriptionFailure,
	"conversation.item.truncated":                           only(interrupted),
	"response.output_audio.delta":                           (*event).sound,
	"response.output_audio.done":                            only(botStopped),
	"response.audio.delta":                                  (*event).sound, // of the API's beta, as the next
	"response.audio.done":                                   only(botStopped),
	"input_audio_buffer.speech_started":                     only(frame.Event{Kind: frame.UserStartedTalking}),
	"input_audio_buffer.speech_stopped":                     only(frame.Event{Kind: frame.UserStoppedTalking}),
	"output_audio_buffer.started":                           only(botStarted),
	"output_audio_buffer.stopped":                           only(botStopped),
	"output_audio_buffer.cleared":                           only(interrupted, botStopped),
	Failure:                                                 (*event).failure,
}

// What is told of the bot's speech.
var (
	botStarted  = frame.Event{Kind: frame.BotStartedTalking}
	botStopped  = frame.Event{Kind: frame.BotStoppedTalking}
	interrupted = frame.Event{Kind: frame.Interrupted, Cut: true}
)

func only(events ...frame.Event) reader {
	return func(_ *event, out *frame.Frame) error {
		out.Events = append(out.Events, events...)
		return nil
	}
}

// sound is a piece of what the bot says: one of hundreds, known as the item's, so that all after the first are the same again.
// What it sounds like is never read.
func (in *event) sound(out *frame.Frame) error {
	if in.ItemID != "" {
		out.ID = frame.NameID(in.Type, in.ItemID)
	}
	out.Events = []frame.Event{botStarted}
	return nil
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

// response reads what a response used. A cancelled one is billed for what it had used until then. One that failed says why;
// there is no other event that does.
func (in *event) response(out *frame.Frame) error {
	var response struct {
		ID           string         `json:"id"`
		Conversation string         `json:"conversation_id"`
		Usage        jsontext.Value `json:"usage"`
		ServiceTier  string         `json:"service_tier"`
		Status       string         `json:"status"`
		Details      jsontext.Value `json:"status_details"`
	}
	if err := wire.Field(in.Response, "response", &response); err != nil {
		return err
	}
	if response.ID != "" {
		out.ID = frame.NameID(in.Type, response.ID)
	}
	out.Conversation = response.Conversation
	terms := frame.Terms{ServiceTier: wire.Word(response.ServiceTier, "")}
	takeTokens(out, response.Usage, "response.usage", frame.Event{Source: model, Terms: terms})
	if response.Status == "failed" {
		why(response.Details).take(out, model)
	}
	return nil
}

// why is the error in a failed response's details, if it is there: what the response used counts whatever they are.
func why(details jsontext.Value) problem {
	var in struct {
		Error problem `json:"error"`
	}
	if wire.Absent(details) || wire.Unmarshal(details, &in) != nil {
		return problem{}
	}
	return in.Error
}

// transcription reads what the transcription of the user's words used. It is billed apart from the response, to the model
// that the session names for it: by tokens or by the length of the audio.
func (in *event) transcription(out *frame.Frame) error {
	var usage struct {
		Type    string         `json:"type"`
		Seconds jsontext.Value `json:"seconds"`
	}
	if wire.Absent(in.Usage) {
		return nil // of older versions
	}
	if err := wire.Field(in.Usage, "usage", &usage); err != nil {
		reject(out, err)
		return nil
	}
	switch usage.Type {
	case "tokens":
		takeTokens(out, in.Usage, "usage", frame.Event{Source: transcribes})
	case "duration":
		takeSeconds(out, usage.Seconds, transcribes)
	default:
		reject(out, frame.Faultf(frame.UnknownMessage, "usage.type", "must be tokens or duration"))
	}
	return nil
}

// takeTokens takes a usage as the tokens of an event that says who used them.
func takeTokens(out *frame.Frame, raw jsontext.Value, path string, event frame.Event) {
	if wire.Absent(raw) {
		return // a response that failed before it used anything
	}
	var usage Usage
	err := wire.Unmarshal(raw, &usage)
	if err == nil {
		event.Tokens, err = usage.Tokens()
	}
	if err != nil {
		reject(out, wire.Fault(err).In(path))
		return
	}
	event.Kind = frame.TokensUsed
	wire.Take(out, event)
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

func named(models []frame.Source, stage frame.Stage, name string) []frame.Source {
	if name == "" {
		return models
	}
	return append(models, frame.Source{Stage: stage, Provider: provider, Model: wire.Text(name)})
}

// problem is an error as OpenAI describes it; its message is never read.
type problem struct {
	Type string `json:"type"`
}

func (p problem) take(out *frame.Frame, source frame.Source) {
	out.Events = append(out.Events, frame.Event{Kind: frame.Failed, Source: source, Name: wire.Word(p.Type, "unknown")})
}

func (in *event) failure(out *frame.Frame) error { return in.failed(out, model) }

func (in *event) transcriptionFailure(out *frame.Frame) error { return in.failed(out, transcribes) }

func (in *event) failed(out *frame.Frame, source frame.Source) error {
	var p problem
	if err := wire.Field(in.Error, "error", &p); err != nil {
		return err
	}
	p.take(out, source)
	return nil
}
