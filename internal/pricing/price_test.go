package pricing

import (
	"fmt"
	"math"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var today = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func count(n int64) Quantity {
	q, ok := Count(n)
	if !ok {
		panic("negative")
	}
	return q
}

func measure(f float64) Quantity {
	q, ok := Measure(f)
	if !ok {
		panic("not a quantity")
	}
	return q
}

// leaves are the tokens of one request of one model.
type leaves map[Kind]int64

func priceAll(t *testing.T, book *Book, model string, at time.Time, tokens leaves) float64 {
	t.Helper()
	usd, _ := priceExactly(t, book, model, at, tokens)
	return usd
}

// priceExactly is what a request costs: the amounts added up, and what they were before they were rounded.
func priceExactly(t *testing.T, book *Book, model string, at time.Time, tokens leaves) (float64, *big.Rat) {
	t.Helper()
	request := int64(0)
	for kind, n := range tokens {
		if kind < CompletionText {
			request += n
		}
	}
	sum, exact := 0.0, new(big.Rat)
	for kind, n := range tokens {
		usage := Usage{Model: model, Kind: kind, Quantity: count(n), RequestTokens: request, At: at}
		result := book.Price(&usage)
		require.Equalf(t, Priced, result.Reason, "%s of %s is %s", kind, model, result.Reason)
		sum += result.USD
		amount := new(big.Rat).Mul(usage.Quantity.rat(), chosenFor(book, &usage).asked)
		nearest, _ := amount.Float64()
		require.Equal(t, nearest, result.USD)
		exact.Add(exact, amount)
	}
	return sum, exact
}

func chosenFor(book *Book, u *Usage) *offer {
	q := book.quote(u.Provider, u.Model, u.Kind)
	chosen, _ := choose(q.offers, u, q.regionOf(u), u.At.UnixNano())
	return chosen
}

// The vectors of cost.md 6.2 whose models the book has, and those of the issue.
func TestVectors(t *testing.T) {
	book := embedded(t, nil)
	before := time.Date(2026, 7, 29, 23, 59, 59, 0, time.UTC)
	for _, test := range []struct {
		name, model string
		at          time.Time
		tokens      leaves
		want        string
	}{
		{"the issue's request", "gpt-4o", today, leaves{PromptText: 146, PromptCacheRead: 896, CompletionText: 37}, "0.001855"},
		{"V1", "gpt-4o", today, leaves{PromptText: 1000, CompletionText: 100}, "0.0035"},
		{
			// 1000 in, of which 400 cached (100 audio, 50 image of them), 250 audio and 150 image; 500 out, 300 audio.
			"V2", "gpt-realtime-2.1", today,
			leaves{
				PromptText: 350, PromptAudio: 150, PromptImage: 100, PromptCacheRead: 250, PromptAudioCacheRead: 100,
				PromptImageCacheRead: 50, CompletionText: 200, CompletionAudio: 300,
			},
			"0.030865",
		},
		{
			"V5", "gemini-3.1-flash-live-preview", today,
			leaves{PromptText: 600, PromptAudio: 200, PromptImage: 100, PromptVideo: 100, CompletionText: 200, CompletionAudio: 300},
			"0.00575",
		},
		{"V8 below the tier", "claude-sonnet-4-5", today, leaves{PromptText: 200_000}, "0.6"},
		{"V8 above the tier", "claude-sonnet-4-5", today, leaves{PromptText: 200_001}, "1.200006"},
		{"V8 just below", "gpt-5.4", today, leaves{PromptText: 271_999}, "0.6799975"},
		{"V8 just at", "gpt-5.4", today, leaves{PromptText: 272_000}, "1.36"},
		{"V9 before", "gpt-5.6-luna", before, leaves{PromptText: 1000, CompletionText: 1000}, "0.007"},
		{"V9 after", "gpt-5.6-luna", before.Add(time.Second), leaves{PromptText: 1000, CompletionText: 1000}, "0.0014"},
		{"the tier counts cached tokens", "gpt-5.4", today, leaves{PromptText: 72_000, PromptCacheRead: 200_000}, "0.46"},
		{
			"litellm#14849 at the real tier", "gemini-2.5-pro", today,
			leaves{PromptText: 5005, PromptCacheRead: 257_955, CompletionText: 1744},
			"0.10316125",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			assertCosts(t, test.want, book, test.model, test.at, test.tokens)
		})
	}
}

