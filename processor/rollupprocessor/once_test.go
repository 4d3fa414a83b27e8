package rollupprocessor

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/otelcol-voice/otelcol-voice/internal/signal/semconv"
)

// of makes p a point of that frame.
func of(frame string, p in) in {
	p.attributes = append([]string{semconv.TransitID, frame}, p.attributes...)
	return p
}

func TestPointThatComesAgainIsNotCounted(t *testing.T) {
	s := newStage(t)
	s.at("1s").take(of("f1", tokens(5, "c1")), of("f1", cost(0.5, "call_id", "c1")))
	s.at("2s").take(of("f1", tokens(5, "c1")), of("f1", cost(0.5, "call_id", "c1")), of("f2", tokens(2, "c1")))
	s.at("10s").flush(
		"bot voice.llm.tokens.total{call_id=c1} counter 0 [999ms 999ms]",
		"bot voice.llm.tokens.total{call_id=c1} counter 7 [999ms 10s]",
		"bot voice.cost.usd{} counter 0.0 [999ms 999ms]",
		"bot voice.cost.usd{} counter 0.5 [999ms 10s]",
	)
	s.received("added=3 skipped/duplicate=2")
	assert.Equal(t, []string{"=3"}, s.counts("otelcol_processor_rollup_identities"))
}

func TestHistogramPointThatComesAgainIsNotCounted(t *testing.T) {
	s := newStage(t)
	ttfb := of("f1", in{metric: semconv.MetricTTFB, value: dist{bounds: []float64{500}, counts: []uint64{1, 0}, sum: 412}, attributes: []string{"call_id", "c1"}})
	s.at("1s").take(ttfb, ttfb)
	s.at("10s").flush(
		"bot voice.ttfb.milliseconds{} histogram count=0 sum=0.0 [999ms 999ms]",
		"bot voice.ttfb.milliseconds{} histogram count=1 sum=412.0 le500:1 [999ms 10s]",
	)
	s.received("added=1 skipped/duplicate=1")
}

// What tells points apart, and what does not.
func TestWhatIsAPointsIdentity(t *testing.T) {
	first := of("f1", tokens(5, "c1", "token_type", "prompt", "voice.tx.request_tokens", "70"))
	other := func(change func(*in)) in {
		p := first
		change(&p)
		return p
	}
	for name, tc := range map[string]struct {
		second in
		want   string
	}{
		"the same":             {first, "added=1 skipped/duplicate=1"},
		"another value":        {other(func(p *in) { p.value = 7 }), "added=1 skipped/duplicate=1"},
		"other transit":        {of("f1", tokens(5, "c1", "token_type", "prompt", "voice.tx.pair", "x")), "added=1 skipped/duplicate=1"},
		"another order":        {tokens(5, "c1", "voice.tx.id", "f1", "token_type", "prompt"), "added=1 skipped/duplicate=1"},
		"another scope":        {other(func(p *in) { p.scope = "s" }), "added=1 skipped/duplicate=1"},
		"another version":      {other(func(p *in) { p.resource = []string{"service.version", "2"} }), "added=1 skipped/duplicate=1"},
		"another frame":        {of("f2", tokens(5, "c1", "token_type", "prompt")), "added=2"},
		"another call":         {of("f1", tokens(5, "c2", "token_type", "prompt")), "added=2"},
		"another label":        {of("f1", tokens(5, "c1", "token_type", "completion")), "added=2"},
		"another service":      {other(func(p *in) { p.service = "other" }), "added=2"},
		"another namespace":    {other(func(p *in) { p.namespace = "acme" }), "added=2"},
		"another environment":  {other(func(p *in) { p.environment = "prod" }), "added=2"},
		"another metric":       {other(func(p *in) { p.metric = semconv.MetricTTSCharacters }), "added=2"},
		"another kind":         {other(func(p *in) { p.updown = true }), "added=2"},
		"of no frame":          {tokens(5, "c1", "token_type", "prompt"), "added=2"},
		"derived from another": {of("f1", tokens(5, "c1", "token_type", "prompt", "voice.tx.stream", "s")), "added=2"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			s.at("1s").take(first, tc.second)
			s.received(tc.want)
		})
	}
}

