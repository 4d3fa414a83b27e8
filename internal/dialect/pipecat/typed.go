package pipecat

import (
	"cmp"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect/provider"
	"github.com/otelcol-voice/otelcol-voice/internal/dialect/wire"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// typedFrame is a Pipecat frame as JSON, other than a MetricsFrame. Which fields are set depends on the class; what is not listed (texts, audio,
// arguments, results, exceptions) is never read.
//
// The models and providers are not Pipecat's: they are what a bot adds to the frame that starts its call, one of each stage
// of its pipeline, as defaults for metrics that name none.
type typedFrame struct {
	envelope
	LLMModel         string         `json:"llm_model"`
	LLMProvider      string         `json:"llm_provider"`
	STTModel         string         `json:"stt_model"`
	STTProvider      string         `json:"stt_provider"`
	TTSModel         string         `json:"tts_model"`
	TTSProvider      string         `json:"tts_provider"`
	RealtimeModel    string         `json:"realtime_model"`
	RealtimeProvider string         `json:"realtime_provider"`
	Reason           jsontext.Value `json:"reason"`
	Category         string         `json:"category"`
	Processor        string         `json:"processor"`
	StartSecs        jsontext.Value `json:"start_secs"`
	StopSecs         jsontext.Value `json:"stop_secs"`
	FunctionName     string         `json:"function_name"`
	Failed           wire.Mark      `json:"error"`
	RunLLM           jsontext.Value `json:"run_llm"`
	Properties       jsontext.Value `json:"properties"`
}

// IsFrame says whether a message type is a class name of Pipecat's frames.
func IsFrame(messageType string) bool { return strings.HasSuffix(messageType, "Frame") }

// ErrUnknown is the fault of a message that is none of Pipecat's.
var ErrUnknown = frame.Faultf(frame.UnknownMessage, "",
	"not a message of Pipecat: expected a frame (its class name as \"type\"), an observer record (its \"kind\", as llm or ttfb), "+
		"a report of an observer (LatencyBreakdown, StartupTimingReport, TransportTimingReport), call_started or call_ended")

// DecodeFrame turns a typed frame into a frame.Frame. Frames of other classes than those in readers are wire.ErrIgnored,
// unread: their fields may have the same names and other types.
func DecodeFrame(class string, message []byte) (frame.Frame, error) {
	if class == metricsFrame {
		return decodeMetrics(message)
	}
	read, known := readers[class]
	switch {
	case known:
	case IsFrame(class):
		return frame.Frame{}, wire.ErrIgnored
	default:
		return frame.Frame{}, ErrUnknown
	}
	var in typedFrame
	if err := wire.Unmarshal(message, &in); err != nil {
		return frame.Frame{}, err
	}
	out := in.frame(message, class)
	err := read(&in, &out)
	return out, err
}

type reader func(*typedFrame, *frame.Frame) error

// readers are the frames that mean something beside MetricsFrame; both the names of today's Pipecat and older ones are
// known. Requests to do something (EndTaskFrame, BotInterruptionFrame, …) are not here: the frame that does it follows. Nor are
// the calls of functions in other pipelines (ExternalFunctionCall…Frame): they are another conversation's.
//
// The user's voice is told at two layers: by the voice activity detector (VAD…) where there is one, and by what decides about
// turns, which comes later by as long as the decision took, and is an echo of the first.
var readers = map[string]reader{
	"StartFrame":                  start,
	"ClientConnectedFrame":        start,
	"BotConnectedFrame":           start,
	"EndFrame":                    end("end"),
	"StopFrame":                   end("end"),
	"CancelFrame":                 end("cancel"),
	"ErrorFrame":                  failure,
	"FatalErrorFrame":             failure,
	"VADUserStartedSpeakingFrame": vadStarted,
	"VADUserStoppedSpeakingFrame": vadStopped,
	"UserStartedSpeakingFrame":    only(frame.Event{Kind: frame.UserStartedTalking, Echo: true}),
	"UserStoppedSpeakingFrame":    only(frame.Event{Kind: frame.UserStoppedTalking, Echo: true}),
	"BotStartedSpeakingFrame":     only(frame.Event{Kind: frame.BotStartedTalking}),
	"BotStoppedSpeakingFrame":     only(frame.Event{Kind: frame.BotStoppedTalking}),
	"InterruptionFrame":           only(frame.Event{Kind: frame.Interrupted}),
	"StartInterruptionFrame":      only(frame.Event{Kind: frame.Interrupted}),
	"FunctionCallResultFrame":     functionResult,
	"FunctionCallCancelFrame":     functionCancelled,
}

func say(out *frame.Frame, event frame.Event) { out.Events = []frame.Event{event} }

func only(event frame.Event) reader {
	return func(_ *typedFrame, out *frame.Frame) error {
		say(out, event)
		return nil
	}
}

func start(in *typedFrame, out *frame.Frame) error {
	say(out, frame.Event{Kind: frame.CallStarted, Models: in.models()})
	return nil
}

func end(otherwise string) reader {
	return func(in *typedFrame, out *frame.Frame) error {
		say(out, frame.Event{Kind: frame.CallEnded, Name: in.reason(otherwise)})
		return nil
	}
}

// failure reads an error's category. An error that is fatal ends the call by a CancelFrame of its own.
func failure(in *typedFrame, out *frame.Frame) error {
	say(out, frame.Event{Kind: frame.Failed, Source: SourceOf(in.Processor, ""), Name: wire.Word(in.Category, "unknown")})
	return nil
}

func vadStarted(in *typedFrame, out *frame.Frame) error {
	say(out, frame.Event{Kind: frame.UserStartedTalking})
	return backdate(out, in.StartSecs, "start_secs")
}

func vadStopped(in *typedFrame, out *frame.Frame) error {
	say(out, frame.Event{Kind: frame.UserStoppedTalking})
	return backdate(out, in.StopSecs, "stop_secs")
}

// backdate moves a frame to when the voice began or ended: the detector says so only after it has been sure for so long.
func backdate(out *frame.Frame, raw jsontext.Value, field string) error {
	const longest = 60
	if wire.Absent(raw) {
		return nil
	}
	seconds, err := wire.Number(raw, field, 0, longest)
	if err == nil && !out.Time.IsZero() {
		out.Time = out.Time.Add(-time.Duration(seconds * float64(time.Second))).Round(time.Microsecond)
	}
	return err
}

// functionResult reads how a function ended. One that reports while it goes on has not.
func functionResult(in *typedFrame, out *frame.Frame) error {
	if in.goesOn() {
		return wire.ErrIgnored
	}
	outcome := frame.ToolCompleted
	if in.Failed {
		outcome = frame.ToolFailed
	}
	say(out, frame.Event{Kind: frame.ToolCalled, Name: wire.Word(in.FunctionName, "unknown"), Outcome: outcome})
	return nil
}

func (in *typedFrame) goesOn() bool {
	var properties struct {
		Final *bool `json:"is_final"`
	}
	return in.Properties.Kind() == '{' && wire.Unmarshal(in.Properties, &properties) == nil &&
		properties.Final != nil && !*properties.Final
}

// functionCancelled tells a time-out by that it alone asks the model for what to do now.
func functionCancelled(in *typedFrame, out *frame.Frame) error {
	outcome := frame.ToolCancelled
	if in.RunLLM.Kind() == 't' {
		outcome = frame.ToolTimedOut
	}
	say(out, frame.Event{Kind: frame.ToolCalled, Name: wire.Word(in.FunctionName, "unknown"), Outcome: outcome})
	return nil
}

func (in *typedFrame) models() []frame.Source {
	var models []frame.Source
	for _, m := range []struct {
		stage           frame.Stage
		model, provider string
	}{
		{frame.LLM, in.LLMModel, in.LLMProvider},
		{frame.STT, in.STTModel, in.STTProvider},
		{frame.TTS, in.TTSModel, in.TTSProvider},
		{frame.Realtime, in.RealtimeModel, in.RealtimeProvider},
	} {
		if m.model != "" || m.provider != "" {
			source := provider.Default(m.stage, m.model)
			source.Provider = cmp.Or(provider.Named(m.provider), source.Provider)
			models = append(models, source)
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
