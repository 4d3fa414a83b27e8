package voicespanconnector

import (
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// In whatever order, requests and repetitions the spans of some calls come, and whatever is refused in between, the sums are the
// same.
func TestOrderOfSpans(t *testing.T) {
	want := map[string]float64{}
	for _, totals := range []map[string]float64{pipecatTotals, pipecatTotals, liveKitTotals} {
		for name, value := range totals {
			want[name] += value
		}
	}
	for seed := range uint64(60) {
		random := rand.New(rand.NewPCG(seed, 0))
		b := newBench(t, func(c *Config) { c.EndDelay = 4 * time.Minute })
		spans := slices.Concat(pipecatCall(1, "c1"), pipecatCall(2, "c2"), liveKitCall(3, "AJ_3"))
		for range 10 {
			spans = append(spans, spans[random.IntN(len(spans))])
		}
		random.Shuffle(len(spans), func(i, j int) { spans[i], spans[j] = spans[j], spans[i] })
		for len(spans) > 0 {
			some := spans[:1+random.IntN(len(spans))]
			spans = spans[len(some):]
			if random.IntN(4) == 0 {
				b.refuse()
				_ = b.try(some...)
				b.accept()
			}
			b.send(some...)
			b.pass(time.Duration(random.IntN(3)) * time.Second) // not as long as an end is waited for
		}
		b.pass(b.config.EndDelay)
		b.hush()
		got := b.totals()
		require.InDeltaMapValues(t, want, got, 1e-6, "seed %d", seed)
		assert.Equal(t, map[string]string{"c1": "voice-rag-bot", "c2": "voice-rag-bot", "AJ_3": "voice-rag-bot"}, b.calls())
		assert.Equal(t, 3, b.logs.LogRecordCount(), "seed %d", seed)
	}
}

// A conversation that never ends ends by silence, with the same sums but for its own length.
func TestNoEnd(t *testing.T) {
	b := newBench(t, nil)
	spans := pipecatCall(1, "c1")
	b.send(spans[:len(spans)-1]...)
	b.hush()
	want := maps.Clone(pipecatTotals)
	for _, name := range []string{"voice.session.duration.seconds", "voice.call.duration.seconds", "voice.stt.session.seconds.total"} {
		want[name] = 18 // from the beginning of its first turn to the end of its last
	}
	assert.InDeltaMapValues(t, want, b.totals(), 1e-9)
	b.counts("otelcol_connector_voice_span_calls", map[string]int64{"outcome=no_end": 1})
}
