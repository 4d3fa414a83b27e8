package pricing

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// peer is a book of others' prices and ours, and questions to it.
type peer struct {
	*testing.T
	book *Book
}

// costs asserts what a million of a kind costs, or a single one where that is how it is counted.
func (p peer) costs(provider, model string, kind Kind, of int64, want float64) {
	p.Helper()
	result := p.book.Price(&Usage{Provider: provider, Model: model, Kind: kind, Quantity: count(of), At: today})
	assert.Equalf(p, Priced, result.Reason, "%s/%s %s is %s", provider, model, kind, result.Reason)
	assert.InDeltaf(p, want, result.USD, 1e-12, "%s/%s %s", provider, model, kind)
}

// unpriced asserts that there is no price, for a reason: never a zero.
func (p peer) unpriced(provider, model string, kind Kind, want Reason) {
	p.Helper()
	result := p.book.Price(&Usage{Provider: provider, Model: model, Kind: kind, Quantity: count(1_000_000), At: today})
	assert.Equalf(p, want.String(), result.Reason.String(), "%s/%s %s", provider, model, kind)
	assert.Nil(p, result.Row)
}

const million = 1_000_000

// What is wrong or missing in others that price usage, each as a test that we do not share it. Numbers are those of cost.md,
// which has the sources; what belongs to spans and metrics rather than to prices is tested there.
func TestPeersDefects(t *testing.T) {
	ours := embedded(t, nil)
	for _, test := range []struct {
		peer, defect string
		test         func(p peer)
	}{
		// cost.md 1.1: SigNoz signozllmpricingprocessor, its limits.
		{"SigNoz", "* does not cross /, so that even a rule for everything misses openai/gpt-4o", func(p peer) {
			p.book = bookOf(t, unit("acme", map[string]string{"*": "1"}))
			p.costs("acme", "openai/gpt-4o", PromptText, 1, 1)
			p.costs("acme", "meta-llama/llama-4", PromptText, 1, 1)
		}},
		{"SigNoz", "the first rule wins, so that gpt-4o-mini costs what gpt-4o* does", func(p peer) {
			p.book = bookOf(t, `{provider: acme, rows: [
				{models: ["gpt-4o*"], usage: prompt.text, unit: token, price: "5", per: "1000000"},
				{models: ["gpt-4o-mini"], usage: prompt.text, unit: token, price: "0.15", per: "1000000"}]}`)
			p.costs("acme", "gpt-4o-mini", PromptText, million, 0.15)
			p.costs("acme", "gpt-4o-mini-2024-07-18", PromptText, million, 0.15)
			p.costs("acme", "gpt-4o-audio", PromptText, million, 5)
		}},
		{"SigNoz", "case matters", func(p peer) { p.costs("OpenAI", "GPT-4o", PromptText, million, 2.5) }},
		{"SigNoz", "the provider does not matter", func(p peer) {
			p.costs("openai", "gpt-4o", PromptText, million, 2.5)
			p.unpriced("anthropic", "gpt-4o", PromptText, NoModel)
		}},
		{"SigNoz", "no aliases, neither of models nor of providers", func(p peer) {
			p.costs("groq", "kimi-k2", PromptText, million, 1)
			p.costs("gcp.gemini", "gemini-2.5-flash", PromptText, million, 0.3)
		}},
		{"SigNoz", "subtract mode leaves out cache writes, which GPT-5.6 charges 1.25 times for", func(p peer) {
			p.costs("openai", "gpt-5.6-sol", PromptText, million, 4)
			p.costs("openai", "gpt-5.6-sol", PromptCacheWrite, million, 5)
		}},
		{"SigNoz", "a cache price that is absent makes cached tokens free", func(p peer) {
			p.book = bookOf(t, unit("acme", map[string]string{"one": "1"}))
			p.unpriced("acme", "one", PromptCacheRead, NoKind)
		}},
		{"SigNoz", "without a mode cached tokens are billed as input", func(p peer) {
			p.costs("openai", "gpt-4o", PromptCacheRead, million, 1.25)
		}},
		{"SigNoz", "no audio, reasoning, one-hour cache, seconds or characters", func(p peer) {
			p.costs("openai", "gpt-realtime", PromptAudio, million, 32)
			p.costs("openai", "gpt-5", CompletionReasoning, million, 10)
			p.costs("anthropic", "claude-sonnet-4-5", PromptCacheWrite1h, million, 6)
			p.costs("deepgram", "nova-3", STTAudio, 60, 0.0048)
			p.costs("openai", "tts-1", Characters, million, 15)
		}},
		{"SigNoz", "no tiers of context or service, no dates", func(p peer) {
			long := Usage{Model: "gpt-5.4", Kind: PromptText, Quantity: count(million), RequestTokens: 272_000, At: today}
			assert.Equal(p, 5.0, p.book.Price(&long).USD)
			batch := Usage{Provider: "azure", Model: "speech-to-text", Kind: STTAudio, Quantity: count(3600), ServiceTier: "batch", At: today}
			assert.Equal(p, 0.18, p.book.Price(&batch).USD)
			early := Usage{Model: "gpt-5.6-sol", Kind: CompletionText, Quantity: count(million), At: time.Date(2026, 8, 20, 0, 0, 0, 0, time.UTC)}
			assert.Equal(p, 30.0, p.book.Price(&early).USD)
		}},
		{"SigNoz", "negative tokens cost negative money", func(p peer) {
			_, ok := Count(-1)
			assert.False(p, ok)
			_, ok = Measure(-0.5)
			assert.False(p, ok)
		}},
		{"SigNoz", "an unknown model says nothing", func(p peer) {
			p.unpriced("openai", "gpt-unheard-of", PromptText, NoModel)
			assert.Contains(p, p.book.Nearest("openai", "gpt-unheard-of"), "openai/")
		}},

		// cost.md 1.2: others, one line each.
		{"genai-prices", "usage that cannot be is an error: 20 tokens from the cache of a prompt of 10", func(p peer) {
			_, ok := Count(10 - 20)
			assert.False(p, ok, "the rest of the prompt would be negative")
		}},
		{"agentgateway", "audio from the cache is in both buckets", func(p peer) {
			assert.InDelta(p, 0.0032, priceAll(p.T, p.book, "gpt-realtime-2.1", today, leaves{PromptAudio: 100}), 1e-15)
			assert.InDelta(p, 0.00004, priceAll(p.T, p.book, "gpt-realtime-2.1", today, leaves{PromptAudioCacheRead: 100}), 1e-15)
		}},
		{"agentgateway", "a cache without a price becomes input", func(p peer) {
			p.book = bookOf(t, unit("acme", map[string]string{"one": "1"}))
			p.unpriced("acme", "one", PromptCacheWrite, NoKind)
		}},
		{"Langfuse", "usage under a key that the price list does not have is free", func(p peer) {
			_, err := tryBook(`{provider: acme, rows: [{models: [one], usage: input_cached_tokens, unit: token, price: "1", per: "1"}]}`)
			require.ErrorContains(p, err, `usage "input_cached_tokens" is not a kind of usage`)
		}},
		{"Phoenix", "cache writes cost forty times the price (phoenix#10036)", func(p peer) {
			p.costs("anthropic", "claude-sonnet-4-5", PromptCacheWrite, million, 3.75)
		}},
		{"OpenLIT", "the Go SDK reads another shape than the file has, and everything is $0", func(p peer) {
			_, err := Parse("pricing.json", []byte(`{"chat": {"gpt-4o": {"promptPrice": 0.0025}}, "audio": {"whisper-1": 0.0001}}`))
			require.ErrorContains(p, err, "pricing.json")
			require.ErrorContains(p, err, "field chat not found")
		}},
		{"OpenLIT", "one list mixes dollars for 1k characters and for a second", func(p peer) {
			_, err := tryBook(`{provider: acme, rows: [{models: [tts], usage: characters, unit: second, price: "1", per: "1"}]}`)
			require.ErrorContains(p, err, `unit "second" does not measure characters; it must be character`)
			_, err = tryBook(`{provider: acme, rows: [{models: [stt], usage: stt_audio_seconds, price: "1", per: "1"}]}`)
			require.ErrorContains(p, err, `unit "" does not measure stt_audio_seconds`)
		}},
		{"OpenLIT", "what is not known costs 0", func(p peer) { p.unpriced("", "unheard-of", PromptText, NoModel) }},
		{"LiteLLM", "floats: what is added up is not what is billed", func(p peer) {
			p.costs("deepgram", "flux-general-en", STTAudio, 1, 0.0065/60)
			usage := Usage{Provider: "openai", Model: "gpt-4o-mini", Kind: PromptCacheRead, Quantity: count(3), At: today}
			assert.Equal(p, 2.25e-07, p.book.Price(&usage).USD, "3 × 0.075 / 1,000,000, and not 2.2499999999999998e-07")
		}},
		{"Envoy AI Gateway", "money is a whole number", func(p peer) { p.costs("openai", "gpt-4o", PromptText, 1, 0.0000025) }},
		{"voicegateway", "an unknown model costs 0.0, and a test says so", func(p peer) { p.unpriced("cartesia", "sonic-99", Characters, NoModel) }},
		{"voicegateway", "groq costs 0", func(p peer) { p.costs("groq", "whisper-large-v3", STTAudio, 3600, 0.111) }},
		{"voicegateway", "nova-3 has the price that batches once had", func(p peer) { p.costs("deepgram", "nova-3", STTAudio, 60, 0.0048) }},
		{"floe-guard", "a fleet stops for one unknown id", func(p peer) {
			p.unpriced("cartesia", "sonic-99", Characters, NoModel)
			p.costs("cartesia", "sonic-3.5", Characters, million, 50)
		}},
		{"Grafana Cloud", "a price of one's own replaces a model as a whole: the kinds that it leaves out are free", func(p peer) {
			p.book = embedded(t, nil, Overrides("overrides", []Row{{
				Provider: "openai", Models: []string{"gpt-4o"}, Usage: "prompt.text", Unit: "token", Price: "2", Per: "1000000",
			}}))
			p.costs("openai", "gpt-4o", PromptText, million, 2)
			p.costs("openai", "gpt-4o", CompletionText, million, 10)
			p.costs("openai", "gpt-4o", PromptCacheRead, million, 1.25)
		}},
		{"Datadog and others", "names are matched by pattern", func(p peer) { p.unpriced("openai", "gpt-4o-something-new", PromptText, NoModel) }},

		// cost.md 1.4: complaints.
		{"LiteLLM", "cached tokens are billed twice (litellm#14849)", func(p peer) {
			tokens := leaves{PromptText: 262_960 - 257_955, PromptCacheRead: 257_955, CompletionText: 1744}
			assert.InDelta(p, 0.10316125, priceAll(p.T, p.book, "gemini-2.5-pro", today, tokens), 1e-15)
		}},
		{"Langfuse, LiveKit", "gpt-realtime costs twice the invoice (langfuse#10592, livekit/agents#5121)", func(p peer) {
			// 1000 in, 400 of them cached, 100 of these audio; 250 audio: 450 text, 150 audio, 300 and 100 cached; 300 audio out.
			tokens := leaves{PromptText: 450, PromptAudio: 150, PromptCacheRead: 300, PromptAudioCacheRead: 100, CompletionAudio: 300}
			want := (450*4 + 150*32 + 300*0.4 + 100*0.4 + 300*64) / 1e6
			assert.InDelta(p, want, priceAll(p.T, p.book, "gpt-realtime", today, tokens), 1e-15)
		}},
		{"Langfuse", "after a fix the cached bucket has no price (codex plugin#22)", func(p peer) {
			p.unpriced("openai", "gpt-4o", PromptCacheWrite1h, NoKind)
		}},
		{"LiteLLM", "a model without a row costs $1.16 instead of $185, for weeks (litellm#35913)", func(p peer) {
			p.unpriced("openai", "gpt-99", CompletionText, NoModel)
		}},
		{"opencode, agent-afk, openclaw", "unknown is free (#30012, #981, #90825)", func(p peer) {
			p.unpriced("nobody", "one", PromptText, NoProvider)
			p.book = bookOf(t, unit("home", map[string]string{"piper": "0"}))
			p.costs("home", "piper", PromptText, million, 0)
		}},
		{"claude-usage, cpa-usage-keeper", "models of others are priced at Sonnet's rate (#21, #508)", func(p peer) {
			p.unpriced("anthropic", "claude-unheard-of", PromptText, NoModel)
			p.unpriced("", "claude-sonnet-99", PromptText, NoModel)
			p.unpriced("moonshotai", "kimi-like-sonnet", PromptText, NoProvider)
		}},
		{"LiteLLM", "Deepgram costs 0 though its use is known (litellm#14447)", func(p peer) { p.costs("deepgram", "", STTAudio, 3600, 0.288) }},
		{"LiteLLM", "the overlay does not win (litellm#19488, #40018)", func(p peer) {
			mine := Row{Provider: "openai", Models: []string{"gpt-realtime"}, Usage: "prompt.audio", Unit: "token", Price: "31", Per: "1000000"}
			p.book = embedded(t, nil, Overrides("overrides", []Row{mine}))
			p.costs("openai", "gpt-realtime", PromptAudio, million, 31)
			p.costs("openai", "gpt-realtime", PromptAudioCacheRead, million, 0.4)
		}},
		{"LiteLLM", "the flex tier is billed as the default one (litellm#27588)", func(p peer) {
			flex := Usage{Provider: "openai", Model: "gpt-4o", Kind: PromptText, Quantity: count(1), ServiceTier: "unheard-of", At: today}
			assert.Equal(p, NoKind, p.book.Price(&flex).Reason)
		}},
		{"LiteLLM", "people write rupees into a list of dollars (litellm#13399)", func(p peer) {
			_, err := Parse("contract.yaml", []byte("provider: acme\ncurrency: INR\nrows: []\n"))
			require.ErrorContains(p, err, "field currency not found")
		}},
		{"truefoundry", "a price for a token on a model that bills seconds (models#899)", func(p peer) {
			_, err := tryBook(`{provider: acme, rows: [{models: [stt], usage: stt_audio_seconds, unit: token, price: "1", per: "1"}]}`)
			require.ErrorContains(p, err, `unit "token" does not measure stt_audio_seconds; it must be second, minute, hour`)
		}},

		// cost.md 2.2: cells in which catalogues disagree.
		{"LiteLLM", "text into gpt-4o-mini-tts is 2.5", func(p peer) {
			p.costs("openai", "gpt-4o-mini-tts", PromptText, million, 0.6)
			p.costs("openai", "gpt-4o-mini-tts", CompletionAudio, million, 12)
		}},
		{"LiteLLM, Portkey", "audio into gpt-4o-transcribe is 2.5, or a price a minute", func(p peer) {
			p.costs("openai", "gpt-4o-transcribe", STTAudio, 60, 0.006)
			p.costs("openai", "gpt-4o-mini-transcribe", STTAudio, 60, 0.003)
		}},
		{"LiteLLM", "text out of gpt-realtime-2 is 16", func(p peer) { p.costs("openai", "gpt-realtime-2", CompletionText, million, 24) }},
		{"Portkey", "text from the cache of gpt-realtime is 16, and audio 64", func(p peer) {
			p.costs("openai", "gpt-realtime", PromptCacheRead, million, 0.4)
			p.costs("openai", "gpt-realtime", PromptAudioCacheRead, million, 0.4)
		}},
		{"Portkey", "audio of gpt-audio-mini is 1 and 2", func(p peer) {
			p.costs("openai", "gpt-audio-mini", PromptAudio, million, 10)
			p.costs("openai", "gpt-audio-mini", CompletionAudio, million, 20)
		}},
		{"Portkey, Langfuse", "audio of gpt-4o-realtime is 100 and 200", func(p peer) {
			p.costs("openai", "gpt-4o-realtime-preview", PromptAudio, million, 40)
			p.costs("openai", "gpt-4o-realtime-preview", CompletionAudio, million, 80)
		}},
		{"genai-prices", "audio of a model with a price for text only is billed as text", func(p peer) {
			p.unpriced("openai", "gpt-4o", PromptAudio, NoKind)
			p.unpriced("openai", "gpt-4o", CompletionAudio, NoKind)
		}},
		{"LiteLLM", "AssemblyAI's best and nano are swapped, and gone", func(p peer) {
			p.unpriced("assemblyai", "best", STTAudio, NoModel)
			p.unpriced("assemblyai", "nano", STTAudio, NoModel)
		}},
		{"LiteLLM, Portkey", "nova-3 is 0.0043 a minute, as batches once were", func(p peer) {
			p.costs("deepgram", "nova-3", STTAudio, 60, 0.0048)
		}},
		{"LiteLLM", "gemini-2.5-flash-preview-tts is 0.3 and 2.5", func(p peer) {
			p.costs("google", "gemini-2.5-flash-preview-tts", PromptText, million, 0.5)
			p.costs("google", "gemini-2.5-flash-preview-tts", CompletionAudio, million, 10)
		}},
		{"LiteLLM", "ElevenLabs is 0.18 for a thousand characters, or 0.0003", func(p peer) {
			p.costs("elevenlabs", "eleven_multilingual_v2", Characters, 1000, 0.1)
			p.costs("elevenlabs", "eleven_v3", Characters, 1000, 0.1)
		}},
		{"LiteLLM", "Soniox is for nothing on the way in", func(p peer) { p.costs("soniox", "stt-async-v5", STTAudio, 3600, 0.1) }},
		{"floe-guard, voicegateway, HAIL", "Cartesia has one price, but they differ: it is the plan's", func(p peer) {
			p.costs("cartesia", "sonic-3.5", Characters, million, 50)
			p.book = embedded(t, map[string]string{"cartesia": "scale"})
			p.costs("cartesia", "sonic-3.5", Characters, million, 37.4)
		}},
		{"genai-prices", "the boundary of a tier is off by one", func(p peer) {
			at := func(request int64) float64 {
				return p.book.Price(&Usage{Model: "gpt-5.4", Kind: PromptText, Quantity: count(million), RequestTokens: request, At: today}).USD
			}
			assert.Equal(p, 2.5, at(271_999))
			assert.Equal(p, 5.0, at(272_000))
		}},
		{"genai-prices", "a rise that was announced and called off is billed (sonnet-5, 0.3)", func(p peer) {
			p.costs("anthropic", "claude-sonnet-5", PromptText, million, 2)
			p.costs("anthropic", "claude-sonnet-5", CompletionText, million, 10)
		}},
	} {
		t.Run(test.peer+": "+test.defect, func(t *testing.T) { test.test(peer{t, ours}) })
	}
}

