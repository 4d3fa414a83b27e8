package spanusage

import (
	"encoding/binary"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect/wire"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// vocabulary is names that fuzzing puts together.
var vocabulary = []string{
	"gen_ai.operation.name", "gen_ai.system", "gen_ai.provider.name", "gen_ai.request.model", "gen_ai.response.model",
	"gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens", "gen_ai.usage.output_tokens", "gen_ai.usage.total_tokens",
	"gen_ai.usage.cache_read.input_tokens", "gen_ai.usage.cache_creation.input_tokens", "gen_ai.usage.reasoning.output_tokens",
	"gen_ai.usage.text.input_tokens", "gen_ai.usage.audio.input_tokens", "gen_ai.usage.image.input_tokens",
	"gen_ai.usage.video.input_tokens", "gen_ai.usage.audio.cache_read.input_tokens", "gen_ai.usage.image.cache_read.input_tokens",
	"gen_ai.usage.text.output_tokens", "gen_ai.usage.audio.output_tokens", "gen_ai.usage.cost.amount",
	"llm.token_count.prompt", "llm.token_count.completion", "llm.token_count.total", "llm.token_count.prompt_details.cache_read",
	"llm.model_name", "llm.provider", "openinference.span.kind", "metrics.character_count", "metrics.audio_seconds",
	"tts.character_count", "tokens.prompt", "tokens.completion", "tokens.total", "openai.response.service_tier", "server.address",
	"cloud.region", "lk.llm_metrics", "lk.tts_metrics", "lk.realtime_model_metrics", "metrics.ttfb",
}

// words are values that mean something.
var words = []string{
	"chat", "tts", "stt", "llm_response", "invoke_agent", "openai", "anthropic", "aws.bedrock", "gcp.gemini", "claude-haiku-4-5", "gpt-4o",
	"unknown", "LLM", "AGENT", "1042", "eu.api.openai.com", lkLLM, lkTTS, lkSpeechTokens, lkRealtime, lkLLM[:100],
}

// attribute is one of a span that fuzzing makes: ten bytes of its data.
type attribute [10]byte

func (a attribute) put(into pcommon.Map) {
	key, bits := vocabulary[int(a[0])%len(vocabulary)], binary.LittleEndian.Uint64(a[2:])
	switch a[1] % 8 {
	case 0:
		into.PutEmpty(key)
	case 1:
		into.PutDouble(key, math.Float64frombits(bits))
	case 2:
		into.PutBool(key, bits%2 == 0)
	case 3:
		into.PutInt(key, int64(bits))
	case 4:
		into.PutStr(key, words[bits%uint64(len(words))])
	case 5:
		into.PutStr(key, string(a[2:]))
	default:
		into.PutInt(key, int64(bits%4096))
	}
}

// What comes out is never negative, never more than a report can mean and bounded in its names; the order of the attributes does not
// matter, and neither does what was read before.
func FuzzRead(f *testing.F) {
	f.Add("pipecat", "llm", byte(3), []byte("\x00\x04\x00\x00\x00\x00\x00\x00\x00\x00\x05\x06\x12\x04\x00\x00\x00\x00\x00\x00"))
	f.Add("", "agent_turn", byte(1), []byte("\x27\x04\x13\x00\x00\x00\x00\x00\x00\x00\x05\x06\x84\x00\x00\x00\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, scope, name string, kind byte, data []byte) {
		span, reversed := ptrace.NewSpan(), ptrace.NewSpan()
		var attributes []attribute
		for chunk := range slices.Chunk(data, len(attribute{})) {
			var a attribute
			copy(a[:], chunk)
			if !slices.ContainsFunc(attributes, func(b attribute) bool { return int(a[0])%len(vocabulary) == int(b[0])%len(vocabulary) }) {
				attributes = append(attributes, a)
			}
		}
		for i := range attributes {
			attributes[i].put(span.Attributes())
			attributes[len(attributes)-1-i].put(reversed.Attributes())
		}
		for _, s := range []ptrace.Span{span, reversed} {
			s.SetName(name)
			s.SetKind(ptrace.SpanKind(kind % 6))
		}
		var r, other Reader
		verdict := r.Read(span, scope)
		requireSane(t, verdict, &r.Usage)
		require.Equal(t, verdict, other.Read(reversed, scope))
		if verdict == Used {
			require.Equal(t, r.Usage, other.Usage)
		}
		require.Equal(t, verdict, r.Read(span, scope))
	})
}

func requireSane(t *testing.T, verdict Verdict, u *Usage) {
	if verdict != Used {
		return
	}
	require.False(t, u.nothing())
	for _, n := range u.Tokens {
		require.GreaterOrEqual(t, n, int64(0))
		require.LessOrEqual(t, n, int64(3*frame.MaxTokens))
	}
	for _, n := range []float64{u.Characters, u.Heard, u.Open} {
		require.False(t, n < 0 || math.IsNaN(n) || n > frame.MaxTokens, "%v", n)
	}
	for _, text := range []string{u.Source.Provider, u.Source.Model, u.Asked, u.Terms.ServiceTier, u.Terms.Region} {
		require.LessOrEqual(t, len(text), wire.MaxText)
	}
}
