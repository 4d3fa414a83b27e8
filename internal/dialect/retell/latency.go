package retell

import (
	"fmt"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect/platform"
	"github.com/otelcol-voice/otelcol-voice/internal/dialect/wire"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// latencies are the values that were measured in a call, in milliseconds. The percentiles beside them are no distribution.
// The way to the customer's own language model and to its knowledge base is part of the model's latency.
type latencies struct {
	EndToEnd measured `json:"e2e"`
	ASR      measured `json:"asr"`
	LLM      measured `json:"llm"`
	TTS      measured `json:"tts"`
	Speech   measured `json:"s2s"`
}

type measured struct {
	Values wire.List[jsontext.Value] `json:"values"`
}

func takeLatency(fact *platform.Fact, raw jsontext.Value) {
	if wire.Absent(raw) {
		return
	}
	var in latencies
	if err := wire.Field(raw, "call.latency", &in); err != nil {
		fact.Reject(err)
		return
	}
	take(fact, frame.Event{Kind: frame.TTFB, Source: frame.Source{Stage: frame.STT}}, in.ASR.Values, "asr")
	take(fact, frame.Event{Kind: frame.TTFB, Source: frame.Source{Stage: frame.LLM}}, in.LLM.Values, "llm")
	take(fact, frame.Event{Kind: frame.TTFB, Source: frame.Source{Stage: frame.TTS}}, in.TTS.Values, "tts")
	take(fact, frame.Event{Kind: frame.TTFB, Source: frame.Source{Stage: frame.Realtime}}, in.Speech.Values, "s2s")
	take(fact, frame.Event{Kind: frame.Answered}, in.EndToEnd.Values, "e2e")
}

func take(fact *platform.Fact, event frame.Event, values []jsontext.Value, name string) {
	path := "call.latency." + name + ".values"
	if err := tooMany(values, path); err != nil {
		fact.Reject(err)
		return
	}
	for i, raw := range values {
		ms, err := wire.Number(raw, fmt.Sprintf("%s[%d]", path, i), -1000*frame.MaxSeconds, 1000*frame.MaxSeconds)
		event.Value = ms
		fact.Take(event, err)
	}
}

func tooMany(values []jsontext.Value, path string) error {
	if len(values) > wire.MaxData {
		return frame.Faultf(frame.BadValue, path, "more than %d values in one call", wire.MaxData)
	}
	return nil
}

// takeTokens takes what the requests to the language model used: one number each, prompt and completion together.
func takeTokens(fact *platform.Fact, raw jsontext.Value) {
	if wire.Absent(raw) {
		return
	}
	const path = "call.llm_token_usage"
	var in measured
	if err := wire.Field(raw, path, &in); err != nil {
		fact.Reject(err)
		return
	}
	if err := tooMany(in.Values, path+".values"); err != nil {
		fact.Reject(err)
		return
	}
	for i, value := range in.Values {
		count, err := platform.Tokens(value, fmt.Sprintf("%s.values[%d]", path, i))
		fact.Take(frame.Event{
			Kind: frame.TokensUsed, Source: frame.Source{Stage: frame.LLM},
			Tokens: frame.Tokens{frame.Unsplit: count}, Running: true, Priced: true,
		}, err)
	}
}