// The vectors of cost.md 6.2 that bring their own rates: each is a defect of a peer that we must not share.
func TestVectorsOfOtherRates(t *testing.T) {
	for _, test := range []struct {
		name                     string
		text, read, write, other string // USD for a million; other is completion.text
		tokens                   leaves
		want                     string
	}{
		{
			"V6: cached tokens are billed once", "1.25", "0.625", "0", "10",
			leaves{PromptText: 5005, PromptCacheRead: 257_955, CompletionText: 1744},
			"0.184918125",
		},
		{
			"V7: cache writes are not forty times the price", "3.3", "0.33", "4.125", "16.5",
			leaves{PromptText: 3, PromptCacheWrite: 25, PromptCacheRead: 13_216, CompletionText: 12},
			"0.004672305",
		},
		{
			"SigNoz: four buckets", "3", "0.3", "3.75", "15",
			leaves{PromptText: 1000, CompletionText: 500, PromptCacheRead: 200, PromptCacheWrite: 100},
			"0.010935",
		},
		{
			"agentgateway: half a million of each kind", "1", "0.1", "1.25", "0",
			leaves{PromptText: 500_000, PromptCacheRead: 300_000, PromptCacheWrite: 200_000},
			"0.78",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			text := "provider: acme\nrows:\n"
			for kind, price := range map[Kind]string{
				PromptText: test.text, PromptCacheRead: test.read, PromptCacheWrite: test.write, CompletionText: test.other,
			} {
				text += fmt.Sprintf("  - {models: [m], usage: %s, unit: token, price: %q, per: \"1000000\"}\n", kind, price)
			}
			assertCosts(t, test.want, bookOf(t, text), "m", today, test.tokens)
		})
	}
}

// assertCosts asserts what a request costs: exactly, and added up in floating point to the last place but one.
func assertCosts(t *testing.T, want string, book *Book, model string, at time.Time, tokens leaves) {
	t.Helper()
	usd, exact := priceExactly(t, book, model, at, tokens)
	decimal, ok := exactly(want)
	require.True(t, ok)
	assert.Equal(t, decimal.RatString(), exact.RatString())
	nearest, _ := decimal.Float64()
	assert.InEpsilon(t, nearest, usd, 1e-15)
}

func TestOtherQuantities(t *testing.T) {
	book := embedded(t, nil)
	for _, test := range []struct {
		name     string
		usage    Usage
		provider string
		want     float64
	}{
		{"cartesia without a model", Usage{Provider: "cartesia", Kind: Characters, Quantity: count(48)}, "cartesia", 0.0024},
		{"the vendor as the model", Usage{Model: "cartesia", Kind: Characters, Quantity: count(48)}, "cartesia", 0.0024},
		{"gladia's session", Usage{Model: "gladia", Kind: STTSession, Quantity: measure(74.2)}, "gladia", 74.2 / 3600 * 0.75},
		{"V10 whisper-1", Usage{Model: "whisper-1", Kind: STTAudio, Quantity: measure(90.5)}, "openai", 0.00905},
		{
			"V10 groq",
			Usage{Provider: "groq", Model: "whisper-large-v3", Kind: STTAudio, Quantity: count(60)},
			"groq", 0.00185,
		},
		{"grok voice", Usage{Model: "grok-voice", Kind: RealtimeSession, Quantity: count(600)}, "xai", 0.8},
		{"twilio", Usage{Provider: "twilio", Model: "voice-inbound", Kind: Transport, Quantity: count(90)}, "twilio", 0.01275},
		{"vapi", Usage{Provider: "vapi", Kind: Platform, Quantity: count(60)}, "vapi", 0.05},
		{"deepgram", Usage{Provider: "deepgram", Kind: STTAudio, Quantity: count(3600)}, "deepgram", 0.288},
		{"batch", Usage{Provider: "deepgram", Kind: STTAudio, Quantity: count(3600), ServiceTier: "batch"}, "deepgram", 0.258},
		{"nothing used", Usage{Provider: "deepgram", Kind: STTAudio}, "deepgram", 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.usage.At = today
			result := book.Price(&test.usage)
			require.Equal(t, Priced, result.Reason, result.Reason.String())
			assert.Equal(t, test.provider, result.Provider)
			assert.InDelta(t, test.want, result.USD, 1e-16)
			assert.NotNil(t, result.Row)
		})
	}
}

