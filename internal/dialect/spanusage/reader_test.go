package spanusage

import (
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

type attrs = map[string]any

// spanOf makes a span; attributes are put in their order of names, which must not matter.
func spanOf(t testing.TB, name string, kind ptrace.SpanKind, attributes attrs) ptrace.Span {
	t.Helper()
	span := ptrace.NewSpan()
	span.SetName(name)
	span.SetKind(kind)
	require.NoError(t, span.Attributes().FromRaw(attributes))
	return span
}

func with(base attrs, more ...any) attrs {
	all := attrs{}
	for key, value := range base {
		all[key] = value
	}
	for i := 0; i < len(more); i += 2 {
		all[more[i].(string)] = more[i+1]
	}
	return all
}

var (
	gpt   = frame.Source{Stage: frame.LLM, Provider: "openai", Model: "gpt-4o"}
	haiku = frame.Source{Stage: frame.LLM, Provider: "anthropic", Model: "claude-haiku-4-5"}
)

// leaf is the usual split of the usual request: 1042 tokens in, of which 896 were cached, 37 out.
var usual = frame.Tokens{frame.PromptText: 146, frame.PromptCacheRead: 896, frame.CompletionText: 37}

const (
	lkLLM = `{"type":"llm_metrics","label":"livekit.plugins.openai.llm.LLM","request_id":"chatcmpl-x","timestamp":1755781200.1,"duration":1.42,` +
		`"ttft":0.52,"cancelled":false,"completion_tokens":37,"prompt_tokens":1042,"prompt_cached_tokens":860,"cache_creation_tokens":22,` +
		`"total_tokens":1079,"tokens_per_second":26.05,"speech_id":"speech_a1","metadata":{"model_name":"gpt-4o","model_provider":"api.openai.com"}}`
	lkTTS = `{"type":"tts_metrics","label":"livekit.plugins.cartesia.tts.TTS","request_id":"r","timestamp":1755781200.1,"ttfb":0.19,"duration":1.1,` +
		`"audio_duration":2.3,"cancelled":false,"characters_count":48,"input_tokens":0,"output_tokens":0,"streamed":true,"acquire_time":0.0,` +
		`"connection_reused":true,"segment_id":null,"speech_id":null,"metadata":{"model_name":"sonic-3","model_provider":"Cartesia"}}`
	lkSpeechTokens = `{"type":"tts_metrics","label":"livekit.plugins.openai.tts.TTS","request_id":"r","timestamp":1755781200.1,"ttfb":0.19,` +
		`"duration":1.1,"audio_duration":2.3,"cancelled":false,"characters_count":48,"input_tokens":12,"output_tokens":58,"streamed":false,` +
		`"metadata":{"model_name":"gpt-4o-mini-tts","model_provider":"api.openai.com"}}`
	lkRealtime = `{"type":"realtime_model_metrics","label":"livekit.plugins.openai.realtime.RealtimeModel","request_id":"resp_1",` +
		`"timestamp":1755781200.1,"duration":1.2,"session_duration":0.0,"ttft":0.4,"cancelled":false,"input_tokens":132,"output_tokens":121,` +
		`"total_tokens":253,"tokens_per_second":100.8,"input_token_details":{"audio_tokens":13,"text_tokens":119,"image_tokens":0,` +
		`"cached_tokens":64,"cached_tokens_details":{"audio_tokens":0,"text_tokens":64,"image_tokens":0}},"output_token_details":` +
		`{"text_tokens":30,"audio_tokens":91,"image_tokens":0},"metadata":{"model_name":"gpt-realtime","model_provider":"api.openai.com"}}`
)

func TestRead(t *testing.T) {
	newer := attrs{
		"gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai", "gen_ai.request.model": "gpt-4o",
		"gen_ai.usage.input_tokens": 1042, "gen_ai.usage.output_tokens": 37, "gen_ai.usage.cache_read.input_tokens": 896,
	}
	llm := func(provider, model string, more ...any) attrs {
		return with(attrs{
			"gen_ai.operation.name": "chat", "gen_ai.provider.name": provider, "gen_ai.request.model": model, "gen_ai.output.type": "text",
			"stream": true, "input": "secret", "output": "secret", "metrics.ttfb": 0.41,
		}, more...)
	}
	for name, test := range map[string]struct {
		scope, span string
		attributes  attrs
		want        Usage
	}{
		"conventions": {"opentelemetry.instrumentation.openai_v2", "chat gpt-4o", newer, Usage{Source: gpt, Tokens: usual}},
		"conventions of 2024": {"", "openai.chat", attrs{
			"gen_ai.system": "OpenAI", "gen_ai.request.model": "gpt-4o", "llm.request.type": "chat", "gen_ai.usage.prompt_tokens": 1042,
			"gen_ai.usage.completion_tokens": 37, "llm.usage.total_tokens": 1079, "gen_ai.usage.cache_read_input_tokens": 896,
		}, Usage{Source: gpt, Tokens: usual}},
		"both eras on one span": {"", "chat", with(newer, "gen_ai.system", "someone", "gen_ai.usage.prompt_tokens", 1042,
			"gen_ai.usage.completion_tokens", 37, "gen_ai.usage.cache_read_input_tokens", 896), Usage{Source: gpt, Tokens: usual}},
		"the model that answered": {
			"", "chat", with(newer, "gen_ai.response.model", "gpt-4o-2024-08-06"),
			Usage{Source: frame.Source{Stage: frame.LLM, Provider: "openai", Model: "gpt-4o-2024-08-06"}, Asked: "gpt-4o", Tokens: usual},
		},
		"the model that answered is the one asked for": {"", "chat", with(newer, "gen_ai.response.model", "gpt-4o"), Usage{Source: gpt, Tokens: usual}},
		"service tier": {
			"", "chat", with(newer, "openai.request.service_tier", "auto", "openai.response.service_tier", "flex"),
			Usage{Source: gpt, Tokens: usual, Terms: frame.Terms{ServiceTier: "flex"}},
		},
		"service tier that was asked for": {
			"", "chat", with(newer, "gen_ai.openai.request.service_tier", "priority"),
			Usage{Source: gpt, Tokens: usual, Terms: frame.Terms{ServiceTier: "priority"}},
		},
		"OpenAI's servers in a region": {
			"", "chat", with(newer, "server.address", "eu.api.openai.com"),
			Usage{Source: gpt, Tokens: usual, Terms: frame.Terms{Region: "eu"}},
		},
		"a region of AWS": {
			"", "chat", with(newer, "gen_ai.provider.name", "aws.bedrock", "gen_ai.request.model", "amazon.nova-pro-v1:0", "cloud.region", "eu-west-1"),
			Usage{
				Source: frame.Source{Stage: frame.LLM, Provider: "aws", Model: "amazon.nova-pro-v1:0"}, Tokens: usual,
				Terms: frame.Terms{Region: "eu-west-1"},
			},
		},
		"the client's own region is nobody's": {"", "chat", with(newer, "cloud.region", "eu-west-1"), Usage{Source: gpt, Tokens: usual}},
		"OpenAI's client for somebody else's server": {
			"", "chat", with(newer, "server.address", "api.groq.com", "gen_ai.request.model", "llama-3.3-70b-versatile"),
			Usage{Source: frame.Source{Stage: frame.LLM, Provider: "groq", Model: "llama-3.3-70b-versatile"}, Tokens: usual},
		},
		"counts as doubles and texts": {
			"", "chat", with(newer, "gen_ai.usage.input_tokens", 1042.0, "gen_ai.usage.output_tokens", "37"),
			Usage{Source: gpt, Tokens: usual},
		},
		"cache written, by its old name and its new one": {
			"", "chat", with(newer, "gen_ai.usage.cache_creation_input_tokens", 22, "gen_ai.usage.cache_write.input_tokens", 22),
			Usage{Source: gpt, Tokens: frame.Tokens{
				frame.PromptText: 124, frame.PromptCacheRead: 896, frame.PromptCacheWrite: 22, frame.CompletionText: 37,
			}},
		},
		"reasoning is inside": {"", "chat", with(newer, "gen_ai.usage.reasoning.output_tokens", 7), Usage{Source: gpt, Tokens: frame.Tokens{
			frame.PromptText: 146, frame.PromptCacheRead: 896, frame.CompletionText: 30, frame.CompletionReasoning: 7,
		}}},
		"reasoning that the total has beside": {
			"", "chat", with(newer, "gen_ai.usage.reasoning_tokens", 7, "gen_ai.usage.total_tokens", 1086),
			Usage{Source: gpt, Tokens: frame.Tokens{
				frame.PromptText: 146, frame.PromptCacheRead: 896, frame.CompletionText: 37, frame.CompletionReasoning: 7,
			}},
		},
		"modalities (cost.md V2)": {"", "chat", attrs{
			"gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai", "gen_ai.request.model": "gpt-realtime-2.1",
			"gen_ai.usage.input_tokens": 1000, "gen_ai.usage.output_tokens": 500, "gen_ai.usage.cache_read.input_tokens": 400,
			"gen_ai.usage.audio.input_tokens": 250, "gen_ai.usage.image.input_tokens": 150, "gen_ai.usage.audio.output_tokens": 300,
			"gen_ai.usage.audio.cache_read.input_tokens": 100, "gen_ai.usage.image.cache_read.input_tokens": 50,
		}, Usage{Source: frame.Source{Stage: frame.LLM, Provider: "openai", Model: "gpt-realtime-2.1"}, Tokens: v2}},
		"modalities alone": {"", "chat", attrs{
			"gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai", "gen_ai.request.model": "gpt-realtime-2.1",
			"gen_ai.usage.text.input_tokens": 600, "gen_ai.usage.audio.input_tokens": 250, "gen_ai.usage.image.input_tokens": 150,
			"gen_ai.usage.text.cache_read.input_tokens": 250, "gen_ai.usage.audio.cache_read.input_tokens": 100,
			"gen_ai.usage.image.cache_read.input_tokens": 50, "gen_ai.usage.text.output_tokens": 200, "gen_ai.usage.audio.output_tokens": 300,
			"gen_ai.usage.total_tokens": 1500,
		}, Usage{Source: frame.Source{Stage: frame.LLM, Provider: "openai", Model: "gpt-realtime-2.1"}, Tokens: v2}},
		"sound, with what was written to the cache": {
			"", "chat", with(newer, "gen_ai.usage.input_tokens", 1000, "gen_ai.usage.cache_read.input_tokens", 800,
				"gen_ai.usage.cache_write.input_tokens", 100, "gen_ai.usage.audio.input_tokens", 300),
			Usage{Source: gpt, Tokens: frame.Tokens{
				frame.PromptCacheRead: 600, frame.PromptCacheWrite: 100, frame.PromptAudio: 100, frame.PromptAudioCacheRead: 200,
				frame.CompletionText: 37,
			}},
		},
		"video": {"", "generate_content", attrs{
			"gen_ai.operation.name": "generate_content", "gen_ai.system": "gcp.gemini", "gen_ai.request.model": "gemini-3.1-flash-live-preview",
			"gen_ai.usage.input_tokens": 1000, "gen_ai.usage.output_tokens": 500, "gen_ai.usage.audio.input_tokens": 200,
			"gen_ai.usage.image.input_tokens": 100, "gen_ai.usage.video.input_tokens": 100, "gen_ai.usage.audio.output_tokens": 300,
		}, Usage{
			Source: frame.Source{Stage: frame.LLM, Provider: "google", Model: "gemini-3.1-flash-live-preview"},
			Tokens: frame.Tokens{
				frame.PromptText: 600, frame.PromptAudio: 200, frame.PromptImage: 100, frame.PromptVideo: 100,
				frame.CompletionText: 200, frame.CompletionAudio: 300,
			},
		}},
		"Anthropic by the conventions: gross": {
			"opentelemetry.instrumentation.anthropic", "chat", with(newer, "gen_ai.provider.name", "anthropic", "gen_ai.request.model", "claude-haiku-4-5"),
			Usage{Source: haiku, Tokens: usual},
		},
		"Anthropic in its own way, as the total tells": {
			"", "chat", with(newer, "gen_ai.provider.name", "anthropic", "gen_ai.request.model", "claude-haiku-4-5", "gen_ai.usage.input_tokens", 1146,
				"gen_ai.usage.total_tokens", 1146+896+37),
			Usage{Source: haiku, Tokens: frame.Tokens{frame.PromptText: 1146, frame.PromptCacheRead: 896, frame.CompletionText: 37}},
		},
		"Anthropic in its own way, or it could not be": {
			"", "chat", with(newer, "gen_ai.provider.name", "anthropic", "gen_ai.request.model", "claude-haiku-4-5", "gen_ai.usage.input_tokens", 146),
			Usage{Source: haiku, Tokens: usual},
		},
		"a total that holds more": {"", "chat", with(newer, "gen_ai.usage.total_tokens", 1100), Usage{Source: gpt, Tokens: frame.Tokens{
			frame.PromptText: 146, frame.PromptCacheRead: 896, frame.CompletionText: 37, frame.Unsplit: 21,
		}}},
		"a total alone": {"", "chat", attrs{
			"gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai", "gen_ai.request.model": "gpt-4o", "gen_ai.usage.total_tokens": 500,
		}, Usage{Source: gpt, Tokens: frame.Tokens{frame.Unsplit: 500}}},
		"speech synthesis by tokens puts out sound": {"", "speech", attrs{
			"gen_ai.operation.name": "text_to_speech", "gen_ai.provider.name": "openai", "gen_ai.request.model": "gpt-4o-mini-tts",
			"gen_ai.usage.input_tokens": 12, "gen_ai.usage.output_tokens": 58,
		}, Usage{
			Source: frame.Source{Stage: frame.TTS, Provider: "openai", Model: "gpt-4o-mini-tts"},
			Tokens: frame.Tokens{frame.PromptText: 12, frame.CompletionAudio: 58},
		}},

		"Pipecat: llm":                              {"pipecat", "llm", with(newer, "metrics.ttfb", 0.41, "settings.model", "gpt-4o"), Usage{Source: gpt, Tokens: usual}},
		"Pipecat before 0.0.108":                    {"pipecat", "llm", attrs{"gen_ai.system": "openai", "gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4o", "gen_ai.usage.input_tokens": 1042, "gen_ai.usage.output_tokens": 37, "gen_ai.usage.cache_read_input_tokens": 896}, Usage{Source: gpt, Tokens: usual}},
		"Pipecat: Anthropic, net":                   {"pipecat", "llm", llm("anthropic", "claude-haiku-4-5", "gen_ai.usage.input_tokens", 500, "gen_ai.usage.output_tokens", 100, "gen_ai.usage.cache_read.input_tokens", 200), Usage{Source: haiku, Tokens: frame.Tokens{frame.PromptText: 500, frame.PromptCacheRead: 200, frame.CompletionText: 100}}},
		"Pipecat without its scope: Anthropic, net": {"", "llm", llm("anthropic", "claude-haiku-4-5", "gen_ai.usage.input_tokens", 500, "gen_ai.usage.output_tokens", 100, "gen_ai.usage.cache_read.input_tokens", 200), Usage{Source: haiku, Tokens: frame.Tokens{frame.PromptText: 500, frame.PromptCacheRead: 200, frame.CompletionText: 100}}},
		"Pipecat: Bedrock, net, whatever the model": {"pipecat", "llm", llm("aws.bedrock", "us.amazon.nova-pro-v1:0", "gen_ai.usage.input_tokens", 500, "gen_ai.usage.output_tokens", 100, "gen_ai.usage.cache_read.input_tokens", 200), Usage{Source: frame.Source{Stage: frame.LLM, Provider: "aws", Model: "us.amazon.nova-pro-v1:0"}, Tokens: frame.Tokens{frame.PromptText: 500, frame.PromptCacheRead: 200, frame.CompletionText: 100}}},
		"Pipecat: Azure":                            {"pipecat", "llm", llm("azure.ai.openai", "gpt-4o", "gen_ai.usage.input_tokens", 1042, "gen_ai.usage.output_tokens", 37, "gen_ai.usage.cache_read.input_tokens", 896), Usage{Source: frame.Source{Stage: frame.LLM, Provider: "azure", Model: "gpt-4o"}, Tokens: usual}},
		"Pipecat: Gemini, thoughts are beside":      {"pipecat", "llm", llm("gcp.gemini", "gemini-2.5-flash", "gen_ai.usage.input_tokens", 120, "gen_ai.usage.output_tokens", 300, "gen_ai.usage.reasoning.output_tokens", 200), Usage{Source: frame.Source{Stage: frame.LLM, Provider: "google", Model: "gemini-2.5-flash"}, Tokens: frame.Tokens{frame.PromptText: 120, frame.CompletionText: 300, frame.CompletionReasoning: 200}}},
		"Pipecat: OpenAI Realtime": {"pipecat", "llm_response", attrs{
			"gen_ai.operation.name": "llm_response", "service.operation": "llm_response", "gen_ai.provider.name": "openai", "gen_ai.request.model": "gpt-realtime",
			"gen_ai.usage.input_tokens": 1000, "gen_ai.usage.output_tokens": 500, "gen_ai.usage.cache_read.input_tokens": 400,
			"gen_ai.usage.audio.input_tokens": 250, "gen_ai.usage.audio.cache_read.input_tokens": 100, "gen_ai.usage.audio.output_tokens": 300,
			"function_calls.count": 1, "metrics.ttfb": 0.4,
		}, Usage{Source: frame.Source{Stage: frame.Realtime, Provider: "openai", Model: "gpt-realtime"}, Tokens: frame.Tokens{
			frame.PromptText: 450, frame.PromptCacheRead: 300, frame.PromptAudio: 150, frame.PromptAudioCacheRead: 100,
			frame.CompletionText: 200, frame.CompletionAudio: 300,
		}}},
		"Pipecat: Gemini Live": {"pipecat", "llm_response", attrs{
			"gen_ai.operation.name": "llm_response", "gen_ai.provider.name": "gcp.gemini", "gen_ai.request.model": "models/gemini-3.1-flash-live-preview",
			"gen_ai.usage.input_tokens": 1000, "gen_ai.usage.output_tokens": 300, "gen_ai.usage.reasoning_tokens": 50,
			"gen_ai.usage.audio.input_tokens": 200, "gen_ai.usage.audio.output_tokens": 300,
		}, Usage{Source: frame.Source{Stage: frame.Realtime, Provider: "google", Model: "models/gemini-3.1-flash-live-preview"}, Tokens: frame.Tokens{
			frame.PromptText: 800, frame.PromptAudio: 200, frame.CompletionAudio: 300, frame.CompletionReasoning: 50,
		}}},
		"Pipecat before 1.6: realtime models, text and sound in one": {"pipecat", "llm_response", attrs{
			"gen_ai.operation.name": "llm_response", "gen_ai.system": "openai", "gen_ai.request.model": "gpt-4o-realtime-preview",
			"tokens.prompt": 1000, "tokens.completion": 500, "tokens.total": 1500,
		}, Usage{Source: frame.Source{Stage: frame.Realtime, Provider: "openai", Model: "gpt-4o-realtime-preview"}, Tokens: frame.Tokens{frame.Unsplit: 1500}}},
		"Pipecat: tts": {"pipecat", "tts", attrs{
			"gen_ai.provider.name": "cartesiahttp", "gen_ai.request.model": "sonic-3.5", "gen_ai.operation.name": "tts", "gen_ai.output.type": "speech",
			"voice_id": "v", "text": "secret", "metrics.character_count": 48, "metrics.ttfb": 0.19,
		}, Usage{Source: frame.Source{Stage: frame.TTS, Provider: "cartesia", Model: "sonic-3.5"}, Characters: 48}},
		"Pipecat: stt": {"pipecat", "stt", attrs{
			"gen_ai.provider.name": "deepgram", "gen_ai.request.model": "nova-3", "gen_ai.operation.name": "stt", "vad_enabled": true,
			"transcript": "secret", "is_final": true, "metrics.ttfb": 0.2, "metrics.audio_seconds": 7.84,
		}, Usage{Source: frame.Source{Stage: frame.STT, Provider: "deepgram", Model: "nova-3"}, Heard: 7.84}},

		"LiveKit: llm_request": {"livekit-agents", "llm_request", attrs{
			"gen_ai.operation.name": "chat", "gen_ai.provider.name": "api.openai.com", "gen_ai.request.model": "gpt-4o", "gen_ai.usage.input_tokens": 1042,
			"gen_ai.usage.cache_read.input_tokens": 860, "gen_ai.usage.output_tokens": 37, "lk.llm_metrics": lkLLM,
		}, Usage{Source: gpt, Tokens: frame.Tokens{
			frame.PromptText: 160, frame.PromptCacheRead: 860, frame.PromptCacheWrite: 22, frame.CompletionText: 37,
		}}},
		"LiveKit: llm_request, its JSON cut off": {"livekit-agents", "llm_request", attrs{
			"gen_ai.operation.name": "chat", "gen_ai.provider.name": "api.openai.com", "gen_ai.request.model": "gpt-4o", "gen_ai.usage.input_tokens": 1042,
			"gen_ai.usage.cache_read.input_tokens": 896, "gen_ai.usage.output_tokens": 37, "lk.llm_metrics": lkLLM[:128],
		}, Usage{Source: gpt, Tokens: usual}},
		"LiveKit: llm_request, a count is none": {"livekit-agents", "llm_request", with(newer, "lk.llm_metrics",
			strings.Replace(lkLLM, `"prompt_tokens":1042`, `"prompt_tokens":"1042"`, 1)), Usage{Source: gpt, Tokens: usual}},
		"LiveKit: llm_request, of a kind that is not known": {"livekit-agents", "llm_request", with(newer, "lk.llm_metrics",
			strings.Replace(lkLLM, "llm_metrics", "llm2_metrics", 1)), Usage{Source: gpt, Tokens: usual}},
		"LiveKit: tts_request": {
			"livekit-agents", "tts_request",
			attrs{"lk.tts_metrics": lkTTS, "lk.tts.streaming": true},
			Usage{Source: frame.Source{Stage: frame.TTS, Provider: "cartesia", Model: "sonic-3"}, Characters: 48},
		},
		"LiveKit: tts_request, by characters and tokens": {"livekit-agents", "tts_request", attrs{"lk.tts_metrics": lkSpeechTokens}, Usage{
			Source: frame.Source{Stage: frame.TTS, Provider: "openai", Model: "gpt-4o-mini-tts"}, Characters: 48,
			Tokens: frame.Tokens{frame.PromptText: 12, frame.CompletionAudio: 58},
		}},
		"LiveKit: a realtime model, on the turn": {"livekit-agents", "agent_turn", attrs{
			"gen_ai.operation.name": "chat", "gen_ai.provider.name": "api.openai.com", "gen_ai.request.model": "gpt-realtime",
			"gen_ai.usage.input_tokens": 132, "gen_ai.usage.output_tokens": 121, "gen_ai.usage.input_text_tokens": 119,
			"gen_ai.usage.input_audio_tokens": 13, "gen_ai.usage.input_cached_tokens": 64, "gen_ai.usage.output_text_tokens": 30,
			"gen_ai.usage.output_audio_tokens": 91, "lk.realtime_model_metrics": lkRealtime, "lk.interrupted": false,
		}, Usage{Source: frame.Source{Stage: frame.Realtime, Provider: "openai", Model: "gpt-realtime"}, Alone: true, Tokens: frame.Tokens{
			frame.PromptText: 55, frame.PromptCacheRead: 64, frame.PromptAudio: 13, frame.CompletionText: 30, frame.CompletionAudio: 91,
		}}},
		"LiveKit: a realtime model, its JSON cut off": {"livekit-agents", "agent_turn", attrs{
			"gen_ai.operation.name": "chat", "gen_ai.provider.name": "api.openai.com", "gen_ai.request.model": "gpt-realtime",
			"gen_ai.usage.input_tokens": 132, "gen_ai.usage.output_tokens": 121, "gen_ai.usage.input_text_tokens": 119,
			"gen_ai.usage.input_audio_tokens": 13, "gen_ai.usage.input_cached_tokens": 64, "gen_ai.usage.output_text_tokens": 30,
			"gen_ai.usage.output_audio_tokens": 91, "lk.realtime_model_metrics": lkRealtime[:128], "lk.interrupted": false,
		}, Usage{Source: frame.Source{Stage: frame.Realtime, Provider: "openai", Model: "gpt-realtime"}, Alone: true, Tokens: frame.Tokens{
			frame.PromptText: 55, frame.PromptCacheRead: 64, frame.PromptAudio: 13, frame.CompletionText: 30, frame.CompletionAudio: 91,
		}}},

		"OpenInference": {"openinference.instrumentation.openai", "ChatCompletion", attrs{
			"openinference.span.kind": "LLM", "llm.model_name": "gpt-4o", "llm.provider": "openai", "llm.system": "openai",
			"llm.token_count.prompt": 1042, "llm.token_count.completion": 37, "llm.token_count.total": 1079,
			"llm.token_count.prompt_details.cache_read": 896, "input.value": "secret",
		}, Usage{Source: gpt, Tokens: usual}},
		"OpenInference: Anthropic is gross": {"openinference.instrumentation.anthropic", "Messages", attrs{
			"openinference.span.kind": "LLM", "llm.model_name": "claude-haiku-4-5", "llm.provider": "anthropic",
			"llm.token_count.prompt": 1042, "llm.token_count.completion": 37, "llm.token_count.total": 1079,
			"llm.token_count.prompt_details.cache_read": 860, "llm.token_count.prompt_details.cache_write": 22,
		}, Usage{Source: haiku, Tokens: frame.Tokens{
			frame.PromptText: 160, frame.PromptCacheRead: 860, frame.PromptCacheWrite: 22, frame.CompletionText: 37,
		}}},
		"OpenInference for Pipecat: llm": {"openinference.instrumentation.pipecat", "pipecat.llm", attrs{
			"openinference.span.kind": "LLM", "llm.model_name": "claude-haiku-4-5", "llm.provider": "anthropic", "gen_ai.system": "anthropic",
			"gen_ai.request.model": "claude-haiku-4-5", "gen_ai.operation.name": "chat", "metrics.processor": "AnthropicLLMService#0",
			"llm.token_count.prompt": 500, "llm.token_count.completion": 100, "llm.token_count.total": 600,
			"llm.token_count.prompt_details.cache_read": 200,
		}, Usage{Source: haiku, Tokens: frame.Tokens{frame.PromptText: 500, frame.PromptCacheRead: 200, frame.CompletionText: 100}}},
		"OpenInference for Pipecat: tts": {"openinference.instrumentation.pipecat", "pipecat.tts", attrs{
			"openinference.span.kind": "LLM", "llm.model_name": "sonic-3.5", "llm.provider": "cartesia", "service.model": "sonic-3.5",
			"audio.voice_id": "v", "tts.character_count": 48, "service.ttfb_seconds": 0.19,
		}, Usage{Source: frame.Source{Stage: frame.TTS, Provider: "cartesia", Model: "sonic-3.5"}, Characters: 48}},
		"OpenInference: no model": {"", "x", attrs{
			"openinference.span.kind": "LLM", "llm.model_name": "unknown", "llm.provider": "unknown", "llm.token_count.prompt": 10,
		}, Usage{Source: frame.Source{Stage: frame.LLM}, Tokens: frame.Tokens{frame.PromptText: 10}}},
	} {
		t.Run(name, func(t *testing.T) {
			var r Reader
			require.Equal(t, Used, r.Read(spanOf(t, test.span, ptrace.SpanKindInternal, test.attributes), test.scope))
			assert.Equal(t, test.want, r.Usage)
		})
	}
}

// v2 is vector V2 of the prices: a realtime request of text, sound and images, partly cached.
var v2 = frame.Tokens{
	frame.PromptText: 350, frame.PromptCacheRead: 250, frame.PromptAudio: 150, frame.PromptAudioCacheRead: 100,
	frame.PromptImage: 100, frame.PromptImageCacheRead: 50, frame.CompletionText: 200, frame.CompletionAudio: 300,
}

func TestVerdicts(t *testing.T) {
	tokens := attrs{"gen_ai.usage.input_tokens": 1042, "gen_ai.usage.output_tokens": 37}
	named := with(tokens, "gen_ai.provider.name", "openai", "gen_ai.request.model", "gpt-4o")
	chat := with(named, "gen_ai.operation.name", "chat")
	for name, test := range map[string]struct {
		span       string
		kind       ptrace.SpanKind
		attributes attrs
		want       Verdict
	}{
		"of something else":            {"GET /", ptrace.SpanKindServer, attrs{"http.request.method": "GET", "server.address": "x"}, Nothing},
		"a request that tells nothing": {"chat gpt-4o", ptrace.SpanKindClient, attrs{"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4o"}, Nothing},
		"empty values":                 {"chat gpt-4o", ptrace.SpanKindClient, attrs{"gen_ai.operation.name": "chat", "gen_ai.usage.input_tokens": nil, "metrics.audio_seconds": nil}, Nothing},
		"a name like ours":             {"x", ptrace.SpanKindClient, attrs{"gen_ai.usage.tokens": 12, "llm.token_count": 12}, Nothing},
		"chat":                         {"chat gpt-4o", ptrace.SpanKindClient, chat, Used},
		"embeddings":                   {"embeddings x", ptrace.SpanKindClient, with(named, "gen_ai.operation.name", "embeddings"), Used},
		"no name, but who":             {"ai.generateText.doGenerate", ptrace.SpanKindInternal, named, Used},
		"nothing says what it is":      {"agent run", ptrace.SpanKindInternal, tokens, Container},
		"a client's by a new name":     {"x", ptrace.SpanKindClient, with(named, "gen_ai.operation.name", "dream"), Used},
		"somebody's by a new name":     {"x", ptrace.SpanKindInternal, with(named, "gen_ai.operation.name", "dream"), Container},
		"invoke_agent":                 {"invoke_agent x", ptrace.SpanKindClient, with(named, "gen_ai.operation.name", "invoke_agent"), Container},
		"invoke_workflow":              {"invoke_workflow x", ptrace.SpanKindInternal, with(named, "gen_ai.operation.name", "invoke_workflow"), Container},
		"create_agent":                 {"create_agent x", ptrace.SpanKindClient, with(named, "gen_ai.operation.name", "create_agent"), Container},
		"execute_tool":                 {"execute_tool x", ptrace.SpanKindInternal, with(named, "gen_ai.operation.name", "execute_tool"), Container},
		"OpenInference: a chain":       {"x", ptrace.SpanKindInternal, with(chat, "openinference.span.kind", "CHAIN"), Container},
		"OpenInference: an agent":      {"x", ptrace.SpanKindInternal, with(tokens, "openinference.span.kind", "AGENT"), Container},
		"OpenInference: a model":       {"x", ptrace.SpanKindInternal, with(tokens, "openinference.span.kind", "LLM"), Used},
		"OpenLLMetry: a workflow":      {"x", ptrace.SpanKindInternal, with(chat, "traceloop.span.kind", "workflow"), Container},
		"LiveKit: a node":              {"llm_node", ptrace.SpanKindInternal, chat, Container},
		"LiveKit: a turn":              {"agent_turn", ptrace.SpanKindInternal, chat, Container},
		"LiveKit: a session":           {"agent_session", ptrace.SpanKindInternal, chat, Container},
		"LiveKit: a judge":             {"judge_evaluation", ptrace.SpanKindInternal, with(named, "gen_ai.operation.name", "judge"), Container},
		"Pipecat: a turn":              {"turn", ptrace.SpanKindInternal, chat, Container},
		"zeros":                        {"chat", ptrace.SpanKindClient, with(chat, "gen_ai.usage.input_tokens", 0, "gen_ai.usage.output_tokens", 0), Unused},
		"LiveKit: zeros, and a latency that is none": {"llm_request", ptrace.SpanKindInternal, with(chat, "lk.llm_metrics", `{"type":"llm_metrics","prompt_tokens":0,"completion_tokens":0,"ttft":"soon"}`), Unused},
		"LiveKit: voice activity":                    {"x", ptrace.SpanKindInternal, attrs{"lk.stt_metrics": `{"type":"vad_metrics","idle_time":0.4}`}, Nothing},
		"LiveKit: zeros":                             {"tts_request", ptrace.SpanKindInternal, attrs{"lk.tts_metrics": `{"type":"tts_metrics","characters_count":0,"input_tokens":0,"output_tokens":0}`}, Unused},

		"ours":                              {"llm", ptrace.SpanKindClient, with(chat, "voice.tx.usage", []any{}), Marked},
		"cost by the conventions' proposal": {"chat", ptrace.SpanKindClient, with(chat, "gen_ai.usage.cost.amount", 0.0), Paid},
		"cost by custom":                    {"chat", ptrace.SpanKindClient, with(chat, "gen_ai.usage.cost", 0.01), Paid},
		"cost by Sentry's name":             {"chat", ptrace.SpanKindClient, with(chat, "gen_ai.usage.total_cost", 0.01), Paid},
		"cost by OpenInference":             {"chat", ptrace.SpanKindClient, with(chat, "llm.cost.total", 0.01), Paid},
		"cost by Logfire":                   {"chat", ptrace.SpanKindClient, with(chat, "operation.cost", 0.01), Paid},
		"cost by us":                        {"chat", ptrace.SpanKindClient, with(chat, "voice.cost.usd", 0.01), Paid},
		"no price by us":                    {"chat", ptrace.SpanKindClient, with(chat, "cost_complete", false), Paid},
		"cost without usage":                {"x", ptrace.SpanKindClient, attrs{"gen_ai.usage.cost.amount": 0.01}, Paid},
		"cost that is none":                 {"chat", ptrace.SpanKindClient, with(chat, "gen_ai.usage.cost.amount", nil), Used},

		"more cached than there is": {"chat", ptrace.SpanKindClient, with(chat, "gen_ai.usage.cache_read.input_tokens", 1043), Impossible},
		"more sound than there is":  {"chat", ptrace.SpanKindClient, with(chat, "gen_ai.usage.audio.output_tokens", 37, "gen_ai.usage.reasoning_tokens", 1), Impossible},
		"negative":                  {"chat", ptrace.SpanKindClient, with(chat, "gen_ai.usage.input_tokens", -1), Impossible},
		"not a number":              {"chat", ptrace.SpanKindClient, with(chat, "gen_ai.usage.input_tokens", math.NaN()), Impossible},
		"without end":               {"chat", ptrace.SpanKindClient, with(chat, "gen_ai.usage.input_tokens", math.Inf(1)), Impossible},
		"half a token":              {"chat", ptrace.SpanKindClient, with(chat, "gen_ai.usage.input_tokens", 10.5), Impossible},
		"half a character":          {"tts", ptrace.SpanKindClient, attrs{"gen_ai.operation.name": "tts", "metrics.character_count": 10.5}, Impossible},
		"huge":                      {"chat", ptrace.SpanKindClient, with(chat, "gen_ai.usage.input_tokens", int64(math.MaxInt64)), Impossible},
		"huge, as a double":         {"chat", ptrace.SpanKindClient, with(chat, "gen_ai.usage.input_tokens", 1e300), Impossible},
		"a text":                    {"chat", ptrace.SpanKindClient, with(chat, "gen_ai.usage.input_tokens", "many"), Impossible},
		"hexadecimal":               {"chat", ptrace.SpanKindClient, with(chat, "gen_ai.usage.input_tokens", "0x1p3"), Impossible},
		"with an underscore":        {"chat", ptrace.SpanKindClient, with(chat, "gen_ai.usage.input_tokens", "1_0"), Impossible},
		"without end, in a text":    {"chat", ptrace.SpanKindClient, with(chat, "gen_ai.usage.input_tokens", "Inf"), Impossible},
		"a text with an exponent":   {"chat", ptrace.SpanKindClient, with(chat, "gen_ai.usage.input_tokens", "1.042e3"), Used},
		"true":                      {"chat", ptrace.SpanKindClient, with(chat, "gen_ai.usage.cache_read.input_tokens", true), Impossible},
		"a list":                    {"chat", ptrace.SpanKindClient, with(chat, "gen_ai.usage.input_tokens", []any{1}), Impossible},
		"negative seconds":          {"stt", ptrace.SpanKindClient, attrs{"gen_ai.operation.name": "stt", "metrics.audio_seconds": -1.0}, Impossible},
		"a year of speech":          {"stt", ptrace.SpanKindClient, attrs{"gen_ai.operation.name": "stt", "metrics.audio_seconds": 31_536_000.0}, Impossible},
		"LiveKit: cut off":          {"tts_request", ptrace.SpanKindInternal, attrs{"lk.tts_metrics": lkTTS[:200]}, Impossible},
		"LiveKit: too long":         {"tts_request", ptrace.SpanKindInternal, attrs{"lk.tts_metrics": lkTTS + strings.Repeat(" ", MaxMetrics)}, Impossible},
		"LiveKit: too deep":         {"tts_request", ptrace.SpanKindInternal, attrs{"lk.tts_metrics": `{"a":` + strings.Repeat("[", MaxMetrics-10)}, Impossible},
		"LiveKit: not a text":       {"tts_request", ptrace.SpanKindInternal, attrs{"lk.tts_metrics": 7}, Impossible},
	} {
		t.Run(name, func(t *testing.T) {
			var r Reader
			assert.Equal(t, test.want, r.Read(spanOf(t, test.span, test.kind, test.attributes), ""))
		})
	}
}

// What use is of does not depend on what it is told by, nor on whether the span is an operation.
func TestFamily(t *testing.T) {
	operation := func(name string) attrs { return attrs{"gen_ai.operation.name": name} }
	for name, test := range map[string]struct {
		span       string
		attributes attrs
		want       Family
		tool       bool
	}{
		"chat":                            {"chat", operation("chat"), Answering, false},
		"a name that nobody knows":        {"x", operation("converse"), Answering, false},
		"no name":                         {"x", attrs{"gen_ai.request.model": "gpt-4o"}, Answering, false},
		"realtime":                        {"llm_response", operation("llm_response"), Answering, false},
		"LiveKit: llm_request":            {"llm_request", attrs{"lk.llm_metrics": lkLLM}, Answering, false},
		"LiveKit: realtime":               {"agent_turn", attrs{"lk.realtime_model_metrics": lkRealtime}, Answering, false},
		"stt":                             {"stt", operation("stt"), Hearing, false},
		"seconds":                         {"x", attrs{"metrics.audio_seconds": 7.0}, Hearing, false},
		"tts":                             {"tts", operation("tts"), Speaking, false},
		"characters":                      {"pipecat.tts", attrs{"openinference.span.kind": "LLM", "tts.character_count": 48}, Speaking, false},
		"LiveKit: tts_request":            {"tts_request", attrs{"lk.tts_metrics": lkTTS}, Speaking, false},
		"LiveKit: tts_request, cut off":   {"tts_request", attrs{"lk.tts_metrics": lkTTS[:100], "gen_ai.operation.name": "chat"}, Speaking, false},
		"LiveKit: of metrics not a text":  {"agent_turn", attrs{"lk.realtime_model_metrics": 7}, Answering, false},
		"embeddings":                      {"embeddings", operation("embeddings"), Aside, false},
		"rerank":                          {"rerank", operation("rerank"), Aside, false},
		"OpenInference: embeddings":       {"x", attrs{"openinference.span.kind": "EMBEDDING"}, Aside, false},
		"before there were conventions":   {"openai.embeddings", attrs{"llm.request.type": "embedding"}, Aside, false},
		"before there were, chat":         {"openai.chat", attrs{"llm.request.type": "chat"}, Answering, false},
		"conventions: tool":               {"execute_tool book", operation("execute_tool"), Answering, true},
		"LiveKit: tool":                   {"function_tool", attrs{"lk.function_tool.name": "book"}, Answering, true},
		"Pipecat: tool of realtime":       {"llm_tool_result", operation("llm_tool_result"), Answering, true},
		"Pipecat: tool of realtime, call": {"llm_tool_call", operation("llm_tool_call"), Answering, true},
		"OpenInference: tool":             {"pipecat.tool.book", attrs{"openinference.span.kind": "TOOL"}, Answering, true},
		"Traceloop: tool":                 {"book.tool", attrs{"traceloop.span.kind": "tool"}, Answering, true},
	} {
		t.Run(name, func(t *testing.T) {
			var r Reader
			r.Read(spanOf(t, test.span, ptrace.SpanKindInternal, test.attributes), "")
			assert.Equal(t, test.want, r.Family())
			assert.Equal(t, test.tool, r.Tool(test.span))
		})
	}
}
