package e2e

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/otelcol-voice/otelcol-voice/test/e2e/backend"
	"github.com/otelcol-voice/otelcol-voice/test/e2e/collector"
)

// Without storage, a start is another service.instance.id, so another series: increase copes, up to the half interval that it
// makes of the end of a series, and a call that went on over the start is the sum of its two. What a crash takes along is what
// came since the last flush.
func TestRestartWithoutStorage(t *testing.T) {
	b := backend.Start(t)
	dead := false
	s := simulate(t, func(ctx context.Context, md pmetric.Metrics) error {
		if dead {
			return errors.New("the process is no more")
		}
		return exportTo(ctx, b, md)
	})
	turn := func(number int) {
		for _, r := range turns(0, number, s.now().Sub(s.began)) {
			s.take(r)
		}
	}
	for number := range 5 {
		turn(number)
		s.until(s.flushed + 30*time.Second)
	}
	require.NoError(t, s.stop(), "an orderly end")
	s.start()
	for number := range 5 {
		turn(10 + number)
		s.until(s.flushed + 30*time.Second)
	}
	s.assertCopes(b)

	lost := turns(0, 20, s.now().Sub(s.began)) // is not booked
	for _, r := range lost {
		require.NoError(t, s.cost.ConsumeMetrics(t.Context(), r.metrics(bot, s.began)))
	}
	dead = true
	require.Error(t, s.stop(), "a crash")
	dead = false
	s.start()
	turn(30)
	s.until(s.flushed + 2*flushEvery)
	s.assertCopes(b)
	assertVector(t, backend.Vector{"{}": 3}, b.Query("count(count by (instance) (last_over_time(voice_calls_total[1h])))", s.now()), "instances")
	assertVector(t, backend.Vector{}, b.Query("increase(voice_cost_usd_total"+s.window()+") < 0", s.now()), "no counter falls")
	assertAllTaken(t, b)
	require.NoError(t, s.stop())
}

// assertCopes compares the ledger with a backend in which series have ended in the window. None of them has a reset, so that
// the last values are exact; increase takes each to have grown for half an interval more.
func (s *simulation) assertCopes(b *backend.Backend) {
	s.t.Helper()
	for name, by := range fleetNames {
		s.assertTotal(b, name, "last_over_time("+name+s.window()+")", by)
		increase, _ := b.Value("sum(increase("+name+s.window()+"))", s.now())
		want, flushes := s.ledger.sum(name), 15.0
		assert.InDelta(s.t, want, increase, want/(2*(flushes-1)), name)
		assert.GreaterOrEqual(s.t, increase, want*(1-precision), name)
	}
	for name, by := range callNames {
		s.assertTotal(b, name, "last_over_time("+name+s.window()+")", by)
	}
}

// A call that has ended answers instant queries until it has lingered, and those over a range for ever; its neighbours of the
// same metric stay.
func TestEndedCallsLeaveInstantQueries(t *testing.T) {
	const (
		linger = 5 * time.Minute
		tokens = "sum by (call_id) (voice_llm_tokens_total)"
	)
	b := backend.Start(t)
	s := simulate(t, func(ctx context.Context, md pmetric.Metrics) error { return exportTo(ctx, b, md) })
	talk := func(call string, at time.Duration) {
		s.take(report{at, call, at.String(), []use{
			{metric: "voice.calls.total", value: 1}, tokensOf(languageModels[0], "prompt", "text", 7),
		}})
	}
	for call := range 20 {
		talk(fmt.Sprint("ended-", call), time.Second)
	}
	goesOn := backend.Vector{}
	for at := time.Second; at < linger; at += flushEvery {
		talk("goes-on", at)
		goesOn[backend.Labels("call_id", "goes-on")] += 7
	}
	s.until(linger)
	assert.Len(t, b.Query(tokens, s.now()), 21)
	s.until(linger + flushEvery)
	assertVector(t, goesOn, b.Query(tokens, s.now()), tokens)
	s.assertTotals(b)
	assertAllTaken(t, b)
	require.NoError(t, s.stop())
}