func TestNameless(t *testing.T) {
	book := embedded(t, nil)
	for _, test := range []struct {
		provider, model string
		kind            Kind
		want            bool
	}{
		{"cartesia", "", Characters, true},
		{"", "Cartesia", Characters, true},
		{"cartesia", "cartesia", STTSession, true},
		{"cartesia", "sonic-3.5", Characters, false},
		{"cartesia", "sonic-9", Characters, false},
		{"", "sonic-9", Characters, false},
		{"", "", Characters, false},
	} {
		result := book.Price(&Usage{Provider: test.provider, Model: test.model, Kind: test.kind, Quantity: count(1), At: today})
		assert.Equalf(t, test.want, result.Nameless, "%+v", test)
	}
}

func TestPlans(t *testing.T) {
	usage := Usage{Provider: "cartesia", Kind: Characters, Quantity: count(1_000_000), At: today}
	assert.Equal(t, 50.0, embedded(t, nil).Price(&usage).USD)
	assert.Equal(t, 37.4, embedded(t, map[string]string{"Cartesia": "Scale"}).Price(&usage).USD)
}

func TestMatching(t *testing.T) {
	const book = `
provider: acme
provider_aliases: [acme.ai]
defaults: {tts: voice}
model_aliases: {uno: one}
rows:
  - {models: [one], usage: prompt.text, unit: token, price: "1", per: "1"}
  - {models: [one-2024-05-13], usage: prompt.text, unit: token, price: "2", per: "1"}
  - {models: [org/two], usage: prompt.text, unit: token, price: "3", per: "1"}
  - {models: [voice], usage: characters, unit: character, price: "4", per: "1"}
  - {models: [shared], usage: prompt.text, unit: token, price: "5", per: "1"}
`
	const beta = `
provider: beta
rows:
  - {models: [shared], usage: prompt.text, unit: token, price: "6", per: "1"}
  - {models: [bytes-only], usage: bytes, unit: byte, price: "6", per: "1"}
`
	const shop = `
provider: shop
reseller: true
rows:
  - {models: [one, resold], usage: prompt.text, unit: token, price: "7", per: "1"}
`
	b := bookOf(t, book, beta, shop)
	for _, test := range []struct {
		provider, model string
		kind            Kind
		want            float64
		reason          Reason
		resolved        string
	}{
		{"acme", "one", PromptText, 1, Priced, "acme"},
		{"ACME", " One ", PromptText, 1, Priced, "acme"},
		{"acme.ai", "one", PromptText, 1, Priced, "acme"},
		{"acme", "uno", PromptText, 1, Priced, "acme"},
		{"acme", "uno-20251001", PromptText, 1, Priced, "acme"},
		{"acme", "one-2024-08-06", PromptText, 1, Priced, "acme"},
		{"acme", "one@20251001", PromptText, 1, Priced, "acme"},
		{"acme", "one-2024-05-13", PromptText, 2, Priced, "acme"},
		{"acme", "acme/one", PromptText, 1, Priced, "acme"},
		{"acme", "acme.ai/one", PromptText, 1, Priced, "acme"},
		{"", "acme/one-2024-08-06", PromptText, 1, Priced, "acme"},
		{"", "one", PromptText, 1, Priced, "acme"},
		{"", "org/two", PromptText, 3, Priced, "acme"},
		{"", "acme", Characters, 4, Priced, "acme"},
		{"acme", "", Characters, 4, Priced, "acme"},
		{"acme", "acme.ai", Characters, 4, Priced, "acme"},
		{"acme", "shared", PromptText, 5, Priced, "acme"},
		{"beta", "shared", PromptText, 6, Priced, "beta"},
		{"shop", "one", PromptText, 7, Priced, "shop"},
		{"", "shop/resold", PromptText, 7, Priced, "shop"},

		{"", "shared", PromptText, 0, Ambiguous, ""},
		{"", "resold", PromptText, 0, NoProvider, ""},
		{"", "", PromptText, 0, NoProvider, ""},
		{"nobody", "one", PromptText, 0, NoProvider, ""},
		{"", "one-mini", PromptText, 0, NoModel, ""},
		{"acme", "one-20240000", PromptText, 0, NoModel, "acme"},
		{"acme", "one-19991231", PromptText, 0, NoModel, "acme"},
		{"acme", "", PromptText, 0, NoModel, "acme"},
		{"beta", "acme/one", PromptText, 0, NoModel, "beta"},
		{"", "nobody/one", PromptText, 0, NoModel, ""},
		{"acme", "one", PromptCacheRead, 0, NoKind, "acme"},
		{"acme", "one", Unknown, 0, NoKind, "acme"},
		{"acme", "one-2024-05-13", CompletionText, 0, NoKind, "acme"},
		{"beta", "bytes-only", Characters, 0, UnitMismatch, "beta"},
	} {
		t.Run(fmt.Sprintf("%s %s %s", test.provider, test.model, test.kind), func(t *testing.T) {
			usage := Usage{Provider: test.provider, Model: test.model, Kind: test.kind, Quantity: count(1), At: today}
			for range 2 { // the second answer is from the cache
				result := b.Price(&usage)
				assert.Equal(t, test.reason.String(), result.Reason.String())
				assert.Equal(t, test.resolved, result.Provider)
				assert.Equal(t, test.want, result.USD)
			}
		})
	}
}

