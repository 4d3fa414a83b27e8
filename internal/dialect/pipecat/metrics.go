package pipecat

import (
	"bytes"
	"math"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect/wire"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// datum is one entry of a MetricsFrame. Pipecat's own dump has no "type": the bot adds the class name, for TTFB and
// processing time look the same without it.
type datum struct {
	Type      string         `json:"type"`
	Processor string         `json:"processor"`
	Model     string         `json:"model"`
	Value     jsontext.Value `json:"value"`
}

// maxData is how many data a MetricsFrame may hold. Pipecat sends a handful; memory must not grow with what a few bytes
// can claim.
const maxData = 1000

// metrics reads each datum alone: one that is wrong costs itself.
func (in *typedFrame) metrics(out *frame.Frame) {
	if len(in.Data) > maxData {
		out.Faults = append(out.Faults, frame.Faultf(frame.BadValue, "data", "more than %d data in one frame", maxData))
		return
	}
	for i, raw := range in.Data {
		event, err := decodeDatum(raw)
		if err != nil {
			out.Faults = append(out.Faults, wire.Fault(err).In("data["+strconv.Itoa(i)+"]"))
			continue
		}
		take(out, event)
	}
}

// take adds an event unless it is empty (nothing for us) or says "no value".
func take(out *frame.Frame, event frame.Event) {
	switch {
	case event.Kind == 0:
	case isSentinel(&event):
		out.Sentinels++
	default:
		out.Events = append(out.Events, event)
	}
}

// isSentinel recognises what Pipecat sends for "no value": the all-zero MetricsFrame at every pipeline start, and the
// negative TTFB of speech recognition before 1.8.
func isSentinel(event *frame.Event) bool {
	switch event.Kind {
	case frame.TTFB, frame.Processing:
		return event.Value <= 0
	case frame.CharactersUsed, frame.AudioTranscribed:
		return event.Value == 0
	case frame.TokensUsed:
		return event.Tokens.Zero()
	}
	return false
}

// decodeDatum returns an event of Kind 0 for classes that carry nothing for us: time to first audio or answer repeats
// the TTFB, text aggregation and turn detection are not stages of the answer.
func decodeDatum(raw []byte) (frame.Event, error) {
	var d datum
	if err := wire.Unmarshal(raw, &d); err != nil {
		return frame.Event{}, err
	}
	source := sourceOf(d.Processor, d.Model)
	switch d.Type {
	case "TTFBMetricsData":
		return latency(frame.TTFB, source, d.Value)
	case "ProcessingMetricsData":
		return latency(frame.Processing, source, d.Value)
	case "LLMUsageMetricsData":
		return tokens(source, d.Value)
	case "TTSUsageMetricsData":
		return characters(source, d.Value)
	case "STTUsageMetricsData":
		return audio(source, d.Value)
	case "TTFAMetricsData", "TTFATMetricsData", "TextAggregationMetricsData", "TurnMetricsData", "SmartTurnMetricsData":
		return frame.Event{}, nil
	case "":
		return frame.Event{}, frame.Faultf(frame.MissingField, "type", "missing: send the class name, type(d).__name__, with each datum")
	}
	return frame.Event{}, frame.Faultf(frame.UnknownMessage, "type", "not a class of Pipecat's metrics (TTFBMetricsData, ProcessingMetricsData, LLMUsageMetricsData, TTSUsageMetricsData, STTUsageMetricsData)")
}

func latency(kind frame.Kind, source frame.Source, value jsontext.Value) (frame.Event, error) {
	seconds, err := number(value, "value", -frame.MaxSeconds, frame.MaxSeconds)
	return frame.Event{Kind: kind, Source: source, Value: frame.Milliseconds(seconds)}, err
}

func tokens(source frame.Source, value jsontext.Value) (frame.Event, error) {
	usage := unreported
	if absent(value) {
		return frame.Event{}, missing("value")
	}
	if err := wire.Unmarshal(value, &usage); err != nil {
		return frame.Event{}, wire.Fault(err).In("value")
	}
	split, err := usage.split(source)
	if err != nil {
		return frame.Event{}, wire.Fault(err).In("value")
	}
	return frame.Event{Kind: frame.TokensUsed, Source: asStage(source, frame.LLM), Tokens: split}, nil
}

func characters(source frame.Source, value jsontext.Value) (frame.Event, error) {
	count, err := wholeNumber(value, "value", frame.MaxCharacters)
	return frame.Event{Kind: frame.CharactersUsed, Source: asStage(source, frame.TTS), Value: count}, err
}

func audio(source frame.Source, value jsontext.Value) (frame.Event, error) {
	var usage struct {
		AudioSeconds jsontext.Value `json:"audio_seconds"`
	}
	if absent(value) {
		return frame.Event{}, missing("value")
	}
	if err := wire.Unmarshal(value, &usage); err != nil {
		return frame.Event{}, wire.Fault(err).In("value")
	}
	seconds, err := number(usage.AudioSeconds, "value.audio_seconds", 0, frame.MaxSeconds)
	return frame.Event{Kind: frame.AudioTranscribed, Source: asStage(source, frame.STT), Value: seconds}, err
}

// asStage fills in the stage that a kind of usage implies where the class name does not tell it.
func asStage(source frame.Source, stage frame.Stage) frame.Source {
	if source.Stage == "" {
		source.Stage = stage
	}
	return source
}

// number is a finite number within bounds.
func number(raw jsontext.Value, path string, least, most float64) (float64, error) {
	if absent(raw) {
		return 0, missing(path)
	}
	var n float64
	if wire.Unmarshal(raw, &n) != nil {
		return 0, frame.Faultf(frame.WrongType, path, "must be a finite number")
	}
	if n < least || n > most {
		return 0, frame.Faultf(frame.BadValue, path, "must be between %g and %g", least, most)
	}
	return n, nil
}

// wholeNumber is a number of things.
func wholeNumber(raw jsontext.Value, path string, most float64) (float64, error) {
	n, err := number(raw, path, 0, most)
	if err == nil && n != math.Trunc(n) {
		err = frame.Faultf(frame.BadValue, path, "must be a whole number")
	}
	return n, err
}

func absent(raw jsontext.Value) bool {
	return len(raw) == 0 || bytes.Equal(raw, []byte("null"))
}

func missing(path string) frame.Fault { return frame.Faultf(frame.MissingField, path, "missing") }
