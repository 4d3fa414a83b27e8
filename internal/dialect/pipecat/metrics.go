package pipecat

import (
	"strconv"
	"strings"

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

// Classes of metrics data that also travel without their name, in a group of their own (RTVI).
const (
	TTFB       = "TTFBMetricsData"
	Processing = "ProcessingMetricsData"
	TTSUsage   = "TTSUsageMetricsData"
	STTUsage   = "STTUsageMetricsData"
)

const metricsFrame = "MetricsFrame"

// metricsMessage is a MetricsFrame as JSON.
type metricsMessage struct {
	envelope
	Data wire.List[jsontext.Value] `json:"data"`
}

// decodeMetrics reads each datum alone: one that is wrong costs itself.
func decodeMetrics(message []byte) (frame.Frame, error) {
	var in metricsMessage
	if err := wire.Unmarshal(message, &in); err != nil {
		return frame.Frame{}, err
	}
	out := in.frame(message, metricsFrame)
	if len(in.Data) > wire.MaxData {
		out.Faults = append(out.Faults, wire.TooManyData)
		return out, nil
	}
	for i, raw := range in.Data {
		event, err := decodeDatum(raw)
		if err != nil {
			out.Faults = append(out.Faults, wire.Fault(err).In("data["+strconv.Itoa(i)+"]"))
			continue
		}
		wire.Take(&out, event)
	}
	return out, nil
}

// decodeDatum reads a datum that names its class.
func decodeDatum(raw []byte) (frame.Event, error) {
	var d datum
	if err := wire.Unmarshal(raw, &d); err != nil {
		return frame.Event{}, err
	}
	return d.event(d.Type)
}

// HoldsMetrics says whether data are those of a MetricsFrame, for messages that lack their own type.
func HoldsMetrics(data jsontext.Value) bool {
	var entries wire.List[struct {
		Type string `json:"type"`
	}]
	return data.Kind() == '[' && wire.Unmarshal(data, &entries) == nil &&
		len(entries) > 0 && strings.HasSuffix(entries[0].Type, "MetricsData")
}

// DecodeDatum reads a datum as Pipecat dumps it, whose class the caller knows. The event is of Kind 0 for classes that
// carry nothing for us. The error is a frame.Fault whose path is within the datum.
func DecodeDatum(class string, raw []byte) (frame.Event, error) {
	var d datum
	if err := wire.Unmarshal(raw, &d); err != nil {
		return frame.Event{}, err
	}
	return d.event(class)
}

// event returns an event of Kind 0 for classes that carry nothing for us: time to first audio or answer repeats the TTFB,
// text aggregation and turn detection are not stages of the answer.
func (d *datum) event(class string) (frame.Event, error) {
	source := SourceOf(d.Processor, d.Model)
	switch class {
	case TTFB:
		return latency(frame.TTFB, source, d.Value)
	case Processing:
		return latency(frame.Processing, source, d.Value)
	case "LLMUsageMetricsData":
		return tokens(source, d.Value)
	case TTSUsage:
		return characters(source, d.Value)
	case STTUsage:
		return audio(source, d.Value)
	case "TTFAMetricsData", "TTFATMetricsData", "TextAggregationMetricsData", "TurnMetricsData", "SmartTurnMetricsData":
		return frame.Event{}, nil
	case "":
		return frame.Event{}, frame.Faultf(frame.MissingField, "type", "missing: send the class name, type(d).__name__, with each datum")
	}
	return frame.Event{}, frame.Faultf(frame.UnknownMessage, "type", "not a class of Pipecat's metrics (TTFBMetricsData, ProcessingMetricsData, LLMUsageMetricsData, TTSUsageMetricsData, STTUsageMetricsData)")
}

func latency(kind frame.Kind, source frame.Source, value jsontext.Value) (frame.Event, error) {
	seconds, err := wire.Number(value, "value", -frame.MaxSeconds, frame.MaxSeconds)
	return frame.Event{Kind: kind, Source: source, Value: frame.Milliseconds(seconds)}, err
}

func tokens(source frame.Source, value jsontext.Value) (frame.Event, error) {
	if wire.Absent(value) {
		return frame.Event{}, wire.Missing("value")
	}
	event, err := decodeTokens(source, value)
	if err != nil {
		return frame.Event{}, wire.Fault(err).In("value")
	}
	return event, nil
}

// DecodeTokens reads an LLMTokenUsage that says nothing of who used them: the call's default model is left to say so.
func DecodeTokens(raw []byte) (frame.Event, error) { return decodeTokens(frame.Source{}, raw) }

func decodeTokens(source frame.Source, raw []byte) (frame.Event, error) {
	usage, err := usageOf(raw)
	if err != nil {
		return frame.Event{}, err
	}
	split, err := usage.split(source)
	source = asStage(source, frame.LLM)
	return frame.Event{Kind: frame.TokensUsed, Source: source, Tokens: split, Growing: repeatsUsage(source)}, err
}

func usageOf(raw []byte) (tokenUsage, error) {
	if usage, clear := glanceTokens(raw); clear {
		return usage, nil
	}
	usage := unreported
	err := wire.Unmarshal(raw, &usage)
	return usage, err
}

// repeatsUsage says whose servers send what a request has used so far with every chunk of their answer. Pipecat before 1.8
// passed each on as if it were another request's, by most of its versions for some of these (pull requests 5180 and 5190). The
// version is not in the metrics. OpenAI and Azure send usage once, at the end; so do Pipecat's realtime services.
func repeatsUsage(by frame.Source) bool {
	if by.Stage != frame.LLM {
		return false
	}
	switch by.Provider {
	case "novita", "baseten", "nvidia", "perplexity", "xai":
		return true
	}
	return false
}

func characters(source frame.Source, value jsontext.Value) (frame.Event, error) {
	count, err := wire.WholeNumber(value, "value", frame.MaxCharacters)
	return frame.Event{Kind: frame.CharactersUsed, Source: asStage(source, frame.TTS), Value: count}, err
}

func audio(source frame.Source, value jsontext.Value) (frame.Event, error) {
	var usage struct {
		AudioSeconds jsontext.Value `json:"audio_seconds"`
	}
	if err := wire.Field(value, "value", &usage); err != nil {
		return frame.Event{}, err
	}
	seconds, err := wire.Number(usage.AudioSeconds, "value.audio_seconds", 0, frame.MaxSeconds)
	return frame.Event{Kind: frame.AudioTranscribed, Source: asStage(source, frame.STT), Value: seconds}, err
}

// asStage fills in the stage that a kind of usage implies where the class name does not tell it.
func asStage(source frame.Source, stage frame.Stage) frame.Source {
	if source.Stage == "" {
		source.Stage = stage
	}
	return source
}