// A kind without a row is unpriced and never priced like another: the peers' defects of cost.md 1.
func TestNoKindFallsBack(t *testing.T) {
	b := embedded(t, nil)
	for _, test := range []struct {
		provider, model string
		kind            Kind
		reason          Reason
	}{
		{"openai", "gpt-4o", PromptCacheWrite1h, NoKind},
		{"openai", "gpt-4o", PromptAudio, NoKind},
		{"openai", "gpt-4o", PromptVideo, NoKind},
		{"openai", "gpt-4o-2024-05-13", PromptCacheRead, NoKind},
		{"openai", "gpt-4o-mega", PromptText, NoModel},
		{"azure", "gpt-4o-realtime-preview", PromptText, NoModel},
		{"", "llama-3.3-70b-versatile", PromptText, NoProvider},
		{"gladia", "", STTAudio, UnitMismatch},
		{"assemblyai", "universal-2", STTSession, UnitMismatch},
		{"deepgram", "nova-3", STTSession, UnitMismatch},
		{"deepgram", "nova-3", Characters, NoKind},
		{"fish", "s2", Characters, UnitMismatch},
		{"openai", "gpt-4o-mini-tts", Characters, UnitMismatch},
		{"openai", "tts-1", CompletionAudio, UnitMismatch},
		{"xai", "grok-voice", CompletionAudio, UnitMismatch},
		{"openai", "gpt-realtime", RealtimeSession, UnitMismatch},
		{"openai", "gpt-live-1", PromptText, UnitMismatch},
		{"assemblyai", "", STTSession, NoModel},
		{"cartesia", "", STTSession, NoModel},
		{"cartesia", "sonic-2", Characters, Expired},
		{"openai", "gpt-7", PromptText, NoModel},
	} {
		result := b.Price(&Usage{Provider: test.provider, Model: test.model, Kind: test.kind, Quantity: count(1), At: today})
		assert.Equalf(t, test.reason.String(), result.Reason.String(), "%s/%s %s", test.provider, test.model, test.kind)
	}
}

