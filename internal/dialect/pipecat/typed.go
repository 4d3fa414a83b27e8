package pipecat

import (
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect/provider"
	"github.com/otelcol-voice/otelcol-voice/internal/dialect/wire"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// typedFrame is a Pipecat frame as JSON. Which fields are set depends on the class; what is not listed (texts, audio,
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

// IsFrame says whether a message type is a class name of Pipecat's frames.
func IsFrame(messageType string) bool { return strings.HasSuffix(messageType, "Frame") }

// DecodeFrame turns a typed frame into a frame.Frame. Frames of other classes than those in events are wire.ErrIgnored,
// unread: their fields may have the same names and other types.
func DecodeFrame(class string, message []byte) (frame.Frame, error) {
	event, known := events[class]
	if !known && class != metricsFrame {
		return frame.Frame{}, wire.ErrIgnored
	}
	var in typedFrame
	if err := wire.Unmarshal(message, &in); err != nil {
		return frame.Frame{}, err
	}
	out := envelope(message, class, in.ID, in.CallID, in.PipecatCallID, in.Timestamp)
	if class == metricsFrame {
		in.metrics(&out)
		return out, nil
	}
	out.Events = []frame.Event{event(&in)}
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

const metricsFrame = "MetricsFrame"

// events is what frames other than MetricsFrame say; both the names of today's Pipecat and older ones are known.
var events = map[string]func(*typedFrame) frame.Event{
	"StartFrame":               start,
	"ClientConnectedFrame":     start,
	"EndFrame":                 end("end"),
	"StopFrame":                end("end"),
	"CancelFrame":              end("cancel"),
	"ErrorFrame":               failure,
	"FatalErrorFrame":          failure,
	"UserStartedSpeakingFrame": only(frame.UserStartedTalking),
	"UserStoppedSpeakingFrame": only(frame.UserStoppedTalking),
	"BotStartedSpeakingFrame":  only(frame.BotStartedTalking),
	"BotStoppedSpeakingFrame":  only(frame.BotStoppedTalking),
	"InterruptionFrame":        only(frame.Interrupted),
	"StartInterruptionFrame":   only(frame.Interrupted),
}

func start(in *typedFrame) frame.Event {
	return frame.Event{Kind: frame.CallStarted, Models: in.models()}
}

func end(otherwise string) func(*typedFrame) frame.Event {
	return func(in *typedFrame) frame.Event {
		return frame.Event{Kind: frame.CallEnded, Name: in.reason(otherwise)}
	}
}

func failure(in *typedFrame) frame.Event {
	return frame.Event{Kind: frame.Failed, Source: sourceOf(in.Processor, ""), Name: wire.Word(in.Category, "unknown")}
}

func only(kind frame.Kind) func(*typedFrame) frame.Event {
	return func(*typedFrame) frame.Event { return frame.Event{Kind: kind} }
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

// reason is why the call ended, where the bot says so in a word: Pipecat allows any object there, and language models
// write sentences.
func (in *typedFrame) reason(otherwise string) string {
	var text string
	if len(in.Reason) == 0 || in.Reason.Kind() != '"' || wire.Unmarshal(in.Reason, &text) != nil {
		return otherwise
	}
	return wire.Word(text, otherwise)
}
