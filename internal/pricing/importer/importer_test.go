package importer

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-voice/otelcol-voice/internal/pricing"
)

// question is a usage, and what it costs or why that is not known.
type question struct {
	pricing.Usage
	amount float64
	usd    float64
	reason pricing.Reason
}

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// ask is a question about an amount of a kind of a model.
func ask(provider, model string, kind pricing.Kind, amount float64) question {
	return question{
		Usage:  pricing.Usage{Provider: provider, Model: model, Kind: kind, Single: true, At: noon},
		amount: amount,
	}
}

func (q question) costs(usd float64) question {
	q.usd = usd
	return q
}

func (q question) fails(reason pricing.Reason) question {
	q.reason = reason
	return q
}

func (q question) of(requestTokens int64) question {
	q.RequestTokens = requestTokens
	return q
}

func (q question) in(tier, region string) question {
	q.ServiceTier, q.Region = tier, region
	return q
}

func (q question) at(moment string) question {
	at, err := time.Parse(time.RFC3339, moment)
	if err != nil {
		panic(err)
	}
	q.At = at
	return q
}

// known is what the book of these tests knows: how vendors are called, and how some of them bill.
func known(t *testing.T) *knowledge {
	t.Helper()
	layer := pricing.Layer{}
	for _, text := range []string{
		`{provider: assemblyai, rows: [{models: [universal-streaming], usage: stt_session_seconds, unit: hour, price: "0.15", per: "1"}]}`,
		`{provider: openai, rows: [{models: [gpt-4o-mini-tts], usage: completion.audio, unit: token, price: "12", per: "1000000"}]}`,
		`{provider: google, provider_aliases: [gemini, vertex_ai], rows: []}`,
		`{provider: aws, provider_aliases: [bedrock], reseller: true, rows: []}`,
		`{provider: azure, reseller: true, rows: []}`,
		`{provider: xai, provider_aliases: [x-ai], rows: []}`,
	} {
		file, err := pricing.Parse("known.yaml", []byte(text))
		require.NoError(t, err)
		layer = append(layer, file)
	}
	k, err := newKnowledge(layer)
	require.NoError(t, err)
	return k
}

// load is the book of a file in testdata alone, and the notes about it.
func load(t *testing.T, name string) (*pricing.Book, Notes) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	require.NoError(t, err)
	layer, notes, err := read(name, text, "", known(t))
	require.NoError(t, err)
	book, err := pricing.NewBook(pricing.Settings{}, layer)
	require.NoError(t, err)
	return book, notes
}

func answer(t *testing.T, book *pricing.Book, questions []question) {
	t.Helper()
	for _, q := range questions {
		var ok bool
		q.Quantity, ok = pricing.Measure(q.amount)
		require.True(t, ok)
		result := book.Price(&q.Usage)
		name := strings.Join([]string{q.Provider, q.Model, q.Kind.String(), q.ServiceTier, q.Region, q.At.String()}, " ")
		assert.Equal(t, q.reason, result.Reason, name+": "+result.Reason.String())
		if q.reason == pricing.Priced {
			assert.InEpsilon(t, 1+q.usd, 1+result.USD, 1e-15, "%s: %v instead of %v", name, result.USD, q.usd)
		}
	}
}

// counts are the notes by reason.
func counts(notes Notes) map[string]int {
	byReason := map[string]int{}
	for _, note := range notes {
		byReason[note.Reason] = note.Count
	}
	return byReason
}

const million = 1e6

