package pipecat

import (
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect/wire"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// usageRecord is Pipecat's ServiceUsageRecord; what its kind does not use is absent or null.
type usageRecord struct {
	envelope
	Processor    string         `json:"processor"`
	Model        string         `json:"model"`
	AudioSeconds jsontext.Value `json:"audio_seconds"`
	Characters   jsontext.Value `json:"characters"`
	tokenUsage
}

// record is any of the other flat records of Pipecat's observers: ServiceLatencyRecord, SpeechEvent, FunctionCallEvent. Their
// kinds are disjoint. A function's arguments and result are never read.
//
// Some observers hand bare numbers to their handlers. A bot makes records of them:
//
//	{"kind":"user_bot_latency","seconds":0.904}                                            on_latency_measured
//	{"kind":"first_bot_speech_latency","seconds":1.31}                                     on_first_bot_speech_latency
//	{"kind":"turn_started","turn_number":3}                                                on_turn_started
//	{"kind":"turn_ended","turn_number":3,"duration_secs":8.2,"was_interrupted":false}      on_turn_ended
type record struct {
	envelope
	Kind         string         `json:"kind"`
	Processor    string         `json:"processor"`
	Model        string         `json:"model"`
	Seconds      jsontext.Value `json:"seconds"`
	FunctionName string         `json:"function_name"`
	StartedAt    wire.Time      `json:"started_at"`
	InProgressAt wire.Time      `json:"in_progress_at"`
	TurnNumber   jsontext.Value `json:"turn_number"`
	Interrupted  bool           `json:"was_interrupted"`
	EndedByEnd   *bool          `json:"ended_by_conversation_end"`
}

const functionCall = "function_call_"

// IsRecord says whether a kind is one of Pipecat's observer records.
func IsRecord(kind string) bool {
	switch kind {
	case "":
		return false
	case "llm", "tts", "stt", "ttfb", "ttfa", "ttfat", "user_bot_latency", "first_bot_speech_latency", "turn_started", turnEnded:
		return true
	}
	return speech[kind].Kind != 0 || strings.HasPrefix(kind, functionCall)
}

// DecodeRecord turns an observer record of a kind into a frame. Records that repeat others (time to first audio, a function
// call or a turn before its end) are wire.ErrIgnored.
func DecodeRecord(kind string, message []byte) (frame.Frame, error) {
	switch kind {
	case "llm", "tts", "stt":
		return decodeUsage(kind, message)
	}
	var in record
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
	if in.Kind == turnEnded && in.ID == "" && in.Timestamp.IsZero() && event.Number > 0 {
		in.ID = wire.ID(strconv.Itoa(event.Number))
	}
	out := in.frame(message, in.Kind)
	wire.Take(&out, event)
	return out, nil
}

func decodeUsage(kind string, message []byte) (frame.Frame, error) {
	in := usageRecord{tokenUsage: unreported}
	if err := wire.Unmarshal(message, &in); err != nil {
		return frame.Frame{}, err
	}
	event, err := in.event(kind)
	if err != nil {
		return frame.Frame{}, wire.Fault(err)
	}
	out := in.frame(message, kind)
	wire.Take(&out, event)
	return out, nil
}

// event is never Growing: the Pipecat that has these records reports each request once.
func (in *usageRecord) event(kind string) (frame.Event, error) {
	source := SourceOf(in.Processor, in.Model)
	switch kind {
	case "llm":
		split, err := in.split(source)
		return frame.Event{Kind: frame.TokensUsed, Source: asStage(source, frame.LLM), Tokens: split}, err
	case "tts":
		count, err := wire.WholeNumber(in.Characters, "characters", frame.MaxCharacters)
		return frame.Event{Kind: frame.CharactersUsed, Source: asStage(source, frame.TTS), Value: count}, err
	}
	seconds, err := wire.Number(in.AudioSeconds, "audio_seconds", 0, frame.MaxSeconds)
	return frame.Event{Kind: frame.AudioTranscribed, Source: asStage(source, frame.STT), Value: seconds}, err
}

func (in *record) event() (frame.Event, error) {
	switch in.Kind {
	case "ttfb", "user_bot_latency", "first_bot_speech_latency":
		return in.latency()
	case turnEnded:
		return in.turn()
	}
	if outcome, ok := toolOutcomes[in.Kind]; ok {
		return frame.Event{
			Kind: frame.ToolCalled, Name: wire.Word(in.FunctionName, "unknown"), Outcome: outcome, Value: in.ran(),
		}, nil
	}
	return speech[in.Kind], nil
}

// latency reads a measurement. The bot's first words, which greet, answer nobody: they end its start.
func (in *record) latency() (frame.Event, error) {
	seconds, err := wire.Number(in.Seconds, "seconds", -frame.MaxSeconds, frame.MaxSeconds)
	event := frame.Event{Kind: frame.TTFB, Source: SourceOf(in.Processor, in.Model), Value: frame.Milliseconds(seconds)}
	switch in.Kind {
	case "user_bot_latency":
		event.Kind, event.Source = frame.Answered, frame.Source{}
	case "first_bot_speech_latency":
		event = frame.Event{Kind: frame.StartedUp, Name: firstSpeech, Value: max(event.Value, 0)}
	}
	return event, err
}

const (
	turnEnded   = "turn_ended"
	firstSpeech = "first_speech"
)

// turn reads how a turn ended. Pipecat calls the one that the end of the call ends interrupted as well; a bot that knows the
// difference says so by the name that Pipecat's spans have for it; else it is uncertain (Echo).
func (in *record) turn() (frame.Event, error) {
	const most = 1_000_000
	event := frame.Event{Kind: frame.TurnDone, Cut: in.Interrupted, Echo: in.Interrupted && in.EndedByEnd == nil}
	if in.EndedByEnd != nil && *in.EndedByEnd {
		event.Cut = false
	}
	if wire.Absent(in.TurnNumber) {
		return event, nil
	}
	number, err := wire.WholeNumber(in.TurnNumber, "turn_number", most)
	event.Number = int(number)
	return event, err
}

// ran is for how long a function ran, in milliseconds: from when it went in progress, or was asked for.
func (in *record) ran() float64 {
	since := in.InProgressAt.Time
	if since.IsZero() {
		since = in.StartedAt.Time
	}
	if since.IsZero() || in.Timestamp.IsZero() {
		return 0
	}
	return min(max(frame.Milliseconds(in.Timestamp.Sub(since).Seconds()), 0), 1000*frame.MaxSeconds)
}

// toolOutcomes maps the kinds of FunctionCallEvent that end a call of a function.
var toolOutcomes = map[string]string{
	"function_call_completed": frame.ToolCompleted,
	"function_call_failed":    frame.ToolFailed,
	"function_call_timed_out": frame.ToolTimedOut,
	"function_call_cancelled": frame.ToolCancelled,
}

// speech maps the kinds of SpeechEvent. Of the user, turns are told beside the speech itself where there is a voice activity
// detector, later by as long as the turn's end took to decide.
var speech = map[string]frame.Event{
	"user_speech_started": {Kind: frame.UserStartedTalking},
	"user_speech_stopped": {Kind: frame.UserStoppedTalking},
	"user_turn_started":   {Kind: frame.UserStartedTalking, Echo: true},
	"user_turn_stopped":   {Kind: frame.UserStoppedTalking, Echo: true},
	"bot_speech_started":  {Kind: frame.BotStartedTalking},
	"bot_speech_stopped":  {Kind: frame.BotStoppedTalking},
	"interruption":        {Kind: frame.Interrupted},
}

// errorRecord is Pipecat's ErrorEvent, the one record without a kind. Its message and exception are never read.
type errorRecord struct {
	envelope
	Category  string `json:"category"`
	Processor string `json:"processor"`
}

// DecodeErrorRecord turns an ErrorEvent into a frame.
func DecodeErrorRecord(message []byte) (frame.Frame, error) {
	var in errorRecord
	if err := wire.Unmarshal(message, &in); err != nil {
		return frame.Frame{}, err
	}
	out := in.frame(message, "error")
	out.Events = []frame.Event{{
		Kind: frame.Failed, Source: SourceOf(in.Processor, ""), Name: wire.Word(in.Category, "unknown"),
	}}
	return out, nil
}
