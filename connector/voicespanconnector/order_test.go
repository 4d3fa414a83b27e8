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

// tree is a call whose requests, tools and other spans are in each other by chance, and what it comes to. Each request is told twice, by
// a span and one right in it; no other is in it that could be the same, but by way of a tool.
func tree(random *rand.Rand) (spans []span, want map[string]float64) {
	kinds := []struct {
		family string // of requests, of which none is in one of its own
		make   func(trace, id, parent int, end float64) span
		want   map[string]float64
	}{
		{"", func(trace, id, parent int, end float64) span {
			return span{scope: "http", name: "POST", trace: trace, id: id, parent: parent, start: end - 0.5, end: end}
		}, nil},
		{"", calls, map[string]float64{"voice.tool.calls.total": 1}},
		{"answer", big, map[string]float64{"voice.llm.tokens.total": 1010, "voice.processing.milliseconds": 1000}},
		{"speech", speaks, map[string]float64{"voice.tts.characters.total": 48, "voice.ttfb.milliseconds": 200}},
		{"hearing", hears, map[string]float64{"voice.stt.audio.seconds.total": 7}},
		{"aside", looksUp, map[string]float64{"voice.llm.tokens.total": 5}},
	}
	const tool = 1
	want = map[string]float64{"voice.calls.total": 1}
	around := []map[string]bool{{}} // families, of each span; 0 is none
	for len(around) < 20 {
		id, parent := len(around), random.IntN(len(around))
		at := random.IntN(len(kinds))
		kind := kinds[at]
		within := maps.Clone(around[parent])
		switch {
		case at == tool:
			clear(within)
		case within[kind.family]:
			continue
		case kind.family != "":
			within[kind.family] = true
			spans = append(spans, kind.make(1, 100+id, id, 30-float64(id)-0.1))
		}
		around = append(around, within)
		spans = append(spans, kind.make(1, id, parent, 30-float64(id)))
		for name, value := range kind.want {
			want[name] += value
		}
	}
	for i := range spans {
		spans[i].resource = attrs{"call.id": "c1"}
	}
	return spans, want
}

// Whatever is in what, in whatever order and requests it comes, and whatever is refused and sent again: each use counts once.
func TestOrderOfSpansInEachOther(t *testing.T) {
	for seed := range uint64(150) {
		random := rand.New(rand.NewPCG(seed, 1))
		b := newBench(t, nil)
		spans, want := tree(random)
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
			if random.IntN(4) == 0 {
				b.send(some...)
			}
		}
		got := b.totals()
		delete(got, "voice.session.duration.seconds")
		delete(got, "voice.stt.session.seconds.total")
		require.InDeltaMapValues(t, want, got, 1e-6, "seed %d", seed)
	}
}

// Of the two spans that tell of a request, one may be refused for good, or its sender may give it up: each use counts once all the same.
func TestOrderOfSpansThatAreGivenUp(t *testing.T) {
	for seed := range uint64(150) {
		random := rand.New(rand.NewPCG(seed, 2))
		b := newBench(t, nil)
		all, want := tree(random)
		random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		var spans []span
		given := map[int]bool{}
		for _, one := range all {
			twin := one.id%100 + 100*(1-one.id/100)
			twins := slices.ContainsFunc(all, func(other span) bool { return other.id == twin })
			if twins && !given[twin] && random.IntN(2) == 0 {
				given[one.id] = true
				b.refuseForGood()
				_ = b.try(append(slices.Clone(spans[len(spans)/2:]), one)...) // refused, unless nothing follows from it
				b.accept()
				continue
			}
			spans = append(spans, one)
			if random.IntN(3) == 0 {
				b.send(spans...)
			}
		}
		b.send(spans...)
		got := b.totals()
		delete(got, "voice.session.duration.seconds")
		delete(got, "voice.stt.session.seconds.total")
		require.InDeltaMapValues(t, want, got, 1e-6, "seed %d", seed)
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