func TestLiteLLM(t *testing.T) {
	book, notes := load(t, "litellm.json")
	const sonnet = "anthropic.claude-sonnet-4-5-v1:0"
	answer(t, book, []question{
		// US dollars for one token, in scientific notation.
		ask("openai", "gpt-4o", pricing.PromptText, million).costs(2.5),
		ask("openai", "gpt-4o", pricing.CompletionText, million).costs(10),
		ask("openai", "gpt-4o", pricing.PromptCacheRead, million).costs(1.25),
		ask("openai", "gpt-4o", pricing.PromptCacheWrite, million).costs(2.5),
		// Service tiers.
		ask("openai", "gpt-4o", pricing.PromptText, million).in("batch", "").costs(1.25),
		ask("openai", "gpt-4o", pricing.PromptCacheRead, million).in("priority", "").costs(2.125),
		ask("openai", "gpt-4o", pricing.PromptCacheRead, million).in("batch", "").fails(pricing.NoKind),
		// Context tiers: above means more than.
		ask("openai", "gpt-5.4", pricing.PromptText, million).of(272_000).costs(2.5),
		ask("openai", "gpt-5.4", pricing.PromptText, million).of(272_001).costs(5),
		ask("openai", "gpt-5.4", pricing.PromptText, million).of(272_001).in("flex", "").costs(2.5),
		ask("openai", "gpt-5.4", pricing.CompletionText, million).of(272_001).costs(22.5),
		ask("anthropic", "claude-sonnet-4-5", pricing.PromptCacheWrite1h, million).costs(6),
		ask("anthropic", "claude-sonnet-4-5", pricing.PromptCacheWrite1h, million).of(200_001).costs(12),
		ask("dashscope", "qwen-flash", pricing.PromptText, million).of(256_000).costs(0.05),
		ask("dashscope", "qwen-flash", pricing.PromptText, million).of(256_001).costs(0.25),
		// Modalities.
		ask("openai", "gpt-realtime-2", pricing.PromptAudio, million).costs(32),
		ask("openai", "gpt-realtime-2", pricing.PromptAudioCacheRead, million).costs(0.4),
		ask("openai", "gpt-realtime-2", pricing.PromptImageCacheRead, million).costs(0.5),
		ask("openai", "gpt-realtime-2", pricing.CompletionAudio, million).costs(64),
		ask("openai", "gpt-4o", pricing.PromptAudio, million).fails(pricing.NoKind),
		ask("novita", "audio-1", pricing.PromptAudioCacheRead, million).costs(8),
		ask("novita", "audio-2", pricing.PromptAudioCacheRead, million).fails(pricing.NoKind),
		// A region is a region, whatever the size of the request.
		ask("aws", sonnet, pricing.PromptText, million).costs(3),
		ask("aws", sonnet, pricing.PromptText, million).of(200_001).costs(6),
		ask("aws", sonnet, pricing.PromptText, million).in("", "us-gov-west-1").costs(3.6),
		ask("aws", sonnet, pricing.PromptText, million).of(200_001).in("", "us-gov-west-1").costs(3.6),
		// Seconds: the price of output or, where that is 0 or missing, the one of input; never both.
		ask("openai", "whisper-1", pricing.STTAudio, 90.5).costs(0.00905),
		ask("deepgram", "nova-3", pricing.STTAudio, 60).costs(0.0043002),
		ask("soniox", "stt-async-v4", pricing.STTAudio, 3600).costs(0.10000008),
		ask("azure", "gpt-realtime-whisper", pricing.STTAudio, million).costs(283.3333333333333),
		ask("assemblyai", "best", pricing.STTAudio, 60).costs(0.0019998),
		// The book knows that this one is billed while it is open: a price of the speech in it would bill it twice.
		ask("assemblyai", "universal-streaming", pricing.STTAudio, 60).fails(pricing.NoModel),
		ask("xai", "grok-voice-latest", pricing.RealtimeSession, 600).costs(0.7999999999998),
		ask("openai", "gpt-4o-transcribe", pricing.STTAudio, 60).costs(0.006),
		ask("openai", "gpt-4o-transcribe", pricing.PromptAudio, million).fails(pricing.NoKind),
		// Characters, one by one; of models that read tokens they are none of their own.
		ask("openai", "tts-1", pricing.Characters, 1000).costs(0.015),
		ask("deepgram", "aura-2", pricing.Characters, 1000).costs(0.03),
		ask("google", "gemini-1.5-flash", pricing.Characters, 1000).fails(pricing.UnitMismatch),
		ask("openai", "gpt-4o-mini-tts", pricing.CompletionAudio, million).costs(12),
		// Of two entries of a model, the vendor's own.
		ask("google", "gemini-2.5-flash", pricing.PromptText, million).costs(0.3),
		// Prices by the day of the week cannot be told: those of peak hours hold.
		ask("deepseek", "deepseek-flash", pricing.PromptText, million).costs(0.3),
		ask("deepseek", "deepseek-flash", pricing.PromptCacheWrite, million).costs(0.3),
		// Free is only what says so.
		ask("openrouter", "deepseek/deepseek-r1:free", pricing.PromptText, million).costs(0),
		ask("ollama", "llama3", pricing.PromptText, million).fails(pricing.NoProvider),
		// What is wrong of a row does not take the rest with it.
		ask("bad", "negative", pricing.PromptText, million).fails(pricing.NoKind),
		ask("bad", "negative", pricing.CompletionText, million).costs(2),
		ask("bad", "string", pricing.CompletionText, million).costs(2),
		// A reseller's price is for who names it.
		ask("", "qwen-flash", pricing.PromptText, million).fails(pricing.NoProvider),
	})
	assert.Equal(t, map[string]int{
		noteNoKind: 5, noteBadPrice: 2, noteBadModel: 1, noteZero: 4, noteCommitted: 1, noteOtherQuantity: 1, noteFree: 1,
		noteSecondPrice: 1, noteWildcard: 1, noteAlso: 2, noteAlsoTokens: 1, noteOffPeak: 1,
	}, counts(notes), notes.String())
}

