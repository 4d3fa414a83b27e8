package elevenlabs

import (
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect/platform"
	"github.com/otelcol-voice/otelcol-voice/internal/dialect/wire"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

const (
	metadataPath = "data.metadata"
	chargingPath = metadataPath + ".charging"
)

// charging is how the call was charged: prices are US dollars, charges credits.
type charging struct {
	Burst          bool           `json:"is_burst"`
	LLMPrice       jsontext.Value `json:"llm_price"`
	PlatformPrice  jsontext.Value `json:"platform_price"`
	CallCharge     jsontext.Value `json:"call_charge"`
	PlatformCharge jsontext.Value `json:"platform_charge"`
	LLMUsage       jsontext.Value `json:"llm_usage"`
	TTS            jsontext.Value `json:"tts_usage"`
	ASR            jsontext.Value `json:"asr_usage"`
}

// account is what a call used and what it costs.
type account struct {
	charging
	credits, fiat jsontext.Value

	thinking thinking // what the language models did
	speech   speech
	faults   []error
}

// speech is what was spoken and heard. ElevenLabs says that it is for analytics: the call's minutes bill it.
type speech struct {
	TTS struct {
		Model      string         `json:"primary_tts_model"`
		Characters jsontext.Value `json:"total_characters"`
	}
	ASR struct {
		Model   string         `json:"asr_model"`
		Seconds jsontext.Value `json:"total_audio_input_seconds"`
	}
}

func readAccount(credits, fiat, charged jsontext.Value) *account {
	a := &account{credits: credits, fiat: fiat}
	a.read(charged, chargingPath, &a.charging)
	a.read(a.TTS, chargingPath+".tts_usage", &a.speech.TTS)
	a.read(a.ASR, chargingPath+".asr_usage", &a.speech.ASR)
	a.readThinking()
	return a
}

func (a *account) read(raw jsontext.Value, path string, into any) {
	if wire.Absent(raw) {
		return
	}
	if err := wire.Field(raw, path, into); err != nil {
		a.reject(err)
	}
}

func (a *account) reject(err error) { a.faults = append(a.faults, err) }

func (a *account) speaker() frame.Source {
	return frame.Source{Stage: frame.TTS, Provider: vendor, Model: wire.Text(a.speech.TTS.Model)}
}

func (a *account) listener() frame.Source {
	return frame.Source{Stage: frame.STT, Provider: vendor, Model: wire.Text(a.speech.ASR.Model)}
}

// agent is the platform itself, as the price book has it.
var agent = frame.Source{Stage: frame.Platform, Provider: vendor, Model: "agents"}

// models are the call's defaults, which is whose the latencies are.
func (a *account) models() []frame.Source {
	var models []frame.Source
	if a.speech.ASR.Model != "" {
		models = append(models, a.listener())
	}
	if len(a.thinking.models) == 1 {
		models = append(models, a.thinking.models[0].source)
	}
	if a.speech.TTS.Model != "" {
		models = append(models, a.speaker())
	}
	return models
}

func (a *account) use(fact *platform.Fact, length time.Duration) {
	for _, model := range a.thinking.models {
		fact.Take(frame.Event{
			Kind: frame.TokensUsed, Source: model.source, Tokens: model.tokens, Running: true, Priced: a.thinkingPriced(),
		}, nil)
	}
	if !wire.Absent(a.speech.TTS.Characters) {
		count, err := wire.WholeNumber(a.speech.TTS.Characters, chargingPath+".tts_usage.total_characters", frame.MaxCharacters)
		fact.Take(frame.Event{Kind: frame.CharactersUsed, Source: a.speaker(), Value: count, Running: true, Priced: true}, err)
	}
	if !wire.Absent(a.speech.ASR.Seconds) {
		seconds, err := wire.Number(a.speech.ASR.Seconds, chargingPath+".asr_usage.total_audio_input_seconds", 0, frame.MaxSeconds)
		fact.Take(frame.Event{Kind: frame.AudioTranscribed, Source: a.listener(), Value: seconds, Running: true, Priced: true}, err)
	}
	fact.Take(frame.Event{
		Kind: frame.PlatformUsed, Source: agent, Value: length.Seconds(), Terms: a.terms(), Running: true, Priced: a.platformPriced(),
	}, nil)
}

// terms are dearer above the plan's concurrency.
func (a *account) terms() frame.Terms {
	if a.Burst {
		return frame.Terms{ServiceTier: "burst"}
	}
	return frame.Terms{}
}
