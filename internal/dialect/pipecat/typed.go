package pipecat

import (
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect/provider"
	"github.com/otelcol-voice/otelcol-voice/internal/dialect/wire"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// typedFrame is a Pipecat frame as JSON. Which fields are set depends on Type; what is not listed (texts, audio,
// arguments, exceptions) is never read.
type typedFrame struct {
	Type          string           `json:"type"`
	ID            wire.ID          `json:"id"`
	CallID        string           `json:"call_id"`
	PipecatCallID string           `json:"pipecatCallId"`
	Timestamp     wire.Time        `json:"timestamp"`
	LLMModel      string           `json:"llm_model"`
	STTModel      string           `json:"stt_model"`
	TTSModel      string           `json:"tts_model"`
	Reason        jsontext.Value   `json:"reason"`
	Category      string           `json:"category"`
	Processor     string           `json:"processor"`
	Data          []jsontext.Value `json:"data"`
}

const unknownCategory = "unknown"

// IsFrame says whether a message type is a class name of Pipecat's frames.
func IsFrame(messageType string) bool { return strings.HasSuffix(messageType, "Frame") }

// DecodeFrame turns a typed frame into a frame.Frame. Frames of classes that carry nothing for us are wire.ErrIgnored.
func DecodeFrame(message []byte) (frame.Frame, error) {
	var in typedFrame
	if err := wire.Unmarshal(message, &in); err != nil {
		return frame.Frame{}, err
	}
	out := envelope(message, in.Type, in.ID, in.CallID, in.PipecatCallID, in.Timestamp)
	if in.Type == "MetricsFrame" {
		in.metrics(&out)
		return out, nil
	}
	event, known := in.event()
	if !known {
		return frame.Frame{}, wire.ErrIgnored
	}
	out.Events = []frame.Event{event}
	return out, nil
}

// envelope is what every message has: its call, identity and time.
func envelope(message []byte, class string, id wire.ID, callID, pipecatCallID string, at wire.Time) frame.Frame {
	out := frame.Frame{CallID: callID, Time: at.Time}
	if callID == "" {
		out.CallID = pipecatCallID
	}
	switch {
	case id != "":
		out.ID = frame.NameID(class, string(id))
	case !at.IsZero():
		out.ID = frame.DigestID(message)
	}
	return out
}

// event is what a frame other than MetricsFrame says; both the names of today's Pipecat and older ones are known.
func (in *typedFrame) event() (frame.Event, bool) {
	switch in.Type {
	case "StartFrame", "ClientConnectedFrame":
		return frame.Event{Kind: frame.CallStarted, Models: in.models()}, true
	case "EndFrame", "StopFrame":
		return frame.Event{Kind: frame.CallEnded, Name: in.reason("end")}, true
	case "CancelFrame":
		return frame.Event{Kind: frame.CallEnded, Name: in.reason("cancel")}, true
	case "ErrorFrame", "FatalErrorFrame":
		return frame.Event{Kind: frame.Failed, Source: sourceOf(in.Processor, ""), Name: wire.TextOr(in.Category, unknownCategory)}, true
	case "UserStartedSpeakingFrame":
		return frame.Event{Kind: frame.UserStartedTalking}, true
	case "UserStoppedSpeakingFrame":
		return frame.Event{Kind: frame.UserStoppedTalking}, true
	case "BotStartedSpeakingFrame":
		return frame.Event{Kind: frame.BotStartedTalking}, true
	case "BotStoppedSpeakingFrame":
		return frame.Event{Kind: frame.BotStoppedTalking}, true
	case "InterruptionFrame", "StartInterruptionFrame":
		return frame.Event{Kind: frame.Interrupted}, true
	}
	return frame.Event{}, false
}

func (in *typedFrame) models() []frame.Source {
	var models []frame.Source
	for _, m := range []struct {
		stage frame.Stage
		name  string
	}{{frame.LLM, in.LLMModel}, {frame.STT, in.STTModel}, {frame.TTS, in.TTSModel}} {
		if m.name != "" {
			models = append(models, provider.Default(m.stage, m.name))
		}
	}
	return models
}

// reason is why the call ended, where the bot says so in words: Pipecat allows any object there.
func (in *typedFrame) reason(otherwise string) string {
	var text string
	if wire.Unmarshal(in.Reason, &text) != nil {
		return otherwise
	}
	return wire.TextOr(text, otherwise)
}