func TestModelsDev(t *testing.T) {
	book, notes := load(t, "modelsdev.json")
	answer(t, book, []question{
		// US dollars for 1,000,000 tokens.
		ask("openai", "gpt-5-nano", pricing.PromptText, million).costs(0.05),
		ask("openai", "gpt-5-nano", pricing.PromptCacheRead, million).costs(0.005),
		ask("openai", "gpt-5.4", pricing.PromptText, million).of(272_000).costs(2.5),
		ask("openai", "gpt-5.4", pricing.PromptText, million).of(272_001).costs(5),
		ask("openai", "gpt-5.4", pricing.PromptText, million).of(200_001).costs(2.5),
		ask("google", "gemini-2.5-pro", pricing.CompletionText, million).of(200_000).costs(10),
		ask("google", "gemini-2.5-pro", pricing.CompletionText, million).of(200_001).costs(15),
		ask("google", "gemini-2.5-flash", pricing.PromptAudio, million).costs(1),
		ask("google", "gemini-2.5-pro", pricing.PromptAudio, million).fails(pricing.NoKind),
		ask("aws", "us.anthropic.claude-sonnet-5", pricing.PromptCacheWrite, million).costs(2.75),
		ask("together", "meta-llama/Llama-3.3-70B-Instruct-Turbo", pricing.PromptCacheRead, million).costs(0.88),
		ask("acme-cloud", "deep/think", pricing.CompletionReasoning, million).costs(3),
		ask("acme-cloud", "deep/think", pricing.PromptCacheRead, million).fails(pricing.NoKind),
		ask("github-copilot", "gpt-5", pricing.PromptText, million).fails(pricing.NoProvider),
		ask("", "deep/think", pricing.PromptText, million).fails(pricing.NoProvider),
	})
	assert.Equal(t, map[string]int{noteBadPrice: 1, noteBadModel: 1, noteFree: 1, noteWildcard: 1, noteVendor: 1},
		counts(notes), notes.String())
}

func TestOpenRouter(t *testing.T) {
	book, notes := load(t, "openrouter.json")
	const opus, audio, sol = "anthropic/claude-opus-5-fast", "openai/gpt-audio", "openai/gpt-6-sol"
	answer(t, book, []question{
		// US dollars for one token, in strings.
		ask("openrouter", opus, pricing.PromptText, million).costs(10),
		ask("openrouter", opus, pricing.PromptCacheRead, million).costs(1),
		ask("openrouter", opus, pricing.PromptCacheWrite, million).costs(12.5),
		ask("openrouter", opus, pricing.PromptCacheWrite1h, million).costs(20),
		ask("openrouter", audio, pricing.PromptAudio, million).costs(32),
		ask("openrouter", audio, pricing.CompletionAudio, million).costs(64),
		ask("openrouter", audio, pricing.CompletionReasoning, million).costs(10), // 0 is no price
		ask("openrouter", audio, pricing.PromptCacheRead, million).costs(2.5),
		ask("openrouter", sol, pricing.PromptText, million).of(271_999).costs(2),
		ask("openrouter", sol, pricing.PromptText, million).of(272_000).costs(4), // at least
		ask("openrouter", sol, pricing.PromptImage, million).fails(pricing.NoKind),
		ask("openrouter", "deepseek/deepseek-r1:free", pricing.CompletionText, million).costs(0),
		ask("openrouter", "vendor/zero", pricing.PromptText, million).fails(pricing.NoModel),
		ask("openrouter", "openrouter/auto", pricing.PromptText, million).fails(pricing.NoModel),
		ask("openrouter", "vendor/number", pricing.PromptText, million).fails(pricing.NoKind),
		ask("openrouter", "vendor/number", pricing.CompletionText, million).costs(10),
		ask("", opus, pricing.PromptText, million).fails(pricing.NoProvider),
	})
	assert.Equal(t, map[string]int{noteNoKind: 1, noteBadPrice: 3, noteBadModel: 2, noteFree: 1, noteZero: 1, noteSecondPrice: 3},
		counts(notes), notes.String())
}