// The vectors of cost.md 6.2 whose models the book need not have: with the prices that they came with.
func TestVectorsThatBringTheirPrices(t *testing.T) {
	b := bookOf(t, `
provider: acme
rows:
  - {models: [gpt-6-sol], usage: prompt.text, unit: token, price: "2", per: "1000000"}
  - {models: [gpt-6-sol], usage: prompt.text, unit: token, price: "4", per: "1000000", when: {context_tokens: "> 272000"}}
  - {models: [agentgateway], usage: prompt.text, unit: token, price: "1", per: "1000000"}
  - {models: [agentgateway], usage: prompt.cache_read, unit: token, price: "0.1", per: "1000000"}
  - {models: [nova-3], usage: stt_audio_seconds, unit: minute, price: "0.0043", per: "1"}
  - {models: [grok-voice], usage: realtime_session_seconds, unit: hour, price: "4.80", per: "1"}
  - {models: [grok-voice], usage: requests, unit: request, price: "0.004", per: "1"}
  - {models: [whisper-large-v3], usage: stt_audio_seconds, unit: hour, price: "0.111", per: "1", rounding: {minimum: "10", per: request}}
`)
	price := func(u Usage) float64 {
		u.Provider, u.At, u.Single = "acme", today, true
		result := b.Price(&u)
		require.Equal(t, Priced, result.Reason)
		return result.USD
	}
	assert.Equal(t, 0.544, price(Usage{Model: "gpt-6-sol", Kind: PromptText, Quantity: count(272_000), RequestTokens: 272_000}), "V8")
	assert.Equal(t, 1.088004, price(Usage{Model: "gpt-6-sol", Kind: PromptText, Quantity: count(272_001), RequestTokens: 272_001}), "V8")
	assert.Equal(t, 37./120_000, price(Usage{Model: "whisper-large-v3", Kind: STTAudio, Quantity: count(3)}), "V10")
	assert.Equal(t, 0.01075, price(Usage{Model: "nova-3", Kind: STTAudio, Quantity: measure(150)}), "voicegateway")
	assert.InDelta(t, 0.812, price(Usage{Model: "grok-voice", Kind: RealtimeSession, Quantity: count(600)})+
		price(Usage{Model: "grok-voice", Kind: Requests, Quantity: count(3)}), 1e-15, "grok-voice")
	unwritten := price(Usage{Model: "agentgateway", Kind: PromptText, Quantity: count(700_000)}) +
		price(Usage{Model: "agentgateway", Kind: PromptCacheRead, Quantity: count(300_000)})
	assert.Equal(t, 0.73, unwritten, "agentgateway: what is written counts as input where it has no price")
	write := b.Price(&Usage{Provider: "acme", Model: "agentgateway", Kind: PromptCacheWrite, Quantity: count(200_000), At: today})
	assert.Equal(t, NoKind, write.Reason, "here it does so only where a row says it")
	unknown := b.Price(&Usage{Provider: "acme", Model: "unknown", Kind: PromptText, Quantity: count(1), At: today})
	assert.Equal(t, NoModel, unknown.Reason)
}

// Whatever is asked of the book that ships, an amount is a number, not negative, and that of twice as much is not less.
func TestAmountsAreSane(t *testing.T) {
	b := embedded(t, nil)
	for _, v := range b.vendors {
		for id := range v.products {
			for kind := range kindCount {
				before := 0.0
				for _, n := range []int64{0, 1, 59, 60, 61, 1 << 20, math.MaxInt64} {
					u := Usage{Provider: v.name, Model: id, Kind: kind, Quantity: count(n), Single: true, At: today}
					usd := b.Price(&u).USD
					require.Truef(t, usd >= before && !math.IsInf(usd, 0), "%s/%s: %d %s cost %v", v.name, id, n, kind, usd)
					before = usd
				}
			}
		}
	}
}
