package pricing

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const rounded = `
provider: acme
rows:
  - {models: [request], usage: stt_audio_seconds, unit: hour, price: "0.111", per: "1", rounding: {minimum: "10", per: request}}
  - {models: [leg], usage: transport_seconds, unit: minute, price: "0.0085", per: "1", rounding: {up_to: "60", per: leg}}
  - {models: [both], usage: realtime_session_seconds, unit: second, price: "1", per: "1", rounding: {minimum: "50", up_to: "15", per: session}}
  - {models: [session], usage: stt_session_seconds, unit: minute, price: "0.6", per: "1", rounding: {up_to: "1", per: session}}
  - {models: [heard], usage: stt_audio_seconds, unit: minute, price: "0.6", per: "1", rounding: {up_to: "60", per: session}}
  - {models: [channel], usage: stt_audio_seconds, unit: minute, price: "0.6", per: "1", rounding: {per: channel}}
  - {models: [channel-up], usage: stt_audio_seconds, unit: minute, price: "0.6", per: "1", rounding: {up_to: "1", per: channel}}
  - {models: [channel-leg], usage: transport_seconds, unit: minute, price: "0.6", per: "1", rounding: {minimum: "30", up_to: "60", per: channel}}
  - {models: [text], usage: characters, unit: character, price: "0.5", per: "1", rounding: {minimum: "10", per: request}}
  - {models: [fine], usage: platform_seconds, unit: second, price: "1", per: "1", rounding: {up_to: "0.1", per: session}}
  - {models: [plain], usage: stt_audio_seconds, unit: minute, price: "0.6", per: "1"}
`

func TestRounding(t *testing.T) {
	b := bookOf(t, rounded)
	for _, test := range []struct {
		name, model string
		kind        Kind
		quantity    Quantity
		sum         bool // not a single report
		channels    int64
		want        float64
		estimate    Estimate
	}{
		{"below the minimum", "request", STTAudio, count(3), false, 0, 10. / 3600 * 0.111, Exact},
		{"at the minimum", "request", STTAudio, count(10), false, 0, 10. / 3600 * 0.111, Exact},
		{"above the minimum", "request", STTAudio, measure(10.5), false, 0, 10.5 / 3600 * 0.111, Exact},
		{"nothing", "request", STTAudio, count(0), false, 0, 0, Exact},
		{"a sum", "request", STTAudio, count(3), true, 0, 3. / 3600 * 0.111, EstimateRounding},
		{"the sum of nothing", "request", STTAudio, count(0), true, 0, 0, Exact},
		{"channels where the price is not for each", "request", STTAudio, count(3), false, 2, 10. / 3600 * 0.111, Exact},

		{"one second", "leg", Transport, count(1), false, 0, 0.0085, Exact},
		{"a minute", "leg", Transport, count(60), false, 0, 0.0085, Exact},
		{"a minute as a float", "leg", Transport, measure(60), false, 0, 0.0085, Exact},
		{"the least more than a minute", "leg", Transport, measure(math.Nextafter(60, 61)), false, 0, 0.017, Exact},
		{"the least there is", "leg", Transport, measure(math.SmallestNonzeroFloat64), false, 0, 0.0085, Exact},
		{"a leg that was added up", "leg", Transport, count(90), true, 0, 0.01275, EstimateRounding},
		{"more than can be counted", "leg", Transport, measure(1e300), false, 0, 1e300 / 60 * 0.0085, Exact},

		{"the minimum, rounded up", "both", RealtimeSession, count(1), false, 0, 60, Exact},
		{"just the minimum", "both", RealtimeSession, count(50), false, 0, 60, Exact},
		{"above the minimum, in the same step", "both", RealtimeSession, count(51), false, 0, 60, Exact},
		{"the next step", "both", RealtimeSession, measure(60.25), false, 0, 75, Exact},

		{"a session", "session", STTSession, measure(59.5), false, 0, 0.6, Exact},
		{"speech is not a session", "heard", STTAudio, count(30), false, 0, 0.3, EstimateRounding},

		{"one channel", "channel", STTAudio, count(60), false, 0, 0.6, Exact},
		{"two channels", "channel", STTAudio, count(60), false, 2, 1.2, Exact},
		{"two channels of a sum", "channel", STTAudio, count(60), true, 2, 1.2, Exact},
		{"channels that make no sense", "channel", STTAudio, count(60), false, -3, 0.6, Exact},
		{"speech on channels that round", "channel-up", STTAudio, measure(30.5), false, 2, 0.61, EstimateRounding},
		{"legs of two channels", "channel-leg", Transport, count(61), false, 2, 2.4, Exact},
		{"short legs of two channels", "channel-leg", Transport, count(1), false, 2, 1.2, Exact},
		{"more channels than there are", "channel", STTAudio, count(math.MaxInt64), false, math.MaxInt64, 0.01 * math.MaxInt64 * math.MaxInt64, Exact},

		{"few characters", "text", Characters, count(3), false, 0, 5, Exact},
		{"characters", "text", Characters, count(30), false, 0, 15, Exact},
		{"tenths", "fine", Platform, measure(0.25), false, 0, 0.3, Exact},
		{"a price that is linear", "plain", STTAudio, count(1), true, 0, 0.01, Exact},
	} {
		t.Run(test.name, func(t *testing.T) {
			result := b.Price(&Usage{
				Provider: "acme", Model: test.model, Kind: test.kind, Quantity: test.quantity, Single: !test.sum, Channels: test.channels, At: today,
			})
			require.Equal(t, Priced, result.Reason)
			if test.want == 0 {
				assert.Zero(t, result.USD)
			} else {
				assert.InEpsilon(t, test.want, result.USD, 1e-15)
			}
			assert.Equal(t, test.estimate, result.Estimate)
			assert.Equal(t, result.USD, result.List)
		})
	}
}