func TestHail(t *testing.T) {
	stt, notes := load(t, "hail_stt.json")
	answer(t, stt, []question{
		// US dollars for a minute or a second; for recordings, the batch tier.
		ask("deepgram", "nova-3-monolingual", pricing.STTAudio, 60).costs(0.0048),
		ask("deepgram", "nova-3-monolingual", pricing.STTAudio, 60).in("batch", "").costs(0.0077),
		ask("azure", "azure-speech-realtime", pricing.STTAudio, 3600).costs(1.0000008),
		ask("assemblyai", "u3-pro", pricing.STTSession, 60).costs(0.0075),
		ask("assemblyai", "u3-rt-pro", pricing.STTAudio, 60).fails(pricing.UnitMismatch),
		ask("assemblyai", "universal-2", pricing.STTAudio, 60).costs(0.0025),
		ask("groq", "whisper-large-v3", pricing.STTAudio, 60).costs(0.00185),
		ask("groq", "whisper-large-v3", pricing.STTAudio, 3).costs(0.00185 / 6),
		ask("acme voice", "one", pricing.STTAudio, 60).costs(0.006),
		ask("acme voice", "scientific", pricing.STTAudio, 60).costs(0.001),
		ask("acme voice", "negative", pricing.STTAudio, 60).fails(pricing.NoModel),
	})
	assert.Equal(t, map[string]int{noteNoKind: 1, noteBadPrice: 1, noteBadModel: 1}, counts(notes), notes.String())

	tts, notes := load(t, "hail_tts.json")
	answer(t, tts, []question{
		ask("elevenlabs", "eleven_flash_v2_5", pricing.Characters, 1000).costs(0.05),
		ask("smallest", "lightning-v3.1", pricing.Characters, 1000).costs(0.025),
		ask("smallest", "lightning-v3.1", pricing.Characters, 3).costs(0.0005),
		ask("openai", "gpt-4o-mini-tts", pricing.Characters, 1000).fails(pricing.NoProvider), // the book has its tokens
		ask("resemble", "by-the-second", pricing.STTAudio, 60).fails(pricing.NoProvider),
	})
	assert.Equal(t, map[string]int{noteNoKind: 1, noteOtherQuantity: 1}, counts(notes), notes.String())

	llm, notes := load(t, "hail_llm.json")
	answer(t, llm, []question{
		ask("google", "gemini-2.5-pro", pricing.PromptText, million).of(200_000).costs(1.25),
		ask("google", "gemini-2.5-pro", pricing.PromptText, million).of(200_001).costs(2.5),
		ask("google", "gemini-2.5-pro", pricing.PromptCacheRead, million).of(200_001).costs(0.25),
		ask("google", "gemini-2.5-pro", pricing.CompletionText, million).in("batch", "").costs(5),
		ask("google", "gemini-2.5-flash", pricing.PromptAudio, million).costs(1),
	})
	assert.Equal(t, map[string]int{noteNoKind: 1}, counts(notes), notes.String())
}