func TestReasoningIsOutputUnlessItHasARow(t *testing.T) {
	const own = `  - {models: [one], usage: completion.reasoning, unit: token, price: "3", per: "1"}` + "\n"
	const text = `
provider: acme
rows:
  - {models: [one], usage: completion.text, unit: token, price: "2", per: "1"}
`
	usage := Usage{Model: "one", Kind: CompletionReasoning, Quantity: count(1), At: today}
	assert.Equal(t, 2.0, bookOf(t, text).Price(&usage).USD)
	assert.Equal(t, 3.0, bookOf(t, text+own).Price(&usage).USD)
}

func TestConditions(t *testing.T) {
	b := bookOf(t, `
provider: acme
rows:
  - {models: [one], usage: prompt.text, unit: token, price: "1", per: "1"}
  - {models: [one], usage: prompt.text, unit: token, price: "2", per: "1", when: {context_tokens: "> 100"}}
  - {models: [one], usage: prompt.text, unit: token, price: "3", per: "1", when: {context_tokens: "> 200"}}
  - {models: [one], usage: prompt.text, unit: token, price: "4", per: "1", when: {service_tier: flex}}
  - {models: [one], usage: prompt.text, unit: token, price: "5", per: "1", when: {region: eu}}
  - {models: [one], usage: prompt.text, unit: token, price: "6", per: "1", when: {region: eu, context_tokens: "> 100"}}
  - {models: [one], usage: prompt.text, unit: token, price: "7", per: "1", when: {region: eu, context_tokens: "> 200"}}
`)
	for _, test := range []struct {
		request      int64
		tier, region string
		want         float64
		reason       Reason
	}{
		{0, "", "", 1, Priced},
		{100, "default", "", 1, Priced},
		{101, "auto", "us", 2, Priced},
		{200, "", "", 2, Priced},
		{201, "", "", 3, Priced},
		{201, "Flex", "", 4, Priced},
		{0, "", "EU", 5, Priced},
		{150, "", "eu", 6, Priced},
		{201, "", "eu", 7, Priced},
		{0, "priority", "", 0, NoKind},
	} {
		result := b.Price(&Usage{
			Model: "one", Kind: PromptText, Quantity: count(1), At: today,
			RequestTokens: test.request, ServiceTier: test.tier, Region: test.region,
		})
		assert.Equalf(t, test.want, result.USD, "%+v", test)
		assert.Equalf(t, test.reason, result.Reason, "%+v", test)
	}
}

