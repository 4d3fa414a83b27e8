package foreign

import (
	"github.com/otelcol-voice/otelcol-voice/internal/pricing"
	"github.com/otelcol-voice/otelcol-voice/internal/signal/semconv"
)

// Names of the families that are known.
const (
	GenAITokens = "gen_ai.client.token.usage"
	GenAIUsage  = "gen_ai.client.inference.usage"
	LiveKit     = "lk.agents.usage"
)

// Attributes of the conventions, newer names first.
var (
	genAIProvider = []string{"gen_ai.provider.name", "gen_ai.system"}
	genAIModel    = []string{"gen_ai.response.model", "gen_ai.request.model"}
	genAITier     = []string{"openai.response.service_tier", "gen_ai.openai.response.service_tier"}
)

const genAIOperation = "gen_ai.operation.name"

// Known is the families that are known by name. Each call makes them anew: they are changed by what is configured.
func Known() map[string]*Family {
	return map[string]*Family{GenAITokens: genAITokens(), GenAIUsage: genAIUsage(), LiveKit: liveKit()}
}

// genAITokens is the histogram of the conventions until 2026. Cached tokens are inside input; only gateways tell of them, in
// words of their own.
func genAITokens() *Family {
	words := map[string]Meaning{
		"input":                llm(prompt, Whole),
		"output":               llm(completion, Whole),
		"cached_input":         llm(prompt, CacheRead),
		"cache_creation_input": llm(prompt, CacheWrite),
		"total":                again(semconv.StageLLM, prompt, completion),
	}
	return &Family{
		Name:         GenAITokens,
		Metrics:      map[string]Metric{GenAITokens: {Words: words}},
		ProviderKeys: genAIProvider, ModelKeys: genAIModel, TierKeys: genAITier,
		TypeKey: "gen_ai.token.type", OperationKey: genAIOperation, Blind: true,
	}
}

// genAIUsage is the counters that came in its place.
func genAIUsage() *Family {
	return &Family{
		Name: GenAIUsage,
		Metrics: map[string]Metric{
			GenAIUsage + ".input_tokens":             {Meaning: llm(prompt, Whole)},
			GenAIUsage + ".cache_read.input_tokens":  {Meaning: llm(prompt, CacheRead)},
			GenAIUsage + ".cache_write.input_tokens": {Meaning: llm(prompt, CacheWrite)},
			GenAIUsage + ".output_tokens":            {Meaning: llm(completion, Whole)},
			GenAIUsage + ".reasoning.output_tokens":  {Meaning: llm(completion, Reasoning)},
		},
		ProviderKeys: genAIProvider, ModelKeys: genAIModel, TierKeys: genAITier,
		ModalityKey: "gen_ai.token.modality", OperationKey: genAIOperation,
	}
}

// liveKit is what LiveKit Agents counts at the end of a session. Its cached tokens are of all modalities, and text and audio
// are told of realtime models only: text again, and both inside the whole.
func liveKit() *Family {
	audio := Meaning{Use: prompt, Part: Inside, Modality: Audio, Stage: semconv.StageRealtime}
	spoken := Meaning{Use: completion, Part: Inside, Modality: Audio, Stage: semconv.StageRealtime}
	characters := KindMeaning(pricing.Characters, false)
	return &Family{
		Name: LiveKit,
		Metrics: map[string]Metric{
			LiveKit + ".llm_input_tokens":         {Meaning: llm(prompt, Whole)},
			LiveKit + ".llm_input_cached_tokens":  {Meaning: llm(prompt, CacheRead)},
			LiveKit + ".llm_input_audio_tokens":   {Meaning: audio},
			LiveKit + ".llm_input_text_tokens":    {Meaning: again(semconv.StageRealtime, prompt)},
			LiveKit + ".llm_output_tokens":        {Meaning: llm(completion, Whole)},
			LiveKit + ".llm_output_audio_tokens":  {Meaning: spoken},
			LiveKit + ".llm_output_text_tokens":   {Meaning: again(semconv.StageRealtime, completion)},
			LiveKit + ".llm_session_duration":     {Meaning: KindMeaning(pricing.RealtimeSession, false)},
			LiveKit + ".tts_characters":           {Meaning: characters},
			LiveKit + ".tts_audio_duration":       {Meaning: again(semconv.StageTTS, characters.Use)},
			LiveKit + ".stt_audio_duration":       {Meaning: KindMeaning(pricing.STTAudio, false)},
			LiveKit + ".llm_prompt_tokens":        {Meaning: llm(prompt, Whole)}, // until 1.4
			LiveKit + ".llm_prompt_cached_tokens": {Meaning: llm(prompt, CacheRead)},
			LiveKit + ".llm_completion_tokens":    {Meaning: llm(completion, Whole)},
		},
		ProviderKeys: []string{"model_provider"}, ModelKeys: []string{"model_name"}, Hosts: true,
	}
}

func llm(use Use, part Part) Meaning {
	return Meaning{Use: use, Part: part, Stage: semconv.StageLLM}
}

func again(stage string, uses ...Use) Meaning {
	return Meaning{Use: Use{Kind: pricing.Unknown}, Stage: stage, Again: uses}
}

// Stage is the stage of an operation of the conventions, or "" where its name decides nothing. contains says that the
// operation is made of others, whose usage is told by themselves.
func Stage(operation string) (stage string, contains bool) {
	switch operation {
	case semconv.OperationSpeechToText:
		return semconv.StageSTT, false
	case semconv.OperationTextToSpeech:
		return semconv.StageTTS, false
	case "generate_live_content":
		return semconv.StageRealtime, false
	case "invoke_agent", "create_agent", "invoke_workflow", semconv.OperationTool, "plan", "fetch_response":
		return "", true
	}
	return "", false
}