func TestEvidence(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("testdata", "hail_stt.json"))
	require.NoError(t, err)
	layer, _, err := Read("stt.json", text, Hail)
	require.NoError(t, err)
	rows := map[string]pricing.Row{}
	for _, file := range layer {
		assert.Equal(t, "stt.json", file.Name)
		for _, row := range file.Rows {
			rows[row.Models[0]+row.When.ServiceTier] = row
		}
	}
	assert.Equal(t, "https://deepgram.com/pricing", rows["nova-3-monolingual"].Source)
	assert.Equal(t, "2026-07-19", rows["nova-3-monolingual"].Verified)
	assert.Equal(t, "medium", rows["u3-rt-pro"].Confidence)
	assert.Empty(t, rows["universal-2"].Verified, "last week is no day")
	assert.Empty(t, rows["one"].Confidence)
}

// A price of reading from a cache that a catalogue only implies does not displace the one that the book knows.
func TestImpliedPricesYield(t *testing.T) {
	const catalogue = `{"gpt-4o": {"litellm_provider": "openai", "mode": "chat", "input_cost_per_token": 5e-06}}`
	layer, _, err := Read("litellm.json", []byte(catalogue), "")
	require.NoError(t, err)
	base, err := pricing.Embedded()
	require.NoError(t, err)
	book, err := pricing.NewBook(pricing.Settings{}, base, layer)
	require.NoError(t, err)
	answer(t, book, []question{
		ask("openai", "gpt-4o", pricing.PromptText, million).costs(5),
		ask("openai", "gpt-4o", pricing.PromptCacheRead, million).costs(1.25),
		ask("openai", "gpt-4o", pricing.PromptCacheWrite, million).costs(5),
		ask("openai", "gpt-4o", pricing.CompletionText, million).costs(10),
	})
}

// Every catalogue can be laid over the book that comes with the program.
func TestLayersOverTheBook(t *testing.T) {
	layers := make([]pricing.Layer, 1)
	var err error
	layers[0], err = pricing.Embedded()
	require.NoError(t, err)
	for _, name := range []string{"genai.json", "litellm.json", "modelsdev.json", "openrouter.json", "hail_stt.json", "hail_tts.json", "oracle/data.json"} {
		text, err := os.ReadFile(filepath.Join("testdata", name))
		require.NoError(t, err)
		layer, _, err := Read(name, text, "")
		require.NoError(t, err)
		layers = append(layers, layer)
	}
	_, err = pricing.NewBook(pricing.Settings{}, layers...)
	require.NoError(t, err)
}

func TestDetect(t *testing.T) {
	for name, want := range map[string]Format{
		"genai.json": GenaiPrices, "litellm.json": LiteLLM, "modelsdev.json": ModelsDev, "openrouter.json": OpenRouter,
		"hail_stt.json": Hail, "hail_llm.json": Hail,
	} {
		text, err := os.ReadFile(filepath.Join("testdata", name))
		require.NoError(t, err)
		got, is := Detect(text)
		assert.True(t, is, name)
		assert.Equal(t, want, got, name)
	}
	for text, want := range map[string]Format{
		"# ours\nprovider: acme\nrows: []\n": Voice,
		"rows:\n  - {provider: acme}\n":      Voice,
		`{"provider": "acme", "rows": []}`:   Voice,
		"\ufeff[{\"models\": []}]":           GenaiPrices,
	} {
		got, is := Detect([]byte(text))
		assert.True(t, is, text)
		assert.Equal(t, want, got, text)
	}
}

// Catalogues in other units than those that are read must not be taken for one of these.
func TestWhatIsNoPriceFile(t *testing.T) {
	for name, text := range map[string]string{
		"nothing":         "",
		"a page":          "<!DOCTYPE html>\n<html><body>404: not found</body></html>",
		"a text":          "Too many requests",
		"cut off":         `{"gpt-4o": {"litellm_provider": "openai",`,
		"a number":        "7",
		"an empty list":   "[]",
		"an empty map":    "{}",
		"a list":          `[{"id": "gpt-4o"}]`,
		"cents (Portkey)": `{"gpt-4o": {"pricing_config": {"pay_as_you_go": {"request_token": {"price": 0.00025}}}}}`,
		"a 1k (OpenLIT)":  `{"chat": {"gpt-4o": {"promptPrice": 0.0025, "completionPrice": 0.01}}, "audio": {"tts-1": 0.015}}`,
	} {
		_, _, err := Read(name, []byte(text), "")
		assert.ErrorContains(t, err, name+": is no price file that we know; say which format it has: genai-prices, hail, "+
			"litellm, models.dev, openrouter, voice", name)
	}
}

