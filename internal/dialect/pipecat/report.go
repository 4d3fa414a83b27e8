package pipecat

import (
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect/wire"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// Classes of what observers hand to their handlers whole. Pipecat's own dump does not name the class: they are known by
// their fields as well.
const (
	latencyBreakdown = "LatencyBreakdown"
	startupTiming    = "StartupTimingReport"
	transportTiming  = "TransportTimingReport"
)

// IsReport says whether a message type is the class of an observer's report.
func IsReport(messageType string) bool {
	return messageType == latencyBreakdown || messageType == startupTiming || messageType == transportTiming
}

// report is any of the reports. Of a breakdown only the contributions are read: its other measurements (ttfb,
// text_aggregation, function_calls) are told by metrics and function calls themselves.
type report struct {
	envelope
	Type  string         `json:"type"`
	Event jsontext.Value `json:"event"`
	Call  wire.Mark      `json:"call"`
	Data  jsontext.Value `json:"data"`

	Contributions wire.List[jsontext.Value] `json:"contributions"`
	MeasuredFrom  string                    `json:"measured_from"`
	TurnStart     wire.Time                 `json:"user_turn_start_time"`
	TurnSecs      wire.Mark                 `json:"user_turn_secs"`
	FunctionCalls wire.Mark                 `json:"function_calls"`

	StartTime       wire.Time      `json:"start_time"`
	TotalDuration   jsontext.Value `json:"total_duration_secs"`
	BotConnected    jsontext.Value `json:"bot_connected_secs"`
	ClientConnected jsontext.Value `json:"client_connected_secs"`
}

// DecodeReport turns an observer's report into a frame, also one that does not name its class, or a MetricsFrame or a sign that
// does not: it is known by its fields. The error is ErrUnknown where it has none of them.
func DecodeReport(message []byte) (frame.Frame, error) {
	var in report
	if err := wire.Unmarshal(message, &in); err != nil {
		return frame.Frame{}, err
	}
	class := in.class()
	switch {
	case class == metricsFrame:
		return decodeMetrics(message)
	case IsSign(class):
		return DecodeSign(class, message)
	}
	read, known := reports[class]
	if !known {
		return frame.Frame{}, ErrUnknown
	}
	out := in.frame(message, class)
	err := read(&in, &out, message)
	return out, err
}

var reports = map[string]func(in *report, out *frame.Frame, message []byte) error{
	latencyBreakdown: (*report).breakdown,
	startupTiming:    (*report).startup,
	transportTiming:  (*report).transport,
}

func (in *report) class() string {
	switch {
	case IsReport(in.Type):
		return in.Type
	case in.Contributions != nil, bool(in.TurnSecs), bool(in.FunctionCalls):
		return latencyBreakdown
	case !wire.Absent(in.TotalDuration):
		return startupTiming
	case !wire.Absent(in.BotConnected), !wire.Absent(in.ClientConnected):
		return transportTiming
	case HoldsMetrics(in.Data):
		return metricsFrame
	}
	return SignOf(in.Event, in.Call)
}

// at gives a report without a timestamp the time that follows from its own clock readings, and with it an identity.
func (in *report) at(out *frame.Frame, message []byte, began time.Time, ms float64) {
	if began.IsZero() || !out.Time.IsZero() {
		return
	}
	out.Time = began.Add(time.Duration(ms * float64(time.Millisecond))).Round(time.Microsecond)
	if out.ID == 0 {
		out.ID = frame.DigestID(message)
	}
}

// breakdown reads how long the user waited for an answer, and for what. The latency is the sum of the parts, which came with
// Pipecat 1.9; before, there is nothing in it that is not told elsewhere. Pipecat hands out the same latency as a number as
// well (user_bot_latency), before the breakdown: a bot that sends both has answered once.
//
// The first breakdown of a call is that of the bot's greeting, which is no answer: first_bot_speech_latency tells it.
func (in *report) breakdown(out *frame.Frame, message []byte) error {
	greeting := in.TurnStart.IsZero() || in.MeasuredFrom == "client_connected"
	if greeting || len(in.Contributions) == 0 {
		return wire.ErrIgnored
	}
	if len(in.Contributions) > wire.MaxData {
		return wire.TooManyData
	}
	parts := make([]frame.Event, 1, len(in.Contributions)+1)
	var seconds float64
	for i, raw := range in.Contributions {
		part, took, err := contribution(raw)
		if err != nil {
			return wire.Fault(err).In("contributions[" + strconv.Itoa(i) + "]")
		}
		parts, seconds = append(parts, part), seconds+took
	}
	if seconds > frame.MaxSeconds {
		return frame.Faultf(frame.BadValue, "contributions", "must add up to at most %d seconds", int64(frame.MaxSeconds))
	}
	parts[0] = frame.Event{Kind: frame.Answered, Value: frame.Milliseconds(seconds), Echo: true}
	in.at(out, message, in.TurnStart.Time, parts[0].Value)
	for _, event := range parts {
		wire.Take(out, event)
	}
	return nil
}

// contribution reads a part of an answer; its key came later than its label.
func contribution(raw jsontext.Value) (frame.Event, float64, error) {
	var part struct {
		Key      string         `json:"key"`
		Label    string         `json:"label"`
		Duration jsontext.Value `json:"duration_secs"`
	}
	if err := wire.Unmarshal(raw, &part); err != nil {
		return frame.Event{}, 0, err
	}
	if part.Key == "" {
		part.Key = part.Label
	}
	seconds, err := wire.Number(part.Duration, "duration_secs", 0, frame.MaxSeconds)
	return frame.Event{Kind: frame.AnswerPart, Name: wire.Slug(part.Key), Value: frame.Milliseconds(seconds)}, seconds, err
}

// startup reads how long the pipeline took to be ready; its processors did so side by side.
func (in *report) startup(out *frame.Frame, message []byte) error {
	ms, err := startedUp(out, "pipeline", in.TotalDuration, "total_duration_secs")
	in.at(out, message, in.StartTime.Time, ms)
	return err
}

// transport reads how long the bot and the first client took to connect. Only some transports know of the bot.
func (in *report) transport(out *frame.Frame, message []byte) error {
	var ms float64
	for _, who := range []struct {
		name, field string
		secs        jsontext.Value
	}{{"bot", "bot_connected_secs", in.BotConnected}, {"client", "client_connected_secs", in.ClientConnected}} {
		if wire.Absent(who.secs) {
			continue
		}
		took, err := startedUp(out, who.name, who.secs, who.field)
		if err != nil {
			out.Faults = append(out.Faults, wire.Fault(err))
		}
		ms = max(ms, took)
	}
	in.at(out, message, in.StartTime.Time, ms)
	return nil
}

func startedUp(out *frame.Frame, name string, raw jsontext.Value, field string) (float64, error) {
	seconds, err := wire.Number(raw, field, 0, frame.MaxSeconds)
	if err != nil {
		return 0, err
	}
	ms := frame.Milliseconds(seconds)
	out.Events = append(out.Events, frame.Event{Kind: frame.StartedUp, Name: name, Value: ms})
	return ms, nil
}
