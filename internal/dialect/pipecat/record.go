package pipecat

import (
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect/wire"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// record is any of the flat records of Pipecat's observers: ServiceUsageRecord, ServiceLatencyRecord, SpeechEvent,
// FunctionCallEvent. Their kinds are disjoint. A function's arguments and result are never read.
type record struct {
	Kind          string         `json:"kind"`
	ID            wire.ID        `json:"id"`
	CallID        string         `json:"call_id"`
	PipecatCallID string         `json:"pipecatCallId"`
	Timestamp     wire.Time      `json:"timestamp"`
	Processor     string         `json:"processor"`
	Model         string         `json:"model"`
	Seconds       jsontext.Value `json:"seconds"`
	AudioSeconds  jsontext.Value `json:"audio_seconds"`
	Characters    jsontext.Value `json:"characters"`
	FunctionName  string         `json:"function_name"`
	tokenUsage
}

const functionCall = "function_call_"

// IsRecord says whether a kind is one of Pipecat's observer records.
func IsRecord(kind string) bool {
	switch kind {
	case "llm", "tts", "stt", "ttfb", "ttfa", "ttfat", "interruption",
		"user_speech_started", "user_speech_stopped", "bot_speech_started", "bot_speech_stopped",
		"user_turn_started", "user_turn_stopped":
		return true
	}
	return strings.HasPrefix(kind, functionCall)
}

// DecodeRecord turns an observer record into a frame. Records that repeat others (time to first audio, turns beside
// speech, a function call before its end) are wire.ErrIgnored.
func DecodeRecord(message []byte) (frame.Frame, error) {
	in := record{tokenUsage: unreported}
	if err := wire.Unmarshal(message, &in); err != nil {
		return frame.Frame{}, err
	}
	event, err := in.event()
	if err != nil {
		return frame.Frame{}, wire.Fault(err)
	}
	if event.Kind == 0 {
		return frame.Frame{}, wire.ErrIgnored
	}
	out := envelope(message, in.Kind, in.ID, in.CallID, in.PipecatCallID, in.Timestamp)
	wire.Take(&out, event)
	return out, nil
}

func (in *record) event() (frame.Event, error) {
	source := sourceOf(in.Processor, in.Model)
	switch in.Kind {
	case "llm":
		split, err := in.split(source)
		return frame.Event{Kind: frame.TokensUsed, Source: asStage(source, frame.LLM), Tokens: split}, err
	case "tts":
		count, err := wire.WholeNumber(in.Characters, "characters", frame.MaxCharacters)
		return frame.Event{Kind: frame.CharactersUsed, Source: asStage(source, frame.TTS), Value: count}, err
	case "stt":
		seconds, err := wire.Number(in.AudioSeconds, "audio_seconds", 0, frame.MaxSeconds)
		return frame.Event{Kind: frame.AudioTranscribed, Source: asStage(source, frame.STT), Value: seconds}, err
	case "ttfb":
		seconds, err := wire.Number(in.Seconds, "seconds", -frame.MaxSeconds, frame.MaxSeconds)
		return frame.Event{Kind: frame.TTFB, Source: source, Value: frame.Milliseconds(seconds)}, err
	}
	if outcome, ok := toolOutcomes[in.Kind]; ok {
		return frame.Event{Kind: frame.ToolCalled, Name: wire.Word(in.FunctionName, "unknown"), Outcome: outcome}, nil
	}
	return frame.Event{Kind: speech[in.Kind]}, nil
}

// toolOutcomes maps the kinds of FunctionCallEvent that end a call of a function.
var toolOutcomes = map[string]string{
	"function_call_completed": "completed",
	"function_call_failed":    "failed",
	"function_call_timed_out": "timed_out",
	"function_call_cancelled": "cancelled",
}

// speech maps the kinds of SpeechEvent. Turn events frame the same speech once more and are left out.
var speech = map[string]frame.Kind{
	"user_speech_started": frame.UserStartedTalking,
	"user_speech_stopped": frame.UserStoppedTalking,
	"bot_speech_started":  frame.BotStartedTalking,
	"bot_speech_stopped":  frame.BotStoppedTalking,
	"interruption":        frame.Interrupted,
}

// errorRecord is Pipecat's ErrorEvent, the one record without a kind. Its message and exception are never read.
type errorRecord struct {
	ID            wire.ID   `json:"id"`
	CallID        string    `json:"call_id"`
	PipecatCallID string    `json:"pipecatCallId"`
	Timestamp     wire.Time `json:"timestamp"`
	Category      string    `json:"category"`
	Processor     string    `json:"processor"`
}

// DecodeErrorRecord turns an ErrorEvent into a frame.
func DecodeErrorRecord(message []byte) (frame.Frame, error) {
	var in errorRecord
	if err := wire.Unmarshal(message, &in); err != nil {
		return frame.Frame{}, err
	}
	out := envelope(message, "error", in.ID, in.CallID, in.PipecatCallID, in.Timestamp)
	out.Events = []frame.Event{{
		Kind: frame.Failed, Source: sourceOf(in.Processor, ""), Name: wire.Word(in.Category, "unknown"),
	}}
	return out, nil
}
