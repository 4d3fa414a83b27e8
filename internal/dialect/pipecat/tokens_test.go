package pipecat

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

var (
	openAI    = frame.Source{Provider: "openai", Processor: "OpenAILLMService", Model: "gpt-4o"}
	anthropic = frame.Source{Provider: "anthropic", Processor: "AnthropicLLMService", Model: "claude-haiku-4-5"}
	bedrock   = frame.Source{Provider: "aws", Processor: "AWSBedrockLLMService", Model: "anthropic.claude"}
	google    = frame.Source{Provider: "google", Processor: "GoogleLLMService", Model: "gemini-2.5-flash"}
)

// The rule of bots.md 1.3, service by service.
func TestTokenSplit(t *testing.T) {
	for name, test := range map[string]struct {
		by    frame.Source
		usage tokenUsage
		want  frame.Tokens
	}{
		"OpenAI: cached is inside the prompt": {
			openAI,
			tokenUsage{Prompt: 1042, Completion: 37, Total: 1079, CacheRead: 896},
			frame.Tokens{frame.PromptText: 146, frame.PromptCacheRead: 896, frame.CompletionText: 37},
		},
		"OpenAI: reasoning is inside the completion": {
			openAI,
			tokenUsage{Prompt: 10, Completion: 300, Total: 310, Reasoning: 256},
			frame.Tokens{frame.PromptText: 10, frame.CompletionText: 44, frame.CompletionReasoning: 256},
		},
		"OpenAI without a total": {
			openAI,
			tokenUsage{Prompt: 1042, Completion: 37, CacheRead: 896},
			frame.Tokens{frame.PromptText: 146, frame.PromptCacheRead: 896, frame.CompletionText: 37},
		},
		"Anthropic 1.7 and later: cached is beside the prompt, the total has it": {
			anthropic,
			tokenUsage{Prompt: 50, Completion: 100, Total: 2150, CacheRead: 1800, CacheWrite: 200},
			frame.Tokens{frame.PromptText: 50, frame.PromptCacheRead: 1800, frame.PromptCacheWrite: 200, frame.CompletionText: 100},
		},
		"Anthropic before: the total lacks the cache": {
			anthropic,
			tokenUsage{Prompt: 50, Completion: 100, Total: 150, CacheRead: 1800, CacheWrite: 200},
			frame.Tokens{frame.PromptText: 50, frame.PromptCacheRead: 1800, frame.PromptCacheWrite: 200, frame.CompletionText: 100},
		},
		"Anthropic before, with little cache": {
			anthropic,
			tokenUsage{Prompt: 500, Completion: 100, Total: 600, CacheRead: 200},
			frame.Tokens{frame.PromptText: 500, frame.PromptCacheRead: 200, frame.CompletionText: 100},
		},
		"Bedrock before 1.7": {
			bedrock,
			tokenUsage{Prompt: 500, Completion: 100, Total: 600, CacheRead: 200},
			frame.Tokens{frame.PromptText: 500, frame.PromptCacheRead: 200, frame.CompletionText: 100},
		},
		"Claude by a class that names nobody": {
			frame.Source{Processor: "AcmeLLMService", Model: "claude-haiku-4-5"},
			tokenUsage{Prompt: 1000, Completion: 10, Total: 1010, CacheRead: 800},
			frame.Tokens{frame.PromptText: 1000, frame.PromptCacheRead: 800, frame.CompletionText: 10},
		},
		"Claude by OpenRouter, which counts as OpenAI does": {
			frame.Source{Provider: "openrouter", Processor: "OpenRouterLLMService", Model: "anthropic/claude-haiku-4-5"},
			tokenUsage{Prompt: 1000, Completion: 10, Total: 1010, CacheRead: 800},
			frame.Tokens{frame.PromptText: 200, frame.PromptCacheRead: 800, frame.CompletionText: 10},
		},
		"a net total tells, whoever reports": {
			openAI,
			tokenUsage{Prompt: 50, Completion: 100, Total: 1950, CacheRead: 1800},
			frame.Tokens{frame.PromptText: 50, frame.PromptCacheRead: 1800, frame.CompletionText: 100},
		},
		"Gemini: thoughts are beside the completion": {
			google,
			tokenUsage{Prompt: 120, Completion: 30, Total: 350, Reasoning: 200},
			frame.Tokens{frame.PromptText: 120, frame.CompletionText: 30, frame.CompletionReasoning: 200},
		},
		"Gemini with cache": {
			google,
			tokenUsage{Prompt: 1000, Completion: 30, Total: 1230, Reasoning: 200, CacheRead: 700},
			frame.Tokens{frame.PromptText: 300, frame.PromptCacheRead: 700, frame.CompletionText: 30, frame.CompletionReasoning: 200},
		},
		"Gemini, whose thoughts are as many as its cache": {
			google,
			tokenUsage{Prompt: 1000, Completion: 100, Total: 1996, Reasoning: 896, CacheRead: 896},
			frame.Tokens{frame.PromptText: 104, frame.PromptCacheRead: 896, frame.CompletionText: 100, frame.CompletionReasoning: 896},
		},
		"a total that holds more": {openAI, tokenUsage{Prompt: 10, Total: 500}, frame.Tokens{frame.PromptText: 10, frame.Unsplit: 490}},
		"a total alone":           {openAI, tokenUsage{Total: 500}, frame.Tokens{frame.Unsplit: 500}},
		"realtime: audio apart from text, cached audio apart from both": {
			openAI,
			tokenUsage{Prompt: 1000, Completion: 500, Total: 1500, CacheRead: 400, AudioIn: 250, AudioCacheRead: 100, AudioOut: 300},
			frame.Tokens{
				frame.PromptText: 450, frame.PromptCacheRead: 300, frame.PromptAudio: 150, frame.PromptAudioCacheRead: 100,
				frame.CompletionText: 200, frame.CompletionAudio: 300,
			},
		},
		"realtime without the cached audio: the overlap is the least possible": {
			openAI,
			tokenUsage{Prompt: 1000, Completion: 0, Total: 1000, CacheRead: 800, AudioIn: 300},
			frame.Tokens{frame.PromptCacheRead: 700, frame.PromptAudio: 200, frame.PromptAudioCacheRead: 100},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := test.usage.split(test.by)
			require.NoError(t, err)
			assert.Equal(t, test.want, got)
		})
	}
}

