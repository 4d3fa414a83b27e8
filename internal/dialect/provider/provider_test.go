package provider

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

func TestOf(t *testing.T) {
	for name, want := range map[string]string{
		"OpenAILLMService":                  "openai",
		"AzureLLMService":                   "azure",
		"GrokLLMService":                    "xai",
		"GroqSTTService":                    "groq",
		"Deepgram":                          "deepgram",
		"Azure STT":                         "azure",
		"AWS Bedrock":                       "aws",
		"Amazon Polly":                      "aws",
		"Google Cloud Platform":             "google",
		"Vertex AI":                         "google",
		"MistralAI":                         "mistral",
		"FishAudio":                         "fish",
		"api.openai.com":                    "openai",
		"api.x.ai":                          "xai",
		"api.mistral.ai":                    "mistral",
		"openrouter.ai":                     "openrouter",
		"openai-prod.openai.azure.com":      "azure",
		"generativelanguage.googleapis.com": "google",
		"bedrock-runtime.us-east-1.amazonaws.com": "aws",
		"localhost:11434":                         "",
		"Camb.ai":                                 "",
		"a..b.":                                   "",
		"":                                        "",
	} {
		assert.Equal(t, want, Of(name), name)
	}
}

func TestNoPrefixHidesAnother(t *testing.T) {
	for _, a := range names {
		for _, b := range names {
			assert.False(t, a != b && strings.HasPrefix(a.prefix, b.prefix), "%s, %s", a.prefix, b.prefix)
		}
	}
}

func TestDefault(t *testing.T) {
	assert.Equal(t, frame.Source{Stage: frame.LLM, Model: "gpt-4o"}, Default(frame.LLM, "gpt-4o"))
	assert.Equal(t, frame.Source{Stage: frame.TTS, Provider: "cartesia"}, Default(frame.TTS, "Cartesia"))
}
