// Package provider knows the providers by the names that frameworks give them, and has one word for each: the word of the
// price book where it has the vendor.
package provider

import (
	"cmp"
	"strings"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect/wire"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

type known struct{ prefix, provider string }

// names maps how a name begins, in lower case, to the provider. No prefix begins like another.
var names = []known{
	{"amazon", "aws"},
	{"anthropic", "anthropic"},
	{"assemblyai", "assemblyai"},
	{"asyncai", "asyncai"},
	{"aws", "aws"},
	{"azure", "azure"},
	{"baseten", "baseten"},
	{"cartesia", "cartesia"},
	{"cerebras", "cerebras"},
	{"crusoe", "crusoe"},
	{"deepgram", "deepgram"},
	{"deepseek", "deepseek"},
	{"elevenlabs", "elevenlabs"},
	{"fireworks", "fireworks"},
	{"fishaudio", "fish"},
	{"gemini", "google"},
	{"gladia", "gladia"},
	{"google", "google"},
	{"grok", "xai"},
	{"gradium", "gradium"},
	{"groq", "groq"},
	{"hume", "hume"},
	{"inception", "inception"},
	{"inworld", "inworld"},
	{"lmnt", "lmnt"},
	{"minimax", "minimax"},
	{"mistral", "mistral"},
	{"murf", "murf"},
	{"nebius", "nebius"},
	{"neuphonic", "neuphonic"},
	{"novita", "novita"},
	{"nvidia", "nvidia"},
	{"ollama", "ollama"},
	{"openai", "openai"},
	{"openrouter", "openrouter"},
	{"perplexity", "perplexity"},
	{"playht", "playht"},
	{"polly", "aws"},
	{"qwen", "qwen"},
	{"resemble", "resemble"},
	{"rime", "rime"},
	{"sambanova", "sambanova"},
	{"sarvam", "sarvam"},
	{"smallest", "smallest"},
	{"soniox", "soniox"},
	{"speechify", "speechify"},
	{"speechmatics", "speechmatics"},
	{"telnyx", "telnyx"},
	{"together", "together"},
	{"ultravox", "ultravox"},
	{"vertex", "google"},
	{"x.ai", "xai"},
	{"xai", "xai"},
}

// Of is the provider that a class (OpenAILLMService), a title ("Azure STT") or a host (api.openai.com) names, or "" where
// it names none that we know. A host is read from its end, which says who runs it: openai.example.azure.com is Azure.
func Of(name string) string {
	for at := len(name); at > 0; {
		at = strings.LastIndexByte(name[:at], '.')
		if known := beginning(name[at+1:]); known != "" {
			return known
		}
	}
	return ""
}

// Named is the provider that a bot names as one: ours where it is one that we know, else its own word.
func Named(name string) string { return cmp.Or(Of(name), wire.Text(strings.ToLower(name))) }

// Conventional is the provider that gen_ai.provider.name or gen_ai.system names, for which a host's way of reading does not do.
func Conventional(name string) string {
	switch {
	case name == "":
		return ""
	case strings.HasPrefix(name, "azure."), strings.HasPrefix(name, "az."): // azure.ai.openai
		return "azure"
	case strings.HasPrefix(name, "gcp."):
		return "google"
	case strings.Contains(name, "bedrock"):
		return "aws"
	}
	return Named(name)
}

func beginning(name string) string {
	if name == "" {
		return ""
	}
	for _, n := range byInitial[name[0]|0x20] {
		if len(name) >= len(n.prefix) && strings.EqualFold(name[:len(n.prefix)], n.prefix) {
			return n.provider
		}
	}
	return ""
}

// byInitial holds names by their first letter, in lower case: every datum asks.
var byInitial = func() (by [256][]known) {
	for _, n := range names {
		by[n.prefix[0]] = append(by[n.prefix[0]], n)
	}
	return by
}()

// Default is a model as a bot names it for a stage of its call. Bots often name the vendor there ("cartesia"): that is a
// provider without a model.
func Default(stage frame.Stage, name string) frame.Source {
	for _, n := range names {
		if strings.EqualFold(name, n.provider) {
			return frame.Source{Stage: stage, Provider: n.provider}
		}
	}
	return frame.Source{Stage: stage, Model: wire.Text(name)}
}