func TestTokenSplitRefusesTheImpossible(t *testing.T) {
	for _, usage := range []tokenUsage{
		{Prompt: 10, Completion: 5, Total: 15, CacheRead: 20},
		{Prompt: 10, Completion: 5, Total: 15, AudioOut: 6},
		{Prompt: 10, AudioIn: 11},
		{Prompt: frame.MaxTokens + 1},
		{Completion: -1},
	} {
		_, err := usage.split(openAI)
		assert.Error(t, err, "%+v", usage)
	}
}

func TestSourceOf(t *testing.T) {
	for processor, want := range map[string]frame.Source{
		"OpenAILLMService#57":            {Stage: frame.LLM, Processor: "OpenAILLMService", Provider: "openai"},
		"OpenAIRealtimeLLMService#0":     {Stage: frame.Realtime, Processor: "OpenAIRealtimeLLMService", Provider: "openai"},
		"GeminiLiveLLMService#0":         {Stage: frame.Realtime, Processor: "GeminiLiveLLMService", Provider: "google"},
		"AWSNovaSonicLLMService#0":       {Stage: frame.Realtime, Processor: "AWSNovaSonicLLMService", Provider: "aws"},
		"ElevenLabsRealtimeSTTService#1": {Stage: frame.STT, Processor: "ElevenLabsRealtimeSTTService", Provider: "elevenlabs"},
		"CartesiaHttpTTSService#0":       {Stage: frame.TTS, Processor: "CartesiaHttpTTSService", Provider: "cartesia"},
		"AzureLLMService#0":              {Stage: frame.LLM, Processor: "AzureLLMService", Provider: "azure"},
		"GrokLLMService":                 {Stage: frame.LLM, Processor: "GrokLLMService", Provider: "xai"},
		"GroqSTTService":                 {Stage: frame.STT, Processor: "GroqSTTService", Provider: "groq"},
		"SmallWebRTCOutputTransport#0":   {Stage: frame.Transport, Processor: "SmallWebRTCOutputTransport"},
		"AcmeLLMService#0":               {Stage: frame.LLM, Processor: "AcmeLLMService"},
		"Pipeline#0::Source":             {Processor: "Pipeline"},
		"":                               {},
	} {
		assert.Equal(t, want, SourceOf(processor, ""), processor)
	}
}