func TestLayers(t *testing.T) {
	const base = `
provider: acme
rows:
  - {models: [one], usage: prompt.text, unit: token, price: "1", per: "1"}
  - {models: [one], usage: prompt.text, unit: token, price: "2", per: "1", when: {context_tokens: "> 100"}}
  - {models: [one], usage: completion.text, unit: token, price: "3", per: "1"}
  - {models: [one-2024-05-13], usage: prompt.text, unit: token, price: "4", per: "1"}
`
	price := func(b *Book, model string, kind Kind, request int64, at time.Time) float64 {
		result := b.Price(&Usage{Model: model, Kind: kind, Quantity: count(1), RequestTokens: request, At: at})
		require.Equal(t, Priced, result.Reason, result.Reason.String())
		return result.USD
	}
	row := func(model, kind, more string) string {
		return "rows:\n  - {provider: acme, models: [" + model + "], usage: " + kind + `, unit: token, price: "9", per: "1"` + more + "}\n"
	}
	t.Run("one key alone", func(t *testing.T) {
		b := bookOf(t, base, row("one", "completion.text", ""))
		assert.Equal(t, 9.0, price(b, "one", CompletionText, 0, today))
		assert.Equal(t, 1.0, price(b, "one", PromptText, 0, today))
		assert.Equal(t, 2.0, price(b, "one", PromptText, 101, today))
	})
	t.Run("a flat price hides the tiers below", func(t *testing.T) {
		b := bookOf(t, base, row("one", "prompt.text", ""))
		assert.Equal(t, 9.0, price(b, "one", PromptText, 101, today))
	})
	t.Run("from a day on", func(t *testing.T) {
		b := bookOf(t, base, row("one", "prompt.text", `, effective_from: "2026-06-01T00:00:00Z"`))
		start := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
		assert.Equal(t, 1.0, price(b, "one", PromptText, 0, start.Add(-1)))
		assert.Equal(t, 9.0, price(b, "one", PromptText, 0, start))
	})
	t.Run("a dated version inherits what it does not say", func(t *testing.T) {
		b := bookOf(t, base, row("one-2025-01-01", "completion.text", ""))
		assert.Equal(t, 9.0, price(b, "one-2025-01-01", CompletionText, 0, today))
		assert.Equal(t, 1.0, price(b, "one-2025-01-01", PromptText, 0, today))
	})
	t.Run("a version with rows of its own does not follow", func(t *testing.T) {
		b := bookOf(t, base, row("one", "prompt.text", ""))
		assert.Equal(t, 4.0, price(b, "one-2024-05-13", PromptText, 0, today))
		assert.Equal(t, 9.0, price(b, "one-2024-08-06", PromptText, 0, today))
	})
	t.Run("a model of the user's own", func(t *testing.T) {
		b := bookOf(t, base, strings.Replace(row("mine", "prompt.text", ""), "acme", "home", 1))
		assert.Equal(t, 9.0, price(b, "mine", PromptText, 0, today))
	})
	t.Run("a later layer over an earlier one", func(t *testing.T) {
		b := bookOf(t, base, row("one", "prompt.text", ""), strings.Replace(row("one", "prompt.text", ""), `"9"`, `"8"`, 1))
		assert.Equal(t, 8.0, price(b, "one", PromptText, 0, today))
	})
}

// Who says in a later layer that a model bills the other quantity of a pair has decided: neither is billed beside the other,
// and what the later layer leaves out by its conditions stays with the earlier one.
func TestLaterLayerDecidesWhatIsBilled(t *testing.T) {
	base := `{provider: ear, rows: [
  {models: [one], usage: stt_session_seconds, unit: hour, price: "0.36", per: "1"}]}`
	over := `{provider: ear, rows: [
  {models: [one], usage: stt_audio_seconds, unit: hour, price: "0.72", per: "1", effective_from: "2026-11-01T00:00:00Z"}]}`
	october := time.Date(2026, 10, 31, 0, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		book   *Book
		kind   Kind
		at     time.Time
		usd    float64
		reason Reason
	}{
		{bookOf(t, base), STTSession, today, 0.36, Priced},
		{bookOf(t, base), STTAudio, today, 0, UnitMismatch},
		{bookOf(t, base, over), STTAudio, today, 0.72, Priced},
		{bookOf(t, base, over), STTSession, today, 0, UnitMismatch},
		{bookOf(t, base, over), STTSession, october, 0.36, Priced},
		{bookOf(t, base, over), STTAudio, october, 0, UnitMismatch},
		{bookOf(t, over, base), STTSession, today, 0.36, Priced},
		{bookOf(t, over, base), STTAudio, today, 0, UnitMismatch},
	} {
		u := Usage{Provider: "ear", Model: "one", Kind: test.kind, Quantity: count(3600), At: test.at}
		got := test.book.Price(&u)
		assert.Equal(t, test.reason, got.Reason, "%s at %s", test.kind, test.at)
		assert.Equal(t, test.usd, got.USD)
		explained := test.book.Explain(&u)
		assert.Equal(t, test.reason.String(), explained.Reason)
		for _, row := range explained.Rows {
			assert.Equal(t, !row.Applies, row.Why != "", "%+v", row)
			assert.Equal(t, row.Applies && row.Usage == test.kind.String(), row.Applies)
		}
	}
}