func TestPointsWithoutIdentityAreEachCounted(t *testing.T) {
	s := newStage(t)
	s.at("1s").take(tokens(5, "c1"), tokens(5, "c1"), of("f1", cost(1.0)), of("f1", cost(1.0)))
	s.received("added=4")
}

// Cumulative points are told apart by their time.
func TestCumulativePointsHaveNoFrame(t *testing.T) {
	s := newStage(t)
	s.at("1s").take(of("f1", characters(3, "0s", "1s")))
	s.at("2s").take(of("f1", characters(5, "0s", "2s")))
	s.received("added=2")
}

func TestTwoAlikeInOneRequestAreTwo(t *testing.T) {
	s := newStage(t)
	point := of("f1", tokens(5, "c1"))
	s.at("1s").send([]in{point, point})
	s.send([]in{point, point})
	s.send([]in{point})
	s.received("added=2 skipped/duplicate=3")
}

// A call is known from its points, even if no series keeps its id, for a while after the last that was counted.
func TestIdentitiesEndWithTheirCall(t *testing.T) {
	s := newStage(t)
	point := of("f1", cost(1.0, "call_id", "c1"))
	s.at("1s").take(point)
	s.at("10m").take(of("f2", cost(1.0, "call_id", "c1")))
	s.at("25m").skip()
	s.take(point)
	s.received("added=2 skipped/duplicate=1")
	s.at("26m").skip()
	s.take(point)
	s.received("added=3 skipped/duplicate=1")
	assert.Equal(t, []string{"=0"}, s.counts("otelcol_processor_rollup_identities"), "at the flush before")
}

// A series that has ended is not opened again by what was counted when it lived.
func TestLateDuplicateOpensNoSeries(t *testing.T) {
	s := newStage(t, func(c *Config) { c.MaxSeries = 1 }) // which leaves no room for series that have ended
	s.at("1s").take(of("f1", tokens(5, "c1")))
	s.at("10s").skip()
	s.at("310s").skip()
	s.at("320s").skip()
	s.take(of("f1", tokens(5, "c1")))
	s.at("330s").flush()
	assert.Zero(t, s.intake().store.Series())
}

// What found no room is dropped each time, as what it is.
func TestDroppedPointIsNotKnown(t *testing.T) {
	s := newStage(t, func(c *Config) { c.MaxSeries = 1 })
	fill := make([]in, 10_001)
	for i := range fill {
		fill[i] = in{metric: fmt.Sprint("voice.m", i), value: 1}
	}
	s.at("1s").send(fill)
	dropped := of("f1", in{metric: "voice.new", value: 1, attributes: []string{"call_id", "c1"}})
	s.take(dropped, dropped)
	s.received("added/overflow=10000 added=1 dropped/limit=2")
}

func TestForgottenIdentitiesAreCounted(t *testing.T) {
	s := newStage(t, func(c *Config) { c.MaxIdentities = 4 })
	for i := range 5 {
		s.clock = s.clock.Add(time.Second)
		s.take(of("f1", cost(1.0, "call_id", fmt.Sprint(i))))
	}
	assert.Equal(t, []string{"=2"}, s.counts("otelcol_processor_rollup_forgotten_identities"))
}

// TestSenderThatRepeatsWhatWasNotAcknowledged sends frames of several points in requests that overlap at random.
func TestSenderThatRepeatsWhatWasNotAcknowledged(t *testing.T) {
	for seed := range uint64(20) {
		random := rand.New(rand.NewPCG(seed, 13))
		s := newStage(t)
		var frames [][]in
		want := 0
		for n := range 60 {
			var points []in
			for range 1 + random.IntN(4) {
				value := 1 + random.IntN(9)
				want += value
				points = append(points, of(fmt.Sprint("f", n), in{
					metric: semconv.MetricCalls, value: value, attributes: []string{"call_id", fmt.Sprint("c", random.IntN(3))},
				}))
			}
			frames = append(frames, points)
		}
		s.at("1s")
		for from := 0; from < len(frames); from += 1 + random.IntN(3) {
			var request []in
			for _, points := range frames[max(0, from-random.IntN(6)):min(len(frames), from+3)] {
				request = append(request, points...)
			}
			s.send(request)
		}
		s.at("10s").flush(
			"bot voice.calls.total{} counter 0 [999ms 999ms]",
			fmt.Sprintf("bot voice.calls.total{} counter %d [999ms 10s]", want),
		)
	}
}
