package pipecat

import (
	"strings"
	"unicode"

	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// maxText is where texts that become attributes are cut, in bytes.
const maxText = 256

// sourceOf says who a processor is. What the class name does not tell stays empty: a user's own subclass has no
// provider that could be known, and its price is found by the model.
func sourceOf(processor, model string) frame.Source {
	class, _, _ := strings.Cut(processor, "#")
	return frame.Source{
		Stage:     stageOf(class),
		Processor: cut(class),
		Provider:  providerOf(class),
		Model:     cut(model),
	}
}

// stageOf goes by the kind of service in the class name. A realtime model is an LLM service that hears and speaks;
// "Realtime" alone decides nothing (ElevenLabsRealtimeSTTService transcribes).
func stageOf(class string) frame.Stage {
	switch {
	case strings.Contains(class, "STT"):
		return frame.STT
	case strings.Contains(class, "TTS"):
		return frame.TTS
	case strings.Contains(class, "LLM"):
		if containsAny(class, "Realtime", "Live", "NovaSonic", "Ultravox") {
			return frame.Realtime
		}
		return frame.LLM
	case strings.Contains(class, "Transport"):
		return frame.Transport
	}
	return ""
}

// vendors maps how a class name begins to the provider. Where one begins like another (AzureRealtime, OpenAI), the
// longer one stands first.
var vendors = []struct{ prefix, provider string }{
	{"anthropic", "anthropic"},
	{"assemblyai", "assemblyai"},
	{"aws", "aws"},
	{"polly", "aws"},
	{"azure", "azure"},
	{"cartesia", "cartesia"},
	{"cerebras", "cerebras"},
	{"deepgram", "deepgram"},
	{"deepseek", "deepseek"},
	{"elevenlabs", "elevenlabs"},
	{"fireworks", "fireworks"},
	{"fishaudio", "fish"},
	{"gemini", "google"},
	{"gladia", "gladia"},
	{"google", "google"},
	{"grok", "xai"},
	{"groq", "groq"},
	{"hume", "hume"},
	{"inworld", "inworld"},
	{"lmnt", "lmnt"},
	{"minimax", "minimax"},
	{"mistral", "mistral"},
	{"murf", "murf"},
	{"neuphonic", "neuphonic"},
	{"novita", "novita"},
	{"nvidia", "nvidia"},
	{"ollama", "ollama"},
	{"openai", "openai"},
	{"openrouter", "openrouter"},
	{"perplexity", "perplexity"},
	{"playht", "playht"},
	{"qwen", "qwen"},
	{"resemble", "resemble"},
	{"rime", "rime"},
	{"sambanova", "sambanova"},
	{"sarvam", "sarvam"},
	{"smallest", "smallest"},
	{"soniox", "soniox"},
	{"speechmatics", "speechmatics"},
	{"together", "together"},
	{"ultravox", "ultravox"},
	{"xai", "xai"},
}

func providerOf(class string) string {
	class = strings.ToLower(class)
	for _, v := range vendors {
		if strings.HasPrefix(class, v.prefix) {
			return v.provider
		}
	}
	return ""
}

// defaultModel is a model as StartFrame names it for a stage. Bots often name the vendor there ("cartesia"): that is a
// provider without a model.
func defaultModel(stage frame.Stage, name string) frame.Source {
	name = cut(name)
	for _, v := range vendors {
		if strings.EqualFold(name, v.provider) {
			return frame.Source{Stage: stage, Provider: v.provider}
		}
	}
	return frame.Source{Stage: stage, Model: name}
}

// cut bounds a text that becomes an attribute, without cutting a character in two.
func cut(text string) string {
	if len(text) <= maxText {
		return text
	}
	return strings.ToValidUTF8(text[:maxText], "")
}

// word is a text that names a thing (a function, a category, a reason), fit for an attribute; "other" where it is more than
// a name, for it may be what somebody said, and it would be a series for ever.
func word(text, otherwise string) string {
	const longest = 64
	switch {
	case text == "":
		return otherwise
	case len(text) > longest || strings.ContainsFunc(text, notInNames):
		return "other"
	}
	return text
}

func notInNames(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("_-.:/", r)
}

func containsAny(text string, words ...string) bool {
	for _, word := range words {
		if strings.Contains(text, word) {
			return true
		}
	}
	return false
}