// V10 of cost.md 6.2, to the last bit: groq bills ten seconds at least.
func TestVectorsOfMinimum(t *testing.T) {
	b := embedded(t, nil)
	for _, test := range []struct {
		seconds int64
		want    *big.Rat
	}{
		{3, big.NewRat(111*10, 1000*3600)}, // 0.000308333…
		{60, big.NewRat(185, 100_000)},
		{0, new(big.Rat)},
	} {
		want, _ := test.want.Float64()
		result := b.Price(&Usage{
			Provider: "groq", Model: "whisper-large-v3", Kind: STTAudio, Quantity: count(test.seconds), Single: true, At: today,
		})
		assert.Equal(t, want, result.USD)
		assert.Equal(t, Exact, result.Estimate)
	}
}

// Steps are counted exactly, whatever the quantity and the step.
func TestSteps(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 20_000 {
		q := measure(math.Ldexp(random.Float64(), random.IntN(140)-70))
		if random.IntN(2) == 0 {
			q = count(random.Int64() >> random.IntN(63))
		}
		d := decimal{digits: 1 + random.Uint64N(1e18)>>random.IntN(60), scale: random.IntN(maxPlaces + 1)}
		exact := new(big.Rat).Quo(q.rat(), d.rat())
		want, rest := new(big.Int).QuoRem(exact.Num(), exact.Denom(), new(big.Int))
		if rest.Sign() > 0 {
			want.Add(want, big.NewInt(1))
		}
		steps, ok := q.steps(d)
		if !ok {
			require.Truef(t, !want.IsUint64() || q.exponent > 0, "%v of %v", q, d)
			continue
		}
		require.Equalf(t, want.String(), new(big.Int).SetUint64(steps).String(), "%v of %v", q, d)
	}
}

func TestRoundingAllocatesNothing(t *testing.T) {
	b := bookOf(t, rounded)
	usages := []Usage{
		{Model: "both", Kind: RealtimeSession, Quantity: measure(61.5), Single: true, At: today},
		{Model: "channel-leg", Kind: Transport, Quantity: measure(61.5), Single: true, Channels: 2, At: today},
		{Model: "request", Kind: STTAudio, Quantity: measure(0.5), Single: true, At: today},
	}
	assert.Zero(t, testing.AllocsPerRun(100, func() {
		for i := range usages {
			b.Price(&usages[i])
		}
	}))
}

// What depends on the size of a request is an estimate where that is unknown, unless nothing depends on it after all.
func TestEstimateOfContext(t *testing.T) {
	const tiers = `
provider: acme
rows:
  - {models: [one], usage: prompt.text, unit: token, price: "1", per: "1"}
  - {models: [one], usage: prompt.text, unit: token, price: "2", per: "1", when: {context_tokens: "> 100"}}
  - {models: [one], usage: prompt.text, unit: token, price: "3", per: "1", when: {service_tier: flex}}
  - {models: [one], usage: completion.text, unit: token, price: "1", per: "1"}
`
	const flat = `
provider: acme
rows:
  - {models: [one], usage: prompt.text, unit: token, price: "5", per: "1"}
`
	estimate := func(b *Book, kind Kind, request int64, tier string) Estimate {
		result := b.Price(&Usage{Model: "one", Kind: kind, Quantity: count(1), RequestTokens: request, ServiceTier: tier, At: today})
		require.Equal(t, Priced, result.Reason)
		return result.Estimate
	}
	b := bookOf(t, tiers)
	assert.Equal(t, EstimateContext, estimate(b, PromptText, 0, ""))
	assert.Equal(t, Exact, estimate(b, PromptText, 50, ""))
	assert.Equal(t, Exact, estimate(b, PromptText, 150, ""))
	assert.Equal(t, Exact, estimate(b, PromptText, 0, "flex"), "this tier has no other price")
	assert.Equal(t, Exact, estimate(b, CompletionText, 0, ""))
	assert.Equal(t, Exact, estimate(bookOf(t, tiers, flat), PromptText, 0, ""), "the user's price holds for all sizes")
}