func TestOverridesLayer(t *testing.T) {
	over := Overrides("overrides", []Row{{
		Provider: "openai", Models: []string{"gpt-4o"}, Usage: "prompt.text", Unit: "token", Price: "2", Per: "1000000",
	}})
	b := embedded(t, nil, over)
	assert.Equal(t, 2.0, b.Price(&Usage{Model: "gpt-4o", Kind: PromptText, Quantity: count(1_000_000), At: today}).USD)
	assert.Equal(t, 10.0, b.Price(&Usage{Model: "gpt-4o", Kind: CompletionText, Quantity: count(1_000_000), At: today}).USD)

	base, err := Embedded()
	require.NoError(t, err)
	_, err = NewBook(Settings{}, base, Overrides("overrides", []Row{{Models: []string{"gpt-4o"}}}))
	require.ErrorContains(t, err, "overrides: row 1 (gpt-4o ): provider is empty")
}

func TestNearest(t *testing.T) {
	b := embedded(t, nil)
	assert.Equal(t, "openai/gpt-4o-mini", b.Nearest("", "gpt-4o-mine"))
	assert.Equal(t, "cartesia/sonic-2", b.Nearest("cartesia", "sonic-4"))
	assert.Equal(t, "deepgram/aura-2", b.Nearest("deepgram", "aura-22"))
	assert.Empty(t, b.Nearest("", "qqqqqqqqqq"))
	assert.Empty(t, b.Nearest("", ""))
	assert.Empty(t, b.Nearest("", strings.Repeat("x", 10_000)))
}

// Priced amounts are linear: any split of a usage costs what the whole does.
func TestSplitCostsWhatTheWholeDoes(t *testing.T) {
	b := embedded(t, nil)
	price := func(n int64) float64 {
		return b.Price(&Usage{Model: "gpt-4o", Kind: CompletionText, Quantity: count(n), At: today}).USD
	}
	sum := 0.0
	for n := range int64(1000) {
		sum += price(n)
	}
	assert.InDelta(t, price(999*1000/2), sum, 1e-12)
}

func TestAmountsAreRoundedOnce(t *testing.T) {
	for _, test := range []struct {
		price, per string
		factor     uint64
		quantity   Quantity
	}{
		{"2.5", "1000000", 1, count(146)},
		{"0.0077", "1", 60, count(1)},
		{"0.75", "1", 3600, measure(74.2)},
		{"99999.9999999999", "7", 3600, count(9_007_199_254_740_993)},
		{"0.00000000000001", "9999", 1, count(1)},
		{"123456789012345678", "0.001", 1, measure(1e280)},
		{"123456789012345", "1", 1, count(1<<63 - 1)},
		{"1", "3", 1, measure(5e-324)},
	} {
		price, err := parseDecimal(test.price)
		require.NoError(t, err)
		per, err := parseDecimal(test.per)
		require.NoError(t, err)
		exact, err := perUnit(price, per, test.factor)
		require.NoError(t, err)
		r, err := rateOf(exact)
		require.NoError(t, err)
		want, _ := exact.Mul(exact, test.quantity.rat()).Float64()
		assert.Equalf(t, want, r.of(test.quantity), "%+v", test)
	}
}

func TestQuantities(t *testing.T) {
	_, ok := Count(-1)
	assert.False(t, ok)
	for _, f := range []float64{-0.1, nan(), inf(), -inf()} {
		_, ok := Measure(f)
		assert.Falsef(t, ok, "%v", f)
	}
}

