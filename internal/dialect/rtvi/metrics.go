package rtvi

import (
	"fmt"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect/pipecat"
	"github.com/otelcol-voice/otelcol-voice/internal/dialect/wire"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// metrics reads each entry alone: one that is wrong costs itself. Time to first audio or answer (ttfa, ttfat) repeats the
// TTFB and is not read.
func (in *message) metrics(out *frame.Frame) error {
	var data struct {
		TTFB       wire.List[jsontext.Value] `json:"ttfb"`
		Processing wire.List[jsontext.Value] `json:"processing"`
		Tokens     wire.List[jsontext.Value] `json:"tokens"`
		Characters wire.List[jsontext.Value] `json:"characters"`
		STTUsage   wire.List[jsontext.Value] `json:"stt_usage"`
	}
	if err := wire.Field(in.Data, "data", &data); err != nil {
		return err
	}
	if len(data.TTFB)+len(data.Processing)+len(data.Tokens)+len(data.Characters)+len(data.STTUsage) > wire.MaxData {
		return wire.TooManyData
	}
	takeAll(out, "ttfb", data.TTFB, datum(pipecat.TTFB))
	takeAll(out, "processing", data.Processing, datum(pipecat.Processing))
	takeAll(out, "tokens", data.Tokens, pipecat.DecodeTokens)
	takeAll(out, "characters", data.Characters, datum(pipecat.TTSUsage))
	takeAll(out, "stt_usage", data.STTUsage, datum(pipecat.STTUsage))
	return nil
}

type decoder func(raw []byte) (frame.Event, error)

// datum decodes the entries of a group, which are Pipecat's metrics of one class.
func datum(class string) decoder {
	return func(raw []byte) (frame.Event, error) { return pipecat.DecodeDatum(class, raw) }
}

func takeAll(out *frame.Frame, group string, entries []jsontext.Value, decode decoder) {
	for i, raw := range entries {
		event, err := decode(raw)
		if err != nil {
			out.Faults = append(out.Faults, wire.Fault(err).In(fmt.Sprintf("data.%s[%d]", group, i)))
			continue
		}
		wire.Take(out, event)
	}
}