// Of 100,000 calls, nothing is held when they are over, and a call that goes on all the while is right in each flush.
func TestMemoryComesBackWhenCallsEnd(t *testing.T) {
	const rounds, callsARound = 1000, 100
	var page lastValues
	s := simulate(t, func(_ context.Context, md pmetric.Metrics) error { return page.export(md) })
	said := 0.0
	round := func(calls int) {
		at := s.flushed + time.Second
		s.until(at)
		s.tell(at, "goes-on")
		for call := range calls {
			s.tell(at, fmt.Sprintf("call-%v-%d", at, call))
		}
		said += 7
		s.flush()
		require.Equal(t, said, page.tokens["goes-on"])
	}
	round(callsARound)
	before := heap()
	for range rounds {
		round(callsARound)
	}
	for range remembered / flushEvery {
		round(0)
	}
	grown := heap() - before
	assert.Len(t, page.tokens, 1, "series that are not ended")
	assert.Equal(t, int64(3), s.held("series"), "tokens, cost and calls")
	assert.Equal(t, int64(1), s.held("calls"))
	assert.Less(t, grown, int64(mebi), "bytes held: 10 of each call would be too many")
	t.Logf("%d series at most; %d bytes held when %d calls were over", page.most, grown, rounds*callsARound)
	require.NoError(t, s.stop())
}

// remembered is longer than any call is.
const remembered = 16 * time.Minute

// tell is a turn of a call that nobody books.
func (s *simulation) tell(at time.Duration, call string) {
	s.t.Helper()
	r := report{at, call, at.String(), []use{tokensOf(languageModels[0], "prompt", "text", 7), {metric: "voice.calls.total", value: 1}}}
	require.NoError(s.t, s.cost.ConsumeMetrics(context.Background(), r.metrics(bot, s.began)))
}

func heap() int64 {
	runtime.GC()
	runtime.GC() // what the first one freed of pools
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// lastValues is what an exporter that shows the last value of each series has of tokens, by call.
type lastValues struct {
	tokens map[string]float64
	most   int
}

func (l *lastValues) export(md pmetric.Metrics) error {
	if l.tokens == nil {
		l.tokens = map[string]float64{}
	}
	for _, m := range md.ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics().All() {
		if m.Name() != "voice.llm.tokens.total" {
			continue
		}
		for _, p := range m.Sum().DataPoints().All() {
			call, _ := p.Attributes().Get("call_id")
			if p.Flags().NoRecordedValue() {
				delete(l.tokens, call.Str())
			} else {
				l.tokens[call.Str()] = float64(p.IntValue())
			}
		}
	}
	l.most = max(l.most, len(l.tokens))
	return nil
}

// The local page, the binary's: calls that have ended leave it, and those of the same metric stay right.
func TestEndedCallsLeaveThePage(t *testing.T) {
	c := collector.Start(t, collector.Settings{
		Config: localConfig, Overlay: `{processors: {rollup: {interval: 100ms, call_id: {linger: 1s, resend_interval: 200ms}}}}`,
	})
	said := 0
	for call := range 20 {
		post(t, c, fmt.Appendf(nil, turnFrame, fmt.Sprint("ended-", call), 1764000000, 7, 7), "", 1)
	}
	eventually(t, "ended calls leave, and the one that goes on is right", func() bool {
		said++
		post(t, c, fmt.Appendf(nil, turnFrame, "goes-on", 1764000000+said, 7, 7), "", 1)
		page := readPage(t, c)
		shown := page.sum("voice_llm_tokens_total", "call_id", "goes-on")
		assert.LessOrEqual(t, shown, float64(7*said))
		return shown > 0 && page.sum("voice_llm_tokens_total") == shown
	})
	eventually(t, "its last turn", func() bool {
		return readPage(t, c).sum("voice_llm_tokens_total", "call_id", "goes-on") == float64(7*said)
	})
	c.Stop()
}

const turnFrame = `{"type":"MetricsFrame","call_id":%q,"timestamp":%d,"data":[{"type":"LLMUsageMetricsData","processor":"OpenAILLMService#0",` +
	`"model":"gpt-4o","value":{"prompt_tokens":%d,"completion_tokens":0,"total_tokens":%d}}]}`