func TestCacheIsBounded(t *testing.T) {
	b := embedded(t, nil)
	for i := range 3 * maxQuotes {
		b.Price(&Usage{Model: fmt.Sprint("model-", i), Kind: PromptText, Quantity: count(1), At: today})
		require.LessOrEqual(t, len(b.cache.quotes), maxQuotes)
	}
	b.Price(&Usage{Model: strings.Repeat("x", maxKeyLength+1), Kind: PromptText, Quantity: count(1), At: today})
	for key := range b.cache.quotes {
		require.LessOrEqual(t, len(key.model), maxKeyLength)
	}
}

func TestPriceAllocatesNothing(t *testing.T) {
	b := embedded(t, nil)
	usages := []Usage{
		{Provider: "openai", Model: "gpt-4o-2024-08-06", Kind: CompletionText, Quantity: count(37), At: today},
		{Provider: "openai", Model: "gpt-5.6-sol", Kind: PromptText, Quantity: count(37), RequestTokens: 300_000, At: today},
		{Model: "unheard-of", Kind: PromptText, Quantity: count(37), At: today},
		{Provider: "gladia", Kind: STTAudio, Quantity: measure(7.4), At: today},
	}
	assert.Zero(t, testing.AllocsPerRun(100, func() {
		for i := range usages {
			b.Price(&usages[i])
		}
	}))
}

// A price changes when a row of the kind, of the kind that it is billed like, or of its pair begins or ends.
func TestChangesAfter(t *testing.T) {
	book := bookOf(t, `provider: acme
rows:
  - {models: [once], usage: prompt.text, unit: token, price: "1", per: "1"}
  - {models: [ends], usage: prompt.text, unit: token, price: "1", per: "1", effective_until: "2026-08-01T00:00:00Z"}
  - {models: [begins], usage: completion.text, unit: token, price: "1", per: "1", effective_from: "2026-08-01T00:00:00Z"}
  - {models: [ear], usage: stt_audio_seconds, unit: second, price: "1", per: "1", effective_until: "2026-08-01T00:00:00Z"}
`)
	change := time.Date(2026, 8, 1, 0, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		model string
		kind  Kind
		want  bool
	}{
		{"once", PromptText, false},
		{"ends", PromptText, true},
		{"ends", CompletionText, false},
		{"begins", CompletionText, true},
		{"begins", CompletionReasoning, true},
		{"ear", STTAudio, true},
		{"ear", STTSession, true},
		{"unknown", PromptText, false},
	} {
		t.Run(test.model+" "+test.kind.String(), func(t *testing.T) {
			u := &Usage{Provider: "acme", Model: test.model, Kind: test.kind}
			assert.Equal(t, test.want, book.ChangesAfter(u, time.Unix(0, 0)))
			assert.Equal(t, test.want, book.ChangesAfter(u, change.Add(-1)))
			assert.False(t, book.ChangesAfter(u, change))
		})
	}
}

func TestQuantitySince(t *testing.T) {
	for _, test := range []struct {
		name   string
		q, was Quantity
		more   float64
		ok     bool
	}{
		{"counts", count(7), count(5), 2, true},
		{"the largest counts", count(math.MaxInt64), count(math.MaxInt64 - 1), 1, true},
		{"the same count", count(5), count(5), 0, true},
		{"a count that fell", count(5), count(7), 0, false},
		{"measures", measure(7.5), measure(5.25), 2.25, true},
		{"measures of one size", measure(7.5), measure(7.25), 0.25, true},
		{"a measure that fell", measure(7.25), measure(7.5), 0, false},
		{"a measure that fell far", measure(0.25), measure(7.5), 0, false},
		{"from nothing", measure(7.5), Quantity{}, 7.5, true},
		{"to nothing", measure(0), measure(7.5), 0, false},
		{"from a count to a measure", measure(7.5), count(7), 0.5, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			more, ok := test.q.Since(test.was)
			require.Equal(t, test.ok, ok)
			if ok {
				assert.Equal(t, test.more, more.Float())
				assert.Equal(t, test.more == 0, more.IsZero())
			}
		})
	}
}