func TestReadErrors(t *testing.T) {
	for _, test := range []struct {
		name, text string
		format     Format
		want       string
	}{
		{"a.json", "{}", "portkey", `a.json: format "portkey" is unknown; it must be one of genai-prices, hail, litellm, models.dev, openrouter, voice`},
		{"b.json", "<html>", LiteLLM, "b.json: cannot be read as litellm: the file is not JSON: invalid character '<'"},
		{"c.json", "{} {}", LiteLLM, "c.json: cannot be read as litellm: the file has more than one JSON value"},
		{"d.json", "{}", LiteLLM, "d.json: has no price that can be read as litellm"},
		{"e.json", `{"x": {"litellm_provider": "y", "input_cost_per_token": -1}}`, LiteLLM, "a price that is not a number of US dollars (1, such as x input_cost_per_token is negative)"},
		{"f.json", "[]", GenaiPrices, "f.json: has no price that can be read as genai-prices"},
		{"g.json", "{}", GenaiPrices, "g.json: cannot be read as genai-prices: the file is not JSON"},
		{"h.yaml", "rows: [{model: x}]", "", "h.yaml: yaml: unmarshal errors:"},
	} {
		layer, _, err := Read(test.name, []byte(test.text), test.format)
		assert.ErrorContains(t, err, test.want)
		assert.Nil(t, layer)
	}
}

func TestOurOwnFormat(t *testing.T) {
	const text = `{provider: acme, rows: [{models: [one], usage: characters, unit: character, price: "20", per: "1000000"}]}`
	layer, notes, err := Read("acme.yaml", []byte(text), Voice)
	require.NoError(t, err)
	assert.Empty(t, notes)
	require.Len(t, layer, 1)
	assert.Equal(t, "acme.yaml", layer[0].Name)
	assert.Equal(t, "20", layer[0].Rows[0].Price)
}

// Whatever a file holds, reading it ends in an error or in a layer that loads.
func FuzzRead(f *testing.F) {
	// Small ones: the fuzzer spends its time on making what is large smaller.
	for format, text := range map[Format]string{
		LiteLLM:    `{"aws/us-east-1/a": {"litellm_provider": "aws", "input_cost_per_token": 1e-6, "input_cost_per_token_above_9k_tokens": 2}}`,
		ModelsDev:  `{"a": {"models": {"b": {"cost": {"input": 1, "tiers": [{"tier": {"size": 5}, "input": 2}]}}}}}`,
		OpenRouter: `{"data": [{"id": "a", "pricing": {"prompt": "1", "overrides": [{"min_prompt_tokens": 5, "prompt": "2"}]}}]}`,
		Hail:       `{"models": [{"provider": "a", "model_id": "b", "aliases": ["c"], "price_per_minute_usd": "1", "min_billed_seconds": 2}]}`,
		GenaiPrices: `[{"id": "a", "fallback_model_providers": ["a"], "models": [{"id": "b", "match": {"or": [{"equals": "b"}, {"contains": "c"}]},
"prices": [{"prices": {"input_mtok": 1}}, {"constraint": {"start_time": "01:00:00Z", "end_time": "02:00:00Z"}, "prices": {"input_mtok": 2}}]}]}]`,
		Voice: "provider: acme\nrows: []\n",
	} {
		f.Add([]byte(text), string(format))
		f.Add([]byte(text), "")
	}
	f.Fuzz(func(t *testing.T, text []byte, format string) {
		layer, _, err := Read("fuzz", text, Format(format))
		if err != nil {
			return
		}
		_, err = pricing.NewBook(pricing.Settings{}, layer)
		if err != nil && Format(format) != Voice && !isVoice(text, format) {
			t.Errorf("the layer does not load: %v", err)
		}
	})
}

// isVoice says whether a text was read as one of our own files, which people write and NewBook checks.
func isVoice(text []byte, format string) bool {
	detected, _ := Detect(text)
	return format == "" && detected == Voice
}
